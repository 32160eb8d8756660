import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../services/store/port.ts'
import type { ChdbConfig, HttpConfig } from '../../services/store/config.ts'
import { createStore, ensureDatabase } from '../../services/store/store.ts'
import { startDockerClickhouse } from './clickhouse-docker.ts'
import { type ClickhouseProcess, startLocalClickhouse } from './clickhouse-local.ts'
import { type Fault, faultyServer, type HttpAnswer, type HttpAsked, listenLocally } from './http-faults.ts'
import { dockerAnswers } from './kafka-docker.ts'

export type Clickhouse = {
  readonly url: string
  readonly kind: 'env' | 'docker' | 'local'
  /** Makes it misbehave from now on; `{ mode: 'none' }` ends it. Not for the server of the environment unless through `url`. */
  readonly fault: (fault: Fault) => Promise<void>
  /** How many requests the fault has hit since it was set. */
  readonly faultHits: () => Promise<number>
  /** `kill -9`; the data stay. */
  readonly kill: () => Promise<void>
  /** Stops it when it runs, starts it with its data on the same port, resolves when it listens. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Passes a request on as it is and brings the whole answer back. */
const forwarder =
  (upstream: string) =>
  (asked: HttpAsked): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const { host: _host, 'content-length': _length, 'transfer-encoding': _encoding, connection: _connection, ...headers } = asked.headers
      const onward = request(
        new URL(asked.url, upstream),
        { method: asked.method, headers: { ...headers, 'content-length': asked.body.length } },
        answer => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const kept = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
              value === undefined || ['content-length', 'transfer-encoding', 'connection', 'keep-alive'].includes(name)
                ? []
                : [[name, String(value)]],
            )
            resolve({ status: answer.statusCode ?? 502, headers: Object.fromEntries(kept), body: Buffer.concat(chunks) })
          })
        },
      )
      onward.on('error', reject)
      onward.end(asked.body)
    })

/** Faults in front of a server that has none of its own. */
const behindFaults = async (kind: 'env' | 'docker', server: ClickhouseProcess): Promise<Clickhouse> => {
  const proxy = faultyServer(forwarder(server.url))
  const url = `http://127.0.0.1:${await listenLocally(proxy.server, 0)}`
  return {
    ...withControl(kind, url, server),
    stop: async () => {
      proxy.server.closeAllConnections()
      proxy.server.close()
      await server.stop()
    },
  }
}

const withControl = (kind: Clickhouse['kind'], url: string, server: ClickhouseProcess): Clickhouse => ({
  url,
  kind,
  fault: async fault => {
    const answer = await fetch(`${url}/__fault`, { method: 'POST', body: JSON.stringify(fault) })
    if (!answer.ok) throw new Error(`the fault was refused: ${await answer.text()}`)
  },
  faultHits: async () => {
    const answer: unknown = await (await fetch(`${url}/__fault`)).json()
    if (typeof answer === 'object' && answer !== null && 'hits' in answer && typeof answer.hits === 'number') return answer.hits
    throw new Error('no count of hits')
  },
  kill: server.kill,
  restart: server.restart,
  stop: server.stop,
})

const notOurs = (): Promise<never> =>
  Promise.reject(new Error('the server of ACCORD_TEST_CLICKHOUSE_URL is not ours to stop; ask for an own one'))

const outside = (url: string): ClickhouseProcess => ({ url, kill: notOurs, restart: notOurs, stop: () => Promise.resolve() })

const pick = async (own: boolean): Promise<Clickhouse> => {
  const given = process.env['ACCORD_TEST_CLICKHOUSE_URL']
  if (given !== undefined && given !== '' && !own) return await behindFaults('env', outside(given))
  if (await dockerAnswers()) return await behindFaults('docker', await startDockerClickhouse())
  const local = await startLocalClickhouse()
  return withControl('local', local.url, local)
}

/**
 * A ClickHouse server: that of `ACCORD_TEST_CLICKHOUSE_URL` (unless it must be `own`, to be killed), else one in Docker, else
 * the local test server over chDB. Rejects with the missing piece named. Says on standard error which kind it picked.
 */
export const startClickhouse = async ({ own = false }: { readonly own?: boolean } = {}): Promise<Clickhouse> => {
  const clickhouse = await pick(own)
  process.stderr.write(`ClickHouse for tests: ${clickhouse.kind}, ${clickhouse.url}\n`)
  return clickhouse
}

export type TestStore<Config> = { readonly store: Store; readonly config: Config; readonly close: () => Promise<void> }

const uniqueDatabase = (): string => `test_${randomBytes(6).toString('hex')}`

/** A store over HTTP with a database of its own. */
export const openHttpTestStore = async (
  clickhouse: Pick<Clickhouse, 'url'>,
  options: Partial<HttpConfig> = {},
): Promise<TestStore<HttpConfig>> => {
  const config: HttpConfig = { kind: 'http', url: clickhouse.url, database: uniqueDatabase(), ...options }
  await ensureDatabase(config)
  const store = await createStore(config)
  return { store, config, close: () => store.close() }
}

// chDB opens one data directory per process (a second is refused), so all stores of this process share one and have a
// database each. It goes with the last of them.
let shared: Promise<string> | undefined
let users = 0

/** A store over chDB in this process, with a database of its own. */
export const openTestStore = async (options: Partial<ChdbConfig> = {}): Promise<TestStore<ChdbConfig>> => {
  users += 1
  shared ??= mkdtemp(join(tmpdir(), 'accord-chdb-'))
  const path = await shared
  const config: ChdbConfig = { kind: 'chdb', path, database: uniqueDatabase(), ...options }
  const store = await createStore(config)
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await store.close()
    users -= 1
    if (users > 0) return
    shared = undefined
    await rm(path, { recursive: true, force: true })
  }
  return { store, config, close: () => (closed ??= close()) }
}
