import { setTimeout as wait } from 'node:timers/promises'
import { uuidv7 } from 'uuidv7'
import { z } from 'zod'
import { DEFAULT_FIT_LIMITS, type FitLimits } from '../domain/attribution/paths.ts'
import type { Definitions } from '../domain/definitions/definitions.ts'
import { figureSources, type FigureSources } from '../domain/figures/sources.ts'
import { timeoutsOf } from '../domain/definitions/stage-map.ts'
import { endOfDay, isIsoDate } from '../domain/periods.ts'
import { decodePosition } from '../domain/position.ts'
import { keptProjections, travelledProjections } from '../domain/figures/time-travel.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { badParameter, notYetProjected, positionNotReached } from './problems.ts'
import { readBackfill, readTenantAt, type TenantBackfill, type TenantSettings } from './settings.ts'
import { createStandings } from './standing.ts'

export type Progress = { readonly projectingTo: number; readonly projectedTo: number }

/**
 * `reconstructed`: before the tenant went live; `not_final`: later than what is projected, so the answer may still change;
 * `backfill_open`: history is being filled in, nothing of the tenant is projected until it went live.
 */
export type TimeFlag = 'reconstructed' | 'not_final' | 'backfill_open'

/** Everything an answer is made from: whose, as known when, under what. */
export type AnswerContext = {
  readonly tenant: string
  readonly sources: FigureSources
  readonly settings: TenantSettings
  readonly definitions: Definitions
  /** What data-driven models ask of their data (metrics M64). */
  readonly fitLimits: FitLimits
  /** As asked for; without as_of the watermark. Milliseconds since the epoch, like the next two. */
  readonly asOf: number
  readonly watermark: number
  /** min(as_of, watermark): nothing later is in the answer. */
  readonly observedTo: number
  readonly flags: readonly TimeFlag[]
  /** Of kept tables: the instant since which nothing of the tenant has changed. Null of time travel. */
  readonly keptSince: number | null
}

export type TimeQuestion = { readonly as_of?: string | undefined; readonly after?: string | undefined }

export type AnswerReader = {
  /** Runs `answer` over one state of the tables. It may be run again, when projecting went on meanwhile. */
  readonly read: <T>(tenant: string, time: TimeQuestion, answer: (context: AnswerContext) => Promise<T>) => Promise<T>
  readonly progress: () => Promise<Progress | null>
}

export type AnswerReaderOptions = {
  readonly store: Store
  /** How long `after=` waits; 5 s. */
  readonly waitMs?: number
  readonly pollMs?: number
  /** Metrics M64: 100 conversions, 30 channels. */
  readonly fitLimits?: FitLimits
}

const Newest = z.object({ newest: z.coerce.number() })
const ProgressRow = z.object({ name: z.string(), at: z.coerce.number() })
/**
 * Reading kept tables again takes a tenth of a second, time travel from the facts seconds: so it is tried a little more often than the
 * second time before the answer comes from the facts.
 */
const KEPT_ATTEMPTS = 4

/** Greatest version (ms) among the kept rows of a tenant: what a step has written of them. Of `account_touches` only rows known at as_of are read. */
const newestVersion = (tenant: string): Sql => {
  const of = (table: string): Sql => sql`SELECT max(version) AS version FROM ${identifier(table)} WHERE tenant = ${bind.string(tenant)}`
  return sql`SELECT max(version) AS newest FROM (${joinSql(['deal_journey', 'deal_conversions', 'person_journey'].map(of), ' UNION ALL ')})`
}

/**
 * Answers without `as_of` are as of the watermark (design D2): read from the kept tables, and good when nothing of the tenant in them is newer
 * than the watermark afterwards: then no step had touched what was read, whatever it does elsewhere. Else read again, at last by time
 * travel. So each of them re-opens to the same bytes under its `as_of`. An `as_of` since which nothing of the tenant has changed is
 * answered in the same way.
 */
