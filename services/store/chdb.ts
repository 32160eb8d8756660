import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client'
import type { ChdbConnection } from 'chdb/connection'
import type { Engine, Lane } from './engine.ts'
import { StoreError } from './port.ts'
import { APPEND_SETTINGS, quoted, withSetParameters } from './statement.ts'
import { type ChdbConfig, DEFAULT_DATABASE } from './config.ts'

type Chdb = {
  readonly createChdbConnection: (options: { readonly path: string }) => ChdbConnection
  readonly drainPending: () => Promise<void>
}

const loadChdb = async (): Promise<Chdb> => {
  try {
    const [{ createChdbConnection }, { drainPending }] = await Promise.all([import('chdb/connection'), import('chdb')])
    return { createChdbConnection, drainPending }
  } catch (error) {
    throw new StoreError(
      'STORE_REJECTED',
      'the embedded engine needs the optional package chdb, which is not installed or does not load here: install it, or set ACCORD_CLICKHOUSE_URL to a ClickHouse server',
      { cause: error },
    )
  }
}

/**
 * Each connection keeps one thread of libuv's pool busy while it works, and files and name look-ups need one too, so the
 * number of read lanes follows UV_THREADPOOL_SIZE (which only counts when set before Node starts; Node's default is 4).
 */
const readLanes = (wanted: number): number => Math.max(1, Math.min(wanted, Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) - 4))

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>
type Asked = { readonly query: string; readonly clickhouse_settings?: object; readonly query_params?: object }

/** Settings and bound parameters that are passed beside a statement would stay with the connection for every later one. */
const textOnly = ({ query, clickhouse_settings = {}, query_params = {} }: Asked): { query: string } => {
  const beside = [...Object.keys(clickhouse_settings), ...Object.keys(query_params)]
  if (beside.length > 0) throw new RangeError(`over chDB settings and parameters belong into the text, got ${beside.join(', ')}`)
  return { query }
}

/** What `createClient` takes as its connection: chDB's own, for plain text. */
const textConnection = (chdb: ChdbConnection): Connection => ({
  ping: () => chdb.ping({ select: true }),
  query: params => chdb.query(textOnly(params)),
  command: params => chdb.command(textOnly(params)),
  exec: params => chdb.exec(textOnly(params)),
  insert: () => Promise.reject(new RangeError('rows go in by `rawInsert`, as bytes')),
  close: () => chdb.close(),
})

/** The same for every statement of a lane and for ever, so that no statement depends on the one before. */
const sessionSetup = (database: string): string =>
  [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `USE ${database}`,
    // parameters are part of the text here, so the text may be long
    'SET output_format_json_quote_64bit_integers = 1, output_format_json_quote_decimals = 1, max_query_size = 1073741824',
  ].join('; ')

/** From here on a detour over a file is faster (see README): the engine parses it on all cores. */
const SPOOL_BYTES = 256 * 1024

type ColumnTypes = ReadonlyMap<string, string>

/** Stores of one process may share a data directory (never two processes), so each lane has a file of its own. */
let spools = 0

/**
 * Rows by way of a file beside the database. `INSERT … FORMAT` parses on one thread and looks every cell of a LowCardinality
 * column up in its dictionary; read as plain text and cast by the column, the same rows take half the time.
 * What a killed process left of the file goes when the next one opens the directory.
 */
const spooledInsert = async (
  file: string,
  table: string,
  columns: readonly string[],
  types: ColumnTypes,
  rows: Buffer,
  run: (query: string) => Promise<unknown>,
) => {
  const structure = columns
    .map(column => `${column} ${(types.get(column) ?? 'String').replaceAll('LowCardinality(String)', 'String')}`)
    .join(', ')
  const names = columns.join(', ')
  await writeFile(file, rows, { mode: 0o600 })
  try {
    await run(
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM file(${quoted(file)}, TabSeparated, ${quoted(structure)}) SETTINGS ${APPEND_SETTINGS}, min_chunk_bytes_for_parallel_parsing = 1048576`,
    )
  } finally {
    await rm(file, { force: true })
  }
}

const openLane = async (chdb: Chdb, path: string, database: string): Promise<{ lane: Lane; client: ClickHouseClient }> => {
  const connection = chdb.createChdbConnection({ path })
  const client = createClient({ connection: textConnection(connection) })
  await client.command({ query: sessionSetup(database) })

  const bytes = async (query: string): Promise<Buffer> => {
    const { stream } = await client.exec({ query })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  spools += 1
  const spool = join(path, `landing-${spools}.tsv`)
  await rm(spool, { force: true })
  const tables = new Map<string, ColumnTypes>()
  const typesOf = async (table: string, columns: readonly string[]): Promise<ColumnTypes> => {
    const known = tables.get(table)
    if (known !== undefined && columns.every(column => known.has(column))) return known
    const text = (
      await bytes(
        `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = ${quoted(table)} FORMAT TabSeparatedRaw`,
      )
    ).toString('utf8')
    const types = new Map(
      text
        .split('\n')
        .flatMap((line): [string, string][] =>
          line === '' ? [] : [[line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]],
        ),
    )
    tables.set(table, types)
    return types
  }

  const lane: Lane = {
    query: async statement => (await bytes(`${withSetParameters(statement)}\nFORMAT JSONEachRow`)).toString('utf8'),
    // The engine's own chunks each begin with the format's header, so the answer is taken whole (its size is bounded):
    // an error then comes before the first byte, and a slow reader holds no lane.
    stream: async (statement, format) =>
      Readable.from([await bytes(`${withSetParameters(statement)}\nFORMAT ${format}`)], { objectMode: false }),
    command: async statement => {
      await client.command({ query: withSetParameters(statement) })
    },
    insert: async (table, columns, rows) => {
      const types = rows.length < SPOOL_BYTES ? undefined : await typesOf(table, columns)
      if (types !== undefined && columns.every(column => types.has(column))) {
        await spooledInsert(spool, table, columns, types, rows, query => client.command({ query }))
        return
      }
      // the client would decode the rows to a string and encode them again; this hands the bytes to the engine as they are
      await connection.chdb.rawInsert({ table, columns, values: rows, format: 'TabSeparated', settings: { optimize_on_insert: 0 } })
    },
  }
  return { lane, client }
}

/** Seven connections to one data directory, so that landing, projecting and answering do not wait for each other. */
export const openChdbEngine = async ({ path, database = DEFAULT_DATABASE, readers = 4 }: ChdbConfig): Promise<Engine> => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(database))
    throw new StoreError('STORE_REJECTED', `not a plain database name: ${JSON.stringify(database)}`)
  const chdb = await loadChdb()
  const clients: ClickHouseClient[] = []
  const close = async (): Promise<void> => {
    await Promise.all(clients.map(client => client.close()))
    await chdb.drainPending()
  }
  const open = async (): Promise<Lane> => {
    const { lane, client } = await openLane(chdb, path, database)
    clients.push(client)
    return lane
  }
  try {
    const land = [await open()]
    const project = [await open(), await open()]
    const read: Lane[] = []
    while (read.length < readLanes(readers)) read.push(await open())
    return { land, project, read, close }
  } catch (error) {
    await close()
    throw error instanceof StoreError
      ? error
      : new StoreError(
          'STORE_UNAVAILABLE',
          `the embedded engine does not open ${path}: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        )
  }
}
