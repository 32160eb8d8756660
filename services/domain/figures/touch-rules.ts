import type { Definitions } from '../definitions/definitions.ts'
import { campaignAliases } from '../projections/campaign-aliases.ts'
import { touchesLeftOut, type TouchRules } from '../projections/counted-touches.ts'
import { excludedRecords } from '../projections/excluded.ts'
import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** Which touches do not count, and which campaigns are meant, for figures that read touches as they are kept. */
export const touchRules = ({ recordFacts, roots, asOf: known }: FigureSources, { exceptions }: Definitions): TouchRules => {
  const asOf = sql`${known}`
  return {
    excluded: exceptions.exclusions ? excludedRecords({ recordFacts, roots, asOf, tenants: sql`1` }) : null,
    campaigns: exceptions.aliases ? campaignAliases({ recordFacts, asOf, tenant: sql`1` }) : null,
  }
}

/** (reason, touches): responses that would have a claim to credit, whenever they were, and are left out by rule; null where nothing was ever excluded. */
export const responsesLeftOut = (sources: FigureSources, definitions: Definitions): Sql | null =>
  touchesLeftOut({
    accountTouches: sources.accountTouches,
    where: sql`account != '' AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})`,
    rules: touchRules(sources, definitions),
  })
