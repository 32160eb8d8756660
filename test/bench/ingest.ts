import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { z } from 'zod'
import { identifier, sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createKafkaLog } from '../../services/log/kafka.ts'
import type { EventLog } from '../../services/log/port.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { recordTopics, topicNames, topicSettings } from '../../services/log/topics.ts'
import { createLander } from '../../services/projector/lander.ts'
import { DEFAULT_DATABASE } from '../../services/store/config.ts'
import { migrate } from '../../services/store/migrate.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { startKafka } from '../support/kafka.ts'
import { engineRate } from './kafka-engine.ts'
import { startRegistry } from './registry-server.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say, timed } from './report.ts'
import { fill, ownPrefix } from './topic.ts'
import { touches } from './touches.ts'

const ROWS = 1_000_000
const QUICK_ROWS = 100_000

const Counts = z.object({ events: z.coerce.number(), touches: z.coerce.number(), changes: z.coerce.number() })

/**
 * Topic → events and facts queryable: Accord's landing (Kafka consumer, Avro, checks, `events`, `touch_facts` and `changes` deduplicated by key,
 * positions) against ClickHouse's Kafka engine into one table, on the same topic and in the same engine in this process.
 */
export const ingest = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const kafka = await startKafka({ steady: true })
  const prefix = ownPrefix('ingest')
  const topics = topicNames(prefix)
  const codec = createCodec({ registry: createOwnRegistry() })
  const logger = pino({ level: 'warn', base: null }, pino.destination({ fd: 2, sync: true }))
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-bench', logger })
  const registry = await startRegistry()
  await log.ensureTopics(topicSettings(prefix))
  say(`writing ${rows} touches to ${topics.touches}`)
  await fill(log, touches(rows), { codec, prefix })

  const accord = async (round: number): Promise<number> => {
    const { store, config, close } = await openTestStore()
    await migrate(store)
    const reading = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-bench', logger })
    let began = 0
    let landed = 0
    let batches = 0
    // the first records are here: joining the group is before
    const counting: EventLog = {
      ...reading,
      subscribe: options =>
        reading.subscribe({
          ...options,
          onBatch: batch => {
            if (began === 0) began = performance.now()
            return options.onBatch(batch)
          },
        }),
    }
    const failed = Promise.withResolvers<never>()
    const lander = createLander({
      log: counting,
      store,
      codec,
      group: `${prefix}-accord-${round}`,
      topics: [...recordTopics(prefix), topics.persons],
      personsTopic: topics.persons,
      deadLettersTopic: topics.deadLetters,
      logger,
      now: Date.now,
      onLanded: ({ records }) => {
        landed += records
        batches += 1
      },
      onFailure: failed.reject,
    })
    const { cpuSeconds, ended } = await timed(async () => {
      await lander.start()
      const landing = async (): Promise<void> => {
        while (landed < rows) await wait(5)
      }
      await Promise.race([landing(), failed.promise])
      return { ended: performance.now() }
    })
    const counts = Counts.parse(
      (
        await store.read(sql`
          SELECT (SELECT count() FROM events FINAL) AS events, (SELECT count() FROM touch_facts FINAL) AS touches, (SELECT count() FROM changes) AS changes`)
      )[0],
    )
    await lander.stop()
    await reading.close()
    // its merges would go on beside the next one
    await store.write(sql`DROP DATABASE ${identifier(config.database ?? DEFAULT_DATABASE)} SYNC`)
    await close()
    if (counts.events !== rows || counts.touches !== rows || counts.changes < rows)
      throw new Error(`not all is there: ${JSON.stringify(counts)}`)
    const seconds = (ended - began) / 1000
    const rate = rows / seconds
    say(
      `  accord: ${Math.round(rate)} rows/s (${batches} batches, ${seconds.toFixed(1)} s, ${((cpuSeconds / rows) * 1e6).toFixed(1)} µs of CPU a row)`,
    )
    return rate
  }
  const engine = async (round: number, consumers: number): Promise<number> => {
    const { store, close } = await openTestStore()
    const { rate, cpuSeconds } = await timed(async () => ({
      rate: await engineRate(store, {
        brokers: kafka.brokers,
        topic: topics.touches,
        registryUrl: registry.url,
        group: `${prefix}-engine-${round}-${consumers}`,
        consumers,
        rows,
      }),
    }))
    await close()
    say(`  Kafka engine, ${consumers} consumer(s): ${Math.round(rate)} rows/s (${((cpuSeconds / rows) * 1e6).toFixed(1)} µs of CPU a row)`)
    return rate
  }

  // the engine's directory lives as long as one store is open
  const keeper = await openTestStore()
  const ours: number[] = []
  const one: number[] = []
  const two: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`)
    ours.push(await accord(round))
    one.push(await engine(round, 1))
    two.push(await engine(round, 2))
  }
  await keeper.close()
  await registry.close()
  await log.close()
  await kafka.stop()
  const theirs = Math.max(median(one), median(two))
  return {
    bench: 'ingest',
    ours: rounded(median(ours)),
    peer: `ClickHouse Kafka engine, ${median(one) >= median(two) ? 'one consumer' : 'two consumers'}`,
    theirs: rounded(theirs),
    ratio: rounded(median(ours) / theirs, 3),
    unit: 'rows/s',
    rows,
    rss_mb: peakRssMb(),
  }
}
