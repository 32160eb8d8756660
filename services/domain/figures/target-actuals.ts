import { bind, type Sql, sql } from '../sql.ts'
import { deals, NONE } from './attribution.ts'
import { type DealsQuestion, withDimensions } from './deal-dimensions.ts'
import type { FigureSources } from './sources.ts'

export type DealActuals = Omit<DealsQuestion, 'by'> & {
  /** As the account's was when the deal converted; null: every segment. */
  readonly segment: string | null
  /** What is added up: money, or deals. */
  readonly sums: 'money' | 'deals'
}

const segments = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT substring(subject, 9) AS account, arraySort(groupArray((occurred_at, recorded_at, event_id, JSONExtractString(payload, 'segment')))) AS segment_said
  FROM ${recordFacts}
  WHERE type = 'account-updated' AND (JSONExtractString(payload, 'segment') != '' OR has(JSONExtract(payload, 'cleared', 'Array(String)'), 'segment'))
  GROUP BY account`

/** One row per deal that counts towards a target, with the dimensions that it had when it converted (metrics C12). */
const dealsOf = (sources: FigureSources, { segment, sums, ...question }: DealActuals): Sql => {
  const { columns, joins, filtered } = withDimensions(sources, { by: [], filters: question.filters })
  const then = sql`arrayLast(s -> s.1 <= x.converted_at, g.segment_said).4`
  return sql`
    SELECT * FROM (
      SELECT x.deal_id AS deal_id, x.account AS account, toString(x.date) AS day, ${sums === 'money' ? sql`x.money` : sql`toInt128(1)`} AS amount, x.conversion_event_id AS event_id,
        x.converted_at AS converted_at ${segment === null ? sql`` : sql`, if(${then} = '', ${bind.string(NONE)}, ${then}) AS segment`} ${columns}
      FROM (SELECT * FROM (${deals(sources, { ...question, by: [], filters: {} })}) WHERE excluded = '') AS x
      ${joins}
      ${segment === null ? sql`` : sql`LEFT JOIN (${segments(sources)}) AS g ON g.account = x.account`}
    )
    WHERE ${filtered} ${segment === null ? sql`` : sql`AND segment = ${bind.string(segment)}`}`
}

/** (day, amount): what came on each day, minor units or deals. */
export const dealsByDay = (sources: FigureSources, question: DealActuals): Sql => sql`
  SELECT day, sum(d.amount) AS amount FROM (${dealsOf(sources, question)}) AS d GROUP BY day ORDER BY day`

export const dealsProof = (sources: FigureSources, question: DealActuals): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, [event_id] AS event_ids, '' AS note, toString(converted_at) AS at, toString(amount) AS contribution, '0' AS base
  FROM (${dealsOf(sources, question)})
  ORDER BY at, id`

/** (day, amount) of a proof of entries (funnel-stages.ts): how many came on each day of the tenant. */
export const entriesByDay = (proof: Sql, zone: string): Sql => sql`
  SELECT toString(toDate32(toTimeZone(toDateTime64(at, 6, 'UTC'), ${bind.string(zone)}))) AS day, count() AS amount FROM (${proof}) GROUP BY day ORDER BY day`
