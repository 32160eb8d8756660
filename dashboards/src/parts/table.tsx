import {
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

export type Column<T> = {
  readonly id: string
  readonly head: string
  /** What it sorts by; null goes last. Without it the column does not sort. */
  readonly by?: (row: T) => number | string | null | undefined
  readonly cell: (row: T) => ReactNode
  readonly num?: boolean
  readonly width?: string
  readonly hint?: string
}

type TableProps<T> = {
  readonly label: string
  readonly rows: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly keyOf: (row: T) => string
  /** Sorted so at first: `value` or `-value`. */
  readonly sort?: string | undefined
  readonly onOpen?: (row: T) => void
  readonly foot?: ReactNode
  /** As tall as its rows. */
  readonly short?: boolean
  /** Called when what is shown comes near the end of what is there. */
  readonly onEnd?: (() => void) | undefined
  /** Keys of chosen rows; with it each row can be chosen, by its box or the space bar. */
  readonly chosen?: ReadonlySet<string>
  readonly onChoose?: (chosen: ReadonlySet<string>) => void
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic, alphanumeric: sortFn_alphanumeric },
})
const ROW_PX = 33
/** More rows than this are drawn only where one looks. */
const DRAWN_WHOLE = 80
/** So many rows before the end more are asked for. */
const NEAR_END = 60
const KEYS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e9, End: 1e9 }

