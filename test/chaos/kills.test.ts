import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createAccess } from '../../services/access/access.ts'
import { readOrCreateSecretFile } from '../../services/access/secrets.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { readDeadLetters } from '../../services/projector/redrive.ts'
import type { HttpConfig } from '../../services/store/config.ts'
import type { Store } from '../../services/store/port.ts'
import { type AccordProcess, accordProcess } from '../support/accord-process.ts'
import { type Clickhouse, startClickhouse, type TestStore } from '../support/clickhouse.ts'
import { diceOf } from '../support/dice.ts'
import { freePorts } from '../support/free-port.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline, SESSION_MS } from '../support/pipeline.ts'
import { startProducer } from '../support/producer.ts'
import { tableDifferences } from '../support/table-hashes.ts'
import { createTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const SEED = Number(process.env['ACCORD_TEST_SEED'] ?? Date.now() % 1_000_000)
const KILLS = 20
const RATE = 400
const BATCH = 40

let kafka: Kafka
let clickhouse: Clickhouse
let folder: string
let pipeline: Pipeline
let store: TestStore<HttpConfig>
let url: string
let key: string
const processes: AccordProcess[] = []

const environment = (): Record<string, string> => ({
  ACCORD_KAFKA_BROKERS: kafka.brokers.join(','),
  ACCORD_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
  ACCORD_TOPIC_PREFIX: pipeline.prefix,
  ACCORD_CLICKHOUSE_URL: clickhouse.url,
  ACCORD_CLICKHOUSE_DATABASE: store.config.database ?? '',
  ACCORD_SECRET_FILE: join(folder, 'secrets.json'),
  ACCORD_PORT: '0',
  ACCORD_LOG_LEVEL: 'info',
  UV_THREADPOOL_SIZE: '4',
})
const collector = async (): Promise<AccordProcess> => {
  const [port = 0] = await freePorts(1)
  url = `http://127.0.0.1:${port}`
  const made = await accordProcess({ args: ['collect', '--port', String(port)], env: environment(), ready: /listens on/ })
  processes.push(made)
  return made
}
const projector = async (): Promise<AccordProcess> => {
  const made = await accordProcess({ args: ['project'], env: environment(), ready: /lands and projects/ })
  processes.push(made)
  return made
}

beforeAll(async () => {
  process.stderr.write(`kills: seed ${SEED} (ACCORD_TEST_SEED sets it)\n`)
  folder = await mkdtemp(join(tmpdir(), 'accord-kills-'))
  kafka = await startKafka({ own: true })
  clickhouse = await startClickhouse({ own: true })
})
afterEach(async () => {
  for (const one of processes.splice(0)) await one.stop()
  await pipeline.close()
})
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
})

const prepare = async (name: string): Promise<void> => {
  pipeline = await createPipeline({ kafka, clickhouse }, name)
  store = await pipeline.openStore()
  const secrets = readOrCreateSecretFile(join(folder, 'secrets.json'))
  const access = await createAccess({ log: pipeline.log, codec: pipeline.codec, secrets, topics: pipeline.topics, now: Date.now })
  await access.createTenant('acme', 'Acme', 'key:test')
  const made = await access.createKey({ tenant: 'acme', name: 'web', scopes: ['ingest'], actor: 'key:test' })
  if (!made.ok) throw new Error(made.error.message)
  key = made.value.text
  await access.close()
}

const Count = z.object({ count: z.coerce.number() })
const landedSoFar = async (of: Store): Promise<number> => {
  const [row] = await of.read(sql`SELECT sum(next) AS count FROM (SELECT max(next_offset) AS next FROM landed GROUP BY topic, partition)`)
  return Count.parse(row).count
}

/** Ids that are not in the store, or more than once; and how many events it has. */
const miscounted = async (of: Store, ids: ReadonlySet<string>): Promise<{ readonly wrong: readonly string[]; readonly stored: number }> => {
  const rows = await of.read(
    sql`SELECT event_id, count() AS count FROM events FINAL WHERE tenant = ${bind.string('acme')} GROUP BY event_id`,
    {
      maxSeconds: 60,
    },
  )
  const counts = new Map(rows.map(row => [String(row['event_id']), Count.parse(row).count]))
  return { wrong: [...ids].filter(id => counts.get(id) !== 1).slice(0, 10), stored: counts.size }
}

