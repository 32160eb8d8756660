import { z } from 'zod'
import type { Definitions } from '../domain/definitions/definitions.ts'
import { definitionsOf } from '../domain/definitions/in-force.ts'
import { fewTouches } from '../domain/projections/account-touches.ts'
import {
  affectedByFacts,
  affectedCredits,
  affectedJourneys,
  affectedRoots,
  type ChangeKind,
  EXCEPTION_KINDS,
  fewAffectedCredits,
  IDENTITY_KINDS,
  knownBefore,
  movedResponses,
  type OfTenant,
  saysLinksOnly,
  targetsOf,
} from '../domain/projections/affected.ts'
import { chain, keptSources, type Projection, type Sources, type TenantDefinitions } from '../domain/projections/chain.ts'
import { type Key, rowsOfKeys } from '../domain/projections/keys.ts'
import { windowNames } from '../domain/projections/unit-credit.ts'
import { bind, identifier, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { tsvMillis } from '../store/tsv.ts'
import { type Computing, compute, type Found, type FoundKeys, find, foundOf, type NamedKey, PROJECT_LIMITS, STEP_RUN } from './compute.ts'
import { type Exclusion, excludeConflicts } from './exclusions.ts'
import { definitionsAt, newStepMemory, type StepMemory } from './standing.ts'
import { type Changes, windowOf } from './window.ts'

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

const BY_FACTS: readonly ChangeKind[] = ['touch', 'deal', ...IDENTITY_KINDS, ...EXCEPTION_KINDS]

export type StepResult = {
  readonly projected: boolean
  readonly letters: readonly Exclusion[]
  /** Tenants whose backfill ended in the step: everything of theirs was computed. */
  readonly whole: readonly string[]
  /** Whose identity was computed; null where nobody's was. */
  readonly identified: FoundKeys | null
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

/** Both, when both have ended. */
const bothOf = async <One, Other>(one: Promise<One>, other: Promise<Other> | null): Promise<readonly [One, Other | null]> => {
  await together([one, Promise.resolve(other)])
  return [await one, await other]
}

const kindsOf = ({ kinds }: Pick<Changes, 'kinds'>): ReadonlySet<ChangeKind> => new Set([...kinds.values()].flatMap(of => [...of]))

const NONE: Found = new Map()
const ONE_THREAD = { settings: { max_threads: 1 } }

/** What the facts of the window name and reach: all but what a tenant's definitions decide. */
const findByFacts = async (computing: Computing, window: Changes): Promise<Found> => {
  const kinds = kindsOf(window)
  if (!BY_FACTS.some(kind => kinds.has(kind))) return NONE
  const known = (window.said ?? []).flatMap(({ kind, tenant, key, touch }) => {
    if (kind === 'touch') return [{ name: 'account_touches', tenant, key, touch }]
    return kind === 'deal' ? [{ name: 'deal_journey', tenant, key }] : []
  })
  if (window.said === null || !saysLinksOnly(kinds)) return await find(computing, affectedByFacts(window, kinds), known)
  return await findLinked(
    computing,
    window,
    window.said.filter(({ kind }) => kind === 'link'),
    known,
  )
}

const KeyRow = z.object({ tenant: z.string(), key: z.string() })
const idOf = ({ tenant, key }: Key): string => `${tenant}\u001f${key}`

/** The same for aliases alone, which is what most windows say of anybody: whom they ever stood for, and who of these is new. */
const findLinked = async (
  { store }: Computing,
  window: Changes,
  aliases: readonly Key[],
  known: readonly (NamedKey & { readonly name: string })[],
): Promise<Found> => {
  const keys = async (rows: Sql): Promise<readonly Key[]> => (await store.read(rows, ONE_THREAD)).map(row => KeyRow.parse(row))
  const targets = (await keys(targetsOf(aliases))).filter(({ key }) => key !== '')
  const before = new Set((targets.length === 0 ? [] : await keys(knownBefore(window, targets))).map(idOf))
  const fresh = targets.filter(target => !before.has(idOf(target)))
  const subjects = [...new Map([...aliases, ...fresh].map(({ tenant, key }) => [idOf({ tenant, key }), { tenant, key }])).values()]
  const evidence = {
    persons: fresh.some(({ key }) => key.startsWith('person:')),
    aliases: targets.some(({ key }) => key.startsWith('person:')),
    accounts: [...subjects, ...targets].some(({ key }) => key.startsWith('account:')),
  }
  const found = foundOf([
    ...known,
    ...fresh.flatMap(key => (key.key.startsWith('person:') ? [{ name: 'placements', ...key }] : [])),
    ...subjects.flatMap(key => [
      { name: 'identities', ...key },
      { name: 'account_touches', ...key },
    ]),
  ])
  const identified = found.get('identities')
  return identified === undefined ? found : new Map([...found, ['identities', { ...identified, evidence }]])
}

const computeFound = async (computing: Computing, found: Found, table: string, of: TenantDefinitions | null): Promise<void> => {
  const those = found.get(table)
  // of whom nothing is said there is nothing to compute
  if (those === undefined || (those.evidence !== undefined && !Object.values(those.evidence).includes(true))) return
  const few = table === 'account_touches' && those.named !== null ? fewTouches(those.named) : null
  await compute(computing, projectionOf(table), those, of, { few, evidence: those.evidence ?? null })
}

const Moved = z.object({ account: z.string(), since: z.coerce.number(), persons: z.array(z.string()) })
const Credited = z.object({ key: z.string(), account: z.string(), sure: z.coerce.number(), until: z.coerce.number() })

type Tenant = TenantDefinitions & OfTenant

/** Credit and journeys of whatever the tables before them say that moved, where it may be much. */
const computeManyOfTenant = async (computing: Computing, window: Changes, of: Tenant, found: Found): Promise<void> => {
  const computed = (table: string): Sql | null => found.get(table)?.keys ?? null
  const reached = await find(
    { ...computing, small: false },
    sql`
      SELECT 'deal_conversions' AS name, tenant, key FROM (${affectedCredits(window, of, computed)})
      UNION ALL
      SELECT 'person_journey' AS name, tenant, key FROM (${affectedJourneys(window, of, computed, null)})`,
  )
  await together(['deal_conversions', 'person_journey'].map(table => computeFound(computing, reached, table, of)))
}

/** The same in a small window: read first, then named, because a statement costs more to plan than it has to do. */
const computeFewOfTenant = async (computing: Computing, window: Changes, of: Tenant, found: Found): Promise<void> => {
  const { store } = computing
  const computed = (table: string): Sql | null => found.get(table)?.keys ?? null
  const moved = found.has('account_touches') ? (await store.read(movedResponses(window, of), ONE_THREAD)).map(row => Moved.parse(row)) : []
  const credits = async (): Promise<void> => {
    const since = new Map(moved.map(each => [each.account, each.since]))
    const deals = (await store.read(fewAffectedCredits(window, of, computed, moved), ONE_THREAD))
      .map(row => Credited.parse(row))
      .filter(({ account, sure, until }) => sure === 1 || (since.get(account) ?? Infinity) <= until)
    if (deals.length === 0) return
    const named = deals.map(({ key }) => ({ tenant: of.tenant, key }))
    const accounts = [...new Set(deals.map(({ account }) => account))]
    await compute(computing, projectionOf('deal_conversions'), { keys: rowsOfKeys(named), named }, of, { accounts })
  }
  const journeys = async (): Promise<void> => {
    if (!window.standing.leads) return
    const journey = sql`SELECT 'person_journey' AS name, tenant, key FROM (${affectedJourneys(window, of, computed, moved)})`
    await computeFound(computing, await find(computing, journey), 'person_journey', of)
  }
  await together([credits(), journeys()])
}

/** Computes everything that the window can have changed, as of its end: identity and deals side by side, then credit and journeys. Resolves with what was found. */
const computeWindow = async (
  computing: Computing,
  window: Changes,
  definitions: ReadonlyMap<string, Definitions>,
  byFacts: Found | null,
): Promise<Found> => {
  const { kinds, redefined, whole } = window
  const merged = kindsOf(window).has('merge')
    ? await find(computing, sql`SELECT 'roots' AS name, tenant, key FROM (${affectedRoots(window)})`)
    : NONE
  await computeFound(computing, merged, 'roots', null)
  const found: Found = new Map([...merged, ...(byFacts ?? (await findByFacts(computing, window)))])
  const inOrder = async (tables: readonly string[]): Promise<void> => {
    for (const table of tables) await computeFound(computing, found, table, null)
  }
  await together([inOrder(['placements', 'identities', 'account_touches']), inOrder(['deal_journey'])])

  for (const [tenant, changes] of kinds) {
    const all = redefined.has(tenant) || whole.includes(tenant)
    if (!all && ![...changes].some(kind => kind !== 'record')) continue
    const of = {
      tenant,
      definitions: definitionsOf(definitions, tenant),
      all,
      kinds: changes,
      merges: window.standing.merges,
      leads: window.standing.leads,
    }
    await (computing.small && !all ? computeFewOfTenant : computeManyOfTenant)(computing, window, of, found)
    if (redefined.has(tenant)) await dropWindows(computing.store, of, computing)
  }
  return found
}

const computingOf = (
  store: Store,
  { to, small, standing }: Changes,
  place: Place,
  definitions: ReadonlyMap<string, Definitions>,
): Computing => {
  const excludes = [...definitions.values()].some(({ exceptions }) => exceptions.exclusions)
  return { ...place, store, to, small, sources: { ...place.sources, excludes, merges: standing.merges, leads: standing.leads } }
}

/**
 * One step of the projection (design D2): everything that the facts appended in (from, to] can have changed is computed as of `to` and inserted
 * with version `to`. All facts up to `to` have landed, so a row depends on nothing but its entity and `to`: a step that was cut off is done
 * again, and two projectors at once write the same rows.
 */
export const projectStep = async (store: Store, from: number, to: number, memory: StepMemory = newStepMemory()): Promise<StepResult> => {
  // before the look: what lands after it and belongs before the mark is announced to the next step
  await writeProgress(store, 'projecting_to', to)
  const window = await windowOf(store, from, to, memory)
  const { kinds, whole, standing } = window
  if (kinds.size === 0) return { projected: false, letters: [], whole, identified: null }
  // first what does not count goes: nothing may be computed, and no definition read, from it; what is only looked at meanwhile is looked at again
  const looking = kindsOf(window).has('merge') ? null : findByFacts(computingOf(store, window, keptPlace, new Map()), window)
  const [letters, seen] = await bothOf(excludeConflicts(store, window, standing.barring), looking)
  // what was taken out may be what the step stood on
  if (letters.length > 0) Object.assign(memory, newStepMemory())
  const definitions = await definitionsAt(store, to, memory)
  await forget(store, whole, keptPlace)
  const found = await computeWindow(
    computingOf(store, window, keptPlace, definitions),
    window,
    definitions,
    letters.length > 0 ? null : seen,
  )
  return { projected: true, letters, whole, identified: found.get('identities') ?? null }
}

/** Brings tables that were built beside the kept ones as of `from` to `to`, which the kept ones have reached. */
export const catchUp = async (store: Store, from: number, to: number, place: Place): Promise<void> => {
  const memory = newStepMemory()
  const window = await windowOf(store, from, to, memory)
  if (window.kinds.size === 0) return
  const definitions = await definitionsAt(store, to, memory)
  await forget(store, window.whole, place)
  await computeWindow(computingOf(store, window, place, definitions), window, definitions, null)
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
