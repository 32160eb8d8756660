import { setTimeout as wait } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import { kafkaClient } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-config.ts'
import { hasType, toLogError } from './kafka-errors.ts'
import type { TopicSettings } from './port.ts'

// Node finds only some of this CommonJS package's names by itself
const { ConfigResourceTypes, ConfigSource } = kafkajs

const DAY_MS = 86_400_000
const MAX_BATCH_BYTES = 2_097_152
const MOST_REPLICAS = 3
const PATIENCE_MS = 20_000
const RETRY_MS = 300

type Config = Readonly<Record<string, string>>

/** Kafka's own defaults would destroy the record after seven days and take the producers' word for the time. */
const configOf = ({ cleanup, retentionMs }: TopicSettings, replicas: number): Config => {
  const always = {
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(MAX_BATCH_BYTES),
    'min.insync.replicas': replicas >= 3 ? '2' : '1',
    'retention.bytes': '-1',
  }
  if (cleanup === 'keep') return { ...always, 'cleanup.policy': 'delete', 'retention.ms': '-1' }
  if (cleanup === 'expire') {
    const kept = String(retentionMs ?? 30 * DAY_MS)
    return { ...always, 'cleanup.policy': 'delete', 'retention.ms': kept, 'segment.ms': String(DAY_MS) }
  }
  // an erased person has to be gone within seven days (design D8): the active segment is never compacted, so it may not live long
  return {
    ...always,
    'cleanup.policy': 'compact',
    'retention.ms': '-1',
    'segment.ms': String(DAY_MS),
    'max.compaction.lag.ms': String(2 * DAY_MS),
    'delete.retention.ms': String(DAY_MS),
  }
}

type Found = { readonly partitions: number; readonly replicas: number; readonly config: ReadonlyMap<string, string>; readonly own: Config }

const describe = async (admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, Found>> => {
  const existing = new Set(await admin.listTopics())
  const wanted = topics.filter(topic => existing.has(topic))
  if (wanted.length === 0) return new Map()
  const [metadata, configs] = await Promise.all([
    admin.fetchTopicMetadata({ topics: wanted }),
    admin.describeConfigs({ includeSynonyms: false, resources: wanted.map(name => ({ type: ConfigResourceTypes.TOPIC, name })) }),
  ])
  return new Map(
    metadata.topics.map(({ name, partitions }) => {
      const entries = configs.resources.find(resource => resource.resourceName === name)?.configEntries ?? []
      const own = entries.filter(entry => entry.configSource === ConfigSource.TOPIC_CONFIG)
      const found: Found = {
        partitions: partitions.length,
        replicas: Math.max(...partitions.map(partition => partition.replicas.length)),
        config: new Map(entries.map(entry => [entry.configName, entry.configValue])),
        own: Object.fromEntries(own.map(entry => [entry.configName, entry.configValue])),
      }
      return [name, found]
    }),
  )
}

const differences = (settings: TopicSettings, found: Found): readonly string[] =>
  Object.entries(configOf(settings, found.replicas)).flatMap(([name, value]) => {
    const now = found.config.get(name)
    return now === value ? [] : [`${settings.topic} has ${name}=${now ?? '?'} instead of ${value}`]
  })

const create = async (admin: Admin, settings: TopicSettings, replicas: number): Promise<void> => {
  const configEntries = Object.entries(configOf(settings, replicas)).map(([name, value]) => ({ name, value }))
  // false when somebody else was faster, which is as good
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic: settings.topic, numPartitions: settings.partitions, replicationFactor: replicas, configEntries }],
  })
}

const names = (settings: readonly TopicSettings[]): readonly string[] => settings.map(({ topic }) => topic)

export type KafkaTopics = {
  readonly ensure: (settings: readonly TopicSettings[]) => Promise<void>
  readonly check: (settings: readonly TopicSettings[]) => Promise<readonly string[]>
}

export const kafkaTopics = (options: KafkaLogOptions): KafkaTopics => {
  /** A connection for the one occasion; again while the brokers are away or change their controller. */
  const withAdmin = async <T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> => {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const admin = kafkaClient(options).admin()
      try {
        await admin.connect()
        return await work(admin)
      } catch (error) {
        const failed = toLogError(error, doing)
        const settling = hasType(error, ['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_CONTROLLER', 'LEADER_NOT_AVAILABLE'])
        if (!(failed.retriable || settling) || Date.now() + RETRY_MS > deadline) throw failed
      } finally {
        await admin.disconnect().catch(() => undefined)
      }
      await wait(RETRY_MS)
    }
  }

  return {
    ensure: settings =>
      withAdmin('setting up topics', async admin => {
        const existing = await describe(admin, names(settings))
        const missing = settings.filter(({ topic }) => !existing.has(topic))
        if (missing.length > 0) {
          const replicas = options.replicationFactor ?? Math.min(MOST_REPLICAS, (await admin.describeCluster()).brokers.length)
          for (const wanted of missing) await create(admin, wanted, replicas)
        }
        const found = missing.length > 0 ? await describe(admin, names(settings)) : existing
        const differing = settings.flatMap(wanted => {
          const now = found.get(wanted.topic)
          if (now === undefined || differences(wanted, now).length === 0) return []
          // this request replaces all of a topic's own settings, so those that are not ours are sent back as they are
          const config = { ...now.own, ...configOf(wanted, now.replicas) }
          const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
          return [{ type: ConfigResourceTypes.TOPIC, name: wanted.topic, configEntries }]
        })
        if (differing.length > 0) await admin.alterConfigs({ validateOnly: false, resources: differing })
      }),
    check: settings =>
      withAdmin('checking topics', async admin => {
        const found = await describe(admin, names(settings))
        return settings.flatMap(wanted => {
          const now = found.get(wanted.topic)
          if (now === undefined) return [`${wanted.topic} is missing`]
          const count =
            now.partitions === wanted.partitions ? [] : [`${wanted.topic} has ${now.partitions} partitions instead of ${wanted.partitions}`]
          return [...count, ...differences(wanted, now)]
        })
      }),
  }
}
