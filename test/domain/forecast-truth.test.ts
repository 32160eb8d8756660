import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { daysIn } from '../../services/domain/forecast/days.ts'
import { errorSums, heldBy } from '../../services/domain/forecast/errors.ts'
import { hazardLedger } from '../../services/domain/forecast/hazards.ts'
import { knownBy } from '../../services/domain/forecast/history.ts'
import { knownAtInstant } from '../../services/domain/forecast/known.ts'
import { type ForecastQuestion, type ForecastRun, forecastRun } from '../../services/domain/forecast/run.ts'
import { chanceOf, quantileOf, simulate } from '../../services/domain/forecast/simulate.ts'
import { arbitraryHistory, epochDay, ms } from '../support/deal-histories.ts'
import { diceFrom, generatedDeals, type Truth, USUAL_STAGES } from '../support/generated-deals.ts'

const DAY = 86_400_000
const STARTS = Date.UTC(2000, 0, 3)
const WEEKS_A_PERIOD = 4

const truth: Truth = {
  seed: 11,
  weeks: 260 * WEEKS_A_PERIOD,
  arrivals: 6,
  stages: USUAL_STAGES,
  shock: 0.5,
  periodWeeks: WEEKS_A_PERIOD,
  startsAt: STARTS,
}

const terms = { scope: { filters: {} }, currency: 'EUR', days: daysIn('UTC'), stages: USUAL_STAGES.map(({ name }) => name) }
const periodAt = (n: number) => {
  const from = STARTS / DAY + n * 7 * WEEKS_A_PERIOD
  return { from, to: from + 7 * WEEKS_A_PERIOD }
}

const finished = (steps: Generator<unknown, ForecastRun>): ForecastRun => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

const question = (n: number, more: Partial<ForecastQuestion> = {}): ForecastQuestion => {
  const period = periodAt(n)
  const asOf = period.from * DAY + 3 * DAY
  return {
    terms,
    floor: 1,
    period,
    asOf,
    now: asOf,
    periods: 300,
    everyDays: 28,
    callFor: () => null,
    seed: 5,
    runs: 2_000,
    backtestRuns: 300,
    ...more,
  }
}

describe('forecast of companies whose truth is known', () => {
  it('hazards come near the true ones, and chances to win are those of the true chain', () => {
    const company = generatedDeals({ ...truth, weeks: 400, arrivals: 30, shock: 0 })
    const now = STARTS + 390 * 7 * DAY
    const known = knownAtInstant(company, terms, now)
    const ledger = hazardLedger()
    const deals = [...known.open, ...known.won, ...known.lost]
    const stints = new Map(deals.map(({ place, state }) => [place, state.stints]))
    ledger.update(new Set(stints.keys()), place => stints.get(place) ?? [])
    const model = ledger.model(
      known.open.flatMap(({ state }) => state.stints.slice(-1)),
      now * 1000,
      26,
    )
    for (const { name, won, lost, moved } of USUAL_STAGES) {
      const estimated = model.hazard(name, 2)
      expect(Math.abs(estimated.won - won)).toBeLessThan(0.015)
      expect(Math.abs(estimated.lost - lost)).toBeLessThan(0.015)
      expect(Math.abs(estimated.moved - moved)).toBeLessThan(0.015)
    }
    // the true chain, worked out week by week
    const chances = (weeks: number): number[] => {
      let f = USUAL_STAGES.map(() => 0)
      for (let week = 0; week < weeks; week++)
        f = USUAL_STAGES.map(({ won, lost, moved }, s) => won + moved * (f[s + 1] ?? 0) + (1 - won - lost - moved) * (f[s] ?? 0))
      return f
    }
    for (const weeks of [4, 13, 26])
      chances(weeks).forEach((chance, s) =>
        expect(Math.abs(model.wonWithin(USUAL_STAGES[s]?.name ?? '', 0, weeks) - chance)).toBeLessThan(0.02),
      )
  })

  it('80 % bands hold 80 ± 5 % of more than 200 periods, where deal-level chance alone holds far fewer, and the survival forecast beats naive', () => {
    const run = finished(forecastRun(generatedDeals(truth), question(258)))
    const settled = run.origins.filter(({ n, periodsJudged }) => run.ended[n] === true && periodsJudged >= 20)
    expect(settled.length).toBeGreaterThanOrEqual(200)
    const held = heldBy(settled, run.actuals, 80) / settled.length
    expect(held).toBeGreaterThanOrEqual(0.75)
    expect(held).toBeLessThanOrEqual(0.85)
    const alone = settled.filter(({ n, points, chosen, variance }) => {
      const point = points[chosen] ?? 0
      return Math.abs((run.actuals[n] ?? 0) - point) <= 1.2816 * Math.sqrt(variance)
    }).length
    expect(alone / settled.length).toBeLessThan(held)
    const error = (method: 'survival' | 'naive-last'): number => {
      const { absolute, actual } = errorSums(settled, run.actuals, method)
      return absolute / actual
    }
    expect(error('survival')).toBeLessThan(error('naive-last'))
    const { signed, actual } = errorSums(settled, run.actuals, 'survival')
    expect(Math.abs(signed / actual)).toBeLessThan(0.05)
  }, 60_000)

  it('80 % bands hold 80 ± 5 % of more than 200 quarters of companies that have only a few behind them, whatever their spread', () => {
    const weeks = 13
    const quarters = 8
    const [periods, held]: [Set<string>, number[]] = [new Set(), []]
    for (const shock of [0.1, 0.25, 0.4])
      for (let seed = 1; seed <= 14; seed++) {
        const company = generatedDeals({
          ...truth,
          seed: 700 + seed,
          weeks: (quarters + 1) * weeks,
          arrivals: 8,
          shock,
          periodWeeks: weeks,
        })
        const from = STARTS / DAY + quarters * weeks * 7
        const asOf = from * DAY + 3 * DAY
        const period = { from, to: from + weeks * 7 }
        const run = finished(
          forecastRun(company, question(0, { period, asOf, now: asOf, periods: quarters, everyDays: 35, runs: 100, backtestRuns: 200 })),
        )
        const judged = run.origins.filter(({ n, periodsJudged, left }) => run.ended[n] === true && periodsJudged >= 2 && left >= 14)
        for (const origin of judged) {
          periods.add(`${shock} ${seed} ${origin.n}`)
          held.push(heldBy([origin], run.actuals, 80))
        }
      }
    expect(periods.size).toBeGreaterThanOrEqual(200)
    const share = held.reduce((sum, each) => sum + each, 0) / held.length
    expect(share).toBeGreaterThanOrEqual(0.75)
    expect(share).toBeLessThanOrEqual(0.85)
  }, 60_000)

  it('the chance to reach a target is as often right as it says', () => {
    // what comes is drawn from the same kind of world as the simulation's, with a factor that is learned from nothing else
    const dice = diceFrom(3)
    const remaining = {
      chances: Float64Array.from({ length: 40 }, (_, i) => 0.1 + (i % 5) * 0.1),
      worths: new Float64Array(40).fill(10),
      newWins: 4,
      newWorths: Float64Array.of(5, 15),
    }
    const expected = 40 * 0.3 * 10 + 40
    const draws = simulate({ remaining, won: 0, point: expected, shared: { spread: 0.25, freedom: 40 }, runs: 20_000, seed: 1 })
    for (const chance of [0.2, 0.5, 0.8]) {
      const target = quantileOf(draws, 1 - chance)
      let reached = 0
      const worlds = 4_000
      for (let world = 0; world < worlds; world++) {
        let sum = 0
        for (let i = 0; i < 40; i++) if (dice.uniform() < (remaining.chances[i] ?? 0)) sum += 10
        for (let k = dice.poisson(4); k > 0; k--) sum += dice.uniform() < 0.5 ? 5 : 15
        if (sum * Math.max(0, 1 + 0.25 * dice.normal()) >= target) reached += 1
      }
      expect(Math.abs(reached / worlds - chance)).toBeLessThan(0.03)
      expect(chanceOf(draws, target)).toBeGreaterThanOrEqual(chance - 0.01)
    }
  })
})

