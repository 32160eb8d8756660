import { z } from 'zod'
import type { Caller } from '../../access/caller.ts'
import { hubspot } from '../../collector/import/crm/hubspot.ts'
import { salesforce } from '../../collector/import/crm/salesforce.ts'
import { importCrm, type ImportCrmResult } from '../../collector/import/crm/table.ts'
import { importEvents } from '../../collector/import/events.ts'
import { ImportStalled, takePatiently } from '../../collector/import/patient.ts'
import { importPaths } from '../../collector/import/paths.ts'
import { createRejectsFile, type ImportResult } from '../../collector/import/report.ts'
import { spendRows } from '../../collector/import/spend-rows.ts'
import {
  importTable,
  type ImportTableOptions,
  type ImportTableResult,
  type NamedCampaign,
  type SaidBefore,
} from '../../collector/import/table.ts'
import { ensureTenant } from '../../collector/import/tenant.ts'
import { touchRows } from '../../collector/import/touch-rows.ts'
import { campaignNames } from '../../domain/figures/campaign-names.ts'
import { figureSources } from '../../domain/figures/sources.ts'
import { keptProjections } from '../../domain/figures/time-travel.ts'
import { bind, sql } from '../../domain/sql.ts'
import { Refused } from '../control.ts'
import type { Installation } from '../installation.ts'
import { DEFAULT_TENANT, operation, type Workplace } from './operation.ts'
import { untilShown } from './until-shown.ts'

type Format = {
  readonly describes: string
  /** Reporting currency of a tenant that was not configured before. */
  readonly currency: string
  readonly read: (
    options: ImportTableOptions & { readonly snapshot?: boolean },
  ) => Promise<ImportResult & Partial<ImportTableResult> & Partial<ImportCrmResult>>
}

/** What `accord import` can read. */
export const IMPORT_FORMATS: Readonly<Record<string, Format>> = {
  events: { describes: 'NDJSON, one event a line as POST /v1/events takes them', currency: 'EUR', read: importEvents },
  hubspot: {
    describes: 'tables of a HubSpot export as CSV, known by their columns: contacts, companies, deals, stages, engagements',
    currency: 'USD',
    read: options => importCrm(hubspot, options),
  },
  paths: {
    describes: 'aggregated journeys (path, total_conversions, total_conversion_value, total_null)',
    currency: 'XXX',
    read: importPaths,
  },
  salesforce: {
    describes:
      'tables of a Salesforce export as CSV, known by their columns: leads, contacts, accounts, opportunities and their history, tasks, events',
    currency: 'USD',
    read: options => importCrm(salesforce, options),
  },
  spend: { describes: 'costs as plain CSV, one a row', currency: 'EUR', read: options => importTable(spendRows, options) },
  touches: { describes: 'touches as plain CSV, one a row', currency: 'EUR', read: options => importTable(touchRows, options) },
}

/** `events: NDJSON …; paths: …` */
export const formatsInWords = (): string =>
  Object.entries(IMPORT_FORMATS)
    .map(([name, { describes }]) => `${name}: ${describes}`)
    .join('; ')

const ImportInput = z.object({
  format: z.string(),
  /** Absolute paths: the process that carries it out may stand elsewhere. */
  files: z.array(z.string()).min(1),
  tenant: z.string().default(DEFAULT_TENANT),
  dryRun: z.boolean().default(false),
  wait: z.boolean().default(true),
  backfill: z.boolean().default(false),
  snapshot: z.boolean().default(true),
  dataset: z.string().optional(),
  /** Columns, values and forms of a plain CSV; checked where it is read. */
  mapping: z.unknown().optional(),
  rejects: z.string(),
})

const ACTOR = 'key:import'

/** Files to events through the one intake, up to the figures. What is refused goes to the rejects file. */
export const importFiles = operation({
  name: 'import',
  needs: 'figures',
  input: ImportInput,
  run: async ({ format, files, tenant, dryRun, wait, backfill, snapshot, dataset, mapping, rejects }, workplace) => {
    const { installation, progress, signal } = workplace
    const chosen = IMPORT_FORMATS[format]
    if (chosen === undefined) throw new Refused(`format: expected ${formatsInWords()}; got ${JSON.stringify(format)}`)
    const intake = await installation.intake()
    await prepareTenant(tenant, chosen.currency, dryRun, workplace)
    const caller = await importer(tenant, backfill, workplace)
    const rejected = createRejectsFile(rejects)
    let told = 0
    try {
      const result = await chosen.read({
        intake,
        caller,
        files,
        dryRun,
        signal,
        ...(dataset === undefined ? {} : { dataset }),
        ...(mapping === undefined ? {} : { mapping }),
        snapshot,
        ...(format === 'spend' ? { saidBefore: costsSaid(tenant, installation) } : {}),
        onReject: rejected.write,
        onWait: why => progress(why.outcome === 'log_away' ? 'the log does not answer: waiting' : 'the log is behind: waiting'),
        onProgress: ({ file, bytesRead, bytesTotal, accepted, rejected: refused }) => {
          if (performance.now() - told < 500) return
          told = performance.now()
          progress(
            `${file}: ${bytesTotal === 0 ? 100 : Math.floor((100 * bytesRead) / bytesTotal)} %, ${accepted} events, ${refused} refused`,
          )
        },
      })
      const open = caller.scopes.includes('backfill')
      if (wait && !open && result.appendedAt !== null) await untilShown(result.appendedAt, workplace)
      const { accepted, rejected: refused, lines, position } = result
      return {
        tenant,
        format,
        files: result.files,
        lines,
        accepted,
        rejected: refused,
        position,
        rejects: refused > 0 ? rejects : null,
        backfill: open,
        dry_run: dryRun,
        ...(result.campaigns === undefined ? {} : { unmatched_campaigns: await unmatchedOf(result.campaigns, tenant, installation) }),
        ...(result.snapshot === undefined || result.snapshot === null
          ? {}
          : { snapshot: { id: result.snapshot.id, taken_at: result.snapshot.takenAt, deals: result.snapshot.deals } }),
        ...(result.unmapped === undefined ? {} : { unmapped_values: result.unmapped }),
        ...(result.ignoredFiles === undefined ? {} : { ignored_files: result.ignoredFiles }),
        ...(result.ignoredColumns === undefined ? {} : { ignored_columns: result.ignoredColumns }),
      }
    } catch (error) {
      throw expected(error)
    } finally {
      await rejected.close()
    }
  },
})

