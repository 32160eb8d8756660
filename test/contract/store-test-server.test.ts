import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickhouseProcess, startLocalClickhouse } from '../support/clickhouse-local.ts'

type Body = string | FormData | Uint8Array<ArrayBuffer>

/** More than the server has connections, so that each of them has its turn. */
const MORE_THAN_CONNECTIONS = 25

describe('the local test server speaks as ClickHouse does', () => {
  let server: ClickhouseProcess
  beforeAll(async () => {
    server = await startLocalClickhouse()
  }, 60_000)
  afterAll(async () => {
    await server.stop()
  })

  type Asked = {
    readonly parameters?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Body
  }
  const ask = ({ parameters = {}, headers = {}, body = '' }: Asked): Promise<Response> =>
    fetch(`${server.url}/?${new URLSearchParams(parameters).toString()}`, { method: 'POST', headers, body })
  const query = async (text: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> => {
    const response = await ask({ parameters, body: text })
    const answer = await response.text()
    if (!response.ok) throw new Error(answer)
    return answer
  }

  const insert = (format: string, body: Body, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    ask({ parameters: { query: `INSERT INTO rows (a, b) SETTINGS optimize_on_insert = 0 FORMAT ${format}` }, headers, body })

  it('answers a ping', async () => {
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n')
  })

  it('takes the statement from the body, and the format from the statement or the request', async () => {
    expect(await query("SELECT 1 AS a, 'x' AS b")).toBe('1\tx\n')
    expect(await query('SELECT 1 AS a FORMAT JSONEachRow')).toBe('{"a":1}\n')
    expect(await query('SELECT 1 AS a', { default_format: 'CSVWithNames' })).toBe('"a"\n1\n')
  })

  it('binds parameters by type, from the URL and from a form', async () => {
    expect(await query('SELECT {a:Array(String)}, {n:UInt64}', { param_a: "['x','it\\'s']", param_n: '18446744073709551615' })).toBe(
      "['x','it\\'s']\t18446744073709551615\n",
    )
    const form = new FormData()
    form.set('query', 'SELECT length({a:Array(String)})')
    form.set('param_a', `[${Array.from({ length: 9000 }, () => "'x'").join(',')}]`)
    expect(await (await ask({ body: form })).text()).toBe('9000\n')
  })

  it('knows a parameter that was not given, also when an earlier request gave it', async () => {
    for (let n = 0; n < MORE_THAN_CONNECTIONS; n += 1) await query('SELECT {a:String}', { param_a: 'x' })
    const response = await ask({ body: 'SELECT {a:String}' })
    expect(response.headers.get('X-ClickHouse-Exception-Code')).toBe('456')
  })

  it('refuses fields and URLs as long as a server refuses them', async () => {
    const form = new FormData()
    form.set('query', 'SELECT {a:String}')
    form.set('param_a', 'x'.repeat(128 * 1024 + 1))
    expect((await ask({ body: form })).status).toBe(500)
    expect((await ask({ parameters: { param_a: 'x'.repeat(2 ** 20) }, body: 'SELECT 1' })).status).toBe(414)
  })

  it('applies settings to one request and takes them back, also when it failed', async () => {
    for (let n = 0; n < MORE_THAN_CONNECTIONS; n += 1) {
      await expect(
        query('SELECT number FROM numbers(5)', { max_result_rows: '2', result_overflow_mode: 'throw', readonly: '1' }),
      ).rejects.toThrow('Code: ')
      expect(await query('SELECT 1', { max_result_rows: '2' })).toBe('1\n')
    }
    const answers = await Promise.all(
      Array.from({ length: MORE_THAN_CONNECTIONS }, () => query('SELECT count() FROM (SELECT number FROM numbers(5))')),
    )
    expect(new Set(answers)).toEqual(new Set(['5\n']))
    expect(await query('CREATE TABLE IF NOT EXISTS written (a UInt8) ENGINE = Memory')).toBe('')
  })

  it('uses the database of the request, and says when there is none of that name', async () => {
    await query('CREATE DATABASE IF NOT EXISTS other')
    expect(await query('SELECT currentDatabase()', { database: 'other' })).toBe('other\n')
    expect(await query('SELECT currentDatabase()')).toBe('default\n')
    const response = await ask({ parameters: { database: 'nowhere' }, body: 'SELECT 1' })
    expect([response.status, response.headers.get('X-ClickHouse-Exception-Code')]).toEqual([404, '81'])
  })

  it('says errors by status, header and text', async () => {
    const response = await ask({ body: 'SELECT * FROM nothing' })
    expect([response.status, response.headers.get('X-ClickHouse-Exception-Code')]).toEqual([404, '60'])
    expect(await response.text()).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)/s)
  })

  it('takes rows as tab-separated text, JSON lines and CSV, and says how many', async () => {
    await query('CREATE TABLE rows (a UInt64, b String) ENGINE = MergeTree ORDER BY a')
    const first = await insert('TabSeparated', '1\tone\\n\n2\ttwo\n')
    expect(JSON.parse(first.headers.get('X-ClickHouse-Summary') ?? '')).toMatchObject({ written_rows: '2' })
    await insert('JSONEachRow', '{"a":"3","b":"three"}\n')
    await insert('CSV', new Uint8Array(gzipSync('4,"fo""ur"\n')), { 'Content-Encoding': 'gzip' })
    expect(await query('SELECT a, b FROM rows ORDER BY a FORMAT JSONCompactEachRow')).toBe(
      '[1, "one\\n"]\n[2, "two"]\n[3, "three"]\n[4, "fo\\"ur"]\n',
    )
    expect((await insert('TabSeparated', 'x\ty\n')).headers.get('X-ClickHouse-Exception-Code')).toBe('27')
    expect((await insert('RowBinary', 'x')).status).toBe(501)
  })

  it('compresses when it is asked to', async () => {
    const parameters = { enable_http_compression: '1' }
    const zipped = await ask({ parameters, headers: { 'Accept-Encoding': 'gzip' }, body: 'SELECT 1' })
    expect(zipped.headers.get('Content-Encoding')).toBe('gzip')
    expect(await zipped.text()).toBe('1\n')
    const plain = await ask({ parameters, headers: { 'Accept-Encoding': 'identity' }, body: 'SELECT 1' })
    expect(plain.headers.get('Content-Encoding')).toBeNull()
  })

  it.each([
    { format: 'Parquet', magic: 'PAR1' },
    { format: 'Arrow', magic: 'ARROW1' },
  ])('writes $format', async ({ format, magic }) => {
    const bytes = Buffer.from(await (await ask({ body: `SELECT number FROM numbers(3) FORMAT ${format}` })).arrayBuffer())
    expect(bytes.subarray(0, magic.length).toString()).toBe(magic)
    expect(bytes.subarray(-magic.length).toString()).toBe(magic)
  })

  it('is itself again after it was killed, with its data', async () => {
    await query('CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a')
    await ask({ parameters: { query: 'INSERT INTO kept (a) FORMAT TabSeparated' }, body: '1\n' })
    await server.kill()
    await expect(query('SELECT 1')).rejects.toThrow('fetch failed')
    await server.restart()
    expect(await query('SELECT a FROM kept')).toBe('1\n')
  })
})
