import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, pieces } from './attribution.ts'
import type { FigureSources } from './sources.ts'

export type Divergence = {
  /** 0 where both share alike, 1 where they have nothing in common; null where one has nothing to share. */
  readonly value: number | null
  /** Of two answers about the same whole, in its units; null where their totals differ. */
  readonly of: { readonly part: bigint; readonly whole: bigint } | null
}

/** Digits that a ratio of exact integers keeps before it becomes a number. */
const PRECISION = 10n ** 17n

const total = (of: ReadonlyMap<string, bigint>): bigint => [...of.values()].reduce((sum, value) => sum + value, 0n)

/** M60 (and M61) of two answers by dimension: ½Σ|share of the one − share of the other|, that is the part that would have to move. */
export const divergence = (one: ReadonlyMap<string, bigint>, other: ReadonlyMap<string, bigint>): Divergence => {
  const [whole, otherWhole] = [total(one), total(other)]
  if (whole <= 0n || otherWhole <= 0n) return { value: null, of: null }
  const moved = [...new Set([...one.keys(), ...other.keys()])]
    .map(key => (one.get(key) ?? 0n) * otherWhole - (other.get(key) ?? 0n) * whole)
    .reduce((sum, more) => (more > 0n ? sum + more : sum), 0n)
  const value = Number((moved * PRECISION) / (whole * otherWhole)) / Number(PRECISION)
  return { value, of: whole === otherWhole ? { part: moved / whole, whole } : null }
}

type Side = { readonly sources: FigureSources; readonly question: AttributionQuestion }

/**
 * What adds up to the divergence of two answers about the same whole: per deal and dimension what the one gives more, where the one gives more in all;
 * `base` is what the one gives.
 */
export const divergenceProof = (one: Side, other: Side): Sql => {
  const dims = joinSql(one.question.by.map(identifier), ', ')
  const measure = one.question.basis === 'conversions' ? sql`toInt256(credit)` : sql`toInt256(money)`
  const side = ({ sources, question }: Side, sign: Sql): Sql => sql`
    SELECT deal_id, account, ${dims}, touch_id, conversion_event_id, ${sign} * ${measure} AS worth
    FROM (${pieces(sources, question)})`
  return sql`
    SELECT 'deal' AS entity, deal_id AS id, account, deal_id, ids AS event_ids, arrayStringConcat([${dims}], ${bind.string(' · ')}) AS note, '' AS at,
      toString(if(more > 0, difference, toInt256(0))) AS contribution, toString(given) AS base
    FROM (
      SELECT deal_id, account, ${dims}, sum(worth) AS difference, sumIf(worth, mine = 1) AS given, sum(difference) OVER (PARTITION BY ${dims}) AS more,
        arraySort(groupUniqArrayArray(arrayFilter(id -> id != '', [touch_id, conversion_event_id]))) AS ids
      FROM (SELECT *, 1 AS mine FROM (${side(one, sql`1`)}) UNION ALL SELECT *, 0 AS mine FROM (${side(other, sql`-1`)}))
      GROUP BY deal_id, account, ${dims}
    )
    ORDER BY deal_id, note`
}
