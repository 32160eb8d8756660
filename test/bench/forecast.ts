import { bridgeOf } from '../../services/domain/forecast/bridge.ts'
import { dayOfDate, daysIn } from '../../services/domain/forecast/days.ts'
import { heldBy } from '../../services/domain/forecast/errors.ts'
import type { DealHistory } from '../../services/domain/forecast/history.ts'
import { type ForecastQuestion, type ForecastRun, forecastRun } from '../../services/domain/forecast/run.ts'
import { generatedDeals, USUAL_STAGES } from '../support/generated-deals.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const WEEK = 7 * 86_400_000
const STAGES = USUAL_STAGES.map(({ name }) => name)
/** The middle of a quarter; two years and a half of history lie before it. */
const NOW = Date.UTC(2026, 7, 17, 12)
const WEEKS = 130

/** As enterprise software is sold: a third as fast, so that a quarter of all deals is open. */
const SLOW = USUAL_STAGES.map(({ name, won, lost, moved }) => ({ name, won: won / 3, lost: lost / 3, moved: moved / 3 }))

const company = (deals: number): DealHistory => {
  const startsAt = NOW - WEEKS * WEEK
  const history = generatedDeals({
    seed: 3,
    weeks: WEEKS,
    arrivals: deals / WEEKS,
    stages: SLOW,
    shock: 0.25,
    periodWeeks: 13,
    startsAt,
  })
  const moves = history.deals.reduce((sum, each) => sum + each.moves.length, 0)
  say(`a company of ${history.deals.length} deals with ${moves} moves`)
  return history
}

const question: ForecastQuestion = {
  terms: { scope: { filters: {} }, currency: 'EUR', days: daysIn('Europe/Berlin'), stages: STAGES },
  floor: 1,
  period: { from: dayOfDate('2026-07-01'), to: dayOfDate('2026-10-01') },
  asOf: NOW,
  now: NOW,
  periods: 8,
  everyDays: 7,
  callFor: () => null,
  seed: 1,
  runs: 10_000,
  backtestRuns: 400,
}

const finished = (steps: Generator<readonly [number, number], ForecastRun>): ForecastRun => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const measured = <T>(rounds: number, name: string, work: () => T): { readonly seconds: number; readonly last: T } => {
  const took: number[] = []
  let last = work()
  for (let round = 1; round <= rounds; round++) {
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    last = work()
    took.push((performance.now() - began) / 1000)
    const { user, system } = process.cpuUsage(cpu)
    say(`${name}, round ${round}: ${rounded(took.at(-1) ?? 0)} s, of the processors ${rounded((user + system) / 1e6)} s`)
  }
  return { seconds: median(took), last }
}

const result = (bench: string, seconds: number, rows: number): BenchResult => ({
  bench,
  ours: rounded(seconds),
  peer: null,
  theirs: null,
  ratio: null,
  unit: 's',
  rows,
  rss_mb: peakRssMb(),
})

/** One quarter, every method and 10,000 runs, over 5,000 open deals; the history is in memory, nothing is held of an earlier forecast. */
export const forecast = async ({ rows, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const open = rows ?? (quick ? 500 : 5_000)
  // of deals that come evenly about every fifth is open
  const history = company(Math.round(open * 4.75))
  const { seconds, last } = measured(rounds, 'forecast', () => finished(forecastRun(history, { ...question, periods: 0 })))
  say(`${last.latest.known.open.length} open deals, ${last.latest.draws.length} runs`)
  return result('forecast', seconds, last.latest.known.open.length)
}

/** Every method from every past week of eight quarters, 20,000 deals. */
export const backtest = async ({ rows, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const history = company(rows ?? (quick ? 1_000 : 20_000))
  const { seconds, last } = measured(rounds, 'backtest', () => finished(forecastRun(history, question)))
  const ended = last.origins.filter(({ n }) => last.ended[n] === true)
  say(`${ended.length} past forecasts of ${last.periods.length - 1} quarters; 80 % bands held ${heldBy(ended, last.actuals, 80)} of them`)
  return result('backtest', seconds, history.deals.length)
}

/** Half a year of moves of 100,000 deals. */
export const bridge = async ({ rows, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const history = company(rows ?? (quick ? 5_000 : 100_000))
  const { terms } = question
  const { seconds, last } = measured(rounds, 'bridge', () =>
    bridgeOf(history, { ...terms, floor: 1, due: null, from: NOW - 26 * WEEK, to: NOW, asOf: NOW }),
  )
  const sum = (end: boolean): number => last.items.filter(({ bar }) => (bar === 'end') === end).reduce((all, { delta }) => all + delta, 0)
  if (sum(true) !== sum(false)) throw new Error(`the bridge does not close: ${sum(false)} is not ${sum(true)}`)
  say(`${last.items.length} moves, closed at ${sum(true)}`)
  return result('bridge', seconds, history.deals.length)
}
