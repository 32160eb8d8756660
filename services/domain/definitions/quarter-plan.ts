import { z } from 'zod'
import { currencyExponent } from '../money.ts'
import { documentsById, documentVersion } from './document-kind.ts'

const PERIOD = /^\d{4}-Q[1-4]$/
const money = z.int().min(0)
const count = z.int().min(0)

/** The id of the plan of a fiscal quarter: `quarter-plan-2026-q3`. */
export const quarterPlanId = (period: string): string => `quarter-plan-${period.toLowerCase()}`

/**
 * What the two functions owe in a fiscal quarter, signed by both: the revenue goal, and what each brings towards it. Money in minor units of `currency`. `funnel` says how
 * many entries of each stage the plan is made of, from the first to the last; the yields that it assumes are their ratios (metrics M104).
 */
export const QuarterPlan = z
  .strictObject({
    id: z.string(),
    version: documentVersion,
    period: z.string().regex(PERIOD, { message: 'expected a fiscal quarter such as 2026-Q3' }),
    currency: z.string().refine(code => currencyExponent(code) !== null, { message: 'expected an ISO 4217 code' }),
    revenue_goal_minor: money,
    marketing: z.strictObject({ mqls: count, pipeline_minor: money, spend_minor: money }),
    sales: z.strictObject({ bookings_minor: money, spend_minor: money, pipeline_minor: money.default(0) }),
    funnel: z
      .array(z.strictObject({ stage: z.string().min(1).max(64), entries: count }))
      .max(30)
      .default([]),
    mean_won_minor: money.nullable().default(null),
    assumptions: z.array(z.string().trim().min(1).max(500)).max(50).default([]),
  })
  .superRefine(({ id, period, funnel }, context) => {
    if (PERIOD.test(period) && id !== quarterPlanId(period))
      context.addIssue({ code: 'custom', path: ['id'], message: `expected ${quarterPlanId(period)}, the plan of ${period}` })
    const stages = funnel.map(({ stage }) => stage)
    const twice = stages.findIndex((stage, index) => stages.indexOf(stage) !== index)
    if (twice >= 0) context.addIssue({ code: 'custom', path: ['funnel', twice], message: `${stages[twice] ?? ''} is planned twice` })
  })
export type QuarterPlan = z.infer<typeof QuarterPlan>

/** One for each quarter; none is shipped: nobody else can say what a company aims at. */
export const quarterPlanKind = documentsById({ kind: 'quarter-plan', title: 'Quarter plan', schema: QuarterPlan, shipped: [] })
