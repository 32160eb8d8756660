import { promisify } from 'node:util'
import { brotliDecompress, gunzip, gzip, zstdDecompress } from 'node:zlib'
import { type ChdbResult, type RawInsertFormat, Session } from 'chdb'
import type { HttpAnswer, HttpAsked } from './http-faults.ts'

/**
 * ClickHouse's HTTP interface over a pool of chDB connections: what `@clickhouse/client` says and hears, with the real engine
 * behind it. Answers are made whole before the status line, as a server does with `wait_end_of_query=1`. Not here: users,
 * sessions, roles, progress in headers, inserts in binary formats, cancelling.
 */
export type ClickhouseProtocol = { readonly handle: (asked: HttpAsked) => Promise<HttpAnswer>; readonly close: () => Promise<void> }

/** URL parameters that are no settings. */
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'default_format',
  'role',
  'user',
  'password',
  'quota_key',
  'compress',
  'decompress',
  'enable_http_compression',
  'http_zlib_compression_level',
  'wait_end_of_query',
  'buffer_size',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'cancel_http_readonly_queries_on_client_close',
]) // prettier-ignore

/** A server's own limits: `http_max_uri_size` and `http_max_field_value_size`. */
const MAX_URI = 2 ** 20
const MAX_FIELD = 128 * 1024

class ProtocolError extends Error {
  readonly status: number
  readonly clickhouseCode: number
  constructor(status: number, clickhouseCode: number, message: string) {
    super(`Code: ${clickhouseCode}. DB::Exception: ${message}`)
    this.status = status
    this.clickhouseCode = clickhouseCode
  }
}

type Statement = {
  readonly query: string
  /** Rows of an insert, apart from the statement. */
  readonly data: Buffer | null
  readonly database: string
  readonly format: string
  readonly parameters: ReadonlyMap<string, string>
  readonly settings: ReadonlyMap<string, string>
}

const decoded = async ({ headers, body }: HttpAsked): Promise<Buffer> => {
  switch (headers['content-encoding'] ?? 'identity') {
    case 'gzip':
      return await promisify(gunzip)(body)
    case 'zstd':
      return await promisify(zstdDecompress)(body)
    case 'br':
      return await promisify(brotliDecompress)(body)
    default:
      return body
  }
}

const multipartFields = async (contentType: string, body: Buffer): Promise<[string, string][]> => {
  const form = await new Response(new Uint8Array(body), { headers: { 'Content-Type': contentType } }).formData()
  return [...form].map(([name, value]) => {
    if (typeof value !== 'string') throw new ProtocolError(400, 36, `part ${name} is a file`)
    if (Buffer.byteLength(value) > MAX_FIELD) throw new ProtocolError(500, 1000, `Field value too long: ${name}. (POCO_EXCEPTION)`)
    return [name, value]
  })
}

const statementOf = async (asked: HttpAsked): Promise<Statement> => {
  if (Buffer.byteLength(asked.url) > MAX_URI) throw new ProtocolError(414, 1000, 'URI too long. (POCO_EXCEPTION)')
  const url = new URL(asked.url, 'http://localhost')
  const contentType = asked.headers['content-type'] ?? ''
  const raw = await decoded(asked)
  const isForm = contentType.startsWith('multipart/form-data')
  const fields = new Map([...url.searchParams, ...(isForm ? await multipartFields(contentType, raw) : [])])
  const body = isForm ? Buffer.alloc(0) : raw
  const inUrl = fields.get('query')
  const isInsert = inUrl !== undefined && /^\s*INSERT\b/i.test(inUrl)
  const query = inUrl === undefined || !isInsert ? `${inUrl ?? ''}\n${body.toString('utf8')}`.trim() : inUrl
  const entries = [...fields]
  return {
    query,
    data: isInsert && body.length > 0 ? body : null,
    database: fields.get('database') ?? 'default',
    format: fields.get('default_format') ?? 'TabSeparated',
    parameters: new Map(entries.flatMap(([name, value]): [string, string][] => (name.startsWith('param_') ? [[name, value]] : []))),
    settings: new Map(entries.filter(([name]) => !name.startsWith('param_') && !NOT_SETTINGS.has(name))),
  }
}

