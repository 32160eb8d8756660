import { z } from 'zod'
import type { Definitions } from '../domain/definitions/definitions.ts'
import { fiscalCalendarKind, fiscalYears } from '../domain/definitions/fiscal-calendar.ts'
import { inForceOf } from '../domain/definitions/history.ts'
import { definitionEvents, definitionsInForce, definitionsOf } from '../domain/definitions/in-force.ts'
import { currencyExponent } from '../domain/money.ts'
import type { FiscalCalendar } from '../domain/periods.ts'
import { bind, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

/** What a tenant says about itself (`tenant-configured`), as far as figures need it. */
export type TenantSettings = {
  readonly zone: string
  readonly fiscalYearStartMonth: number
  readonly currency: string
  /** What fiscal periods are: the calendar that both functions agreed on over the month in which the year begins. */
  readonly fiscal: FiscalCalendar
}

/** In force until a tenant is configured. */
const DEFAULT_SETTINGS = { fiscalYearStartMonth: 1, currency: 'EUR' } as const

/** What a tenant's figures are computed under, as known at an instant. */
export type TenantAt = { readonly settings: TenantSettings; readonly definitions: Definitions }

const Payload = z.object({ fiscal_year_start_month: z.int().min(1).max(12).optional(), currency: z.string().optional() })
const Said = z.object({ type: z.string(), payload: z.string() })

/** Definitions as the projector reads them, and settings; a few rows. Values that this runtime does not know count as not said. */
export const readTenantAt = async (store: Store, tenant: string, asOf: number): Promise<TenantAt> => {
  const rows = await store.read(definitionEvents(sql`${bind.instant(asOf)}`, tenant))
  const definitions = definitionsOf(definitionsInForce(rows, asOf), tenant)
  const configured = rows.map(row => Said.parse(row)).findLast(({ type }) => type === 'tenant-configured')
  const said = configured === undefined ? {} : (Payload.safeParse(JSON.parse(configured.payload)).data ?? {})
  const fiscalYearStartMonth = said.fiscal_year_start_month ?? DEFAULT_SETTINGS.fiscalYearStartMonth
  const calendar = inForceOf(definitions.history, fiscalCalendarKind, fiscalCalendarKind.kind, asOf)?.document ?? null
  return {
    definitions,
    settings: {
      zone: definitions.zone,
      fiscalYearStartMonth,
      fiscal: { startMonth: fiscalYearStartMonth, ...(calendar === null ? {} : { years: fiscalYears(calendar) }) },
      currency: said.currency !== undefined && currencyExponent(said.currency) !== null ? said.currency : DEFAULT_SETTINGS.currency,
    },
  }
}

/** Where a tenant stands with its backfills (design D4). */
export type TenantBackfill = {
  /** While a backfill is open the tenant is not projected. */
  readonly open: boolean
  /** When the last one ended (ms): answers as of before are reconstructed. Null when there never was one. */
  readonly liveFrom: number | null
}

const Backfill = z.object({
  events: z.coerce.number(),
  open: z.coerce.number(),
  times_live: z.coerce.number(),
  live_from: z.coerce.number(),
})

/** By the order of the log, up to `projectedTo` (ms). */
export const readBackfill = async (store: Store, tenant: string, projectedTo: number): Promise<TenantBackfill> => {
  const [row] = await store.read(sql`
    SELECT count() AS events, argMax(type, (appended_at, partition, offset)) = 'backfill-opened' AS open, countIf(type = 'tenant-went-live') AS times_live,
      toUnixTimestamp64Milli(maxIf(appended_at, type = 'tenant-went-live')) AS live_from
    FROM record_facts FINAL
    WHERE tenant = ${bind.string(tenant)} AND type IN ('backfill-opened', 'tenant-went-live') AND appended_at <= ${bind.instant(projectedTo)}`)
  const { events, open, times_live, live_from } = Backfill.parse(row)
  return { open: events > 0 && open === 1, liveFrom: times_live === 0 ? null : live_from }
}
