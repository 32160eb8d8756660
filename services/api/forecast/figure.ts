import { apportion } from '../../domain/forecast/apportion.ts'
import { callsOf } from '../../domain/forecast/calls.ts'
import type { KnownDeal } from '../../domain/forecast/known.ts'
import type { Method } from '../../domain/forecast/methods.ts'
import * as pipeline from '../../domain/forecast/pipeline.ts'
import type { ForecastRun } from '../../domain/forecast/run.ts'
import { bandOf } from '../../domain/forecast/judge.ts'
import { type ForecastDimension, FORECAST_DIMENSIONS } from '../../domain/forecast/scope.ts'
import { chanceOf, quantileOf, simulate } from '../../domain/forecast/simulate.ts'
import { targetsOf } from '../../domain/forecast/targets.ts'
import { dateOfDay } from '../../domain/forecast/days.ts'
import { stageEntries } from '../../domain/forecast/stage-rates.ts'
import type { ProofItem } from '../explain/figure.ts'
import {
  type Cell,
  type CellPart,
  dealItem,
  type Dims,
  groupsOf,
  itemOf,
  keyOf,
  onlyBase,
  plainCell,
  proofTo,
  ratioCell,
  shareCell,
  sumCell,
} from './cells.ts'
import { biasCell, heldCell, skillCell, wapeCell } from './error-cells.ts'
import type { ForecastAsked } from './forecaster.ts'
import type { ForecastHistory } from './histories.ts'
import { filtersIn, periodNames, termsFor } from './question.ts'

export type ForecastInputs = {
  readonly run: ForecastRun
  readonly history: ForecastHistory
  readonly asked: ForecastAsked
  readonly by: readonly ForecastDimension[]
  /** When accounts were last touched (µs). */
  readonly touched: ReadonlyMap<string, number>
  readonly staleDays: number
  readonly flags: readonly string[]
}

/** Numbers of the metric dictionary, where a method has one of its own. */
const METRIC_OF: Partial<Record<Method, string>> = {
  'stage-weighted': 'M79',
  'category-commit': 'M80',
  'category-best-case': 'M80',
  call: 'M80',
  'same-point': 'M81',
}
/** Fewer ended periods than this are no ground for a spread: said beside every number that rests on them. */
const FEW_PERIODS = 4

export const trustFlags = (periods: number): readonly string[] =>
  periods === 0 ? ['too_little_history'] : periods < FEW_PERIODS ? ['few_periods'] : []

/** What the target is for a scope, in the question's currency, by the targets that it is made of; null where there is none. */
const targetFor = (
  { history, asked, run }: Pick<ForecastInputs, 'history' | 'asked' | 'run'>,
  isNamed: ReturnType<typeof periodNames>,
  group: Dims = {},
): { readonly value: number; readonly items: readonly ProofItem[] } | null => {
  const { asOf, convert, day } = { ...run.latest.known, asOf: run.latest.origin.asOf }
  const extra = Object.fromEntries(FORECAST_DIMENSIONS.flatMap(name => (group[name] === undefined ? [] : [[name, [group[name]]]])))
  const found = targetsOf(
    history.targets,
    asOf,
    ({ fromOn, toOn, period }) => {
      if (fromOn !== null && toOn !== null) return fromOn === dateOfDay(run.period.from) && toOn === dateOfDay(run.period.to)
      return isNamed(period, run.period)
    },
    { ...filtersIn(asked.filters), ...extra },
  )
  const items = found.flatMap(({ id, amount, currency, eventId, at, team, region }) => {
    const worth = amount === null ? null : convert(amount, currency, day)
    return worth === null ? [] : [itemOf('target', id, worth, { event_ids: [eventId], note: team || region, at: at / 1000 })]
  })
  return items.length === 0 ? null : { value: items.reduce((sum, { contribution }) => sum + contribution, 0), items }
}

