import { z } from 'zod'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import { type AttributionQuestion, MILLION } from '../../domain/figures/attribution.ts'
import { divergence, divergenceProof } from '../../domain/figures/compare.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Explain, ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { dataDrivenModel } from './data-driven.ts'
import {
  attributionAnswer,
  type AttributionFigures,
  attributionQuestionFrom,
  type AttributionRows,
  onTerms,
  restsOn,
  underEachModel,
} from './figure.ts'

/** One of the answers that stand side by side. */
export type Variant = {
  /** What tells it from the others: `w-shaped@1`, or a lookback of 90 days. */
  readonly name: string | number
  readonly question: AttributionQuestion
}

export type CompareQuestion = {
  readonly variants: readonly Variant[]
  /** The dimension by which variants are told apart: `model` or `lookback_days`; of a pair the second is `other_…`. */
  readonly told: 'model' | 'lookback_days'
  /** M60 between models, M61 between lookbacks. */
  readonly metric: 'M60' | 'M61'
  /** Tokens of numbers that rest on these models. */
  readonly explainUnder: (models: readonly string[]) => Explain
}

export type Compared = Figures & { readonly pairs: FigureRow[] }

/** Values as exact integers: millionths of a conversion, or minor units. */
const unitsOf = ({ value }: FigureRow, { basis }: AttributionQuestion): bigint =>
  BigInt(Math.round((value ?? 0) * (basis === 'conversions' ? MILLION : 1)))

type Answered = { readonly variant: Variant; readonly figures: AttributionFigures }

/** Kept tables are read at once; what has to be computed from the facts one after the other, so that each has its time limit for itself. */
const inTurn = async (
  { keptSince }: AnswerContext,
  variants: readonly Variant[],
  answerOf: (variant: Variant) => Promise<Answered>,
): Promise<readonly Answered[]> => {
  if (keptSince !== null) return await Promise.all(variants.map(answerOf))
  const answers: Answered[] = []
  for (const variant of variants) answers.push(await answerOf(variant))
  return answers
}

/** Published models differ in the last step alone: their rows are read in one statement. What learns its weights, or looks back another way, asks for itself. */
const readAtOnce = async (
  store: Store,
  context: AnswerContext,
  told: CompareQuestion['told'],
  variants: readonly Variant[],
): Promise<ReadonlyMap<string, AttributionRows>> => {
  const published = variants.filter(({ question }) => dataDrivenModel(question.model) === null)
  const [first] = published
  if (told !== 'model' || first === undefined || published.length < 2) return new Map()
  return await underEachModel(
    store,
    context,
    first.question,
    published.map(({ question }) => question.model),
  )
}

/** The answers of /v1/attribution under each variant, row by row, their totals with M59, and how far each pair is apart. */
export const compareAnswer = async (
  store: Store,
  context: AnswerContext,
  { variants, told, metric, explainUnder }: CompareQuestion,
): Promise<Compared> => {
  const known = await readAtOnce(store, context, told, variants)
  const answerOf = async (variant: Variant): Promise<Answered> => {
    const { question } = variant
    return {
      variant,
      figures: await attributionAnswer(store, context, question, explainUnder([question.model]), known.get(question.model) ?? null),
    }
  }
  const answers = await inTurn(context, variants, answerOf)
  const shares = answers.map(({ variant: { name, question }, figures: { rows, total } }) => ({
    name,
    question,
    by: new Map(rows.map(row => [JSON.stringify(question.by.map(dimension => row[dimension])), unitsOf(row, question)])),
    lowN: total.some(row => row.flags.includes('low_n')),
  }))
  const pairs = shares.flatMap((one, i) =>
    shares.slice(i + 1).map((other): FigureRow => {
      const { value, of } = divergence(one.by, other.by)
      const unit = one.question.basis === 'conversions' ? MILLION : 1
      const opens = of !== null && [one, other].every(({ question }) => dataDrivenModel(question.model) === null)
      return {
        [told]: one.name,
        [`other_${told}`]: other.name,
        metric,
        value,
        unit: 'ratio',
        ...(of === null ? {} : { numerator: exact(of.part) / unit, denominator: exact(of.whole) / unit }),
        flags: flagsOf(one.lowN || other.lowN ? 0 : Number.POSITIVE_INFINITY, context.flags),
        ...(opens
          ? {
              explain: explainUnder([one.question.model, other.question.model])('attribution-compare', metric, {
                one: one.question,
                other: other.question,
              }),
            }
          : {}),
      }
    }),
  )
  return {
    rows: answers.flatMap(({ variant, figures }) => figures.rows.map(row => ({ [told]: variant.name, ...row }))),
    total: answers.flatMap(({ variant, figures }) => figures.total.map(row => ({ [told]: variant.name, ...row }))),
    pairs,
    // the same deals are asked about under every variant
    excluded: answers[0]?.figures.excluded ?? {},
  }
}

const Pair = z.strictObject({ one: z.unknown(), other: z.unknown() })
const pairFrom = (asked: unknown): { readonly one: AttributionQuestion; readonly other: AttributionQuestion } => {
  const { one, other } = Pair.parse(asked)
  return { one: attributionQuestionFrom(one), other: attributionQuestionFrom(other) }
}

/** id@version of all that answers under several models rest on. */
export const allRestOn = (definitions: Definitions, models: readonly string[]): readonly string[] => [
  ...new Set(models.flatMap(model => restsOn(definitions, model))),
]

/** Days that a question looks back; 0 for no limit. */
export const lookbackOf = ({ models }: Definitions, { model, lookbackDays }: Pick<AttributionQuestion, 'model' | 'lookbackDays'>): number =>
  lookbackDays ?? models.find(other => modelName(other) === model)?.lookback_days ?? 0

export const compareExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, asked) => {
    const { one, other } = pairFrom(asked)
    return allRestOn(definitions, [one.model, other.model])
  },
  explain: async (store, context, metric, asked) => {
    const { one, other } = pairFrom(asked)
    const told = metric === 'M60' ? 'model' : 'lookback_days'
    const variants = [one, other].map(question => ({
      name: told === 'model' ? question.model : lookbackOf(context.definitions, question),
      question,
    }))
    const { pairs } = await compareAnswer(store, context, {
      variants,
      told,
      metric: metric === 'M60' ? 'M60' : 'M61',
      explainUnder: () => () => '',
    })
    const [row] = pairs
    if (row === undefined || (metric !== 'M60' && metric !== 'M61')) return null
    return {
      row,
      proof: divergenceProof(
        { sources: onTerms(context, one).sources, question: one },
        { sources: onTerms(context, other).sources, question: other },
      ),
      divisor: one.basis === 'conversions' ? MILLION : 1,
    }
  },
}
