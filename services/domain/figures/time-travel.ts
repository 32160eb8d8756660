import type { Definitions } from '../definitions/definitions.ts'
import type { Sources } from '../projections/chain.ts'
import { dealCredit } from '../projections/deal-credit.ts'
import { dealJourney } from '../projections/deal-journey.ts'
import { excludedRecords } from '../projections/excluded.ts'
import { personJourney } from '../projections/person-journey.ts'
import { bind, derived, identifier, type Sql, sql } from '../sql.ts'
import type { ProjectionsAsOf } from './sources.ts'

const ofTenant = (table: string, tenant: string): Sql =>
  sql`(SELECT * FROM ${identifier(table)} FINAL WHERE tenant = ${bind.string(tenant)})`

/** The tables as the projector keeps them: as of `projected_to`, while no step is under way. */
export const keptProjections: ProjectionsAsOf = tenant => ({
  accountTouches: ofTenant('account_touches', tenant),
  dealJourney: ofTenant('deal_journey', tenant),
  personJourney: ofTenant('person_journey', tenant),
  dealCredit: ofTenant('deal_conversions', tenant),
  derive: (_, rows) => sql`(${rows})`,
})

/**
 * The projections of one tenant as they were at an instant not after the watermark: the same SELECTs that fill the kept tables, from the
 * facts known then and from the bitemporal `roots`, `identities` and `account_touches`, which keep every stretch of knowledge (design D1). Journeys and
 * credit are read many times in one answer: they are `derived`, so that they can be computed once. `epoch`: which history that is.
 */
export const travelledProjections =
  (definitions: Definitions, epoch = ''): ProjectionsAsOf =>
  (tenant, at) => {
    const asOf = sql`${bind.instant(at)}`
    const of = (table: string): Sql => ofTenant(table, tenant)
    const derive = (table: string, rows: Sql): Sql => derived(table, rows, epoch)
    const deals = sql`SELECT DISTINCT tenant, subject AS deal_id FROM deal_facts WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf}`
    const persons = sql`SELECT DISTINCT tenant, subject AS person FROM lead_facts WHERE tenant = ${bind.string(tenant)}`
    const excluded = definitions.exceptions.exclusions
      ? excludedRecords({ recordFacts: of('record_facts'), roots: of('roots'), asOf, tenants: sql`1` })
      : null
    const sources: Sources = {
      touchFacts: of('touch_facts'),
      linkFacts: of('link_facts'),
      leadFacts: of('lead_facts'),
      dealFacts: of('deal_facts'),
      recordFacts: of('record_facts'),
      consentFacts: of('consent_facts'),
      excludes: definitions.exceptions.exclusions,
      merges: true,
      leads: true,
      roots: of('roots'),
      placements: of('placements'),
      identities: of('identities'),
      accountTouches: of('account_touches'),
      dealJourney: derive('deal_journey', dealJourney({ dealFacts: of('deal_facts'), deals, excluded, asOf })),
    }
    return {
      accountTouches: sources.accountTouches,
      dealJourney: sources.dealJourney,
      dealCredit: derive('deal_conversions', dealCredit({ ...sources, leads: sources, deals, tenant, definitions, asOf })),
      derive,
      personJourney: derive('person_journey', personJourney({ ...sources, persons, tenant, definitions, asOf })),
    }
  }
