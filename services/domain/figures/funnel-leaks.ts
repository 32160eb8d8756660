import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { dimensionColumns } from './funnel-dimensions.ts'
import { whereAll } from './funnel-stages.ts'
import type { WayQuestion } from './funnel-times.ts'
import type { FigureSources } from './sources.ts'
import { isDealStage, rankOf, stagePaths } from './stage-paths.ts'

export type LeakCohort = {
  /** First entries to the first stage of the chain within these instants (ms), `to` exclusive. */
  readonly from: number
  readonly to: number
  /** 0 is the cohort itself, 1 its baseline. */
  readonly part: number
}

export type LeaksQuestion = WayQuestion & {
  /** Stages in order: the one that makes the cohort first, the one that is won last. */
  readonly chain: readonly string[]
  readonly cohorts: readonly LeakCohort[]
  /** Of each stage after the first: how long (ms) after the entry to the first it may be reached: as long as the cohort was observed, and all of its horizon. */
  readonly within: readonly number[]
  readonly horizons: readonly number[]
}

/** The earliest journey that feeds each deal: a deal is in its cohort alone (metrics, Deal yield). */
const firstJourneys = ({ personJourney }: FigureSources): Sql => sql`
  SELECT j.2 AS fed, argMin(concat(person, '#', toString(n)), (j.1, person)) AS first_journey
  FROM (SELECT person, arrayZip(opened_at, deal_id) AS journeys FROM ${personJourney} WHERE excluded_because = '')
  ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n
  WHERE j.2 != ''
  GROUP BY fed`

/**
 * One row per journey of a cohort: `depth` is how many stages of the chain after the first it reached, one after the other, in the time that the cohort was observed; `full` in all of
 * the horizons. `afters` are microseconds after the entry, -1 for never. Of several journeys that feed one deal the first reaches its stages. `ahead` were further already.
 */
const walked = (sources: FigureSources, question: LeaksQuestion): Sql => {
  const { stageMap, chain, cohorts, filters } = question
  const later = chain.slice(1)
  const places = bind.ints(later.map(stage => rankOf(stageMap, stage)))
  const ofDeals = bind.ints(later.map(stage => (isDealStage(stageMap, stage) ? 1 : 0)))
  const spans = joinSql(
    cohorts.map(({ from, to, part }) => sql`(${bind.businessInstant(from)}, ${bind.businessInstant(to)}, ${bind.uint(part)})`),
    ', ',
  )
  const micros = (ms: readonly number[]): Sql => sql`${bind.ints(ms.map(each => each * 1000))}`
  const depth = (limits: readonly number[]): Sql =>
    sql`arrayFirstIndex((after, most) -> after < 0 OR after > most, arrayPushBack(afters, toInt64(-1)), arrayPushBack(${micros(limits)}, toInt64(0))) - 1`
  return sql`
    SELECT * FROM (
      SELECT unit, account, deal_id, part, at, moves, at_from, reached, afters, ahead, ${depth(question.within)} AS depth, ${depth(question.horizons)} AS full${dimensionColumns(sources, question, sql`at`)}
      FROM (
        SELECT *, toUInt8(arrayExists((m, i) -> i < at_from AND m.1 >= ${places}[1], moves, arrayEnumerate(moves))) AS ahead,
          arrayMap((place, of_deal) -> if(of_deal = 1 AND first_journey != '' AND first_journey != unit, 0,
            arrayFirstIndex((m, i) -> i > at_from AND m.1 >= place, moves, arrayEnumerate(moves))), ${places}, ${ofDeals}) AS reached,
          arrayMap(k -> if(k = 0 OR moves[k].2 > ${bind.businessInstant(question.observedTo)}, toInt64(-1), dateDiff('microsecond', at, moves[k].2)), reached) AS afters
        FROM (
          SELECT p.*, j.first_journey AS first_journey
          FROM (
            SELECT *, cohort.3 AS part
            FROM (
              SELECT *, arrayFirstIndex(m -> m.1 = ${bind.int(rankOf(stageMap, chain[0] ?? ''))}, moves) AS at_from, moves[at_from].2 AS at
              FROM (${stagePaths(sources, question)})
            )
            ARRAY JOIN [${spans}] AS cohort
            WHERE at_from > 0 AND at >= cohort.1 AND at < cohort.2
          ) AS p
          LEFT JOIN (${firstJourneys(sources)}) AS j ON j.fed = p.deal_id
        )
      )
    )
    WHERE ${whereAll(filters)}`
}

/** (…by, is_total, part, depth, full, units, out_of_order): journeys of the cohorts by how far they came. */
export const leakCounts = (sources: FigureSources, question: LeaksQuestion): Sql => {
  const dims = question.by.map(identifier)
  const [first] = dims
  const list = joinSql(
    dims.map(dim => sql`${dim}, `),
    '',
  )
  return sql`
    SELECT ${list}${first === undefined ? sql`toUInt8(1)` : sql`toUInt8(grouping(${first}))`} AS is_total, part, depth, full, countIf(ahead = 0) AS units, countIf(ahead = 1) AS out_of_order
    FROM (${walked(sources, { ...question, lean: true })})
    GROUP BY GROUPING SETS (${first === undefined ? sql`` : sql`(${list}part, depth, full), `}(part, depth, full))
    ORDER BY is_total, ${list}part, depth, full`
}

/** (place, median): how long the baseline took to each stage after the first (1 …), in microseconds, over those that came there at all. */
export const leakMedians = (sources: FigureSources, question: LeaksQuestion): Sql => sql`
  SELECT place, spans[intDiv(50 * length(spans) + 99, 100)] AS median
  FROM (
    SELECT place, arraySort(groupArray(after)) AS spans
    FROM (SELECT * FROM (${walked(sources, { ...question, filters: {}, by: [], lean: true })}) WHERE part = 1 AND ahead = 0)
    ARRAY JOIN afters AS after, arrayEnumerate(afters) AS place
    WHERE after >= 0
    GROUP BY place
  )
  ORDER BY place`

/** The journeys behind one transition (from 1): those of the cohort that came to where it begins, and whether they went on. */
export const leaksProof = (sources: FigureSources, question: LeaksQuestion, transition: number): Sql => {
  const step = bind.int(transition)
  return sql`
    SELECT 'journey' AS entity, unit AS id, account, deal_id, arrayFilter(id -> id != '', [moves[at_from].3, if(depth >= ${step}, moves[reached[${step}]].3, '')]) AS event_ids,
      if(depth >= ${step}, 'went on', 'leaked') AS note, toString(at) AS at, toString(toUInt8(depth >= ${step})) AS contribution, '1' AS base
    FROM (${walked(sources, question)})
    WHERE part = 0 AND ahead = 0 AND depth >= ${bind.int(transition - 1)}
    ORDER BY depth >= ${step}, at, id`
}
