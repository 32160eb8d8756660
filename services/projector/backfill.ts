import { z } from 'zod'
import { bind, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

/** Where a tenant stands with its backfills (design D4). Tenants that never had one are not listed: they are live from their first event. */
export type Backfill = {
  readonly tenant: string
  /** A backfill is open: the tenant is not projected. */
  readonly open: boolean
  /** Append time of the last `tenant-went-live`, ms; 0 if none. */
  readonly liveFrom: number
  readonly timesLive: number
}

const BackfillRow = z.object({
  tenant: z.string(),
  open: z.coerce.number().transform(value => value === 1),
  live_from: z.coerce.number(),
  times_live: z.coerce.number(),
})

/** As of `to`, by the order of the log. */
export const backfillsAt = async (store: Store, to: number): Promise<readonly Backfill[]> => {
  const rows = await store.read(sql`
    SELECT tenant, argMax(type, (appended_at, partition, offset)) = 'backfill-opened' AS open,
      toUnixTimestamp64Milli(maxIf(appended_at, type = 'tenant-went-live')) AS live_from, countIf(type = 'tenant-went-live') AS times_live
    FROM record_facts FINAL
    WHERE type IN ('backfill-opened', 'tenant-went-live') AND appended_at <= ${bind.instant(to)}
    GROUP BY tenant`)
  return rows.map(row => {
    const { tenant, open, live_from, times_live } = BackfillRow.parse(row)
    return { tenant, open, liveFrom: times_live === 0 ? 0 : live_from, timesLive: times_live }
  })
}
