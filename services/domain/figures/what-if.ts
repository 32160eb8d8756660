import { bind, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, creditUnder, deals } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/** One state of credit: whose rows, and under which model. */
export type CreditSide = { readonly sources: FigureSources; readonly model: string }

/** (deal_id, touch_id, credit) of every touch that is eligible, if it earns nothing. */
const touches = ({ sources, model }: CreditSide, question: AttributionQuestion): Sql => sql`
  SELECT deal_id, touch_id, toInt64(credit) AS credit
  FROM (${creditUnder(sources.dealCredit, question.conversion, bind.string(model))})
  ARRAY JOIN touch_ids AS touch_id, credit AS credit
  WHERE reason = ''`

/**
 * The deals whose credit moves, most moved first: (deal_id, moved, changes). `moved`: millionths that go to other touches; `changes`: [(touch, before, after,
 * why)], the greatest first. A touch's credit changes because it became eligible, is no longer, or weighs otherwise among the same touches.
 */
export const movedDeals = (before: CreditSide, after: CreditSide, question: AttributionQuestion, limit: number): Sql => sql`
  SELECT deal_id, toString(greatest(sumIf(change, change > 0), -sumIf(change, change < 0))) AS moved,
    arrayMap(c -> (c.2, toString(c.3), toString(c.4), c.5), arraySort(groupArray((-abs(change), touch_id, was, becomes, why)))) AS changes
  FROM (
    SELECT deal_id, touch_id, sumIf(credit, side = 'before') AS was, sumIf(credit, side = 'after') AS becomes, becomes - was AS change,
      multiIf(countIf(side = 'before') = 0, 'eligible_now', countIf(side = 'after') = 0, 'not_eligible_now', 'weight') AS why
    FROM (
      SELECT 'before' AS side, * FROM (${touches(before, question)})
      UNION ALL
      SELECT 'after' AS side, * FROM (${touches(after, question)})
    )
    WHERE deal_id IN (SELECT deal_id FROM (${deals(before.sources, { ...question, model: before.model })}) WHERE excluded = '')
    GROUP BY deal_id, touch_id
    HAVING change != 0
  )
  GROUP BY deal_id
  ORDER BY toInt64(moved) DESC, deal_id
  LIMIT ${bind.uint(limit)}`
