import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { within } from './funnel-stages.ts'
import { CONNECTED, ECHOES, HELD, MEETING } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/**
 * (member, attempts, connected, replies, meetings, held, no_shows): what each member did with anybody in a period, from touches that were not automatic. An
 * attempt is a touch that goes out; `meetings` were booked for the period, whatever became of them: of sources that say booking and meeting apart a meeting counts
 * once, where it took place.
 */
export const salesEffort = (sources: FigureSources, definitions: Definitions, from: number | null, to: number | null): Sql => {
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`automatic = 0 AND member != '' AND touch_type NOT IN (${bind.strings(ECHOES)}) AND ${within(sql`occurred_at`, from, to)}`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT toString(member) AS member,
      uniqExactIf((subject, touch_id), direction = 'outbound' AND NOT is_meeting) AS attempts,
      uniqExactIf((subject, touch_id), ${CONNECTED}) AS connected,
      uniqExactIf((subject, touch_id), touch_type = 'reply') AS replies,
      uniqExactIf((subject, touch_id), is_meeting) AS meetings,
      uniqExactIf((subject, touch_id), ${HELD}) AS held,
      uniqExactIf((subject, touch_id), is_meeting AND outcome IN ('no-show', 'no_show')) AS no_shows
    FROM (SELECT *, ${MEETING} AS is_meeting FROM (SELECT * FROM ${touches}))
    GROUP BY member
    ORDER BY member`
}
