import type { Definitions } from '../definitions/definitions.ts'
import { bind, identifier, type Sql, sql } from '../sql.ts'
import { accountTouches, type FewTouches } from './account-touches.ts'
import { type ChangeKind, EXCEPTION_KINDS, IDENTITY_KINDS } from './affected.ts'
import { dealCredit } from './deal-credit.ts'
import { dealJourney } from './deal-journey.ts'
import { excludedRecords } from './excluded.ts'
import { type Evidence, identities } from './identities.ts'
import { personJourney } from './person-journey.ts'
import { placements } from './placements.ts'
import { roots } from './roots.ts'

/** Where a projection reads what came before it: table names, or subqueries of the same columns. All are read after FROM. */
export type Sources = {
  readonly touchFacts: Sql
  readonly linkFacts: Sql
  readonly leadFacts: Sql
  readonly dealFacts: Sql
  readonly recordFacts: Sql
  readonly consentFacts: Sql
  /** Whether any record of the tenants was ever excluded. */
  readonly excludes: boolean
  /** Whether anybody was ever merged into anybody: where not, `roots` is empty and need not be looked at. */
  readonly merges: boolean
  /** Whether there ever was a lead. */
  readonly leads: boolean
  readonly roots: Sql
  readonly placements: Sql
  readonly identities: Sql
  readonly accountTouches: Sql
  readonly dealJourney: Sql
}

/** Not a subquery: the filters of each SELECT then choose the ranges of the key that are read. */
const final = (table: string): Sql => sql`${identifier(table)} FINAL`

export const keptSources: Sources = {
  touchFacts: final('touch_facts'),
  linkFacts: final('link_facts'),
  leadFacts: final('lead_facts'),
  dealFacts: final('deal_facts'),
  recordFacts: final('record_facts'),
  consentFacts: final('consent_facts'),
  excludes: true,
  merges: true,
  leads: true,
  roots: final('roots'),
  placements: final('placements'),
  identities: final('identities'),
  accountTouches: final('account_touches'),
  dealJourney: final('deal_journey'),
}

export type TenantDefinitions = {
  readonly tenant: string
  readonly definitions: Definitions
  /** Everything of the tenant is affected: it went live, or its definitions changed. */
  readonly all: boolean
}

export type SelectInputs = {
  /** (tenant, key): the entities to compute. */
  readonly keys: Sql
  readonly sources: Sources
  readonly asOf: Sql
  /** Of `account_touches`, where they are few: which. */
  readonly few?: FewTouches | null
  /** Of `identities`, where it is known: what the subjects are and stand for. */
  readonly evidence?: Evidence | null
  /** Of `deal_conversions`, where they are few: the accounts that the deals name. */
  readonly accounts?: readonly string[] | null
}

type Table = {
  readonly table: string
  readonly columns: readonly string[]
  /** Columns that name the entity; `verify` compares per entity. */
  readonly entity: readonly string[]
  /** Tables that have to be computed before. */
  readonly needs: readonly string[]
  /** Which changes can reach the table; a step without any of them leaves it alone. */
  readonly movedBy: readonly ChangeKind[]
}

/** One SELECT for all tenants. */
export type SharedProjection = Table & {
  readonly perTenant: false
  /** (tenant, key): every entity, but those of the tenants of `skip`: for a rebuild or a verification. */
  readonly every: (skip: readonly string[]) => Sql
  readonly select: (inputs: SelectInputs) => Sql
}

/** One SELECT per tenant, because it depends on the tenant's definitions. */
export type TenantProjection = Table & {
  readonly perTenant: true
  /** (tenant, key): every entity of the tenant. */
  readonly every: (tenant: string) => Sql
  readonly select: (inputs: SelectInputs, of: TenantDefinitions) => Sql
}

/** A table that the projector keeps. Each stands after the tables that it needs. */
export type Projection = SharedProjection | TenantProjection

const as = (column: string, keys: Sql): Sql => sql`SELECT tenant, key AS ${identifier(column)} FROM (${keys})`

/** (tenant, key): the subjects of a table of facts. */
const subjectsOf = (facts: string, skip: readonly string[]): Sql =>
  sql`SELECT DISTINCT tenant, subject AS key FROM ${identifier(facts)} WHERE tenant NOT IN (${bind.strings(skip)})`

/** (tenant, key): everything that a link, a merge or a domain names, at either end. */
const named = (skip: readonly string[], relation: Sql): Sql => sql`
  SELECT tenant, subject AS key FROM link_facts WHERE ${relation} AND tenant NOT IN (${bind.strings(skip)})
  UNION DISTINCT SELECT tenant, target AS key FROM link_facts WHERE ${relation} AND tenant NOT IN (${bind.strings(skip)})`

