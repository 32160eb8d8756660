import { bind, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, deals, NONE, UNATTRIBUTED } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/** Where a way goes on beyond the channels that are told apart. */
const MORE = '…'
const BETWEEN = ' > '
/** In hundredths; ⌈p·n⌉-th smallest (metrics C10). */
export const WAY_PERCENTILES = [50, 75, 90] as const

export type WaysQuestion = {
  readonly attribution: AttributionQuestion
  /** How many channels are told apart, each where it first appears; a hundred touches have as many orders as deals. */
  readonly steps: number
}

/**
 * One row per conversion: the channels of its eligible touches in the order in which each first appeared (`nodes`, the last `…` where there are more), and how
 * many microseconds passed from the first touch to it.
 */
const walked = (sources: FigureSources, { attribution, steps }: WaysQuestion): Sql => sql`
  SELECT deal_id, account, conversion_event_id, touch_ids, converted_at, money,
    if(missing = '', arrayDistinct(arrayMap(channel -> if(channel = '', ${bind.string(NONE)}, toString(channel)), channels)), [${bind.string(UNATTRIBUTED)}]) AS met,
    if(length(met) > ${bind.uint(steps)}, arrayPushBack(arraySlice(met, 1, ${bind.uint(steps)}), ${bind.string(MORE)}), met) AS nodes,
    arrayStringConcat(nodes, ${bind.string(BETWEEN)}) AS way,
    toUInt8(missing = '') AS touched,
    if(missing = '', toUnixTimestamp64Micro(converted_at) - toUnixTimestamp64Micro(touched_at[1]), toInt64(0)) AS took
  FROM (${deals(sources, attribution)})
  WHERE excluded = ''`

/** (way, is_total, conversions, money, timed, found): each way, the most frequent first, and all of them; `found` are percentiles of microseconds to convert. */
export const waysFigure = (sources: FigureSources, question: WaysQuestion): Sql => sql`
  SELECT way, toUInt8(grouping(way)) AS is_total, count() AS conversions, toString(sum(w.money)) AS money, sum(touched) AS timed,
    arraySort(groupArrayIf(took, touched = 1)) AS in_order,
    arrayMap(p -> toString(in_order[intDiv(p * length(in_order) + 99, 100)]), ${bind.ints(WAY_PERCENTILES)}) AS found
  FROM (${walked(sources, question)}) AS w
  GROUP BY GROUPING SETS ((way), ())
  ORDER BY is_total DESC, conversions DESC, way`

/** (step, from, to, conversions, money): how many went from one channel to the next at each step; `to` is '' where they converted. */
export const stepsFigure = (sources: FigureSources, question: WaysQuestion): Sql => sql`
  SELECT move.1 AS step, move.2 AS here, move.3 AS next, count() AS conversions, toString(sum(w.money)) AS money
  FROM (${walked(sources, question)}) AS w
  ARRAY JOIN arrayZip(arrayEnumerate(nodes), nodes, arrayPushBack(arraySlice(nodes, 2), '')) AS move
  GROUP BY step, here, next
  ORDER BY step, conversions DESC, here, next`

/** Which conversions a number counts: those of one way, those that took one step, or all. */
export type WaysPart = { readonly way: string } | { readonly step: number; readonly here: string; readonly next: string } | null

const ofPart = (part: WaysPart): Sql => {
  if (part === null) return sql`1`
  if ('way' in part) return sql`way = ${bind.string(part.way)}`
  const step = bind.uint(part.step)
  return sql`nodes[${step}] = ${bind.string(part.here)} AND if(length(nodes) = ${step}, '', nodes[${step} + 1]) = ${bind.string(part.next)}`
}

/** The conversions behind a number, each with 1 or its money; behind a percentile in the order of their times, of which one is it. */
export const waysProof = (sources: FigureSources, question: WaysQuestion, part: WaysPart, of: 'conversions' | 'money' | number): Sql => {
  const entity = ['lead', 'mql'].includes(question.attribution.conversion) ? sql`'journey'` : sql`'deal'`
  const rows = sql`SELECT * FROM (${walked(sources, question)}) WHERE ${ofPart(part)}${typeof of === 'number' ? sql` AND touched = 1` : sql``}`
  const columns = (note: Sql, contribution: Sql): Sql => sql`
    ${entity} AS entity, deal_id AS id, account, deal_id, arrayFilter(id -> id != '', arrayPushBack(touch_ids, conversion_event_id)) AS event_ids,
    ${note} AS note, toString(converted_at) AS at, toString(${contribution}) AS contribution, '0' AS base`
  if (typeof of !== 'number') return sql`SELECT ${columns(sql`way`, of === 'money' ? sql`money` : sql`1`)} FROM (${rows}) ORDER BY deal_id`
  return sql`
    SELECT ${columns(sql`toString(took)`, sql`if(place = chosen, took, 0)`)}
    FROM (SELECT *, row_number() OVER (ORDER BY took, deal_id) AS place, intDiv(${bind.int(of)} * count() OVER () + 99, 100) AS chosen FROM (${rows}))
    ORDER BY place`
}
