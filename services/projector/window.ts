import { z } from 'zod'
import { type ChangeKind, changeKinds, type Said, type Window } from '../domain/projections/affected.ts'
import { bind, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { keptKinds, type Standing, standingAt, type StepMemory } from './standing.ts'

const KindRow = z.object({ tenant: z.string(), kind: z.enum(changeKinds) })
const SaidRow = z.object({ tenant: z.string(), kind: z.enum(changeKinds), key: z.string(), event_id: z.string(), touch: z.string() })

const SMALL_WINDOW_FACTS = 10_000

/** What was said in (from, to]; null where it is much. */
const saidIn = async (store: Store, from: number, to: number): Promise<readonly Said[] | null> => {
  const rows = await store.read(sql`
    SELECT toString(tenant) AS tenant, toString(kind) AS kind, key, event_id, touch FROM changes
    WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)}
    LIMIT ${bind.uint(SMALL_WINDOW_FACTS + 1)}`)
  return rows.length > SMALL_WINDOW_FACTS ? null : rows.map(row => SaidRow.parse(row))
}

/** Which tenants had which kinds of change in (from, to]. */
const changedKinds = async (
  store: Store,
  from: number,
  to: number,
  said: readonly Said[] | null,
): Promise<Map<string, Set<ChangeKind>>> => {
  const kinds = new Map<string, Set<ChangeKind>>()
  const rows =
    said ??
    (
      await store.read(sql`
        SELECT DISTINCT tenant, kind FROM changes WHERE appended_at > ${bind.instant(from)} AND appended_at <= ${bind.instant(to)}`)
    ).map(row => KindRow.parse(row))
  for (const { tenant, kind } of rows) kinds.set(tenant, (kinds.get(tenant) ?? new Set()).add(kind))
  return kinds
}

const DEFINING = ['definition-published', 'definition-approved', 'definition-refused']
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

const NO_TURNS = { redefined: new Set<string>(), live: new Set<string>() }

const ALL_KINDS: ReadonlySet<ChangeKind> = new Set(changeKinds)

/** What changed in (from, to] of each tenant, and which tenants are projected whole or not at all. */
export type Changes = Window & {
  readonly kinds: ReadonlyMap<string, ReadonlySet<ChangeKind>>
  readonly redefined: ReadonlySet<string>
  /** A step of a second: its statements name what they compute, and take one thread each. */
  readonly small: boolean
  readonly standing: Standing
}

export const windowOf = async (store: Store, from: number, to: number, memory: StepMemory): Promise<Changes> => {
  const everything = await saidIn(store, from, to)
  const kinds = await changedKinds(store, from, to, everything)
  const standing = await standingAt(store, from, to, new Set([...kinds.values()].flatMap(of => [...of])), memory)
  const turning = new Set(standing.coming.filter(({ at }) => at > from && at <= to).map(({ tenant }) => tenant))
  for (const tenant of turning) kinds.set(tenant, kinds.get(tenant) ?? new Set())
  const { redefined: told, live } = [...kinds.values()].some(of => of.has('record')) ? await turnsIn(store, from, to) : NO_TURNS
  const redefined = new Set([...told, ...turning])
  const whole = standing.backfills.filter(backfill => !backfill.open && live.has(backfill.tenant)).map(({ tenant }) => tenant)
  const skip = standing.backfills.filter(({ open }) => open).map(({ tenant }) => tenant)
  for (const tenant of skip) kinds.delete(tenant)
  for (const tenant of whole) kinds.set(tenant, new Set(ALL_KINDS))
  const said = whole.length > 0 ? null : (everything?.filter(({ tenant }) => !skip.includes(tenant)) ?? null)
  return { from, to, kinds, redefined, whole, skip, said, small: said !== null, standing }
}
