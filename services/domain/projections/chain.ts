import type { Definitions } from '../definitions/definitions.ts'
import { bind, identifier, type Sql, sql } from '../sql.ts'
import { accountTouches } from './account-touches.ts'
import {
  affectedCredits,
  affectedDeals,
  affectedJourneys,
  affectedPersons,
  affectedRoots,
  affectedSubjects,
  affectedTouchSubjects,
  type ChangeKind,
  type Scope,
} from './affected.ts'
import { dealCredit } from './deal-credit.ts'
import { dealJourney } from './deal-journey.ts'
import { identities } from './identities.ts'
import { personJourney } from './person-journey.ts'
import { placements } from './placements.ts'
import { roots } from './roots.ts'

/** Where a projection reads what came before it: table names, or subqueries of the same columns. All are read after FROM. */
export type Sources = {
  readonly touchFacts: Sql
  readonly linkFacts: Sql
  readonly leadFacts: Sql
  readonly dealFacts: Sql
  readonly roots: Sql
  readonly placements: Sql
  readonly identities: Sql
  readonly accountTouches: Sql
  readonly dealJourney: Sql
}

const final = (table: string): Sql => sql`(SELECT * FROM ${identifier(table)} FINAL)`

export const keptSources: Sources = {
  touchFacts: final('touch_facts'),
  linkFacts: final('link_facts'),
  leadFacts: final('lead_facts'),
  dealFacts: final('deal_facts'),
  roots: final('roots'),
  placements: final('placements'),
  identities: final('identities'),
  accountTouches: final('account_touches'),
  dealJourney: final('deal_journey'),
}

export type TenantDefinitions = { readonly tenant: string; readonly definitions: Definitions; /** Published in this window: everything of the tenant is affected. */ readonly changed: boolean }

/** One table that the projector keeps. The order of `chain` is the order of computing: each reads only what stands before it. */
export type Projection = {
  readonly table: string
  readonly columns: readonly string[]
  /** Columns that name the entity; `verify` compares per entity. */
  readonly entity: readonly string[]
  /** Which changes can reach the table; a step without any of them leaves it alone. */
  readonly movedBy: readonly ChangeKind[]
  /** One SELECT for all tenants, or one per tenant because it depends on the tenant's definitions. */
  readonly perTenant: boolean
  readonly select: (scope: Scope, sources: Sources, of: TenantDefinitions | null) => Sql
}

const asOf = (scope: Scope): Sql => sql`${bind.instant(scope.to)}`

const needed = (of: TenantDefinitions | null, table: string): TenantDefinitions => {
  if (of === null) throw new RangeError(`${table} is projected per tenant`)
  return of
}

export const chain: readonly Projection[] = [
  {
    table: 'roots',
    columns: ['tenant', 'node', 'root', 'known_from', 'known_to'],
    entity: ['tenant', 'node'],
    movedBy: ['link'],
    perTenant: false,
    select: (scope, { linkFacts }) => {
      const nodes = affectedRoots(scope)
      return roots({ linkFacts, nodes, tenants: sql`SELECT tenant FROM (${nodes})`, asOf: asOf(scope) })
    },
  },
  {
    table: 'placements',
    columns: ['tenant', 'person', 'placements'],
    entity: ['tenant', 'person'],
    movedBy: ['link'],
    perTenant: false,
    select: (scope, { linkFacts, roots: rootRows }) =>
      placements({ linkFacts, roots: rootRows, persons: affectedPersons(scope), asOf: asOf(scope) }),
  },
  {
    table: 'identities',
    columns: ['tenant', 'subject', 'persons', 'account', 'accounts', 'valid_from', 'valid_to', 'known_from', 'known_to'],
    entity: ['tenant', 'subject'],
    movedBy: ['link'],
    perTenant: false,
    select: (scope, { linkFacts, roots: rootRows, placements: placementRows }) =>
      identities({ linkFacts, roots: rootRows, placements: placementRows, subjects: affectedSubjects(scope), asOf: asOf(scope) }),
  },
  {
    table: 'account_touches',
    columns: [
      ...['tenant', 'account', 'occurred_at', 'touch_id', 'subject', 'persons', 'accounts', 'recorded_at', 'touch_type', 'channel', 'campaign'],
      ...['utm_source', 'utm_medium', 'content', 'outcome', 'direction', 'team', 'automatic', 'member', 'known_from', 'known_to'],
    ],
    entity: ['tenant', 'subject'],
    movedBy: ['touch', 'link'],
    perTenant: false,
    select: (scope, { touchFacts, identities: identityRows }) =>
      accountTouches({ touchFacts, identities: identityRows, subjects: affectedTouchSubjects(scope), asOf: asOf(scope) }),
  },
  {
    table: 'deal_journey',
    columns: [
      ...['tenant', 'deal_id', 'account', 'pipeline', 'deal_type', 'product', 'owner', 'team', 'lead_source', 'created_at', 'stages', 'entered_at'],
      ...['stage_event_ids', 'amount', 'currency', 'close_date', 'outcome', 'closed_at', 'closed_event_id', 'contacts', 'counted', 'excluded_because', 'event_ids'],
    ],
    entity: ['tenant', 'deal_id'],
    movedBy: ['deal'],
    perTenant: false,
    select: (scope, { dealFacts }) => dealJourney({ dealFacts, deals: affectedDeals(scope), asOf: asOf(scope) }),
  },
  {
    table: 'deal_credit',
    columns: [
      ...['tenant', 'deal_id', 'conversion', 'model', 'account', 'converted', 'converted_at', 'touch_ids', 'touched_at', 'channels', 'campaigns'],
      ...['sources', 'contents', 'teams', 'subjects', 'credit', 'missing'],
    ],
    entity: ['tenant', 'deal_id'],
    movedBy: ['touch', 'link', 'deal', 'record'],
    perTenant: true,
    select: (scope, sources, of) => {
      const { tenant, definitions, changed } = needed(of, 'deal_credit')
      return dealCredit({ ...sources, deals: affectedCredits(scope, changed), tenant, definitions, asOf: asOf(scope) })
    },
  },
  {
    table: 'person_journey',
    columns: [
      ...['tenant', 'person', 'account', 'opened_at', 'opened_by', 'ended_at', 'outcome', 'stages', 'entered_at', 'stage_event_ids', 'channel'],
      ...['campaign', 'owner', 'deal_id'],
    ],
    entity: ['tenant', 'person'],
    movedBy: ['touch', 'link', 'lead', 'deal', 'record'],
    perTenant: true,
    select: (scope, sources, of) => {
      const { tenant, definitions, changed } = needed(of, 'person_journey')
      return personJourney({ ...sources, persons: affectedJourneys(scope, changed), tenant, definitions, asOf: asOf(scope) })
    },
  },
]

/** `INSERT` of a projection's rows of one version, into its own table or, for a rebuild, into another of the same shape. */
export const insertProjection = (projection: Projection, rows: Sql, version: number, into = projection.table): Sql => {
  const columns: Sql = { parts: [projection.columns.join(', ')] }
  return sql`INSERT INTO ${identifier(into)} (${columns}, version) SELECT ${columns}, ${bind.uint(version)} AS version FROM (${rows})`
}
