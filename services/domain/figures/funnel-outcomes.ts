import { bind, type Sql, sql } from '../sql.ts'
import { dimensionColumns } from './funnel-dimensions.ts'
import type { Facts } from './funnel-measures.ts'
import { entityOf, stageName, within } from './funnel-stages.ts'
import { type WayQuestion, wonPlace } from './funnel-times.ts'
import type { FigureSources } from './sources.ts'
import { stagePaths } from './stage-paths.ts'

/** One row per unit and stage that it was ever in, dated by its first entry (`at`): `later` are the moves after it. */
const firstEntries = (sources: FigureSources, question: WayQuestion): Sql => {
  const { stageMap, from, to } = question
  return sql`
    SELECT *, ${stageName(stageMap, sql`place`)} AS stage${dimensionColumns(sources, question, sql`at`)}
    FROM (
      SELECT *, place, arrayFirstIndex(m -> m.1 = place, moves) AS k, moves[k].2 AS at, arrayFilter((m, i) -> i > k, moves, arrayEnumerate(moves)) AS later
      FROM (
        SELECT *, arraySort(arrayDistinct(arrayMap(m -> m.1, moves))) AS places, ended_at <= ${bind.businessInstant(question.observedTo)} AS is_over
        FROM (${stagePaths(sources, question)})
      )
      ARRAY JOIN places AS place
      WHERE place != ${bind.int(wonPlace(stageMap))}
    )
    WHERE ${within(sql`at`, from, to)}`
}

const unit = (question: WayQuestion): Sql => sql`${entityOf(question.counted)} AS entity, unit, account, deal_id`

/**
 * M10 of the units that first entered a stage: (i) `mix` = advanced: whoever was ever beyond it, else how its latest exit ended (back in an earlier stage: regressed), else open;
 * (ii) `mix` = final: how it stands at the instant of observation. Each adds up to the cohort.
 */
export const outcomeMix = (sources: FigureSources, question: WayQuestion): Facts => ({
  kind: 'mix',
  labels: ['stage', 'mix', 'outcome'],
  rows: sql`
    SELECT entity, unit, account, deal_id, event_ids, at, way.2 AS note, '' AS reason, stage, place, way.1 AS mix, way.2 AS outcome, toUInt8(1) AS num, toUInt8(1) AS den, toUInt8(0) AS young, * EXCEPT (entity, unit, account, deal_id, event_ids, at, stage, place, outcome, way)
    FROM (
      SELECT ${unit(question)}, [moves[k].3, moves[-1].3] AS event_ids, * EXCEPT (counted, unit, account, deal_id),
        [('advanced', multiIf(arrayExists(m -> m.1 > place, later), 'advanced', is_over, outcome, moves[-1].1 < place, 'regressed', 'open')),
         ('final', if(is_over, outcome, 'open'))] AS ways
      FROM (${firstEntries(sources, question)})
    )
    ARRAY JOIN ways AS way`,
})

/** M15: of the units that entered a stage those that were in an earlier one afterwards. */
export const regressions = (sources: FigureSources, question: WayQuestion): Facts => ({
  kind: 'rate',
  labels: ['stage'],
  rows: sql`
    SELECT ${unit(question)}, [moves[k].3, arrayFirst(m -> m.1 < place, later).3] AS event_ids, if(num = 1, 'went back', '') AS note, '' AS reason,
      toUInt8(arrayExists(m -> m.1 < place, later)) AS num, toUInt8(1) AS den, toUInt8(0) AS young, * EXCEPT (counted, unit, account, deal_id)
    FROM (${firstEntries(sources, question)})`,
})

/** M14: of the units that reached a stage or one beyond it those that went past it, dated by when they did. */
export const skips = (sources: FigureSources, question: WayQuestion): Facts => {
  const { stageMap, from, to } = question
  return {
    kind: 'rate',
    labels: ['stage'],
    rows: sql`
      SELECT ${unit(question)}, [moves[reached].3] AS event_ids, at, if(num = 1, 'skipped', '') AS note, '' AS reason, ${stageName(stageMap, sql`place`)} AS stage, place,
        toUInt8(moves[reached].1 != place) AS num, toUInt8(1) AS den, toUInt8(0) AS young${dimensionColumns(sources, question, sql`at`)}
      FROM (
        SELECT *, place, arrayFirstIndex(m -> m.1 >= place, moves) AS reached, moves[reached].2 AS at
        FROM (${stagePaths(sources, question)})
        ARRAY JOIN range(toInt64(${bind.int(question.counted === 'deals' ? firstDealPlace(stageMap) : 1)}), toInt64(${bind.int(wonPlace(stageMap) || stageMap.stages.length)})) AS place
        WHERE reached > 0
      )
      WHERE ${within(sql`at`, from, to)}`,
  }
}

const firstDealPlace = (map: WayQuestion['stageMap']): number =>
  Math.max(1, map.stages.findIndex(stage => stage.deal_stages.length > 0) + 1)

/** M16: of the deals that were closed those that were opened again, dated by their first closing. */
export const reopenings = (sources: FigureSources, question: WayQuestion): Facts => ({
  kind: 'rate',
  labels: [],
  rows: sql`
    SELECT 'deal' AS entity, unit, account, deal_id, ids AS event_ids, closed_first AS at, if(num = 1, 'reopened', '') AS note, '' AS reason,
      toUInt8(again > 0) AS num, toUInt8(1) AS den, toUInt8(0) AS young${dimensionColumns(sources, question, sql`closed_first`)}
    FROM (${stagePaths(sources, question)}) AS p
    INNER JOIN (
      SELECT subject, minIf(occurred_at, type = 'deal-closed') AS closed_first, countIf(type = 'deal-reopened') AS again, arraySort(groupArray(event_id)) AS ids
      FROM ${sources.dealFacts}
      WHERE type IN ('deal-closed', 'deal-reopened')
      GROUP BY subject
      HAVING countIf(type = 'deal-closed') > 0
    ) AS closings ON closings.subject = p.unit
    WHERE ${within(sql`closed_first`, question.from, question.to)}`,
})
