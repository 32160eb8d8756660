import { apportion } from '../../domain/forecast/apportion.ts'
import type { KnownDeal } from '../../domain/forecast/known.ts'
import type { AccountsAt, ForecastDimension } from '../../domain/forecast/scope.ts'
import { dimOf, NONE } from '../../domain/forecast/scope.ts'
import { instantText } from '../../domain/sql.ts'
import { type FigureRow, flagsOf, rateOf } from '../answer.ts'
import type { ProofItem } from '../explain/figure.ts'
import { byBytes } from '../../domain/bytes.ts'

/** What one deal adds; null: what belongs to no deal. */
export type CellPart = {
  readonly deal: KnownDeal | null
  readonly value: number
  readonly base?: number | undefined
  readonly note?: string | undefined
}

/** One number with what it is made of; without `proof` there is nothing behind it. */
export type Cell = { readonly row: FigureRow; readonly proof: (() => readonly ProofItem[]) | null }

export type Dims = Readonly<Record<string, string>>

/** UTC as the engine writes it. */
const told = (ms: number): string => `${instantText(Math.floor(ms))}000`

/** One item of a proof that is no deal; `at` in ms. */
export const itemOf = (
  entity: ProofItem['entity'],
  id: string,
  contribution: number,
  { at, ...more }: Partial<Omit<ProofItem, 'at'>> & { readonly at?: number } = {},
): ProofItem => ({
  entity,
  id,
  account: '',
  deal_id: '',
  event_ids: [],
  note: '',
  base: 0,
  ...more,
  at: at === undefined ? '' : told(at),
  contribution,
})

/** One deal as an item. */
export const dealItem = ({ id, state }: KnownDeal, contribution: number, note = ''): ProofItem =>
  itemOf('deal', id, contribution, { account: state.account, deal_id: id, event_ids: state.ids, note, at: state.movedAt / 1000 })

const proofOf = (parts: readonly CellPart[], values: readonly number[], bases: readonly number[]): readonly ProofItem[] =>
  parts.map(({ deal, note = '' }, i) => ({
    ...(deal === null ? itemOf('deal', '', values[i] ?? 0, { note }) : dealItem(deal, values[i] ?? 0, note)),
    base: bases[i] ?? 0,
  }))

/** Money, or a count: the rounded sum of its parts, and parts in whole units that add up to it. */
export const sumCell = (metric: string, dims: Dims, unit: string, parts: readonly CellPart[], flags: readonly string[]): Cell => {
  const value = Math.round(parts.reduce((sum, part) => sum + part.value, 0))
  return {
    row: { ...dims, metric, value, unit, flags: flagsOf(parts.length, flags) },
    proof: () => proofTo(parts, value),
  }
}

/** Parts in whole units that add up to a value which differs from their own sum by rounding. */
export const proofTo = (parts: readonly CellPart[], value: number): readonly ProofItem[] =>
  proofOf(
    parts,
    apportion(
      parts.map(part => part.value),
      value,
    ),
    [],
  )

/** A share of money or of deals; by money it has no interval. */
export const shareCell = (metric: string, dims: Dims, parts: readonly CellPart[], flags: readonly string[]): Cell => {
  const values = parts.map(({ value }) => Math.round(value))
  const bases = parts.map(({ base = 0 }) => Math.round(base))
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0)
  const rate = rateOf(sum(values), sum(bases), flags)
  return {
    row: { ...dims, metric, ...rate, interval: null, flags: flagsOf(parts.length, flags) },
    proof: () => proofOf(parts, values, bases),
  }
}

/** A number that is no sum of deals, with what it is made of where it has anything. */
export const plainCell = (
  metric: string,
  dims: Dims,
  value: number | null,
  unit: string,
  flags: readonly string[],
  more: Partial<FigureRow> = {},
  proof: Cell['proof'] = null,
): Cell => ({
  row: { ...dims, metric, value, unit, ...more, flags: [...new Set(flags)].toSorted() },
  proof: value === null ? null : proof,
})

/** A ratio with the items whose contributions are its numerator and whose bases are its denominator. */
export const ratioCell = (
  metric: string,
  dims: Dims,
  value: number | null,
  items: readonly ProofItem[],
  flags: readonly string[],
): Cell => {
  const [numerator, denominator] = [
    items.reduce((sum, { contribution }) => sum + contribution, 0),
    items.reduce((sum, { base }) => sum + base, 0),
  ]
  return plainCell(metric, dims, value, 'ratio', flags, { numerator, denominator }, () => items)
}

/** Deals of one figure as the numerator, and something else as the denominator. */
export const onlyBase = (items: readonly ProofItem[], sign: 1 | -1 = 1): readonly ProofItem[] =>
  items.map(item => ({ ...item, contribution: 0, base: sign * item.contribution }))

const dimsOf = (deal: KnownDeal | null, by: readonly ForecastDimension[], accounts: AccountsAt): Dims =>
  Object.fromEntries(by.map(name => [name, deal === null ? NONE : dimOf(name, deal.state, accounts)]))

/** Tells the combinations of dimensions apart. */
export const keyOf = (deal: KnownDeal | null, by: readonly ForecastDimension[], accounts: AccountsAt): string =>
  JSON.stringify(dimsOf(deal, by, accounts))

/** Parts by the dimensions asked for, in order of their names. */
export const groupsOf = (
  parts: readonly CellPart[],
  by: readonly ForecastDimension[],
  accounts: AccountsAt,
): ReadonlyMap<string, { readonly dims: Dims; readonly parts: readonly CellPart[] }> => {
  const groups = new Map<string, { readonly dims: Dims; readonly parts: CellPart[] }>()
  for (const part of parts) {
    const key = keyOf(part.deal, by, accounts)
    const group = groups.get(key) ?? { dims: dimsOf(part.deal, by, accounts), parts: [] }
    groups.set(key, group)
    group.parts.push(part)
  }
  return new Map([...groups].toSorted(([a], [b]) => byBytes(a, b)))
}
