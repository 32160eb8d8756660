import { foreverValid } from '../projections/in-force.ts'
import { bind, joinSql, sql } from '../sql.ts'
import { dimensionColumns, type FunnelDimension, type Sliced } from './funnel-dimensions.ts'
import type { Facts } from './funnel-measures.ts'
import { entityOf, stageName, within } from './funnel-stages.ts'
import type { FigureSources } from './sources.ts'
import { type Counted, rankOf, stagePaths } from './stage-paths.ts'
import type { StageMap } from '../definitions/stage-map.ts'

/** What every figure about units on their way is asked with. */
export type WayQuestion = {
  readonly stageMap: StageMap
  readonly counted: Counted
  readonly by: readonly FunnelDimension[]
  readonly filters: Readonly<Partial<Record<FunnelDimension, readonly string[]>>>
  readonly dims?: Sliced['dims']
  readonly lean?: Sliced['lean']
  /** Instants (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly zone: string
  /** Up to when is observed (ms): min(as_of, watermark). */
  readonly observedTo: number
}

export const wonPlace = (map: StageMap): number => map.stages.findIndex(stage => stage.on === 'won') + 1

/**
 * M11 `latest` and M12 `cumulative`: how long units stay in each stage, dated by the entry to the latest stay, or by the first entry. Nobody stays in the stage of
 * what is won. A stay that has not ended runs to the instant of observation.
 */
export const stays = (sources: FigureSources, question: WayQuestion, which: 'latest' | 'cumulative'): Facts => {
  const { stageMap, from, to } = question
  const observed = bind.businessInstant(question.observedTo)
  const latest = which === 'latest'
  return {
    kind: 'span',
    labels: ['stage'],
    rows: sql`
      SELECT ${entityOf(question.counted)} AS entity, unit, account, deal_id, arrayMap(x -> x.4, mine) AS event_ids, at, '' AS note, '' AS reason,
        ${stageName(stageMap, sql`place`)} AS stage, place, arraySum(arrayMap(x -> greatest(dateDiff('microsecond', x.2, least(x.3, ${observed})), 0), mine)) AS micros,
        toUInt8(mine[-1].3 <= ${observed} AND mine[-1].3 < ${foreverValid}) AS done${dimensionColumns(sources, question, sql`at`)}
      FROM (
        SELECT *, place, arrayFilter(x -> x.1 = place, spent) AS all, ${latest ? sql`[all[-1]]` : sql`all`} AS mine, mine[1].2 AS at
        FROM (
          SELECT *, arrayMap((m, i) -> (m.1, m.2, if(i < length(moves), moves[i + 1].2, ended_at), m.3), moves, arrayEnumerate(moves)) AS spent,
            arrayFilter(p -> p != ${bind.int(wonPlace(stageMap))}, arraySort(arrayDistinct(arrayMap(m -> m.1, moves)))) AS places
          FROM (${stagePaths(sources, question)})
        )
        ARRAY JOIN places AS place
      )
      WHERE at <= ${observed} AND ${within(sql`at`, from, to)}`,
  }
}

/** M13: from the first entry to one stage to the first entry to another or beyond, dated by that. Who was there before is out of order. */
export const velocities = (
  sources: FigureSources,
  question: WayQuestion,
  transitions: readonly { readonly from: string; readonly to: string }[],
): Facts => {
  const { stageMap, from, to } = question
  const pairs = joinSql(
    transitions.map(({ from: a, to: b }) => sql`(toInt64(${bind.int(rankOf(stageMap, a))}), toInt64(${bind.int(rankOf(stageMap, b))}))`),
    ', ',
  )
  return {
    kind: 'span',
    labels: ['stage_from', 'stage_to'],
    rows: sql`
      SELECT ${entityOf(question.counted)} AS entity, unit, account, deal_id, [moves[at_from].3, moves[at_to].3] AS event_ids, moves[at_to].2 AS at, '' AS note,
        if(at_to < at_from OR moves[at_to].2 < moves[at_from].2, 'out_of_order', '') AS reason,
        ${stageName(stageMap, sql`pair.1`)} AS stage_from, ${stageName(stageMap, sql`pair.2`)} AS stage_to,
        greatest(dateDiff('microsecond', moves[at_from].2, at), 0) AS micros, toUInt8(1) AS done${dimensionColumns(sources, question, sql`at`)}
      FROM (
        SELECT *, pair, arrayFirstIndex(m -> m.1 = pair.1, moves) AS at_from, arrayFirstIndex(m -> m.1 >= pair.2, moves) AS at_to
        FROM (${stagePaths(sources, question)})
        ARRAY JOIN [${pairs}] AS pair
        WHERE at_from > 0 AND at_to > 0
      )
      WHERE at <= ${bind.businessInstant(question.observedTo)} AND ${within(sql`at`, from, to)}`,
  }
}
