import { dim } from '../../api/rows.ts'
import type { FigureRow } from '../../api/types.ts'

const isMoney = ({ unit }: FigureRow): boolean => unit.endsWith(' minor')
/** Value and number of one side, of the whole period or of a month. */
export const cellOf = (rows: readonly FigureRow[], what: string, wanted: Readonly<Record<string, string>> = {}) => {
  const of = rows.filter(row => dim(row, 'what') === what && Object.entries(wanted).every(([name, value]) => dim(row, name) === value))
  return { value: of.find(isMoney), n: of.find(row => !isMoney(row)) }
}

export const monthsIn = (rows: readonly FigureRow[]): readonly string[] =>
  [...new Set(rows.map(row => dim(row, 'month')).filter(month => month !== ''))].toSorted()
