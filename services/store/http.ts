import { PassThrough, Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Engine, Lane } from './engine.ts'
import { toStoreError } from './errors.ts'
import { StoreError } from './port.ts'
import { APPEND_SETTINGS, type Limits, withLongValuesInText, withSplitParameters } from './statement.ts'
import { DEFAULT_DATABASE, type HttpConfig } from './config.ts'

const LAND_CONNECTIONS = 4
/** Projections that do not need one another are computed side by side. */
const PROJECT_CONNECTIONS = 2
const ONE_DAY_MS = 86_400_000
const INSERT_SECONDS = 60
const STREAM_SECONDS = 600
/** Proxies take URLs of 8 KiB; the statement itself is in the body. */
const MAX_URL_PARAMETERS = 4096
const LONG_STATEMENT = 100_000

/** Settings of every request: what the answer looks like and what an acknowledgement means, whatever the server's profile says. */
const SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  // acknowledged = stored
  async_insert: 0,
  distributed_foreground_insert: 1,
  // the status line comes after the work: an error is never found in the body of a good answer
  wait_end_of_query: 1,
  // a question whose asker has gone is stopped
  cancel_http_readonly_queries_on_client_close: 1,
} as const

const clientOf = (config: HttpConfig, database: string, connections: number): ClickHouseClient =>
  createClient({
    url: config.url,
    username: config.username ?? 'default',
    password: config.password ?? '',
    database,
    application: 'accord',
    max_open_connections: connections,
    // every call has its own deadline; this one only ends what a deadline forgot
    request_timeout: ONE_DAY_MS,
    keep_alive: { enabled: true, idle_socket_ttl: config.idleSocketMs ?? 2000, eagerly_destroy_stale_sockets: true },
    compression: { request: config.compressRequests ?? false, response: true },
    // parameters travel in the body where the URL would become too long for the proxies in between
    use_multipart_params_auto: true,
    clickhouse_settings: { ...SETTINGS, ...config.settings },
    // failures are thrown, and logged by whoever handles them; the client's log would hold statements
    log: { level: ClickHouseLogLevel.OFF },
    ...(config.tls === undefined
      ? {}
      : {
          tls:
            config.tls.cert === undefined || config.tls.key === undefined
              ? { ca_cert: Buffer.from(config.tls.ca) }
              : { ca_cert: Buffer.from(config.tls.ca), cert: Buffer.from(config.tls.cert), key: Buffer.from(config.tls.key) },
        }),
  })

/** Runs `work` with a deadline that also covers the body of the answer. */
const withDeadline = async <Result>(seconds: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreError('STORE_UNAVAILABLE', `no answer from ClickHouse within ${seconds} s`))
      controller.abort()
    }, seconds * 1000)
  })
  const running = work(controller.signal)
  try {
    return await Promise.race([running, deadline])
  } finally {
    clearTimeout(timer)
    running.catch(() => undefined) // after the deadline its failure is of no interest
  }
}