const literal = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- NUL would end the text where it passes through C
  `'${text.replace(/[\\'\0]/g, character => (character === '\0' ? '\\0' : `\\${character}`))}'`

const INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?(?<table>[\w.`]+)\s*(?:\((?<columns>[^)]*)\))?\s*(?:SETTINGS\s+(?<settings>[\s\S]*?))?\s*FORMAT\s+(?<format>\w+)\s*;?\s*$/i

const rawFormatOf = (name: string): RawInsertFormat => {
  switch (name) {
    case 'TabSeparated':
    case 'TSV':
    case 'TabSeparatedWithNames':
    case 'TSVWithNames':
    case 'JSONEachRow':
    case 'JSONCompactEachRow':
    case 'CSV':
    case 'CSVWithNames':
      return name
    default:
      throw new ProtocolError(501, 48, `inserts in format ${name} are not supported here. (NOT_IMPLEMENTED)`)
  }
}

const insertRows = async (session: Session, query: string, data: Buffer): Promise<number> => {
  const groups = INSERT.exec(query)?.groups
  if (groups === undefined)
    throw new ProtocolError(400, 62, 'INSERT with data is understood as INSERT INTO t (…) [SETTINGS …] FORMAT … only. (SYNTAX_ERROR)')
  const names = (groups['columns'] ?? '')
    .replaceAll('`', '')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  const settings = (groups['settings'] ?? '').split(',').flatMap((setting): [string, string][] => {
    const [name = '', value = ''] = setting.split('=').map(side => side.trim())
    return name === '' ? [] : [[name, value.replaceAll("'", '')]]
  })
  const written = await session.insert({
    table: (groups['table'] ?? '').replaceAll('`', ''),
    values: data,
    format: rawFormatOf(groups['format'] ?? ''),
    ...(names.length === 0 ? {} : { columns: names }),
    settings: Object.fromEntries(settings),
  })
  return written.rowsWritten
}

/** Placeholders that no parameter fills: a connection would take the value that an earlier statement left. */
const assertAllGiven = ({ query, parameters }: Statement): void => {
  const bare = query.replace(/'(?:\\[\s\S]|''|[^'\\])*'|--[^\n]*/g, '')
  for (const [, name = ''] of bare.matchAll(/\{(\w+):/g)) {
    if (!parameters.has(`param_${name}`))
      throw new ProtocolError(404, 456, `Substitution \`${name}\` is not set. (UNKNOWN_QUERY_PARAMETER)`)
  }
}

type Done = {
  readonly output: Buffer
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly seconds: number
}

