import { z } from 'zod'
import { velocityParts } from '../../domain/figures/funnel-deals.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { leakCounts, leakMedians, type LeaksQuestion, leaksProof } from '../../domain/figures/funnel-leaks.ts'
import { type Leak, leaks } from '../../domain/figures/leak-money.ts'
import { COUNTED } from '../../domain/figures/stage-paths.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ExplainableFigure, Explain } from '../explain/figure.ts'
import { NEW_BUSINESS } from '../roi/question.ts'
import { Dims, FunnelFilters } from './question.ts'
import { type FunnelFigures, stageMapName, withoutUndefined } from './stages.ts'

/** As it stands in explain tokens: the stage map goes by its name. */
const Question = z.strictObject({
  counted: z.enum(COUNTED),
  by: z.array(z.enum(FUNNEL_DIMENSIONS)),
  filters: FunnelFilters,
  dims: Dims,
  from: z.number().nullable(),
  to: z.number().nullable(),
  zone: z.string(),
  observedTo: z.number(),
  chain: z.array(z.string()),
  cohorts: z.array(z.strictObject({ from: z.number(), to: z.number(), part: z.number() })),
  within: z.array(z.number()),
  horizons: z.array(z.number()),
  currency: z.string(),
  wonFrom: z.number(),
  wonTo: z.number(),
  agreed: z.record(z.string(), z.number()),
})
/**
 * `wonFrom` to `wonTo` (ms): the closings that the mean won value is of. `agreed`: rates in millionths that were agreed on in place of the past's, by `from>to`; a transition without
 * one is compared with the past.
 */
export type LeaksAsked = LeaksQuestion & {
  readonly currency: string
  readonly wonFrom: number
  readonly wonTo: number
  readonly agreed: Readonly<Record<string, number>>
}

const Counts = z.looseObject({
  is_total: z.coerce.number(),
  part: z.coerce.number(),
  depth: z.coerce.number(),
  full: z.coerce.number(),
  units: z.coerce.number(),
  out_of_order: z.coerce.number(),
})
type Counts = z.output<typeof Counts>
const Median = z.object({ place: z.coerce.number(), median: z.coerce.number() })
const Won = z.looseObject({ valued: z.coerce.number(), value: z.coerce.bigint() })

const DAY_MS = 86_400_000
const PPM = 1_000_000

const reached = (rows: readonly Counts[], part: number, which: 'depth' | 'full', stages: number): readonly number[] =>
  Array.from({ length: stages }, (_, k) => rows.reduce((sum, row) => (row.part === part && row[which] >= k ? sum + row.units : sum), 0))

const steps = (counts: readonly number[]): readonly { readonly entries: number; readonly passed: number }[] =>
  counts.slice(1).map((passed, k) => ({ entries: counts[k] ?? 0, passed }))

/**
 * M22: for each transition of the chain what it cost, ranked by money, the dearest first. The cohort is followed from its first stage on; its baseline are the journeys of the periods before it,
 * observed as long as it was. Over all transitions the leaks add up to baseline wins − actual wins, at the mean won value.
 */
