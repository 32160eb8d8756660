import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { bind, identifier, sql } from '../domain/sql.ts'
import type { Codec } from '../log/codec.ts'
import type { EventLog } from '../log/port.ts'
import type { Store } from '../store/port.ts'
import { TableRows } from '../store/row-buffer.ts'
import { factColumns, writeFacts } from './facts.ts'
import { addRecord, columnsOf, newBatch } from './land.ts'
import { writtenByExclusion } from './exclusions.ts'
import type { Projector } from './projector.ts'
import { eventOf } from './restore.ts'
import { readProgress } from './step.ts'

/** Where facts come from when they are filled anew. */
export type FactSource =
  | { readonly kind: 'events'; readonly codec: Codec }
  | {
      readonly kind: 'log'
      readonly log: EventLog
      readonly codec: Codec
      readonly topics: readonly string[]
      readonly personsTopic: string
    }

type Refill = {
  readonly store: Store
  readonly projector: Projector
  readonly source: FactSource
  readonly onProgress: (said: { readonly step: string; readonly done: number; readonly of: number }) => void
}

const PAGE = 20_000
const FACTS = Object.keys(factColumns)
const beside = (table: string): string => `${table}_refill`

const EventRow = z.object({
  tenant: z.string(),
  event_id: z.string(),
  type: z.string(),
  subject: z.string(),
  occurred_micros: z.coerce.number(),
  recorded_ms: z.coerce.number(),
  appended_ms: z.coerce.number(),
  source: z.string(),
  actor: z.string(),
  topic: z.string(),
  partition: z.coerce.number(),
  offset: z.coerce.number(),
  payload: z.string(),
})

type Page = { readonly tables: TableRows; readonly records: number }

/** The facts of all stored events, page by page in order of their key. */
async function* fromEvents(store: Store, codec: Codec): AsyncGenerator<Page> {
  let after: readonly [string, string, string, string] = ['', '', '', '']
  for (;;) {
    const rows = await store.read(
      sql`
        SELECT tenant, event_id, type, subject, toUnixTimestamp64Micro(occurred_at) AS occurred_micros, toUnixTimestamp64Milli(recorded_at) AS recorded_ms,
          toUnixTimestamp64Milli(appended_at) AS appended_ms, source, actor, topic, partition, offset, payload
        FROM events FINAL
        WHERE (tenant, event_id, type, subject) > (${bind.string(after[0])}, ${bind.string(after[1])}, ${bind.string(after[2])}, ${bind.string(after[3])})
        ORDER BY tenant, event_id, type, subject
        LIMIT ${bind.uint(PAGE)}`,
      { maxSeconds: 600 },
    )
    const stored = rows.map(row => EventRow.parse(row))
    const last = stored.at(-1)
    if (last === undefined) return
    after = [last.tenant, last.event_id, last.type, last.subject]
    const tables = new TableRows()
    for (const row of stored) {
      const event = eventOf({ ...row, occurred_at: row.occurred_micros, recorded_at: row.recorded_ms, appended_at: row.appended_ms }, codec)
      const { subject, topic, partition, offset } = row
      writeFacts(tables, { event, subject, topic, partition, offset, appendedAt: row.appended_ms })
    }
    yield { tables, records: stored.length }
  }
}

/** Events and facts of all records, in order of each partition. What cannot be read went to dead letters when it landed. */
async function* fromLog({ log, codec, topics, personsTopic }: Extract<FactSource, { kind: 'log' }>): AsyncGenerator<Page> {
  const heads = new Map<string, number>()
  for await (const records of log.read(topics)) {
    await codec.prepare(records.map(record => record.value))
    const batch = newBatch()
    for (const record of records) {
      const name = `${record.topic}/${record.partition}`
      const appendedAt = Math.max(heads.get(name) ?? 0, record.appendedAt)
      heads.set(name, appendedAt)
      addRecord(batch, record, appendedAt, { codec, personsTopic })
    }
    yield { tables: batch.tables, records: batch.records.length }
  }
}

const append = async (store: Store, { tables }: Page): Promise<void> => {
  for (const [table, rows] of tables.written()) {
    // projected before: there is nothing to say about what changed
    if (table === 'changes') continue
    // profiles are few and versioned by their offset: they go where they are
    await store.append(table === 'persons' ? table : beside(table), columnsOf[table] ?? [], rows)
  }
}

/**
 * Fills the fact tables anew beside the live ones and swaps them in. What landed meanwhile, and the facts that were taken out (id conflicts, erased
 * persons), are carried over from the old tables: rows are the same by key whichever way they came.
 */
export const refillFacts = async ({ store, projector, source, onProgress }: Refill): Promise<void> => {
  const tables = source.kind === 'log' ? ['events', ...FACTS] : FACTS
  const landedTo = (await readProgress(store)).projected_to
  for (const table of tables) {
    await store.write(sql`DROP TABLE IF EXISTS ${identifier(beside(table))} SYNC`)
    await store.write(sql`CREATE TABLE ${identifier(beside(table))} AS ${identifier(table)}`)
  }
  let done = 0
  for await (const page of source.kind === 'events' ? fromEvents(store, source.codec) : fromLog(source)) {
    await append(store, page)
    done += page.records
    onProgress({ step: `facts from ${source.kind}`, done, of: 0 })
  }
  await projector.exclusively(async () => {
    const carry = async (from: string, into: string, table: string): Promise<void> => {
      const excluded = table === 'events' ? sql`` : sql`OR ${writtenByExclusion}`
      await store.write(
        sql`INSERT INTO ${identifier(into)} SELECT * FROM ${identifier(from)} WHERE appended_at > ${bind.instant(landedTo)} ${excluded}`,
      )
    }
    for (const table of tables) {
      await carry(table, beside(table), table)
      await store.write(sql`EXCHANGE TABLES ${identifier(table)} AND ${identifier(beside(table))}`)
    }
    // an insert that was under way when the tables were swapped ends in the old one
    await wait(1_000)
    for (const table of tables) await carry(beside(table), table, table)
  })
  for (const table of tables) await store.write(sql`DROP TABLE IF EXISTS ${identifier(beside(table))} SYNC`)
}
