import { z } from 'zod'
import type { AttributionQuestion, Basis } from '../../domain/figures/attribution.ts'
import { SPEND_SCOPES, type SpendQuestion } from '../../domain/figures/spend.ts'
import { CreditQuestion } from '../attribution/figure.ts'
import { withoutUndefined } from '../funnel/stages.ts'

/** Dimensions that both credit and costs have. */
export const ROI_DIMENSIONS = ['channel', 'campaign', 'source', 'team', 'month', 'day'] as const
export type RoiDimension = (typeof ROI_DIMENSIONS)[number]

export type RoiQuestion = Omit<AttributionQuestion, 'by' | 'filters'> & {
  readonly by: readonly RoiDimension[]
  readonly filters: Readonly<Partial<Record<RoiDimension, readonly string[]>>>
  readonly scope: SpendQuestion['scope']
  /** Revenue as it is, or the gross margin of it. */
  readonly margin: Margin
  /** Of `gross`: in millionths; null where finance has not said it. */
  readonly marginPpm: number | null
}

export const MARGINS = ['none', 'gross'] as const
type Margin = (typeof MARGINS)[number]

/** As it stands in explain tokens. */
const Question = CreditQuestion.extend({
  by: z.array(z.enum(ROI_DIMENSIONS)),
  filters: z.strictObject(Object.fromEntries(ROI_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))),
  scope: z.enum(SPEND_SCOPES),
  margin: z.enum(MARGINS),
  marginPpm: z.number().nullable(),
})

export const roiQuestionFrom = (asked: unknown): RoiQuestion => {
  const { filters, order, ...rest } = Question.parse(asked)
  return { ...rest, ...(order === undefined ? {} : { order }), filters: withoutUndefined(filters) }
}

/** The credit's half of a question. */
export const creditQuestion = ({ scope: _scope, margin: _margin, marginPpm: _ppm, ...question }: RoiQuestion): AttributionQuestion =>
  question

/** The costs' half of it. */
export const spendQuestion = ({ by, filters, scope, from, to, currency }: RoiQuestion): SpendQuestion => ({
  by,
  filters,
  scope,
  from,
  to,
  currency,
})

/** New business, as a source calls it or says nothing of it (metrics, Deal types: M70). */
export const NEW_BUSINESS: readonly string[] = ['new-business', '(none)']

/** Cost per conversion is of new business, return of everything but renewals, unless deal types are asked for. */
export const dealTypesOf = (basis: Basis, asked: readonly string[] | undefined): readonly string[] =>
  asked ?? (basis === 'conversions' ? NEW_BUSINESS : [])
