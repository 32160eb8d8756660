import { flagged, type StageMap } from '../definitions/stage-map.ts'
import { everValid, foreverValid } from '../projections/in-force.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { dimensionsOf, type FunnelDimension, shown, type Sliced, withSayings } from './funnel-dimensions.ts'
import type { FigureSources } from './sources.ts'

/** What a funnel figure counts (metrics C6): qualification cycles of persons, or deals. */
export const COUNTED = ['journeys', 'deals'] as const
export type Counted = (typeof COUNTED)[number]

/** Deals are counted from the first stage that a deal can be in; a journey passes through all of them. */
export const isDealStage = (map: StageMap, name: string): boolean =>
  map.stages.some(stage => stage.name === name && (stage.deal_stages.length > 0 || stage.on === 'won'))

/** Place of a stage in the map, from 1; 0 for none. */
export const rankOf = (map: StageMap, name: string): number => map.stages.findIndex(stage => stage.name === name) + 1

/** Place of the first stage that qualifies deals: pipeline counts them from there (metrics, SQO). */
export const qualifiedPlace = (map: StageMap): number => {
  const [first] = flagged(map, 'qualified')
  return first === undefined ? map.stages.findIndex(stage => stage.deal_stages.length > 0) + 1 : rankOf(map, first.name)
}

const rank = (column: Sql, pairs: readonly (readonly [string, number])[]): Sql =>
  pairs.length === 0
    ? sql`toInt64(0)`
    : sql`transform(toString(${column}), ${bind.strings(pairs.map(([name]) => name))}, ${bind.ints(pairs.map(([, place]) => place))}, toInt64(0))`

/** Moves [(rank, at, event id)] without stages that the map does not know (a unit stays where it was) and without standing still. */
const kept = (moves: Sql): Sql => {
  const known = sql`arrayFilter(m -> m.1 > 0, ${moves})`
  return sql`arrayFilter((m, before, i) -> i = 1 OR m.1 != before.1, ${known}, arrayPopBack(arrayPushFront(${known}, (toInt64(0), ${everValid}, ''))), arrayEnumerate(${known}))`
}

/**
 * One row per unit, with its way through the stage map: (counted, unit, person, account, deal_id, opened_at, ended_at, outcome, way_channel, way_campaign,
 * moves, and what was said of the dimensions that are asked for). `moves` is [(rank, entered_at, event_id)] in order; `ended_at` is far in the future while the
 * unit is open.
 */
export const stagePaths = (sources: FigureSources, question: PathsQuestion): Sql => {
  const { stageMap, counted, lean = false } = question
  const way = dimensionsOf(question).some(name => WAYS.has(name))
  return withSayings(
    sources,
    question,
    counted === 'journeys' ? journeyPaths(sources, stageMap, lean) : dealPaths(sources, stageMap, way, lean),
  )
}

export type PathsQuestion = Sliced & {
  readonly stageMap: StageMap
  readonly counted: Counted
}

/** Dimensions that a deal has from the journey that feeds it; looked up only when asked for. */
const WAYS: ReadonlySet<FunnelDimension> = new Set(['channel', 'campaign', 'persona', 'region'])

/** As many empty ids as there are moves. */
const noIds = (entered: Sql): Sql => sql`arrayMap(at -> '', ${entered})`

const journeyPaths = ({ personJourney }: FigureSources, map: StageMap, lean: boolean): Sql => {
  const stages = map.stages.map((stage, index) => [stage.name, index + 1] as const)
  const moves = sql`arrayZip(arrayMap(name -> ${rank(sql`name`, stages)}, j.5), j.6, ${lean ? noIds(sql`j.6`) : sql`j.7`})`
  return sql`
    SELECT 'journeys' AS counted, concat(person, '#', toString(n)) AS unit, person, account, j.10 AS deal_id, j.1 AS opened_at, j.3 AS ended_at, j.4 AS outcome,
      ${shown(sql`j.8`)} AS way_channel, ${shown(sql`j.9`)} AS way_campaign, ${kept(moves)} AS moves
    FROM (
      SELECT person, account,
        arrayZip(opened_at, ${lean ? sql`outcome` : sql`opened_by`}, ended_at, outcome, stages, entered_at, ${lean ? sql`stages` : sql`stage_event_ids`}, channel, campaign, deal_id) AS journeys
      FROM ${personJourney}
      WHERE excluded_because = ''
    )
    ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n`
}

/** A deal stage's place in the map: as its pipeline calls it, else as all do. */
const placeOfDealStage = (map: StageMap, stages: readonly (readonly [string, number])[]): Sql => {
  const own = Object.entries(map.pipelines ?? {})
  if (own.length === 0) return rank(sql`name`, stages)
  const branches = own.map(
    ([pipeline, names]) =>
      sql`pipeline = ${bind.string(pipeline)} AND name IN (${bind.strings(Object.keys(names))}), ${rank(
        sql`name`,
        Object.entries(names).map(([name, into]) => [name, rankOf(map, into)] as const),
      )}`,
  )
  return sql`multiIf(${joinSql(branches, ', ')}, ${rank(sql`name`, stages)})`
}

const dealPaths = ({ dealJourney, personJourney }: FigureSources, map: StageMap, way: boolean, lean: boolean): Sql => {
  const stages = map.stages.flatMap((stage, index) => stage.deal_stages.map(name => [name, index + 1] as const))
  const won = map.stages.findIndex(stage => stage.on === 'won') + 1
  const moves = sql`arrayConcat(arrayZip(arrayMap(name -> ${placeOfDealStage(map, stages)}, stages), entered_at, ${lean ? noIds(sql`entered_at`) : sql`stage_event_ids`}),
      if(outcome = 'won', [(toInt64(${bind.int(won)}), ifNull(closed_at, ${foreverValid}), closed_event_id)], arrayResize([(toInt64(0), ${foreverValid}, '')], 0)))`
  return sql`
    SELECT 'deals' AS counted, d.deal_id AS unit, ${way ? sql`f.came.3` : sql`''`} AS person, toString(d.account) AS account, d.deal_id AS deal_id, created_at AS opened_at, ifNull(closed_at, ${foreverValid}) AS ended_at,
      toString(outcome) AS outcome, ${way ? shown(sql`f.came.1`) : sql`''`} AS way_channel, ${way ? shown(sql`f.came.2`) : sql`''`} AS way_campaign, ${kept(moves)} AS moves
    FROM (SELECT * FROM ${dealJourney} WHERE counted = 1) AS d
    ${way ? sql`LEFT JOIN (${cameBy(personJourney)}) AS f ON f.deal_id = d.deal_id` : sql``}`
}

/** A deal came the way of the earliest journey that feeds it. */
const cameBy = (personJourney: Sql): Sql => sql`
  SELECT j.2 AS deal_id, argMin((j.3, j.4, person), (j.1, person)) AS came
  FROM (SELECT person, arrayZip(opened_at, deal_id, channel, campaign) AS journeys FROM ${personJourney} WHERE excluded_because = '')
  ARRAY JOIN journeys AS j
  WHERE j.2 != ''
  GROUP BY deal_id`
