import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** (open, owner, lead_id): whether a journey of the person is open, who has it, and the lead record of its last event; no row where there never was a lead. */
export const leadNow = ({ personJourney, leadFacts, events }: FigureSources, person: string): Sql => sql`
  SELECT toUInt8(j.outcome[-1] = 'open') AS is_open, j.owner[-1] AS owner, (
      SELECT argMax(JSONExtractString(payload, 'lead_id'), (occurred_at, recorded_at, event_id)) FROM ${events}
      WHERE event_id IN (SELECT event_id FROM ${leadFacts} WHERE subject = ${bind.string(person)}) AND JSONExtractString(payload, 'lead_id') != '') AS lead_id
  FROM (SELECT * FROM ${personJourney} WHERE person = ${bind.string(person)} AND notEmpty(outcome)) AS j`
