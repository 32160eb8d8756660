import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** (subject, type, payload, occurred_ms): all that was said of records by events of these types, in order within each. */
export const saidOfRecords = ({ recordFacts }: FigureSources, types: readonly string[]): Sql => sql`
  SELECT subject, toString(type) AS type, payload, toUnixTimestamp64Milli(occurred_at) AS occurred_ms
  FROM ${recordFacts}
  WHERE type IN (${bind.strings(types)})
  ORDER BY subject, occurred_at, recorded_at, event_id`

/** (content, touches, persons, last_used): how often each piece of content was used, by touches that are known. */
export const contentUse = ({ accountTouches }: FigureSources): Sql => sql`
  SELECT content, count() AS touches, length(arraySort(groupUniqArrayArray(people))) AS persons, toString(max(used_at)) AS last_used
  FROM (
    SELECT toString(content) AS content, touch_id, arraySort(groupUniqArrayArray(persons)) AS people, max(occurred_at) AS used_at
    FROM ${accountTouches}
    WHERE content != ''
    GROUP BY content, touch_id
  )
  GROUP BY content
  ORDER BY content`
