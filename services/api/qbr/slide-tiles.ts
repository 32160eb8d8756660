import type { FigureRow } from '../answer.ts'
import type { AskedFigures } from './ask.ts'
import { moneyWords, percentWords, rowOf } from './words.ts'

export type Tile = { readonly label: string; readonly value: string }

type Wanted = readonly [label: string, metric: string, dims?: Readonly<Record<string, unknown>>]

const ECONOMICS: readonly Wanted[] = [
  ['Spend with salaries', 'M66'],
  ['Cost of a customer', 'M71'],
  ['Cost of a paid customer', 'M72'],
  ['Paid back in', 'M73'],
  ['Lifetime value, 60 months', 'M74', { cap_months: 60 }],
  ['LTV to CAC, 60 months', 'M75', { cap_months: 60 }],
  ['Cost of sales', 'M77'],
  ['Return on media', 'M68'],
]
const OUTLOOK: readonly Wanted[] = [
  ['Forecast', 'M83', { measure: 'forecast' }],
  ['P10', 'M83', { measure: 'p10' }],
  ['P50', 'M83', { measure: 'p50' }],
  ['P90', 'M83', { measure: 'p90' }],
  ['Target', 'M98', { measure: 'target' }],
  ['Chance to reach it', 'M83', { measure: 'target_chance' }],
  ['Coverage', 'M85', { measure: 'coverage' }],
  ['Past error', 'M92', { measure: 'wape' }],
]

/** Ratios that say how many times, not which part. */
const TIMES = new Set(['M68', 'M75', 'M85'])

/** A value as it stands on a slide. */
export const said = ({ value, unit, metric }: FigureRow): string => {
  if (value === null) return '–'
  const [currency, minor] = unit.split(' ')
  if (minor === 'minor' && currency !== undefined) return moneyWords(value, currency)
  if (unit === 'ratio') return TIMES.has(metric) ? `${value.toFixed(1)} ×` : percentWords(value)
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(value)} ${unit === 'count' ? '' : unit}`.trim()
}

const tilesOf = (wanted: readonly Wanted[], answer: AskedFigures | null | undefined): readonly Tile[] =>
  wanted.flatMap(([label, metric, dims]) => {
    const row = rowOf(answer, metric, dims)
    return row === null || row.value === null ? [] : [{ label, value: said(row) }]
  })

/** The numbers of a part that are read one by one; none of other parts. */
export const tilesOfPart = (part: string, answers: ReadonlyMap<string, AskedFigures | null>): readonly Tile[] => {
  if (part === 'economics') return tilesOf(ECONOMICS, answers.get('economics'))
  return part === 'outlook' ? tilesOf(OUTLOOK, answers.get('forecast')) : []
}
