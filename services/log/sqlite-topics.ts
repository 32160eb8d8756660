import { z } from 'zod'
import { LogError, type Position, type TopicSettings } from './port.ts'
import type { LogFile } from './sqlite-file.ts'

const TopicRow = z.object({
  topic_id: z.number(),
  topic: z.string(),
  partitions: z.number(),
  cleanup: z.enum(['keep', 'compact', 'expire']),
  retention_ms: z.number().nullable(),
})
const BoundsRow = z.object({ partition: z.number(), start_offset: z.number(), next_offset: z.number() })

export type StoredTopic = {
  readonly id: number
  readonly topic: string
  readonly partitions: number
  readonly cleanup: TopicSettings['cleanup']
}
export type PartitionBounds = { readonly partition: number; readonly start: number; readonly next: number }

export type SqliteTopics = {
  /** Throws `LOG_MISCONFIGURED` when there is no such topic. */
  readonly find: (topic: string) => StoredTopic
  readonly bounds: (topic: string) => readonly PartitionBounds[]
  readonly positions: (topics: readonly string[], end: 'start' | 'next') => readonly Position[]
  readonly ensure: (settings: readonly TopicSettings[]) => Promise<void>
  readonly check: (settings: readonly TopicSettings[]) => readonly string[]
}

const amiss = (wanted: TopicSettings, found: z.infer<typeof TopicRow> | null): readonly string[] => {
  if (found === null) return [`${wanted.topic} is missing`]
  const differences: string[] = []
  if (found.partitions !== wanted.partitions)
    differences.push(`${wanted.topic} has ${found.partitions} partitions instead of ${wanted.partitions}`)
  if (found.cleanup !== wanted.cleanup) differences.push(`${wanted.topic} has cleanup ${found.cleanup} instead of ${wanted.cleanup}`)
  if (found.retention_ms !== (wanted.retentionMs ?? null)) {
    differences.push(`${wanted.topic} keeps records for ${found.retention_ms ?? 'ever'} ms instead of ${wanted.retentionMs ?? 'ever'}`)
  }
  return differences
}

export const sqliteTopics = ({ database, transact, guard }: LogFile): SqliteTopics => {
  const byName = database.prepare('SELECT topic_id, topic, partitions, cleanup, retention_ms FROM topics WHERE topic = ?')
  const bounds = database.prepare('SELECT partition, start_offset, next_offset FROM partitions WHERE topic_id = ? ORDER BY partition')
  const create = database.prepare(
    'INSERT INTO topics (topic, partitions, cleanup, retention_ms) VALUES (?, ?, ?, ?) ON CONFLICT (topic) DO UPDATE SET cleanup = excluded.cleanup, retention_ms = excluded.retention_ms',
  )
  const createPartition = database.prepare('INSERT OR IGNORE INTO partitions VALUES (?, ?, 0, 0)')
  const row = (topic: string) => guard(() => TopicRow.optional().parse(byName.get(topic)) ?? null)

  const find = (topic: string): StoredTopic => {
    const found = row(topic)
    if (found === null) throw new LogError('LOG_MISCONFIGURED', `there is no topic ${topic}; run \`accord migrate\``)
    return { id: found.topic_id, topic, partitions: found.partitions, cleanup: found.cleanup }
  }
  const boundsOf = (topic: string): readonly PartitionBounds[] => {
    const { id } = find(topic)
    return guard(() => z.array(BoundsRow).parse(bounds.all(id))).map(found => ({
      partition: found.partition,
      start: found.start_offset,
      next: found.next_offset,
    }))
  }

  return {
    find,
    bounds: boundsOf,
    positions: (topics, end) =>
      topics.flatMap(topic => boundsOf(topic).map(found => ({ topic, partition: found.partition, offset: found[end] }))),
    ensure: settings =>
      transact(() => {
        for (const { topic, partitions, cleanup, retentionMs } of settings) {
          create.run(topic, partitions, cleanup, retentionMs ?? null)
          const stored = find(topic)
          for (let partition = 0; partition < stored.partitions; partition += 1) createPartition.run(stored.id, partition)
        }
      }),
    check: settings => settings.flatMap(wanted => amiss(wanted, row(wanted.topic))),
  }
}
