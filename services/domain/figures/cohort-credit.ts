import { addDays } from '../periods.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, dateIn, pieces } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/** Pieces of credit dated by their touch instead of by the close; what no touch earned is not among them. */
const byTouch = (sources: FigureSources, { from, to, filters, by: _by, ...question }: AttributionQuestion): Sql => {
  const touched = dateIn(sql`touched_at`, question.zone)
  const conditions = [
    ...(from === null ? [] : [sql`day >= ${bind.string(from)}`]),
    ...(to === null ? [] : [sql`day < ${bind.string(to)}`]),
    ...Object.entries(filters).map(([name, values]) => sql`${identifier(name)} IN (${bind.strings(values)})`),
  ]
  return sql`
    SELECT * FROM (
      SELECT * EXCEPT (day, month), toString(${touched}) AS day, substring(day, 1, 7) AS month
      FROM (${pieces(sources, { ...question, by: [], filters: {}, from: null, to: null })})
      WHERE missing = ''
    )
    WHERE ${joinSql([sql`1`, ...conditions], ' AND ')}`
}

/** M69's credit: of everything won by as_of what the touches of a period earned, by dimension and in total (`is_total` = 1). */
export const cohortCredit = (sources: FigureSources, question: AttributionQuestion): Sql => {
  const list = joinSql(question.by.map(identifier), ', ')
  const first = question.by[0]
  return sql`
    SELECT ${first === undefined ? sql`` : sql`${list}, `} toUInt8(${first === undefined ? sql`1` : sql`grouping(${identifier(first)})`}) AS is_total,
      sum(p.money) AS money, uniqExact(deal_id) AS deals
    FROM (${byTouch(sources, question)}) AS p
    GROUP BY GROUPING SETS ${first === undefined ? sql`(())` : sql`((${list}), ())`}
    ORDER BY is_total${first === undefined ? sql`` : sql`, ${list}`}`
}

/** The pieces behind M69, as explain lists them. */
export const cohortProof = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, [touch_id, conversion_event_id] AS event_ids, '' AS note, toString(touched_at) AS at,
    toString(money) AS contribution, '0' AS base
  FROM (${byTouch(sources, question)})
  ORDER BY deal_id, place`

/** Eight quarters. */
const TRAILING_DAYS = 731

/** (lag, credit): days from touch to close and the credit that took them, of everything won in the eight quarters up to `today`; what maturity is read from (M69). */
export const creditLags = (sources: FigureSources, question: AttributionQuestion, today: string): Sql => {
  const won = { ...question, by: [], filters: {}, from: addDays(today, -TRAILING_DAYS), to: addDays(today, 1) }
  return sql`
    SELECT greatest(0, toInt32(toDate32(day)) - toInt32(${dateIn(sql`touched_at`, question.zone)})) AS lag, sum(toInt64(p.credit)) AS credit
    FROM (${pieces(sources, won)}) AS p
    WHERE missing = ''
    GROUP BY lag
    ORDER BY lag`
}
