import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { sql } from '../../services/domain/sql.ts'
import { type Store, StoreError } from '../../services/store/port.ts'
import type { HttpConfig } from '../../services/store/config.ts'
import { createStore } from '../../services/store/store.ts'
import { type Clickhouse, openHttpTestStore, startClickhouse } from '../support/clickhouse.ts'
import { faultyServer, type HttpAnswer, listenLocally } from '../support/http-faults.ts'

const failureOf = async (work: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof StoreError) return error
  throw error
}

describe('the store when ClickHouse is in trouble', () => {
  let clickhouse: Clickhouse
  let store: Store
  let config: HttpConfig
  let tables = 0
  beforeAll(async () => {
    clickhouse = await startClickhouse({ own: true })
    ;({ store, config } = await openHttpTestStore(clickhouse, { graceSeconds: 1 }))
  }, 120_000)
  afterAll(async () => {
    await store.close()
    await clickhouse.stop()
  })
  afterEach(async () => {
    await clickhouse.fault({ mode: 'none' })
  })

  const freshTable = async (): Promise<string> => {
    tables += 1
    const name = `facts_${tables}`
    await store.write({ parts: [`CREATE TABLE ${name} (id String, first UInt64) ENGINE = ReplacingMergeTree(first) ORDER BY id`] })
    return name
  }
  const rowsOf = (table: string) => store.read({ parts: [`SELECT id, first FROM ${table} FINAL ORDER BY id`] })

  it.each([
    { code: 252, means: 'STORE_OVERLOADED' }, // TOO_MANY_PARTS
    { code: 241, means: 'STORE_OVERLOADED' }, // MEMORY_LIMIT_EXCEEDED
    { code: 202, means: 'STORE_OVERLOADED' }, // TOO_MANY_SIMULTANEOUS_QUERIES
    { code: 159, means: 'STORE_OVERLOADED' }, // TIMEOUT_EXCEEDED of the server's profile
    { code: 242, means: 'STORE_UNAVAILABLE' }, // TABLE_IS_READ_ONLY
    { code: 999, means: 'STORE_UNAVAILABLE' }, // KEEPER_EXCEPTION
    { code: 516, means: 'STORE_REJECTED' }, // AUTHENTICATION_FAILED
  ])('takes ClickHouse number $code of an insert as $means', async ({ code, means }) => {
    await clickhouse.fault({ mode: 'error', code })
    const error = await failureOf(store.append('facts', ['id'], 'a\n'))
    expect(error).toMatchObject({ code: means, clickhouseCode: code, retriable: means !== 'STORE_REJECTED' })
    expect(await clickhouse.faultHits()).toBe(1)
  })

  it('says retriable when the rows were stored and the answer was lost, and the same rows again change nothing', async () => {
    const table = await freshTable()
    const rows = 'a\t1\nb\t1\n'
    await clickhouse.fault({ mode: 'drop-after-store', only: 'insert' })
    expect(await failureOf(store.append(table, ['id', 'first'], rows))).toMatchObject({ code: 'STORE_UNAVAILABLE', retriable: true })
    await clickhouse.fault({ mode: 'none' })
    expect(await rowsOf(table)).toEqual([
      { id: 'a', first: '1' },
      { id: 'b', first: '1' },
    ])
    await store.append(table, ['id', 'first'], rows)
    expect(await rowsOf(table)).toHaveLength(2)
  })

  it('waits for a slow answer', async () => {
    const table = await freshTable()
    await clickhouse.fault({ mode: 'slow', ms: 300 })
    await store.append(table, ['id', 'first'], 'a\t1\n')
    expect(await rowsOf(table)).toHaveLength(1)
  })

  it('gives up an answer that never comes, a little after the limit of the statement', async () => {
    await clickhouse.fault({ mode: 'hang' })
    const startedAt = performance.now()
    const error = await failureOf(store.read(sql`SELECT 1`, { maxSeconds: 1 }))
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retriable: true })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    await clickhouse.fault({ mode: 'none' })
    expect(await store.read(sql`SELECT 1 AS a`)).toEqual([{ a: 1 }])
  })

  it('is unavailable while connections break, and well when they do not', async () => {
    await clickhouse.fault({ mode: 'refuse' })
    expect(await failureOf(store.read(sql`SELECT 1`))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await failureOf(store.write(sql`SELECT 1`))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await failureOf(store.ping())).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await clickhouse.fault({ mode: 'none' })
    expect(await store.read(sql`SELECT 1 AS a`)).toEqual([{ a: 1 }])
  })

  it('keeps every acknowledged row through kill -9 of the server, and goes on by itself', async () => {
    const table = await freshTable()
    let acknowledged = 0
    const landing = (async (): Promise<void> => {
      for (;;) {
        await store.append(table, ['id', 'first'], `row_${acknowledged}\t1\n`)
        acknowledged += 1
      }
    })()
    const failed = failureOf(landing)
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(20), { timeout: 20_000 })
    await clickhouse.kill()
    expect(await failed).toMatchObject({ code: 'STORE_UNAVAILABLE', retriable: true })
    expect(await failureOf(store.read(sql`SELECT 1`))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await clickhouse.restart()
    const stored = (await rowsOf(table)).length
    // the row on its way may have been stored, too
    expect([acknowledged, acknowledged + 1]).toContain(stored)
  })

  it('is unavailable, not wrong, when the database is not there yet, or nobody listens', async () => {
    const lost = await createStore({ ...config, url: 'http://127.0.0.1:1' })
    expect(await failureOf(lost.ping())).toMatchObject({ code: 'STORE_UNAVAILABLE', retriable: true })
    await lost.close()
    const elsewhere = await createStore({ ...config, database: 'never_created' })
    expect(await failureOf(elsewhere.read(sql`SELECT 1`))).toMatchObject({ code: 'STORE_REJECTED', clickhouseCode: 81 })
    await elsewhere.close()
  })
})

