import type { Migration } from './migrations.ts'
import { withoutComments } from './migrations.ts'

export type MigrationVariant =
  /** The embedded engine and a single server. */
  | { readonly kind: 'single' }
  /** `cluster`: its name, or the macro `{cluster}` that every server fills in itself. */
  | { readonly kind: 'cluster'; readonly database: string; readonly cluster?: string }

export type RenderedMigration = Pick<Migration, 'number' | 'name' | 'checksum' | 'statements'>

type TableText = {
  readonly comments: string
  readonly table: string
  /** With its parentheses. */
  readonly columns: string
  /** `ReplacingMergeTree` or `MergeTree`. */
  readonly engine: string
  readonly engineArguments: string
  /** ORDER BY and what follows. */
  readonly rest: string
  readonly hasTenant: boolean
}

const TABLE =
  /^(?<comments>(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*)CREATE TABLE IF NOT EXISTS (?<table>\w+)\s*(?<columns>\([\s\S]*\))\s*ENGINE = (?<engine>\w*MergeTree)(?:\((?<arguments>[^)]*)\))?\s+(?<rest>ORDER BY[\s\S]*)$/
const ADDITION = /^(?<comments>(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*)ALTER TABLE (?<table>\w+) (?<additions>ADD [\s\S]*)$/

/** A table of the record is on the disk when it is acknowledged, also when the power fails a moment later (+2 ms an insert). */
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1'
/** Rows repeat by design and are made one by their key; a server that drops an insert because it saw the same block before would lose rebuilt rows. */
const NOT_BY_BLOCK = 'replicated_deduplication_window = 0, replicated_deduplication_window_for_async_inserts = 0'

const tableOf = (statement: string): TableText | null => {
  const groups = TABLE.exec(statement)?.groups
  if (groups === undefined) return null
  const columns = groups['columns'] ?? ''
  return {
    comments: groups['comments'] ?? '',
    table: groups['table'] ?? '',
    columns,
    engine: groups['engine'] ?? '',
    engineArguments: groups['arguments'] ?? '',
    rest: (groups['rest'] ?? '').trim(),
    hasTenant: /^\(\s*tenant\s|\n\s*tenant\s/.test(withoutComments(columns)),
  }
}

const withSettings = (rest: string, settings: string): string =>
  /\bSETTINGS\b/.test(rest) ? `${rest}, ${settings}` : `${rest}\nSETTINGS ${settings}`

const single = (statement: string): readonly string[] => {
  const table = tableOf(statement)
  if (table === null) return [statement]
  const engine = table.engineArguments === '' ? table.engine : `${table.engine}(${table.engineArguments})`
  return [
    `${table.comments}CREATE TABLE IF NOT EXISTS ${table.table}\n${table.columns}\nENGINE = ${engine}\n${withSettings(table.rest, DURABLE)}`,
  ]
}

/**
 * Tables with a tenant are sharded by it: `<table>_local` on every shard, and `<table>` as the one to speak to, so that all rows
 * of a tenant, facts and projections alike, are on one shard and joins are local (design D10).
 * Tables without one (how far each partition has landed, progress, migrations) are small and read by everybody: a copy on
 * every server, all replicas of one table.
 */
const clustered = (statement: string, database: string, cluster: string, tenantTables: ReadonlySet<string>): readonly string[] => {
  const on = `ON CLUSTER '${cluster}'`
  const table = tableOf(statement)
  if (table !== null) {
    const name = table.hasTenant ? `${table.table}_local` : table.table
    const path = table.hasTenant
      ? `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`
      : `'/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'`
    const engineArguments = table.engineArguments === '' ? path : `${path}, ${table.engineArguments}`
    const local = `${table.comments}CREATE TABLE IF NOT EXISTS ${name} ${on}\n${table.columns}\nENGINE = Replicated${table.engine}(${engineArguments})\n${withSettings(table.rest, `${DURABLE}, ${NOT_BY_BLOCK}`)}`
    if (!table.hasTenant) return [local]
    return [
      local,
      `CREATE TABLE IF NOT EXISTS ${table.table} ${on} AS ${name}\nENGINE = Distributed('${cluster}', '${database}', '${name}', cityHash64(tenant))`,
    ]
  }
  const groups = ADDITION.exec(statement)?.groups
  if (groups === undefined)
    throw new RangeError(`neither CREATE TABLE … ENGINE … ORDER BY nor ALTER TABLE … ADD: ${statement.slice(0, 200)}`)
  const [comments, name, additions] = [groups['comments'] ?? '', groups['table'] ?? '', groups['additions'] ?? '']
  if (!tenantTables.has(name)) return [`${comments}ALTER TABLE ${name} ${on} ${additions}`]
  const onLocal = `${comments}ALTER TABLE ${name}_local ${on} ${additions}`
  // an index lives with the rows; a column must be known to both, and last to the one that is spoken to
  return /^ADD INDEX\b/.test(additions) ? [onLocal] : [onLocal, `ALTER TABLE ${name} ${on} ${additions}`]
}

/** The statements to run, for one server or for a cluster, from the one text in `infra/clickhouse/migrations`. */
export const renderMigrations = (migrations: readonly Migration[], variant: MigrationVariant): readonly RenderedMigration[] => {
  if (variant.kind === 'single') return migrations.map(migration => ({ ...migration, statements: migration.statements.flatMap(single) }))
  const tenantTables = new Set(
    migrations
      .flatMap(({ statements }) => statements.flatMap(statement => tableOf(statement) ?? []))
      .flatMap(table => (table.hasTenant ? [table.table] : [])),
  )
  return migrations.map(migration => ({
    ...migration,
    statements: migration.statements.flatMap(statement =>
      clustered(statement, variant.database, variant.cluster ?? '{cluster}', tenantTables),
    ),
  }))
}
