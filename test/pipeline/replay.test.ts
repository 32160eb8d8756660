import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../services/domain/sql.ts'
import { rebuild } from '../../services/projector/rebuild.ts'
import type { FactSource } from '../../services/projector/refill.ts'
import { verify } from '../../services/projector/verify.ts'
import { type Clickhouse, startClickhouse } from '../support/clickhouse.ts'
import { generateCompany, shuffleArrival } from '../support/company.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline } from '../support/pipeline.ts'
import { tableDifferences } from '../support/table-hashes.ts'

/** Recordings of the company that is built live, and in how many bursts they come. */
const SIZE = 1500
const BURSTS = 12
const SHUFFLED_SIZE = 800
const SEED = Number(process.env['ACCORD_TEST_SEED'] ?? 20_260)

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline

beforeAll(async () => {
  process.stderr.write(`replay: seed ${SEED} (ACCORD_TEST_SEED sets another)\n`)
  kafka = await startKafka()
  clickhouse = await startClickhouse()
})
afterEach(async () => pipeline.close())
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
})

describe('built from the log, whenever and however often', () => {
  it('a store built live equals one replayed from zero, one rebuilt from facts, events or log, and one that got everything again', async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'replay')
    const company = generateCompany({ seed: SEED, size: SIZE })
    const live = await pipeline.openStore()
    const projector = await pipeline.project(live.store, 'live')
    const burst = Math.ceil(company.length / BURSTS)
    for (let start = 0; start < company.length; start += burst) {
      await pipeline.append(company.slice(start, start + burst).map(({ event }) => event))
      await wait(150)
    }
    await pipeline.quiet([live.store])

    const replayed = await pipeline.openStore()
    const replaying = await pipeline.project(replayed.store, 'replay')
    await pipeline.quiet([live.store, replayed.store])
    await replaying.stop()
    expect(await tableDifferences(replayed.store, live.store)).toBe('')
    const findings = await verify(live.store, projector, () => undefined)
    expect(findings.filter(({ ok }) => !ok)).toEqual([])

    const { codec, log, topics } = pipeline
    const sources: readonly (readonly [string, FactSource | undefined])[] = [
      ['facts', undefined],
      ['events', { kind: 'events', codec }],
      ['log', { kind: 'log', log, codec, topics: [...pipeline.recordTopics, topics.persons], personsTopic: topics.persons }],
    ]
    for (const [name, facts] of sources) {
      await rebuild({ store: live.store, projector, ...(facts === undefined ? {} : { facts }), onProgress: () => undefined })
      expect(await tableDifferences(live.store, replayed.store), `rebuilt from ${name}`).toBe('')
    }

    // delivered again: the store forgets how far it has landed
    await projector.stop()
    await live.store.write(sql`TRUNCATE TABLE landed`)
    const again = await pipeline.project(live.store, 'again')
    await pipeline.quiet([live.store])
    expect(await tableDifferences(live.store, replayed.store)).toBe('')

    // sent again: the log has everything twice
    await pipeline.append(company.map(({ event }) => event))
    await pipeline.quiet([live.store])
    await again.stop()
    expect(await tableDifferences(live.store, replayed.store)).toBe('')
  })

  it('sent in another order, everything is the same but when it became known', async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'shuffled')
    const other = await createPipeline({ kafka, clickhouse }, 'shuffled')
    try {
      // two persons of one email address are merged as soon as both are known: that one thing does follow from the order
      const company = generateCompany({ seed: SEED + 1, size: SHUFFLED_SIZE, distinctOccurredAt: true }).filter(
        ({ event }) => event.type !== 'identity-linked' || !event.identity.startsWith('email:'),
      )
      const stores = await Promise.all(
        [
          { into: pipeline, history: company },
          { into: other, history: shuffleArrival(company, SEED + 2) },
        ].map(async ({ into, history }) => {
          const { store } = await into.openStore()
          const projector = await into.project(store, 'live')
          // what is said of a person after the erasure does not count: in one append to many partitions either may be the later one
          const told = history.filter(({ event }) => event.type !== 'person-erased').map(({ event }) => event)
          const burst = Math.ceil(told.length / BURSTS)
          for (let start = 0; start < told.length; start += burst) {
            await into.append(told.slice(start, start + burst))
            await wait(100)
          }
          const erased = history.flatMap(({ event }) => (event.type === 'person-erased' ? [event] : []))
          if (erased.length > 0) await into.append(erased)
          await into.quiet([store])
          await projector.stop()
          return store
        }),
      )
      const [inOrder, shuffled] = stores
      if (inOrder === undefined || shuffled === undefined) throw new Error('two stores')
      expect(await tableDifferences(shuffled, inOrder, { columns: 'content' })).toBe('')
    } finally {
      await other.close()
    }
  })
})