export const leaksAnswer = async (store: Store, context: AnswerContext, question: LeaksAsked, explain: Explain): Promise<FunnelFigures> => {
  const { sources, flags } = context
  const wins = {
    ...question,
    by: [],
    filters: {},
    counted: 'deals' as const,
    from: question.wonFrom,
    to: question.wonTo,
    dealTypes: NEW_BUSINESS,
  }
  const [found, medians, [wonRow]] = await Promise.all([
    store.read(leakCounts(sources, question)),
    store.read(leakMedians(sources, question)),
    store.read(velocityParts(sources, wins, 'creation', question.wonTo)),
  ])
  assertNotTooMany(found.length)
  const counts = found.map(row => Counts.parse(row))
  const medianOf = new Map(medians.map(row => Median.parse(row)).map(({ place, median }) => [place, median / 1000]))
  const won = wonRow === undefined ? { valued: 0, value: 0n } : Won.parse(wonRow)
  const { chain, horizons } = question
  const periods = question.cohorts.length - 1

  const rowsFor = (mine: readonly Counts[], dims: Readonly<Record<string, string>>): FigureRow[] => {
    const past = steps(reached(mine, 1, 'depth', chain.length))
    const pastFull = steps(reached(mine, 1, 'full', chain.length))
    const agreedOn = (k: number): number | null => question.agreed[`${chain[k]}>${chain[k + 1]}`] ?? null
    const instead = (rates: typeof past) =>
      rates.map((rate, k) => {
        const ppm = agreedOn(k)
        return ppm === null ? rate : { entries: PPM, passed: ppm }
      })
    const lost = leaks({
      actual: reached(mine, 0, 'depth', chain.length),
      baseline: instead(past),
      yields: instead(pastFull),
      won: { value: won.value, deals: won.valued },
    })
    return lost
      .map((leak, k) => rowOf(leak, k, instead(past)[k] ?? { entries: 0, passed: 0 }, agreedOn(k) !== null, dims))
      .toSorted(byMoney)
  }
  const rowOf = (
    { entries, passed, pWin, wins: winsLost, money }: Leak,
    k: number,
    base: { readonly entries: number; readonly passed: number },
    isTarget: boolean,
    dims: Readonly<Record<string, string>>,
  ): FigureRow => {
    const observed = question.within[k] ?? 0
    const median = medianOf.get(k + 1)
    const young = observed < (horizons[k] ?? 0) && median !== undefined && observed < median
    const { value: rate, flags: low } = rateOf(passed, entries, flags)
    const { stageMap: _map, ...rest } = question
    const filters = { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) }
    return {
      stage_from: chain[k],
      stage_to: chain[k + 1],
      ...dims,
      metric: 'M22',
      value: young || money === null ? null : exact(money),
      unit: `${question.currency} minor`,
      numerator: passed,
      denominator: entries,
      actual_rate: rate,
      baseline_rate: base.entries === 0 ? null : base.passed / base.entries,
      baseline: isTarget ? 'target' : 'trailing',
      baseline_entries: isTarget ? null : base.entries,
      baseline_periods: isTarget ? null : periods,
      observed_days: Math.floor(observed / DAY_MS),
      p_win: pWin,
      wins: young ? null : winsLost,
      mean_won_value: won.valued === 0 ? null : Math.round(Number(won.value) / won.valued),
      flags: flagsOf(entries, [
        ...low,
        ...(young ? ['too_young'] : []),
        ...(money === null && !young ? ['no_baseline'] : []),
        ...(!isTarget && base.entries > 0 && base.entries < 30 ? ['low_baseline'] : []),
      ]),
      explain: explain('funnel-leaks', 'M22', { question: { ...rest, by: [], filters }, transition: k + 1 }),
    }
  }

  const all = counts.filter(row => row.is_total === 1)
  const total = rowsFor(all, {})
  const out = all.reduce((sum, row) => (row.part === 0 ? sum + row.out_of_order : sum), 0)
  const excluded: Record<string, number> = out === 0 ? {} : { out_of_order: out }
  if (question.by.length === 0) return { rows: total, total, excluded }
  const groups = Map.groupBy(
    counts.filter(row => row.is_total === 0),
    row => JSON.stringify(question.by.map(name => String(row[name]))),
  )
  const rows = [...groups.values()].flatMap(mine =>
    rowsFor(mine, Object.fromEntries(question.by.map(name => [name, String(mine[0]?.[name])]))),
  )
  return { rows: rows.toSorted(byMoney), total, excluded }
}

/** The dearest first; what has no money last, as it was. */
const byMoney = (a: FigureRow, b: FigureRow): number => {
  if (a.value === b.value) return 0
  if (a.value === null) return 1
  return b.value === null ? -1 : b.value - a.value
}

const Asked = z.strictObject({ question: Question, transition: z.int() })

export const leaksExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, metric, asked) => {
    const { question: of, transition } = Asked.parse(asked)
    const question: LeaksAsked = { ...of, filters: withoutUndefined(of.filters), stageMap: context.definitions.stageMap }
    const { total } = await leaksAnswer(store, context, question, () => '')
    const row = total.find(one => one.metric === metric && one['stage_to'] === question.chain[transition])
    return row === undefined ? null : { row, proof: leaksProof(context.sources, question, transition), divisor: 1 }
  },
}
