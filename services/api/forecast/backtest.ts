import { dateOfDay } from '../../domain/forecast/days.ts'
import { banded, binOf, calibrationOf, type Forecaster, type Level, pointOf } from '../../domain/forecast/errors.ts'
import { METHODS } from '../../domain/forecast/methods.ts'
import type { ForecastRun, Origin } from '../../domain/forecast/run.ts'
import type { ProofItem } from '../explain/figure.ts'
import { type Cell, plainCell, ratioCell } from './cells.ts'
import { actualCell, biasCell, heldCell, mapeCell, pastItem, skillCell, wapeCell } from './error-cells.ts'
import { laterHalf, trustFlags } from './figure.ts'

/** How the rows of a backtest are cut: not at all, by period, or by week of the period (the first is 1). */
export const CUTS = ['period', 'week'] as const
export type Cut = (typeof CUTS)[number]

const LEVELS: readonly Level[] = [50, 80, 95]
const MILLION = 1_000_000

const weekOf = (run: ForecastRun, { n, left }: Origin): string => {
  const period = run.periods[n]
  return period === undefined ? '' : String(Math.floor((period.to - period.from - left) / 7) + 1)
}

const cutOf = (run: ForecastRun, origin: Origin, by: readonly Cut[]): Readonly<Record<string, string>> =>
  Object.fromEntries(by.map(name => [name, name === 'week' ? weekOf(run, origin) : dateOfDay(run.periods[origin.n]?.from ?? 0)]))

const periodsIn = (origins: readonly Origin[]): number => new Set(origins.map(({ n }) => n)).size

/** M92, M93 and M84 of some of the past forecasts; `chosen` is what would have been shown on each day. */
const errorCells = (
  run: ForecastRun,
  origins: readonly Origin[],
  dims: Readonly<Record<string, string>>,
  flags: readonly string[],
  unit: string,
): Cell[] => {
  const flagged = [...flags, ...trustFlags(periodsIn(origins))]
  const counted = (some: readonly Origin[]) => ({ forecasts: String(some.length), periods: String(periodsIn(some)) })
  const forecasters: readonly Forecaster[] = ['chosen', ...METHODS]
  const cells = forecasters.flatMap((of): Cell[] => {
    const there = origins.filter(origin => pointOf(origin, of) !== undefined)
    if (there.length === 0) return []
    const asked = { run, origins, of, dims: { ...dims, method: of, ...counted(there) }, flags: flagged }
    return [wapeCell(asked), biasCell(asked), mapeCell(asked), skillCell(asked)]
  })
  const withBand = banded(origins)
  const coverage = LEVELS.map(level =>
    heldCell({ run, origins, dims: { ...dims, method: 'chosen', ...counted(withBand) }, flags: flagged }, level),
  )
  const [first] = origins
  const one = periodsIn(origins) === 1 && first !== undefined
  return [...(one ? [actualCell(run, first.n, dims, unit, flagged)] : []), ...cells, ...coverage]
}

/** How often deals were won that were given a chance (metrics M94); of periods that have ended. */
const calibrationCells = (run: ForecastRun, origins: readonly Origin[], flags: readonly string[]): Cell[] => {
  const won = new Map(run.latest.known.won.map(({ place, closeDay }) => [place, closeDay]))
  const saidBy = ({ n, open }: Origin): readonly (readonly [number, boolean])[] => {
    const period = run.periods[n]
    return open.map(({ place, chance }) => {
      const day = won.get(place)
      return [chance, period !== undefined && day !== undefined && day !== null && day >= period.from && day < period.to] as const
    })
  }
  const said = origins.map(origin => ({ origin, said: saidBy(origin) }))
  const { brier, bins } = calibrationOf(said.flatMap(each => each.said))
  // squares in millionths, so that what is behind them adds up
  const squares = said.flatMap(({ origin, said: some }): ProofItem[] =>
    some.length === 0
      ? []
      : [
          pastItem(
            run,
            origin,
            some.reduce((sum, [chance, happened]) => sum + Math.round(MILLION * (chance - Number(happened)) ** 2), 0),
            MILLION * some.length,
            `${some.length} open deals`,
          ),
        ],
  )
  return [
    ratioCell('M94', { measure: 'brier' }, brier, squares, flags),
    ...bins.map((bin): Cell => {
      const items = (): readonly ProofItem[] =>
        said.flatMap(({ origin, said: some }) => {
          const inBin = some.filter(([chance]) => binOf(chance) === binOf(bin.from))
          const happened = inBin.filter(([, came]) => came).length
          return inBin.length === 0 ? [] : [pastItem(run, origin, happened, inBin.length, 'open deals with this chance')]
        })
      return plainCell(
        'M94',
        { measure: 'reliability' },
        bin.happened,
        'ratio',
        flags,
        {
          chance_from: bin.from,
          chance_to: bin.to,
          chance_said: bin.forecast,
          numerator: Math.round(bin.happened * bin.n),
          denominator: bin.n,
        },
        items,
      )
    }),
  ]
}

export type BacktestCells = { readonly rows: readonly Cell[]; readonly total: readonly Cell[] }

/** Every past forecast of the periods that have ended since against what they brought. */
export const backtestCells = (run: ForecastRun, by: readonly Cut[], flags: readonly string[], unit: string): BacktestCells => {
  const ended = run.origins.filter(({ n }) => run.ended[n] === true)
  const total = [
    ...errorCells(run, ended, { judged: 'all' }, flags, unit),
    // chosen on the periods before, judged on those after
    ...errorCells(run, laterHalf(ended), { judged: 'later_half' }, flags, unit),
    ...calibrationCells(run, ended, flags),
  ]
  if (by.length === 0) return { rows: total, total }
  const groups = Map.groupBy(ended, origin => JSON.stringify(cutOf(run, origin, by)))
  const rows = [...groups.values()]
    .toSorted((a, b) => (a[0]?.asOf ?? 0) - (b[0]?.asOf ?? 0))
    .flatMap(origins => {
      const [first] = origins
      return first === undefined ? [] : errorCells(run, origins, cutOf(run, first, by), flags, unit)
    })
  return { rows, total }
}
