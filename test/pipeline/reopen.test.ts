import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readOrCreateSecretFile } from '../../services/access/secrets.ts'
import type { HttpApp } from '../../services/http/app.ts'
import { readProgress } from '../../services/projector/step.ts'
import type { HttpConfig } from '../../services/store/config.ts'
import { type AccordProcess, accordProcess } from '../support/accord-process.ts'
import { type Clickhouse, startClickhouse, type TestStore } from '../support/clickhouse.ts'
import { type Collector, openCollector } from '../support/collector-in-process.ts'
import { type Dice, diceOf } from '../support/dice.ts'
import { openApi } from '../support/figure-api.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline, SESSION_MS } from '../support/pipeline.ts'
import { createTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const SEED = Number(process.env['ACCORD_TEST_SEED'] ?? Date.now() % 1_000_000)
/** Events a second, and for how long. */
const RATE = 2000
const SECONDS = { one: 7, killed: 5, three: 4 }
const TICK_MS = 100
/** Fewer live answers than this show nothing. */
const MIN_ANSWERS = 3
/** Of the live answers so many are asked again at the end, and from scratch. */
const REOPENED = 9
/** How many ask at a time. */
const ASKERS = 4
/** Deals and accounts that questions are about. */
const ASKED_DEALS = 40
const ASKED_ACCOUNTS = 100
const WORLD = { accounts: 300, persons: 1500, cookies: 6000, mix: 'calm' } as const

let kafka: Kafka
let clickhouse: Clickhouse
let folder: string
let pipeline: Pipeline
let store: TestStore<HttpConfig>
let collector: Collector
const processes: AccordProcess[] = []

beforeAll(async () => {
  process.stderr.write(`reopen: seed ${SEED} (ACCORD_TEST_SEED sets it)\n`)
  folder = await mkdtemp(join(tmpdir(), 'accord-reopen-'))
  kafka = await startKafka()
  clickhouse = await startClickhouse()
})
afterEach(async () => {
  for (const one of processes.splice(0)) await one.stop()
  await collector.close()
  await pipeline.close()
})
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
})

const projector = async (): Promise<AccordProcess> => {
  const made = await accordProcess({
    args: ['project'],
    env: {
      ACCORD_KAFKA_BROKERS: kafka.brokers.join(','),
      ACCORD_KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
      ACCORD_TOPIC_PREFIX: pipeline.prefix,
      ACCORD_CLICKHOUSE_URL: clickhouse.url,
      ACCORD_CLICKHOUSE_DATABASE: store.config.database ?? '',
      ACCORD_SECRET_FILE: join(folder, 'secrets.json'),
      ACCORD_PORT: '0',
    },
    ready: /lands and projects/,
  })
  processes.push(made)
  await made.start()
  return made
}

/** Sends at the rate for so long, on time as well as it can; resolves with how many events were taken. */
const send = async (seconds: number, seed: number): Promise<number> => {
  const caller = await collector.caller(['ingest'])
  const traffic = createTraffic({ seed, now: Date.now, ...WORLD })
  const perTick = (RATE * TICK_MS) / 1000
  const began = performance.now()
  let count = 0
  for (let tick = 0; tick * TICK_MS < seconds * 1000; tick += 1) {
    await wait(Math.max(0, tick * TICK_MS - (performance.now() - began)))
    await collector.send(traffic.next(perTick), caller)
    count += perTick
  }
  return count
}

type Opened = { readonly url: string; readonly asOf: string; readonly body: string }

const question = (dice: Dice): string =>
  dice.pick([
    '/v1/attribution?by=channel',
    '/v1/attribution?by=channel&model=first&basis=revenue',
    '/v1/attribution?by=campaign&model=last',
    '/v1/funnel/stages',
    '/v1/funnel/conversion',
    `/v1/deals/d${dice.between(1, ASKED_DEALS)}/credit?model=w-shaped`,
    `/v1/accounts/a${dice.between(1, ASKED_ACCOUNTS)}/journey`,
  ])

const get = (app: HttpApp, url: string) => app.inject({ url, headers: { authorization: 'Bearer reader' } })
const AsOf = z.object({ as_of: z.string() })

/** Null where there is nothing to answer yet. */
const ask = async (app: HttpApp, url: string): Promise<Opened | null> => {
  const answer = await get(app, url)
  // a deal that is not known yet; nothing projected yet; the store is busy
  if (answer.statusCode === 404 || answer.statusCode === 503) return null
  expect(answer.statusCode, `${url}: ${answer.body.slice(0, 500)}`).toBe(200)
  return { url, asOf: AsOf.parse(answer.json()).as_of, body: answer.body }
}

/** Those of the answers that other bytes come for, asked with their as_of. */
const changed = async (app: HttpApp, answers: readonly Opened[]): Promise<readonly unknown[]> => {
  const found: unknown[] = []
  for (const { url, asOf, body } of answers) {
    const again = await get(app, `${url}${url.includes('?') ? '&' : '?'}as_of=${asOf}`)
    if (again.body !== body) found.push({ url, asOf, live: body.slice(0, 1500), again: again.body.slice(0, 1500) })
  }
  return found
}

