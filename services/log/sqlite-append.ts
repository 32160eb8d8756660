import { z } from 'zod'
import { partitionOf } from './partition-of.ts'
import { LogError, type Appended, type LogAppend } from './port.ts'
import { assertRecordSizes, recordBytes } from './record-size.ts'
import type { LogFile } from './sqlite-file.ts'
import type { SqliteTopics, StoredTopic } from './sqlite-topics.ts'

/** One transaction blocks the event loop while it runs: some 10 ms at this size. */
const TRANSACTION_RECORDS = 1000
const TRANSACTION_BYTES = 1_048_576

type Pending = {
  readonly records: readonly LogAppend[]
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
  written: number
  appendedAt: number
}

const ClockRow = z.object({ appended_at: z.number() })
const NextRow = z.object({ next_offset: z.number() })
const LatestRow = z.object({ partition: z.number(), offset: z.number() })

export type SqliteAppender = {
  readonly append: (records: readonly LogAppend[]) => Promise<Appended>
  /** Resolves when nothing is waiting any more. */
  readonly drained: () => Promise<void>
}

/**
 * Group commit: what arrives while a transaction runs goes into the next one together.
 * Append times rise strictly from transaction to transaction, over the whole file and whatever the machine's clock does; the records of one
 * transaction share theirs.
 */
export const sqliteAppender = (file: LogFile, topics: SqliteTopics, now: () => number, onAppended: () => void): SqliteAppender => {
  const { database, transact } = file
  const readClock = database.prepare('SELECT appended_at FROM clock')
  const setClock = database.prepare('UPDATE clock SET appended_at = ?')
  const readNext = database.prepare('SELECT next_offset FROM partitions WHERE topic_id = ? AND partition = ?')
  const setNext = database.prepare('UPDATE partitions SET next_offset = ? WHERE topic_id = ? AND partition = ?')
  const insert = database.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)')
  const readLatest = database.prepare('SELECT partition, offset FROM latest WHERE topic_id = ? AND key = ?')
  const setLatest = database.prepare('INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM records WHERE topic_id = ? AND partition = ? AND offset = ?')

  const queue: Pending[] = []
  let running: Promise<void> | null = null

  const take = (): { readonly pending: Pending; readonly from: number; readonly to: number }[] => {
    const slices = []
    let records = 0
    let bytes = 0
    for (const pending of queue) {
      const from = pending.written
      let to = from
      while (to < pending.records.length && records < TRANSACTION_RECORDS && bytes < TRANSACTION_BYTES) {
        const record = pending.records[to]
        if (record === undefined) break
        bytes += recordBytes(record)
        records += 1
        to += 1
      }
      slices.push({ pending, from, to })
      if (to < pending.records.length) break
    }
    return slices
  }

  const compact = (topic: StoredTopic, key: string, partition: number, offset: number): void => {
    const older = LatestRow.optional().parse(readLatest.get(topic.id, key))
    if (older !== undefined) remove.run(topic.id, older.partition, older.offset)
    setLatest.run(topic.id, key, partition, offset)
  }

  const write = (records: readonly LogAppend[]): number => {
    const appendedAt = Math.max(now(), ClockRow.parse(readClock.get()).appended_at + 1)
    const known = new Map<string, StoredTopic>()
    const next = new Map<string, { readonly topic: StoredTopic; readonly partition: number; offset: number }>()
    for (const record of records) {
      const topic = known.get(record.topic) ?? topics.find(record.topic)
      known.set(record.topic, topic)
      const partition = partitionOf(record.key, topic.partitions)
      const place = `${topic.id}/${partition}`
      const end = next.get(place) ?? { topic, partition, offset: NextRow.parse(readNext.get(topic.id, partition)).next_offset }
      next.set(place, end)
      insert.run(topic.id, partition, end.offset, appendedAt, record.key, record.value)
      if (topic.cleanup === 'compact') compact(topic, record.key, partition, end.offset)
      end.offset += 1
    }
    for (const { topic, partition, offset } of next.values()) setNext.run(offset, topic.id, partition)
    setClock.run(appendedAt)
    return appendedAt
  }

  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      await new Promise(resolve => setImmediate(resolve)) // lets more appends join, and everybody else have a turn
      const slices = take()
      try {
        const appendedAt = await transact(() => write(slices.flatMap(({ pending, from, to }) => pending.records.slice(from, to))))
        for (const { pending, to } of slices) {
          pending.written = to
          pending.appendedAt = appendedAt
        }
        onAppended()
      } catch (error) {
        for (const { pending } of slices) {
          queue.splice(queue.indexOf(pending), 1)
          pending.reject(error)
        }
      }
      while (queue[0] !== undefined && queue[0].written === queue[0].records.length) {
        const done = queue.shift()
        done?.resolve({ count: done.records.length, appendedAt: done.appendedAt })
      }
    }
    running = null
  }

  return {
    append: async records => {
      if (records.length === 0) throw new RangeError('append needs at least one record')
      assertRecordSizes(records)
      for (const topic of new Set(records.map(record => record.topic))) topics.find(topic) // refuse before others share the transaction
      return new Promise((resolve, reject) => {
        queue.push({ records, resolve, reject, written: 0, appendedAt: 0 })
        running ??= flush()
      })
    },
    drained: async () => {
      await running
    },
  }
}

/** What an append after `close` gets. */
export const closedError = (): LogError => new LogError('LOG_CLOSED', 'the log is closed')
