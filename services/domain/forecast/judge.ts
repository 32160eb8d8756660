import type { Method } from './methods.ts'
import type { SharedFactor } from './simulate.ts'

/** What is kept of one past forecast, to be judged once its period has ended. Money in minor units. */
export type Judged = {
  /** Place of its period, counted back from the one that is asked about. */
  readonly n: number
  /** Days to the end of the period. */
  readonly left: number
  readonly points: Readonly<Partial<Record<Method, number>>>
  readonly chosen: Method
  /** What a combination was made of. */
  readonly best: readonly Method[]
  readonly won: number
  /** What was expected to come still. */
  readonly scale: number
  /** Of what was to come, by the chance of the deals alone. */
  readonly variance: number
  /** Periods that had ended and were learned from. */
  readonly periodsJudged: number
  readonly quantiles: Readonly<Record<'p025' | 'p10' | 'p25' | 'p50' | 'p75' | 'p90' | 'p975', number>>
  /** The band before it was corrected by how past bands held. */
  readonly uncorrected: { readonly p10: number; readonly p50: number; readonly p90: number }
  readonly wonPlaces: ReadonlySet<number>
}

/** Forecasts from about as far before the end. */
export const bandOf = <T extends Judged>(judged: readonly T[], left: number, withinDays: number): readonly T[] =>
  judged.filter(origin => Math.abs(origin.left - left) <= withinDays)

/** Σ|e|/ΣA of a method over forecasts whose periods have ended; null where it was not there for all of them. */
const wape = (judged: readonly Judged[], actuals: readonly number[], method: Method): number | null => {
  let [errors, actual] = [0, 0]
  for (const { n, points } of judged) {
    const point = points[method]
    if (point === undefined) return null
    errors += Math.abs(point - (actuals[n] ?? 0))
    actual += actuals[n] ?? 0
  }
  return judged.length === 0 || actual <= 0 ? null : errors / actual
}

/** By method, over the forecasts that it was there for; at least half of them, or it is not compared. */
const ranked = (judged: readonly Judged[], actuals: readonly number[], methods: readonly Method[]): readonly Method[] =>
  methods
    .flatMap(method => {
      const there = judged.filter(({ points }) => points[method] !== undefined)
      const error = there.length * 2 < judged.length ? null : wape(there, actuals, method)
      return error === null ? [] : [{ method, error }]
    })
    .toSorted((a, b) => a.error - b.error || methods.indexOf(a.method) - methods.indexOf(b.method))
    .map(({ method }) => method)

/** What takes part in a combination: no method twice, and none that hardly knows anything. */
const COMBINED: readonly Method[] = [
  'survival',
  'same-point',
  'trailing-mean',
  'stage-weighted-time',
  'stage-weighted',
  'naive-last',
  'category-best-case',
  'category-commit',
  'call',
]
const IN_A_COMBINATION = 3

export const candidates = (judged: readonly Judged[], actuals: readonly number[]): readonly Method[] =>
  new Set(judged.map(({ n }) => n)).size < 2 ? [] : ranked(judged, actuals, COMBINED).slice(0, IN_A_COMBINATION)

/** In this order where errors are equal, and where nothing has ended yet. */
const PREFERRED: readonly Method[] = [
  'survival',
  'combination',
  'same-point',
  'stage-weighted-time',
  'stage-weighted',
  'trailing-mean',
  'naive-last',
  'seasonal-year',
  'seasonal-quarter',
  'survival-plain',
  'category-best-case',
  'category-commit',
  'call',
]

/** The method with the least error on the periods that have ended, among those that have a point now. */
export const winnerOf = (
  judged: readonly Judged[],
  actuals: readonly number[],
  points: Readonly<Partial<Record<Method, number>>>,
): Method => {
  const there = PREFERRED.filter(method => points[method] !== undefined)
  return ranked(judged, actuals, there)[0] ?? there[0] ?? 'survival'
}

/**
 * Spread of the shared factor before anything is known of it, and the periods that this is worth: with them, and Student's t, 80 % bands of companies with few periods hold
 * 80 % where spreads lie between .1 and .4. Widening the spread once more for the few periods, as a mean would be, makes such bands hold 90 % and a quarter wider.
 */
const PRIOR_SPREAD = 0.25
const PRIOR_PERIODS = 2
/** Fewer periods than this say nothing about quantiles: then the interval is not corrected by them. */
const CONFORMAL_PERIODS = 10
const NOMINAL = 0.8

/**
 * How far periods as a whole missed what the chance of deals alone allows (method of moments over the periods that have ended, each one period however often
 * it was forecast), drawn to the prior, known from as many periods as both have; and the factor that made past 80 % bands hold 80 % (split conformal).
 */
export const sharedFactor = (
  judged: readonly Judged[],
  actuals: readonly number[],
  method: Method,
): SharedFactor & { readonly conformal: number; readonly periods: number } => {
  const byPeriod = Map.groupBy(
    judged.filter(({ points }) => points[method] !== undefined),
    ({ n }) => n,
  )
  // by money, not by share: a day on which little was still to come says little about how far the period as a whole was off
  let [missed, expected] = [0, 0]
  for (const [n, origins] of byPeriod)
    for (const { points, variance, scale } of origins) {
      missed += (((points[method] ?? 0) - (actuals[n] ?? 0)) ** 2 - variance) / origins.length
      expected += scale ** 2 / origins.length
    }
  const periods = byPeriod.size
  const found = expected > 0 ? missed / expected : 0
  const drawn = (PRIOR_PERIODS * PRIOR_SPREAD ** 2 + periods * found) / (PRIOR_PERIODS + periods)
  const spread = Math.sqrt(Math.max(0.01 ** 2, drawn))
  return { spread, freedom: periods + PRIOR_PERIODS, conformal: conformalOf(judged, actuals), periods }
}

/** How wide past bands were learned from fewer periods says nothing about one that is learned from more. */
const LEARNED_PERIODS = 3

const conformalOf = (judged: readonly Judged[], actuals: readonly number[]): number => {
  const learned = judged.filter(({ periodsJudged }) => periodsJudged >= LEARNED_PERIODS)
  const periods = new Set(learned.map(({ n }) => n)).size
  if (periods < CONFORMAL_PERIODS) return 1
  const misses = learned
    .map(({ n, uncorrected: { p10, p50, p90 } }) => {
      const miss = (actuals[n] ?? 0) - p50
      const half = miss < 0 ? p50 - p10 : p90 - p50
      return half > 0 ? Math.abs(miss) / half : 1
    })
    .toSorted((a, b) => a - b)
  // bands that hold about what they say, as far as so few periods can tell, are left as they are
  const held = misses.filter(miss => miss <= 1).length / misses.length
  if (Math.abs(held - NOMINAL) <= Math.sqrt((NOMINAL * (1 - NOMINAL)) / periods)) return 1
  // a share of the periods, not of the forecasts: those of one period miss together
  const rank = Math.min(1, Math.ceil((periods + 1) * NOMINAL) / periods) * misses.length
  return Math.min(2, Math.max(0.5, misses[Math.min(misses.length, Math.ceil(rank)) - 1] ?? 1))
}
