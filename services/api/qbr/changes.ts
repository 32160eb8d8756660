import { canonicalJson } from '../../domain/canonical.ts'
import { type FigureRow, isDimension } from '../answer.ts'
import type { Pack } from './pack.ts'

export type Change = {
  readonly part: string
  readonly figure: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string | number>>
  readonly unit: string
  readonly signed: number | null
  readonly now: number | null
}

const dimensionsOf = (row: FigureRow): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    Object.entries(row).filter((entry): entry is [string, string | number] => isDimension(entry[0]) && typeof entry[1] === 'string'),
  )

type Value = Omit<Change, 'signed' | 'now'> & { readonly value: number | null }

const valuesOf = (pack: Pack): ReadonlyMap<string, Value> => {
  const values = new Map<string, Value>()
  for (const { part, figures } of pack.sections)
    for (const { figure, answer } of figures)
      for (const [place, rows] of [
        ['rows', answer?.rows ?? []],
        ['total', answer?.total ?? []],
      ] as const)
        for (const row of rows) {
          const dimensions = dimensionsOf(row)
          const said = { part, figure, metric: row.metric, dimensions, unit: row.unit, value: row.value }
          values.set(canonicalJson([part, figure, place, row.metric, dimensions]), said)
        }
  return values
}

/** What is otherwise now than when it was signed: the same questions, as of two instants. In the order of the review. */
export const changesSince = (signed: Pack, now: Pack): readonly Change[] => {
  const [before, after] = [valuesOf(signed), valuesOf(now)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(key => {
    const [one, other] = [before.get(key), after.get(key)]
    const named = one ?? other
    if (named === undefined || one?.value === other?.value) return []
    const { value: _, ...change } = named
    return [{ ...change, signed: one?.value ?? null, now: other?.value ?? null }]
  })
}
