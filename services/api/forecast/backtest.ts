import { dateOfDay } from '../../domain/forecast/days.ts'
import { banded, calibrationOf, errorSums, type Forecaster, heldBy, type Level, skillOf } from '../../domain/forecast/errors.ts'
import { METHODS } from '../../domain/forecast/methods.ts'
import type { ForecastRun, Origin } from '../../domain/forecast/run.ts'
import type { FigureRow } from '../answer.ts'
import { laterHalf, trustFlags } from './figure.ts'

/** How the rows of a backtest are cut: not at all, by period, or by week of the period (the first is 1). */
export const CUTS = ['period', 'week'] as const
export type Cut = (typeof CUTS)[number]

const LEVELS: readonly Level[] = [50, 80, 95]

const weekOf = (run: ForecastRun, { n, left }: Origin): string => {
  const period = run.periods[n]
  return period === undefined ? '' : String(Math.floor((period.to - period.from - left) / 7) + 1)
}

const cutOf = (run: ForecastRun, origin: Origin, by: readonly Cut[]): Readonly<Record<string, string>> =>
  Object.fromEntries(by.map(name => [name, name === 'week' ? weekOf(run, origin) : dateOfDay(run.periods[origin.n]?.from ?? 0)]))

/** M92, M93 and M84 of some of the past forecasts; `chosen` is what would have been shown on each day. */
const errorRows = (
  run: ForecastRun,
  origins: readonly Origin[],
  dims: Readonly<Record<string, string>>,
  flags: readonly string[],
  unit: string,
): FigureRow[] => {
  const { actuals } = run
  const periods = new Set(origins.map(({ n }) => n)).size
  const flagged = [...new Set([...flags, ...trustFlags(periods)])].toSorted()
  const forecasters: readonly Forecaster[] = ['chosen', ...METHODS]
  const rows = forecasters.flatMap((method): FigureRow[] => {
    const sums = errorSums(origins, actuals, method)
    if (sums.forecasts === 0) return []
    const of = { ...dims, method, forecasts: String(sums.forecasts), periods: String(sums.periods) }
    const { skill, forecasts } = skillOf(origins, actuals, method)
    const ratio = (value: number): number | null => (sums.actual === 0 ? null : value / sums.actual)
    return [
      {
        ...of,
        measure: 'wape',
        metric: 'M92',
        value: ratio(sums.absolute),
        unit: 'ratio',
        numerator: sums.absolute,
        denominator: sums.actual,
        flags: flagged,
      },
      {
        ...of,
        measure: 'bias',
        metric: 'M92',
        value: ratio(sums.signed),
        unit: 'ratio',
        numerator: sums.signed,
        denominator: sums.actual,
        flags: flagged,
      },
      { ...of, measure: 'mape', metric: 'M92', value: sums.mape, unit: 'ratio', flags: flagged },
      {
        ...of,
        measure: 'skill',
        metric: 'M93',
        value: skill,
        unit: 'ratio',
        flags: forecasts === sums.forecasts ? flagged : [...flagged, 'part_compared'].toSorted(),
      },
    ]
  })
  const withBand = banded(origins)
  const coverage = LEVELS.map(
    (level): FigureRow => ({
      ...dims,
      method: 'chosen',
      measure: `coverage_${level}`,
      forecasts: String(withBand.length),
      periods: String(new Set(withBand.map(({ n }) => n)).size),
      metric: 'M84',
      value: withBand.length === 0 ? null : heldBy(withBand, actuals, level) / withBand.length,
      unit: 'ratio',
      numerator: heldBy(withBand, actuals, level),
      denominator: withBand.length,
      // forecasts of one period miss together: no interval from their number
      interval: null,
      flags: flagged,
    }),
  )
  const [first] = origins
  const one = new Set(origins.map(({ n }) => n)).size === 1 && first !== undefined
  return [
    ...(one ? [{ ...dims, measure: 'actual', metric: 'M92', value: actuals[first.n] ?? 0, unit, flags: flagged }] : []),
    ...rows,
    ...coverage,
  ]
}

/** How often deals were won that were given a chance (metrics M94); of periods that have ended. */
const calibrationRows = (run: ForecastRun, origins: readonly Origin[], flags: readonly string[]): FigureRow[] => {
  const won = new Map(run.latest.known.won.map(({ place, closeDay }) => [place, closeDay]))
  const said = function* (): Generator<readonly [number, boolean]> {
    for (const { n, open } of origins) {
      const period = run.periods[n]
      for (const { place, chance } of open) {
        const day = won.get(place)
        yield [chance, period !== undefined && day !== undefined && day !== null && day >= period.from && day < period.to]
      }
    }
  }
  const { n, brier, bins } = calibrationOf(said())
  const flagged = [...flags].toSorted()
  return [
    { measure: 'brier', metric: 'M94', value: brier, unit: 'ratio', denominator: n, flags: flagged },
    ...bins.map(
      (bin): FigureRow => ({
        measure: 'reliability',
        chance_from: bin.from,
        chance_to: bin.to,
        chance_said: bin.forecast,
        metric: 'M94',
        value: bin.happened,
        unit: 'ratio',
        numerator: Math.round(bin.happened * bin.n),
        denominator: bin.n,
        flags: flagged,
      }),
    ),
  ]
}

export type BacktestRows = { readonly rows: FigureRow[]; readonly total: FigureRow[] }

/** Every past forecast of the periods that have ended since against what they brought. */
export const backtestRows = (run: ForecastRun, by: readonly Cut[], flags: readonly string[], unit: string): BacktestRows => {
  const ended = run.origins.filter(({ n }) => run.ended[n] === true)
  const total = [
    ...errorRows(run, ended, { judged: 'all' }, flags, unit),
    // chosen on the periods before, judged on those after
    ...errorRows(run, laterHalf(ended), { judged: 'later_half' }, flags, unit),
    ...calibrationRows(run, ended, flags),
  ]
  if (by.length === 0) return { rows: total, total }
  const groups = Map.groupBy(ended, origin => JSON.stringify(cutOf(run, origin, by)))
  const rows = [...groups.values()]
    .toSorted((a, b) => (a[0]?.asOf ?? 0) - (b[0]?.asOf ?? 0))
    .flatMap(origins => {
      const [first] = origins
      return first === undefined ? [] : errorRows(run, origins, cutOf(run, first, by), flags, unit)
    })
  return { rows, total }
}
