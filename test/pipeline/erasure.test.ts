import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bind, identifier, sql } from '../../services/domain/sql.ts'
import { readDeadLetters } from '../../services/projector/redrive.ts'
import type { Store } from '../../services/store/port.ts'
import { type Clickhouse, startClickhouse } from '../support/clickhouse.ts'
import { type Collector, openCollector } from '../support/collector-in-process.ts'
import { openApi } from '../support/figure-api.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline } from '../support/pipeline.ts'
import { tableDifferences } from '../support/table-hashes.ts'

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline
let collector: Collector

beforeAll(async () => {
  kafka = await startKafka()
  clickhouse = await startClickhouse()
})
afterEach(async () => {
  await collector.close()
  await pipeline.close()
})
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
})

/** What must never be found outside the persons table. */
const PERSONAL = ['Quirina', 'Zwetschgenbaum', 'quirina.zwetschgenbaum@firm.example', '+49 30 5550199', 'Pflaumenallee 7']
const [GIVEN = '', FAMILY = '', EMAIL = '', PHONE = '', STREET = ''] = PERSONAL

const at = (minutes: number): string => new Date(Date.UTC(2026, 2, 1, 9) + minutes * 60_000).toISOString()
let told = 0
const tell = (type: string, data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  told += 1
  return { type, event_id: `${type}-${told}`, occurred_at: at(told), data }
}

const story = [
  tell('person-created', {
    person_id: 'p1',
    given_name: GIVEN,
    family_name: FAMILY,
    email: EMAIL,
    phone: PHONE,
    street: STREET,
    country: 'DE',
  }),
  tell('person-created', { person_id: 'p2', given_name: 'Other', email: 'other@firm.example' }),
  tell('account-updated', { account_id: 'a1', domains: ['firm.example'], name: 'Firm' }),
  tell('identity-linked', { identity: 'anonymous:c1', target: 'person:p1', rule: 'form', rule_version: '1' }),
  tell('touch-recorded', { subject: 'anonymous:c1', touch_type: 'form', channel: 'organic' }),
  tell('touch-recorded', { subject: `email:${EMAIL}`, touch_type: 'reply', channel: 'email' }),
  tell('touch-recorded', { subject: 'person:p2', touch_type: 'meeting', channel: 'event' }),
  tell('lead-created', { person_id: 'p1', lead_source: 'web' }),
  tell('lead-stage-changed', { person_id: 'p1', stage: 'mql' }),
  tell('deal-created', { deal_id: 'd1', account_id: 'a1', stage: 'discovery' }),
  tell('deal-contact-linked', { deal_id: 'd1', person_id: 'p1', buying_role: 'champion' }),
  tell('deal-closed', { deal_id: 'd1', outcome: 'won', amount_minor: '120000', currency: 'EUR' }),
]

/** Tables in which any of the texts stands, and how often. */
const found = async (store: Store): Promise<Readonly<Record<string, number>>> => {
  const tables = await store.read(sql`SELECT name FROM system.tables WHERE database = currentDatabase()`)
  const hits: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await store.read(
      sql`SELECT count() AS rows FROM (SELECT toString(tuple(*)) AS said FROM ${identifier(String(name))}) WHERE multiSearchAnyCaseInsensitiveUTF8(said, ${bind.strings(PERSONAL)})`,
    )
    if (Number(row?.['rows']) > 0) hits[String(name)] = Number(row?.['rows'])
  }
  return hits
}

const persons = async (store: Store): Promise<readonly unknown[]> =>
  (await store.read(sql`SELECT person FROM persons FINAL ORDER BY person`)).map(({ person }) => person)

describe('erasing a person', () => {
  it('leaves no personal value anywhere, no figure changes, a replay says the same, and what comes later is set aside', async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'erasure')
    collector = await openCollector(pipeline)
    let said = ''
    const logger = pino(
      { level: 'trace' },
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          said += chunk.toString('utf8')
          done()
        },
      }),
    )
    const caller = await collector.caller(['ingest', 'admin'])
    const { store } = await pipeline.openStore()
    await pipeline.project(store, 'live', { logger })
    await collector.send(story, caller)
    await pipeline.quiet([store])
    expect(await persons(store)).toEqual(['p1', 'p2'])
    expect(Object.keys(await found(store))).toEqual(['persons'])

    const app = await openApi(store, Date.now)
    const figures = async (): Promise<readonly unknown[]> => {
      const answers: unknown[] = []
      for (const url of ['/v1/attribution?by=channel', '/v1/attribution?by=channel&basis=revenue', '/v1/deals/d1/credit']) {
        const { statusCode, body } = await app.inject({ url, headers: { authorization: 'Bearer reader' } })
        expect(statusCode, `answer: ${body.slice(0, 300)}`).toBe(200)
        const { rows, total }: { readonly rows: readonly object[]; readonly total: readonly object[] } = JSON.parse(body)
        // the proof's token names the instant of the answer
        answers.push([...rows, ...total].map(row => ({ ...row, explain: '' })))
      }
      return answers
    }
    const before = await figures()

    await collector.send([tell('person-erased', { person_id: 'p1', reason: 'asked for it', request_id: 'r1' })], caller)
    await pipeline.quiet([store])
    expect(await persons(store)).toEqual(['p2'])
    expect(await figures()).toEqual(before)
    // parts that were merged away still hold it until the engine rewrites them
    await store.write(sql`OPTIMIZE TABLE persons FINAL CLEANUP`).catch(() => store.write(sql`OPTIMIZE TABLE persons FINAL`))
    expect(await found(store)).toEqual({})

    const late = [
      tell('person-updated', { person_id: 'p1', given_name: GIVEN, email: EMAIL }),
      tell('lead-stage-changed', { person_id: 'p1', stage: 'sql' }),
    ]
    await collector.send(late, caller)
    await pipeline.quiet([store])
    const letters = await readDeadLetters(pipeline.log, pipeline.codec, pipeline.topics.deadLetters)
    expect(letters.map(({ reason_code: code, origin_event_id: id }) => ({ code, id }))).toEqual(
      expect.arrayContaining(late.map(({ event_id: id }) => ({ code: 'person_erased', id }))),
    )
    expect(letters.filter(letter => PERSONAL.some(text => Buffer.from(letter.payload).includes(text)))).toEqual([])
    expect(await persons(store)).toEqual(['p2'])
    expect(await figures()).toEqual(before)

    const replayed = await pipeline.openStore()
    const replaying = await pipeline.project(replayed.store, 'replay', { logger })
    await pipeline.quiet([replayed.store])
    await replaying.stop()
    expect(await persons(replayed.store)).toEqual(['p2'])
    expect(await tableDifferences(replayed.store, store)).toBe('')

    expect(PERSONAL.filter(text => said.includes(text))).toEqual([])
    await app.close()
  })
})
