import { z } from 'zod'
import type { FewTouches } from '../domain/projections/account-touches.ts'
import { insertProjection, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import type { Evidence } from '../domain/projections/identities.ts'
import { type Key, rowsOfKeys } from '../domain/projections/keys.ts'
import { bind, joinSql, type Sql, sql } from '../domain/sql.ts'
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

/** What is to be computed of a table: (tenant, key), and the same by name where it is little. */
export type FoundKeys = {
  readonly keys: Sql
  readonly named: readonly NamedKey[] | null
  /** Of `identities`: what is known of the subjects. */
  readonly evidence?: Evidence
}
/** Of a subject of touches: which touch of it, '' for all. */
export type NamedKey = Key & { readonly touch?: string }
/** By table; what nothing was found of is not there. */
export type Found = ReadonlyMap<string, FoundKeys>

/** Above this many entities they are written down once, for all statements that read them; below, each statement names them. */
const NAMED_KEYS = 5_000

const limitsOf = ({ small }: Pick<Computing, 'small'>): ReadOptions =>
  small ? { ...PROJECT_LIMITS, settings: { max_threads: 1 } } : PROJECT_LIMITS

/** What is named, by table. */
export const foundOf = (named: readonly (NamedKey & { readonly name: string })[]): Found =>
  new Map([...Map.groupBy(named, ({ name }) => name)].map(([name, keys]) => [name, { keys: rowsOfKeys(keys), named: keys }]))

const FOUND = z.object({ name: z.string(), tenant: z.string(), key: z.string() })
const TABLE = z.object({ found: z.string() })

/** Reads which entities are to be computed: by name where there are few, else they are written to `affected`. `entities`: (name of the table, tenant, key). */
export const find = async (
  computing: Computing,
  entities: Sql | null,
  known: readonly (NamedKey & { readonly name: string })[] = [],
): Promise<Found> => {
  const { store, run, to, small } = computing
  if (small) {
    const rows =
      entities === null
        ? []
        : await store.read(
            sql`SELECT DISTINCT toString(name) AS name, tenant, key FROM (${entities}) WHERE key != '' LIMIT ${bind.uint(NAMED_KEYS + 1)}`,
            {
              settings: { max_threads: 1 },
            },
          )
    const named = [...known, ...rows.map(row => FOUND.parse(row))].filter(({ key }) => key !== '')
    if (named.length <= NAMED_KEYS) return foundOf(named)
  }
  const all = joinSql(
    [
      ...[...Map.groupBy(known, ({ name }) => name)].map(
        ([name, keys]) => sql`SELECT ${bind.string(name)} AS name, tenant, key FROM (${rowsOfKeys(keys)})`,
      ),
      ...(entities === null ? [] : [sql`SELECT toString(name) AS name, tenant, key FROM (${entities})`]),
    ],
    ' UNION ALL ',
  )
  const of = sql`version = ${bind.uint(to)} AND startsWith(name, ${bind.string(`${run}/`)})`
  const plain = sql`substring(name, ${bind.uint(run.length + 2)})`
  await store.write(
    sql`INSERT INTO affected (version, name, tenant, key) SELECT DISTINCT ${bind.uint(to)}, concat(${bind.string(`${run}/`)}, name), tenant, key FROM (${all}) WHERE key != ''`,
    limitsOf(computing),
  )
  const names = await store.read(sql`SELECT DISTINCT ${plain} AS found FROM affected WHERE ${of}`)
  return new Map(
    names
      .map(row => TABLE.parse(row).found)
      .map(name => [
        name,
        {
          keys: sql`SELECT tenant, key FROM affected WHERE version = ${bind.uint(to)} AND name = ${bind.string(`${run}/${name}`)}`,
          named: null,
        },
      ]),
  )
}

/** What is known of a step's entities beyond their keys, that makes their statement cheaper. */
type Known = { readonly few?: FewTouches | null; readonly evidence?: Evidence | null; readonly accounts?: readonly string[] | null }

/** Computes what was found of a table; of a tenant's own table, what was found of the tenant. */
export const compute = async (
  computing: Computing,
  projection: Projection,
  { keys }: FoundKeys,
  of: TenantDefinitions | null,
  known: Known = {},
): Promise<void> => {
  const { store, to, sources, into } = computing
  const target = into(projection.table)
  if (target === null) return
  const inputs = { keys, sources, asOf: sql`${bind.instant(to)}`, ...known }
  const rows = projection.perTenant ? ofTenant(projection, inputs, of) : projection.select(inputs)
  await store.write(insertProjection(projection, rows, to, target), limitsOf(computing))
}

const ofTenant = (
  projection: Extract<Projection, { perTenant: true }>,
  inputs: Parameters<typeof projection.select>[0],
  of: TenantDefinitions | null,
): Sql => {
  if (of === null) throw new RangeError(`${projection.table} is projected per tenant`)
  return projection.select({ ...inputs, keys: sql`SELECT tenant, key FROM (${inputs.keys}) WHERE tenant = ${bind.string(of.tenant)}` }, of)
}
