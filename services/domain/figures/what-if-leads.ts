import type { Definitions } from '../definitions/definitions.ts'
import { MQL } from '../definitions/qualification.ts'
import { foreverValid } from '../projections/in-force.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { dimensionColumns, dimensionsOf, FUNNEL_DIMENSIONS, withSayings } from './funnel-dimensions.ts'
import { whereAll, within } from './funnel-stages.ts'
import { bucketOf, codeAt, fitOf, instantOf, satisfiedAt } from './judging/codes.ts'
import { judgedJourneys } from './judging/judged-journeys.ts'
import { type Ruling, ruledStages } from './judging/rulings.ts'
import type { LeadDimension, LeadQuestion } from './lead-question.ts'
import type { FigureSources } from './sources.ts'

export type LeadWhatIf = Pick<LeadQuestion, 'from' | 'to' | 'zone' | 'observedTo' | 'horizonDays'> & {
  /** What is in force, and what is proposed in its place over the whole past. */
  readonly before: readonly Ruling[]
  readonly after: readonly Ruling[]
  readonly by: readonly LeadDimension[]
  readonly filters: Readonly<Partial<Record<LeadDimension, readonly string[]>>>
  /** Persons in each list, the earliest first. */
  readonly limit: number
}

type WhatIfInputs = { readonly sources: FigureSources; readonly definitions: Definitions; readonly question: LeadWhatIf }

const DAY_MS = 86_400_000

/**
 * (…by, mqls, sqos, accepted, wons, [under what is in force, under the proposal]; entering, leaving, moved): computed MQLs (M23b) and what was observed of them later, within
 * the horizon. Who enters is an MQL under the proposal alone, who leaves under what is in force alone: [(ms, unit, person, why, bucket before, bucket after, stages)]. A journey
 * is in one row of each side, so rows add up to the whole.
 */
export const leadWhatIf = (inputs: WhatIfInputs): Sql => {
  const { by, limit } = inputs.question
  const list = joinSql(by.map(identifier), ', ')
  const both = (condition: Sql, name: string): Sql =>
    sql`[countIf(side = 0 AND ${condition}), countIf(side = 1 AND ${condition})] AS ${identifier(name)}`
  const people = (side: number, name: string): Sql =>
    sql`arraySlice(arraySort(groupArrayIf((ms, unit, person, why, bucket_before, bucket_after, reached), side = ${bind.int(side)} AND alone = 1)), 1, ${bind.uint(limit)}) AS ${identifier(name)},
      countIf(side = ${bind.int(side)} AND alone = 1) AS ${identifier(`${name}_count`)}`
  return sql`
    SELECT ${by.length === 0 ? sql`` : sql`${list}, `}${both(sql`1`, 'mqls')}, ${both(sql`is_sqo`, 'sqos')}, ${both(sql`is_accepted`, 'accepted')}, ${both(sql`is_won`, 'wons')},
      ${people(1, 'entering')}, ${people(0, 'leaving')}, countIf(side = 1 AND alone = 0 AND shifted = 1) AS moved
    FROM (${judgedTwice(inputs)})
    ${by.length === 0 ? sql`` : sql`GROUP BY ${list} ORDER BY ${list}`}`
}

/** One row per journey and side under which it is a computed MQL. */
const judgedTwice = ({ sources, definitions, question }: WhatIfInputs): Sql => {
  const { before, after, by, filters, from, to, zone, observedTo, horizonDays } = question
  const map = definitions.stageMap.stages
  const stageMs = (name: string): Sql => sql`entered_ms[indexOf(stages, ${bind.string(name)})]`
  const sqo = map.find(stage => stage.deal_stages.length > 0)?.name ?? 'sqo'
  const accepted = map.find(stage => stage.on === 'accepted')?.name ?? 'sal'
  const later = (name: string): Sql =>
    sql`(${stageMs(name)} >= item.2 AND ${stageMs(name)} - item.2 <= ${bind.int(horizonDays * DAY_MS)} AND ${stageMs(name)} <= ${bind.int(observedTo)})`
  const won = map.find(stage => stage.on === 'won')?.name ?? 'won'
  const sliced = {
    by: FUNNEL_DIMENSIONS.filter(name => by.includes(name)),
    filters: Object.fromEntries(Object.entries(filters).filter(([name]) => name !== 'bucket')),
    counted: 'journeys' as const,
    zone,
  }
  const sayings = dimensionsOf(sliced).length > 0
  const side = (rulings: readonly Ruling[], place: number): Sql => satisfiedAt(ruledStages(rulings).indexOf(MQL), observedTo, place)
  const paths = sql`
    SELECT person, account, deal_id, owner, stages, entered_ms, opened_ms, mark_at, mark_code, was_ms, becomes_ms, if(channel = '', '(none)', channel) AS way_channel, if(campaign = '', '(none)', campaign) AS way_campaign,
      concat(person, '#', toString(n)) AS unit, ${instantOf(sql`opened_ms`)} AS opened_at, least(${instantOf(sql`ended_ms`)}, ${foreverValid}) AS ended_at
    FROM (
      SELECT *, ${side(before, 0)} AS was_ms, ${side(after, 1)} AS becomes_ms
      FROM (${judgedJourneys({ sources, definitions, sides: [before, after], during: 'journeys' })})
    )
    WHERE was_ms > 0 OR becomes_ms > 0`
  // each step is a SELECT of its own: what stands in two places is analysed twice
  return sql`
    SELECT * FROM (
      SELECT *, if(side = 0, bucket_before, bucket_after) AS bucket,
        multiIf(fit_before = 2 AND fit_after != 2, 'fit lost', fit_before != 2 AND fit_after = 2, 'fit gained', bucket_before != bucket_after, 'readiness', 'entry rule') AS why
      FROM (
        SELECT * EXCEPT (code_before, code_after), ${bucketOf(sql`code_before`)} AS bucket_before, ${bucketOf(sql`code_after`)} AS bucket_after, ${fitOf(sql`code_before`)} AS fit_before, ${fitOf(sql`code_after`)} AS fit_after
        FROM (
          SELECT unit, person, item.1 AS side, item.2 AS ms, toUInt8(was_ms = 0 OR becomes_ms = 0) AS alone, toUInt8(was_ms != becomes_ms) AS shifted, ${codeAt(sql`item.2`, 0)} AS code_before, ${codeAt(sql`item.2`, 1)} AS code_after,
            stages AS reached, ${later(sqo)} AS is_sqo, ${later(accepted)} AS is_accepted, ${later(won)} AS is_won${sayings ? dimensionColumns(sources, sliced, instantOf(sql`item.2`)) : sql``}
          FROM (${withSayings(sources, sliced, paths)})
          ARRAY JOIN arrayFilter(i -> i.2 > 0, [(0, was_ms), (1, becomes_ms)]) AS item
          WHERE ${within(instantOf(sql`item.2`), from, to)}
        )
      )
    )
    WHERE ${whereAll(filters)}`
}
