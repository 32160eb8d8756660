import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { chain } from '../../services/domain/projections/chain.ts'
import { identifier, sql } from '../../services/domain/sql.ts'
import { readTenantAt } from '../../services/api/settings.ts'
import type { HttpApp } from '../../services/http/app.ts'
import { readDeadLetters, redrive } from '../../services/projector/redrive.ts'
import { verify } from '../../services/projector/verify.ts'
import type { Store } from '../../services/store/port.ts'
import { dealCreditAt } from '../oracles/deal-credit.ts'
import { factsOf } from '../oracles/facts.ts'
import { accountTouchesAt } from '../oracles/touches.ts'
import { type Clickhouse, startClickhouse } from '../support/clickhouse.ts'
import { type Collector, openCollector } from '../support/collector-in-process.ts'
import { COMPANY_START, generateCompany, knowledgeInstants } from '../support/company.ts'
import { event } from '../support/event.ts'
import { openApi } from '../support/figure-api.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline } from '../support/pipeline.ts'
import { sentEvent } from '../support/sent-event.ts'
import { tableDifferences } from '../support/table-hashes.ts'
import { createTraffic } from '../support/traffic.ts'

const SEED = Number(process.env['ACCORD_TEST_SEED'] ?? 4_711)
const SIZE = 500
const TOO_LATE = 'too-late'
/** Past instants that are asked about. */
const INSTANTS = 2
/** History is over: its last day, and the longest that anybody took to tell of it, lie before today. */
const DAYS_EARLIER = Math.max(0, Math.ceil((COMPANY_START / 1000 + 760 * 86_400_000 - Date.now()) / 86_400_000))

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline
let collector: Collector
let app: HttpApp

beforeAll(async () => {
  process.stderr.write(`backfill: seed ${SEED} (ACCORD_TEST_SEED sets another)\n`)
  kafka = await startKafka()
  clickhouse = await startClickhouse()
})
afterEach(async () => {
  await app.close()
  await collector.close()
  await pipeline.close()
})
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
})

const micros = (text: unknown): number => {
  const [seconds = '', fraction = ''] = String(text).split('.')
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) * 1000 + Number(fraction.padEnd(6, '0'))
}
const Texts = z.array(z.string())
const sorted = (rows: readonly unknown[]): readonly string[] => rows.map(row => JSON.stringify(row)).toSorted()

/** Who touched which account, and who earned each won deal, as of an instant: by time travel. */
const figuresAt = async (store: Store, asOf: number): Promise<unknown> => {
  const { definitions } = await readTenantAt(store, 'acme', asOf)
  const sources = figureSources({ tenant: 'acme', asOf, projections: travelledProjections(definitions) })
  const touches = await store.read(sql`SELECT touch_id, account, occurred_at, persons, accounts, channel FROM ${sources.accountTouches}`)
  const credit = await store.read(
    sql`SELECT deal_id, model, account, converted_at, reason AS missing, touch_ids, credit FROM ${sources.dealCredit} ARRAY JOIN models AS model, credits AS credit, reasons AS reason WHERE conversion = 'won' AND converted = 1`,
  )
  return {
    touches: sorted(
      touches.map(row => [
        row['touch_id'],
        row['account'],
        micros(row['occurred_at']),
        row['persons'],
        Number(row['accounts']),
        row['channel'],
      ]),
    ),
    credit: sorted(
      credit.map(row => [
        row['deal_id'],
        String(row['model']).split('@')[0],
        row['account'],
        micros(row['converted_at']),
        row['missing'],
        // a model that gives nothing says why, and to nobody
        ...(row['missing'] === ''
          ? Texts.parse(row['touch_ids']).map((id, i) => [id, z.array(z.coerce.number()).parse(row['credit'])[i]])
          : []),
      ]),
    ),
  }
}

/** The same, as the oracle tells it from what the log has. */
const oracleAt = (recorded: Awaited<ReturnType<Pipeline['recorded']>>, asOf: number): unknown => {
  const facts = factsOf(recorded, 'acme')
  const bare = (account: string): string => account.replace('account:', '')
  return {
    touches: sorted(accountTouchesAt(facts, asOf).map(t => [t.touchId, bare(t.account), t.touchedAt, t.persons, t.accounts, t.channel])),
    credit: sorted(
      dealCreditAt(facts, asOf).map(c => [
        c.dealId,
        c.model,
        bare(c.account),
        c.convertedAt,
        c.missing,
        ...c.touches.map(t => [t.touchId, t.credit]),
      ]),
    ),
  }
}

/** `lateCounts`: what slipped in behind a closed backfill was said again in the next one. */
const expectAsTheOracleSays = async (store: Store, liveFrom: number, lateCounts = false): Promise<readonly number[]> => {
  const recorded = (await pipeline.recorded()).filter(({ event: said }) => lateCounts || said.event_id !== TOO_LATE)
  const instants = knowledgeInstants(recorded, INSTANTS, SEED).filter(at => at < liveFrom)
  expect(instants.length).toBeGreaterThan(INSTANTS)
  for (const at of instants) expect(await figuresAt(store, at), `as of ${new Date(at).toISOString()}`).toEqual(oracleAt(recorded, at))
  return instants
}

