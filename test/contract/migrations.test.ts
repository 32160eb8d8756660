import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../services/domain/sql.ts'
import { checkMigrations, migrate } from '../../services/store/migrate.ts'
import { type Migration, parseMigration, readMigrations, splitStatements } from '../../services/store/migrations.ts'
import type { Store } from '../../services/store/port.ts'
import { renderMigrations } from '../../services/store/render-migrations.ts'
import { createStore, ensureDatabase } from '../../services/store/store.ts'
import { type Clickhouse, openHttpTestStore, openTestStore, startClickhouse, type TestStore } from '../support/clickhouse.ts'

const TWO_TABLES = `-- The first; with a semicolon; in a comment
CREATE TABLE IF NOT EXISTS facts
(
  tenant LowCardinality(String),
  id String, -- another; one
  first UInt64 DEFAULT length('a;b') /* and; one */
)
ENGINE = ReplacingMergeTree(first)
ORDER BY (tenant, id);

CREATE TABLE IF NOT EXISTS marks
(
  name String
)
ENGINE = MergeTree
ORDER BY name;
`
const ONE_COLUMN = `ALTER TABLE facts ADD COLUMN IF NOT EXISTS colour LowCardinality(String) DEFAULT 'blue';
ALTER TABLE marks ADD COLUMN IF NOT EXISTS at DateTime64(3, 'UTC'), ADD COLUMN IF NOT EXISTS by String;
ALTER TABLE facts ADD INDEX IF NOT EXISTS colour_set colour TYPE set(10) GRANULARITY 1;`

const tablesOf = async (store: Store): Promise<unknown[]> =>
  (await store.read(sql`SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name`)).map(row => row['name'])

const first = parseMigration('0001-tables.sql', TWO_TABLES)
const second = parseMigration('0002-colour.sql', ONE_COLUMN)

describe('a migration file', () => {
  it('is split at the semicolons that end a statement, and each keeps the comments before it', () => {
    expect(first.statements).toHaveLength(2)
    expect(first.statements[0]).toMatch(/^-- The first; with a semicolon/)
    expect(first.statements[0]).toContain("length('a;b') /* and; one */")
    expect(splitStatements("SELECT 'it''s;', `a;b`, 'x\\';';\n-- nothing; more\n")).toEqual(["SELECT 'it''s;', `a;b`, 'x\\';'"])
  })

  it.each([
    { text: 'DROP TABLE facts', because: 'only CREATE TABLE' },
    { text: 'CREATE TABLE facts (a String) ENGINE = MergeTree ORDER BY a', because: 'only CREATE TABLE IF NOT EXISTS' },
    { text: 'RENAME TABLE facts TO other', because: 'only CREATE TABLE' },
    { text: 'TRUNCATE TABLE facts', because: 'only CREATE TABLE' },
    { text: 'INSERT INTO facts SELECT 1', because: 'only CREATE TABLE' },
    { text: 'ALTER TABLE facts DELETE WHERE 1', because: 'only CREATE TABLE' },
    { text: 'ALTER TABLE facts ADD COLUMN a String', because: 'only CREATE TABLE' },
    { text: 'ALTER TABLE facts ADD COLUMN IF NOT EXISTS a String, DROP COLUMN b', because: 'DROP changes' },
    { text: 'ALTER TABLE facts ADD COLUMN IF NOT EXISTS a String, MODIFY COLUMN b String', because: 'MODIFY changes' },
    { text: 'ALTER TABLE facts ADD COLUMN IF NOT EXISTS a String, ADD COLUMN b String', because: 'every ADD needs' },
    { text: 'ALTER TABLE facts /* ADD COLUMN IF NOT EXISTS */ UPDATE a = 1 WHERE 1', because: 'only CREATE TABLE' },
  ])('may not say $text', ({ text, because }) => {
    expect(() => parseMigration('0003-x.sql', text)).toThrow(because)
  })

  it('may name a column or a default by a word that would change something', () => {
    expect(() =>
      parseMigration('0003-x.sql', "ALTER TABLE facts ADD COLUMN IF NOT EXISTS a String DEFAULT 'DROP TABLE' -- DELETE"),
    ).not.toThrow()
  })

  it('needs a number in its name, and a statement', () => {
    expect(() => parseMigration('tables.sql', TWO_TABLES)).toThrow('0001-what-it-adds.sql')
    expect(() => parseMigration('0001-empty.sql', '-- later\n')).toThrow('no statement')
  })
})

