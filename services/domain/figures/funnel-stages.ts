import type { StageMap } from '../definitions/stage-map.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'
import { withMoney } from './money.ts'
import { dimensionColumns, type FunnelDimension, type Sliced } from './funnel-dimensions.ts'
import { type Counted, stagePaths } from './stage-paths.ts'

export type FunnelFilters = Readonly<Partial<Record<FunnelDimension | 'stage', readonly string[]>>>

export type FunnelStagesQuestion = {
  readonly stageMap: StageMap
  readonly counted: Counted
  readonly by: readonly FunnelDimension[]
  readonly filters: FunnelFilters
  readonly dims?: Sliced['dims']
  readonly lean?: Sliced['lean']
  /** Instants (ms since the epoch), `to` exclusive: the period's bounds in the tenant's zone. */
  readonly from: number | null
  readonly to: number | null
  readonly zone: string
  readonly currency: string
  /** When volumes are taken: just before each of these instants. `month` is '' unless they are by month. */
  readonly volumesAt: readonly { readonly month: string; readonly before: number }[]
}

export const within = (instant: Sql, from: number | null, to: number | null): Sql =>
  sql`${from === null ? sql`1` : sql`${instant} >= ${bind.businessInstant(from)}`} AND ${to === null ? sql`1` : sql`${instant} < ${bind.businessInstant(to)}`}`

/** The name of the period (ms, `to` exclusive) that an instant is in; '' for none. */
export const periodOf = (instant: Sql, periods: readonly { readonly name: string; readonly from: number; readonly to: number }[]): Sql =>
  sql`multiIf(${joinSql(
    periods.map(({ name, from, to }) => sql`${within(instant, from, to)}, ${bind.string(name)}`),
    ', ',
  )}, '')`

export const whereAll = (filters: Readonly<Record<string, readonly string[] | undefined>>): Sql =>
  joinSql(
    [
      sql`1`,
      ...Object.entries(filters).flatMap(([name, values]) =>
        values === undefined ? [] : [sql`${identifier(name)} IN (${bind.strings(values)})`],
      ),
    ],
    ' AND ',
  )

export const stageName = (map: StageMap, place: Sql): Sql => sql`${bind.strings(map.stages.map(stage => stage.name))}[${place}]`

/** One row per entry to a stage within the period; `is_first` of the unit's entries to it, `is_created` where the unit began in it. */
const entries = (sources: FigureSources, question: FunnelStagesQuestion): Sql => {
  const { stageMap, filters, from, to } = question
  return sql`
  SELECT * FROM (
    SELECT counted, unit, account, deal_id, ${stageName(stageMap, sql`move.1`)} AS stage, move.1 AS place, move.2 AS entered, move.3 AS event_id${dimensionColumns(sources, question, sql`move.2`)},
      toUInt8(arrayFirstIndex(m -> m.1 = move.1, moves) = k) AS is_first,
      toUInt8(k = 1 AND move.2 = opened_at) AS is_created
    FROM (${stagePaths(sources, question)})
    ARRAY JOIN moves AS move, arrayEnumerate(moves) AS k
    WHERE ${within(sql`move.2`, from, to)}
  )
  WHERE ${whereAll(filters)}`
}

/** M1 first entries, M2 all entries, and those created in the stage (of M3): one row per stage and combination of `by`; `is_total` = 1 per stage. */
export const stageEntries = (sources: FigureSources, question: FunnelStagesQuestion): Sql => {
  const dims = question.by.map(identifier)
  const keys = joinSql([sql`place`, sql`stage`, ...dims], ', ')
  return sql`
    SELECT ${keys}, toUInt8(${dims[0] === undefined ? sql`0` : sql`grouping(${dims[0]})`}) AS is_total,
      countIf(is_first = 1) AS first_entries, count() AS all_entries, countIf(is_created = 1) AS created
    FROM (${entries(sources, { ...question, lean: true })})
    GROUP BY GROUPING SETS ((${keys})${dims.length === 0 ? sql`` : sql`, (place, stage)`})
    ORDER BY is_total, ${keys}`
}

