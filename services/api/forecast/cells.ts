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

/** One number with what it is made of; without `proof` it is no sum of deals (a quantile, a chance). */
export type Cell = { readonly row: FigureRow; readonly proof: (() => readonly ProofItem[]) | null }

export type Dims = Readonly<Record<string, string>>

const proofOf = (parts: readonly CellPart[], values: readonly number[], bases: readonly number[]): readonly ProofItem[] =>
  parts.map(({ deal, note = '' }, i) => ({
    entity: 'deal',
    id: deal?.id ?? '',
    account: deal?.state.account ?? '',
    deal_id: deal?.id ?? '',
    event_ids: deal?.state.ids ?? [],
    note,
    at: deal === null ? '' : `${instantText(Math.floor(deal.state.movedAt / 1000))}000`,
    contribution: values[i] ?? 0,
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

/** A number that is no sum of deals. */
export const plainCell = (
  metric: string,
  dims: Dims,
  value: number | null,
  unit: string,
  flags: readonly string[],
  more: Partial<FigureRow> = {},
): Cell => ({
  row: { ...dims, metric, value, unit, ...more, flags: [...new Set(flags)].toSorted() },
  proof: null,
})

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
