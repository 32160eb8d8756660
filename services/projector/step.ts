import { z } from 'zod'
import { definitionEvents, definitionsInForce, definitionsOf } from '../domain/definitions/in-force.ts'
import { type ChangeKind, changeKinds, type Scope } from '../domain/projections/affected.ts'
import { chain, keptSources, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import { bind, identifier, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { tsvMillis } from '../store/tsv.ts'
import { backfillsAt } from './backfill.ts'
import { compute, PROJECT_LIMITS } from './compute.ts'
import { excludeConflicts } from './exclusions.ts'

type Progress = 'projecting_to' | 'projected_to'

/** Moves a mark forward; a late writer of an earlier instant changes nothing, because the greatest counts. */
export const writeProgress = (store: Store, name: Progress, at: number): Promise<void> =>
  store.append('progress', ['name', 'at', 'written'], `${name}\t${tsvMillis(at)}\t${at}\n`)

const ProgressRow = z.object({ name: z.string(), at: z.coerce.number() })

/** ms; 0 where nothing was projected yet. */
export const readProgress = async (store: Store): Promise<Readonly<Record<Progress, number>>> => {
  const rows = await store.read(sql`SELECT name, max(written) AS at FROM progress GROUP BY name`)
  const marks = new Map(rows.map(row => ProgressRow.parse(row)).map(({ name, at }) => [name, at]))
  return { projecting_to: marks.get('projecting_to') ?? 0, projected_to: marks.get('projected_to') ?? 0 }
}

const KindRow = z.object({ tenant: z.string(), kind: z.enum(changeKinds), facts: z.coerce.number() })

/** Which tenants had which kinds of change in (from, to]. */
const changedKinds = async (store: Store, from: number, to: number): Promise<ReadonlyMap<string, ReadonlySet<ChangeKind>>> => {
  const rows = await store.read(sql`
    SELECT tenant, kind, count() AS facts FROM changes
    WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)}
    GROUP BY tenant, kind`)
  const kinds = new Map<string, Set<ChangeKind>>()
  for (const row of rows) {
    const { tenant, kind } = KindRow.parse(row)
    kinds.set(tenant, (kinds.get(tenant) ?? new Set()).add(kind))
  }
  return kinds
}

/** Tenants whose definitions changed in the window: everything of theirs has to be computed anew. */
const redefinedTenants = async (store: Store, from: number, to: number): Promise<ReadonlySet<string>> => {
  const rows = await store.read(sql`
    SELECT DISTINCT tenant FROM record_facts
    WHERE type IN ('tenant-configured', 'definition-published', 'definition-approved') AND appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)}`)
  return new Set(rows.map(row => z.object({ tenant: z.string() }).parse(row).tenant))
}

const ALL_KINDS: ReadonlySet<ChangeKind> = new Set(changeKinds)

export type StepResult = {
  readonly projected: boolean
  readonly letters: Awaited<ReturnType<typeof excludeConflicts>>
  /** Tenants whose backfill ended in the step: everything of theirs was computed. */
  readonly whole: readonly string[]
}

/** What changed in (from, to], and which tenants are projected whole or not at all. */
type Window = {
  readonly from: number
  readonly to: number
  readonly kinds: ReadonlyMap<string, ReadonlySet<ChangeKind>>
  readonly whole: readonly string[]
  readonly skip: readonly string[]
}

const windowOf = async (store: Store, from: number, to: number): Promise<Window> => {
  const [changes, backfills] = await Promise.all([changedKinds(store, from, to), backfillsAt(store, to)])
  const kinds = new Map(changes)
  const whole = backfills
    .filter(backfill => !backfill.open && backfill.liveFrom > from && backfill.liveFrom <= to)
    .map(({ tenant }) => tenant)
  const skip = backfills.filter(({ open }) => open).map(({ tenant }) => tenant)
  for (const tenant of whole) kinds.set(tenant, ALL_KINDS)
  for (const tenant of skip) kinds.delete(tenant)
  return { from, to, kinds, whole, skip }
}

/** Where a window is computed: what is read, and the table that each projection goes to (null: it is not wanted). */
export type Place = { readonly run: string; readonly sources: Sources; readonly into: (table: string) => string | null }

const keptPlace: Place = { run: 'step', sources: keptSources, into: table => table }

/** Computes everything that the window can have changed, as of its end. */
const computeWindow = async (store: Store, { from, to, kinds, whole, skip }: Window, place: Place): Promise<void> => {
  const [redefined, definitionRows] = await Promise.all([
    [...kinds.values()].some(of => of.has('record')) ? redefinedTenants(store, from, to) : new Set<string>(),
    store.read(definitionEvents(sql`${bind.instant(to)}`)),
    forget(store, whole, place),
  ])
  const definitions = definitionsInForce(definitionRows)
  const computing = {
    ...place,
    store,
    scope: { kind: 'window', from, to, skip, whole } satisfies Scope,
    kinds: new Set([...kinds.values()].flatMap(of => [...of])),
  }
  const wanted = chain.flatMap(projection =>
    targets(projection, kinds, redefined, new Set(whole), tenant => definitionsOf(definitions, tenant)).map(of => ({ projection, of })),
  )
  await inOrderOfNeed(wanted, ({ projection, of }) => compute(computing, projection, of))
}

/**
 * One step of the projection (design D2): everything that the facts appended in (from, to] can have changed is computed as of `to` and inserted
 * with version `to`. All facts up to `to` have landed, so a row depends on nothing but its entity and `to`: a step that was cut off is done
 * again, and two projectors at once write the same rows.
 */
export const projectStep = async (store: Store, from: number, to: number): Promise<StepResult> => {
  const window = await windowOf(store, from, to)
  const { kinds, whole } = window
  if (kinds.size === 0) return { projected: false, letters: [], whole }
  await writeProgress(store, 'projecting_to', to)
  // first what does not count goes: nothing may be computed, and no definition read, from it
  const letters = await excludeConflicts(store, from, to, whole)
  await computeWindow(store, window, keptPlace)
  return { projected: true, letters, whole }
}

/** Brings tables that were built beside the kept ones as of `from` to `to`, which the kept ones have reached. */
export const catchUp = async (store: Store, from: number, to: number, place: Place): Promise<void> => {
  const window = await windowOf(store, from, to)
  if (window.kinds.size > 0) await computeWindow(store, window, place)
}

type Wanted = { readonly projection: Projection; readonly of: TenantDefinitions | null }

/** Runs each when the tables that it needs are done: identity and deals side by side, then credit and journeys. */
const inOrderOfNeed = async (wanted: readonly Wanted[], run: (each: Wanted) => Promise<unknown>): Promise<void> => {
  const done = new Map<string, Promise<unknown>>()
  for (const { table, needs } of chain) {
    const own = wanted.filter(({ projection }) => projection.table === table)
    const before = Promise.all(needs.map(name => done.get(name) ?? Promise.resolve()))
    done.set(
      table,
      before.then(async () => {
        for (const each of own) await run(each)
      }),
    )
  }
  // all have ended before a failure is passed on: nothing of this step may still write when the next one begins
  const ends = await Promise.allSettled(done.values())
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** What to run of a projection: nothing, once for all tenants, or once per tenant that the changes can reach. */
const targets = (
  projection: Projection,
  kinds: ReadonlyMap<string, ReadonlySet<ChangeKind>>,
  redefined: ReadonlySet<string>,
  whole: ReadonlySet<string>,
  definitionsFor: (tenant: string) => TenantDefinitions['definitions'],
): readonly (TenantDefinitions | null)[] => {
  const moved = [...kinds].filter(([tenant, of]) =>
    projection.movedBy.some(kind => of.has(kind) && (kind !== 'record' || redefined.has(tenant) || whole.has(tenant))),
  )
  if (moved.length === 0) return []
  if (!projection.perTenant) return [null]
  return moved.map(([tenant]) => ({ tenant, definitions: definitionsFor(tenant), all: redefined.has(tenant) || whole.has(tenant) }))
}

/**
 * A tenant that goes live is computed whole: what was projected of it before (live from the start, or from an earlier backfill) may no longer follow
 * from its facts.
 */
const forget = async (store: Store, tenants: readonly string[], { into }: Place): Promise<void> => {
  if (tenants.length === 0) return
  for (const { table } of chain) {
    const target = into(table)
    if (target !== null)
      await store.write(sql`DELETE FROM ${identifier(target)} WHERE tenant IN (${bind.strings(tenants)})`, PROJECT_LIMITS)
  }
}
