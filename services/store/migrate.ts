import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { sql } from '../domain/sql.ts'
import { type Migration, readMigrations } from './migrations.ts'
import { type Store, StoreError } from './port.ts'
import { type MigrationVariant, type RenderedMigration, renderMigrations } from './render-migrations.ts'
import { tsvText } from './tsv.ts'

export type MigrationReport = {
  /** Names of those that were run now. */
  readonly applied: readonly string[]
  /** Names of those that had been run before. */
  readonly present: readonly string[]
  /** In the store, but not known here: an older Accord on newer tables, which is fine, since migrations only add. */
  readonly unknown: readonly string[]
}

/** The same text for a migration of this number is recorded; anything else was edited after it had been run. */
const RECORDS = `CREATE TABLE IF NOT EXISTS migrations
(
  number UInt32,
  name String,
  checksum String,
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (number, checksum)`

const RecordRow = z.object({ number: z.coerce.number(), name: z.string(), checksum: z.string() })
type MigrationRecord = z.infer<typeof RecordRow>

const TRIES = 5

/** Twenty at once on a cluster may be told to come again; every statement is safe to repeat. */
const patiently = async (work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retriable || attempt === TRIES) throw error
      await wait(100 * 2 ** attempt)
    }
  }
}

const recorded = async (store: Store): Promise<readonly MigrationRecord[]> => {
  const rows = await store.read(sql`SELECT DISTINCT number, name, checksum FROM migrations ORDER BY number, checksum`)
  return rows.map(row => RecordRow.parse(row))
}

const assertUnchanged = (migration: RenderedMigration, records: readonly MigrationRecord[]): void => {
  const other = records.find(record => record.number === migration.number && record.checksum !== migration.checksum)
  if (other === undefined) return
  throw new StoreError(
    'STORE_REJECTED',
    `migration ${migration.name} was changed after it had been applied (as ${other.name}, sha256 ${other.checksum.slice(0, 12)}…, now ${migration.checksum.slice(0, 12)}…): put its text back and add a new migration`,
  )
}

/**
 * Runs what has not been run, in order of number. Safe twice and by many at once: every statement creates or adds only what is
 * missing, and a migration is recorded after its last statement. Rejects with STORE_REJECTED, before it runs anything, when the
 * text of an applied migration has changed. On a server, `ensureDatabase` comes first.
 */
export const migrate = async (
  store: Store,
  { variant = { kind: 'single' }, migrations }: { readonly variant?: MigrationVariant; readonly migrations?: readonly Migration[] } = {},
): Promise<MigrationReport> => {
  const all = renderMigrations(migrations ?? (await readMigrations()), variant)
  const [records] = renderMigrations([{ number: 0, name: 'migrations', checksum: '', statements: [RECORDS] }], variant)
  for (const statement of records?.statements ?? []) await patiently(() => store.write({ parts: [statement] }))

  const before = await recorded(store)
  for (const migration of all) assertUnchanged(migration, before)

  const done = new Set(before.map(record => record.number))
  const todo = all.filter(migration => !done.has(migration.number))
  for (const migration of todo) {
    for (const statement of migration.statements) await patiently(() => store.write({ parts: [statement] }))
    await patiently(() =>
      store.append(
        'migrations',
        ['number', 'name', 'checksum'],
        `${migration.number}\t${tsvText(migration.name)}\t${migration.checksum}\n`,
      ),
    )
  }
  const known = new Set(all.map(migration => migration.number))
  return {
    applied: todo.map(migration => migration.name),
    present: all.filter(migration => done.has(migration.number)).map(migration => migration.name),
    unknown: before.filter(record => !known.has(record.number)).map(record => record.name),
  }
}

/** What `migrate` would do, in words; empty when nothing. A changed text of an applied migration is one of them. */
export const checkMigrations = async (store: Store, migrations?: readonly Migration[]): Promise<readonly string[]> => {
  const [{ n } = { n: '0' }] = await store.read(
    sql`SELECT count() AS n FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'`,
  )
  const records = n === '0' ? [] : await recorded(store)
  return (migrations ?? (await readMigrations())).flatMap(migration => {
    const sameNumber = records.filter(record => record.number === migration.number)
    if (sameNumber.length === 0) return [`migration ${migration.name} is not applied`]
    return sameNumber.every(record => record.checksum === migration.checksum)
      ? []
      : [`migration ${migration.name} was changed after it had been applied`]
  })
}
