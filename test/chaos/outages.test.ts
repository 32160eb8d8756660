import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readOrCreateSecretFile } from '../../services/access/secrets.ts'
import type { Caller } from '../../services/access/caller.ts'
import { sql } from '../../services/domain/sql.ts'
import { readDeadLetters } from '../../services/projector/redrive.ts'
import type { Projector } from '../../services/projector/projector.ts'
import type { Store } from '../../services/store/port.ts'
import { accordProcess } from '../support/accord-process.ts'
import { type Clickhouse, startClickhouse } from '../support/clickhouse.ts'
import { type Collector, openCollector } from '../support/collector-in-process.ts'
import type { Fault } from '../support/http-faults.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline, SESSION_MS } from '../support/pipeline.ts'
import { tableDifferences } from '../support/table-hashes.ts'
import { createTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const SEED = Number(process.env['ACCORD_TEST_SEED'] ?? Date.now() % 1_000_000)
const BATCH = 50
const EVERY_MS = 100
/** How long each trouble lasts. */
const TROUBLE_MS = 2500

const TROUBLES: readonly (readonly [string, Fault])[] = [
  ['slow', { mode: 'slow', ms: 400 }],
  ['half of the requests fail', { mode: 'error', code: 999, share: 0.5 }],
  ['too many parts', { mode: 'error', code: 252, only: 'insert' }],
  ['refuses every connection', { mode: 'refuse' }],
  ['stores the rows and drops the connection', { mode: 'drop-after-store', only: 'insert' }],
  ['stores some rows and drops the connection', { mode: 'drop-after-store', share: 0.4 }],
]

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline
let collector: Collector
let caller: Caller

beforeAll(async () => {
  process.stderr.write(`outages: seed ${SEED} (ACCORD_TEST_SEED sets it)\n`)
  kafka = await startKafka({ own: true })
  clickhouse = await startClickhouse({ own: true })
})
afterEach(async () => {
  await clickhouse.fault({ mode: 'none' })
  await collector.close()
  await pipeline.close()
})
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
})

const prepare = async (name: string): Promise<Store> => {
  pipeline = await createPipeline({ kafka, clickhouse }, name)
  collector = await openCollector(pipeline)
  caller = await collector.caller(['ingest'])
  return (await pipeline.openStore()).store
}

/** Sends until `stop`, which resolves with the ids that were taken. */
const flow = (seed: number): { readonly stop: () => Promise<ReadonlySet<string>> } => {
  const traffic = createTraffic({ seed, now: Date.now })
  const taken = new Set<string>()
  let stopping = false
  const run = async (): Promise<void> => {
    while (!stopping) {
      const events = traffic.next(BATCH)
      await collector.send(events, caller)
      for (const { event_id } of events) taken.add(event_id)
      await wait(EVERY_MS)
    }
  }
  const running = run()
  running.catch(() => undefined) // `stop` says it
  return {
    stop: async () => {
      stopping = true
      await running
      return taken
    },
  }
}

/** What differs from a run that nothing happened to: missing and double ids, tables, letters, a projector that gave up. */
const damage = async (store: Store, taken: ReadonlySet<string>, projector: Projector | null): Promise<unknown> => {
  await pipeline.quiet([store], 120_000)
  const rows = await store.read(sql`SELECT event_id, count() AS count FROM events FINAL GROUP BY event_id`, { maxSeconds: 60 })
  const counts = new Map(rows.map(row => [String(row['event_id']), Number(row['count'])]))
  const fresh = await pipeline.openStore()
  const replaying = await pipeline.project(fresh.store, 'replay')
  await pipeline.quiet([fresh.store, store], 120_000)
  await replaying.stop()
  return {
    miscounted: [...taken].filter(id => counts.get(id) !== 1).slice(0, 10),
    tables: await tableDifferences(store, fresh.store),
    letters: await readDeadLetters(pipeline.log, pipeline.codec, pipeline.topics.deadLetters),
    failure: projector?.status().failure ?? null,
  }
}
const NO_DAMAGE = { miscounted: [], tables: '', letters: [], failure: null }

describe('outages while events flow', () => {
  it('a ClickHouse that is slow, fails, refuses, or breaks off after it has stored the rows equals a healthy one', async () => {
    const store = await prepare('store-outage')
    const projector = await pipeline.project(store, 'live')
    const sending = flow(SEED)
    await wait(1000)
    for (const [trouble, fault] of TROUBLES) {
      await clickhouse.fault(fault)
      // who waits for the trouble before to end asks again after seconds
      await until(`a request is hit while it ${trouble}`, async () => (await clickhouse.faultHits()) > 0, 30_000)
      await wait(TROUBLE_MS)
      await clickhouse.fault({ mode: 'none' })
      await wait(800)
    }
    expect(await damage(store, await sending.stop(), projector)).toEqual(NO_DAMAGE)
  }, 240_000)

  it('a broker that is away for seconds, and a ClickHouse that is killed, equal healthy ones', async () => {
    const store = await prepare('broker-outage')
    const projector = await pipeline.project(store, 'live')
    const sending = flow(SEED + 1)
    await wait(1500)
    await kafka.kill()
    await wait(3000)
    const before = projector.status().projectedTo
    await kafka.restart()
    // it has its partitions again, which takes up to a session: only who projects can notice that the store is away
    await until('it projects again', () => projector.status().projects && projector.status().projectedTo > before, 60_000)
    await clickhouse.kill()
    await until('the projector waits', () => projector.status().state === 'waiting')
    await clickhouse.restart()
    await wait(1500)
    expect(await damage(store, await sending.stop(), projector)).toEqual(NO_DAMAGE)
  }, 240_000)

  it('SIGTERM while the store is away and while events flow: ends in time with exit code 0, and the next start goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'accord-outages-'))
    pipeline = await createPipeline({ kafka, clickhouse }, 'drain')
    collector = await openCollector(pipeline)
    caller = await collector.caller(['ingest'])
    const { store, config } = await pipeline.openStore()
    readOrCreateSecretFile(join(folder, 'secrets.json'))
    const projecting = await accordProcess({
      args: ['project'],
      env: {
        ACCORD_KAFKA_BROKERS: kafka.brokers.join(','),
        ACCORD_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
        ACCORD_TOPIC_PREFIX: pipeline.prefix,
        ACCORD_CLICKHOUSE_URL: clickhouse.url,
        ACCORD_CLICKHOUSE_DATABASE: config.database ?? '',
        ACCORD_SECRET_FILE: join(folder, 'secrets.json'),
        ACCORD_PORT: '0',
      },
      ready: /lands and projects/,
    })
    try {
      const sending = flow(SEED + 2)
      await projecting.start()
      await until('something has landed', async () => (await store.read(sql`SELECT 1 AS one FROM landed LIMIT 1`)).length > 0)
      expect(await projecting.terminate(25_000)).toBe(0)

      await projecting.start()
      await wait(1000)
      await clickhouse.fault({ mode: 'refuse' })
      await wait(500)
      expect(await projecting.terminate(25_000)).toBe(0)
      await clickhouse.fault({ mode: 'none' })

      await projecting.start()
      await wait(1000)
      expect(await damage(store, await sending.stop(), null)).toEqual(NO_DAMAGE)
    } finally {
      await projecting.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})
