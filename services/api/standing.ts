import { z } from 'zod'
import { changedSince } from '../domain/figures/credit-cells.ts'
import { nextTurnAfter } from '../domain/definitions/history.ts'
import { bind } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { readBackfill, readTenantAt, type TenantAt, type TenantBackfill } from './settings.ts'

/** What a tenant's answers are given under at a watermark, and since when nothing of the tenant has changed. */
export type Standing = TenantAt & {
  readonly backfill: TenantBackfill
  /** Milliseconds since the epoch: everything known at this instant is all that is known at the watermark. */
  readonly unchangedSince: number
}

export type Standings = {
  readonly at: (tenant: string, watermark: number) => Promise<Standing>
  /** Whether what is held may be as of an earlier instant too; no look at the store. */
  readonly reaches: (tenant: string, asOf: number) => boolean
  /** Whether anything of the tenant was recorded after the watermark, so that a step can be writing of it. */
  readonly changedAfter: (tenant: string, watermark: number) => Promise<boolean>
}

/** `turnsAt`: something that was agreed before comes into force then; null: nothing will. */
type Held = { readonly standing: Standing; readonly turnsAt: number | null; unchangedTo: number }

const Changed = z.object({ changed: z.coerce.number() })
const MAX_HELD = 1_000

/**
 * Settings, definitions and backfill of a tenant at the watermark. Reading them takes longer than most of what they are read for, so they are held until
 * something of the tenant is recorded, or a document that was agreed before comes into force: one look at `changes`, which has a row for every fact.
 */
export const createStandings = ({ store }: { readonly store: Store }): Standings => {
  const held = new Map<string, Held>()

  const changed = async (tenant: string, after: number, to: number | null): Promise<boolean> => {
    const [row] = await store.read(changedSince(bind.string(tenant), bind.instant(after), to === null ? null : bind.instant(to)))
    return Changed.parse(row).changed > 0
  }

  const isUnchanged = async (tenant: string, { standing, turnsAt, unchangedTo }: Held, watermark: number): Promise<boolean> => {
    if (watermark < standing.unchangedSince || (turnsAt !== null && watermark >= turnsAt)) return false
    return watermark <= unchangedTo || !(await changed(tenant, unchangedTo, watermark))
  }

  return {
    at: async (tenant, watermark) => {
      const known = held.get(tenant)
      if (known !== undefined && (await isUnchanged(tenant, known, watermark))) {
        known.unchangedTo = Math.max(known.unchangedTo, watermark)
        return known.standing
      }
      const [at, backfill] = await Promise.all([readTenantAt(store, tenant, watermark), readBackfill(store, tenant, watermark)])
      const standing = { ...at, backfill, unchangedSince: watermark }
      const [oldest] = held.keys()
      if (held.size >= MAX_HELD && oldest !== undefined) held.delete(oldest)
      // a slower reader of an earlier watermark must not take the place of a later one
      if ((held.get(tenant)?.standing.unchangedSince ?? 0) <= watermark)
        held.set(tenant, { standing, turnsAt: nextTurnAfter(at.definitions.history, watermark), unchangedTo: watermark })
      return standing
    },
    reaches: (tenant, asOf) => (held.get(tenant)?.standing.unchangedSince ?? asOf) <= asOf,
    changedAfter: (tenant, watermark) => changed(tenant, watermark, null),
  }
}
