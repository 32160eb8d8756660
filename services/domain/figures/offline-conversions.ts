import { bind, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, creditUnder, pieces } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/**
 * One row per deal and credited touch that an ad click brought: (click_id, deal_id, converted_at, credit in millionths, money in minor units), in the order of
 * deals and touches. The ids of clicks are in the events alone: no figure needs them.
 */
export const offlineConversions = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT e.click_id AS click_id, p.deal_id AS deal_id, toString(c.converted_at) AS converted_at, toString(p.credit) AS credit, toString(p.money) AS money
  FROM (${pieces(sources, question)}) AS p
  INNER JOIN (
    -- of an id that was recorded twice the first recording counts
    SELECT event_id, argMin(JSONExtractString(payload, 'click_id'), (appended_at, topic, partition, offset)) AS said,
      -- \`gclid:…\`, or an id without its kind; other platforms' clicks are none of Google's
      multiIf(position(said, ':') = 0, said, startsWith(said, 'gclid:'), substring(said, 7), '') AS click_id
    FROM ${sources.events} WHERE type = 'touch-recorded' GROUP BY event_id HAVING click_id != ''
  ) AS e ON e.event_id = p.touch_id
  INNER JOIN (SELECT deal_id, converted_at FROM (${creditUnder(sources.dealCredit, question.conversion, bind.string(question.model))})) AS c ON c.deal_id = p.deal_id
  ORDER BY p.deal_id, p.place`
