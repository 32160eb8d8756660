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
