import type { Codec } from '../log/codec.ts'
import type { LogRecord, TopicPartition } from '../log/port.ts'
import { parseRecordKey, subjectOf } from '../log/record-key.ts'
import { StoreError, type Store } from '../store/port.ts'
import { type RowBuffer, TableRows } from '../store/row-buffer.ts'
import { tsvMillis } from '../store/tsv.ts'
import { type DeadLetter, letterOf, tenantOfKey } from './dead-letters.ts'
import { changeColumns, eventColumns, factColumns, writeEvent, writeFacts } from './facts.ts'
import { writePayload } from './payload.ts'
import { readProgress } from './step.ts'

export type LandingContext = { readonly codec: Codec; readonly personsTopic: string }

/** Records that are landed together, and their rows, made once, so that every further try sends the same bytes. */
export type Batch = {
  readonly records: LogRecord[]
  /** Of each record: the greatest append time of its partition so far, ms. */
  readonly appendedAt: number[]
  readonly tables: TableRows
}

export const newBatch = (): Batch => ({ records: [], appendedAt: [], tables: new TableRows() })

export type Reached = TopicPartition & { readonly nextOffset: number; readonly appendedAt: number }

const personColumns = ['tenant', 'person', 'profile', 'offset', 'gone'] as const

export const columnsOf: Readonly<Record<string, readonly string[]>> = {
  ...factColumns,
  events: eventColumns,
  changes: changeColumns,
  persons: personColumns,
}

/** A person's profile or its tombstone, as the row of `persons`. Decodes before it writes, so that a bad record leaves nothing. */
const writeProfile = (to: RowBuffer, record: LogRecord, codec: Codec): void => {
  const profile = record.value === null ? null : codec.decode(record.value).event
  to.text(tenantOfKey(record.key))
  to.tab()
  to.text(parseRecordKey(record.key ?? '')?.subject ?? '')
  to.tab()
  if (profile !== null) writePayload(to, profile)
  to.tab()
  to.raw(String(record.offset))
  to.tab()
  to.raw(profile === null ? '1' : '0')
  to.endRow()
}

/** Throws `CodecError` for bytes that are no event, `RangeError` for an event about nothing; then nothing is written. */
const writeRecord = (tables: TableRows, record: LogRecord, appendedAt: number, { codec, personsTopic }: LandingContext): void => {
  if (record.topic === personsTopic) {
    writeProfile(tables.of('persons'), record, codec)
    return
  }
  const { event } = codec.decode(record.value ?? Buffer.alloc(0))
  const recorded = { event, subject: subjectOf(event), topic: record.topic, partition: record.partition, offset: record.offset, appendedAt }
  writeEvent(tables.of('events'), recorded)
  writeFacts(tables, recorded)
}

/** Adds a record with its rows, or says what is wrong with it. `appendedAt` is the greatest of its partition so far, ms. */
export const addRecord = (batch: Batch, record: LogRecord, appendedAt: number, context: LandingContext): DeadLetter | null => {
  try {
    writeRecord(batch.tables, record, appendedAt, context)
  } catch (error) {
    return withoutProfile(letterOf(record, error), context)
  }
  batch.records.push(record)
  batch.appendedAt.push(appendedAt)
  return null
}

/** The records that are `wanted`, with their rows made again. */
export const partOf = (batch: Batch, wanted: (record: LogRecord, index: number) => boolean, context: LandingContext): Batch => {
  const part = newBatch()
  batch.records.forEach((record, index) => {
    // every one of them has been written once
    if (wanted(record, index)) addRecord(part, record, batch.appendedAt[index] ?? 0, context)
  })
  return part
}

/**
 * Stores the rows of a batch. What the store refuses as wrong (never an outage) is halved until the single records that it
 * refuses are found; these come back as letters. Rows that are stored twice on the way collapse by key.
 */
export const storeBatch = async (store: Store, batch: Batch, context: LandingContext): Promise<readonly DeadLetter[]> => {
  const { length } = batch.records
  if (length === 0) return []
  try {
    await Promise.all(batch.tables.written().map(([table, rows]) => store.append(table, columnsOf[table] ?? [], rows)))
    return []
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'STORE_REJECTED') throw error
    const [only] = batch.records
    if (length === 1 && only !== undefined) return [refusedLetter(only, error, context)]
    const half = Math.ceil(length / 2)
    return [
      ...(await storeBatch(
        store,
        partOf(batch, (_, index) => index < half, context),
        context,
      )),
      ...(await storeBatch(
        store,
        partOf(batch, (_, index) => index >= half, context),
        context,
      )),
    ]
  }
}

/**
 * What becomes visible only after its instant was projected (a replicated broker shows a record when its followers have it) would be in no step's
 * window: what such records change is written down once more, at an instant that is still to come. To be called when the batch is stored.
 * Resolves with how many there were; records that are delivered again are among them, and change nothing.
 */
export const announceLate = async (store: Store, batch: Batch, context: LandingContext): Promise<number> => {
  for (;;) {
    const { projecting_to: mark } = await readProgress(store)
    const late = newBatch()
    batch.records.forEach((record, index) => {
      if (record.topic !== context.personsTopic && (batch.appendedAt[index] ?? 0) <= mark) addRecord(late, record, mark + 1, context)
    })
    if (late.records.length === 0) return 0
    for (const [table, rows] of late.tables.written()) if (table === 'changes') await store.append(table, changeColumns, rows)
    // a step that began meanwhile may have looked before the rows were there
    if ((await readProgress(store)).projecting_to === mark) return late.records.length
  }
}

/** Personal data stay where erasure reaches them (design D8): a letter about a profile says where it stands, not what it says. */
const withoutProfile = (letter: DeadLetter, { personsTopic }: LandingContext): DeadLetter =>
  letter.origin.topic === personsTopic ? { ...letter, reason: `a person's profile: ${letter.code}`, payload: Buffer.alloc(0) } : letter

/** A record that was read well and that the store does not take. */
const refusedLetter = (record: LogRecord, error: StoreError, context: LandingContext): DeadLetter => {
  const event = record.topic === context.personsTopic ? null : context.codec.decode(record.value ?? Buffer.alloc(0)).event
  const letter: DeadLetter = {
    tenant: tenantOfKey(record.key),
    origin: record,
    code: error.code,
    reason: error.message,
    path: '',
    schemaId: null,
    eventType: event?.type ?? 'person-profile',
    eventId: event?.event_id ?? '',
    payload: record.value ?? Buffer.alloc(0),
  }
  return withoutProfile(letter, context)
}

/** Writes down how far the partitions have landed; after the rows, before the log's own positions. */
export const storeReached = async (store: Store, reached: readonly Reached[]): Promise<void> => {
  if (reached.length === 0) return
  const rows = reached
    .map(({ topic, partition, nextOffset, appendedAt }) => `${topic}\t${partition}\t${nextOffset}\t${tsvMillis(appendedAt)}\n`)
    .join('')
  await store.append('landed', ['topic', 'partition', 'next_offset', 'appended_at'], rows)
}
