import { canonicalJson } from '../../domain/canonical.ts'
import { apportion } from '../../domain/forecast/apportion.ts'
import { dimensionsOf, type FigureRow } from '../answer.ts'
import type { Explain, Explanation, ProofItem } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { itemOf } from '../forecast/cells.ts'

/** What a number of a plan is made of: terms that add up to the value times `divisor`. */
export type Proof = { readonly items: () => readonly ProofItem[]; readonly divisor: number }

/** Rows of a plan, with what is behind those that arithmetic makes of others. */
export type Derived = Figures & { readonly proofs: ReadonlyMap<FigureRow, Proof> }

export const MILLION = 1_000_000

/** One term: what it adds, and in words how it came about. */
export type Term = Partial<Omit<ProofItem, 'at' | 'contribution'>> & { readonly id: string; readonly value: number }

/** Whole terms of a whole number. */
export const wholeTerms = (terms: readonly Term[]): Proof => ({
  divisor: 1,
  items: () => terms.map(({ id, value, entity = 'term', ...more }) => itemOf(entity, id, value, more)),
})

/** Terms of a number that is not whole, in millionths that add up to it. */
export const partTerms = (value: number, terms: readonly Term[]): Proof => ({
  divisor: MILLION,
  items: () => {
    const parts = apportion(
      terms.map(term => term.value * MILLION),
      Math.round(value * MILLION),
    )
    return terms.map(({ id, value: _value, entity = 'term', ...more }, i) => itemOf(entity, id, parts[i] ?? 0, more))
  },
})

/** The rows, each with a token where there is something behind it. */
export const withTokens = ({ proofs, rows, total, excluded }: Derived, explain: Explain, question: object): Figures => {
  const told = (row: FigureRow): FigureRow =>
    row.value !== null && proofs.has(row)
      ? { ...row, explain: explain('plan-derived', row.metric, { ...question, row: dimensionsOf(row) }) }
      : row
  return { rows: rows.map(told), total: total.map(told), excluded }
}

/** The row that a token was made for, opened. */
export const openedIn = ({ proofs, rows, total }: Derived, metric: string, dims: object): Explanation | null => {
  const wanted = canonicalJson(dims)
  const row = [...total, ...rows].find(each => each.metric === metric && canonicalJson(dimensionsOf(each)) === wanted)
  const proof = row === undefined ? undefined : proofs.get(row)
  return row === undefined || proof === undefined ? null : { row, proof: proof.items(), divisor: proof.divisor }
}
