import { z } from 'zod'
import type { Definitions } from '../domain/definitions/definitions.ts'
import { documentKinds } from '../domain/definitions/documents.ts'
import { definitionEvents, definitionsInForce } from '../domain/definitions/in-force.ts'
import type { ChangeKind } from '../domain/projections/affected.ts'
import { bind, sql } from '../domain/sql.ts'
import type { Row, Store } from '../store/port.ts'
import { type Backfill, backfillsAt } from './backfill.ts'
import { barringEvents } from './exclusions.ts'

/** Documents that kept tables are computed under. */
export const keptKinds = documentKinds.filter(({ kept }) => kept).map(({ kind }) => kind)

/** What a step stands on, besides the facts of its window: little of it ever changes, and what changes it says so in `changes`. */
export type Standing = {
  readonly backfills: readonly Backfill[]
  /** Events that bar others, of those that ever happened. */
  readonly barring: ReadonlySet<string>
  /** Whether there ever was a merge, and a lead. */
  readonly merges: boolean
  readonly leads: boolean
  /** When documents come into force, ms. */
  readonly coming: readonly { readonly tenant: string; readonly at: number }[]
}

/**
 * What the step before stood on. Kept for the next step of the same instance that begins where that one ended, while nothing is said that could change it; any other step reads
 * it anew, so that nothing is known here that another instance would need.
 */
export type StepMemory = { at: number; standing: Standing | null; definitions: readonly Row[] | null }

export const newStepMemory = (): StepMemory => ({ at: 0, standing: null, definitions: null })

/** What of a window can change what a step stands on. */
const DECISIVE: readonly ChangeKind[] = ['record', 'exclusion', 'campaign', 'consent', 'merge']

const Presence = z.object({ merges: z.coerce.number(), leads: z.coerce.number() })
const Coming = z.object({ tenant: z.string(), at: z.coerce.number() })

const readStanding = async (store: Store, to: number): Promise<Standing> => {
  const [backfills, barring, presence, coming] = await Promise.all([
    backfillsAt(store, to),
    barringEvents(store),
    store.read(sql`
      SELECT (SELECT count() FROM (SELECT 1 FROM link_facts WHERE relation = 'merge' LIMIT 1)) AS merges, (SELECT count() FROM (SELECT 1 FROM lead_facts LIMIT 1)) AS leads`),
    store.read(sql`
      SELECT DISTINCT toString(tenant) AS tenant, intDiv(JSONExtractInt(payload, 'effective_at') + 999, 1000) AS at FROM record_facts
      WHERE type = 'definition-published' AND JSONExtractString(payload, 'kind') IN (${bind.strings(keptKinds)}) AND JSONExtractInt(payload, 'effective_at') > 0`),
  ])
  const { merges, leads } = Presence.parse(presence[0])
  return { backfills, barring, merges: merges > 0, leads: leads > 0, coming: coming.map(row => Coming.parse(row)) }
}

/** As of `to`, where the window (from, to] has these kinds of change. */
export const standingAt = async (
  store: Store,
  from: number,
  to: number,
  kinds: ReadonlySet<ChangeKind>,
  memory: StepMemory,
): Promise<Standing> => {
  const kept = memory.at === from && !DECISIVE.some(kind => kinds.has(kind)) ? memory.standing : null
  const standing = kept ?? (await readStanding(store, to))
  memory.at = to
  // a lead is said without anything else changing
  memory.standing = { ...standing, merges: standing.merges || kinds.has('merge'), leads: standing.leads || kinds.has('lead') }
  if (kept === null) memory.definitions = null
  return memory.standing
}

/** What is in force at `to`, by tenant. After `standingAt`, and after what does not count was taken out. */
export const definitionsAt = async (store: Store, to: number, memory: StepMemory): Promise<ReadonlyMap<string, Definitions>> => {
  memory.definitions ??= await store.read(definitionEvents(sql`${bind.instant(to)}`))
  return definitionsInForce(memory.definitions, to)
}
