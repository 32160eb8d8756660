import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

export type AccountJourneyQuestion = { readonly account: string; readonly limit: number; readonly offset: number }

const dealsOf = ({ dealJourney, dealCredit }: FigureSources, account: string): Sql => sql`
  (SELECT * FROM ${dealJourney}
   -- credit is kept under the account that merges lead to
   WHERE account = ${bind.string(account)} OR deal_id IN (SELECT deal_id FROM ${dealCredit} WHERE account = ${bind.string(account)}))`

/** Everything that happened with one account, one row per touch, creation, stage move and close. */
const timeline = (sources: FigureSources, account: string): Sql => {
  const deals = dealsOf(sources, account)
  return sql`
    SELECT occurred_at AS at, 1 AS place, 'touch' AS kind, touch_id AS event_id, '' AS deal_id, toString(subject) AS subject, persons, toString(touch_type) AS touch_type,
      toString(channel) AS channel, toString(campaign) AS campaign, toString(direction) AS direction, toString(outcome) AS outcome, toString(team) AS team,
      automatic, '' AS stage
    FROM ${sources.accountTouches}
    WHERE account = ${bind.string(account)}
    UNION ALL
    SELECT move.2 AS at, 2 AS place, if(move.4 = 1 AND move.2 = created_at, 'deal-created', 'deal-stage') AS kind, move.3 AS event_id, deal_id, '' AS subject, [] AS persons,
      '' AS touch_type, '' AS channel, '' AS campaign, '' AS direction, '' AS outcome, toString(team) AS team, toUInt8(0) AS automatic, move.1 AS stage
    FROM ${deals}
    ARRAY JOIN arrayZip(stages, entered_at, stage_event_ids, arrayEnumerate(stages)) AS move
    UNION ALL
    SELECT assumeNotNull(closed_at) AS at, 3 AS place, 'deal-closed' AS kind, toString(closed_event_id) AS event_id, deal_id, '' AS subject, [] AS persons, '' AS touch_type, '' AS channel,
      '' AS campaign, '' AS direction, toString(outcome) AS outcome, toString(team) AS team, toUInt8(0) AS automatic, '' AS stage
    FROM ${deals}
    WHERE isNotNull(closed_at)`
}

export const accountTimeline = (sources: FigureSources, { account, limit, offset }: AccountJourneyQuestion): Sql => sql`
  SELECT *, toString(at) AS at_text
  FROM (${timeline(sources, account)})
  ORDER BY at, place, event_id, deal_id
  LIMIT ${bind.uint(limit)} OFFSET ${bind.uint(offset)}`

/** (kind, happened): how much of what there is. */
export const accountCounts = (sources: FigureSources, account: string): Sql => sql`
  SELECT kind, count() AS happened FROM (${timeline(sources, account)}) GROUP BY kind ORDER BY kind`

/** Whether anything is known of the account, besides its timeline: its own records. */
export const accountKnown = ({ recordFacts }: FigureSources, account: string): Sql =>
  sql`SELECT count() > 0 AS known FROM ${recordFacts} WHERE subject = ${bind.string(`account:${account}`)}`
