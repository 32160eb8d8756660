import { setTimeout as wait } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKafkaLog } from '../../services/log/kafka.ts'
import type { KafkaLogOptions } from '../../services/log/kafka-config.ts'
import { partitionOf } from '../../services/log/partition-of.ts'
import type { EventLog, LogRecord, Position, TopicSettings } from '../../services/log/port.ts'
import { startKafka, type Kafka } from '../support/kafka.ts'
import { until } from '../support/until.ts'
import { collecting, eventLogContract } from './event-log.ts'

const { ConfigResourceTypes, Kafka: KafkaClient, logLevel, Partitioners } = kafkajs

/** Short, so that a member that died doesn't hold up a test. */
const SESSION_MS = 1500

let kafka: Kafka
const opened: EventLog[] = []
const warnings: Error[] = []
const onWarning = (warning: Error): void => void warnings.push(warning)
process.on('warning', onWarning)

const open = (options: Partial<KafkaLogOptions> = {}): EventLog => {
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-test', sessionTimeoutMs: SESSION_MS, ...options })
  opened.push(log)
  return log
}

beforeAll(async () => {
  kafka = await startKafka({ own: true, secure: true })
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(log => log.close()))
})
afterAll(async () => {
  process.off('warning', onWarning)
  await kafka.stop()
})