/** Rows of a forecast: the totals, and by the dimensions that were asked for. Every one of them is what was known at the answer's instant. */
export const forecastCells = (inputs: ForecastInputs): { readonly total: readonly Cell[]; readonly rows: readonly Cell[] } => {
  const { run, history, asked, by, touched, staleDays, flags } = inputs
  const { latest, period, actuals, origins } = run
  const { known, origin, parts, draws, open, remaining, shared, stageRates } = latest
  const { floor, currency } = asked
  const money = `${currency} minor`
  const terms = termsFor(asked)
  const ended = period.to <= known.day
  const places = new Map<number, KnownDeal>([...known.open, ...known.won, ...known.lost].map(deal => [deal.place, deal]))
  const cellParts = (of: Method): readonly CellPart[] =>
    (parts.get(of) ?? []).map(({ place, value, part }) => ({ deal: places.get(place) ?? null, value, note: part }))
  // what a period brought that was over before the first record is not known to be nothing
  const isBefore = ended && (run.since === null || period.to <= run.since)
  const trust = isBefore ? [...flags, 'before_history'] : ended ? flags : [...flags, ...trustFlags(origin.periodsJudged)]
  const chosen = origin.chosen
  const isNamed = periodNames(asked.fiscal)
  const target = targetFor(inputs, isNamed)
  const bound = origin.periodsJudged === 0 && !ended ? widest(inputs) : null
  const forecastParts = ended ? pipeline.wonIn(known, period).map(part => ({ ...part, note: 'won' })) : cellParts(chosen)

  const runsSaid = `${asked.runs} runs, seed ${asked.seed}, shared factor ±${(shared.spread * 100).toFixed(1)} % from ${origin.periodsJudged} periods`
  const bands = (
    dims: Dims,
    sorted: Float64Array,
    goal: number | null,
    within: { readonly low: number; readonly high: number } | null,
    point: Cell,
  ): Cell[] => {
    const at = (p: number): number =>
      Math.round(within === null ? quantileOf(sorted, p) : p < 0.5 ? within.low : p > 0.5 ? within.high : quantileOf(sorted, p))
    const reached = goal === null ? 0 : sorted.filter(draw => draw >= goal).length
    return [
      ...([0.1, 0.5, 0.9] as const).map(p => {
        const measure = `p${p * 100}`
        // what is expected of each deal, and what chance adds or takes at this place of the runs
        return plainCell('M83', { measure, ...dims }, at(p), money, trust, {}, () => [
          ...(point.proof?.() ?? []),
          itemOf('simulation', measure, at(p) - (point.row.value ?? 0), {
            note: within === null ? runsSaid : 'too little history: the widest',
          }),
        ])
      }),
      ...(goal === null
        ? []
        : [
            ratioCell(
              'M83',
              { measure: 'target_chance', ...dims },
              chanceOf(sorted, goal),
              [itemOf('simulation', 'target', reached, { base: sorted.length, note: `runs that reach the target: ${runsSaid}` })],
              trust,
            ),
          ]),
    ]
  }
  // of no deal at all, or of none with an amount in this currency, nothing can be said: not even that it will be nothing
  const hasWorth = [...known.open, ...known.won].some(({ worth }) => worth !== null)
  const isNothing = !hasWorth && (!ended || run.since === null)
  const why = places.size === 0 ? 'no_deals' : 'no_amounts'
  const unsaid = (measure: string): Cell =>
    plainCell('M83', { measure }, null, money, [...flags, why, 'too_little_history'], { interval: null })
  const forecast = (dims: Dims, of: readonly CellPart[]): Cell => {
    const cell = sumCell('M83', { measure: 'forecast', method: ended ? 'actual' : chosen, ...dims }, money, of, trust)
    return cell
  }
  const withBand = (cell: Cell, low: number, high: number): Cell => ({
    ...cell,
    row: { ...cell.row, interval: [Math.round(low), Math.round(high)] },
  })
  const sorted = ended ? Float64Array.of(actuals[0] ?? 0) : draws

  const m78 = pipeline.openPipeline(known, period, floor)
  const won = pipeline.wonIn(known, period)
  const sameAll = origin.points['same-point'] ?? null
  const slipped = pipeline.slippage(history.deals, terms, period, floor, known)
  const commit = pipeline.commitAccuracy(history.deals, terms, period, known)
  const wonSum = pipeline.sumOf(won)
  const goal = target === null ? null : target.value - wonSum
  const openSum = pipeline.sumOf(m78)
  const earlier = run.periods
    .map((each, n) => ({ period: each, n }))
    .filter(({ n }) => n > 0 && run.ended[n] === true)
    .map(({ period: each }) => ({ period: each, after: each.to - origin.left }))
  const createdLate = pipeline.createdLate(known, earlier)
  const late = { won: pipeline.sumOf(createdLate), created: pipeline.baseOf(createdLate) }
  const stale = known.open
    .filter(deal => deal.rank >= floor && pipeline.isStale(deal, touched.get(deal.state.account) ?? 0, known.asOf, staleDays))
    .map(deal => ({ deal, value: deal.worth ?? 0 }))
  const createdAndClosed = won.filter(({ deal }) => deal.createdDay >= period.from)
  const isMet = goal !== null && goal <= 0
  const judged = origins.filter(each => each.n !== 0 && run.ended[each.n] === true)
  const later = laterHalf(judged)
  const near = bandOf(later, origin.left, 7)
  const errors = { run, origins: near, of: 'chosen', dims: {}, flags: trust } as const
  const gap = target === null || sameAll === null ? null : Math.round(target.value - sameAll)
  const missing = Math.max(0, gap ?? 0)
  const point = forecast({}, forecastParts)

  const total: Cell[] = [
    ...(isNothing
      ? ['forecast', 'p10', 'p50', 'p90'].map(unsaid)
      : [
          withBand(point, bound?.low ?? quantileOf(sorted, 0.1), bound?.high ?? quantileOf(sorted, 0.9)),
          ...bands({}, sorted, target?.value ?? null, bound, point),
        ]),
    ...(target === null ? [] : [plainCell('M98', { measure: 'target' }, target.value, money, flags, {}, () => target.items)]),
    ...[...parts.keys()].map(method => sumCell(METRIC_OF[method] ?? 'M83', { measure: 'method', method }, money, cellParts(method), flags)),
    ...callsOf(history.calls, origin.asOf, name => isNamed(name, period)).map(call => {
      const worth = known.convert(call.amount, call.currency, known.day)
      return plainCell(
        'M80',
        { measure: 'submitted', member: call.member, team: call.team, category: call.category, at: new Date(call.at / 1000).toISOString() },
        worth,
        money,
        flags,
        {},
        () => [itemOf('call', call.member, worth ?? 0, { event_ids: [call.eventId], note: call.team, at: call.at / 1000 })],
      )
    }),
    sumCell('M78', { measure: 'open' }, money, m78, flags),
    sumCell('M78', { measure: 'overdue' }, money, pipeline.overdue(known, period, floor), flags),
    ...stageRates.stages.map(({ stage, won: wins, entered, rate }) =>
      plainCell(
        'M19s',
        { measure: 'stage_rate', stage },
        rate,
        'ratio',
        entered < 30 ? [...flags, 'low_n', 'shrunk'] : [...flags, 'shrunk'],
        {
          numerator: wins,
          denominator: entered,
        },
        () =>
          stageEntries(known, stage, stageRates.horizon).map(({ deal, isWon }) => ({
            ...dealItem(deal, Number(isWon), isWon ? 'won within the horizon' : ''),
            base: 1,
          })),
      ),
    ),
    ...pipeline.ROLL_UPS.map(level => sumCell('M80', { measure: level }, money, pipeline.rollUp(known, period, level), flags)),
    sumCell('M82', { measure: 'created_and_closed' }, money, createdAndClosed, flags),
    goal === null || isMet
      ? plainCell('M85', { measure: 'coverage' }, null, 'ratio', isMet ? [...flags, 'target_met'] : [...flags, 'no_target'])
      : ratioCell(
          'M85',
          { measure: 'coverage' },
          openSum / goal,
          [
            ...m78.map(({ deal, value }) => dealItem(deal, value, 'open')),
            ...onlyBase(target?.items ?? []),
            ...onlyBase(
              won.map(({ deal, value }) => dealItem(deal, value, 'won')),
              -1,
            ),
          ],
          flags,
        ),
    ...(target === null || gap === null
      ? []
      : [
          plainCell('M87', { measure: 'gap' }, gap, money, flags, {}, () => [
            ...target.items,
            ...proofTo(
              cellParts('same-point').map(part => ({ ...part, value: -part.value })),
              gap - target.value,
            ),
          ]),
          plainCell(
            'M86',
            { measure: 'needed' },
            late.won === 0 || late.created === 0 ? null : Math.round(missing / (late.won / late.created)),
            money,
            flags,
            { numerator: late.won, denominator: late.created },
            () => [
              ...createdLate.map(({ deal, value, base }) => ({ ...dealItem(deal, value, 'created as late'), base: base ?? 0 })),
              itemOf('target', 'gap', 0, { note: `missing ${missing}, over the share of late deals that was won in time` }),
            ],
          ),
        ]),
    ...(slipped === null ? [] : [shareCell('M88', { measure: 'slippage' }, slipped, ended ? flags : [...flags, 'period_open'])]),
    sumCell('M89', { measure: 'pushes' }, 'count', pipeline.pushes(known, period, floor), flags),
    sumCell('M90', { measure: 'stale', days: String(staleDays) }, money, stale, flags),
    sumCell(
      'M90',
      { measure: 'stale_deals', days: String(staleDays) },
      'count',
      stale.map(part => ({ ...part, value: 1 })),
      flags,
    ),
    ...(commit === null ? [] : [shareCell('M95', { measure: 'commit_accuracy' }, commit, ended ? flags : [...flags, 'period_open'])]),
    wapeCell(errors),
    biasCell(errors),
    skillCell(errors),
    heldCell(errors, 80),
  ]
  if (by.length === 0) return { total, rows: total }

  const whole = Math.round(forecastParts.reduce((sum, { value }) => sum + value, 0))
  const groups = [...groupsOf(forecastParts, by, known.accounts).values()]
  const rounded = apportion(
    groups.map(({ parts: of }) => of.reduce((sum, { value }) => sum + value, 0)),
    whole,
  )
  const rows = groups.flatMap(({ dims, parts: of }, g): Cell[] => {
    const isIn = ({ deal }: CellPart): boolean => keyOf(deal, by, known.accounts) === JSON.stringify(dims)
    const groupWon = won.filter(isIn)
    const wonHere = pipeline.sumOf(groupWon)
    const indices = open.flatMap((each, i) => (isIn({ deal: each.deal, value: 0 }) ? [i] : []))
    const share = whole > 0 ? Math.min(1, Math.max(0, (rounded[g] ?? 0) / whole)) : 0
    const draw = ended
      ? Float64Array.of(wonHere)
      : simulate({
          remaining: {
            chances: Float64Array.from(indices.map(i => remaining.chances[i] ?? 0)),
            worths: Float64Array.from(indices.map(i => remaining.worths[i] ?? 0)),
            newWins: remaining.newWins * share,
            newWorths: remaining.newWorths,
          },
          won: wonHere,
          point: rounded[g] ?? 0,
          shared,
          runs: asked.runs,
          seed: asked.seed + g + 1,
        })
    const cell = forecast(dims, of)
    const value = rounded[g] ?? 0
    const adjusted: Cell = { row: { ...cell.row, value }, proof: () => proofTo(of, value) }
    const groupTarget = targetFor(inputs, isNamed, dims)
    return [
      withBand(adjusted, quantileOf(draw, 0.1), quantileOf(draw, 0.9)),
      ...bands(dims, draw, groupTarget?.value ?? null, null, adjusted),
      ...(groupTarget === null
        ? []
        : [plainCell('M98', { measure: 'target', ...dims }, groupTarget.value, money, flags, {}, () => groupTarget.items)]),
      sumCell('M78', { measure: 'open', ...dims }, money, m78.filter(isIn), flags),
      sumCell('M80', { measure: 'closed', ...dims }, money, groupWon, flags),
      sumCell('M90', { measure: 'stale', days: String(staleDays), ...dims }, money, stale.filter(isIn), flags),
    ]
  })
  return { total, rows }
}

/** What is said without any period to learn from: at least what is won, at most everything that is open and what may come. */
const widest = ({ run }: ForecastInputs): { readonly low: number; readonly high: number } => {
  const { known, remaining, origin } = run.latest
  const open = known.open.reduce((sum, { worth }) => sum + (worth ?? 0), 0)
  const largest = remaining.newWorths.reduce((most, worth) => Math.max(most, worth), 0)
  return { low: origin.won, high: origin.won + open + Math.ceil(remaining.newWins * 2) * largest }
}

/** The error that is shown is of the later half of the periods: the method was chosen on those before. */
export const laterHalf = <T extends { readonly n: number }>(judged: readonly T[]): readonly T[] => {
  const periods = [...new Set(judged.map(({ n }) => n))].toSorted((a, b) => a - b)
  const kept = new Set(periods.slice(0, Math.max(1, Math.ceil(periods.length / 2))))
  return judged.filter(({ n }) => kept.has(n))
}
