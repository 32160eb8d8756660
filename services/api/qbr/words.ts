import type { FigureRow } from '../answer.ts'
import type { AskedFigures } from './ask.ts'
import { currencyExponent } from '../../domain/money.ts'

/** `€1.31M`, for sentences; minor units of the currency. */
export const moneyWords = (minor: number, currency: string): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency, notation: 'compact', maximumFractionDigits: 2 }).format(
    minor / 10 ** (currencyExponent(currency) ?? 2),
  )

/** `92 %` of a ratio. */
export const percentWords = (ratio: number): string => `${new Intl.NumberFormat('en', { maximumFractionDigits: 0 }).format(ratio * 100)} %`

/** `mid_market` as one says it. */
export const plain = (name: string): string => name.replaceAll(/[_-]/g, ' ')
export const capital = (name: string): string => plain(name).replace(/^./, first => first.toUpperCase())

/** `2027-Q3` as `Q3 FY2027`. */
export const quarterWords = (quarter: string): string => quarter.replace(/^(\d{4})-(Q\d)$/, '$2 FY$1')

/** The first row of a metric whose dimensions say what is asked; among totals before rows. */
export const rowOf = (
  answer: AskedFigures | null | undefined,
  metric: string,
  dims: Readonly<Record<string, unknown>> = {},
): FigureRow | null =>
  [...(answer?.total ?? []), ...(answer?.rows ?? [])].find(
    row => row.metric === metric && Object.entries(dims).every(([name, value]) => row[name] === value),
  ) ?? null

/** Rows of a metric, the greatest first. */
export const greatest = (answer: AskedFigures | null | undefined, metric: string): readonly FigureRow[] =>
  (answer?.rows ?? []).filter(row => row.metric === metric && row.value !== null).toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
