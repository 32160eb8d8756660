import { dateOfDay } from '../../domain/forecast/days.ts'
import {
  banded,
  type ErrorSums,
  errorSums,
  type Forecaster,
  heldBy,
  isHeld,
  type Level,
  missOf,
  pointOf,
  skillOf,
} from '../../domain/forecast/errors.ts'
import type { ForecastRun, Origin } from '../../domain/forecast/run.ts'
import type { ProofItem } from '../explain/figure.ts'
import { type Cell, dealItem, type Dims, itemOf, plainCell, ratioCell } from './cells.ts'

const MILLION = 1_000_000

/** One past forecast as an item: by the first day of its period, from the day on which it was made. */
export const pastItem = (run: ForecastRun, origin: Origin, contribution: number, base: number, note: string): ProofItem =>
  itemOf('forecast', dateOfDay(run.periods[origin.n]?.from ?? 0), contribution, { base, note, at: origin.asOf })

const missed = (
  run: ForecastRun,
  origins: readonly Origin[],
  of: Forecaster,
  contribution: (miss: number, actual: number) => number,
  base: (actual: number) => number = actual => actual,
): readonly ProofItem[] =>
  origins.flatMap(origin => {
    const miss = missOf(origin, run.actuals, of)
    const actual = run.actuals[origin.n] ?? 0
    return miss === null ? [] : [pastItem(run, origin, contribution(miss, actual), base(actual), of === 'chosen' ? origin.chosen : of)]
  })

type ErrorsAsked = {
  readonly run: ForecastRun
  readonly origins: readonly Origin[]
  readonly of: Forecaster
  readonly dims: Dims
  readonly flags: readonly string[]
}

const over = (value: number, { actual }: ErrorSums): number | null => (actual === 0 ? null : value / actual)

/** Σ|e|/ΣA (metrics M92). */
export const wapeCell = ({ run, origins, of, dims, flags }: ErrorsAsked): Cell => {
  const sums = errorSums(origins, run.actuals, of)
  return ratioCell('M92', { ...dims, measure: 'wape' }, over(sums.absolute, sums), missed(run, origins, of, Math.abs), flags)
}

/** Σe/ΣA. */
export const biasCell = ({ run, origins, of, dims, flags }: ErrorsAsked): Cell => {
  const sums = errorSums(origins, run.actuals, of)
  return ratioCell(
    'M92',
    { ...dims, measure: 'bias' },
    over(sums.signed, sums),
    missed(run, origins, of, miss => miss),
    flags,
  )
}

/** Mean of |e|/A over forecasts whose period brought anything; behind it are millionths of each. */
export const mapeCell = ({ run, origins, of, dims, flags }: ErrorsAsked): Cell =>
  ratioCell(
    'M92',
    { ...dims, measure: 'mape' },
    errorSums(origins, run.actuals, of).mape,
    missed(
      run,
      origins.filter(({ n }) => (run.actuals[n] ?? 0) > 0),
      of,
      (miss, actual) => Math.round((MILLION * Math.abs(miss)) / actual),
      () => MILLION,
    ),
    flags,
  )

/** M93: what is missed less than naive misses, over what naive misses, on the forecasts that both were there for. */
export const skillCell = ({ run, origins, of, dims, flags }: ErrorsAsked): Cell => {
  const { skill, forecasts } = skillOf(origins, run.actuals, of)
  const items = origins.flatMap(origin => {
    const [own, naive] = [missOf(origin, run.actuals, of), missOf(origin, run.actuals, 'naive-last')]
    return own === null || naive === null
      ? []
      : [pastItem(run, origin, Math.abs(naive) - Math.abs(own), Math.abs(naive), 'missed less than naive')]
  })
  const there = origins.filter(origin => pointOf(origin, of) !== undefined).length
  return ratioCell('M93', { ...dims, measure: 'skill' }, skill, items, forecasts === there ? flags : [...flags, 'part_compared'])
}

/** M84: forecasts of one period miss together, so that there is no interval from their number. */
export const heldCell = ({ run, origins, dims, flags }: Omit<ErrorsAsked, 'of'>, level: Level): Cell => {
  const withBand = banded(origins)
  const items = withBand.map(origin => {
    const isIn = isHeld(origin, run.actuals, level)
    return pastItem(run, origin, Number(isIn), 1, isIn ? 'held' : 'missed')
  })
  const share = withBand.length === 0 ? null : heldBy(withBand, run.actuals, level) / withBand.length
  const { row, proof } = ratioCell('M84', { ...dims, measure: `coverage_${level}` }, share, items, flags)
  return { row: { ...row, interval: null }, proof }
}

/** What a period that has ended brought. */
export const actualCell = (run: ForecastRun, n: number, dims: Dims, unit: string, flags: readonly string[]): Cell => {
  const period = run.periods[n]
  const won = run.latest.known.won.filter(
    ({ closeDay }) => period !== undefined && closeDay !== null && closeDay >= period.from && closeDay < period.to,
  )
  return plainCell('M92', { ...dims, measure: 'actual' }, run.actuals[n] ?? 0, unit, flags, {}, () =>
    won.map(deal => dealItem(deal, deal.worth ?? 0, 'won')),
  )
}