export const createAnswerReader = ({
  store,
  waitMs = 5_000,
  pollMs = 25,
  fitLimits = DEFAULT_FIT_LIMITS,
}: AnswerReaderOptions): AnswerReader => {
  const standings = createStandings({ store })
  const progress = async (): Promise<Progress | null> => {
    const rows = await store.read(
      sql`SELECT toString(name) AS name, toUnixTimestamp64Milli(at) AS at FROM progress FINAL WHERE name IN ('projecting_to', 'projected_to')`,
    )
    const found = new Map(rows.map(row => ProgressRow.parse(row)).map(({ name, at }) => [name, at]))
    const projectedTo = found.get('projected_to')
    return projectedTo === undefined ? null : { projectingTo: found.get('projecting_to') ?? projectedTo, projectedTo }
  }

  const projectedSoFar = async (): Promise<Progress> => {
    const found = await progress()
    if (found === null) throw notYetProjected()
    return found
  }

  /** A date means its end in the tenant's zone, as that zone was known when the day ended in UTC: the same for ever. */
  const endOfTenantsDay = async (tenant: string, date: string): Promise<number> =>
    endOfDay(date, (await readTenantAt(store, tenant, endOfDay(date, 'UTC'))).settings.zone)

  const untilShown = async (position: string): Promise<void> => {
    const wanted = decodePosition(position)
    if (wanted === null) throw badParameter('after', 'expected a position as a write has answered it')
    const deadline = performance.now() + waitMs
    while (((await progress())?.projectedTo ?? 0) < wanted) {
      if (performance.now() >= deadline) throw positionNotReached(position)
      await wait(pollMs)
    }
  }

  const read: AnswerReader['read'] = async (tenant, { as_of, after }, answer) => {
    if (after !== undefined) await untilShown(after)
    const asked = as_of === undefined ? null : parseAsOf(as_of)
    for (let attempt = 1; ; attempt++) {
      const before = await projectedSoFar()
      const watermark = before.projectedTo
      const asOf = asked === null ? watermark : asked.kind === 'instant' ? asked.ms : await endOfTenantsDay(tenant, asked.date)
      const observedTo = Math.min(asOf, watermark)
      const mayKeep = attempt <= KEPT_ATTEMPTS && (observedTo === watermark || standings.reaches(tenant, observedTo))
      const now = mayKeep ? await standings.at(tenant, watermark) : null
      // what was known then is all that is known now: the kept tables say what they said
      const standing = now !== null && now.unchangedSince <= observedTo ? now : null
      const keep = standing !== null
      const [{ settings, definitions }, backfill] =
        standing === null
          ? await Promise.all([readTenantAt(store, tenant, observedTo), readBackfill(store, tenant, watermark)])
          : [standing, standing.backfill]
      const flags: TimeFlag[] = []
      if (backfill.open) flags.push('backfill_open')
      if (asOf > watermark) flags.push('not_final')
      if (backfill.liveFrom !== null && asOf < backfill.liveFrom) flags.push('reconstructed')
      const projections = keep ? keptProjections : travelledProjections(definitions, epochOf(backfill))
      const sources = figureSources({ tenant, asOf: observedTo, projections, timeouts: timeoutsOf(definitions.stageMap).length > 0 })
      const result = await answer({
        tenant,
        sources,
        settings,
        definitions,
        fitLimits,
        asOf,
        watermark: observedTo,
        observedTo,
        flags,
        keptSince: standing === null ? null : standing.unchangedSince,
      })
      if (!keep) return result
      // a fact is in `changes` before a step begins that computes from it: without one nobody writes, and the tables need not be looked at
      if (!(await standings.changedAfter(tenant, watermark))) return result
      const [row] = await store.read(newestVersion(tenant))
      if (Newest.parse(row).newest <= watermark) return result
      await wait(pollMs) // the step that is under way is short
    }
  }
  return { read, progress }
}

/** History of the past is complete when a backfill has ended, and another one after the next; while one is open every question is one of its own. */
const epochOf = ({ open, liveFrom }: TenantBackfill): string => (open ? uuidv7() : String(liveFrom))

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

type AsOf = { readonly kind: 'instant'; readonly ms: number } | { readonly kind: 'date'; readonly date: string }

const parseAsOf = (text: string): AsOf => {
  if (isIsoDate(text)) return { kind: 'date', date: text }
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw badParameter('as_of', 'expected an instant (2026-07-01T12:00:00Z) or a date (2026-07-01)')
  return { kind: 'instant', ms }
}