const collect = async (stream: Readable, signal: AbortSignal): Promise<Buffer> => {
  // the client's own signal ends with the header, so a body that never comes is ended here
  const abort = (): void => void stream.destroy(new Error('aborted'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** A body where none was expected, or an exception in it, is a failure even under a good status. */
const assertNoException = (body: Buffer): void => {
  const text = body.subarray(0, 4096).toString('utf8')
  if (/Code: \d+\. DB::Exception/.test(text)) throw new Error(text)
}

/** The answer as it comes in; what goes wrong on the way arrives as a `StoreError` of the stream. */
const passOn = (body: Readable): Readable => {
  const out = new PassThrough()
  const timer = setTimeout(() => body.destroy(new Error(`the answer was not read within ${STREAM_SECONDS} s`)), STREAM_SECONDS * 1000)
  body.on('error', error => out.destroy(toStoreError(error, 'read')))
  out.on('close', () => {
    clearTimeout(timer)
    body.destroy()
  })
  body.pipe(out)
  return out
}

const openLane = (client: ClickHouseClient, graceSeconds: number): Lane => {
  const deadlineOf = (limits: Limits): number => limits.maxSeconds + graceSeconds
  return {
    query: ({ query, params }, limits) =>
      withDeadline(deadlineOf(limits), async signal => {
        const split = withSplitParameters({ query, params })
        const answer = await client.query({ query: split.query, query_params: split.params, format: 'JSONEachRow', abort_signal: signal })
        signal.addEventListener('abort', () => answer.close())
        return await answer.text()
      }),
    stream: ({ query, params }, format, limits) =>
      withDeadline(deadlineOf(limits), async signal => {
        // `query` knows no Arrow, and would cut the body into lines; `exec` sends parameters in the URL alone
        const { query: text, params: beside } = withLongValuesInText({ query, params })
        const { stream } = await client.exec({
          query: `${text}\nFORMAT ${format}`,
          query_params: beside,
          // ClickHouse parses 256 KiB of a statement unless told otherwise
          ...(text.length > LONG_STATEMENT ? { clickhouse_settings: { max_query_size: String(2 * Buffer.byteLength(text)) } } : {}),
          abort_signal: signal,
        })
        return passOn(stream)
      }),
    command: ({ query, params }, limits) =>
      withDeadline(deadlineOf(limits), async signal => {
        const split = withSplitParameters({ query, params })
        if (JSON.stringify(split.params).length > MAX_URL_PARAMETERS) {
          // only `query` can send parameters in the body; the format that it adds is allowed after INSERT … SELECT and means nothing
          const answer = await client.query({
            query: split.query,
            query_params: split.params,
            format: 'TabSeparated',
            abort_signal: signal,
          })
          signal.addEventListener('abort', () => answer.close())
          assertNoException(Buffer.from(await answer.text()))
          return
        }
        const { stream } = await client.exec({ query: split.query, query_params: split.params, abort_signal: signal })
        assertNoException(await collect(stream, signal))
      }),
    insert: (table, columns, rows) =>
      withDeadline(INSERT_SECONDS + graceSeconds, async signal => {
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} (${columns.join(', ')}) SETTINGS ${APPEND_SETTINGS} FORMAT TabSeparated`,
          values: Readable.from([rows], { objectMode: false }),
          abort_signal: signal,
        })
        assertNoException(await collect(stream, signal))
      }),
  }
}

/** One client per lane kind, so that a burst of questions takes no connection from landing. */
export const openHttpEngine = (config: HttpConfig): Engine => {
  const database = config.database ?? DEFAULT_DATABASE
  const readers = config.readers ?? 8
  const graceSeconds = config.graceSeconds ?? 10
  const landClient = clientOf(config, database, LAND_CONNECTIONS)
  const projectClient = clientOf(config, database, PROJECT_CONNECTIONS)
  const readClient = clientOf(config, database, readers)
  const lanesOf = (client: ClickHouseClient, count: number): readonly Lane[] =>
    Array.from({ length: count }, () => openLane(client, graceSeconds))
  return {
    land: lanesOf(landClient, LAND_CONNECTIONS),
    project: lanesOf(projectClient, PROJECT_CONNECTIONS),
    read: lanesOf(readClient, readers),
    close: async () => {
      await Promise.all([landClient.close(), projectClient.close(), readClient.close()])
    },
  }
}

/**
 * Creates the database on a server (`ON CLUSTER` when a cluster is named), which the store's own connections can't, since
 * they already speak to it. Safe twice and by many at once.
 */
export const createDatabase = async (config: HttpConfig, cluster?: string): Promise<void> => {
  const database = config.database ?? DEFAULT_DATABASE
  const client = clientOf(config, 'default', 1)
  try {
    await openLane(client, config.graceSeconds ?? 10).command(
      { query: `CREATE DATABASE IF NOT EXISTS ${database}${cluster === undefined ? '' : ` ON CLUSTER '${cluster}'`}`, params: {} },
      { maxSeconds: 60, maxMemoryBytes: 0 },
    )
  } catch (error) {
    throw toStoreError(error, 'write')
  } finally {
    await client.close()
  }
}
