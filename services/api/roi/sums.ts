import type { RoiQuestion } from './question.ts'
import type { AttributionRows } from '../attribution/figure.ts'
import type { Row } from '../../store/port.ts'
import type { Cells, CreditCell, SpendCell } from './cells.ts'
import { byBytes } from '../../domain/bytes.ts'

type OfDay = { readonly day: string; readonly channel: string; readonly campaign: string; readonly source: string; readonly team: string }

/** The first place in a list ordered by day whose day is not before `day`. */
const placeOf = (cells: readonly { readonly day: string }[], day: string): number => {
  let [low, high] = [0, cells.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cells[middle]?.day ?? '') < day) low = middle + 1
    else high = middle
  }
  return low
}

/** Those of the question's days; what has no day is of every period. */
export const ofPeriod = <T extends { readonly day: string }>(
  cells: readonly T[],
  { from, to }: Pick<RoiQuestion, 'from' | 'to'>,
): readonly T[] => {
  const dated = placeOf(cells, '0')
  const within = cells.slice(from === null ? dated : placeOf(cells, from), to === null ? cells.length : placeOf(cells, to))
  return dated === 0 ? within : [...cells.slice(0, dated), ...within]
}

const dimensionOf = (cell: OfDay, name: keyof OfDay | 'month'): string => (name === 'month' ? cell.day.slice(0, 7) : cell[name])

const groupsOf = <T extends OfDay, Sum>(
  cells: readonly T[],
  { by, filters }: RoiQuestion,
  start: () => Sum,
  add: (sum: Sum, cell: T) => void,
): readonly { readonly dims: Readonly<Record<string, string>>; readonly isTotal: boolean; readonly sum: Sum }[] => {
  const wanted = Object.entries(filters).map(([name, values]) => [name as keyof OfDay | 'month', new Set(values)] as const)
  const total = { dims: {}, isTotal: true, sum: start() }
  const groups = new Map<string, { readonly dims: Record<string, string>; readonly isTotal: boolean; readonly sum: Sum }>()
  for (const cell of cells) {
    if (wanted.length > 0 && !wanted.every(([name, values]) => values.has(dimensionOf(cell, name)))) continue
    add(total.sum, cell)
    if (by.length === 0) continue
    const values = by.map(name => dimensionOf(cell, name))
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\u001f')
    let group = groups.get(key)
    if (group === undefined) {
      group = { dims: Object.fromEntries(by.map((name, i) => [name, values[i] ?? ''])), isTotal: false, sum: start() }
      groups.set(key, group)
    }
    add(group.sum, cell)
  }
  return [...[...groups.values()].toSorted((a, b) => compareDims(Object.values(a.dims), Object.values(b.dims))), total]
}

/** By their bytes, one after the other, as the engine orders them. */
const compareDims = (a: readonly string[], b: readonly string[]): number => {
  for (const [i, text] of a.entries()) {
    const order = byBytes(text, b[i] ?? '')
    if (order !== 0) return order
  }
  return 0
}

const creditSum = () => ({ credit: 0n, money: 0n, deals: new Set<string>(), freeCredit: 0n, freeMoney: 0n, reasons: new Set<string>() })

/** What `attributionFigure` and `attributionExcluded` would read, added up from cells. */
export const creditRows = ({ credit, excluded }: Cells, question: RoiQuestion): AttributionRows => {
  const groups = groupsOf<CreditCell, ReturnType<typeof creditSum>>(ofPeriod(credit, question), question, creditSum, (sum, cell) => {
    sum.credit += cell.credit
    sum.money += cell.money
    sum.deals.add(cell.deal_id)
    if (cell.missing === '') return
    sum.freeCredit += cell.credit
    sum.freeMoney += cell.money
    sum.reasons.add(cell.missing)
  })
  const left = new Map<string, number>()
  for (const { reason, deals } of ofPeriod(excluded, question)) left.set(reason, (left.get(reason) ?? 0) + deals)
  return {
    found: groups.map(
      ({ dims, isTotal, sum }): Row => ({
        ...dims,
        is_total: isTotal ? 1 : 0,
        credit: sum.credit,
        money: sum.money,
        deals: sum.deals.size,
        unattributed_credit: sum.freeCredit,
        unattributed_money: sum.freeMoney,
        reasons: [...sum.reasons].toSorted((a, b) => byBytes(a, b)),
      }),
    ),
    excluded: [...left].toSorted(([a], [b]) => byBytes(a, b)).map(([reason, deals]) => ({ reason, deals })),
  }
}

const spendSum = () => ({ spent: 0n, media: 0n, missing: new Set<string>() })

/** What `spendFigure` would read, as far as return needs it. */
export const spendRows = ({ spend }: Cells, question: RoiQuestion): readonly Row[] => {
  const ofScope = spend[question.scope]
  return groupsOf<SpendCell, ReturnType<typeof spendSum>>(ofPeriod(ofScope, question), question, spendSum, (sum, cell) => {
    sum.spent += cell.spent
    sum.media += cell.media
    for (const cost of cell.missing) sum.missing.add(cost)
  }).map(({ dims, isTotal, sum }) => ({
    ...dims,
    is_total: isTotal ? 1 : 0,
    has_budget: 0,
    spent: sum.spent,
    media: sum.media,
    target: 0n,
    unmatched: 0n,
    committed: 0n,
    budget: 0n,
    costs: 0,
    rate_missing: sum.missing.size,
  }))
}
