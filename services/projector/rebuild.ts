import { randomUUID } from 'node:crypto'
import { definitionEvents, definitionsInForce, definitionsOf } from '../domain/definitions/in-force.ts'
import { chain, keptSources, type Projection, type Sources } from '../domain/projections/chain.ts'
import { bind, identifier, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { backfillsAt } from './backfill.ts'
import { compute, type FoundKeys, find } from './compute.ts'
import type { Projector } from './projector.ts'
import { type FactSource, refillFacts } from './refill.ts'
import { catchUp, readProgress } from './step.ts'
import { allTenants } from './tenants.ts'

export type RebuildOptions = {
  readonly store: Store
  readonly projector: Projector
  /** One table of the chain; all of them by default. */
  readonly projection?: string
  /** Fill the facts anew first, from `events` or from the log. */
  readonly facts?: FactSource
  readonly onProgress: (said: { readonly step: string; readonly done: number; readonly of: number }) => void
}

const beside = (table: string): string => `${table}_rebuild`

/** The sources with what was rebuilt so far in place of the kept tables. */
const sourcesWith = (rebuilt: ReadonlySet<string>): Sources => {
  const from = (table: string, kept: Sql): Sql => (rebuilt.has(table) ? sql`(SELECT * FROM ${identifier(beside(table))} FINAL)` : kept)
  return {
    ...keptSources,
    roots: from('roots', keptSources.roots),
    placements: from('placements', keptSources.placements),
    identities: from('identities', keptSources.identities),
    accountTouches: from('account_touches', keptSources.accountTouches),
    dealJourney: from('deal_journey', keptSources.dealJourney),
  }
}

/** Every row of a projection as of `to`, into a table of the same shape. `run` sets this run's keys apart from others'. */
export const projectEverything = async (
  store: Store,
  projection: Projection,
  to: number,
  into: string,
  sources: Sources,
  run: string,
): Promise<void> => {
  const skip = (await backfillsAt(store, to)).filter(({ open }) => open).map(({ tenant }) => tenant)
  const computing = { store, to, sources, run, small: false, into: () => into }
  const found = async (entities: Sql): Promise<FoundKeys | null> =>
    (await find(computing, sql`SELECT ${bind.string(projection.table)} AS name, tenant, key FROM (${entities})`)).get(projection.table) ??
    null
  if (!projection.perTenant) {
    const all = await found(projection.every(skip))
    if (all !== null) await compute(computing, projection, all, null)
    return
  }
  const definitions = definitionsInForce(await store.read(definitionEvents(sql`${bind.instant(to)}`)), to)
  for (const tenant of await allTenants(store)) {
    if (skip.includes(tenant)) continue
    const all = await found(projection.every(tenant))
    if (all !== null) await compute(computing, projection, all, { tenant, definitions: definitionsOf(definitions, tenant), all: true })
  }
}

/** Each table and the one that was built beside it change names, one after the other. */
const exchange = async (store: Store, tables: readonly string[]): Promise<void> => {
  for (const table of tables) await store.write(sql`EXCHANGE TABLES ${identifier(table)} AND ${identifier(beside(table))}`)
}

/**
 * Builds projections beside the live tables as of what is projected now, while landing, projecting and answers go on; then adds what changed
 * meanwhile, and swaps them in. Rejects where another instance projects.
 */
export const rebuild = async ({ store, projector, projection, facts, onProgress }: RebuildOptions): Promise<{ readonly asOf: number }> => {
  if (projection !== undefined && !chain.some(({ table }) => table === projection)) {
    throw new RangeError(`no projection ${JSON.stringify(projection)}; there are ${chain.map(({ table }) => table).join(', ')}`)
  }
  if (facts !== undefined) await refillFacts({ store, projector, source: facts, onProgress })
  const wanted = chain.filter(({ table }) => projection === undefined || table === projection)
  const builtTo = (await readProgress(store)).projected_to
  const run = `rebuild ${randomUUID()}`
  const rebuilt = new Set<string>()
  for (const [index, each] of wanted.entries()) {
    onProgress({ step: each.table, done: index, of: wanted.length })
    await store.write(sql`DROP TABLE IF EXISTS ${identifier(beside(each.table))} SYNC`)
    await store.write(sql`CREATE TABLE ${identifier(beside(each.table))} AS ${identifier(each.table)}`)
    if (builtTo > 0) await projectEverything(store, each, builtTo, beside(each.table), sourcesWith(rebuilt), run)
    rebuilt.add(each.table)
  }
  const tables = [...rebuilt]
  const asOf = await projector.exclusively(async ({ projectedTo }) => {
    // the tables say the same as the kept ones, at the same instant, before they take their place: an answer may read some of either
    if (projectedTo > builtTo)
      await catchUp(store, builtTo, projectedTo, {
        run,
        sources: sourcesWith(rebuilt),
        into: table => (rebuilt.has(table) ? beside(table) : null),
      })
    await exchange(store, tables)
    return projectedTo
  })
  for (const table of tables) await store.write(sql`DROP TABLE IF EXISTS ${identifier(beside(table))} SYNC`)
  onProgress({ step: 'swapped in', done: wanted.length, of: wanted.length })
  return { asOf }
}