describe('the cluster variant', () => {
  const variant = { kind: 'cluster', database: 'accord' } as const
  let test: TestStore<unknown>
  beforeAll(async () => {
    test = await openTestStore()
  })
  afterAll(async () => {
    await test.close()
  })

  it('shards by tenant what has one, and gives every server a copy of what has none', () => {
    const [tables, additions] = renderMigrations([first, second], variant)
    expect(tables?.statements.map(statement => statement.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(
        /CREATE TABLE IF NOT EXISTS facts_local ON CLUSTER '\{cluster\}' \( tenant .* ENGINE = ReplicatedReplacingMergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}', first\) ORDER BY \(tenant, id\) SETTINGS .*replicated_deduplication_window = 0/,
      ),
      "CREATE TABLE IF NOT EXISTS facts ON CLUSTER '{cluster}' AS facts_local ENGINE = Distributed('{cluster}', 'accord', 'facts_local', cityHash64(tenant))",
      expect.stringMatching(
        /^CREATE TABLE IF NOT EXISTS marks ON CLUSTER '\{cluster\}' \( name String \) ENGINE = ReplicatedMergeTree\('\/clickhouse\/tables\/all\/\{database\}\/\{table\}', '\{shard\}-\{replica\}'\) ORDER BY name/,
      ),
    ])
    expect(additions?.statements).toEqual([
      "ALTER TABLE facts_local ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS colour LowCardinality(String) DEFAULT 'blue'",
      "ALTER TABLE facts ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS colour LowCardinality(String) DEFAULT 'blue'",
      "ALTER TABLE marks ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS at DateTime64(3, 'UTC'), ADD COLUMN IF NOT EXISTS by String",
      "ALTER TABLE facts_local ON CLUSTER '{cluster}' ADD INDEX IF NOT EXISTS colour_set colour TYPE set(10) GRANULARITY 1",
    ])
  })

  it('is SQL that ClickHouse parses, for every table of Accord and for additions', async () => {
    const statements = renderMigrations([...(await readMigrations()), second], variant).flatMap(migration => migration.statements)
    expect(statements.length).toBeGreaterThan(20)
    for (const statement of statements) await test.store.write({ parts: [`EXPLAIN AST ${statement}`] })
    await expect(
      test.store.write({ parts: [`EXPLAIN AST ${statements[0]?.replace('ENGINE =', 'ENGINE')} nonsense`] }),
    ).rejects.toMatchObject({ clickhouseCode: 62 })
  })

  it('leaves no table of Accord on a single server', async () => {
    const statements = renderMigrations(await readMigrations(), variant).flatMap(migration => migration.statements)
    expect(statements.filter(statement => !statement.includes("ON CLUSTER '{cluster}'"))).toEqual([])
    // what is added goes to tables that are there
    const creating = statements.filter(statement => !/^ALTER TABLE/m.test(statement))
    expect(creating.filter(statement => !/Replicated|Distributed/.test(statement))).toEqual([])
  })
})

let clickhouse: Clickhouse
beforeAll(async () => {
  clickhouse = await startClickhouse()
}, 120_000)
afterAll(async () => {
  await clickhouse.stop()
})

