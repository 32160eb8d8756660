import { z } from 'zod'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { filtersOf } from '../parameters.ts'
import { DEAL_DIMENSIONS } from '../../domain/figures/deal-dimensions.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { firstEntriesByDay, type FunnelStagesQuestion, stageEntriesProof } from '../../domain/figures/funnel-stages.ts'
import { isDealStage } from '../../domain/figures/stage-paths.ts'
import { type DealActuals, dealsByDay, dealsProof } from '../../domain/figures/target-actuals.ts'
import { startOfDay } from '../../domain/periods.ts'
import type { Sql } from '../../domain/sql.ts'
import type { AnswerContext } from '../as-of.ts'
import { TARGET_DIMENSIONS } from './target-list.ts'

/** What a target is about, as it stands in explain tokens. Dates, `to` exclusive; null: ever. */
export const ActualQuestion = z.strictObject({
  goal: z.string(),
  dims: z.strictObject(Object.fromEntries(TARGET_DIMENSIONS.map(name => [name, z.string().optional()]))),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
})
export type ActualQuestion = z.infer<typeof ActualQuestion>

type TargetDimension = (typeof TARGET_DIMENSIONS)[number]

export type Actual =
  | {
      readonly ok: true
      readonly unit: 'money' | 'count'
      /** Dimensions of the question by which it is read; the others say who answers for the target. */
      readonly by: readonly TargetDimension[]
      /** (day, …dims, amount) by some dimensions, of all their values; only what is within the question's dates. */
      readonly byDay: (dims: readonly TargetDimension[]) => Sql
      readonly proof: Sql
    }
  /** Why nothing can be said: the goal, or the dimension that it cannot be read by. */
  | { readonly ok: false; readonly flag: string }

const OF_DEALS: Readonly<Record<string, Pick<DealActuals, 'basis' | 'conversion' | 'sums'>>> = {
  revenue: { basis: 'revenue', conversion: 'won', sums: 'money' },
  pipeline: { basis: 'pipeline', conversion: 'sqo', sums: 'money' },
  sqo: { basis: 'conversions', conversion: 'sqo', sums: 'deals' },
  deals: { basis: 'conversions', conversion: 'deal', sums: 'deals' },
  won: { basis: 'conversions', conversion: 'won', sums: 'deals' },
}

/** How what has come towards a goal is read: deals by the day that dates them, journeys by their first entry to a stage of persons. */
export const actualOf = ({ sources, definitions, settings }: AnswerContext, { goal, dims, from, to, currency }: ActualQuestion): Actual => {
  const { zone } = settings
  const named = TARGET_DIMENSIONS.filter(name => dims[name] !== undefined)
  const ofDeals = OF_DEALS[goal]
  if (ofDeals !== undefined) {
    const unread = named.find(name => name !== 'segment' && !DEAL_DIMENSIONS.some(dim => dim === name))
    if (unread !== undefined) return { ok: false, flag: `not_measured_by_${unread}` }
    const [model] = definitions.models
    const question: DealActuals = {
      ...ofDeals,
      model: model === undefined ? '' : modelName(model),
      by: [],
      filters: filtersOf(dims, DEAL_DIMENSIONS),
      segment: dims['segment'] ?? null,
      dealTypes: [],
      from,
      to,
      currency,
      zone,
    }
    return {
      ok: true,
      unit: ofDeals.sums === 'money' ? 'money' : 'count',
      by: named,
      byDay: asked =>
        dealsByDay(sources, {
          ...question,
          by: DEAL_DIMENSIONS.filter(name => asked.some(dim => dim === name)),
          filters: {},
          segment: null,
          bySegment: asked.includes('segment'),
        }),
      proof: dealsProof(sources, question),
    }
  }
  const { stageMap } = definitions
  const stage = stageMap.stages.find(({ name }) => name === goal)
  if (stage === undefined || isDealStage(stageMap, goal)) return { ok: false, flag: 'not_measured' }
  // leads have no team of their own: that of the target says who answers for it
  const read = named.filter(name => name !== 'team')
  const unread = read.find(name => !FUNNEL_DIMENSIONS.some(dim => dim === name) || name === 'pipeline' || name === 'product')
  if (unread !== undefined) return { ok: false, flag: `not_measured_by_${unread}` }
  const question: FunnelStagesQuestion = {
    stageMap,
    counted: 'journeys',
    by: [],
    filters: { ...filtersOf(Object.fromEntries(read.map(name => [name, dims[name]])), FUNNEL_DIMENSIONS), stage: [goal] },
    from: from === null ? null : startOfDay(from, zone),
    to: to === null ? null : startOfDay(to, zone),
    zone,
    currency,
    volumesAt: [],
  }
  return {
    ok: true,
    unit: 'count',
    by: read,
    byDay: asked =>
      firstEntriesByDay(sources, {
        ...question,
        by: FUNNEL_DIMENSIONS.filter(name => asked.some(dim => dim === name)),
        filters: { stage: [goal] },
      }),
    proof: stageEntriesProof(sources, question, 'first'),
  }
}
