import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bind, identifier, type Sql, sql } from '../../services/domain/sql.ts'
import { type Store, StoreError } from '../../services/store/port.ts'
import { tsvMicros, tsvMillis, tsvText, tsvTexts } from '../../services/store/tsv.ts'
import { type Clickhouse, openHttpTestStore, openTestStore, startClickhouse, type TestStore } from '../support/clickhouse.ts'

let clickhouse: Clickhouse
beforeAll(async () => {
  clickhouse = await startClickhouse()
}, 120_000)
afterAll(async () => {
  await clickhouse.stop()
})

const connections = [
  { kind: 'chdb', open: (readers?: number) => openTestStore(readers === undefined ? {} : { readers }) },
  { kind: 'http', open: (readers?: number) => openHttpTestStore(clickhouse, readers === undefined ? {} : { readers }) },
] as const

const failureOf = async (work: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof StoreError) return error
  throw error
}

/** Takes about `seconds`, a tenth at a time. */
const busy = (seconds: number): Sql =>
  sql`SELECT sum(sleepEachRow(0.1)) AS s FROM numbers(${bind.uint(seconds * 10)}) SETTINGS max_block_size = 1`

describe.each(connections)('the store over $kind', ({ open }) => {
  let test: TestStore<unknown>
  let store: Store
  let tables = 0
  beforeAll(async () => {
    test = await open()
    store = test.store
  }, 60_000)
  afterAll(async () => {
    await test.close()
  })

  const others: TestStore<unknown>[] = []
  const openAnother = async (readers?: number): Promise<Store> => {
    const another = await open(readers)
    others.push(another)
    return another.store
  }
  afterEach(async () => {
    await Promise.all(others.splice(0).map(other => other.close()))
  })

  /** A fresh table of the columns given, by name. */
  const tableOf = async (columns: string, engine = 'MergeTree ORDER BY tuple()'): Promise<string> => {
    tables += 1
    const name = `t_${tables}`
    await store.write({ parts: [`CREATE TABLE ${name} (${columns}) ENGINE = ${engine}`] })
    return name
  }
  const countOf = async (table: string): Promise<unknown> =>
    (await store.read(sql`SELECT count() AS n FROM ${identifier(table)}`))[0]?.['n']

  it('says its version', async () => {
    expect((await store.ping()).version).toMatch(/^\d+\.\d+/)
  })

  it('lands rows again after a question, whose limits and read-only mode end with it', async () => {
    const table = await tableOf('a UInt64')
    await store.append(table, ['a'], '1\n')
    expect(await store.read(sql`SELECT a FROM ${identifier(table)}`, { maxSeconds: 1 })).toEqual([{ a: '1' }])
    await store.append(table, ['a'], '2\n')
    await store.write(sql`INSERT INTO ${identifier(table)} SELECT 3 AS a`, { maxSeconds: 1 })
    // longer than the limit of the statement before
    await store.write(sql`INSERT INTO ${identifier(table)} SELECT 4 + sum(sleepEachRow(0.1)) FROM numbers(${bind.uint(13)})`)
    expect(await store.read(sql`SELECT a FROM ${identifier(table)} ORDER BY a`)).toEqual([{ a: '1' }, { a: '2' }, { a: '3' }, { a: '4' }])
  })

  it('refuses to change anything in a read', async () => {
    const table = await tableOf('a UInt64')
    for (const statement of [
      sql`INSERT INTO ${identifier(table)} SELECT 1`,
      sql`DROP TABLE ${identifier(table)}`,
      sql`/* SELECT */ TRUNCATE TABLE ${identifier(table)}`,
      sql`WITH 1 AS one INSERT INTO ${identifier(table)} SELECT one`,
    ]) {
      expect(await failureOf(store.read(statement))).toMatchObject({ code: 'STORE_REJECTED' })
    }
    expect(await countOf(table)).toBe('0')
  })

  it('hands over 64-bit integers and decimals as text, exactly', async () => {
    expect(
      await store.read(sql`SELECT toUInt64(18446744073709551615) AS u, toInt64(-9223372036854775808) AS i, toUInt128(1) AS big,
        toDecimal64(1.10, 2) AS d, [toUInt64(9007199254740993)] AS array, toUInt32(7) AS small`),
    ).toEqual([{ u: '18446744073709551615', i: '-9223372036854775808', big: '1', d: '1.1', array: ['9007199254740993'], small: 7 }])
  })

  it('binds every type of parameter, and the value is what was given', async () => {
    const rows = await store.read(sql`SELECT
      ${bind.string("it's \\ \t \n \r {p1:String} é 😀")} AS string,
      ${bind.strings(["a'b", 'c\\d', '\t', '', 'é'])} AS strings,
      ${bind.int(-9223372036854775808n)} AS int,
      ${bind.uint(18446744073709551615n)} AS uint,
      ${bind.ints([9007199254740993n, -1])} AS ints,
      ${bind.bool(true)} AS bool,
      toString(${bind.instant(1_772_357_400_123)}) AS instant,
      toUnixTimestamp64Micro(${bind.businessInstant(1_772_357_400_123)}) AS business,
      toString(${bind.date('1969-12-31')}) AS date,
      ${{ type: 'Nullable(String)', value: null }} AS nothing,
      ${{ type: 'Array(Nullable(String))', value: ['x', null] }} AS holes`)
    expect(rows).toEqual([
      {
        string: "it's \\ \t \n \r {p1:String} é 😀",
        strings: ["a'b", 'c\\d', '\t', '', 'é'],
        int: '-9223372036854775808',
        uint: '18446744073709551615',
        ints: ['9007199254740993', '-1'],
        bool: 1,
        instant: '2026-03-01 09:30:00.123',
        business: '1772357400123000',
        date: '1969-12-31',
        nothing: null,
        holes: ['x', null],
      },
    ])
  })

  it('gives back any text that was bound', async () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(anyText, fc.array(anyText, { maxLength: 5 }), async (one, many) => {
        expect(await store.read(sql`SELECT ${bind.string(one)} AS one, ${bind.strings(many)} AS many`)).toEqual([{ one, many }])
      }),
      { numRuns: 60 },
    )
  })

  it('takes arrays far longer than a URL, in questions and in writes', async () => {
    const ids = Array.from({ length: 60_000 }, (_, index) => `o'id_${index}_é`)
    const table = await tableOf('n UInt64')
    expect(await store.read(sql`SELECT length(arrayDistinct(${bind.strings(ids)})) AS n, ${bind.strings(ids)}[60000] AS last`)).toEqual([
      { n: '60000', last: "o'id_59999_é" },
    ])
    await store.write(sql`INSERT INTO ${identifier(table)} SELECT length(arrayDistinct(${bind.strings(ids)}))`)
    expect(await store.read(sql`SELECT n FROM ${identifier(table)}`)).toEqual([{ n: '60000' }])
  })

  it('lands any text, null, array and instant as it was, in small inserts and in large ones', async () => {
    const table = await tableOf(
      "id UInt32, plain String, low LowCardinality(String), maybe Nullable(String), many Array(String), ms DateTime64(3, 'UTC'), us DateTime64(6, 'UTC'), left_out UInt8 DEFAULT 7",
    )
    const edges = [-2_208_988_800, 0, 999_999_999, 1_000_000_000, 1_772_357_400, 9_999_999_999, 10_000_000_000, 10_098_345_600]
    const texts = [
      ...fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), { numRuns: 400, seed: 7 }),
      '',
      '\\N',
      'NULL',
      ';',
      "'",
      '--',
      '\\',
      '\0',
      '[]',
      '0',
      '\t',
    ]
    const rows = texts.map((plain, id) => {
      const second = edges[id % edges.length] ?? 0
      return {
        id,
        plain,
        low: plain,
        maybe: id % 3 === 0 ? null : plain,
        many: [plain, `${id}`].slice(id % 3),
        ms: second * 1000 + (id % 1000),
        us: second * 1_000_000 + id,
      }
    })
    const tsv = rows
      .map(
        row =>
          `${row.id}\t${tsvText(row.plain)}\t${tsvText(row.low)}\t${tsvText(row.maybe)}\t${tsvTexts(row.many)}\t${tsvMillis(row.ms)}\t${tsvMicros(row.us)}\n`,
      )
      .join('')
    const columns = ['id', 'plain', 'low', 'maybe', 'many', 'ms', 'us']
    await store.append(table, columns, tsv)
    expect(tsv.length).toBeLessThan(256 * 1024)
    await store.append(table, columns, Buffer.from(tsv.repeat(20)))
    const landed =
      await store.read(sql`SELECT DISTINCT id, plain, low, maybe, many, toUnixTimestamp64Milli(ms) AS ms, toUnixTimestamp64Micro(us) AS us, left_out
      FROM ${identifier(table)} ORDER BY id`)
    expect(await countOf(table)).toBe(String(21 * rows.length))
    expect(landed).toEqual(rows.map(row => ({ ...row, ms: String(row.ms), us: String(row.us), left_out: 7 })))
  })

  it('takes no rows as nothing to do', async () => {
    const table = await tableOf('a UInt64')
    await store.append(table, ['a'], '')
    expect(await countOf(table)).toBe('0')
  })

  it('says which row it refused and why, without quoting it', async () => {
    const table = await tableOf('a UInt64, b String')
    const error = await failureOf(store.append(table, ['a', 'b'], '1\tx\njane@example.com\ty\n'))
    expect(error).toMatchObject({ code: 'STORE_REJECTED', retriable: false })
    expect(error.clickhouseCode).not.toBeNull()
    expect(error.message).not.toContain('jane')
    expect(error.message).toContain('row 2')
    expect(await countOf(table)).toBe('0')
  })

  it.each([
    { statement: sql`SELECT FROM WHERE`, clickhouseCode: 62 },
    { statement: sql`SELECT * FROM nothing_of_that_name`, clickhouseCode: 60 },
    { statement: sql`SELECT nobody`, clickhouseCode: 47 },
    { statement: sql`SELECT toUInt8('x')`, clickhouseCode: 6 },
  ])('rejects a wrong statement for good, with ClickHouse number $clickhouseCode', async ({ statement, clickhouseCode }) => {
    expect(await failureOf(store.read(statement))).toMatchObject({ code: 'STORE_REJECTED', retriable: false, clickhouseCode })
  })

  it('refuses names that are no plain identifiers', async () => {
    expect(await failureOf(store.append('t; DROP TABLE t', ['a'], '1\n'))).toMatchObject({ code: 'STORE_REJECTED' })
    expect(await failureOf(store.append('t', ['a) VALUES (1'], '1\n'))).toMatchObject({ code: 'STORE_REJECTED' })
  })

  it('stops a question at its time limit, and one in a union or with a comment at the end too', async () => {
    const endless = sql`SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 5`
    for (const statement of [
      endless,
      sql`${endless} UNION ALL SELECT 1`,
      sql`SELECT * FROM (${endless}) -- the end`,
      sql`WITH 1 AS one ${endless};`,
    ]) {
      expect(await failureOf(store.read(statement, { maxSeconds: 1 }))).toMatchObject({
        code: 'STORE_LIMIT',
        retriable: false,
        clickhouseCode: 159,
      })
    }
  }, 20_000)

  it('stops a question at its memory limit', async () => {
    const hungry = sql`SELECT length(groupArray(number)) FROM numbers(100000000)`
    expect(await failureOf(store.read(hungry, { maxMemoryBytes: 50_000_000 }))).toMatchObject({ code: 'STORE_LIMIT', clickhouseCode: 241 })
  })

  it('stops a write at its time limit', async () => {
    const table = await tableOf('a UInt64')
    const endless = sql`INSERT INTO ${identifier(table)} SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 5`
    expect(await failureOf(store.write(endless, { maxSeconds: 1 }))).toMatchObject({ code: 'STORE_LIMIT', clickhouseCode: 159 })
  })

  it('lands and answers while a long write with parameters runs', async () => {
    const table = await tableOf('a UInt64')
    const order: string[] = []
    const write = store
      .write(sql`INSERT INTO ${identifier(table)} SELECT sum(sleepEachRow(0.1)) FROM numbers(${bind.uint(20)})`)
      .then(() => order.push('write'))
    const append = store.append(table, ['a'], '1\n').then(() => order.push('append'))
    const read = store.read(sql`SELECT ${bind.string('x')} AS x`).then(() => order.push('read'))
    await Promise.all([write, append, read])
    expect(order).toHaveLength(3)
    expect(order[2]).toBe('write')
  })

  it('writes two at a time, begun in order of call: one sees what all but its neighbour wrote before', async () => {
    const table = await tableOf('n UInt64, seen UInt64')
    await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        store.write(sql`INSERT INTO ${identifier(table)} SELECT ${bind.uint(n)}, (SELECT count() FROM ${identifier(table)})`),
      ),
    )
    const rows = await store.read(sql`SELECT n, seen FROM ${identifier(table)} ORDER BY n`)
    expect(rows.map(row => row['n'])).toEqual(['0', '1', '2', '3', '4'])
    for (const row of rows) {
      expect(Number(row['seen'])).toBeGreaterThanOrEqual(Number(row['n']) - 1)
      expect(Number(row['seen'])).toBeLessThanOrEqual(Number(row['n']) + 1)
    }
  })

  it('answers many questions at once, each with its own parameters', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        store.read(sql`SELECT ${bind.string(`v${n}`)} AS v, sum(number) AS s FROM numbers(${bind.uint(n)})`),
      ),
    )
    expect(answers).toEqual(Array.from({ length: 60 }, (_, n) => [{ v: `v${n}`, s: String((n * (n - 1)) / 2) }]))
  })

  it('tells a question that waits too long for a connection to come back later', async () => {
    const narrow = await openAnother(1)
    const long = narrow.read(busy(2))
    const error = await failureOf(narrow.read(sql`SELECT 1`, { maxSeconds: 1 }))
    expect(error).toMatchObject({ code: 'STORE_OVERLOADED', retriable: true })
    await long
  })

  it('finishes what runs when it is closed, and then refuses', async () => {
    const closing = await openAnother()
    const long = closing.read(busy(1))
    await closing.close()
    await expect(long).resolves.toHaveLength(1)
    expect(await failureOf(closing.read(sql`SELECT 1`))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await failureOf(closing.append('t', ['a'], '1\n'))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  describe('streams', () => {
    const numbers = sql`SELECT number, toString(number) AS text FROM numbers(${bind.uint(200_000)})`
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'accord-stream-'))
    })
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true })
    })

    it('CSV with one header, also when there are no rows', async () => {
      const csv = await text(await store.stream(numbers, 'CSVWithNames'))
      const lines = csv.split('\n')
      expect(lines).toHaveLength(200_002)
      expect(lines.slice(0, 2)).toEqual(['"number","text"', '0,"0"'])
      expect(lines.filter(line => line.includes('number'))).toHaveLength(1)
      expect(await text(await store.stream(sql`SELECT 1 AS a WHERE 0`, 'CSVWithNames'))).toBe('"a"\n')
    })

    it('JSON lines with quoted 64-bit integers', async () => {
      expect(await text(await store.stream(sql`SELECT toUInt64(5) AS a`, 'JSONEachRow'))).toBe('{"a":"5"}\n')
    })

    it('takes values of megabytes, with all that a text may contain', async () => {
      const cells = Array.from({ length: 3000 }, (_, i) => (i % 7 === 0 ? null : `'${'x'.repeat(700)}\\\t\n${i}é{p0:String}`))
      const statement = sql`SELECT a, b FROM (SELECT 1) ARRAY JOIN ${{ type: 'Array(Nullable(String))', value: cells }} AS a, ${{ type: 'Array(Nullable(Float64))', value: cells.map((_, i) => i / 4) }} AS b`
      const rows = (await text(await store.stream(statement, 'JSONEachRow')))
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      expect(rows).toEqual(cells.map((a, i) => ({ a, b: i / 4 })))
    })

    it.each(['Parquet', 'Arrow'] as const)('%s that the engine reads back', async format => {
      const file = join(folder, `numbers.${format}`)
      await writeFile(file, await buffer(await store.stream(numbers, format)))
      const engine = await openTestStore()
      others.push(engine)
      const [row] = await engine.store.read({
        parts: [`SELECT count() AS n, sum(number) AS s, max(length(text)) AS l FROM file('${file}', ${format})`],
      })
      expect(row).toEqual({ n: '200000', s: '19999900000', l: '6' })
    })

    it('nothing of an answer that fails on the way', async () => {
      const late = sql`SELECT throwIf(number = 150000) FROM numbers(200000)`
      const read = async (): Promise<string> => text(await store.stream(late, 'CSVWithNames'))
      expect(await failureOf(read())).toMatchObject({ code: 'STORE_REJECTED', clickhouseCode: 395 })
    })
  })
})
