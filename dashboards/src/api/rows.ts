import type { Answer, FigureRow } from './types.ts'

/** A dimension of a row as text; empty where it has none. */
export const dim = (row: FigureRow | undefined, name: string): string => {
  const value = row?.[name]
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

type Wanted = Readonly<Record<string, string>>

const fits = (row: FigureRow, metric: string, wanted: Wanted): boolean =>
  row.metric === metric && Object.entries(wanted).every(([name, value]) => dim(row, name) === value)

export const rowOf = (rows: readonly FigureRow[] | undefined, metric: string, wanted: Wanted = {}): FigureRow | undefined =>
  rows?.find(row => fits(row, metric, wanted))

export const rowsOf = (rows: readonly FigureRow[] | undefined, metric: string, wanted: Wanted = {}): readonly FigureRow[] =>
  (rows ?? []).filter(row => fits(row, metric, wanted))

/** Values of one dimension in the order in which they first appear. */
export const valuesOf = (rows: readonly FigureRow[], name: string): readonly string[] => [...new Set(rows.map(row => dim(row, name)))]

/** The greatest size among values: only ever the length of a bar. */
export const greatest = (rows: readonly (FigureRow | undefined)[]): number => Math.max(0, ...rows.map(row => Math.abs(row?.value ?? 0)))

export type Figures = Pick<Answer, 'rows' | 'total' | 'excluded' | 'definition' | 'flags' | 'as_of' | 'watermark'> & {
  readonly model?: string
}