const SaidRow = z.object({ subject: z.string(), ids: z.array(z.string()) })

/** What was recorded of costs, as far as it has landed, in the order in which it counts. */
const costsSaid =
  (tenant: string, { store }: Installation): SaidBefore =>
  async subjects => {
    const rows = await (await store()).read(sql`
      SELECT subject, arrayMap(said -> said.3, arraySort(groupArray((occurred_at, recorded_at, event_id)))) AS ids
      FROM spend_facts FINAL
      WHERE tenant = ${bind.string(tenant)} AND type = 'spend-recorded' AND subject IN (${bind.strings(subjects)})
      GROUP BY subject`)
    return new Map(rows.map(row => SaidRow.parse(row)).map(({ subject, ids }) => [subject, ids]))
  }

const Known = z.object({ name: z.string(), systems: z.array(z.string()) })

/** Names that no plan and no alias has, in their system or, where that has no such name, in any. They are imported all the same. */
const unmatchedOf = async (named: readonly NamedCampaign[], tenant: string, { store }: Installation): Promise<readonly NamedCampaign[]> => {
  const sources = figureSources({ tenant, asOf: FAR_AHEAD, projections: keptProjections })
  const rows = await (await store()).read(sql`SELECT name, arrayMap(m -> m.1, meanings) AS systems FROM (${campaignNames(sources)})`)
  const systemsOf = new Map(rows.map(row => Known.parse(row)).map(({ name, systems }) => [name, systems]))
  return named.filter(({ name, system }) => !systemsOf.get(name)?.some(known => known === system || known === '*'))
}

/** Whatever is known by now is known by then. */
const FAR_AHEAD = Date.UTC(2280, 0, 1)

/** What a person can put right is said without a stack. */
const expected = (error: unknown): unknown => {
  if (error instanceof ImportStalled || error instanceof RangeError) return new Refused(error.message)
  if (error instanceof Error && 'code' in error && 'path' in error && typeof error.code === 'string')
    return new Refused(`${String(error.path)}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`)
  return error
}

/** A tenant that is new, or was never configured, gets a zone and a currency to count in. */
const prepareTenant = async (tenant: string, currency: string, dryRun: boolean, { installation, signal }: Workplace): Promise<void> => {
  if (dryRun) return
  const [access, intake] = [await installation.access(), await installation.intake()]
  const ensured = await ensureTenant({ access, intake, tenant, actor: ACTOR, currency, zone: 'UTC' })
  if (!ensured.ok) throw new Refused(ensured.error.message)
  if (ensured.created || access.backfillOf(tenant) !== 'never' || (await isConfigured(tenant, installation))) return
  const configured = {
    type: 'tenant-configured',
    event_id: `tenant-configured:${tenant}`,
    occurred_at: '1990-01-01T00:00:00Z',
    data: { zone: 'UTC', currency },
  }
  await takePatiently(intake, [configured], { tenant, actor: ACTOR, keyName: 'accord', scopes: ['admin'], member: null }, {}, { signal })
}

/** `start` makes its tenant before anybody says in what it counts. */
const isConfigured = async (tenant: string, { store }: Installation): Promise<boolean> =>
  (
    await (
      await store()
    ).read(sql`SELECT 1 AS one FROM record_facts WHERE tenant = ${bind.string(tenant)} AND type = 'tenant-configured' LIMIT 1`)
  ).length > 0

const importer = async (tenant: string, backfill: boolean, { installation }: Workplace): Promise<Caller> => {
  const access = await installation.access()
  if (backfill) {
    const opened = await access.openBackfill(tenant, { actor: ACTOR, reason: 'accord import --backfill', reopen: false })
    if (!opened.ok) throw new Refused(opened.error.message)
  }
  // while a tenant's history is being filled in, what is imported belongs to it
  const open = access.backfillOf(tenant) === 'open'
  return { tenant, actor: ACTOR, keyName: 'import', scopes: open ? ['backfill'] : ['ingest', 'admin'], member: null }
}