/** Sortable by its heads, walked with the arrow keys, opened with Enter; long ones draw only what is in view. */
export const DataTable = <T,>({
  label,
  rows,
  columns,
  keyOf,
  sort,
  onOpen,
  foot,
  short = false,
  onEnd,
  chosen,
  onChoose,
}: TableProps<T>) => {
  const scroller = useRef<HTMLDivElement>(null)
  const [sorting, setSorting] = useState<SortingState>(() =>
    sort === undefined || sort === '' ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }],
  )
  const [at, setAt] = useState(0)
  const data = useMemo(() => [...rows], [rows])
  const defined = useMemo(
    () =>
      columns.map(({ id, head, by }) => ({
        id,
        header: head,
        accessorFn: (row: T) => by?.(row) ?? undefined,
        enableSorting: by !== undefined,
        sortFn: 'basic' as const,
        sortUndefined: 'last' as const,
      })),
    [columns],
  )
  const table = useTable({
    features,
    data: data as never[],
    columns: defined,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: (row: never) => keyOf(row),
  })
  const sorted = table.getRowModel().rows
  const whole = sorted.length <= DRAWN_WHOLE
  const virtual = useVirtualizer({
    count: whole ? 0 : sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  })
  const drawn = virtual.getVirtualItems()
  const shown = whole ? sorted.map((_, index) => index) : drawn.map(({ index }) => index)
  const above = whole ? 0 : (drawn[0]?.start ?? 0)
  const below = whole ? 0 : virtual.getTotalSize() - (drawn.at(-1)?.end ?? 0)

  const last = shown.at(-1) ?? 0
  useEffect(() => {
    if (onEnd !== undefined && last >= sorted.length - NEAR_END) onEnd()
  }, [last, sorted.length, onEnd])

  const choose = (key: string): void => {
    if (chosen === undefined) return
    const next = new Set(chosen)
    if (!next.delete(key)) next.add(key)
    onChoose?.(next)
  }
  const all = chosen !== undefined && rows.length > 0 && rows.every(row => chosen.has(keyOf(row)))

  const move = (event: KeyboardEvent<HTMLTableRowElement>, row: T): void => {
    if (event.target !== event.currentTarget) return
    if (event.key === 'Enter' && onOpen !== undefined) return onOpen(row)
    if (event.key === ' ' && chosen !== undefined) {
      event.preventDefault()
      return choose(keyOf(row))
    }
    const step = KEYS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.max(0, Math.min(sorted.length - 1, at + step))
    setAt(next)
    if (!whole) virtual.scrollToIndex(next)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`tr[data-index="${next}"]`)?.focus())
  }

  // rows that stay are not drawn again while one scrolls: what they call is the same, what it does is the latest
  const latest = useRef({ move, choose, open: onOpen, reach: setAt })
  useEffect(() => {
    latest.current = { move, choose, open: onOpen, reach: setAt }
  })
  const does = useMemo(
    (): Does<T> => ({
      key: (event, row) => latest.current.move(event, row),
      choose: key => latest.current.choose(key),
      open: row => latest.current.open?.(row),
      reach: index => latest.current.reach(index),
    }),
    [],
  )

  return (
    <div className={short ? 'table-wrap short' : 'table-wrap'} ref={scroller} tabIndex={-1}>
      <table className="table" aria-label={label} aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {chosen === undefined ? null : (
              <th scope="col" className="choose">
                <input
                  type="checkbox"
                  aria-label="All rows"
                  checked={all}
                  onChange={() => onChoose?.(all ? new Set() : new Set(rows.map(keyOf)))}
                />
              </th>
            )}
            {columns.map(({ id, head, by, num, width, hint }) => {
              const order = sorting.find(each => each.id === id)
              return (
                <th
                  key={id}
                  scope="col"
                  className={num === true ? 'num' : ''}
                  title={hint}
                  style={width === undefined ? undefined : { width }}
                  aria-sort={order === undefined ? undefined : order.desc ? 'descending' : 'ascending'}
                >
                  {by === undefined ? (
                    head
                  ) : (
                    <button
                      type="button"
                      onClick={() => table.getColumn(id)?.toggleSorting(order === undefined ? num === true : !order.desc)}
                    >
                      {head}
                      {order === undefined ? '' : order.desc ? ' ↓' : ' ↑'}
                    </button>
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {above > 0 ? <tr aria-hidden="true" style={{ height: above }} /> : null}
          {shown.map(index => {
            const row = sorted[index]
            if (row === undefined) return null
            const original: T = row.original
            return (
              <Row
                key={row.id}
                id={row.id}
                index={index}
                row={original}
                columns={columns}
                opens={onOpen !== undefined}
                reached={index === Math.min(at, sorted.length - 1)}
                chosen={chosen?.has(row.id) ?? null}
                does={does}
              />
            )
          })}
          {below > 0 ? <tr aria-hidden="true" style={{ height: below }} /> : null}
        </tbody>
        {foot === undefined ? null : <tfoot>{foot}</tfoot>}
      </table>
    </div>
  )
}

type Does<T> = {
  readonly key: (event: KeyboardEvent<HTMLTableRowElement>, row: T) => void
  readonly choose: (key: string) => void
  readonly open: (row: T) => void
  readonly reach: (index: number) => void
}
type RowProps<T> = {
  readonly id: string
  readonly index: number
  readonly row: T
  readonly columns: readonly Column<T>[]
  readonly opens: boolean
  /** The one that the keyboard is on. */
  readonly reached: boolean
  /** null: rows are not chosen here. */
  readonly chosen: boolean | null
  readonly does: Does<T>
}

const DrawnRow = <T,>({ id, index, row, columns, opens, reached, chosen, does }: RowProps<T>) => (
  <tr
    data-index={index}
    aria-rowindex={index + 2}
    className={opens ? 'row opens' : 'row'}
    tabIndex={reached ? 0 : -1}
    onKeyDown={event => does.key(event, row)}
    onFocus={() => does.reach(index)}
    onClick={opens ? () => does.open(row) : undefined}
  >
    {chosen === null ? null : (
      <td className="choose" onClick={event => event.stopPropagation()}>
        <input type="checkbox" tabIndex={-1} aria-label={`Choose ${id}`} checked={chosen} onChange={() => does.choose(id)} />
      </td>
    )}
    {columns.map(({ id: name, cell, num }, column) =>
      column === 0 ? (
        <th key={name} scope="row" className={num === true ? 'num' : 'cut'}>
          {cell(row)}
        </th>
      ) : (
        <td key={name} className={num === true ? 'num' : 'cut'}>
          {cell(row)}
        </td>
      ),
    )}
  </tr>
)
const Row = memo(DrawnRow) as typeof DrawnRow
