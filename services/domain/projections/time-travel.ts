import type { Definitions } from '../definitions/definitions.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { keptSources } from './chain.ts'
import { dealCredit } from './deal-credit.ts'
import { dealJourney } from './deal-journey.ts'
import { personJourney } from './person-journey.ts'

/** What figures read, as tables of one tenant: each is written after FROM and has the columns of the kept table of the same name. */
export type FigureSources = {
  readonly dealCredit: Sql
  readonly dealJourney: Sql
  readonly personJourney: Sql
  /** Rows known at the instant only. */
  readonly accountTouches: Sql
}

const of = (table: string, tenant: string): Sql => sql`(SELECT * FROM ${{ parts: [table] }} FINAL WHERE tenant = ${bind.string(tenant)})`

const touchesKnownAt = (tenant: string, asOf: number): Sql =>
  sql`(SELECT * FROM account_touches FINAL WHERE tenant = ${bind.string(tenant)} AND known_from <= ${bind.instant(asOf)} AND known_to > ${bind.instant(asOf)})`

/** The kept tables: as of `projectedTo`, which the reader must have found unchanged before and after (design D2). */
export const liveSources = (tenant: string, projectedTo: number): FigureSources => ({
  dealCredit: of('deal_credit', tenant),
  dealJourney: of('deal_journey', tenant),
  personJourney: of('person_journey', tenant),
  accountTouches: touchesKnownAt(tenant, projectedTo),
})

/** The same SELECTs as of `asOf` (ms, at most the watermark): from the facts and the bitemporal tables, which keep every stretch of knowledge. */
export const sourcesAsOf = (tenant: string, definitions: Definitions, asOf: number): FigureSources => {
  const knowledge = sql`${bind.instant(asOf)}`
  const deals = sql`SELECT DISTINCT tenant, subject AS deal_id FROM deal_facts WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${knowledge}`
  const journeys = sql`(${dealJourney({ dealFacts: keptSources.dealFacts, deals, asOf: knowledge })})`
  const persons = sql`
    SELECT DISTINCT tenant, subject AS person FROM lead_facts WHERE tenant = ${bind.string(tenant)}
    UNION DISTINCT SELECT DISTINCT tenant, arrayJoin(persons) AS person FROM account_touches WHERE tenant = ${bind.string(tenant)}
    UNION DISTINCT SELECT DISTINCT tenant, person FROM placements WHERE tenant = ${bind.string(tenant)}
    UNION DISTINCT SELECT DISTINCT tenant, person FROM deal_facts WHERE tenant = ${bind.string(tenant)} AND type = 'deal-contact-linked'`
  return {
    dealJourney: journeys,
    dealCredit: sql`(${dealCredit({ ...keptSources, dealJourney: journeys, deals, tenant, definitions, asOf: knowledge })})`,
    personJourney: sql`(${personJourney({ ...keptSources, dealJourney: journeys, persons, tenant, definitions, asOf: knowledge })})`,
    accountTouches: touchesKnownAt(tenant, asOf),
  }
}
