import { z } from 'zod'
import { inForceOf } from '../../domain/definitions/history.ts'
import { type QuarterPlan, quarterPlanId, quarterPlanKind } from '../../domain/definitions/quarter-plan.ts'
import { rankOf } from '../../domain/figures/stage-paths.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import { stageMapName } from '../funnel/stages.ts'
import { notFound } from '../problems.ts'
import { CALLS_DEFINITION, callsAnswer } from './call-list.ts'
import { CAPACITY_DEFINITION, capacityAnswer } from './capacity.ts'
import { type Derived, openedIn, type Term } from './derived.ts'
import { type MqlAsked, mqlAnswer } from './mql.ts'
import { type ReverseFunnelAsked, reverseFunnelAnswer } from './reverse-funnel.ts'
import { readTargets, type Target } from './target-list.ts'
import { varianceAnswer } from './variance.ts'

const Pairs = z.array(z.tuple([z.string(), z.number()]))
const row = z.record(z.string(), z.unknown())

/** As it stands in explain tokens: what was asked, but for the stage map, and which row of the answer it is. */
const Question = z.discriminatedUnion('answer', [
  z.strictObject({
    answer: z.literal('mql'),
    stage: z.string(),
    months: z.number(),
    historyMonths: z.number(),
    baseMonths: z.number(),
    maxLag: z.number(),
    yields: Pairs,
    row,
  }),
  z.strictObject({ answer: z.literal('calls'), from: z.string().nullable(), to: z.string().nullable(), currency: z.string(), row }),
  z.strictObject({
    answer: z.literal('capacity'),
    leads: z.number(),
    touchesPerLead: z.number(),
    minutesPerTouch: z.number(),
    weeks: z.number(),
    row,
  }),
  z.strictObject({ answer: z.literal('variance'), period: z.string(), from: z.string(), to: z.string(), row }),
  z.strictObject({
    answer: z.literal('reverse-funnel'),
    period: z.string(),
    from: z.string(),
    to: z.string(),
    target: z.number().nullable(),
    renewals: z.number(),
    open: z.number().nullable(),
    meanValue: z.number().nullable(),
    rates: Pairs,
    fedShare: z.number(),
    historyDays: z.number(),
    horizonDays: z.number(),
    currency: z.string(),
    row,
  }),
])

export const mqlQuestion = ({ stageMap: _map, yields, ...asked }: MqlAsked) => ({ answer: 'mql' as const, ...asked, yields: [...yields] })

export const reverseFunnelQuestion = ({ stageMap: _map, rates, ...asked }: ReverseFunnelAsked) => ({
  answer: 'reverse-funnel' as const,
  ...asked,
  rates: [...rates],
})

/** The quarter-plan in force that says how many entries of each stage it is made of; 404 without one. */
export const plannedFunnel = (
  { definitions, observedTo }: AnswerContext,
  period: string,
): { readonly name: string; readonly document: QuarterPlan } => {
  const { stageMap, history } = definitions
  const plan = inForceOf(history, quarterPlanKind, quarterPlanId(period), observedTo)
  if (plan === null) throw notFound(`no quarter-plan of ${period} is in force`)
  if (plan.document.funnel.length < 2) throw notFound(`${plan.name} does not say how many entries of each stage it is made of`)
  const unknown = plan.document.funnel.find(({ stage }) => rankOf(stageMap, stage) === 0)
  if (unknown !== undefined) throw notFound(`${plan.name} plans ${unknown.stage}, which is no stage of ${stageMapName(stageMap)}`)
  return plan
}

/** The targets that together are the revenue target of a period. */
export const revenueTargets = (
  targets: readonly Target[],
  { from, to }: { readonly from: string; readonly to: string },
): readonly Target[] => targets.filter(each => each.metric === 'revenue' && each.from === from && each.to === to && each.unit === 'money')

/** What a target is made of: what was said, or what somebody wants to see. */
export const revenueTerms = (named: readonly Target[], asked: number | null): readonly Term[] =>
  asked === null
    ? named.map(({ id, eventId, value }) => ({ id, value, entity: 'target' as const, event_ids: [eventId] }))
    : [{ id: 'target', value: asked, note: 'as it was asked' }]

const unused: Explain = () => ''

const answerAgain = async (store: Store, context: AnswerContext, question: z.output<typeof Question>): Promise<Derived> => {
  const { stageMap } = context.definitions
  if (question.answer === 'mql') {
    const { answer: _answer, row: _row, yields, ...asked } = question
    return mqlAnswer(store, context, { ...asked, stageMap, yields: new Map(yields) }, unused)
  }
  if (question.answer === 'calls') return callsAnswer(store, context, question)
  if (question.answer === 'capacity') return capacityAnswer(store, context, question)
  if (question.answer === 'variance') {
    const { document: plan } = plannedFunnel(context, question.period)
    return varianceAnswer(store, context, { stageMap, plan, from: question.from, to: question.to }, { entries: unused, won: unused })
  }
  const { answer: _answer, row: _row, rates, ...asked } = question
  const { targets } = await readTargets(store, context)
  const terms = revenueTerms(revenueTargets(targets, asked), asked.target)
  return reverseFunnelAnswer(store, context, { ...asked, stageMap, rates: new Map(rates) }, terms, unused)
}

/** What does not rest on the stage map. */
const RESTS_ON: Readonly<Partial<Record<z.output<typeof Question>['answer'], string>>> = {
  calls: CALLS_DEFINITION,
  capacity: CAPACITY_DEFINITION,
}

/** Numbers of plans that arithmetic makes of others: M80, M96, M97 and M104. */
export const derivedExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, asked) => [RESTS_ON[Question.parse(asked).answer] ?? stageMapName(definitions.stageMap)],
  explain: async (store, context, metric, asked) => {
    const question = Question.parse(asked)
    return openedIn(await answerAgain(store, context, question), metric, question.row)
  },
}
