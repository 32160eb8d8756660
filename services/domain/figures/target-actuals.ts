import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { deals, NONE } from './attribution.ts'
import { type DealsQuestion, withDimensions } from './deal-dimensions.ts'
import type { FigureSources } from './sources.ts'

export type DealActuals = DealsQuestion & {
  /** As the account's was when the deal converted; null: every segment. */
  readonly segment: string | null
  /** What is added up: money, or deals. */
  readonly sums: 'money' | 'deals'
  /** Segments are told apart. */
  readonly bySegment?: boolean
}

const segments = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT substring(subject, 9) AS account, arraySort(groupArray((occurred_at, recorded_at, event_id, JSONExtractString(payload, 'segment')))) AS segment_said
  FROM ${recordFacts}
  WHERE type = 'account-updated' AND (JSONExtractString(payload, 'segment') != '' OR has(JSONExtract(payload, 'cleared', 'Array(String)'), 'segment'))
  GROUP BY account`

/** One row per deal that counts towards a target, with the dimensions that it had when it converted (metrics C12). */
const dealsOf = (sources: FigureSources, { segment, sums, bySegment = false, ...question }: DealActuals): Sql => {
  const { columns, joins, filtered } = withDimensions(sources, { by: question.by, filters: question.filters })
  const segmented = bySegment || segment !== null
  const then = sql`arrayLast(s -> s.1 <= x.converted_at, g.segment_said).4`
  return sql`
    SELECT * FROM (
      SELECT x.deal_id AS deal_id, x.account AS account, toString(x.date) AS day, ${sums === 'money' ? sql`x.money` : sql`toInt128(1)`} AS amount, x.conversion_event_id AS event_id,
        x.converted_at AS converted_at ${segmented ? sql`, if(${then} = '', ${bind.string(NONE)}, ${then}) AS segment` : sql``} ${columns}
      FROM (SELECT * FROM (${deals(sources, { ...question, by: [], filters: {} })}) WHERE excluded = '') AS x
      ${joins}
      ${segmented ? sql`LEFT JOIN (${segments(sources)}) AS g ON g.account = x.account` : sql``}
    )
    WHERE ${filtered} ${segment === null ? sql`` : sql`AND segment = ${bind.string(segment)}`}`
}

/** (day, …by, segment, amount): what came on each day, minor units or deals. */
export const dealsByDay = (sources: FigureSources, question: DealActuals): Sql => {
  const keys = joinSql([sql`day`, ...question.by.map(identifier), ...(question.bySegment === true ? [sql`segment`] : [])], ', ')
  return sql`SELECT ${keys}, sum(d.amount) AS amount FROM (${dealsOf(sources, question)}) AS d GROUP BY ${keys} ORDER BY ${keys}`
}

export const dealsProof = (sources: FigureSources, question: DealActuals): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, [event_id] AS event_ids, '' AS note, toString(converted_at) AS at, toString(amount) AS contribution, '0' AS base
  FROM (${dealsOf(sources, question)})
  ORDER BY at, id`
