import type { FigureRow } from '../answer.ts'

/** A row of both sides: what is (`before`), what would be (`value`) and the change. A side without such a row says `none`. */
export const besideEachOther = (
  sides: { readonly old: FigureRow | undefined; readonly next: FigureRow | undefined },
  none: (row: FigureRow) => number | null,
): readonly FigureRow[] => {
  const { old, next } = sides
  const row = next ?? old
  if (row === undefined) return []
  const { explain: _ofOneSide, ...said } = row
  const valueOf = (side: FigureRow | undefined): number | null => (side === undefined ? none(row) : side.value)
  const [before, value] = [valueOf(old), valueOf(next)]
  const change = before === null || value === null ? null : value - before
  return [{ ...said, before, value, change, flags: [...new Set([...(old?.flags ?? []), ...(next?.flags ?? [])])].toSorted() }]
}
