import type { StageMap } from '../definitions/stage-map.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { closeDay, NONE } from './attribution.ts'
import { entityOf } from './funnel-stages.ts'
import { withMoney } from './money.ts'
import type { FigureSources } from './sources.ts'
import { isDealStage, rankOf, stagePaths } from './stage-paths.ts'

export type PlanCohort = {
  readonly stageMap: StageMap
  /** Journeys opened, and deals that first reached the stages of deals, in these instants (ms), `to` exclusive. */
  readonly from: number
  readonly to: number
  /** What came later than so many days after is not counted, so that old units have had no more time than young ones. */
  readonly horizonDays: number
  readonly currency: string
  readonly zone: string
}

/** Deals that a plan of new customers counts (metrics, Deal types). */
const NEW_BUSINESS = bind.strings(['new-business', ''])
const MICROS_PER_DAY = 86_400_000_000

/** The first stage of the map that a deal can be in; where there is none, all is counted in journeys. */
export const crossingOf = (map: StageMap): number => map.stages.findIndex(stage => isDealStage(map, stage.name)) + 1

const newDeals = ({ dealJourney }: FigureSources): Sql =>
  sql`SELECT deal_id FROM ${dealJourney} WHERE counted = 1 AND deal_type IN (${NEW_BUSINESS})`

/** In place of a channel, of deals: whether a journey feeds them. */
export const FED = 'fed'
const fed = ({ personJourney }: FigureSources): Sql => sql`SELECT arrayJoin(deal_id) FROM ${personJourney} WHERE excluded_because = ''`

/** Greatest place of the stage map that a unit reached in time, and the event that brought it there. */
const reached = (since: Sql, { horizonDays }: PlanCohort): Sql =>
  sql`arrayFilter(m -> dateDiff('microsecond', ${since}, m.2) <= ${bind.int(horizonDays * MICROS_PER_DAY)}, moves)`

/**
 * One row per unit: journeys up to the crossing, deals of new business from there on. `place` is how far it got within the horizon; `first` is 1 for the
 * earliest journey of a deal: that one alone counts the deal (metrics, Person → deal).
 */
const units = (sources: FigureSources, cohort: PlanCohort, counted: 'journeys' | 'deals'): Sql => {
  const within = (at: Sql): Sql => sql`${at} >= ${bind.businessInstant(cohort.from)} AND ${at} < ${bind.businessInstant(cohort.to)}`
  const paths = stagePaths(sources, { stageMap: cohort.stageMap, counted, by: [], filters: {} })
  const crossing = bind.int(crossingOf(cohort.stageMap))
  if (counted === 'deals')
    return sql`
      SELECT unit, account, deal_id, since, if(deal_id IN (${fed(sources)}), ${bind.string(FED)}, ${bind.string(NONE)}) AS channel, toUInt8(1) AS first, way.1 AS place, way.2 AS event_ids FROM (
        SELECT *, arrayFirst(m -> m.1 >= ${crossing}, moves).2 AS since, arrayMax(m -> m.1, ${reached(sql`since`, cohort)}) AS far,
          (far, arrayMap(m -> m.3, arrayFilter(m -> m.1 = far OR m.1 = ${crossing}, moves))) AS way
        FROM (${paths})
        WHERE arrayExists(m -> m.1 >= ${crossing}, moves) AND deal_id IN (${newDeals(sources)})
      ) WHERE ${within(sql`since`)}`
  // all journeys are looked at, so that an earlier one outside the cohort takes its deal
  return sql`
    SELECT unit, account, deal_id, since, channel, first, far AS place, event_ids FROM (
      SELECT unit, account, deal_id, opened_at AS since, if(way_channel = '', ${bind.string(NONE)}, way_channel) AS channel,
        toUInt8(is_new AND (opened_at, unit) = min((opened_at, unit)) OVER (PARTITION BY if(is_new, deal_id, unit))) AS first,
        ${reached(sql`opened_at`, cohort)} AS in_time,
        -- a deal that is no new business takes nobody past the stages of persons
        arrayMax(arrayMap(m -> if(is_new, m.1, least(m.1, ${crossing} - 1)), in_time)) AS far, arrayMap(m -> m.3, in_time) AS event_ids
      FROM (SELECT *, deal_id != '' AND deal_id IN (${newDeals(sources)}) AS is_new FROM (${paths}))
      WHERE notEmpty(moves)
    ) WHERE ${within(sql`since`)} AND place > 0`
}

/** (channel, r1 … rn, crossed): how many journeys of each channel reached each place or a later one, and how many distinct deals they fed that crossed; or deals alike. */
export const planCounts = (sources: FigureSources, cohort: PlanCohort, counted: 'journeys' | 'deals'): Sql => {
  const places = cohort.stageMap.stages.map((_, i) => i + 1)
  const columns = places.map(place => ({ parts: [`countIf(place >= ${place}) AS r${place}`] }))
  return sql`
    SELECT channel, ${joinSql(columns, ', ')}, countIf(first = 1 AND place >= ${bind.int(crossingOf(cohort.stageMap))}) AS crossed
    FROM (${units(sources, cohort, counted)})
    GROUP BY channel
    ORDER BY channel`
}

