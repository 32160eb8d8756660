import { apportion } from '../../domain/forecast/apportion.ts'
import { callsOf } from '../../domain/forecast/calls.ts'
import { banded, errorSums, heldBy, skillOf } from '../../domain/forecast/errors.ts'
import type { KnownDeal } from '../../domain/forecast/known.ts'
import type { Method } from '../../domain/forecast/methods.ts'
import * as pipeline from '../../domain/forecast/pipeline.ts'
import type { ForecastRun } from '../../domain/forecast/run.ts'
import { bandOf } from '../../domain/forecast/judge.ts'
import { type ForecastDimension, FORECAST_DIMENSIONS } from '../../domain/forecast/scope.ts'
import { chanceOf, quantileOf, simulate } from '../../domain/forecast/simulate.ts'
import { targetsOf } from '../../domain/forecast/targets.ts'
import { dateOfDay } from '../../domain/forecast/days.ts'
import { type Cell, type CellPart, type Dims, groupsOf, keyOf, plainCell, proofTo, shareCell, sumCell } from './cells.ts'
import type { ForecastAsked } from './forecaster.ts'
import type { ForecastHistory } from './histories.ts'
import { filtersIn, periodDaysOf, termsFor } from './question.ts'

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

/** What the target is for a scope, in the question's currency; null where there is none. */
const targetFor = ({ history, asked, run }: Pick<ForecastInputs, 'history' | 'asked' | 'run'>, group: Dims = {}): number | null => {
  const { asOf, convert, day } = { ...run.latest.known, asOf: run.latest.origin.asOf }
  const extra = Object.fromEntries(FORECAST_DIMENSIONS.flatMap(name => (group[name] === undefined ? [] : [[name, [group[name]]]])))
  const found = targetsOf(
    history.targets,
    asOf,
    ({ fromOn, toOn, period }) => {
      if (fromOn !== null && toOn !== null) return fromOn === dateOfDay(run.period.from) && toOn === dateOfDay(run.period.to)
      const days = periodDaysOf(period, asked.startMonth)
      return days !== null && days.from === run.period.from && days.to === run.period.to
    },
    { ...filtersIn(asked.filters), ...extra },
  )
  const worths = found.flatMap(({ amount, currency }) => (amount === null ? [] : (convert(amount, currency, day) ?? [])))
  return worths.length === 0 ? null : worths.reduce((sum, worth) => sum + worth, 0)
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
  const trust = ended ? flags : [...flags, ...trustFlags(origin.periodsJudged)]
  const chosen = origin.chosen
  const target = targetFor(inputs)
  const bound = origin.periodsJudged === 0 && !ended ? widest(inputs) : null
  const forecastParts = ended ? pipeline.wonIn(known, period).map(part => ({ ...part, note: 'won' })) : cellParts(chosen)

  const bands = (
    dims: Dims,
    sorted: Float64Array,
    goal: number | null,
    within: { readonly low: number; readonly high: number } | null,
  ): Cell[] => {
    const at = (p: number): number =>
      Math.round(within === null ? quantileOf(sorted, p) : p < 0.5 ? within.low : p > 0.5 ? within.high : quantileOf(sorted, p))
    return [
      ...([0.1, 0.5, 0.9] as const).map(p => plainCell('M83', { measure: `p${p * 100}`, ...dims }, at(p), money, trust)),
      ...(goal === null ? [] : [plainCell('M83', { measure: 'target_chance', ...dims }, chanceOf(sorted, goal), 'ratio', trust)]),
    ]
  }
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
  const goal = target === null ? null : target - wonSum
  const openSum = pipeline.sumOf(m78)
  const earlier = run.periods
    .map((each, n) => ({ period: each, n }))
    .filter(({ n }) => n > 0 && run.ended[n] === true)
    .map(({ period: each }) => ({ period: each, after: each.to - origin.left }))
  const late = pipeline.lateYield(known, earlier)
  const lateRate = late.created > 0 ? late.won / late.created : null
  const stale = known.open
    .filter(deal => deal.rank >= floor && pipeline.isStale(deal, touched.get(deal.state.account) ?? 0, known.asOf, staleDays))
    .map(deal => ({ deal, value: deal.worth ?? 0 }))
  const createdAndClosed = won.filter(({ deal }) => deal.createdDay >= period.from)
  const isMet = goal !== null && goal <= 0
  const judged = origins.filter(each => each.n !== 0 && run.ended[each.n] === true)
  const later = laterHalf(judged)
  const near = bandOf(later, origin.left, 7)
  const withBands = banded(near)
  const sums = errorSums(near, actuals, 'chosen')
  const skill = skillOf(near, actuals, 'chosen')

  const total: Cell[] = [
    withBand(forecast({}, forecastParts), bound?.low ?? quantileOf(sorted, 0.1), bound?.high ?? quantileOf(sorted, 0.9)),
    ...bands({}, sorted, target, bound),
    ...(target === null ? [] : [plainCell('M98', { measure: 'target' }, target, money, flags)]),
    ...[...parts.keys()].map(method => sumCell(METRIC_OF[method] ?? 'M83', { measure: 'method', method }, money, cellParts(method), flags)),
    ...callsOf(history.calls, origin.asOf, name => {
      const days = periodDaysOf(name, asked.startMonth)
      return days !== null && days.from === period.from && days.to === period.to
    }).map(call =>
      plainCell(
        'M80',
        { measure: 'submitted', member: call.member, team: call.team, category: call.category, at: new Date(call.at / 1000).toISOString() },
        known.convert(call.amount, call.currency, known.day),
        money,
        flags,
      ),
    ),
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
      ),
    ),
    ...pipeline.ROLL_UPS.map(level => sumCell('M80', { measure: level }, money, pipeline.rollUp(known, period, level), flags)),
    sumCell('M82', { measure: 'created_and_closed' }, money, createdAndClosed, flags),
    goal === null || isMet
      ? plainCell('M85', { measure: 'coverage' }, null, 'ratio', isMet ? [...flags, 'target_met'] : [...flags, 'no_target'])
      : plainCell('M85', { measure: 'coverage' }, openSum / goal, 'ratio', flags, { numerator: openSum, denominator: goal }),
    ...(target === null || sameAll === null
      ? []
      : [
          plainCell('M87', { measure: 'gap' }, Math.round(target - sameAll), money, flags),
          plainCell(
            'M86',
            { measure: 'needed' },
            lateRate === null || lateRate === 0 ? null : Math.round(Math.max(0, target - sameAll) / lateRate),
            money,
            flags,
            { numerator: late.won, denominator: late.created },
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
    plainCell('M92', { measure: 'wape' }, sums.actual === 0 ? null : sums.absolute / sums.actual, 'ratio', trust, {
      numerator: sums.absolute,
      denominator: sums.actual,
    }),
    plainCell('M92', { measure: 'bias' }, sums.actual === 0 ? null : sums.signed / sums.actual, 'ratio', trust, {
      numerator: sums.signed,
      denominator: sums.actual,
    }),
    plainCell('M93', { measure: 'skill' }, skill.skill, 'ratio', trust),
    plainCell(
      'M84',
      { measure: 'coverage_80' },
      withBands.length === 0 ? null : heldBy(withBands, actuals, 80) / withBands.length,
      'ratio',
      trust,
      {
        numerator: heldBy(withBands, actuals, 80),
        denominator: withBands.length,
      },
    ),
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
    const groupTarget = targetFor(inputs, dims)
    return [
      withBand(adjusted, quantileOf(draw, 0.1), quantileOf(draw, 0.9)),
      ...bands(dims, draw, groupTarget, null),
      ...(groupTarget === null ? [] : [plainCell('M98', { measure: 'target', ...dims }, groupTarget, money, flags)]),
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
