import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/**
 * (person, is_open, owner, lead_id): whether a journey of each person is open, who has it, and the lead record of its last event, in the order of their ids; no row
 * where there never was a lead.
 */
export const leadsNow = ({ personJourney, leadFacts, events }: FigureSources, persons: readonly string[]): Sql => sql`
  SELECT j.person AS person, toUInt8(j.outcome[-1] = 'open') AS is_open, j.owner[-1] AS owner, ifNull(l.lead_id, '') AS lead_id
  FROM (SELECT * FROM ${personJourney} WHERE person IN (${bind.strings(persons)}) AND notEmpty(outcome)) AS j
  LEFT JOIN (
    SELECT subject, argMax(JSONExtractString(payload, 'lead_id'), (occurred_at, recorded_at, event_id)) AS lead_id
    FROM ${events}
    WHERE event_id IN (SELECT event_id FROM ${leadFacts} WHERE subject IN (${bind.strings(persons)})) AND JSONExtractString(payload, 'lead_id') != ''
    GROUP BY subject
  ) AS l ON l.subject = j.person
  ORDER BY person`

export const leadNow = (sources: FigureSources, person: string): Sql => leadsNow(sources, [person])