/** The units behind one step of the plan: `base` 1 for who reached its first stage, `contribution` 1 for who went on (at the crossing: for each deal). */
export const planStepProof = (sources: FigureSources, cohort: PlanCohort, from: string, to: string): Sql => {
  const [start, end, crossing] = [rankOf(cohort.stageMap, from), rankOf(cohort.stageMap, to), crossingOf(cohort.stageMap)]
  const counted = start >= crossing ? 'deals' : 'journeys'
  const atCrossing = counted === 'journeys' && end >= crossing
  return sql`
    SELECT ${entityOf(counted)} AS entity, unit AS id, account, deal_id, event_ids, channel AS note, toString(since) AS at,
      toString(place >= ${bind.int(end)} ${atCrossing ? sql`AND first = 1` : sql``}) AS contribution, '1' AS base
    FROM (${units(sources, cohort, counted)})
    WHERE place >= ${bind.int(start)}
    ORDER BY since, unit`
}

/**
 * (place, deals, median, p90): days in microseconds from the first entry to each stage straight to won, over deals of new business won in [from, to) (metrics
 * M96; percentiles as in C10). Stages of persons are those of the earliest journey of the deal.
 */
export const planLags = (sources: FigureSources, cohort: PlanCohort): Sql => {
  const won = bind.int(cohort.stageMap.stages.findIndex(stage => stage.on === 'won') + 1)
  const crossing = bind.int(crossingOf(cohort.stageMap))
  const of = (counted: 'journeys' | 'deals'): Sql => stagePaths(sources, { stageMap: cohort.stageMap, counted, by: [], filters: {} })
  return sql`
    SELECT place, count() AS deals, arraySort(groupArray(lag))[intDiv(50 * deals + 99, 100)] AS median, arraySort(groupArray(lag))[intDiv(90 * deals + 99, 100)] AS p90
    FROM (
      SELECT place, dateDiff('microsecond', arrayFirst(m -> m.1 = place, moves).2, won_at) AS lag
      FROM (
        SELECT moves, places, arrayFirst(m -> m.1 = ${won}, moves).2 AS won_at FROM (
          SELECT moves, arrayFilter(p -> p < ${crossing}, arrayDistinct(arrayMap(m -> m.1, moves))) AS places
          FROM (${of('journeys')})
          WHERE deal_id IN (${newDeals(sources)})
          ORDER BY opened_at, unit
          LIMIT 1 BY deal_id
          UNION ALL
          SELECT moves, arrayFilter(p -> p >= ${crossing} AND p < ${won}, arrayDistinct(arrayMap(m -> m.1, moves))) AS places
          FROM (${of('deals')})
          WHERE deal_id IN (${newDeals(sources)})
        )
        WHERE arrayExists(m -> m.1 = ${won}, moves) AND won_at >= ${bind.businessInstant(cohort.from)} AND won_at < ${bind.businessInstant(cohort.to)}
      )
      ARRAY JOIN places AS place
      -- a lead created after its deal was won says nothing about how long it takes
      WHERE lag >= 0
    )
    GROUP BY place
    ORDER BY place`
}

export type WonQuestion = {
  /** Dates of the close, `to` exclusive. */
  readonly from: string
  readonly to: string
  /** `new`: of new business alone; `all`: everything but renewals. */
  readonly types: 'new' | 'all'
  readonly currency: string
  readonly zone: string
}

const wonDeals = (sources: FigureSources, { from, to, types, currency, zone }: WonQuestion): Sql => {
  const rows = sql`
    SELECT deal_id, account, closed_event_id, closed_at, amount, toString(currency) AS currency, toInt32(assumeNotNull(day)) AS rate_day
    FROM (SELECT *, ${closeDay(zone)} AS day FROM ${sources.dealJourney} WHERE outcome = 'won' AND counted = 1)
    WHERE day >= ${bind.date(from)} AND day < ${bind.date(to)} AND ${types === 'new' ? sql`deal_type IN (${NEW_BUSINESS})` : sql`deal_type != 'renewal'`}`
  return withMoney(sources, rows, currency)
}

/** (deals, money, missing): what was won; deals without an amount or a rate are counted apart. */
export const wonFigure = (sources: FigureSources, question: WonQuestion): Sql => sql`
  SELECT countIf(isNotNull(worth)) AS deals, sum(ifNull(worth, toInt128(0))) AS money, countIf(isNull(worth)) AS missing FROM (${wonDeals(sources, question)})`

export const wonProof = (sources: FigureSources, question: WonQuestion): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, [closed_event_id] AS event_ids, '' AS note, toString(closed_at) AS at, toString(assumeNotNull(worth)) AS contribution, '1' AS base
  FROM (${wonDeals(sources, question)})
  WHERE isNotNull(worth)
  ORDER BY at, id`

/** (place, deals, money): open deals, renewals apart, that are due before `to`, by the place of the stage map in which they stand. */
export const openDue = (
  sources: FigureSources,
  stageMap: StageMap,
  { to, currency, zone }: Pick<WonQuestion, 'to' | 'currency' | 'zone'>,
): Sql => {
  const rows = sql`
    SELECT p.place AS place, d.amount AS amount, toString(d.currency) AS currency, toInt32(toDate32(toTimeZone(${sources.asOf}, ${bind.string(zone)}))) AS rate_day
    FROM (SELECT * FROM ${sources.dealJourney} WHERE outcome = 'open' AND counted = 1 AND deal_type != 'renewal' AND close_date < ${bind.date(to)}) AS d
    INNER JOIN (SELECT unit, moves[-1].1 AS place FROM (${stagePaths(sources, { stageMap, counted: 'deals', by: [], filters: {} })})) AS p ON p.unit = d.deal_id`
  return sql`
    SELECT place, count() AS deals, sum(ifNull(worth, toInt128(0))) AS money FROM (${withMoney(sources, rows, currency)})
    WHERE place >= ${bind.int(crossingOf(stageMap))} GROUP BY place ORDER BY place`
}
