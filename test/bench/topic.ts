import { randomBytes } from 'node:crypto'
import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import type { Codec } from '../../services/log/codec.ts'
import type { EventLog, LogAppend } from '../../services/log/port.ts'
import { recordKey, subjectOf } from '../../services/log/record-key.ts'
import { DEFAULT_TOPIC_PREFIX } from '../../services/log/topics.ts'
import { topicOf } from '../support/event.ts'
import { say } from './report.ts'

/** A broker may be shared, so every run has topics of its own. */
export const ownPrefix = (bench: string): string => `bench-${bench}-${randomBytes(4).toString('hex')}`

/** Where an event goes, and as what. */
export const recordOf = (event: WritableEvent, codec: Codec, prefix: string): LogAppend => ({
  topic: prefix + topicOf(event.type).slice(DEFAULT_TOPIC_PREFIX.length),
  key: recordKey(event.tenant, subjectOf(event)),
  value: codec.encode(event),
})

const BATCH = 5000

/** Appends all events, a few batches on the way at a time. Resolves with the greatest append time, ms, and how many there were. */
export const fill = async (
  log: EventLog,
  events: Iterable<WritableEvent>,
  { codec, prefix }: { readonly codec: Codec; readonly prefix: string },
): Promise<{ readonly count: number; readonly appendedAt: number }> => {
  let appendedAt = 0
  let count = 0
  let batch: LogAppend[] = []
  const send = async (): Promise<void> => {
    const records = batch
    batch = []
    if (records.length === 0) return
    appendedAt = Math.max(appendedAt, (await log.append(records)).appendedAt)
    if (Math.floor(count / 500_000) !== Math.floor((count - records.length) / 500_000)) say(`  ${count} records in the log`)
  }
  for (const event of events) {
    count += 1
    batch.push(recordOf(event, codec, prefix))
    if (batch.length === BATCH) await send()
  }
  await send()
  return { count, appendedAt }
}