describe.each([
  { kind: 'chdb', open: () => openTestStore() },
  { kind: 'http', open: () => openHttpTestStore(clickhouse) },
])('migrations over $kind', ({ open }) => {
  const opened: TestStore<unknown>[] = []
  const fresh = async (): Promise<Store> => {
    const test = await open()
    opened.push(test)
    return test.store
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(test => test.close()))
  })

  it('run once, in order, and a second time nothing', async () => {
    const store = await fresh()
    expect(await checkMigrations(store, [first, second])).toEqual([
      'migration 0001-tables is not applied',
      'migration 0002-colour is not applied',
    ])
    expect(await migrate(store, { migrations: [first, second] })).toEqual({
      applied: ['0001-tables', '0002-colour'],
      present: [],
      unknown: [],
    })
    expect(await migrate(store, { migrations: [first, second] })).toEqual({
      applied: [],
      present: ['0001-tables', '0002-colour'],
      unknown: [],
    })
    expect(await checkMigrations(store, [first, second])).toEqual([])
    expect(await tablesOf(store)).toEqual(['facts', 'marks', 'migrations'])
    await store.append('facts', ['tenant', 'id'], 't\ta\n')
    expect(await store.read(sql`SELECT id, first, colour FROM facts`)).toEqual([{ id: 'a', first: '3', colour: 'blue' }])
  })

  it('run from where they were left', async () => {
    const store = await fresh()
    await migrate(store, { migrations: [first] })
    // killed in the middle of the second: some of it is there, none of it is recorded
    await store.write({ parts: [second.statements[0] ?? ''] })
    expect(await migrate(store, { migrations: [first, second] })).toMatchObject({ applied: ['0002-colour'], present: ['0001-tables'] })
  })

  it('refuse a text that was changed after it had been applied, before they run anything', async () => {
    const store = await fresh()
    await migrate(store, { migrations: [first] })
    const changed = parseMigration('0001-tables.sql', TWO_TABLES.replace('name String', 'name String, size UInt8'))
    await expect(migrate(store, { migrations: [changed, second] })).rejects.toMatchObject({
      code: 'STORE_REJECTED',
      message: expect.stringMatching(/^migration 0001-tables was changed after it had been applied/),
    })
    expect(await checkMigrations(store, [changed])).toEqual(['migration 0001-tables was changed after it had been applied'])
    expect(await migrate(store, { migrations: [first] })).toMatchObject({ applied: [] })
  })

  it('take a better comment for no change', async () => {
    const store = await fresh()
    await migrate(store, { migrations: [first] })
    const commented = parseMigration('0001-tables.sql', `-- Explained.\n${TWO_TABLES.replace('-- another; one', '-- better')}`)
    expect(await migrate(store, { migrations: [commented] })).toMatchObject({ applied: [], present: ['0001-tables'] })
  })

  it('leave what a newer Accord has added alone', async () => {
    const store = await fresh()
    await migrate(store, { migrations: [first, second] })
    expect(await migrate(store, { migrations: [first] })).toEqual({ applied: [], present: ['0001-tables'], unknown: ['0002-colour'] })
  })

  it('make the tables of Accord durable: each part is on the disk when it is acknowledged', async () => {
    const store = await fresh()
    await migrate(store)
    const engines = await store.read(sql`SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()`)
    expect(engines.length).toBeGreaterThan(10)
    for (const { engine_full } of engines) expect(engine_full).toContain('fsync_after_insert = 1, fsync_part_directory = 1')
  })
})

describe('twenty migrations at once', () => {
  const all: readonly Migration[] = [first, second]
  const stores: Store[] = []
  afterEach(async () => {
    await Promise.all(stores.splice(0).map(store => store.close()))
  })

  it('end as one would, from twenty clients of a server', async () => {
    const { store, config } = await openHttpTestStore(clickhouse)
    stores.push(store)
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await ensureDatabase(config)
        const another = await createStore({ ...config, readers: 1 })
        stores.push(another)
        await migrate(another, { migrations: all })
      }),
    )
    expect(await checkMigrations(store, all)).toEqual([])
    expect(await migrate(store, { migrations: all })).toMatchObject({ applied: [] })
    expect(await store.read(sql`SELECT number, uniqExact(checksum) AS texts FROM migrations GROUP BY number ORDER BY number`)).toEqual([
      { number: 1, texts: '1' },
      { number: 2, texts: '1' },
    ])
  })

  it('end as one would, in one process over chDB', async () => {
    const { store, config, close } = await openTestStore()
    const others = await Promise.all(Array.from({ length: 3 }, () => createStore({ ...config, readers: 1 })))
    await Promise.all(Array.from({ length: 20 }, (_, index) => migrate(others[index % others.length] ?? store, { migrations: all })))
    expect(await checkMigrations(store, all)).toEqual([])
    await Promise.all(others.map(other => other.close()))
    await close()
  })
})
