import { z } from 'zod'
import type { ChangeKind, Scope } from '../domain/projections/affected.ts'
import { type ComputedKeys, insertProjection, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import { bind, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

/** Projections may take long when a great deal has to be caught up. */
export const PROJECT_LIMITS = { maxSeconds: 3600, maxMemoryBytes: 8 * 1024 ** 3 }

export type Computing = {
  readonly store: Store
  readonly scope: Scope
  readonly sources: Sources
  readonly kinds: ReadonlySet<ChangeKind>
  /** Sets one run apart from another of the same version (a verification from the step itself). */
  readonly run: string
  /** The table to insert into; null: the entities are found, because others need them, and not computed. */
  readonly into: (table: string) => string | null
}

const COUNT = z.object({ keys: z.coerce.number() })

const keysOf = ({ run, scope }: Computing, table: string): Sql =>
  sql`SELECT tenant, key FROM affected WHERE version = ${bind.uint(scope.to)} AND name = ${bind.string(`${run}/${table}`)}`

/** Finds the entities that a table has to compute, writes them down, and computes them. Resolves with their number. */
export const compute = async (computing: Computing, projection: Projection, of: TenantDefinitions | null): Promise<number> => {
  const { store, scope, sources, kinds, run, into } = computing
  const { table } = projection
  const computed: ComputedKeys = name => keysOf(computing, name)
  const name = projection.perTenant ? `${table}/${of?.tenant ?? ''}` : table
  const affected = projection.perTenant
    ? projection.affected(scope, computed, needed(of, table))
    : projection.affected(scope, computed, kinds)
  await store.write(
    sql`INSERT INTO affected (version, name, tenant, key) SELECT DISTINCT ${bind.uint(scope.to)}, ${bind.string(`${run}/${name}`)}, tenant, key FROM (${affected}) WHERE key != ''`,
    PROJECT_LIMITS,
  )
  const target = into(table)
  if (target === null) return 0
  const keys = keysOf(computing, name)
  const [row] = await store.read(sql`SELECT count() AS keys FROM (${keys})`)
  const count = COUNT.parse(row).keys
  if (count === 0) return 0
  const inputs = { keys, sources, asOf: sql`${bind.instant(scope.to)}` }
  const rows = projection.perTenant ? projection.select(inputs, needed(of, table)) : projection.select(inputs)
  await store.write(insertProjection(projection, rows, scope.to, target), PROJECT_LIMITS)
  return count
}

const needed = (of: TenantDefinitions | null, table: string): TenantDefinitions => {
  if (of === null) throw new RangeError(`${table} is projected per tenant`)
  return of
}
