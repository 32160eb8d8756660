import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import type { Codec } from '../log/codec.ts'
import type { LogRecord, TopicPartition } from '../log/port.ts'
import { parseRecordKey, subjectOf } from '../log/record-key.ts'
import { StoreError, type Store } from '../store/port.ts'
import { tsvMillis, tsvText } from '../store/tsv.ts'
import { type DeadLetter, letterOf, tenantOfKey } from './dead-letters.ts'
import { changeColumns, eventColumns, eventRow, factColumns, factRows } from './facts.ts'
import { payloadOf } from './payload.ts'

/** What landing one batch needs to know and to write; made of text once, so that every further try sends the same rows. */
export type Landing = {
  readonly items: readonly LandingItem[]
  readonly letters: readonly DeadLetter[]
  /** Per partition: where landing stands when this batch is stored. */
  readonly reached: readonly Reached[]
}

export type Reached = TopicPartition & { readonly nextOffset: number; readonly appendedAt: number }

export type LandingItem = {
  readonly record: LogRecord
  /** Null for a person's profile. */
  readonly event: AccordEvent | null
  /** Table → rows as TabSeparated text. */
  readonly rows: readonly (readonly [string, string])[]
}

export const personColumns = ['tenant', 'person', 'profile', 'offset', 'gone'] as const

const columnsOf: Readonly<Record<string, readonly string[]>> = {
  ...factColumns,
  events: eventColumns,
  changes: changeColumns,
  persons: personColumns,
}

/** A person's profile or its tombstone, as the row of `persons`. */
const profileRow = (record: LogRecord, codec: Codec): string => {
  const person = parseRecordKey(record.key ?? '')?.subject ?? ''
  const head = `${tsvText(tenantOfKey(record.key))}\t${tsvText(person)}\t`
  if (record.value === null) return `${head}\t${record.offset}\t1\n`
  return `${head}${tsvText(payloadOf(codec.decode(record.value).event))}\t${record.offset}\t0\n`
}

/** Decodes one record to its rows. Throws `CodecError` for bytes that are no event. `appendedAt` is the greatest of its partition so far. */
export const itemOf = (
  record: LogRecord,
  appendedAt: number,
  { codec, personsTopic }: { readonly codec: Codec; readonly personsTopic: string },
): LandingItem => {
  if (record.topic === personsTopic) return { record, event: null, rows: [['persons', profileRow(record, codec)]] }
  const { event } = codec.decode(record.value ?? Buffer.alloc(0))
  const recorded = { event, subject: subjectOf(event), topic: record.topic, partition: record.partition, offset: record.offset, appendedAt }
  const rows: (readonly [string, string])[] = [['events', eventRow(recorded)]]
  for (const { table, row, change } of factRows(recorded)) rows.push([table, row], ['changes', change])
  return { record, event, rows }
}

/** Decodes a record, or says what is wrong with it. */
export const decoded = (
  record: LogRecord,
  appendedAt: number,
  context: { readonly codec: Codec; readonly personsTopic: string },
): LandingItem | DeadLetter => {
  try {
    return itemOf(record, appendedAt, context)
  } catch (error) {
    return letterOf(record, error)
  }
}

const tablesOf = (items: readonly LandingItem[]): Map<string, string> => {
  const tables = new Map<string, string>()
  for (const { rows } of items) for (const [table, row] of rows) tables.set(table, (tables.get(table) ?? '') + row)
  return tables
}

const append = async (store: Store, items: readonly LandingItem[]): Promise<void> => {
  const tables = tablesOf(items)
  await Promise.all([...tables].map(([table, rows]) => store.append(table, columnsOf[table] ?? [], rows)))
}

/**
 * Stores the items' rows. What the store refuses as wrong (never an outage) is halved until the single records that it
 * refuses are found; these come back as letters. Rows that are stored twice on the way collapse by key.
 */
export const storeItems = async (store: Store, items: readonly LandingItem[]): Promise<readonly DeadLetter[]> => {
  if (items.length === 0) return []
  try {
    await append(store, items)
    return []
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'STORE_REJECTED') throw error
    const [only] = items
    if (items.length === 1 && only !== undefined) {
      const { record, event } = only
      return [
        {
          tenant: tenantOfKey(record.key),
          origin: record,
          code: error.code,
          reason: error.message,
          path: '',
          schemaId: null,
          eventType: event?.type ?? 'person-profile',
          eventId: event?.event_id ?? '',
          payload: record.value ?? Buffer.alloc(0),
        },
      ]
    }
    const half = Math.ceil(items.length / 2)
    return [...(await storeItems(store, items.slice(0, half))), ...(await storeItems(store, items.slice(half)))]
  }
}

/** Writes down how far the partitions have landed; after the rows, before the log's own positions. */
export const storeReached = async (store: Store, reached: readonly Reached[]): Promise<void> => {
  if (reached.length === 0) return
  const rows = reached
    .map(({ topic, partition, nextOffset, appendedAt }) => `${topic}\t${partition}\t${nextOffset}\t${tsvMillis(appendedAt)}\n`)
    .join('')
  await store.append('landed', ['topic', 'partition', 'next_offset', 'appended_at'], rows)
}
