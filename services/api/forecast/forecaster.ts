import { setImmediate as nextTurn } from 'node:timers/promises'
import { calledInAll, callsOf } from '../../domain/forecast/calls.ts'
import { knownAt } from '../../domain/forecast/history.ts'
import type { PeriodDays } from '../../domain/forecast/periods-of.ts'
import { rateTable } from '../../domain/forecast/rate-table.ts'
import { forecastRun, type ForecastRun } from '../../domain/forecast/run.ts'
import { dateAt } from '../../domain/periods.ts'
import type { AnswerContext } from '../as-of.ts'
import type { ForecastHistory, HistoryReader } from './histories.ts'
import type { TouchedReader } from './touched.ts'
import { filtersIn, periodNames, type PipelineAsked, termsFor } from './question.ts'

export type ForecastAsked = PipelineAsked & {
  readonly period: PeriodDays
  /** At most so many earlier periods. */
  readonly periods: number
  readonly runs: number
  readonly seed: number
}

export type Forecaster = {
  readonly run: (
    context: AnswerContext,
    asked: ForecastAsked,
    progress?: (done: number, of: number) => void,
  ) => Promise<{ readonly run: ForecastRun; readonly history: ForecastHistory }>
  readonly history: HistoryReader['of']
  readonly touched: TouchedReader
}

const HOUR_MS = 3_600_000
const EVERY_DAYS = 7
const BACKTEST_RUNS = 400
/** How long a forecast may work before others have their turn. */
const TURN_MS = 25
const MAX_HELD = 12

/** "Now" of a forecast: the hour, so that nothing but what became known makes two forecasts of an hour differ. */
const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS

/** Moves that are known at an instant: two instants with as many know the same. */
const knowledgeOf = ({ deals, targets, calls }: ForecastHistory, asOf: number): string => {
  let moves = 0
  for (const deal of deals.deals) for (const move of deal.moves) if (knownAt(move) <= asOf) moves += 1
  let others = 0
  for (const said of [...deals.rates, ...deals.exclusions, ...targets, ...calls]) if (knownAt(said) <= asOf) others += 1
  for (const said of deals.accounts.values()) for (const each of said) if (knownAt(each) <= asOf) others += 1
  return `${moves}.${others}`
}

/** Runs forecasts with their backtests, one step at a time so that others are answered meanwhile, and holds the latest. */
export const createForecaster = (histories: HistoryReader, touched: TouchedReader): Forecaster => {
  const held = new Map<string, Promise<ForecastRun>>()

  const work = async (
    history: ForecastHistory,
    asOf: number,
    asked: ForecastAsked,
    progress: (done: number, of: number) => void,
  ): Promise<ForecastRun> => {
    const terms = termsFor(asked)
    const isNamed = periodNames(asked.fiscal)
    const callFor = (period: PeriodDays, at: number): number | null => {
      if (Object.keys(filtersIn(asked.filters)).length > 0 || history.calls.length === 0) return null
      const convert = rateTable(history.deals.rates, asked.currency, at)
      const calls = callsOf(history.calls, at, name => isNamed(name, period))
      return calledInAll(calls, ({ amount, currency }) => convert(amount, currency, terms.days.of(at)))
    }
    const steps = forecastRun(history.deals, {
      terms,
      floor: asked.floor,
      period: asked.period,
      asOf,
      now: hourOf(asOf),
      periods: asked.periods,
      everyDays: EVERY_DAYS,
      callFor,
      seed: asked.seed,
      runs: asked.runs,
      backtestRuns: BACKTEST_RUNS,
    })
    for (let began = performance.now(), step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value
      progress(step.value[0], step.value[1])
      if (performance.now() - began < TURN_MS) continue
      await nextTurn()
      began = performance.now()
    }
  }

  return {
    history: histories.of,
    touched,
    run: async (context, asked, progress = () => undefined) => {
      const history = await histories.of(context)
      const { tenant, observedTo } = context
      const key = JSON.stringify([tenant, asked, hourOf(observedTo), dateAt(observedTo, asked.zone), knowledgeOf(history, observedTo)])
      const known = held.get(key)
      const run = known ?? work(history, observedTo, asked, progress)
      held.delete(key)
      held.set(key, run)
      run.catch(() => held.delete(key))
      const [oldest] = held.keys()
      if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
      return { run: await run, history }
    },
  }
}
