import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { salesTouches } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** (account, touched): when an account last responded, or a human of sales did something with it (µs; metrics M90). */
export const lastTouches = (sources: FigureSources, definitions: Definitions): Sql => {
  const responses = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account != '' AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT account, toUnixTimestamp64Micro(max(at)) AS touched
    FROM (
      SELECT toString(account) AS account, occurred_at AS at FROM ${responses}
      UNION ALL
      SELECT toString(account) AS account, occurred_at AS at FROM (${salesTouches(sources, definitions)}) WHERE human = 1
    )
    GROUP BY account
    ORDER BY account`
}

/** (account, into): accounts that became others. */
export const mergedAccounts = ({ roots }: FigureSources): Sql => sql`
  SELECT substring(node, 9) AS account, substring(root, 9) AS into
  FROM ${roots}
  WHERE startsWith(node, 'account:') AND startsWith(root, 'account:') AND node != root
  ORDER BY account`