describe('an answer with a good status and an exception in it', () => {
  let answer: HttpAnswer = { status: 200, headers: {}, body: Buffer.alloc(0) }
  const { server } = faultyServer(() => Promise.resolve(answer))
  let store: Store
  beforeAll(async () => {
    store = await createStore({ kind: 'http', url: `http://127.0.0.1:${await listenLocally(server, 0)}` })
  })
  afterAll(async () => {
    await store.close()
    server.closeAllConnections()
    server.close()
  })

  const exception = 'Code: 241. DB::Exception: (total) memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n'

  it.each([
    { where: 'the header', given: { status: 200, headers: { 'X-ClickHouse-Exception-Code': '241' }, body: Buffer.from(exception) } },
    { where: 'the body', given: { status: 200, headers: {}, body: Buffer.from(exception) } },
    { where: 'the body, after rows', given: { status: 200, headers: {}, body: Buffer.from(`{"a":1}\n${exception}`) } },
  ])('fails a read when it is in $where', async ({ given }) => {
    answer = given
    expect(await failureOf(store.read(sql`SELECT 1 AS a`))).toMatchObject({ code: 'STORE_LIMIT', clickhouseCode: 241 })
  })

  it.each([
    { where: 'the header', given: { status: 200, headers: { 'X-ClickHouse-Exception-Code': '241' }, body: Buffer.from(exception) } },
    { where: 'the body', given: { status: 200, headers: {}, body: Buffer.from(exception) } },
  ])('fails an insert and a write when it is in $where', async ({ given }) => {
    answer = given
    expect(await failureOf(store.append('t', ['a'], '1\n'))).toMatchObject({ code: 'STORE_OVERLOADED', clickhouseCode: 241 })
    expect(await failureOf(store.write(sql`INSERT INTO t SELECT 1`))).toMatchObject({ code: 'STORE_OVERLOADED', clickhouseCode: 241 })
  })

  it('is unavailable when a proxy answers in its place', async () => {
    answer = { status: 502, headers: { 'Content-Type': 'text/html' }, body: Buffer.from('<h1>Bad Gateway</h1>') }
    expect(await failureOf(store.append('t', ['a'], '1\n'))).toMatchObject({ code: 'STORE_UNAVAILABLE', clickhouseCode: null })
    answer = { status: 200, headers: {}, body: Buffer.from('<h1>Welcome</h1>') }
    expect(await failureOf(store.read(sql`SELECT 1`))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
