import type { StageMap } from '../definitions/stage-map.ts'
import { type AttributionQuestion, dateIn, deals, pieces } from './attribution.ts'
import { stagePaths } from './stage-paths.ts'
import type { FigureSources } from './sources.ts'
import { bind, type Bound, type Sql, sql } from '../sql.ts'

const ofAllTime = (question: AttributionQuestion): AttributionQuestion => ({ ...question, by: [], filters: {}, from: null, to: null })

/** The pieces of credit of all time added up by deal and dimension: what any question about a period is a sum of. */
export const creditCells = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT day, deal_id, channel, campaign, source, team, missing, toString(sum(toInt64(p.credit))) AS credit, toString(sum(p.money)) AS money
  FROM (${pieces(sources, ofAllTime(question))}) AS p
  GROUP BY day, deal_id, channel, campaign, source, team, missing
  ORDER BY day, deal_id, channel, campaign, source, team`

/** (day, reason, deals): what does not count, by the day that would have dated it; '' for none. */
export const excludedCells = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT date AS day, excluded AS reason, uniqExact(deal_id) AS deals
  FROM (${deals(sources, ofAllTime(question))})
  WHERE excluded != ''
  GROUP BY day, reason
  ORDER BY day, reason`

/** Whether anything of the tenant was recorded in (after, to]; if nothing was, what is known as of `after` is what is known as of `to`. Null: to this day. */
export const changedSince = (tenant: Bound, after: Bound, to: Bound | null): Sql => sql`
  SELECT count() AS changed FROM changes WHERE appended_at > ${after} ${to === null ? sql`` : sql`AND appended_at <= ${to}`} AND tenant = ${tenant}`

/** The journeys that first entered a stage of the map, by its place from 1, on the days asked for, as explain lists them. */
export const stageEntriesProof = (
  sources: FigureSources,
  stageMap: StageMap,
  { place, from, to, zone }: { readonly place: number; readonly from: string | null; readonly to: string | null; readonly zone: string },
): Sql => sql`
  SELECT 'journey' AS entity, unit AS id, account, deal_id, [move.3] AS event_ids, '' AS note, toString(move.2) AS at, '1' AS contribution, '0' AS base
  FROM (SELECT unit, account, deal_id, moves, move, k, ${dateIn(sql`move.2`, zone)} AS day FROM (${stagePaths(sources, { stageMap, counted: 'journeys', by: [], filters: {} })}) ARRAY JOIN moves AS move, arrayEnumerate(moves) AS k)
  WHERE move.1 = ${bind.int(place)} AND arrayFirstIndex(m -> m.1 = move.1, moves) = k
    AND ${from === null ? sql`1` : sql`day >= ${bind.date(from)}`} AND ${to === null ? sql`1` : sql`day < ${bind.date(to)}`}
  ORDER BY unit`

/** (day, place, journeys): first entries of journeys to each stage of the map, by place from 1: the raw counts of M70. */
export const stageEntryCells = (sources: FigureSources, stageMap: StageMap, zone: string): Sql => sql`
  SELECT toString(${dateIn(sql`move.2`, zone)}) AS day, toUInt8(move.1) AS place, count() AS journeys
  FROM (${stagePaths(sources, { stageMap, counted: 'journeys', by: [], filters: {} })})
  ARRAY JOIN moves AS move, arrayEnumerate(moves) AS k
  WHERE arrayFirstIndex(m -> m.1 = move.1, moves) = k
  GROUP BY day, place
  ORDER BY day, place`
