import { DAY_MS } from './days.ts'
import { hazardLedger, type HazardModel, WEEK_MICROS } from './hazards.ts'
import type { DealHistory } from './history.ts'
import { type Known, knowledgeOf, type Terms } from './known.ts'
import { METHODS, type Method, type MethodInput, type OpenDeal, type Part, runMethod, type SamePoint, type Win } from './methods.ts'
import { beginningOf, originGrid, periodsSince, placeOf } from './origins.ts'
import { monthsIn, type PeriodDays } from './periods-of.ts'
import { bandOf, candidates, type Judged, sharedFactor, winnerOf } from './judge.ts'
import { meanOf, quantileOf, type Remaining, type SharedFactor, simulate, varianceOf } from './simulate.ts'
import { stageWinRates, type StageWinRates } from './stage-rates.ts'

export type ForecastQuestion = {
  readonly terms: Terms
  /** Least place of a stage among the qualifying ones (metrics M78). */
  readonly floor: number
  readonly period: PeriodDays
  /** Knowledge, ms. */
  readonly asOf: number
  /** "Now", by which ages and days left are told: not after `asOf`, ms. */
  readonly now: number
  /** At most so many earlier periods are looked at. */
  readonly periods: number
  /** Instants a week, or further, apart within each earlier period at which it is forecast again. */
  readonly everyDays: number
  /** The latest call for all of a period as known at an instant. */
  readonly callFor: (period: PeriodDays, asOf: number) => number | null
  readonly seed: number
  /** Of the forecast, and of each one in the backtest. */
  readonly runs: number
  readonly backtestRuns: number
}

/** One forecast of one period from one day, as it would have been made on that day. */
export type Origin = Judged & {
  readonly asOf: number
  /** Place of the day in its period, from 0; negative before it begins. */
  readonly dayOfPeriod: number
  /** Open deals and their chances, for calibration once they are decided. */
  readonly open: readonly { readonly place: number; readonly chance: number }[]
  readonly samePoint: {
    readonly counted: readonly { readonly place: number; readonly stage: string; readonly worth: number }[]
    readonly expected: readonly { readonly place: number; readonly due: number; readonly value: number }[]
  }
}

export type Contribution = { readonly place: number; readonly value: number; readonly part: Part }

/** The forecast as of now, with all that it is made of. */
export type Latest = {
  readonly origin: Origin
  readonly known: Known
  readonly open: readonly OpenDeal[]
  readonly remaining: Remaining
  readonly draws: Float64Array
  readonly parts: ReadonlyMap<Method, readonly Contribution[]>
  readonly hazards: HazardModel
  readonly dueFactors: readonly number[]
  readonly shared: SharedFactor
  readonly stageRates: StageWinRates
}

export type ForecastRun = {
  readonly period: PeriodDays
  /** Earlier ones, the nearest first, as far as the history reaches. */
  readonly periods: readonly PeriodDays[]
  /** By place of the period, what it brought as known now. */
  readonly actuals: readonly number[]
  readonly ended: readonly boolean[]
  readonly origins: readonly Origin[]
  readonly latest: Latest
  /** First day of business in the history; null where there is none. */
  readonly since: number | null
}

const ARRIVAL_WEEKS = 26
/** Nothing is foretold further ahead. */
const MOST_WEEKS = 260
const SAME_POINTS = 8
/** From so many periods on, forecasts from a week around are enough to learn from; before, from three. */
const MANY_PERIODS = 8
/** Mean wins of a prior that draw a due factor to one. */
const DUE_PRIOR = 5

/**
 * Forecasts a period as of now, and every period before it from every past day of the grid, in one pass over the history: at each origin nothing counts that became known
 * later (no look-ahead), not even to choose the method or to fit the interval. Yields after each origin (done, of).
 */
