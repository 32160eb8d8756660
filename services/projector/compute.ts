import { z } from 'zod'
import { insertProjection, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import { bind, type Sql, sql } from '../domain/sql.ts'
import type { ReadOptions, Store } from '../store/port.ts'

/** Projections may take long when a great deal has to be caught up. */
export const PROJECT_LIMITS = { maxSeconds: 3600, maxMemoryBytes: 8 * 1024 ** 3 }

export type Computing = {
  readonly store: Store
  /** Everything known up to here is computed, and is the version of the rows (ms). */
  readonly to: number
  readonly sources: Sources
  /** Sets one run apart from another of the same version (a verification from the step itself). */
  readonly run: string
  /** A step of a second is done on one thread: to share it out costs more than it saves, and what else runs needs the other. */
  readonly small: boolean
  /** The table to insert into; null: the entities are found, because others need them, and not computed. */
  readonly into: (table: string) => string | null
}

/** The run of the step that keeps the tables. */
export const STEP_RUN = 'step'

/** (tenant, key): what was found of a table in this run. */
export const foundKeys = ({ run, to }: Pick<Computing, 'run' | 'to'>, table: string): Sql =>
  sql`SELECT tenant, key FROM affected WHERE version = ${bind.uint(to)} AND name = ${bind.string(`${run}/${table}`)}`

const limitsOf = ({ small }: Pick<Computing, 'small'>): ReadOptions =>
  small ? { ...PROJECT_LIMITS, settings: { max_threads: 1 } } : PROJECT_LIMITS

/** Writes down which entities are to be computed, once for all who read them. `entities`: (name of the table, tenant, key). */
export const find = (computing: Computing, entities: Sql): Promise<void> => {
  const { store, run, to } = computing
  return store.write(
    sql`INSERT INTO affected (version, name, tenant, key) SELECT DISTINCT ${bind.uint(to)}, concat(${bind.string(`${run}/`)}, name), tenant, key FROM (${entities}) WHERE key != ''`,
    limitsOf(computing),
  )
}

const COUNT = z.object({ name: z.string(), keys: z.coerce.number() })

/** How many entities were found of each of the tables, of all tenants or of one. */
export const countFound = async (
  { store, run, to }: Pick<Computing, 'store' | 'run' | 'to'>,
  tables: readonly string[],
  tenant: string | null = null,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await store.read(sql`
    SELECT name, count() AS keys FROM affected
    WHERE version = ${bind.uint(to)} AND name IN (${bind.strings(tables.map(table => `${run}/${table}`))}) ${tenant === null ? sql`` : sql`AND tenant = ${bind.string(tenant)}`}
    GROUP BY name`)
  return new Map(rows.map(row => COUNT.parse(row)).map(({ name, keys }) => [name.slice(run.length + 1), keys]))
}

/** Computes what was found of a table; of a tenant's own table, what was found of the tenant. */
export const compute = async (computing: Computing, projection: Projection, of: TenantDefinitions | null): Promise<void> => {
  const { store, to, sources, into } = computing
  const target = into(projection.table)
  if (target === null) return
  const found = foundKeys(computing, projection.table)
  const inputs = { keys: found, sources, asOf: sql`${bind.instant(to)}` }
  const rows = projection.perTenant ? ofTenant(projection, inputs, of) : projection.select(inputs)
  await store.write(insertProjection(projection, rows, to, target), limitsOf(computing))
}

const ofTenant = (
  projection: Extract<Projection, { perTenant: true }>,
  inputs: Parameters<typeof projection.select>[0],
  of: TenantDefinitions | null,
): Sql => {
  if (of === null) throw new RangeError(`${projection.table} is projected per tenant`)
  return projection.select({ ...inputs, keys: sql`${inputs.keys} AND tenant = ${bind.string(of.tenant)}` }, of)
}
