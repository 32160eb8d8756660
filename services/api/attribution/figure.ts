import { z } from 'zod'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import {
  ATTRIBUTION_DIMENSIONS,
  attributionExcluded,
  attributionFigure,
  attributionProof,
  type AttributionMeasure,
  type AttributionQuestion,
  BASES,
  CONVERSIONS,
  METRIC_OF,
  MILLION,
} from '../../domain/figures/attribution.ts'
import { ratio } from '../../domain/figures/rates.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'

const filterShape = Object.fromEntries(ATTRIBUTION_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))

/** As it stands in explain tokens. */
const Question = z.strictObject({
  basis: z.enum(BASES),
  conversion: z.enum(CONVERSIONS),
  model: z.string(),
  by: z.array(z.enum(ATTRIBUTION_DIMENSIONS)),
  filters: z.strictObject(filterShape),
  dealTypes: z.array(z.string()),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
  zone: z.string(),
})

const Row = z.looseObject({
  is_total: z.coerce.number(),
  credit: z.coerce.bigint(),
  money: z.coerce.bigint(),
  deals: z.coerce.number(),
  unattributed_credit: z.coerce.bigint(),
  unattributed_money: z.coerce.bigint(),
  reasons: z.array(z.string()),
})
type Row = z.output<typeof Row>

const NOTHING: Row = { is_total: 1, credit: 0n, money: 0n, deals: 0, unattributed_credit: 0n, unattributed_money: 0n, reasons: [] }

export const responsesName = ({ responses }: Definitions): string => `${responses.id}@${responses.version}`

export type AttributionFigures = { readonly rows: FigureRow[]; readonly total: FigureRow[]; readonly excluded: Record<string, number> }

/** M54, M55 or M56 by the question's dimensions, M59 in the total. */
export const attributionAnswer = async (
  store: Store,
  context: AnswerContext,
  question: AttributionQuestion,
  explain: Explain,
): Promise<AttributionFigures> => {
  const [found, excluded] = await Promise.all([
    store.read(attributionFigure(context.sources, question)),
    store.read(attributionExcluded(context.sources, question)),
  ])
  assertNotTooMany(found.length)
  const all = found.map(row => Row.parse(row))
  const metric = METRIC_OF[question.basis]
  const unit = question.basis === 'conversions' ? 'count' : `${question.currency} minor`
  const valueOf = ({ credit, money }: Row): number => (question.basis === 'conversions' ? exact(credit) / MILLION : exact(money))

  const rows = all
    .filter(row => row.is_total === 0)
    .map((row): FigureRow => {
      const dims = Object.fromEntries(question.by.map(name => [name, String(row[name])]))
      const narrowed = {
        ...question,
        by: [],
        filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
      }
      return {
        ...dims,
        metric,
        value: valueOf(row),
        unit,
        flags: flagsOf(row.deals, [...context.flags, ...row.reasons]),
        explain: explain('attribution', metric, narrowed),
      }
    })
  const sum = all.find(row => row.is_total === 1) ?? NOTHING
  const [part, whole] =
    question.basis === 'conversions'
      ? [exact(sum.unattributed_credit) / MILLION, exact(sum.credit) / MILLION]
      : [exact(sum.unattributed_money), exact(sum.money)]
  const narrowed = { ...question, by: [] }
  const total: FigureRow[] = [
    { metric, value: valueOf(sum), unit, flags: flagsOf(sum.deals, context.flags), explain: explain('attribution', metric, narrowed) },
    {
      metric: 'M59',
      value: ratio(part, whole),
      unit: 'ratio',
      numerator: part,
      denominator: whole,
      flags: flagsOf(sum.deals, [...context.flags, ...sum.reasons]),
      explain: explain('attribution', 'M59', narrowed),
    },
  ]
  return { rows: question.by.length === 0 ? total.slice(0, 1) : rows, total, excluded: excludedOf(excluded, 'deals') }
}

const measureOf = (metric: string, basis: AttributionQuestion['basis']): AttributionMeasure => {
  if (metric === 'M59') return basis === 'conversions' ? 'unattributed_credit' : 'unattributed_money'
  return basis === 'conversions' ? 'credit' : 'money'
}

export const attributionExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => [responsesName(definitions), Question.parse(question).model],
  explain: async (store, context, metric, asked) => {
    const question = attributionQuestionFrom(asked)
    const figures = await attributionAnswer(store, context, question, () => '')
    const row = figures.total.find(total => total.metric === metric)
    if (row === undefined) return null
    return {
      row,
      model: question.model,
      proof: attributionProof(context.sources, question, measureOf(metric, question.basis)),
      divisor: question.basis === 'conversions' ? MILLION : 1,
    }
  },
}

/** A question as a token carries it. */
export const attributionQuestionFrom = (asked: unknown): AttributionQuestion => {
  const { filters, ...rest } = Question.parse(asked)
  return { ...rest, filters: definedOnly(filters) }
}

const definedOnly = <T extends string>(filters: Partial<Record<T, readonly string[] | undefined>>): Partial<Record<T, readonly string[]>> =>
  Object.fromEntries(Object.entries(filters).filter(([, values]) => values !== undefined)) as Partial<Record<T, readonly string[]>>

/** The model as `id` or `id@version`; null when there is none of that name. */
export const findModel = ({ models }: Definitions, name: string): string | null => {
  const found = models
    .filter(model => model.id === name || modelName(model) === name)
    .toSorted((a, b) => a.version - b.version)
    .at(-1)
  return found === undefined ? null : modelName(found)
}
