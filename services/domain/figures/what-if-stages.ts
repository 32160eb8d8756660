import { stageAfter, type StageMap } from '../definitions/stage-map.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { within } from './funnel-stages.ts'
import type { FigureSources } from './sources.ts'

export type StagesWhatIf = {
  /** The map in force, and the one proposed; `after` reads journeys as the proposed map makes them of the same events. */
  readonly map: StageMap
  readonly proposed: StageMap
  /** Of the opening of a journey (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly observedTo: number
  /** Journeys in each list, the earliest first. */
  readonly limit: number
}

/** (person, opened_by, side, n, opened_at, stage, outcome): where each journey stood last, or how it ended, as observed; a stage that the map does not know moves nobody. */
const standing = ({ personJourney }: FigureSources, side: number, map: StageMap, { from, to, observedTo }: StagesWhatIf): Sql => {
  const observed = bind.businessInstant(observedTo)
  return sql`
    SELECT person, j.2 AS opened_by, toUInt8(${bind.int(side)}) AS side, n, j.1 AS opened_at, if(j.4 <= ${observed}, j.3, 'open') AS outcome,
      arrayLast((stage, at) -> at <= ${observed} AND stage IN (${bind.strings(map.stages.map(({ name }) => name))}), j.5, j.6) AS stage
    FROM (SELECT person, arrayZip(opened_at, opened_by, outcome, ended_at, stages, entered_at) AS journeys FROM ${personJourney} WHERE excluded_because = '')
    ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n
    WHERE ${within(sql`j.1`, from, to)}`
}

/**
 * Journeys that stand elsewhere, or end otherwise, under a proposed map: (stage_before, stage_after, outcome_before, outcome_after, journeys, list), most first; list is [(opened, person, n)]. A stage that
 * only has another name is no move; '' is no journey on that side, because another one goes on or begins there. Nothing is imputed: both maps read the same events.
 */
export const stagesMoved = (before: FigureSources, after: FigureSources, question: StagesWhatIf): Sql => {
  const { map, proposed, limit } = question
  const names = map.stages.map(({ name }) => name)
  const becomes = sql`transform(stage_before, ${bind.strings(names)}, ${bind.strings(names.map(name => stageAfter(proposed, name) ?? ''))}, stage_before)`
  return sql`
    SELECT stage_before, stage_after, outcome_before, outcome_after, count() AS journeys,
      arraySlice(arraySort(groupArray((toUnixTimestamp64Milli(began), person, nth))), 1, ${bind.uint(limit)}) AS list
    FROM (
      SELECT person, opened_by, min(opened_at) AS began, max((side, n)).2 AS nth, maxIf(stage, side = 0) AS stage_before, maxIf(stage, side = 1) AS stage_after,
        maxIf(outcome, side = 0) AS outcome_before, maxIf(outcome, side = 1) AS outcome_after
      FROM (${standing(before, 0, map, question)} UNION ALL ${standing(after, 1, proposed, question)})
      GROUP BY person, opened_by
    )
    WHERE stage_after != ${becomes} OR outcome_before != outcome_after
    GROUP BY stage_before, stage_after, outcome_before, outcome_after
    ORDER BY journeys DESC, stage_before, stage_after, outcome_before, outcome_after`
}