const bytesOf = (result: ChdbResult): Buffer => {
  const bytes = result.bytes()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A connection, and what earlier statements left on it. */
type Connected = { readonly session: Session; database: string; settings: ReadonlyMap<string, string> }

/** What has to be said before the statement, so that it finds its database and settings and none of an earlier statement's. */
const preparation = ({ database, settings }: Connected, statement: Statement): string => {
  const left = [...settings.keys()].filter(name => !statement.settings.has(name)).map(name => `${name} = DEFAULT`)
  const changed = [...statement.settings].filter(([name, value]) => settings.get(name) !== value)
  const sets = [...left, ...[...changed, ...statement.parameters].map(([name, value]) => `${name} = ${literal(value)}`)]
  return [
    ...(statement.database === database ? [] : [`USE ${statement.database.replace(/[^\w]/g, '')}`]),
    ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
  ].join('; ')
}

/** Runs one statement with its database, settings and parameters, and none of the statements before it. */
const run = async (connected: Connected, statement: Statement): Promise<Done> => {
  assertAllGiven(statement)
  const { session } = connected
  const before = preparation(connected, statement)
  // should it fail half-way, every one of them is said again, or taken back, by the next
  connected.database = ''
  connected.settings = new Map([...connected.settings.keys(), ...statement.settings.keys()].map(name => [name, '\0']))
  if (before !== '') await session.queryAsync(before)
  connected.database = statement.database
  connected.settings = statement.settings
  if (statement.data !== null) {
    const rowsWritten = await insertRows(session, statement.query, statement.data)
    return { output: Buffer.alloc(0), rowsRead: 0, bytesRead: 0, rowsWritten, seconds: 0 }
  }
  const result = await session.queryAsync(statement.query, { format: statement.format })
  return { output: bytesOf(result), rowsRead: result.rowsRead, bytesRead: result.bytesRead, rowsWritten: 0, seconds: result.elapsed }
}

/** As ClickHouse's `exceptionCodeToHTTPStatus`, for the codes that occur. */
const statusOf = (code: number): number => {
  if ([60, 81, 36, 456].includes(code)) return 404
  if ([6, 26, 27, 38, 41, 43, 47, 53, 62, 115, 117, 130, 72].includes(code)) return 400
  if (code === 241) return 507
  if (code === 159) return 408
  return 500
}

const failure = (error: unknown): HttpAnswer => {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'clickhouseCode' in error && typeof error.clickhouseCode === 'number' ? error.clickhouseCode : 1002
  return {
    status: error instanceof ProtocolError ? error.status : statusOf(code),
    headers: { 'Content-Type': 'text/plain; charset=UTF-8', 'X-ClickHouse-Exception-Code': String(code) },
    body: Buffer.from(`${message}\n`),
  }
}

const success = async (asked: HttpAsked, statement: Statement, done: Done): Promise<HttpAnswer> => {
  const url = new URL(asked.url, 'http://localhost')
  const summary = {
    read_rows: done.rowsRead,
    read_bytes: done.bytesRead,
    written_rows: done.rowsWritten,
    written_bytes: statement.data?.length ?? 0,
    total_rows_to_read: 0,
    result_rows: 0,
    result_bytes: done.output.length,
    elapsed_ns: Math.round(done.seconds * 1e9),
  }
  const headers: Record<string, string> = {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Query-Id': url.searchParams.get('query_id') ?? '',
    'X-ClickHouse-Format': /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(statement.query)?.[1] ?? statement.format,
    'X-ClickHouse-Timezone': 'UTC',
    'X-ClickHouse-Summary': JSON.stringify(Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, String(value)]))),
  }
  const wantsGzip = url.searchParams.get('enable_http_compression') === '1' && /\bgzip\b/.test(asked.headers['accept-encoding'] ?? '')
  if (!wantsGzip) return { status: 200, headers, body: done.output }
  return { status: 200, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: await promisify(gzip)(done.output, { level: 1 }) }
}

/** Opens `connections` sessions on one data directory; further statements wait for one. */
export const clickhouseProtocol = (path: string, connections: number): ClickhouseProtocol => {
  const sessions = Array.from({ length: connections }, () => new Session(path))
  for (const session of sessions) session.query('SET max_query_size = 1073741824')
  const free = sessions.map((session): Connected => ({ session, database: '', settings: new Map() }))
  const waiting: ((connected: Connected) => void)[] = []
  const onConnection = async <Result>(work: (connected: Connected) => Promise<Result>): Promise<Result> => {
    const connected = free.pop() ?? (await new Promise<Connected>(resolve => waiting.push(resolve)))
    try {
      return await work(connected)
    } finally {
      const next = waiting.shift()
      if (next === undefined) free.push(connected)
      else next(connected)
    }
  }
  return {
    handle: async asked => {
      if (asked.url === '/ping') return { status: 200, headers: {}, body: Buffer.from('Ok.\n') }
      try {
        const statement = await statementOf(asked)
        return await success(asked, statement, await onConnection(connected => run(connected, statement)))
      } catch (error) {
        return failure(error)
      }
    },
    close: async () => {
      for (const session of sessions) session.close()
    },
  }
}
