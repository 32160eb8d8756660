import { z } from 'zod'
import { lossMix } from '../../domain/figures/alignment.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { cohortWins, CYCLE_STARTS, type DealsQuestion, salesCycle, staleDeals, winRate } from '../../domain/figures/funnel-deals.ts'
import {
  type Facts,
  type FactsQuestion,
  factsExcluded,
  onlyOutcome,
  PERCENTILES,
  rateFigure,
  rateProof,
  spanFigure,
  spanProof,
  spanTimes,
} from '../../domain/figures/funnel-measures.ts'
import { outcomeMix, regressions, reopenings, skips } from '../../domain/figures/funnel-outcomes.ts'
import { stays, velocities } from '../../domain/figures/funnel-times.ts'
import { survivalMedian } from '../../domain/figures/rates.ts'
import { COUNTED } from '../../domain/figures/stage-paths.ts'
import type { Row, Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'
import { Dims, FunnelFilters } from './question.ts'
import { type FunnelFigures, stageMapName, withoutUndefined } from './stages.ts'

export const MEASURED = ['M10', 'M11', 'M12', 'M13', 'M14', 'M15', 'M16', 'M17', 'M18', 'M19', 'M20', 'M90', 'M103'] as const
export type MeasuredMetric = (typeof MEASURED)[number]

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
  dealTypes: z.array(z.string()),
  currency: z.string(),
  transitions: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  start: z.enum(CYCLE_STARTS),
  horizonDays: z.number(),
  staleDays: z.number(),
})
export type MeasuredQuestion = DealsQuestion & Omit<z.output<typeof Question>, 'by' | 'filters' | 'dims' | keyof DealsQuestion>

const Asked = z.strictObject({ question: Question, only: z.record(z.string(), z.array(z.string())), statistic: z.string() })

/** Labels and dimensions of a row, as text. */
type Names = Readonly<Record<string, string>>

type MakeFacts = (context: AnswerContext, question: MeasuredQuestion) => Facts

const MAKE: Readonly<Record<MeasuredMetric, MakeFacts>> = {
  M10: ({ sources }, question) => outcomeMix(sources, question),
  M11: ({ sources }, question) => stays(sources, question, 'latest'),
  M12: ({ sources }, question) => stays(sources, question, 'cumulative'),
  M13: ({ sources }, question) => velocities(sources, question, question.transitions),
  M14: ({ sources }, question) => skips(sources, question),
  M15: ({ sources }, question) => regressions(sources, question),
  M16: ({ sources }, question) => reopenings(sources, question),
  M17: ({ sources }, question) => winRate(sources, question, 'count'),
  M18: ({ sources }, question) => winRate(sources, question, 'value'),
  M19: ({ sources }, question) => cohortWins(sources, question, question.horizonDays),
  M20: ({ sources }, question) => salesCycle(sources, question, question.start),
  M90: ({ sources, definitions }, question) => staleDeals(sources, question, definitions, question.staleDays),
  M103: ({ sources }, question) => lossMix(sources, question),
}

/** What else a row says of how it was counted. */
const beside = (
  metric: MeasuredMetric,
  { counted, horizonDays, start, staleDays, currency }: MeasuredQuestion,
): Record<string, unknown> => ({
  counted,
  ...(metric === 'M18' ? { currency } : {}),
  ...(metric === 'M19' ? { horizon_days: horizonDays } : {}),
  ...(metric === 'M20' ? { start } : {}),
  ...(metric === 'M90' ? { stale_days: staleDays } : {}),
})

/** Of M19 the number says from where: created deals, or a stage (M19s). */
const metricOf = (metric: MeasuredMetric, names: Names): string => (metric === 'M19' && names['stage'] !== 'created' ? 'M19s' : metric)

const Rate = z.looseObject({
  is_total: z.coerce.number(),
  num: z.coerce.bigint(),
  den: z.coerce.bigint(),
  young: z.coerce.number(),
  units: z.coerce.number(),
})
const Span = z.looseObject({
  is_total: z.coerce.number(),
  done: z.coerce.number(),
  running: z.coerce.number(),
  p50: z.coerce.number(),
  p75: z.coerce.number(),
  p90: z.coerce.number(),
})
const Time = z.looseObject({ micros: z.coerce.number(), done: z.coerce.number(), units: z.coerce.number() })

/** Beyond this many distinct spans the median that counts the running ones is not read. */
const MAX_TIMES = 500_000
const MICROS_PER_SECOND = 1_000_000

const namesOf = (row: Row, names: readonly string[]): Names => Object.fromEntries(names.map(name => [name, String(row[name])]))
const keyOf = (names: Names): string => JSON.stringify(Object.values(names))