type Law = { readonly seconds: number; readonly seed: number; readonly meanwhile: () => Promise<void> }

type Changed = { readonly soon: readonly unknown[]; readonly later: readonly unknown[]; readonly fromScratch: readonly unknown[] }
const NOTHING: Changed = { soon: [], later: [], fromScratch: [] }

/** Answers are taken live while events come in, asked again soon, at the end, and of a store that was built from the log alone: what differs then. */
const changedAnswers = async ({ seconds, seed, meanwhile }: Law): Promise<Changed> => {
  const dice = diceOf(seed)
  const app = await openApi(store.store, Date.now)
  const answers: Opened[] = []
  const soon: unknown[] = []
  const lags: number[] = []
  let going = true
  const asking = async (): Promise<void> => {
    await until('something is projected', async () => !going || (await readProgress(store.store)).projected_to > 0, 60_000)
    while (going) {
      await wait(dice.between(0, 200))
      const answer = await ask(app, question(dice))
      if (answer === null) continue
      lags.push(Date.now() - Date.parse(answer.asOf))
      answers.push(answer)
      const earlier = dice.pick(answers)
      soon.push(...(await changed(app, [earlier])))
    }
  }
  const began = performance.now()
  const sent = send(seconds, seed).then(taken => ({ taken, ms: performance.now() - began }))
  // steps that catch up are as good a moment as any
  const settled = Promise.all([sent, meanwhile()])
    .then(() => pipeline.quiet([store.store], 120_000))
    .finally(() => {
      going = false
    })
  const [count] = await Promise.all([sent, settled, ...Array.from({ length: ASKERS }, asking)])
  const settledMs = performance.now() - began
  lags.sort((a, b) => a - b)
  process.stderr.write(
    `reopen: ${count.taken} events in ${(count.ms / 1000).toFixed(1)} s, all projected after ${(settledMs / 1000).toFixed(1)} s, ${answers.length} live answers, as_of behind the clock: median ${lags[lags.length >> 1]} ms, most ${lags.at(-1)} ms\n`,
  )
  expect(answers.length).toBeGreaterThan(MIN_ANSWERS)
  // spread over the whole time: a question of the past takes a second, and hundreds would say no more
  const every = Math.ceil(answers.length / REOPENED)
  const chosen = answers.filter((_, index) => index % every === 0)
  const later = await changed(app, chosen)
  const fresh = await pipeline.openStore()
  const replaying = await pipeline.project(fresh.store, 'replay')
  await pipeline.quiet([fresh.store], 120_000)
  await replaying.stop()
  const scratch = await openApi(fresh.store, Date.now)
  const fromScratch = await changed(scratch, chosen)
  await app.close()
  await scratch.close()
  return { soon, later, fromScratch }
}

const prepare = async (name: string): Promise<void> => {
  readOrCreateSecretFile(join(folder, 'secrets.json'))
  pipeline = await createPipeline({ kafka, clickhouse }, name)
  store = await pipeline.openStore()
  collector = await openCollector(pipeline)
  // no service starts where nobody could log in
  await collector.caller(['read'])
}

describe(`every live answer re-opens to the same bytes, at ${RATE} events a second`, () => {
  it('with one projector', async () => {
    await prepare('reopen')
    await projector()
    expect(await changedAnswers({ seconds: SECONDS.one, seed: SEED, meanwhile: async () => undefined })).toEqual(NOTHING)
  }, 300_000)

  it('with a projector that is killed again and again', async () => {
    await prepare('reopen-killed')
    const projecting = await projector()
    const dice = diceOf(SEED)
    let over = false
    const timer = setTimeout(() => (over = true), SECONDS.killed * 1000)
    const found = await changedAnswers({
      seconds: SECONDS.killed,
      seed: SEED + 1,
      meanwhile: async () => {
        while (!over) {
          const before = (await readProgress(store.store)).projected_to
          await until('a step is done', async () => (await readProgress(store.store)).projected_to > before + 500)
          await wait(dice.between(0, 1000))
          await projecting.kill()
          await projecting.start()
        }
      },
    })
    clearTimeout(timer)
    expect(found).toEqual(NOTHING)
  }, 300_000)

  it('with three projectors, of which now one and now another projects', async () => {
    await prepare('reopen-three')
    const three = [await projector(), await projector(), await projector()]
    const dice = diceOf(SEED)
    let over = false
    const timer = setTimeout(() => (over = true), SECONDS.three * 1000)
    const found = await changedAnswers({
      seconds: SECONDS.three,
      seed: SEED + 2,
      meanwhile: async () => {
        while (!over) {
          const one = dice.pick(three)
          await wait(dice.between(500, 2000))
          expect(await one.terminate()).toBe(0)
          await one.start()
        }
      },
    })
    clearTimeout(timer)
    expect(found).toEqual(NOTHING)
  }, 300_000)
})
