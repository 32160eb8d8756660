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
import { apportion } from '../../domain/forecast/apportion.ts'
import { type Derived, type Proof, type Term, wholeTerms } from './derived.ts'
import { WON_DEALS_PART, WON_PART } from './reverse-funnel.ts'

const NEW_BUSINESS = ['new-business', '(none)']

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
): Promise<Derived> => {
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
    store.read(stageEntries(sources, { ...question, counted: 'deals', filters: { deal_type: NEW_BUSINESS } })),
    store.read(wonFigure(sources, wonQuestion)).then(rows => Won.parse(rows[0])),
  ])
  const isWon = (stage: string): boolean => stage === last?.stage && stageMap.stages.find(({ name }) => name === stage)?.on === 'won'
  const count = (stage: string): number => {
    if (isWon(stage)) return won.deals
    const rows = isDealStage(stageMap, stage) ? deals : journeys
    return rows.map(row => Entries.parse(row)).find(row => row.is_total === 0 && row.stage === stage)?.first_entries ?? 0
  }
  const stages = plan.funnel.map(({ stage }) => stage)
  const [planned, came] = [plan.funnel.map(({ entries }) => entries), stages.map(count)]
  const plannedMean = plan.mean_won_minor ?? (last === undefined ? null : moneyEach(plan.revenue_goal_minor, last.entries)) ?? 0
  const actualMean = won.deals === 0 ? 0 : exact(won.money) / won.deals
  const parts = planVariance(pathOf(stages, planned, plannedMean), pathOf(stages, came, actualMean))
  const proofs = new Map<FigureRow, Proof>()
  const row = (part: string, value: number, unit: string, more: Partial<FigureRow> = {}, terms?: readonly Term[]): FigureRow => {
    const made: FigureRow = { part, metric: 'M104', value, unit, flags: [...flags], ...more }
    if (terms !== undefined) proofs.set(made, wholeTerms(terms))
    return made
  }
  const money = `${currency} minor`
  const plannedMoney = Math.round((planned.at(-1) ?? 0) * plannedMean)
  const cameMoney = Math.round((came.at(-1) ?? 0) * actualMean)
  // money is whole, and the parts add up to the whole difference
  const whole = apportion(
    parts.map(part => part.money),
    cameMoney - plannedMoney,
  )
  const saidOf = (place: number, of: readonly number[]): string => `${stages[place] ?? ''} ${of[place] ?? 0}`
  /** What is put in place of what, the rest as it stands then. */
  const noteOf = (place: number): string => {
    if (place === 0) return `${saidOf(0, planned)} planned, ${saidOf(0, came)} came, at the planned yields and value`
    if (place === stages.length) return `${plannedMean} planned, ${Math.round(actualMean)} came, of ${saidOf(place - 1, came)}`
    return `${saidOf(place - 1, planned)} → ${saidOf(place, planned)} planned, ${saidOf(place - 1, came)} → ${saidOf(place, came)} came`
  }
  const { stageMap: _map, ...told } = question
  return {
    rows: [
      ...parts.map(({ part }, i) => row(part, whole[i] ?? 0, money, {}, [{ id: part, value: whole[i] ?? 0, note: noteOf(i) }])),
      ...stages.flatMap((stage, i) => [
        row('planned_entries', planned[i] ?? 0, 'count', { stage }, [
          { id: plan.id, value: planned[i] ?? 0, note: 'as both functions agreed' },
        ]),
        row('entries', came[i] ?? 0, 'count', {
          stage,
          explain: isWon(stage)
            ? explain.won('plan', 'M96', { part: WON_DEALS_PART, won: wonQuestion })
            : explain.entries('funnel-stages', 'M1', {
                ...told,
                counted: isDealStage(stageMap, stage) ? 'deals' : 'journeys',
                filters: isDealStage(stageMap, stage) ? { stage: [stage], deal_type: NEW_BUSINESS } : { stage: [stage] },
              }),
        }),
      ]),
      row('planned_mean_won_value', plannedMean, money, {}, [{ id: plan.id, value: plannedMean, note: 'as both functions agreed' }]),
      row('mean_won_value', Math.round(actualMean), money, {
        numerator: exact(won.money),
        denominator: won.deals,
        explain: explain.won('plan', 'M96', { part: WON_PART, won: wonQuestion }),
      }),
    ],
    total: [
      row('planned', plannedMoney, money, {}, [{ id: plan.id, value: plannedMoney, note: `${planned.at(-1) ?? 0} × ${plannedMean}` }]),
      row('came', cameMoney, money, {}, [{ id: 'won', value: cameMoney, note: `${came.at(-1) ?? 0} × ${Math.round(actualMean)}` }]),
      row(
        'variance',
        cameMoney - plannedMoney,
        money,
        {},
        parts.map(({ part }, i) => ({ id: part, value: whole[i] ?? 0, note: noteOf(i) })),
      ),
    ],
    excluded: won.missing > 0 ? { amount_or_rate_missing: won.missing } : {},
    proofs,
  }
}
