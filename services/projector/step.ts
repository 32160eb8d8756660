import { z } from 'zod'
import { documentKinds } from '../domain/definitions/documents.ts'
import { definitionEvents, definitionsInForce, definitionsOf } from '../domain/definitions/in-force.ts'
import {
  affectedByFacts,
  affectedOfTenant,
  affectedRoots,
  type ChangeKind,
  changeKinds,
  EXCEPTION_KINDS,
  IDENTITY_KINDS,
  type Window,
} from '../domain/projections/affected.ts'
import { chain, keptSources, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import { windowNames } from '../domain/projections/unit-credit.ts'
import { bind, identifier, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { tsvMillis } from '../store/tsv.ts'
import { backfillsAt } from './backfill.ts'
import { type Computing, compute, countFound, find, foundKeys, PROJECT_LIMITS, STEP_RUN } from './compute.ts'
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

/** Which tenants had which kinds of change in (from, to], and how many changes there were. */
const changedKinds = async (
  store: Store,
  from: number,
  to: number,
): Promise<{ readonly kinds: ReadonlyMap<string, ReadonlySet<ChangeKind>>; readonly facts: number }> => {
  const rows = await store.read(sql`
    SELECT tenant, kind, count() AS facts FROM changes
    WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)}
    GROUP BY tenant, kind`)
  const kinds = new Map<string, Set<ChangeKind>>()
  let total = 0
  for (const row of rows) {
    const { tenant, kind, facts } = KindRow.parse(row)
    total += facts
    kinds.set(tenant, (kinds.get(tenant) ?? new Set()).add(kind))
  }
  return { kinds, facts: total }
}

const DEFINING = ['definition-published', 'definition-approved', 'definition-refused']
const keptKinds = documentKinds.filter(({ kept }) => kept).map(({ kind }) => kind)
const WENT_LIVE = 'tenant-went-live'
const Turn = z.object({ tenant: z.string(), type: z.string() })

/**
 * Tenants whose definitions changed in the window, so that everything of theirs has to be computed anew, and tenants that went live in it. By the rows of
 * `changes`: what became visible late is announced there, at another instant than its own. Of documents only those count that kept tables are computed under.
 */
const turnsIn = async (
  store: Store,
  from: number,
  to: number,
): Promise<{ readonly redefined: ReadonlySet<string>; readonly live: ReadonlySet<string> }> => {
  const rows = await store.read(sql`
    SELECT DISTINCT tenant, toString(type) AS type FROM record_facts
    WHERE type IN (${bind.strings(['tenant-configured', ...DEFINING, WENT_LIVE])})
      AND (type NOT IN (${bind.strings(DEFINING)}) OR (tenant, subject) IN (
        SELECT tenant, subject FROM record_facts
        WHERE type = 'definition-published' AND JSONExtractString(payload, 'kind') IN (${bind.strings(keptKinds)})))
      AND (tenant, event_id) IN (
        SELECT tenant, event_id FROM changes WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)} AND kind = 'record')`)
  const turns = rows.map(row => Turn.parse(row))
  const of = (wanted: (type: string) => boolean): ReadonlySet<string> =>
    new Set(turns.filter(({ type }) => wanted(type)).map(({ tenant }) => tenant))
  return { redefined: of(type => type !== WENT_LIVE), live: of(type => type === WENT_LIVE) }
}

/** Tenants of whom a document that was agreed before comes into force in the window: by the passing of time alone, nothing is said. */
const comingIntoForce = async (store: Store, from: number, to: number): Promise<ReadonlySet<string>> => {
  const rows = await store.read(sql`
    SELECT DISTINCT tenant, toString(type) AS type FROM record_facts
    WHERE type = 'definition-published' AND JSONExtractString(payload, 'kind') IN (${bind.strings(keptKinds)})
      AND fromUnixTimestamp64Micro(JSONExtractInt(payload, 'effective_at'), 'UTC') > ${bind.instant(from)}
      AND fromUnixTimestamp64Micro(JSONExtractInt(payload, 'effective_at'), 'UTC') <= ${bind.instant(to)}`)
  return new Set(rows.map(row => Turn.parse(row).tenant))
}
const NO_TURNS = { redefined: new Set<string>(), live: new Set<string>() }

const SMALL_WINDOW_FACTS = 10_000
const BY_FACTS: readonly ChangeKind[] = ['touch', 'deal', ...IDENTITY_KINDS, ...EXCEPTION_KINDS]
const SHARED = chain.filter(({ perTenant }) => !perTenant).map(({ table }) => table)
const OF_TENANT = chain.filter(({ perTenant }) => perTenant).map(({ table }) => table)
const ALL_KINDS: ReadonlySet<ChangeKind> = new Set(changeKinds)

export type StepResult = {
  readonly projected: boolean
  readonly letters: Awaited<ReturnType<typeof excludeConflicts>>
  /** Tenants whose backfill ended in the step: everything of theirs was computed. */
  readonly whole: readonly string[]
}

/** What changed in (from, to] of each tenant, and which tenants are projected whole or not at all. */
type Changes = Window & {
  readonly kinds: ReadonlyMap<string, ReadonlySet<ChangeKind>>
  readonly redefined: ReadonlySet<string>
  readonly small: boolean
}

const windowOf = async (store: Store, from: number, to: number): Promise<Changes> => {
  const [changes, backfills, turning] = await Promise.all([
    changedKinds(store, from, to),
    backfillsAt(store, to),
    comingIntoForce(store, from, to),
  ])
  const kinds = new Map(changes.kinds)
  for (const tenant of turning) kinds.set(tenant, kinds.get(tenant) ?? new Set())
  const { redefined: said, live } = [...kinds.values()].some(of => of.has('record')) ? await turnsIn(store, from, to) : NO_TURNS
  const redefined = new Set([...said, ...turning])
  const whole = backfills.filter(backfill => !backfill.open && live.has(backfill.tenant)).map(({ tenant }) => tenant)
  const skip = backfills.filter(({ open }) => open).map(({ tenant }) => tenant)
  for (const tenant of whole) kinds.set(tenant, ALL_KINDS)
  for (const tenant of skip) kinds.delete(tenant)
  return { from, to, kinds, redefined, whole, skip, small: whole.length === 0 && changes.facts <= SMALL_WINDOW_FACTS }
}

/** Where a window is computed: what is read, and the table that each projection goes to (null: it is not wanted). */
export type Place = { readonly run: string; readonly sources: Sources; readonly into: (table: string) => string | null }

const keptPlace: Place = { run: STEP_RUN, sources: keptSources, into: table => table }

const projectionOf = (table: string): Projection => {
  const projection = chain.find(each => each.table === table)
  if (projection === undefined) throw new RangeError(`no projection ${table}`)
  return projection
}

/** Runs side by side; all have ended before a failure is passed on: nothing of this step may still write when the next one begins. */
const together = async (works: readonly Promise<unknown>[]): Promise<void> => {
  const ends = await Promise.allSettled(works)
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Computes everything that the window can have changed, as of its end: identity and deals side by side, then credit and journeys. */
const computeWindow = async (store: Store, { kinds, redefined, small, ...window }: Changes, place: Place): Promise<void> => {
  const { to, whole } = window
  const [definitionRows] = await Promise.all([store.read(definitionEvents(sql`${bind.instant(to)}`)), forget(store, whole, place)])
  const definitions = definitionsInForce(definitionRows, to)
  const excludes = [...definitions.values()].some(({ exceptions }) => exceptions.exclusions)
  const computing: Computing = { ...place, store, to, small, sources: { ...place.sources, excludes } }
  const kindsOfAll = new Set([...kinds.values()].flatMap(of => [...of]))

  if (kindsOfAll.has('merge')) {
    await find(computing, sql`SELECT 'roots' AS name, tenant, key FROM (${affectedRoots(window)})`)
    await compute(computing, projectionOf('roots'), null)
  }
  if (BY_FACTS.some(kind => kindsOfAll.has(kind))) await find(computing, affectedByFacts(window, kindsOfAll))
  const found = await countFound(computing, SHARED)
  const inOrder = async (tables: readonly string[]): Promise<void> => {
    for (const table of tables) if (found.has(table)) await compute(computing, projectionOf(table), null)
  }
  await together([inOrder(['placements', 'identities', 'account_touches']), inOrder(['deal_journey'])])

  for (const [tenant, changes] of kinds) {
    const all = redefined.has(tenant) || whole.includes(tenant)
    if (!all && ![...changes].some(kind => kind !== 'record')) continue
    const of = { tenant, definitions: definitionsOf(definitions, tenant), all, kinds: changes }
    await find(
      computing,
      affectedOfTenant(window, of, table => foundKeys(computing, table)),
    )
    const foundOf = await countFound(computing, OF_TENANT, tenant)
    await together(OF_TENANT.filter(table => foundOf.has(table)).map(table => compute(computing, projectionOf(table), of)))
    if (redefined.has(tenant)) await dropWindows(store, of, place)
  }
}

/**
 * One step of the projection (design D2): everything that the facts appended in (from, to] can have changed is computed as of `to` and inserted
 * with version `to`. All facts up to `to` have landed, so a row depends on nothing but its entity and `to`: a step that was cut off is done
 * again, and two projectors at once write the same rows.
 */
export const projectStep = async (store: Store, from: number, to: number): Promise<StepResult> => {
  // before the look: what lands after it and belongs before the mark is announced to the next step
  await writeProgress(store, 'projecting_to', to)
  const window = await windowOf(store, from, to)
  const { kinds, whole } = window
  if (kinds.size === 0) return { projected: false, letters: [], whole }
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

/** Rows of eligibility windows that no model has any more: nobody reads them, since what is asked of the past is computed. */
const dropWindows = async (store: Store, { tenant, definitions }: TenantDefinitions, { into }: Place): Promise<void> => {
  const target = into('deal_conversions')
  if (target === null) return
  await store.write(
    sql`DELETE FROM ${identifier(target)} WHERE tenant = ${bind.string(tenant)} AND window NOT IN (${bind.strings(windowNames(definitions.models))})`,
    PROJECT_LIMITS,
  )
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
