import type { StageMap } from '../definitions/stage-map.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { dimensionColumns, type FunnelDimension, type Sliced } from './funnel-dimensions.ts'
import { entityOf, stageName, whereAll, within } from './funnel-stages.ts'
import type { FigureSources } from './sources.ts'
import { type Counted, rankOf, stagePaths } from './stage-paths.ts'

export const POLICIES = ['implied', 'strict'] as const
export type Policy = (typeof POLICIES)[number] | 'every'

export type Transition = { readonly from: string; readonly to: string; readonly horizonDays: number }

export type ConversionQuestion = {
  readonly stageMap: StageMap
  readonly counted: Counted
  /** All of them counted in the same unit. */
  readonly transitions: readonly Transition[]
  /** `implied`: a unit that entered a later stage has passed the one asked about; `strict`: only entering that stage itself counts; `every`: every stage between, each after the one before (metrics M8). */
  readonly policy: Policy
  readonly by: readonly FunnelDimension[]
  readonly filters: Readonly<Partial<Record<FunnelDimension, readonly string[]>>>
  readonly dims?: Sliced['dims']
  readonly lean?: Sliced['lean']
  /** The cohort: first entries within these instants (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly zone: string
  /** Up to when it is observed (ms): min(as_of, watermark). */
  readonly observedTo: number
}

const MICROS_PER_DAY = 86_400_000_000

/**
 * One row per unit of the cohort and transition (metrics M6): `state` is converted, exited, open (still young enough to convert), expired (had all of
 * its horizon) or out_of_order (was at or beyond the target before; not in the rate). `micros` is the time after entry at which the state was
 * reached, or up to which the unit was observed.
 */
const cohort = (sources: FigureSources, question: ConversionQuestion): Sql => {
  const { stageMap, transitions, policy, filters, from, to } = question
  const pairs = joinSql(
    transitions.map(
      ({ from: a, to: b, horizonDays }) =>
        sql`(toInt64(${bind.int(rankOf(stageMap, a))}), toInt64(${bind.int(rankOf(stageMap, b))}), toInt64(${bind.int(horizonDays * MICROS_PER_DAY)}))`,
    ),
    ', ',
  )
  const observed = bind.businessInstant(question.observedTo)
  return sql`
    SELECT * FROM (
      SELECT counted, unit, account, deal_id, pair.1 AS from_place, pair.2 AS to_place,
        ${stageName(stageMap, sql`pair.1`)} AS stage_from, ${stageName(stageMap, sql`pair.2`)} AS stage_to,
        moves[at_from].2 AS entered, moves[at_from].3 AS entered_by${dimensionColumns(sources, question, sql`moves[at_from].2`)},
        dateDiff('microsecond', entered, moves[at_to].2) AS reached_after, dateDiff('microsecond', entered, ended_at) AS ended_after,
        greatest(dateDiff('microsecond', entered, ${observed}), 0) AS observed_for,
        multiIf(
          before > 0 AND before < at_from, 'out_of_order',
          at_to > 0 AND reached_after <= pair.3 AND reached_after <= observed_for, 'converted',
          ended_after <= pair.3 AND ended_after <= observed_for, 'exited',
          observed_for < pair.3, 'open',
          'expired') AS state,
        multiIf(state = 'converted', reached_after, state = 'exited', greatest(ended_after, 0), least(observed_for, pair.3)) AS micros,
        if(state = 'converted', moves[at_to].3, '') AS reached_by
      FROM (
        SELECT *, pair, arrayFirstIndex(m -> m.1 = pair.1, moves) AS at_from,
          arrayFirstIndex(m -> ${policy === 'strict' ? sql`m.1 = pair.2` : sql`m.1 >= pair.2`}, moves) AS before, ${policy === 'every' ? everyStage : sql`before`} AS at_to
        FROM (${stagePaths(sources, question)})
        ARRAY JOIN [${pairs}] AS pair
        WHERE at_from > 0
      )
      WHERE ${within(sql`entered`, from, to)}
    )
    WHERE ${whereAll(filters)}`
}

/** Where the last stage of all those from pair.1 to pair.2 was entered, each after the one before; 0 when one is missing. */
const everyStage = sql`toUInt32(arrayFold((acc, m, i) -> if(i > at_from AND acc.1 < pair.2 AND m.1 = acc.1 + 1, (acc.1 + 1, if(m.1 = pair.2, i, acc.2)), acc),
            moves, arrayEnumerate(moves), (toInt64(pair.1), toUInt32(0))).2)`

/** M6 as counts: one row per transition and combination of `by`, `is_total` = 1 per transition. `entries` are without `out_of_order`. */
export const conversionCounts = (sources: FigureSources, question: ConversionQuestion): Sql => {
  const dims = question.by.map(identifier)
  const pair = sql`from_place, to_place, stage_from, stage_to`
  const keys = joinSql([pair, ...dims], ', ')
  return sql`
    SELECT ${keys}, toUInt8(${dims[0] === undefined ? sql`0` : sql`grouping(${dims[0]})`}) AS is_total,
      countIf(state != 'out_of_order') AS entries, countIf(state = 'converted') AS converted, countIf(state = 'open') AS still_open,
      countIf(state = 'out_of_order') AS out_of_order
    FROM (${cohort(sources, { ...question, lean: true })})
    GROUP BY GROUPING SETS ((${keys})${dims.length === 0 ? sql`` : sql`, (${pair})`})
    ORDER BY is_total, ${keys}`
}

/** How long it took how many: what the incidence of an immature cohort is estimated from. Ends of observation after events of the same instant. */
export const conversionTimes = (sources: FigureSources, question: ConversionQuestion, atMost: number): Sql => {
  const keys = joinSql([sql`from_place`, sql`to_place`, ...question.by.map(identifier)], ', ')
  return sql`
    SELECT ${keys}, micros, multiIf(state = 'converted', 'converted', state = 'exited', 'exited', 'censored') AS what, count() AS units
    FROM (${cohort(sources, { ...question, lean: true })})
    WHERE state != 'out_of_order'
    GROUP BY ${keys}, micros, what
    ORDER BY ${keys}, micros, what
    LIMIT ${bind.uint(atMost)}`
}

/** The units behind M6, with what became of each (`note`). */
export const conversionProof = (sources: FigureSources, question: ConversionQuestion): Sql => sql`
  SELECT ${entityOf(question.counted)} AS entity, unit AS id, account, deal_id, arrayFilter(id -> id != '', [entered_by, reached_by]) AS event_ids, state AS note,
    toString(entered) AS at, toString(state = 'converted') AS contribution, '1' AS base
  FROM (${cohort(sources, question)})
  WHERE state != 'out_of_order'
  ORDER BY entered, unit`
