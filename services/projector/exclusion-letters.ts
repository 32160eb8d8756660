import { z } from 'zod'
import { bind, sql } from '../domain/sql.ts'
import type { Codec } from '../log/codec.ts'
import { recordKey } from '../log/record-key.ts'
import type { Store } from '../store/port.ts'
import type { DeadLetter } from './dead-letters.ts'
import type { Exclusion } from './exclusions.ts'
import { eventOf } from './restore.ts'

const REASONS: Readonly<Record<Exclusion['code'], string>> = {
  id_conflict: 'the event_id was used before, for another subject or type; the first recording counts',
  backfill_closed: 'carries known_at, but the backfill had been closed when it came: an admin may open another',
  person_erased: 'the personal data of this person were erased before this was recorded',
}

const StoredRow = z.object({
  tenant: z.string(),
  event_id: z.string(),
  type: z.string(),
  subject: z.string(),
  source: z.string(),
  actor: z.string(),
  occurred_micros: z.coerce.number(),
  recorded_ms: z.coerce.number(),
  appended_ms: z.coerce.number(),
  payload: z.string(),
})

/** Excluded facts as dead letters, with the event as it was said. */
export const lettersOf = async (store: Store, codec: Codec, exclusions: readonly Exclusion[]): Promise<readonly DeadLetter[]> => {
  const rows = await store.read(sql`
    SELECT tenant, event_id, type, subject, source, actor, toUnixTimestamp64Micro(occurred_at) AS occurred_micros,
      toUnixTimestamp64Milli(recorded_at) AS recorded_ms, toUnixTimestamp64Milli(appended_at) AS appended_ms, payload
    FROM events FINAL
    WHERE (tenant, event_id) IN (SELECT arrayJoin(arrayZip(${bind.strings(exclusions.map(e => e.tenant))}, ${bind.strings(exclusions.map(e => e.eventId))})) AS id)`)
  const stored = new Map(
    rows.map(row => StoredRow.parse(row)).map(row => [`${row.tenant}\u001f${row.event_id}\u001f${row.type}\u001f${row.subject}`, row]),
  )
  return exclusions.flatMap(exclusion => {
    const row = stored.get(`${exclusion.tenant}\u001f${exclusion.eventId}\u001f${exclusion.type}\u001f${exclusion.subject}`)
    if (row === undefined) return []
    const event = eventOf({ ...row, occurred_at: row.occurred_micros, recorded_at: row.recorded_ms, appended_at: row.appended_ms }, codec)
    return [
      {
        tenant: exclusion.tenant,
        origin: {
          topic: exclusion.topic,
          partition: exclusion.partition,
          offset: exclusion.offset,
          appendedAt: row.appended_ms,
          key: recordKey(exclusion.tenant, exclusion.subject),
        },
        code: exclusion.code,
        reason: REASONS[exclusion.code],
        path: 'event_id',
        schemaId: null,
        eventType: exclusion.type,
        eventId: exclusion.eventId,
        payload: codec.encode(event),
      },
    ]
  })
}
