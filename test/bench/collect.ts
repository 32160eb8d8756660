import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs'
import { pino } from 'pino'
import { z } from 'zod'
import { createAccess } from '../../services/access/access.ts'
import { createSecrets, newSecretFile } from '../../services/access/secrets.ts'
import { createIntake } from '../../services/collector/intake.ts'
import { collectorRoutes } from '../../services/collector/routes.ts'
import { createHttpApp } from '../../services/http/app.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createKafkaLog } from '../../services/log/kafka.ts'
import type { LogAppend } from '../../services/log/port.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicNames, topicSettings } from '../../services/log/topics.ts'
import { TENANT } from '../support/event.ts'
import { startKafka } from '../support/kafka.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say, timed } from './report.ts'
import { ownPrefix, recordOf } from './topic.ts'
import { touches } from './touches.ts'

const ROWS = 200_000
const QUICK_ROWS = 20_000
const BATCH = 500
const CONNECTIONS = 4
const COMMON = new Set(['type', 'event_id', 'tenant', 'occurred_at', 'known_at', 'source', 'actor'])

const Loaded = z.object({ accepted: z.int(), seconds: z.number().positive() })

type Touch = ReturnType<typeof touches> extends Generator<infer T> ? T : never

/** The event as its producer sends it: the fields that say something. */
const sent = (event: Touch): unknown => ({
  type: event.type,
  event_id: event.event_id,
  occurred_at: new Date(event.occurred_at / 1000).toISOString(),
  source: event.source,
  data: Object.fromEntries(
    Object.entries(event).filter(
      ([name, value]) =>
        !COMMON.has(name) && value !== '' && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0),
    ),
  ),
})

const batches = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) => items.slice(index * BATCH, (index + 1) * BATCH))

/** HTTP batches of 500 events → acknowledged by the broker, against a bare kafkajs producer that sends the same records in the same batches. */
export const collect = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const kafka = await startKafka({ steady: true })
  const prefix = ownPrefix('collect')
  const topics = topicNames(prefix)
  const codec = createCodec({ registry: createOwnRegistry() })
  const logger = pino({ level: 'warn', base: null }, pino.destination({ fd: 2, sync: true }))
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-bench', logger })
  await log.ensureTopics(topicSettings(prefix))

  const secrets = createSecrets(newSecretFile())
  const access = await createAccess({ log, codec, secrets, topics, now: Date.now })
  await access.createTenant(TENANT, TENANT, 'key:bench')
  const made = await access.createKey({ tenant: TENANT, name: 'website', scopes: ['ingest'], member: null, actor: 'key:bench' })
  if (!made.ok) throw new Error(made.error.message)
  const intake = createIntake({ log, codec, access, secrets, topics, now: Date.now })
  const app = await createHttpApp({ access, logger })
  await app.register(collectorRoutes, { intake })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1/events`

  const producer = new Kafka({ brokers: [...kafka.brokers], clientId: 'bare', logLevel: logLevel.NOTHING }).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()

  const events = [...touches(rows)]
  const bodies = batches(events).map(batch => Buffer.from(JSON.stringify({ events: batch.map(sent) })))
  const records = batches(events.map((event): LogAppend => recordOf({ ...event, actor: 'key:00000000000000' }, codec, prefix)))
  say(
    `${rows} events in ${bodies.length} batches, ${Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / rows)} bytes of JSON each`,
  )

  const accord = async (): Promise<number> => {
    const { accepted, seconds, cpuSeconds } = await timed(async () => {
      const worker = new Worker(join(import.meta.dirname, 'load.ts'), {
        workerData: { url, key: made.value.text, connections: CONNECTIONS, bodies },
      })
      const failed = once(worker, 'error').then(([error]: unknown[]) => {
        throw error
      })
      failed.catch(() => undefined)
      const [message]: unknown[] = await Promise.race([once(worker, 'message'), failed])
      const loaded = Loaded.parse(message)
      if (loaded.accepted !== rows) throw new Error(`${loaded.accepted} of ${rows} events were accepted`)
      return { accepted: loaded.accepted, measured: loaded.seconds }
    }).then(({ measured, ...rest }) => ({ ...rest, seconds: measured }))
    say(
      `  accord: ${Math.round(accepted / seconds)} events/s (${((cpuSeconds / rows) * 1e6).toFixed(1)} µs of CPU an event, the load's too)`,
    )
    return accepted / seconds
  }
  const bare = async (): Promise<number> => {
    const { seconds, cpuSeconds } = await timed(async () => {
      const left = records.values()
      await Promise.all(
        Array.from({ length: CONNECTIONS }, async () => {
          for (const batch of left)
            await producer.send({
              topic: topics.touches,
              acks: -1,
              compression: CompressionTypes.None,
              messages: batch.map(({ key, value }) => ({ key, value })),
            })
        }),
      )
      return {}
    })
    say(`  kafkajs: ${Math.round(rows / seconds)} events/s (${((cpuSeconds / rows) * 1e6).toFixed(1)} µs of CPU an event)`)
    return rows / seconds
  }

  // both once before it counts: the code is compiled, the topics' files are there
  say('warming up')
  await accord()
  await bare()
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`)
    ours.push(await accord())
    theirs.push(await bare())
  }
  await app.close()
  await producer.disconnect()
  await access.close()
  await log.close()
  await kafka.stop()
  return {
    bench: 'collect',
    ours: rounded(median(ours)),
    peer: 'bare kafkajs producer',
    theirs: rounded(median(theirs)),
    ratio: rounded(median(ours) / median(theirs), 3),
    unit: 'events/s',
    rows,
    rss_mb: peakRssMb(),
  }
}
