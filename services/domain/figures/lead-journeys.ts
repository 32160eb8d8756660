import { type Sql, sql } from '../sql.ts'
import { msOf } from './judging/life.ts'
import type { FigureSources } from './sources.ts'

/** Journeys in the columns of `judgedJourneys`, for what nobody has to be judged for: no marks, and nothing of journeys after it. Instants are whole milliseconds. */
export const leadJourneys = ({ personJourney, roots }: FigureSources): Sql => sql`
  SELECT root, person, toUInt32(n) AS n, account, ${msOf(sql`own_opened`)} AS opened_ms, ${msOf(sql`own_ended`)} AS ended_ms, own_outcome AS outcome, own_channel AS channel, own_campaign AS campaign,
    own_owner AS owner, own_deal AS deal_id, own_stages AS stages, arrayMap(at -> ${msOf(sql`at`)}, own_entered) AS entered_ms, own_ids AS stage_event_ids, toInt64(0) AS again_ms
  FROM (
    SELECT if(r.node = '', j.person, r.root) AS root, j.person AS person, toString(j.account) AS account, j.opened_at AS openings, j.ended_at AS endings, j.outcome AS outcomes, j.channel AS channels,
      j.campaign AS campaigns, j.owner AS owners, j.deal_id AS deals, j.stages AS all_stages, j.entered_at AS entries, j.stage_event_ids AS ids
    FROM (SELECT * FROM ${personJourney} WHERE excluded_because = '') AS j
    LEFT JOIN ${roots} AS r ON r.node = j.person
  )
  ARRAY JOIN openings AS own_opened, endings AS own_ended, outcomes AS own_outcome, channels AS own_channel, campaigns AS own_campaign, owners AS own_owner, deals AS own_deal,
    all_stages AS own_stages, entries AS own_entered, ids AS own_ids, arrayEnumerate(openings) AS n`
