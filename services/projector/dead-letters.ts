import { CodecError } from '../log/codec-error.ts'
import type { Codec } from '../log/codec.ts'
import type { EventLog, LogRecord } from '../log/port.ts'
import { parseRecordKey, recordKey } from '../log/record-key.ts'

/** A record that could not be processed, with the reason; `origin` is where it stands in the log. */
export type DeadLetter = {
  readonly tenant: string
  readonly origin: Pick<LogRecord, 'topic' | 'partition' | 'offset' | 'appendedAt' | 'key'>
  readonly code: string
  readonly reason: string
  readonly path: string
  readonly schemaId: number | null
  readonly eventType: string
  readonly eventId: string
  readonly payload: Buffer
}

/** The place in the log is the letter's id: the same record found again makes the same letter. */
const letterId = ({ origin }: DeadLetter): string => `${origin.topic}/${origin.partition}/${origin.offset}`

/** The tenant of a record's key; '' when the key is none of ours. */
export const tenantOfKey = (key: string | null): string => (key === null ? '' : (parseRecordKey(key)?.tenant ?? ''))

/** What is wrong with bytes that do not decode, as a letter. Rethrows what is no fault of the record. */
export const letterOf = (record: LogRecord, error: unknown): DeadLetter => {
  // the field that says what the event is about is empty
  if (error instanceof RangeError) return { ...nothingKnown(record), code: 'EVENT_WITHOUT_SUBJECT', reason: error.message }
  if (!(error instanceof CodecError)) throw error
  return { ...nothingKnown(record), code: error.code, reason: error.message, path: error.path ?? '', schemaId: error.schemaId }
}

const nothingKnown = (record: LogRecord): Omit<DeadLetter, 'code' | 'reason'> => ({
  tenant: tenantOfKey(record.key),
  origin: record,
  path: '',
  schemaId: null,
  eventType: '',
  eventId: '',
  payload: record.value ?? Buffer.alloc(0),
})

/** Appends letters; resolves when the log has them. */
export const writeDeadLetters = async (
  { log, codec, topic, now }: { readonly log: EventLog; readonly codec: Codec; readonly topic: string; readonly now: () => number },
  letters: readonly DeadLetter[],
): Promise<void> => {
  if (letters.length === 0) return
  await log.append(
    letters.map(letter => ({
      topic,
      key: recordKey(letter.tenant, letterId(letter)),
      value: codec.encode({
        type: 'dead-letter',
        event_id: letterId(letter),
        tenant: letter.tenant,
        occurred_at: now() * 1000,
        known_at: null,
        source: 'accord',
        actor: 'accord',
        origin_topic: letter.origin.topic,
        origin_partition: letter.origin.partition,
        origin_offset: BigInt(letter.origin.offset),
        origin_key: letter.origin.key,
        origin_appended_at: letter.origin.appendedAt * 1000,
        reason_code: letter.code,
        reason: letter.reason,
        path: letter.path,
        schema_id: letter.schemaId,
        event_type: letter.eventType,
        origin_event_id: letter.eventId,
        payload: letter.payload,
        redriven_at: null,
      }),
    })),
  )
}
