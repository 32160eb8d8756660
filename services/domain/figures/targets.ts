import { type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** (event_id, payload): the targets in force, the last that was said of each. */
export const targetsInForce = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT said.1 AS event_id, said.2 AS payload FROM (
    SELECT subject, argMax((event_id, payload), (occurred_at, recorded_at, event_id)) AS said FROM ${recordFacts} WHERE type = 'target-set' GROUP BY subject
  ) ORDER BY event_id`