/** (day, …by, amount): how many units first came into a stage on each day of the zone. */
export const firstEntriesByDay = (sources: FigureSources, question: FunnelStagesQuestion): Sql => {
  const keys = joinSql([sql`day`, ...question.by.map(identifier)], ', ')
  return sql`
    SELECT toString(toDate32(toTimeZone(entered, ${bind.string(question.zone)}))) AS ${keys}, count() AS amount
    FROM (${entries(sources, { ...question, lean: true })})
    WHERE is_first = 1
    GROUP BY ${keys}
    ORDER BY ${keys}`
}

/** The entries behind M1 (`first`), M2 (`all`) or M3 (`created`: those created in the stage, beside all). */
export const stageEntriesProof = (sources: FigureSources, question: FunnelStagesQuestion, measure: 'first' | 'all' | 'created'): Sql => sql`
  SELECT ${entityOf(question.counted)} AS entity, unit AS id, account, deal_id, [event_id] AS event_ids, '' AS note, toString(entered) AS at,
    toString(${measure === 'created' ? sql`is_created` : sql`1`}) AS contribution, toString(${measure === 'created' ? sql`1` : sql`0`}) AS base
  FROM (${entries(sources, question)})
  WHERE ${measure === 'first' ? sql`is_first = 1` : sql`1`}
  ORDER BY entered, unit, event_id`

/** The entries behind M7: first entries to the second stage over first entries to the first. */
export const throughputProof = (sources: FigureSources, question: FunnelStagesQuestion, from: string, to: string): Sql => sql`
  SELECT ${entityOf(question.counted)} AS entity, unit AS id, account, deal_id, [event_id] AS event_ids, stage AS note, toString(entered) AS at,
    toString(stage = ${bind.string(to)}) AS contribution, toString(stage = ${bind.string(from)}) AS base
  FROM (${entries(sources, { ...question, filters: { ...question.filters, stage: [from, to] } })})
  WHERE is_first = 1
  ORDER BY entered, unit, event_id`

export const entityOf = (counted: Counted): Sql => (counted === 'deals' ? sql`'deal'` : sql`'journey'`)

/**
 * One row per unit and instant at which it stands in a stage: its last entry before the instant, if it has not ended by then. Deals carry the
 * amount in force then, at the rate of that day (metrics M5, C5); `why` says what keeps it out of the value.
 */
const standing = (sources: FigureSources, question: FunnelStagesQuestion): Sql => {
  const { stageMap, counted, filters, zone, currency, volumesAt } = question
  const instants = joinSql(
    volumesAt.map(({ before }) => sql`${bind.businessInstant(before)}`),
    ', ',
  )
  const months = bind.strings(volumesAt.map(({ month }) => month))
  const units = sql`
    SELECT counted, unit, account, deal_id${dimensionColumns(sources, { ...question, by: question.by.filter(name => name !== 'month'), filters: withoutMonth(filters) }, sql`(before - toIntervalMicrosecond(1))`)}, month, before, ${stageName(stageMap, sql`last.1`)} AS stage, last.1 AS place, last.2 AS entered, last.3 AS event_id
    FROM (
      SELECT *, before, toString(at_month) AS month, arrayFilter(m -> m.2 < before, moves)[-1] AS last
      FROM (${stagePaths(sources, question)})
      ARRAY JOIN [${instants}] AS before, ${months} AS at_month
      WHERE ended_at >= before
    )
    WHERE last.1 > 0`
  if (counted === 'journeys') return sql`SELECT *, toInt128(0) AS money, '' AS why FROM (${units}) WHERE ${whereAll(filters)}`
  const valued = sql`
    SELECT s.*, a.amounts AS amounts, arrayFilter(x -> x.1 < s.before, amounts)[-1] AS said, said.4 AS amount, said.5 AS currency,
      toInt32(toDate32(toTimeZone(s.before - toIntervalMicrosecond(1), ${bind.string(zone)}))) AS rate_day
    FROM (${units}) AS s
    LEFT JOIN (
      SELECT subject, arraySort(x -> (x.1, x.2, x.3), groupArray((occurred_at, recorded_at, event_id, amount, toString(currency)))) AS amounts
      -- that it is no longer known is said of an amount too
      FROM ${sources.dealFacts} WHERE isNotNull(amount) OR type = 'deal-amount-changed'
      GROUP BY subject
    ) AS a ON a.subject = s.unit`
  return sql`
    SELECT *, ifNull(worth, toInt128(0)) AS money, multiIf(isNull(amount), 'amount_missing', isNull(worth), 'rate_missing', '') AS why
    FROM (${withMoney(sources, valued, currency)})
    WHERE ${whereAll(filters)}`
}

