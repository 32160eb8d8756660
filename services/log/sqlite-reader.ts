import { z } from 'zod'
import type { LogRecord, Position } from './port.ts'
import type { LogFile } from './sqlite-file.ts'
import type { SqliteTopics } from './sqlite-topics.ts'

const CHUNK_RECORDS = 1000

const RecordRow = z.tuple([z.number(), z.number(), z.string(), z.instanceof(Uint8Array).nullable()])

/** Records of one partition, and where to go on: holes that compaction left are passed over. */
export type Chunk = { readonly records: readonly LogRecord[]; readonly next: number }

export type SqliteReader = {
  /** At most a thousand records from `from` on, below `end` (default: all there are). */
  readonly chunk: (from: Position, end?: number) => Chunk
}

export const sqliteReader = ({ database, guard }: LogFile, topics: SqliteTopics): SqliteReader => {
  const select = database.prepare(
    'SELECT offset, appended_at, key, value FROM records WHERE topic_id = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?',
  )
  select.setReturnArrays(true)
  const nextOffset = database.prepare('SELECT next_offset FROM partitions WHERE topic_id = ? AND partition = ?')
  const NextRow = z.object({ next_offset: z.number() })

  return {
    chunk: ({ topic, partition, offset }, end) =>
      guard(() => {
        const { id } = topics.find(topic)
        // the end is read first: a record that comes in between is left for the next chunk, never passed over
        const until = end ?? NextRow.parse(nextOffset.get(id, partition)).next_offset
        if (offset >= until) return { records: [], next: offset }
        const rows = select.all(id, partition, offset, until, CHUNK_RECORDS) as unknown[]
        const records = rows.map((row): LogRecord => {
          const [at, appendedAt, key, value] = RecordRow.parse(row)
          const bytes = value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
          return { topic, partition, offset: at, appendedAt, key, value: bytes }
        })
        const last = records.at(-1)
        return { records, next: last === undefined || records.length < CHUNK_RECORDS ? until : last.offset + 1 }
      }),
  }
}
