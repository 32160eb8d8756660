import { z } from 'zod'
import type { QuarterPlan } from '../../domain/definitions/quarter-plan.ts'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import { stageEntries } from '../../domain/figures/funnel-stages.ts'
import { wonFigure, type WonQuestion } from '../../domain/figures/plan-funnel.ts'
import { isDealStage } from '../../domain/figures/stage-paths.ts'
import { startOfDay } from '../../domain/periods.ts'
import { type PlanPath, planVariance } from '../../domain/plan/variance.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, moneyEach } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { WON_PART } from './reverse-funnel.ts'

const Entries = z.looseObject({ is_total: z.coerce.number(), stage: z.string(), first_entries: z.coerce.number() })
const Won = z.object({ deals: z.coerce.number(), money: z.coerce.bigint(), missing: z.coerce.number() })

export type VarianceAsked = {
  readonly stageMap: StageMap
  readonly plan: QuarterPlan
  readonly from: string
  readonly to: string
}

const pathOf = (stages: readonly string[], entries: readonly number[], meanWonValue: number): PlanPath => ({
  entries: entries[0] ?? 0,
  yields: stages
    .slice(1)
    .map((to, i) => ({ from: stages[i] ?? '', to, rate: (entries[i] ?? 0) === 0 ? 0 : (entries[i + 1] ?? 0) / (entries[i] ?? 1) })),
  meanWonValue,
})

/**
 * M104: what came against the quarter-plan, part by part: entries to the first stage that the plan names, the yield of each step, and the value of a won deal. Entries are first
 * entries in the quarter (M1), of deals from the first stage of deals on; new business, as the plan counts it. The parts add up to what was won less what was planned.
 */
export const varianceAnswer = async (
  store: Store,
  context: AnswerContext,
  { stageMap, plan, from, to }: VarianceAsked,
  explain: { readonly entries: Explain; readonly won: Explain },
): Promise<Figures> => {
  const { sources, settings, flags } = context
  const { zone } = settings
  const { currency } = plan
  const question = {
    stageMap,
    by: [],
    from: startOfDay(from, zone),
    to: startOfDay(to, zone),
    zone,
    currency,
    volumesAt: [],
  } as const
  const last = plan.funnel.at(-1)
  const wonQuestion: WonQuestion = { from, to, types: 'new', currency, zone }
  const [journeys, deals, won] = await Promise.all([
    store.read(stageEntries(sources, { ...question, counted: 'journeys', filters: {} })),
    store.read(stageEntries(sources, { ...question, counted: 'deals', filters: { deal_type: ['new-business', '(none)'] } })),
    store.read(wonFigure(sources, wonQuestion)).then(rows => Won.parse(rows[0])),
  ])
  const count = (stage: string): number => {
    if (stage === last?.stage && stageMap.stages.find(({ name }) => name === stage)?.on === 'won') return won.deals
    const rows = isDealStage(stageMap, stage) ? deals : journeys
    return rows.map(row => Entries.parse(row)).find(row => row.is_total === 0 && row.stage === stage)?.first_entries ?? 0
  }
  const stages = plan.funnel.map(({ stage }) => stage)
  const [planned, came] = [plan.funnel.map(({ entries }) => entries), stages.map(count)]
  const plannedMean = plan.mean_won_minor ?? (last === undefined ? null : moneyEach(plan.revenue_goal_minor, last.entries)) ?? 0
  const actualMean = won.deals === 0 ? 0 : exact(won.money) / won.deals
  const parts = planVariance(pathOf(stages, planned, plannedMean), pathOf(stages, came, actualMean))
  const row = (part: string, value: number, unit: string, more: Partial<FigureRow> = {}): FigureRow => ({
    part,
    metric: 'M104',
    value,
    unit,
    flags: [...flags],
    ...more,
  })
  const money = `${currency} minor`
  const { stageMap: _map, ...told } = question
  return {
    rows: [
      ...parts.map(({ part, money: value }) => row(part, value, money)),
      ...stages.flatMap((stage, i) => [
        row('planned_entries', planned[i] ?? 0, 'count', { stage }),
        row('entries', came[i] ?? 0, 'count', {
          stage,
          ...(isDealStage(stageMap, stage)
            ? {}
            : { explain: explain.entries('funnel-stages', 'M1', { ...told, counted: 'journeys', filters: { stage: [stage] } }) }),
        }),
      ]),
      row('planned_mean_won_value', plannedMean, money),
      row('mean_won_value', Math.round(actualMean), money, {
        numerator: exact(won.money),
        denominator: won.deals,
        explain: explain.won('plan', 'M96', { part: WON_PART, won: wonQuestion }),
      }),
    ],
    total: [
      row('planned', (planned.at(-1) ?? 0) * plannedMean, money),
      row('came', (came.at(-1) ?? 0) * actualMean, money),
      row(
        'variance',
        parts.reduce((sum, part) => sum + part.money, 0),
        money,
      ),
    ],
    excluded: won.missing > 0 ? { amount_or_rate_missing: won.missing } : {},
  }
}