/** One metric of the funnel by its labels and the question's dimensions, in total, and what it leaves out. */
export const measure = async (
  store: Store,
  context: AnswerContext,
  metric: MeasuredMetric,
  question: MeasuredQuestion,
  explain: Explain,
  only: FactsQuestion['only'] = {},
): Promise<FunnelFigures> => {
  const facts = MAKE[metric](context, { ...question, lean: true })
  const asked: FactsQuestion = { by: question.by, filters: question.filters, only }
  const [found, left] = await Promise.all([
    store.read(facts.kind === 'span' ? spanFigure(facts, asked) : rateFigure(facts, asked)),
    store.read(factsExcluded(facts, asked)),
  ])
  assertNotTooMany(found.length * (facts.kind === 'span' ? PERCENTILES.length + 1 : 1))
  const rowsOf = facts.kind === 'span' ? await spanRows() : rateRows()

  function tokenOf(labels: Names, dims: Names, statistic: string): string {
    const { stageMap: _map, ...rest } = question
    const filters = { ...rest.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) }
    const fixed = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, [value]]))
    return explain('funnel-measures', metricOf(metric, labels), {
      question: { ...rest, by: [], filters },
      only: { ...only, ...fixed },
      statistic,
    })
  }

  function rateRows(): (isTotal: boolean) => FigureRow[] {
    const rows = found.map(row => Rate.parse(row))
    return isTotal => {
      const mine = rows.filter(row => (row.is_total === 1) === isTotal)
      // of a mix all outcomes of one cohort are the base of each
      const cohort = (row: Row): string =>
        keyOf(namesOf(row, [...facts.labels.filter(name => name !== 'outcome'), ...(isTotal ? [] : question.by)]))
      const bases = new Map<string, bigint>()
      if (facts.kind === 'mix') for (const row of mine) bases.set(cohort(row), (bases.get(cohort(row)) ?? 0n) + row.num)
      return mine.map(row => {
        const [labels, dims] = [namesOf(row, facts.labels), isTotal ? {} : namesOf(row, question.by)]
        const [num, den] = [exact(row.num), exact(bases.get(cohort(row)) ?? row.den)]
        const flags = row.young > 0 ? [...context.flags, 'immature'] : context.flags
        return {
          ...beside(metric, question),
          ...labels,
          ...dims,
          metric: metricOf(metric, labels),
          ...rateOf(num, den, flags),
          ...(metric === 'M18' ? { interval: null, flags: flagsOf(row.units, flags) } : {}),
          explain: tokenOf(labels, dims, ''),
        }
      })
    }
  }

  async function spanRows(): Promise<(isTotal: boolean) => FigureRow[]> {
    const rows = found.map(row => Span.parse(row))
    const runs = rows.some(row => row.running > 0)
    const times = runs ? (await store.read(spanTimes(facts, asked, MAX_TIMES + 1))).map(row => Time.parse(row)) : []
    const known = times.length <= MAX_TIMES
    const byKey = (isTotal: boolean): ReadonlyMap<string, readonly z.output<typeof Time>[]> =>
      Map.groupBy(times, row => keyOf(namesOf(row, [...facts.labels, ...(isTotal ? [] : question.by)])))
    return isTotal => {
      const grouped = known ? byKey(isTotal) : new Map<string, readonly z.output<typeof Time>[]>()
      return rows
        .filter(row => (row.is_total === 1) === isTotal)
        .flatMap(row => {
          const [labels, dims] = [namesOf(row, facts.labels), isTotal ? {} : namesOf(row, question.by)]
          const line = (statistic: string, micros: number | null, flags: readonly string[]): FigureRow => ({
            ...beside(metric, question),
            ...labels,
            ...dims,
            statistic,
            completed: row.done,
            ...(metric === 'M13' || metric === 'M20' ? {} : { running: row.running }),
            metric,
            value: micros === null ? null : micros / MICROS_PER_SECOND,
            unit: 'seconds',
            flags: flagsOf(row.done, [...context.flags, ...flags]),
            explain: tokenOf(labels, dims, statistic),
          })
          const survived = [...(grouped.get(keyOf({ ...labels, ...dims })) ?? [])].map(({ micros, done, units }) => ({
            micros,
            done: done === 1,
            units,
          }))
          const withRunning = row.running === 0 ? (row.done === 0 ? null : row.p50) : survivalMedian(survived)
          const percentiles = PERCENTILES.map(p =>
            line(p === 50 ? 'median' : `p${p}`, row.done === 0 ? null : row[`p${p}`], row.running > 0 ? ['some_running'] : []),
          )
          if (metric === 'M13' || metric === 'M20') return percentiles
          return [...percentiles, line('km_median', withRunning, !known ? ['not_estimated'] : withRunning === null ? ['not_reached'] : [])]
        })
    }
  }

  const rows = rowsOf(false)
  return { rows, total: question.by.length === 0 ? rows : rowsOf(true), excluded: excludedOf(left, 'units') }
}

const statisticOf = (row: FigureRow): string => (typeof row['statistic'] === 'string' ? row['statistic'] : '')

export const measuresExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }) => [stageMapName(definitions.stageMap)],
  explain: async (store, context, named, asked) => {
    const { question: of, only, statistic } = Asked.parse(asked)
    const metric = z.enum(MEASURED).safeParse(named === 'M19s' ? 'M19' : named).data
    if (metric === undefined) return null
    const question: MeasuredQuestion = { ...of, filters: withoutUndefined(of.filters), stageMap: context.definitions.stageMap }
    const facts = MAKE[metric](context, question)
    // an outcome's base is its cohort: all outcomes are read, and the one asked for is taken
    const wide = facts.kind === 'mix' ? Object.fromEntries(Object.entries(only).filter(([name]) => name !== 'outcome')) : only
    const { total } = await measure(store, context, metric, question, () => '', wide)
    const row = total.find(
      one => statisticOf(one) === statistic && Object.entries(only).every(([name, values]) => values.includes(String(one[name]))),
    )
    if (row === undefined) return null
    const narrowed = { by: [], filters: question.filters, only: wide }
    if (facts.kind !== 'span') {
      const chosen = facts.kind === 'mix' ? onlyOutcome(facts, only['outcome']?.[0] ?? '') : facts
      return { row, proof: rateProof(chosen, narrowed), divisor: 1 }
    }
    const picked =
      statistic === 'km_median'
        ? { micros: row.value === null ? null : Math.round(row.value * MICROS_PER_SECOND) }
        : { percentile: statistic === 'median' ? 50 : Number(statistic.slice(1)) }
    return { row, proof: spanProof(facts, narrowed, picked), divisor: MICROS_PER_SECOND }
  },
}
