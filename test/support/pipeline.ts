import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import { DEFAULT_TOPIC_PREFIX, recordTopics, type TopicNames, topicNames, topicSettings } from '../../services/log/topics.ts'
import { type Codec, createCodec } from '../../services/log/codec.ts'
import { createKafkaLog } from '../../services/log/kafka.ts'
import type { KafkaLogOptions } from '../../services/log/kafka-config.ts'
import type { EventLog, LogAppend, LogRecord } from '../../services/log/port.ts'
import { recordKey, subjectOf } from '../../services/log/record-key.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { createProjector, type Projector, type ProjectorOptions } from '../../services/projector/projector.ts'
import { readProgress } from '../../services/projector/step.ts'
import type { HttpConfig } from '../../services/store/config.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Store } from '../../services/store/port.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { type Clickhouse, openHttpTestStore, type TestStore } from './clickhouse.ts'
import type { Kafka } from './kafka.ts'
import { topicOf } from './event.ts'
import { until } from './until.ts'

/** Short, so that a member that died doesn't hold up a test. */
export const SESSION_MS = 1500

export type Pipeline = {
  readonly prefix: string
  readonly topics: TopicNames
  readonly recordTopics: readonly string[]
  /** For producing and looking; projectors have connections of their own. */
  readonly log: EventLog
  readonly codec: Codec
  readonly logger: Logger
  readonly openLog: (options?: Partial<KafkaLogOptions>) => EventLog
  /** A migrated store in a database of its own. */
  readonly openStore: () => Promise<TestStore<HttpConfig>>
  /** A started projector on a log of its own. `group` sets the readers of one store apart from those of another. */
  readonly project: (store: Store, group: string, options?: Partial<ProjectorOptions>) => Promise<Projector>
  /** Where an event goes in this pipeline, and as what. */
  readonly recordOf: (event: WritableEvent) => LogAppend
  /**
   * Appends events in their order, an erased person's tombstone with its event. An id that comes again comes at a later millisecond, so that
   * the log's order is the order given. Resolves with the greatest append time.
   */
  readonly append: (events: readonly WritableEvent[], batch?: number) => Promise<number>
  readonly records: (topics: readonly string[]) => Promise<readonly LogRecord[]>
  /** What the log has, as the oracles want it. */
  readonly recorded: () => Promise<readonly Recorded[]>
  /** Resolves when everything in the log shows in all of the stores, and nothing follows from it any more. */
  readonly quiet: (stores: readonly Store[], deadlineMs?: number) => Promise<void>
  /** Stops projectors, closes stores and logs. */
  readonly close: () => Promise<void>
}

/** `ACCORD_TEST_LOG=info` shows what the services say. */
const logger = pino({ level: process.env['ACCORD_TEST_LOG'] ?? 'silent', base: null }, pino.destination({ fd: 2, sync: true }))

/** An installation of its own on a real broker and a ClickHouse server. */
export const createPipeline = async (
  { kafka, clickhouse }: { readonly kafka: Pick<Kafka, 'brokers'>; readonly clickhouse: Pick<Clickhouse, 'url'> },
  name: string,
): Promise<Pipeline> => {
  const prefix = `${name}-${randomBytes(4).toString('hex')}`
  const topics = topicNames(prefix)
  const ofRecord = recordTopics(prefix)
  const codec = createCodec({ registry: createOwnRegistry() })
  const closing: (() => Promise<void>)[] = []
  const openLog = (options: Partial<KafkaLogOptions> = {}): EventLog => {
    const opened = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-test', sessionTimeoutMs: SESSION_MS, logger, ...options })
    closing.push(opened.close)
    return opened
  }
  const log = openLog()
  await log.ensureTopics(topicSettings(prefix))

  const recordOf = (event: WritableEvent): LogAppend => ({
    topic: topicOf(event.type).replace(DEFAULT_TOPIC_PREFIX, prefix),
    key: recordKey(event.tenant, subjectOf(codec.decode(codec.encode(event)).event)),
    value: codec.encode(event),
  })
  const append: Pipeline['append'] = async (events, batch = 200) => {
    let last = 0
    let records: LogAppend[] = []
    let ids = new Set<string>()
    const send = async (): Promise<void> => {
      if (records.length > 0) last = Math.max(last, (await log.append(records)).appendedAt)
      records = []
      ids = new Set()
    }
    for (const event of events) {
      const id = `${event.tenant} ${event.event_id}`
      if (ids.has(id)) {
        await send()
        await wait(2)
      }
      ids.add(id)
      records.push(recordOf(event))
      if (event.type === 'person-erased')
        records.push({ topic: topics.persons, key: recordKey(event.tenant, event.person_id), value: null })
      if (records.length >= batch) await send()
    }
    await send()
    return last
  }
  const records: Pipeline['records'] = async names => {
    const all: LogRecord[] = []
    for await (const batch of log.read(names)) all.push(...batch)
    return all
  }
  const endsText = async (): Promise<string> => JSON.stringify(await log.ends([...ofRecord, topics.persons]))

  return {
    prefix,
    topics,
    recordTopics: ofRecord,
    log,
    codec,
    logger,
    openLog,
    openStore: async () => {
      const opened = await openHttpTestStore(clickhouse)
      closing.push(opened.close)
      await migrate(opened.store)
      return opened
    },
    project: async (store, group, options = {}) => {
      const own = openLog()
      const projector = createProjector({ log: own, store, codec, topics, group: `${prefix}-${group}`, logger, ...options })
      closing.push(projector.stop)
      await projector.start()
      return projector
    },
    recordOf,
    append,
    records,
    recorded: async () =>
      (await records(ofRecord)).flatMap(({ topic, partition, offset, appendedAt, value }) =>
        value === null ? [] : [{ event: codec.decode(value).event, appended_at: appendedAt, topic, partition, offset }],
      ),
    quiet: async (stores, deadlineMs = 60_000) => {
      for (;;) {
        const before = await endsText()
        const at = Date.now()
        const shown = async (): Promise<boolean> =>
          (await Promise.all(stores.map(store => readProgress(store)))).every(progress => progress.projected_to >= at)
        await until('everything in the log is projected', shown, deadlineMs)
        // a step may have said something itself
        if ((await endsText()) === before) return
      }
    },
    close: async () => {
      for (const close of closing.splice(0).toReversed()) await close()
    },
  }
}