export const chain: readonly Projection[] = [
  {
    table: 'roots',
    columns: ['tenant', 'node', 'root', 'known_from', 'known_to'],
    entity: ['tenant', 'node'],
    needs: [],
    movedBy: ['merge'],
    perTenant: false,
    every: skip => named(skip, sql`relation = 'merge'`),
    select: ({ keys, sources: { linkFacts }, asOf }) =>
      roots({ linkFacts, nodes: as('node', keys), tenants: sql`SELECT tenant FROM (${keys})`, asOf }),
  },
  {
    table: 'placements',
    columns: ['tenant', 'person', 'placements'],
    entity: ['tenant', 'person'],
    needs: ['roots'],
    movedBy: IDENTITY_KINDS,
    perTenant: false,
    every: skip => sql`SELECT tenant, key FROM (${named(skip, sql`1`)}) WHERE startsWith(key, 'person:')`,
    select: ({ keys, sources: { linkFacts, roots: rootRows }, asOf }) =>
      placements({ linkFacts, roots: rootRows, persons: as('person', keys), asOf }),
  },
  {
    table: 'identities',
    columns: ['tenant', 'subject', 'persons', 'account', 'accounts', 'valid_from', 'valid_to', 'known_from', 'known_to'],
    entity: ['tenant', 'subject'],
    needs: ['placements'],
    movedBy: IDENTITY_KINDS,
    perTenant: false,
    every: skip => named(skip, sql`1`),
    select: ({ keys, sources: { linkFacts, roots: rootRows, placements: placementRows, merges }, asOf, evidence = null }) =>
      identities({ linkFacts, roots: rootRows, placements: placementRows, subjects: as('subject', keys), evidence, merges, asOf }),
  },
  {
    table: 'account_touches',
    columns: [
      'tenant',
      'account',
      'occurred_at',
      'touch_id',
      'subject',
      'persons',
      'accounts',
      'recorded_at',
      'touch_type',
      'channel',
      'campaign',
      'utm_source',
      'utm_medium',
      'content',
      'outcome',
      'direction',
      'team',
      'automatic',
      'member',
      'known_from',
      'known_to',
    ],
    entity: ['tenant', 'subject'],
    needs: ['identities'],
    movedBy: ['touch', ...IDENTITY_KINDS, ...EXCEPTION_KINDS],
    perTenant: false,
    every: skip => subjectsOf('touch_facts', skip),
    select: ({ keys, sources: { touchFacts, identities: identityRows }, asOf, few = null }) =>
      accountTouches({ touchFacts, identities: identityRows, subjects: as('subject', keys), few, asOf }),
  },
  {
    table: 'deal_journey',
    columns: [
      'tenant',
      'deal_id',
      'account',
      'pipeline',
      'deal_type',
      'product',
      'owner',
      'team',
      'lead_source',
      'created_at',
      'stages',
      'entered_at',
      'entered_recorded_at',
      'stage_event_ids',
      'amount',
      'currency',
      'close_date',
      'outcome',
      'closed_at',
      'closed_recorded_at',
      'closed_event_id',
      'contacts',
      'counted',
      'excluded_because',
      'event_ids',
    ],
    entity: ['tenant', 'deal_id'],
    needs: [],
    movedBy: ['deal', 'exclusion', 'merge'],
    perTenant: false,
    every: skip => subjectsOf('deal_facts', skip),
    select: ({ keys, sources: { dealFacts, recordFacts, roots: rootRows, excludes }, asOf }) => {
      const tenants = sql`tenant IN (SELECT tenant FROM (${keys}))`
      const excluded = excludes ? excludedRecords({ recordFacts, roots: rootRows, asOf, tenants }) : null
      return dealJourney({ dealFacts, deals: as('deal_id', keys), excluded, asOf })
    },
  },
  {
    table: 'deal_conversions',
    columns: [
      'tenant',
      'deal_id',
      'conversion',
      'window',
      'account',
      'converted',
      'provisional',
      'converted_at',
      'touch_ids',
      'touched_at',
      'channels',
      'campaigns',
      'sources',
      'contents',
      'teams',
      'subjects',
      'models',
      'credits',
      'reasons',
    ],
    entity: ['tenant', 'deal_id'],
    needs: ['account_touches', 'deal_journey'],
    movedBy: ['touch', ...IDENTITY_KINDS, 'deal', ...EXCEPTION_KINDS, 'record'],
    perTenant: true,
    every: tenant => sql`SELECT tenant, deal_id AS key FROM deal_journey WHERE tenant = ${bind.string(tenant)}`,
    select: ({ keys, sources, asOf, accounts = null }, { tenant, definitions }) =>
      dealCredit({ ...sources, leads: sources.leads ? sources : null, deals: as('deal_id', keys), accounts, tenant, definitions, asOf }),
  },
  {
    table: 'person_journey',
    columns: [
      'tenant',
      'person',
      'account',
      'opened_at',
      'opened_by',
      'ended_at',
      'outcome',
      'stages',
      'entered_at',
      'stage_event_ids',
      'channel',
      'campaign',
      'owner',
      'deal_id',
      'excluded_because',
    ],
    entity: ['tenant', 'person'],
    needs: ['account_touches', 'deal_journey'],
    movedBy: ['touch', ...IDENTITY_KINDS, 'lead', 'deal', ...EXCEPTION_KINDS, 'record'],
    perTenant: true,
    every: tenant => sql`SELECT DISTINCT tenant, subject AS key FROM lead_facts WHERE tenant = ${bind.string(tenant)}`,
    select: ({ keys, sources, asOf }, { tenant, definitions }) =>
      personJourney({ ...sources, persons: as('person', keys), tenant, definitions, asOf }),
  },
]

/** `INSERT` of a projection's rows of one version, into its own table or, for a rebuild, into another of the same shape. */
export const insertProjection = (projection: Projection, rows: Sql, version: number, into = projection.table): Sql => {
  const columns: Sql = { parts: [projection.columns.join(', ')] }
  return sql`INSERT INTO ${identifier(into)} (${columns}, version) SELECT ${columns}, ${bind.uint(version)} AS version FROM (${rows})`
}
