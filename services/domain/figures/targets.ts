import { type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** (event_id, payload): the targets in force, the last that was said of each. */
export const targetsInForce = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT said.1 AS event_id, said.2 AS payload FROM (
    SELECT subject, argMax((event_id, payload), (occurred_at, recorded_at, event_id)) AS said FROM ${recordFacts} WHERE type = 'target-set' GROUP BY subject
  ) ORDER BY event_id`

/** (event_id, payload): planned activities, the last that was said of each; of all campaigns. */
export const plannedActivities = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT said.1 AS event_id, said.2 AS payload FROM (
    SELECT subject, argMax((event_id, payload), (occurred_at, recorded_at, event_id)) AS said FROM ${recordFacts} WHERE type = 'activity-planned' GROUP BY subject
  ) ORDER BY event_id`

/** (member, payload, open): members who sell or develop leads, as last said, and how many journeys of theirs are open and feed no deal. */
export const sellers = ({ recordFacts, personJourney }: FigureSources): Sql => sql`
  SELECT m.member AS member, m.said.2 AS payload, ifNull(o.open, toUInt64(0)) AS open
  FROM (
    SELECT substring(subject, 8) AS member, argMax((event_id, payload), (occurred_at, recorded_at, event_id)) AS said FROM ${recordFacts} WHERE type = 'member-changed' GROUP BY member
  ) AS m
  LEFT JOIN (
    SELECT j.1 AS owner, count() AS open
    FROM (SELECT arrayZip(owner, outcome, deal_id) AS journeys FROM ${personJourney} WHERE excluded_because = '')
    ARRAY JOIN journeys AS j
    WHERE j.2 = 'open' AND j.3 = ''
    GROUP BY owner
  ) AS o ON o.owner = m.member
  ORDER BY member`
