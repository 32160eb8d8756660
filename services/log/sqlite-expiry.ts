import { z } from 'zod'
import type { LogFile } from './sqlite-file.ts'

/** As long as Kafka keeps tombstones by default: time for a reader that is behind to see them. */
const TOMBSTONE_MS = 86_400_000
const STEP_RECORDS = 1000

const Expiring = z.object({
  topic_id: z.number(),
  partition: z.number(),
  start_offset: z.number(),
  next_offset: z.number(),
  retention_ms: z.number(),
})
const Tombstone = z.object({ topic_id: z.number(), partition: z.number(), offset: z.number(), key: z.string() })

/** Removes what topics that expire have kept for long enough, and old tombstones, in small transactions. */
export const sweepExpired = async ({ database, transact }: LogFile, now: number): Promise<void> => {
  const expiring = database.prepare(
    `SELECT topic_id, partition, start_offset, next_offset, retention_ms FROM partitions JOIN topics USING (topic_id)
     WHERE cleanup = 'expire' AND retention_ms IS NOT NULL`,
  )
  const firstKept = database.prepare('SELECT min(offset) AS start FROM records WHERE topic_id = ? AND partition = ? AND appended_at >= ?')
  const expire = database.prepare('DELETE FROM records WHERE topic_id = ? AND partition = ? AND offset >= ? AND offset < ?')
  const setStart = database.prepare('UPDATE partitions SET start_offset = ? WHERE topic_id = ? AND partition = ?')
  const tombstones = database.prepare(
    `SELECT topic_id, partition, offset, key FROM records JOIN topics USING (topic_id)
     WHERE value IS NULL AND cleanup = 'compact' AND appended_at < ? LIMIT ${STEP_RECORDS}`,
  )
  const remove = database.prepare('DELETE FROM records WHERE topic_id = ? AND partition = ? AND offset = ?')
  const forget = database.prepare('DELETE FROM latest WHERE topic_id = ? AND key = ? AND offset = ?')

  for (const found of z.array(Expiring).parse(expiring.all())) {
    const kept = z.object({ start: z.number().nullable() }).parse(firstKept.get(found.topic_id, found.partition, now - found.retention_ms))
    const until = kept.start ?? found.next_offset
    for (let from = found.start_offset; from < until; from += STEP_RECORDS) {
      await transact(() => {
        expire.run(found.topic_id, found.partition, from, Math.min(until, from + STEP_RECORDS))
        setStart.run(Math.min(until, from + STEP_RECORDS), found.topic_id, found.partition)
      })
    }
  }

  for (;;) {
    const removed = await transact(() => {
      const old = z.array(Tombstone).parse(tombstones.all(now - TOMBSTONE_MS))
      for (const { topic_id, partition, offset, key } of old) {
        remove.run(topic_id, partition, offset)
        forget.run(topic_id, key, offset)
      }
      return old.length
    })
    if (removed < STEP_RECORDS) return
  }
}