const admin = async <T>(work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> => {
  const client = new KafkaClient({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.disconnect()
  }
}

const destroyBefore = (positions: readonly Position[]): Promise<void> =>
  admin(async client => {
    for (const { topic, partition, offset } of positions) {
      await client.fetchTopicOffsets(topic) // makes the client know the topic
      await client.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    }
  })

eventLogContract('Kafka', () => ({ open: () => open(), destroyBefore }))

let count = 0
const newTopic = async (log: EventLog, settings: Partial<TopicSettings> = {}): Promise<string> => {
  const topic = `own-${(count += 1)}`
  await log.ensureTopics([{ topic, partitions: 3, cleanup: 'keep', ...settings }])
  return topic
}
const record = (topic: string, key: string, value: string | null) => ({ topic, key, value: value === null ? null : Buffer.from(value) })
const readAll = async (log: EventLog, topics: readonly string[], from?: readonly Position[]): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = []
  for await (const chunk of log.read(topics, from)) records.push(...chunk)
  return records
}
const byText = (a: string, b: string): number => (a < b ? -1 : 1)
const place = (one: LogRecord): string => `${one.partition}/${one.offset}`
const values = (records: readonly LogRecord[]): readonly number[] => records.map(found => Number(found.value)).toSorted((a, b) => a - b)
const numbers = (size: number): readonly number[] => Array.from({ length: size }, (_, index) => index)

describe('Kafka: the group', () => {
  it('shares partitions between two members and hands them over when one joins or leaves, missing nothing', async () => {
    const log = open()
    const topic = await newTopic(log, { partitions: 6 })
    const landed = new Map<number, number>()
    const owners = new Map<number, string>()
    const clashes: string[] = []
    const seen = new Set<number>()
    const member = (who: string) =>
      collecting({
        group: 'shared',
        topics: [topic],
        startAt: async assigned => assigned.map(({ partition }) => ({ topic, partition, offset: landed.get(partition) ?? 0 })),
        onAssigned: assigned => {
          for (const { partition } of assigned) {
            if (owners.has(partition)) clashes.push(`${partition} went to ${who} while ${owners.get(partition)} had it`)
            owners.set(partition, who)
          }
        },
        onRevoked: async revoked => {
          await wait(SESSION_MS * 2) // an insert that takes longer than the session lasts: heartbeats go on
          for (const { partition } of revoked) owners.delete(partition)
        },
        onBatch: async ({ partition, records }) => {
          if (owners.get(partition) !== who) clashes.push(`${who} read ${partition} without having it`)
          for (const found of records) {
            seen.add(Number(found.value))
            landed.set(partition, found.offset + 1)
          }
        },
      })
    let appended = 0
    const appendSome = async (): Promise<void> => {
      await log.append(numbers(50).map(index => record(topic, `${index}`, `${appended + index}`)))
      appended += 50
    }
    const holding = () =>
      [...new Set(owners.values())].toSorted().map(who => `${who}:${[...owners.values()].filter(owner => owner === who).length}`)

    const [first, second] = [member('first'), member('second')]
    const one = await log.subscribe(first.subscriber)
    await until('the first has all', () => owners.size === 6)
    await appendSome()
    const two = await open().subscribe(second.subscriber)
    await until('they share', () => holding().join() === 'first:3,second:3')
    await appendSome()
    await until('both have read', () => seen.size === appended)
    await one.close()
    await until('the second has all', () => holding().join() === 'second:6')
    await appendSome()
    await until('nothing is missing', () => seen.size === appended)

    expect(clashes).toEqual([])
    expect([...first.failures, ...second.failures]).toEqual([])
    await two.close()
  })

  it('gives the partitions of a member that is gone without a word to the others when its session ends', async () => {
    const log = open()
    const topic = await newTopic(log)
    const gone = collecting({ group: 'abandoned', topics: [topic], onRevoked: () => new Promise(() => undefined) })
    const leaving = await open({ rebalanceTimeoutMs: SESSION_MS }).subscribe(gone.subscriber)
    await until('it has all', () => gone.assigned.length === 3)
    void leaving.close() // hangs in onRevoked: never leaves the group
    opened.length = 1
    const heir = collecting({ group: 'abandoned', topics: [topic] })
    const staying = await log.subscribe(heir.subscriber)
    await until('the other has all', () => heir.assigned.length === 3)
    expect(heir.assigned.map(({ partition }) => partition).toSorted((a, b) => a - b)).toEqual([0, 1, 2])
    await staying.close()
  })

  it('says what retention destroyed while it was reading', async () => {
    const log = open()
    const topic = await newTopic(log, { partitions: 1 })
    await log.append(numbers(10).map(number => record(topic, 'a', `${number}`)))
    const release = Promise.withResolvers<void>()
    const found = collecting({ group: 'overtaken', topics: [topic] })
    const subscription = await log.subscribe({
      ...found.subscriber,
      onBatch: async batch => {
        found.records.push(...batch.records)
        await release.promise
      },
    })
    await until('the first batch is there', () => found.records.length === 10)
    await log.append(numbers(10).map(number => record(topic, 'a', `${10 + number}`)))
    await destroyBefore([{ topic, partition: 0, offset: 15 }])
    release.resolve()
    await until('the rest is there', () => found.records.length === 15)
    expect(found.losses).toEqual([{ topic, partition: 0, wanted: 10, earliest: 15 }])
    await subscription.close()
  })
})

describe('Kafka: compaction', () => {
  it('reads, follows and subscribes over what compaction has taken away', async () => {
    const log = open()
    const topic = await newTopic(log, { partitions: 1, cleanup: 'compact' })
    await admin(client =>
      client.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: Object.entries({
              'cleanup.policy': 'compact',
              'message.timestamp.type': 'LogAppendTime',
              'min.cleanable.dirty.ratio': '0.001',
              'segment.ms': '100',
              'delete.retention.ms': '0',
            }).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    )
    // several producers, so that whole batches become empty
    for (let turn = 0; turn < 5; turn += 1) {
      const producer = open()
      await producer.append(['a', 'b', 'c'].map(key => record(topic, key, `${turn}`)))
      await producer.append([record(topic, 'gone', turn === 4 ? null : 'x')])
      await wait(120) // the next append goes into a new segment
    }
    // each pass of the cleaner needs something new; tombstones go with the second pass that sees them
    const keys = async (): Promise<readonly (string | null)[]> => (await readAll(log, [topic])).map(found => found.key)
    await until(
      'compaction has removed the tombstone and left its batch empty',
      async () => {
        await log.append([record(topic, 'last', '5')])
        await wait(120)
        return !(await keys()).includes('gone')
      },
      60_000,
    )

    const left = await readAll(log, [topic])
    const [end] = await log.ends([topic])
    expect([...new Set(left.map(found => `${found.key}${found.value?.toString()}`))].toSorted(byText)).toEqual(['a4', 'b4', 'c4', 'last5'])
    const holes = numbers(end?.offset ?? 0).filter(offset => !left.some(found => found.offset === offset))
    expect(holes.length).toBeGreaterThan(15)
    // the cleaner goes on meanwhile: what it can't take is the last record of each key
    const kept = ['a', 'b', 'c', 'last'].flatMap(key => left.findLast(found => found.key === key) ?? [])
    const missing = (read: readonly LogRecord[], from: number): readonly string[] =>
      kept.filter(one => one.offset >= from && !read.some(found => found.offset === one.offset)).map(place)
    for (const offset of holes) {
      const rest = await readAll(log, [topic], [{ topic, partition: 0, offset }])
      expect(missing(rest, offset)).toEqual([])
      expect(rest.filter(found => found.offset < offset || !left.some(one => one.offset === found.offset))).toEqual([])
    }
    const records: LogRecord[] = []
    const follower = await log.follow([topic], found => records.push(...found))
    await follower.caughtUp
    expect(missing(records, 0)).toEqual([])
    await follower.close()
    const found = collecting({ group: 'compacted', topics: [topic], startAt: async () => [{ topic, partition: 0, offset: 1 }] })
    const subscription = await log.subscribe(found.subscriber)
    await until('the last is there', () => found.records.some(one => one.key === 'last'))
    expect(found.losses).toEqual([])
    await subscription.close()
  })
})

describe('Kafka: credentials and encryption', () => {
  it('logs in with a password, and says so when it is the wrong one', async () => {
    const sasl = kafka.security?.sasl
    if (sasl === undefined) throw new Error('no SASL listener')
    const credentials = { mechanism: 'plain', username: sasl.username, password: sasl.password } as const
    const log = open({ brokers: sasl.brokers, sasl: credentials })
    const topic = await newTopic(log)
    await log.append([record(topic, 'a', '1')])
    expect(await readAll(log, [topic])).toHaveLength(1)
    const found = collecting({ group: 'with-password', topics: [topic] })
    const subscription = await log.subscribe(found.subscriber)
    await until('it reads', () => found.records.length === 1)
    await subscription.close()

    const wrong = open({ brokers: sasl.brokers, sasl: { ...credentials, password: 'wrong' } })
    await expect(wrong.ping()).rejects.toMatchObject({ code: 'LOG_MISCONFIGURED', retriable: false })
    await expect(wrong.append([record(topic, 'a', '1')])).rejects.toMatchObject({ code: 'LOG_MISCONFIGURED' })
  })

  it('speaks TLS to a broker that it is told to trust, and to no other', async () => {
    const tls = kafka.security?.tls
    if (tls === undefined) throw new Error('no TLS listener')
    const log = open({ brokers: tls.brokers, tls: { ca: tls.ca } })
    const topic = await newTopic(log)
    await log.append([record(topic, 'a', '1')])
    expect(await readAll(log, [topic])).toHaveLength(1)
    await expect(open({ brokers: tls.brokers, tls: {} }).ping()).rejects.toMatchObject({ code: 'LOG_MISCONFIGURED', retriable: false })
  })
})

describe('Kafka: the broker', () => {
  it('answers that the log is not available where no broker listens', async () => {
    const log = open({ brokers: ['127.0.0.1:1'], appendTimeoutMs: 500 })
    const refusal = { name: 'LogError', code: 'LOG_UNAVAILABLE', retriable: true }
    await expect(log.append([record('any', 'a', 'x')])).rejects.toMatchObject(refusal)
    await expect(log.ends(['any'])).rejects.toMatchObject(refusal)
  })

  it('has every acknowledged record after kill -9, and the subscription goes on when it is back', async () => {
    const log = open({ appendTimeoutMs: 2000 })
    const topic = await newTopic(log)
    const found = collecting({ group: 'survivor', topics: [topic] })
    const subscription = await log.subscribe({
      ...found.subscriber,
      startAt: async assigned =>
        assigned.map(({ partition }) => ({
          topic,
          partition,
          offset: Math.max(0, ...found.records.filter(one => one.partition === partition).map(one => one.offset + 1)),
        })),
    })
    const acknowledged: number[] = []
    const refused: unknown[] = []
    const stop = new AbortController()
    const appender = (async () => {
      for (let number = 0; !stop.signal.aborted; number += 1) {
        await log.append([record(topic, `${number % 11}`, `${number}`)]).then(
          () => acknowledged.push(number),
          (error: unknown) => refused.push(error),
        )
      }
    })()

    for (let kills = 0; kills < 2; kills += 1) {
      const before = acknowledged.length
      await until('appends are acknowledged', () => acknowledged.length > before + 100)
      await kafka.kill()
      const refusals = refused.length
      await until('an append is refused', () => refused.length > refusals)
      await kafka.restart()
    }
    const after = acknowledged.length
    await until('appends are acknowledged again', () => acknowledged.length > after + 50)
    stop.abort()
    await appender

    for (const error of refused) expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE', retriable: true })
    const stored = await readAll(open(), [topic])
    expect([...new Set(values(stored))].filter(number => !acknowledged.includes(number)).length).toBeLessThanOrEqual(refused.length)
    expect(acknowledged.filter(number => !stored.some(one => Number(one.value) === number))).toEqual([])
    for (const key of numbers(11)) {
      const inOrder = stored
        .filter(one => one.key === `${key}`)
        .toSorted((a, b) => a.offset - b.offset)
        .map(one => Number(one.value))
      expect(inOrder.filter((number, index) => inOrder.indexOf(number) === index)).toEqual([...new Set(inOrder)].toSorted((a, b) => a - b))
    }
    await until('the subscriber has all', () => found.records.length >= stored.length)
    expect(found.records.map(place).toSorted(byText)).toEqual(stored.map(place).toSorted(byText))
    expect(found.failures).toEqual([])
    expect(found.losses).toEqual([])
    await subscription.close()
  })

  it('acknowledges an append that was waiting while the broker was away for a moment', async () => {
    const log = open({ appendTimeoutMs: 60_000 })
    const topic = await newTopic(log)
    await log.append([record(topic, 'a', '0')])
    await kafka.kill()
    const waiting = log.append([record(topic, 'a', '1')])
    await kafka.restart()
    await expect(waiting).resolves.toMatchObject({ count: 1 })
    expect(values(await readAll(log, [topic]))).toEqual([0, 1])
  })
})

describe('Kafka: the client', () => {
  it('puts a key where every other Kafka client puts it', () => {
    const partitioner = Partitioners.DefaultPartitioner()
    const partitionMetadata = numbers(12).map(partitionId => ({ partitionId, partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] }))
    for (const number of numbers(500)) {
      const key = `tenant-${number % 5}\u001f${'é'.repeat(number % 4)}person:${number}`
      expect(partitionOf(key, 12)).toBe(partitioner({ topic: 't', partitionMetadata, message: { key, value: null } }))
    }
  })

  it('makes Node warn of nothing', () => {
    expect(warnings.map(warning => warning.name)).toEqual([])
  })
})