/** The same log into a fresh store, by one projector that nobody disturbs. */
const replayed = async (): Promise<Store> => {
  const fresh = await pipeline.openStore()
  const one = await pipeline.project(fresh.store, 'replay')
  await pipeline.quiet([fresh.store, store.store], 120_000)
  await one.stop()
  return fresh.store
}

describe('killed at any moment and started again equals never killed', () => {
  it(`collector and projector ${KILLS} times each, and the broker once, while events come in`, async () => {
    await prepare('kills')
    const dice = diceOf(SEED)
    const [collecting, projecting] = [await collector(), await projector()]
    await Promise.all([collecting.start(), projecting.start()])
    const traffic = createTraffic({ seed: SEED, now: Date.now })
    const producer = startProducer({ traffic, url, key, rate: RATE, batch: BATCH, seed: SEED + 1 })
    const failures: Error[] = []

    const killCollector = async (): Promise<void> => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await wait(dice.between(300, 1000))
        await collecting.kill()
        await collecting.start()
      }
    }
    const killProjector = async (): Promise<void> => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        // mostly while it is at work, now and then while it starts or joins
        const before = await landedSoFar(store.store)
        if (dice.chance(75)) await until('the projector lands again', async () => (await landedSoFar(store.store)) > before, 60_000)
        await wait(dice.between(0, 700))
        await projecting.kill()
        if (kill === KILLS / 2) {
          await kafka.kill()
          await wait(300)
          await kafka.restart()
        }
        projecting.launch()
      }
    }
    const note = (error: unknown): void => void failures.push(error instanceof Error ? error : new Error(String(error)))
    await Promise.all([killCollector().catch(note), killProjector().catch(note)])
    expect(failures).toEqual([])
    await wait(1000)
    await producer.stop()
    await pipeline.quiet([store.store], 120_000)

    const { wrong, stored } = await miscounted(store.store, producer.acknowledged)
    process.stderr.write(
      `kills: ${producer.acknowledged.size} acknowledged of ${producer.sent.size}, ${producer.failures()} requests failed, ${stored} events stored\n`,
    )
    expect(producer.failures()).toBeGreaterThan(KILLS / 2)
    expect(wrong).toEqual([])
    const fresh = await replayed()
    await projecting.kill()
    expect(await tableDifferences(store.store, fresh)).toBe('')
    expect(await readDeadLetters(pipeline.log, pipeline.codec, pipeline.topics.deadLetters)).toEqual([])
  }, 400_000)

  it('one, two and three projectors, joining, leaving in peace and dying, equal one', async () => {
    await prepare('joining')
    const collecting = await collector()
    const [a, b, c] = [await projector(), await projector(), await projector()]
    await Promise.all([collecting.start(), a.start()])
    const traffic = createTraffic({ seed: SEED + 2, now: Date.now })
    const producer = startProducer({ traffic, url, key, rate: RATE, batch: BATCH, seed: SEED + 3 })
    const began = performance.now()
    const more = async (): Promise<void> => {
      const before = await landedSoFar(store.store)
      await until('more has landed', async () => (await landedSoFar(store.store)) > before + RATE / 2, 60_000)
      process.stderr.write(`joining: more landed after ${Math.round((performance.now() - began) / 100) / 10} s\n`)
    }
    await more()
    await b.start()
    await more()
    await c.start()
    await more()
    expect(await a.terminate()).toBe(0)
    await more()
    await a.start()
    await b.kill()
    await more()
    await b.start()
    expect(await c.terminate()).toBe(0)
    await more()
    await a.kill()
    await more()
    await producer.stop()
    await pipeline.quiet([store.store], 120_000)

    const { wrong } = await miscounted(store.store, producer.acknowledged)
    expect(wrong).toEqual([])
    const fresh = await replayed()
    await b.kill()
    expect(await tableDifferences(store.store, fresh)).toBe('')
    expect(await readDeadLetters(pipeline.log, pipeline.codec, pipeline.topics.deadLetters)).toEqual([])
  }, 200_000)
})
