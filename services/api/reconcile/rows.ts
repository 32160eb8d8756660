import { byBytes } from '../../domain/bytes.ts'
import { type Difference, type Measure, type Reason, type Reconciled, REASONS } from '../../domain/reconcile/differences.ts'
import { exact, type FigureRow } from '../answer.ts'

export const MEASURES = ['won', 'open'] as const
export const WHATS = ['crm', 'here', 'difference', 'because', 'deal'] as const
export type What = (typeof WHATS)[number]

/** One number of a comparison; null: of every month, every reason, every deal. */
export type Place = {
  readonly measure: Measure
  readonly what: What
  readonly month: string | null
  readonly reason: Reason | null
  readonly deal: string | null
}

/** What a number is made of: deals with what each adds, in value and in number. */
export const partsOf = (
  { counted, differences }: Reconciled,
  { measure, what, month, reason, deal }: Place,
): readonly { readonly id: string; readonly month: string; readonly value: bigint; readonly count: number; readonly reason: string }[] => {
  const of =
    what === 'crm' || what === 'here'
      ? counted[what === 'crm' ? 'there' : 'here'].map(part => ({ ...part, count: 1, reason: '' }))
      : differences.filter(piece => (reason === null || piece.reason === reason) && (deal === null || piece.id === deal))
  return of.filter(part => part.measure === measure && (month === null || part.month === month))
}

const sizeOf = (value: bigint): bigint => (value < 0n ? -value : value)

/** What explains most comes first. */
const largestFirst = (a: Difference, b: Difference): number => {
  const [x, y] = [sizeOf(a.value), sizeOf(b.value)]
  if (x !== y) return x > y ? -1 : 1
  return byBytes(a.month, b.month) || byBytes(a.id, b.id) || byBytes(a.reason, b.reason)
}

type Cell = { readonly value: bigint; readonly count: number }
const sumOf = (parts: readonly Cell[]): Cell =>
  parts.reduce<Cell>((sum, { value, count }) => ({ value: sum.value + value, count: sum.count + count }), { value: 0n, count: 0 })

export type RowsAsked = {
  readonly currency: string
  /** Months that are asked for. */
  readonly isAsked: (month: string) => boolean
  readonly flags: readonly string[]
}

/** A row with the number that it shows, so that whoever shows it can say how to open it. */
export type ReconciledRow = { readonly place: Place; readonly unit: 'value' | 'count'; readonly row: FigureRow }

/** Won and open pipeline by month of the close date, there and here, the difference, its pieces by reason, and each of them by its deal. */
export const reconciledRows = (
  found: Reconciled,
  { currency, isAsked, flags }: RowsAsked,
): { readonly rows: readonly ReconciledRow[]; readonly total: readonly ReconciledRow[] } => {
  const mine = {
    counted: {
      there: found.counted.there.filter(({ month }) => isAsked(month)),
      here: found.counted.here.filter(({ month }) => isAsked(month)),
    },
    differences: found.differences.filter(({ month }) => isAsked(month)),
  }
  const numbers = (place: Place, { value, count }: Cell = sumOf(partsOf(mine, place))): ReconciledRow[] => {
    const { measure, what, month, reason, deal } = place
    const shared = {
      measure,
      what,
      ...(month === null ? {} : { month: month === '' ? '(none)' : month }),
      ...(reason === null ? {} : { reason }),
      ...(deal === null ? {} : { deal_id: deal }),
      metric: 'reconcile',
      flags: [...flags],
    }
    return [
      { place, unit: 'value', row: { ...shared, value: exact(value), unit: `${currency} minor` } },
      { place, unit: 'count', row: { ...shared, value: count, unit: 'count' } },
    ]
  }
  const block = (measure: Measure, month: string | null): ReconciledRow[] => {
    const of = mine.differences.filter(piece => piece.measure === measure && (month === null || piece.month === month))
    const reasons = new Set(of.map(({ reason }) => reason))
    return [
      ...(['crm', 'here', 'difference'] as const).flatMap(what => numbers({ measure, what, month, reason: null, deal: null })),
      ...REASONS.filter(reason => reasons.has(reason)).flatMap(reason => numbers({ measure, what: 'because', month, reason, deal: null })),
    ]
  }
  const months = [...new Set([...mine.counted.there, ...mine.counted.here].map(({ month }) => month))].toSorted()
  return {
    rows: MEASURES.flatMap(measure => [
      ...months.flatMap(month => block(measure, month)),
      ...mine.differences
        .filter(piece => piece.measure === measure)
        .toSorted(largestFirst)
        .flatMap(({ month, reason, id, ...cell }) => numbers({ measure, what: 'deal', month, reason, deal: id }, cell)),
    ]),
    total: MEASURES.flatMap(measure => block(measure, null)),
  }
}
