import type { FigureRow } from '../../api/types.ts'
import { valueText } from '../../format/number.ts'

/** Another value of a row (`before`, `change`), written as its own. */
export const written = (row: FigureRow, name: string): string => {
  const value = row[name]
  return valueText({ ...row, value: typeof value === 'number' ? value : null })
}