describe('what a forecast may know', () => {
  const small: Truth = { ...truth, weeks: 60, arrivals: 3 }
  const asked = question(12, { periods: 12, everyDays: 7, runs: 200, backtestRuns: 50 })

  it('what is recorded after the instant changes nothing of it', () => {
    const company = generatedDeals(small)
    const whole = finished(forecastRun(company, asked))
    const known = finished(forecastRun(knownBy(company, asked.asOf), asked))
    expect(company.deals.length).toBeGreaterThan(knownBy(company, asked.asOf).deals.length)
    expect(known.latest.origin.points).toEqual(whole.latest.origin.points)
    expect(known.latest.origin.quantiles).toEqual(whole.latest.origin.quantiles)
    expect(known.actuals).toEqual(whole.actuals)
  })

  it('whatever is recorded later, and of whenever it speaks, a forecast is made of what was known', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.integer({ min: 20, max: 110 }), (history, day) => {
        const period = { from: epochDay(90), to: epochDay(120) }
        const then = { ...asked, period, asOf: ms(day), now: ms(day), periods: 4, runs: 20, backtestRuns: 10 }
        const [whole, known] = [finished(forecastRun(history, then)), finished(forecastRun(knownBy(history, then.asOf), then))]
        expect([known.latest.origin.points, known.latest.origin.quantiles, known.actuals]).toEqual([
          whole.latest.origin.points,
          whole.latest.origin.quantiles,
          whole.actuals,
        ])
      }),
      { numRuns: 150 },
    )
  })

  it('no origin of the backtest sees what was recorded after it: what it said then is what it says now', () => {
    const company = generatedDeals(small)
    const later = finished(forecastRun(company, asked))
    for (const n of [1, 4, 7]) {
      const origin = later.origins.filter(each => each.n === n)[1]
      if (origin === undefined) throw new Error('no origin')
      const period = periodAt(12 - n)
      const then = finished(
        forecastRun(knownBy(company, origin.asOf), { ...asked, period, asOf: origin.asOf, now: origin.asOf, periods: 12 - n }),
      )
      expect(then.latest.origin.points).toEqual(origin.points)
      expect(then.latest.origin.chosen).toBe(origin.chosen)
      expect(then.latest.origin.scale).toBe(origin.scale)
    }
  })

  it('the same seed gives the same bytes, another one others', () => {
    const company = generatedDeals(small)
    const text = (seed: number): string => JSON.stringify([...finished(forecastRun(company, { ...asked, seed })).latest.draws])
    expect(text(7)).toBe(text(7))
    expect(text(7)).not.toBe(text(8))
  })

  it('says what it can where nothing has ended yet', () => {
    const run = finished(forecastRun(generatedDeals({ ...small, weeks: 3 }), question(0, { periods: 12, everyDays: 7 })))
    expect(run.periods).toHaveLength(1)
    expect(run.latest.origin.periodsJudged).toBe(0)
    expect(run.latest.origin.points['naive-last']).toBeUndefined()
    expect(run.latest.origin.quantiles.p10).toBeLessThan(run.latest.origin.quantiles.p90)
  })
})
