import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches, touchesLeftOut } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

export type AccountJourneyQuestion = {
  readonly account: string
  readonly definitions: Definitions
  readonly limit: number
  readonly offset: number
}

/** The deals of the account, and of those that were merged into it. */
const dealsOf = ({ dealJourney, roots }: FigureSources, account: string): Sql => sql`
  (SELECT * FROM ${dealJourney}
   WHERE account = ${bind.string(account)} OR concat('account:', account) IN (SELECT node FROM ${roots} WHERE root = ${bind.string(`account:${account}`)}))`

/** Everything that happened with one account and counts, one row per touch, creation, stage move and close. */
const timeline = (sources: FigureSources, { account, definitions }: Pick<AccountJourneyQuestion, 'account' | 'definitions'>): Sql => {
  const deals = sql`(SELECT * FROM ${dealsOf(sources, account)} WHERE counted = 1)`
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account = ${bind.string(account)}`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT occurred_at AS at, 1 AS place, 'touch' AS kind, touch_id AS event_id, '' AS deal_id, toString(subject) AS subject, persons, toString(touch_type) AS touch_type,
      toString(channel) AS channel, toString(campaign) AS campaign, toString(direction) AS direction, toString(outcome) AS outcome, toString(team) AS team,
      automatic, '' AS stage
    FROM ${touches}
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

export const accountTimeline = (sources: FigureSources, { limit, offset, ...asked }: AccountJourneyQuestion): Sql => sql`
  SELECT *, toString(at) AS at_text
  FROM (${timeline(sources, asked)})
  ORDER BY at, place, event_id, deal_id
  LIMIT ${bind.uint(limit)} OFFSET ${bind.uint(offset)}`

/** (kind, happened): how much of what there is. */
export const accountCounts = (sources: FigureSources, asked: Pick<AccountJourneyQuestion, 'account' | 'definitions'>): Sql => sql`
  SELECT kind, count() AS happened FROM (${timeline(sources, asked)}) GROUP BY kind ORDER BY kind`

/** (reason, records): the touches and deals of the account that are left out by rule. */
export const accountExcluded = (
  sources: FigureSources,
  { account, definitions }: Pick<AccountJourneyQuestion, 'account' | 'definitions'>,
): Sql => {
  const touches = touchesLeftOut({
    accountTouches: sources.accountTouches,
    where: sql`account = ${bind.string(account)}`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT reason, sum(left_out) AS records
    FROM (
      SELECT toString(excluded_because) AS reason, count() AS left_out FROM ${dealsOf(sources, account)} WHERE counted = 0 GROUP BY reason
      ${touches === null ? sql`` : sql`UNION ALL SELECT reason, touches AS left_out FROM (${touches})`}
    )
    GROUP BY reason
    ORDER BY reason`
}

const SELLS = ['sales', 'sdr', 'success', 'support']

/**
 * (person, title, persona, role, marketing, sales, first_at, last_at): who has a part in the account, by the touches that count and the deals they are linked to, whoever did most first.
 * The role is the last that was said of them on a deal of the account; a team counts as sales by its first word.
 */
export const accountPeople = (
  sources: FigureSources,
  { account, definitions }: Pick<AccountJourneyQuestion, 'account' | 'definitions'>,
): Sql => {
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account = ${bind.string(account)} AND automatic = 0`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT person, max(p.title) AS title, max(p.persona) AS persona, max(r.role) AS role, countIf(t.sells = 0) AS marketing, countIf(t.sells = 1) AS sales,
      toString(min(t.occurred_at)) AS first_at, toString(max(t.occurred_at)) AS last_at
    FROM (
      SELECT arrayJoin(persons) AS person, occurred_at, toUInt8(splitByChar('-', toString(team))[1] IN (${bind.strings(SELLS)})) AS sells FROM ${touches}
    ) AS t
    LEFT JOIN (
      SELECT subject, argMaxIf(JSONExtractString(payload, 'title'), (occurred_at, recorded_at, event_id), JSONExtractString(payload, 'title') != '') AS title,
        argMaxIf(JSONExtractString(payload, 'persona'), (occurred_at, recorded_at, event_id), JSONExtractString(payload, 'persona') != '') AS persona
      FROM ${sources.recordFacts}
      WHERE type IN ('person-created', 'person-updated')
      GROUP BY subject
    ) AS p ON p.subject = t.person
    LEFT JOIN (
      SELECT person AS linked, argMax(toString(buying_role), (occurred_at, recorded_at, event_id)) AS role
      FROM ${sources.dealFacts}
      WHERE type = 'deal-contact-linked' AND person != '' AND subject IN (SELECT deal_id FROM ${dealsOf(sources, account)})
      GROUP BY person
    ) AS r ON r.linked = t.person
    WHERE startsWith(person, 'person:')
    GROUP BY person
    ORDER BY marketing + sales DESC, person
    LIMIT 200`
}

/** Whether anything is known of the account, besides its timeline: its own records. */
export const accountKnown = ({ recordFacts }: FigureSources, account: string): Sql =>
  sql`SELECT count() > 0 AS known FROM ${recordFacts} WHERE subject = ${bind.string(`account:${account}`)}`