const ask = async (url: string): Promise<{ readonly status: number; readonly body: string }> => {
  const { statusCode: status, body } = await app.inject({ url, headers: { authorization: 'Bearer reader' } })
  return { status, body }
}
const URLS = [
  '/v1/attribution?by=channel',
  '/v1/attribution?by=campaign&model=first',
  '/v1/funnel/stages',
  '/v1/deals/d1/credit?model=linear',
]
/** The answers as of past instants, as they are now. */
const answersAt = async (instants: readonly number[]): Promise<readonly string[]> => {
  const answers: string[] = []
  for (const at of instants)
    for (const url of URLS) {
      const { status, body } = await ask(`${url}${url.includes('?') ? '&' : '?'}as_of=${new Date(at).toISOString()}`)
      // a problem names its request
      answers.push(status === 200 ? `200 ${body}` : String(status))
    }
  return answers
}

const projectedRows = async (store: Store): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {}
  for (const { table } of chain) {
    const [row] = await store.read(sql`SELECT count() AS rows FROM ${identifier(table)}`)
    counts[table] = Number(row?.['rows'])
  }
  return counts
}
const NOTHING = Object.fromEntries(chain.map(({ table }) => [table, 0]))

const goLive = async (): Promise<number> => {
  const live = await collector.access.goLive('acme', { actor: 'key:test', note: 'history is in', graceMs: 50 })
  if (!live.ok) throw new Error(live.error.message)
  return live.value
}

/** Erasures come last of all and refuse what comes after, which a second backfill would do. */
const history = (seed: number): readonly Readonly<Record<string, unknown>>[] =>
  generateCompany({ seed, size: SIZE, history: 'backfill' })
    .filter(({ event: said }) => said.type !== 'person-erased')
    .map(({ event: said }) => sentEvent(said, DAYS_EARLIER))

describe('a backfill: what was known elsewhere before Accord came', () => {
  it('past days are told as the source knew them; nothing before the end, nothing after it changes them; a second one is let in', async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'backfill')
    collector = await openCollector(pipeline)
    const { store } = await pipeline.openStore()
    app = await openApi(store, Date.now)
    const projector = await pipeline.project(store, 'live')
    const backfiller = await collector.caller(['backfill'])
    const all = history(SEED)
    const first = all.filter((_, index) => index % 5 !== 0)
    const second = all.filter((_, index) => index % 5 === 0)

    await collector.send(first, backfiller)
    await pipeline.quiet([store])
    expect(await projectedRows(store)).toEqual(NOTHING)
    expect((await ask('/v1/funnel/stages')).body).toContain('backfill_open')

    const liveFrom = await goLive()
    await pipeline.quiet([store])
    const instants = await expectAsTheOracleSays(store, liveFrom)
    expect((await verify(store, projector, () => undefined)).filter(({ ok }) => !ok)).toEqual([])
    const before = await answersAt(instants)
    expect(before.filter(answer => answer.startsWith('200')).length).toBeGreaterThan(instants.length)
    expect(before.filter(answer => answer.startsWith('200') && !answer.includes('reconstructed'))).toEqual([])

    // business goes on, about the same people and about the past
    const live = await collector.caller(['ingest'])
    const traffic = createTraffic({ seed: SEED + 1, now: Date.now, accounts: 15, persons: 25, cookies: 25 })
    for (let burst = 0; burst < 5; burst += 1) {
      await collector.send(traffic.next(200), live)
      await wait(100)
    }
    // history that slips in behind the collector's back is no part of it
    const late = { event_id: TOO_LATE, occurred_at: COMPANY_START, known_at: COMPANY_START, subject: 'person:p1', touch_type: 'form' }
    await pipeline.append([event('touch-recorded', late)])
    await pipeline.quiet([store])
    expect((await answersAt(instants)).filter((answer, index) => answer !== before[index])).toEqual([])
    const letters = await readDeadLetters(pipeline.log, pipeline.codec, pipeline.topics.deadLetters)
    const tooLate = letters.filter(({ origin_event_id: id }) => id === TOO_LATE)
    expect(tooLate.map(({ reason_code: code }) => code)).toEqual(['backfill_closed'])
    const redriving = { log: pipeline.log, codec: pipeline.codec, topics: pipeline.topics, now: Date.now }
    expect(await redrive(redriving, tooLate)).toEqual({ redriven: 0, unreadable: 0, waiting: 1 })

    const refused = await collector.intake.take(second.slice(0, 3), backfiller)
    expect(refused).toMatchObject({ outcome: 'taken', accepted: 0 })
    expect(refused.outcome === 'taken' ? refused.rejected.map(({ code }) => code) : []).toEqual(Array(3).fill('backfill_closed'))

    const reopened = await collector.access.openBackfill('acme', { actor: 'key:test', reason: 'the other half', reopen: true })
    expect(reopened.ok).toBe(true)
    expect(await redrive(redriving, tooLate)).toEqual({ redriven: 1, unreadable: 0, waiting: 0 })
    await collector.send(second, backfiller)
    await pipeline.quiet([store])
    const liveAgain = await goLive()
    await pipeline.quiet([store])
    await expectAsTheOracleSays(store, liveAgain, true)
    expect((await verify(store, projector, () => undefined)).filter(({ ok }) => !ok)).toEqual([])
    expect(projector.status().state).toBe('running')

    const replayed = await pipeline.openStore()
    const replaying = await pipeline.project(replayed.store, 'replay')
    await pipeline.quiet([replayed.store, store])
    await replaying.stop()
    expect(await tableDifferences(store, replayed.store)).toBe('')
  }, 240_000)
})