/** A volume's month is the one at whose end it is taken. */
const withoutMonth = ({ month: _month, ...filters }: FunnelFilters): FunnelFilters => filters

/** M4 in-stage volume and, for deals, M5 in-stage value: like `stageEntries`. `valued` deals make up `money`; the others are counted apart. */
export const stageVolumes = (sources: FigureSources, question: FunnelStagesQuestion): Sql => {
  const dims = question.by.map(identifier)
  const keys = joinSql([sql`place`, sql`stage`, ...dims], ', ')
  // volumes at the ends of several months do not add up: by month there is no total
  const totals = dims.length > 0 && !question.by.includes('month')
  return sql`
    SELECT ${keys}, toUInt8(${totals && dims[0] !== undefined ? sql`grouping(${dims[0]})` : sql`0`}) AS is_total,
      count() AS units, countIf(why = '') AS valued, sum(v.money) AS money, countIf(why = 'amount_missing') AS amount_missing, countIf(why = 'rate_missing') AS rate_missing
    FROM (${standing(sources, { ...question, lean: true })}) AS v
    GROUP BY GROUPING SETS ((${keys})${totals ? sql`, (place, stage)` : sql``})
    ORDER BY is_total, ${keys}`
}

/** The units behind M4 (`units`) or M5 (`money`). */
export const stageVolumesProof = (sources: FigureSources, question: FunnelStagesQuestion, measure: 'units' | 'money'): Sql => sql`
  SELECT ${entityOf(question.counted)} AS entity, unit AS id, account, deal_id, [event_id] AS event_ids, why AS note, toString(entered) AS at,
    toString(${measure === 'money' ? sql`v.money` : sql`1`}) AS contribution, '0' AS base
  FROM (${standing(sources, question)}) AS v
  ORDER BY unit, before`

/** (reason, units): deals or journeys that are left out by rule, and entries to stages that the map does not know. */
export const stagesExcluded = (
  { dealJourney, personJourney }: FigureSources,
  { stageMap, counted, from, to }: FunnelStagesQuestion,
): Sql =>
  counted === 'deals'
    ? sql`
      SELECT toString(excluded_because) AS reason, count() AS units
      FROM ${dealJourney}
      WHERE counted = 0 AND ${within(sql`created_at`, from, to)}
      GROUP BY reason ORDER BY reason`
    : sql`
      SELECT reason, units FROM (
      SELECT 'unmapped_stage' AS reason, count() AS units
      FROM (
        SELECT entry.1 AS stage, entry.2 AS entered
        FROM (SELECT j FROM ${personJourney} ARRAY JOIN arrayZip(stages, entered_at) AS j WHERE excluded_because = '')
        ARRAY JOIN arrayZip(j.1, j.2) AS entry
      )
      WHERE stage NOT IN (${bind.strings(stageMap.stages.map(stage => stage.name))}) AND ${within(sql`entered`, from, to)}
      HAVING units > 0
      UNION ALL
      SELECT toString(excluded_because) AS reason, count() AS units
      FROM (SELECT excluded_because, opened FROM ${personJourney} ARRAY JOIN opened_at AS opened WHERE excluded_because != '')
      WHERE ${within(sql`opened`, from, to)}
      GROUP BY reason
      ) ORDER BY reason`
