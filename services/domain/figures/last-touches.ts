import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { rootedDeals, salesTouches } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** (deal_id, touched): when an open deal's account last responded, or a human of sales did something with it (µs; metrics M90). Deals without have no row. */
export const lastTouches = (sources: FigureSources, definitions: Definitions): Sql => {
  const responses = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account != '' AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})`,
    rules: touchRules(sources, definitions),
  })
  const open = { ...sources, dealJourney: sql`(SELECT * FROM ${sources.dealJourney} WHERE outcome = 'open' AND counted = 1)` }
  return sql`
    SELECT d.deal_id AS deal_id, toUnixTimestamp64Micro(max(t.occurred_at)) AS touched
    FROM (${rootedDeals(open)}) AS d
    INNER JOIN (
      SELECT account, max(occurred_at) AS occurred_at FROM ${responses} GROUP BY account
      UNION ALL
      SELECT account, max(occurred_at) AS occurred_at FROM (${salesTouches(sources, definitions)}) WHERE human = 1 GROUP BY account
    ) AS t ON t.account = d.account
    GROUP BY deal_id
    ORDER BY deal_id`
}
