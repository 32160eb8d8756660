import type { EventOf } from '../../schemas/events/generated/types.ts'
import type { Codec } from '../log/codec.ts'
import { CodecError } from '../log/codec-error.ts'
import type { EventLog } from '../log/port.ts'
import { recordKey, subjectOf } from '../log/record-key.ts'
import type { TopicNames } from '../log/topics.ts'

export type StoredLetter = EventOf<'dead-letter'>

/** All letters that have not expired, the latest state of each, in order of their place in the log. */
export const readDeadLetters = async (log: EventLog, codec: Codec, topic: string): Promise<readonly StoredLetter[]> => {
  const letters = new Map<string, StoredLetter>()
  for await (const records of log.read([topic])) {
    for (const record of records) {
      if (record.value === null) continue
      const { event } = codec.decode(record.value)
      if (event.type !== 'dead-letter') continue
      // found again by a repeated batch: what is known of its redriving stays
      const known = letters.get(event.event_id)
      letters.set(event.event_id, event.redriven_at === null && known !== undefined ? known : event)
    }
  }
  return [...letters.values()].toSorted((a, b) => a.origin_appended_at - b.origin_appended_at || (a.event_id < b.event_id ? -1 : 1))
}

/** What became of letters that were to go back into the log. */
export type Redriven = {
  readonly redriven: number
  /** Still no events: left where they are, because a log full of them would stop the projector. */
  readonly unreadable: number
  /** History that came after a backfill had been closed: it waits for the next one, because until then it would be refused again. */
  readonly waiting: number
}

/** Why a letter was written whose event may be said again as soon as its tenant has a backfill open. */
const TOO_LATE = 'backfill_closed'

/** Tenants that have a backfill open, by the last word on each in the access topic. */
const openBackfills = async (log: EventLog, codec: Codec, accessTopic: string): Promise<ReadonlySet<string>> => {
  const open = new Set<string>()
  for await (const records of log.read([accessTopic])) {
    await codec.prepare(records.map(record => record.value))
    for (const record of records) {
      if (record.value === null) continue
      const { event } = codec.decode(record.value)
      if (event.type === 'backfill-opened') open.add(event.tenant)
      if (event.type === 'tenant-went-live') open.delete(event.tenant)
    }
  }
  return open
}

type RedriveOptions = {
  readonly log: EventLog
  readonly codec: Codec
  readonly topics: Pick<TopicNames, 'deadLetters' | 'access'>
  readonly now: () => number
}

/**
 * Puts the payloads back into the log, each at the end of the topic it came from, and marks the letters as redriven. What still does not decode stays a
 * letter as it is; what cannot be processed for another reason comes back as a new one; what was counted meanwhile counts once.
 */
export const redrive = async ({ log, codec, topics, now }: RedriveOptions, letters: readonly StoredLetter[]): Promise<Redriven> => {
  await codec.prepare(letters.map(letter => Buffer.from(letter.payload)))
  const readable = letters.filter(letter => isReadable(codec, letter))
  const open = readable.some(letter => letter.reason_code === TOO_LATE) ? await openBackfills(log, codec, topics.access) : new Set<string>()
  const wanted = readable.filter(letter => letter.reason_code !== TOO_LATE || open.has(letter.tenant))
  for (let start = 0; start < wanted.length; start += 500) {
    const part = wanted.slice(start, start + 500)
    await log.append(part.map(letter => ({ topic: letter.origin_topic, key: letter.origin_key ?? '', value: Buffer.from(letter.payload) })))
    await log.append(
      part.map(letter => ({
        topic: topics.deadLetters,
        key: recordKey(letter.tenant, letter.event_id),
        value: codec.encode({ ...letter, redriven_at: now() * 1000 }),
      })),
    )
  }
  return { redriven: wanted.length, unreadable: letters.length - readable.length, waiting: readable.length - wanted.length }
}

const isReadable = (codec: Codec, { payload }: StoredLetter): boolean => {
  try {
    subjectOf(codec.decode(Buffer.from(payload)).event)
    return true
  } catch (error) {
    // bytes that are no event, or one without the field that says what it is about
    if (error instanceof CodecError || error instanceof RangeError) return false
    throw error
  }
}
