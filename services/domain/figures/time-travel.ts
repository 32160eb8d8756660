import type { Definitions } from '../definitions/definitions.ts'
import { dealCredit } from '../projections/deal-credit.ts'
import { dealJourney } from '../projections/deal-journey.ts'
import { personJourney } from '../projections/person-journey.ts'
import { bind, type Sql, sql } from '../sql.ts'
import type { ProjectionSources } from './sources.ts'

export type TimeTravelQuestion = {
  readonly tenant: string
  /** Milliseconds since the epoch. */
  readonly asOf: number
  readonly definitions: Definitions
}

/**
 * The projections of one tenant as they were at `asOf`: the same SELECTs that fill the kept tables, from the facts known then and from the
 * bitemporal `roots`, `identities` and `account_touches` (design D1).
 */
export const travelledProjections = ({ tenant, asOf, definitions }: TimeTravelQuestion): ProjectionSources => {
  const tenantIs = bind.string(tenant)
  const known = sql`${bind.instant(asOf)}`
  const ofTenant = (table: string): Sql => sql`(SELECT * FROM ${{ parts: [table] }} FINAL WHERE tenant = ${tenantIs})`
  const dealFacts = ofTenant('deal_facts')
  const leadFacts = ofTenant('lead_facts')
  const roots = ofTenant('roots')
  const accountTouches = ofTenant('account_touches')
  const deals = sql`SELECT DISTINCT tenant, subject AS deal_id FROM deal_facts WHERE tenant = ${tenantIs}`
  const journeys = sql`(${dealJourney({ dealFacts, deals, asOf: known })})`
  const persons = sql`
    SELECT tenant, subject AS person FROM lead_facts WHERE tenant = ${tenantIs}
    UNION DISTINCT
    SELECT tenant, arrayJoin(persons) AS person FROM account_touches WHERE tenant = ${tenantIs}`
  return {
    accountTouches,
    dealJourney: journeys,
    dealCredit: sql`(${dealCredit({ dealJourney: journeys, accountTouches, roots, deals, tenant, definitions, asOf: known })})`,
    personJourney: sql`(${personJourney({
      leadFacts,
      dealFacts,
      identities: ofTenant('identities'),
      accountTouches,
      dealJourney: journeys,
      persons,
      tenant,
      definitions,
      asOf: known,
    })})`,
  }
}