export function* forecastRun(history: DealHistory, question: ForecastQuestion): Generator<readonly [number, number], ForecastRun> {
  const { terms, period, asOf, now } = question
  const began = beginningOf(history, terms, asOf)
  const periods = periodsSince(period, question.periods, began.day)
  const grid = originGrid(periods, now, { days: terms.days, everyDays: question.everyDays, since: began.known })
  const learn = knowledgeOf(history, terms)
  const ledger = hazardLedger()
  const origins: Origin[] = []
  const touchedSince = new Set<number>()
  let done = 0
  const months = monthsIn(period)
  const perYear = months !== null && 12 % months === 0 ? 12 / months : null
  for (const { at, n, left, live } of grid) {
    const known = live ? learn(asOf, now) : learn(at)
    for (const place of known.touched) touchedSince.add(place)
    const { day } = known
    const target = periods[n] ?? period
    const of = new Map<number, { readonly worth: number; readonly day: number }>()
    const wins: Win[][] = periods.map(() => [])
    for (const { place, worth, closeDay } of known.won) {
      if (closeDay === null) continue
      of.set(place, { worth: worth ?? 0, day: closeDay })
      const p = placeOf(periods, closeDay)
      if (p >= 0) wins[p]?.push({ place, worth: worth ?? 0 })
    }
    const totals = wins.map(each => each.reduce((sum, { worth }) => sum + worth, 0))
    const hasEnded = (p: number): boolean => (periods[p]?.to ?? Number.POSITIVE_INFINITY) <= day
    const wonIn = (place: number, p: number): number => {
      const found = of.get(place)
      const within = periods[p]
      return found !== undefined && within !== undefined && found.day >= within.from && found.day < within.to ? found.worth : 0
    }
    const inScope = new Map([...known.open, ...known.won, ...known.lost].map(deal => [deal.place, deal.state]))
    ledger.update(touchedSince, place => inScope.get(place)?.stints ?? [])
    touchedSince.clear()
    const weeksTo = Math.min(MOST_WEEKS, Math.max(0, (target.to - day) / 7))
    const weeksFrom = Math.min(MOST_WEEKS, Math.max(0, (target.from - day) / 7))
    const going = known.open.flatMap(({ state }) => state.stints.filter(({ exit }) => exit === null).slice(-1))
    const hazards = ledger.model(going, at * 1000, weeksTo)
    const wonWorths = Float64Array.from(
      known.won.flatMap(({ worth, closeDay }) => (worth === null || (closeDay ?? day) < day - 365 ? [] : [worth])),
    )
    const meanWin = meanOf(wonWorths)
    const within = (stage: string, age: number): number => hazards.wonWithin(stage, age, weeksTo) - hazards.wonWithin(stage, age, weeksFrom)
    const open = known.open.map((deal): OpenDeal => {
      const { closeDay, rank, state, worth } = deal
      const age = Math.max(0, Math.floor((at * 1000 - (state.stints.at(-1)?.from ?? state.createdAt)) / WEEK_MICROS))
      return {
        deal,
        // hazards take a mean win for an amount that nobody knows; what is counted by amounts leaves it out
        worth: worth ?? 0,
        counted: worth !== null && rank >= question.floor && closeDay !== null && closeDay >= target.from && closeDay < target.to,
        due: closeDay === null ? 3 : closeDay < target.from ? 0 : closeDay < target.to ? 1 : 2,
        chance: weeksTo > 0 ? within(state.stage, age) : 0,
      }
    })
    const valued = open.map(each => (each.deal.worth === null ? { ...each, worth: meanWin } : each))
    const near = origins.filter(origin => origin.n !== n && hasEnded(origin.n) && Math.abs(origin.left - left) <= 2 * question.everyDays)
    const learned = [0, 1, 2, 3].map(() => ({ expected: DUE_PRIOR * meanWin, won: DUE_PRIOR * meanWin }))
    for (const origin of near)
      for (const { place, due, value } of origin.samePoint.expected) {
        const cell = learned[due]
        if (cell === undefined) continue
        cell.expected += value
        cell.won += wonIn(place, origin.n)
      }
    const dueFactors = learned.map(({ expected, won }) => (expected > 0 ? won / expected : 1))
    const same = near
      .filter(origin => origin.left === left)
      .toSorted((a, b) => a.n - b.n)
      .slice(0, SAME_POINTS)
    const samePoints = same.map((origin): SamePoint => {
      const seen = new Set(origin.samePoint.counted.map(({ place }) => place))
      return {
        open: origin.samePoint.counted.map(deal => ({ ...deal, won: wonIn(deal.place, origin.n) })),
        outside: (wins[origin.n] ?? [])
          .filter(({ place }) => !seen.has(place) && !origin.wonPlaces.has(place))
          .map(({ place, worth }) => ({ place, won: worth })),
      }
    })
    // deals that are created from now on: as many a week as lately, entering where they entered, bringing what a win brings
    const weeks = Math.min(ARRIVAL_WEEKS, Math.max(1, (day - began.day) / 7))
    const created = [...known.open, ...known.won, ...known.lost].filter(
      ({ createdDay }) => createdDay >= day - weeks * 7 && createdDay < day,
    )
    const yields = new Map<string, number>()
    const arrivalYield = (stage: string): number => {
      const found = yields.get(stage)
      if (found !== undefined) return found
      let sum = 0
      for (let week = 0.5; week < weeksTo; week++)
        sum += hazards.wonWithin(stage, 0, weeksTo - week) - hazards.wonWithin(stage, 0, Math.max(0, weeksFrom - week))
      const partly = weeksTo % 1 === 0 ? 1 : weeksTo / Math.ceil(weeksTo)
      yields.set(stage, (sum * partly) / weeks)
      return (sum * partly) / weeks
    }
    const arrivals = created.map(({ place, state }) => ({ place, value: arrivalYield(state.stints[0]?.stage ?? state.stage) * meanWin }))
    const stageRates = stageWinRates(known)
    const input: MethodInput = {
      period: target,
      day,
      won: wins[n] ?? [],
      open,
      ended: periods.slice(n + 1).map((_, i) => (hasEnded(n + 1 + i) ? (wins[n + 1 + i] ?? []) : null)),
      perYear,
      samePoints,
      stageRates,
      hazards,
      dueFactors,
      arrivals,
      call: question.callFor(target, at),
    }
    const points: Partial<Record<Method, number>> = {}
    const parts = new Map<Method, Contribution[]>()
    for (const method of METHODS) {
      if (method === 'combination') continue
      let sum = 0
      const listed: Contribution[] = []
      const sink = live
        ? (place: number, value: number, part: Part): void => {
            sum += value
            if (value !== 0) listed.push({ place, value, part })
          }
        : (_place: number, value: number): void => void (sum += value)
      const seen = method === 'survival' || method === 'survival-plain' ? { ...input, open: valued } : input
      if (!runMethod(method, seen, sink)) continue
      points[method] = sum
      if (live) parts.set(method, listed)
    }
    // earlier periods that had ended by then, as known by then
    const judged = origins.filter(origin => origin.n !== n && hasEnded(origin.n))
    const endedPeriods = new Set(judged.map(each => each.n)).size
    const band = bandOf(judged, left, question.everyDays * (endedPeriods < MANY_PERIODS ? 3 : 1))
    const best = candidates(band, totals)
    if (best.length > 1) {
      points.combination = best.reduce((sum, method) => sum + (points[method] ?? 0), 0) / best.length
      if (live)
        parts.set(
          'combination',
          best.flatMap(method => (parts.get(method) ?? []).map(each => ({ ...each, value: each.value / best.length }))),
        )
    }
    const chosen = winnerOf(judged, totals, points)
    const factors = valued.map(each => Math.min(0.99, each.chance * (dueFactors[each.due] ?? 1)))
    const remaining: Remaining = {
      chances: Float64Array.from(factors),
      worths: Float64Array.from(valued.map(({ worth }) => worth)),
      newWins: meanWin > 0 ? arrivals.reduce((sum, { value }) => sum + value, 0) / meanWin : 0,
      newWorths: wonWorths,
    }
    const won = totals[n] ?? 0
    const point = points[chosen] ?? won
    const usual = totals.filter((_, p) => hasEnded(p) && p !== n)
    const scale = Math.max(point - won, 0.02 * (usual.reduce((a, b) => a + b, 0) / Math.max(1, usual.length)), 1)
    const shared = sharedFactor(band, totals, chosen)
    const runs = live ? question.runs : question.backtestRuns
    const draws =
      weeksTo <= 0
        ? Float64Array.of(won)
        : simulate({ remaining, won, point: won + scale, shared, runs, seed: question.seed + Math.round(at / DAY_MS) })
    const around = quantileOf(draws, 0.5)
    const quantile = (p: number): number => Math.max(won, around + shared.conformal * (quantileOf(draws, p) - around))
    const origin: Origin = {
      asOf: at,
      n,
      left,
      dayOfPeriod: day - target.from,
      points,
      chosen,
      best,
      won,
      scale: Math.max(scale, 1),
      variance: varianceOf(remaining),
      periodsJudged: shared.periods,
      quantiles: {
        p025: quantile(0.025),
        p10: quantile(0.1),
        p25: quantile(0.25),
        p50: quantile(0.5),
        p75: quantile(0.75),
        p90: quantile(0.9),
        p975: quantile(0.975),
      },
      uncorrected: { p10: quantileOf(draws, 0.1), p50: around, p90: quantileOf(draws, 0.9) },
      wonPlaces: new Set((wins[n] ?? []).map(({ place }) => place)),
      open: valued.map(({ deal }, i) => ({ place: deal.place, chance: factors[i] ?? 0 })),
      samePoint: {
        counted: open.filter(({ counted }) => counted).map(({ deal, worth }) => ({ place: deal.place, stage: deal.state.stage, worth })),
        expected: valued.map(({ deal, due, chance, worth }) => ({ place: deal.place, due, value: chance * worth })),
      },
    }
    if (!live) origins.push(origin)
    else {
      const moved = shared.conformal === 1 ? draws : draws.map(draw => Math.max(won, around + shared.conformal * (draw - around)))
      const latest = { origin, known, open: valued, remaining, draws: moved, parts, hazards, dueFactors, shared, stageRates }
      const actuals = totals
      yield [++done, grid.length]
      return {
        period,
        periods,
        actuals,
        ended: periods.map((_, p) => hasEnded(p)),
        origins,
        latest,
        since: Number.isFinite(began.day) ? began.day : null,
      }
    }
    yield [++done, grid.length]
  }
  throw new RangeError(`no origin to forecast from: ${asOf}`)
}
