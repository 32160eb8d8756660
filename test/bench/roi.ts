import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import type { Caller } from '../../services/access/caller.ts'
import { createApi } from '../../services/api/api.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { attributionExcluded, attributionFigure, type AttributionQuestion } from '../../services/domain/figures/attribution.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { spendFigure } from '../../services/domain/figures/spend.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { createHttpApp } from '../../services/http/app.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import type { Store } from '../../services/store/port.ts'
import { createStore } from '../../services/store/store.ts'
import { diceOf } from '../support/dice.ts'
import { until } from '../support/until.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, percentile, rounded, say } from './report.ts'

const ROOT = join(import.meta.dirname, '../..')
const TENANT = 'demo'
const CLIENTS = 50
const RATE = 50

/** The demo company in a directory, as `npm start` makes it. */
const fill = async (dataDir: string): Promise<void> => {
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'bin/accord.mjs'), 'start', '--data-dir', dataDir, '--port', '0'], {
    env: { ...process.env, ACCORD_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const atExit = (): void => void child.kill('SIGKILL')
  process.once('exit', atExit)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  const ready = (): boolean => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}, having said:\n${said.slice(-2000)}`)
    return said.includes('Figures are ready')
  }
  await until('the demo company is there', ready, 600_000)
  process.off('exit', atExit)
  child.kill('SIGTERM')
  await exited
}

type Asked = { readonly url: string; readonly question: AttributionQuestion }

/** Questions as people ask them of a board: by what, over which months, under which model, in which scope; the same for the same seed. */
const questions = (count: number, seed: number): readonly Asked[] => {
  const dice = diceOf(seed)
  return Array.from({ length: count }, (): Asked => {
    const by = dice.pick([['channel'], ['campaign'], ['month'], ['channel', 'month'], ['team'], ['source', 'channel']] as const)
    const model = dice.pick(['linear', 'first', 'last'])
    const [basis, conversion] = dice.pick([
      ['revenue', 'won'],
      ['revenue', 'won'],
      ['pipeline', 'sqo'],
      ['conversions', 'sqo'],
    ] as const)
    const months = dice.between(1, 12)
    const start = dice.between(0, 17 - months)
    const day = (month: number): string =>
      new Date(Date.UTC(new Date().getUTCFullYear() - 1, new Date().getUTCMonth() - 5 + month, dice.between(1, 28)))
        .toISOString()
        .slice(0, 10)
    const [from, to] = [day(start), day(start + months)]
    const scope = dice.pick(['program', 'loaded'])
    const channel = dice.chance(20) ? dice.pick(['paid_search', 'paid_social', 'events']) : null
    const query = new URLSearchParams({ model, basis, conversion, from, to, spend_scope: scope, ...(channel === null ? {} : { channel }) })
    for (const name of by) query.append('by', name)
    return {
      url: `/v1/roi?${query.toString()}`,
      question: {
        basis,
        conversion,
        model: `${model}@1`,
        by,
        filters: channel === null ? {} : { channel: [channel] },
        dealTypes: basis === 'conversions' ? ['new-business', '(none)'] : [],
        from,
        to,
        currency: 'EUR',
        zone: 'Europe/Berlin',
      },
    }
  })
}

/** What one question costs without any of Accord around it: the statements of its two sides. */
const bareSql = async (store: Store, { question }: Asked): Promise<void> => {
  const sources = figureSources({ tenant: TENANT, asOf: Date.now(), projections: keptProjections })
  const by = question.by.filter(name => name !== 'content')
  const spend = {
    by,
    filters: question.filters,
    scope: 'program',
    from: question.from,
    to: question.to,
    currency: question.currency,
  } as const
  for (const statement of [
    attributionFigure(sources, question),
    attributionExcluded(sources, question),
    spendFigure(sources, spend, { budgets: false, definitions: shippedDefinitions }),
  ])
    await store.read(statement)
}

type Load = { readonly perSecond: number; readonly p99: number }

/** Each client asks its next question when the last was answered. */
const closedLoop = async (asked: readonly Asked[], seconds: number, ask: (question: Asked) => Promise<void>): Promise<Load> => {
  const took: number[] = []
  const end = performance.now() + seconds * 1000
  const started = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < end) {
        const question = asked[next++ % asked.length]
        if (question === undefined) return
        const began = performance.now()
        await ask(question)
        took.push(performance.now() - began)
      }
    }),
  )
  return { perSecond: (took.length * 1000) / (performance.now() - started), p99: percentile(took, 0.99) }
}

/** Asks on time whatever the answers do; a question's time is from when it was due. */
const openLoop = async (asked: readonly Asked[], seconds: number, ask: (question: Asked) => Promise<void>): Promise<readonly number[]> => {
  const took: number[] = []
  const started = performance.now()
  const under: Promise<void>[] = []
  for (let i = 0; i < seconds * RATE; i++) {
    const due = started + (i * 1000) / RATE
    await wait(Math.max(0, due - performance.now()))
    const question = asked[i % asked.length]
    if (question !== undefined) under.push(ask(question).then(() => void took.push(performance.now() - due)))
  }
  await Promise.all(under)
  return took
}

/** `/v1/roi` on the demo company, from the kept tables: closed loop against the bare SQL of the same questions, and open loop at 50 requests/s. */
export const roi = async ({ quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'accord-bench-roi-'))
  say('filling the demo company')
  await fill(dataDir)
  const store = await createStore({ kind: 'chdb', path: join(dataDir, 'chdb') })
  const reader: Caller = { tenant: TENANT, actor: 'key:bench', keyName: 'bench', scopes: ['read'], member: null }
  const app = await createHttpApp({
    access: { authenticate: async bearer => (bearer === 'bench' ? reader : null) },
    logger: pino({ level: 'silent' }),
  })
  const key = Buffer.alloc(32, 7)
  await app.register(createApi({ store, registry: createOwnRegistry(), tokenKey: () => key, now: Date.now }))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const ask = ({ url: path }: Asked): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { agent, headers: { authorization: 'Bearer bench' } }, answer => {
        answer.resume()
        answer.on('error', reject)
        answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`${path}: ${answer.statusCode}`))))
      })
      sent.on('error', reject)
      sent.end()
    })

  const seconds = quick ? 3 : 15
  const asked = questions(quick ? 200 : 3_000, 1)
  const [ours, theirs]: [Load[], Load[]] = [[], []]
  say('asking each kind of question once')
  for (const question of new Map(asked.map(each => [`${each.question.basis} ${each.question.model}`, each])).values()) {
    await ask(question)
    await bareSql(store, question)
  }
  for (let round = 1; round <= rounds; round++) {
    const sql = await closedLoop(asked, seconds, question => bareSql(store, question))
    const api = await closedLoop(asked, seconds, ask)
    ours.push(api)
    theirs.push(sql)
    say(
      `round ${round} of ${rounds}: ${CLIENTS} clients, /v1/roi ${api.perSecond.toFixed(1)} requests/s p99 ${api.p99.toFixed(0)} ms; bare SQL ${sql.perSecond.toFixed(1)} p99 ${sql.p99.toFixed(0)} ms`,
    )
  }
  const open = await openLoop(questions(quick ? 200 : 3_000, 2), quick ? 5 : 40, ask)
  const p99 = percentile(open, 0.99)
  say(
    `open loop at ${RATE} requests/s of different parameters: p50 ${percentile(open, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (goal: 100)`,
  )
  const [mine, bare] = [median(ours.map(load => load.perSecond)), median(theirs.map(load => load.perSecond))]
  say(
    `p99 of closed loop ${(median(ours.map(load => load.p99)) / median(theirs.map(load => load.p99))).toFixed(2)} of bare SQL's (goal: at most 2)`,
  )
  await app.close()
  await store.close()
  agent.destroy()
  await rm(dataDir, { recursive: true, force: true })
  return {
    bench: 'roi',
    ours: rounded(mine),
    peer: 'bare SQL of the same questions through the same connections',
    theirs: rounded(bare),
    ratio: rounded(mine / bare),
    unit: 'requests/s',
    rows: open.length,
    rss_mb: peakRssMb(),
  }
}
