import { foreverValid } from '../projections/in-force.ts'
import { bind, type Bound, type Sql, sql } from '../sql.ts'

/** The projections that figures read: kept tables, or the SELECTs of services/domain/projections as of an instant; same columns. */
export type ProjectionSources = {
  readonly accountTouches: Sql
  readonly dealJourney: Sql
  readonly personJourney: Sql
  readonly dealCredit: Sql
  /** Rows that a report computes in the columns of a kept table, to be read after FROM. */
  readonly derive: (table: string, rows: Sql) => Sql
}

/** Makes the projections of one tenant as of an instant (ms since the epoch). */
export type ProjectionsAsOf = (tenant: string, asOf: number) => ProjectionSources

const boundToTenant: unique symbol = Symbol('rows of one tenant, known at one instant')

/**
 * What a figure may read: rows of one tenant as known at `asOf`, nothing else. Only `figureSources` makes one, so that no
 * figure can be built over another tenant's rows (design D8).
 */
export type FigureSources = ProjectionSources & {
  readonly [boundToTenant]: true
  /** Every event as it was said, for what no table has a column for. */
  readonly events: Sql
  readonly dealFacts: Sql
  readonly leadFacts: Sql
  readonly linkFacts: Sql
  readonly spendFacts: Sql
  readonly recordFacts: Sql
  readonly consentFacts: Sql
  /** Where merges lead; only what was known at `asOf`. */
  readonly roots: Sql
  /** Whom subjects stood for; only what was known at `asOf`. */
  readonly identities: Sql
  /** Placements that were ever known by `asOf`, each with its stretch of knowledge (known_from, known_to): for what was known at instants before. */
  readonly everKnown: { readonly accountTouches: Sql; readonly identities: Sql }
  /** Knowledge time, DateTime64(3); and in milliseconds since the epoch. */
  readonly asOf: Bound
  readonly asOfMs: number
}

export type SourcesQuestion = {
  readonly tenant: string
  /** Milliseconds since the epoch: nothing recorded later is seen. */
  readonly asOf: number
  readonly projections: ProjectionsAsOf
  /** Whether stages time out: a journey that will is open until then. */
  readonly timeouts?: boolean
}

/** The one place where a tenant is bound to what figures read. */
export const figureSources = ({ tenant, asOf, projections, timeouts = false }: SourcesQuestion): FigureSources => {
  const tenantIs = bind.string(tenant)
  const known = bind.instant(asOf)
  const { accountTouches, dealJourney, personJourney, dealCredit, derive } = projections(tenant, asOf)
  return {
    [boundToTenant]: true,
    accountTouches: sql`(SELECT * FROM ${accountTouches} WHERE tenant = ${tenantIs} AND known_from <= ${known} AND known_to > ${known})`,
    dealJourney: sql`(SELECT * FROM ${dealJourney} WHERE tenant = ${tenantIs})`,
    personJourney: sql`(SELECT *${timeouts ? notYet(known) : sql``} FROM ${personJourney} WHERE tenant = ${tenantIs})`,
    dealCredit: sql`(SELECT * FROM ${dealCredit} WHERE tenant = ${tenantIs})`,
    derive,
    events: sql`(SELECT * FROM events FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    dealFacts: sql`(SELECT * FROM deal_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    leadFacts: sql`(SELECT * FROM lead_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    linkFacts: sql`(SELECT * FROM link_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    spendFacts: sql`(SELECT * FROM spend_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    recordFacts: sql`(SELECT * FROM record_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    consentFacts: sql`(SELECT * FROM consent_facts FINAL WHERE tenant = ${tenantIs} AND recorded_at <= ${known})`,
    roots: sql`(SELECT * FROM roots FINAL WHERE tenant = ${tenantIs} AND known_from <= ${known} AND known_to > ${known})`,
    identities: sql`(SELECT * FROM identities FINAL WHERE tenant = ${tenantIs} AND known_from <= ${known} AND known_to > ${known})`,
    everKnown: {
      accountTouches: sql`(SELECT * FROM ${accountTouches} WHERE tenant = ${tenantIs} AND known_from <= ${known})`,
      identities: sql`(SELECT * FROM identities FINAL WHERE tenant = ${tenantIs} AND known_from <= ${known})`,
    },
    asOf: known,
    asOfMs: asOf,
  }
}

/** Journeys that time out only after an instant are open at it. */
const notYet = (known: Bound): Sql => {
  const later = sql`o = 'timed_out' AND e > ${known}`
  return sql` REPLACE (arrayMap((o, e) -> if(${later}, 'open', o), outcome, ended_at) AS outcome, arrayMap((o, e) -> if(${later}, ${foreverValid}, e), outcome, ended_at) AS ended_at)`
}

/** The same, with nothing but one deal in it. */
export const onlyDeal = (sources: FigureSources, dealId: string): FigureSources => {
  const deal = bind.string(dealId)
  return {
    ...sources,
    dealJourney: sql`(SELECT * FROM ${sources.dealJourney} WHERE deal_id = ${deal})`,
    dealCredit: sql`(SELECT * FROM ${sources.dealCredit} WHERE deal_id = ${deal})`,
    dealFacts: sql`(SELECT * FROM ${sources.dealFacts} WHERE subject = ${deal})`,
  }
}
