import { z } from 'zod'
import {
  type AttributionQuestion,
  attributionExcluded,
  attributionProof,
  creditByTouch,
  METRIC_OF,
  MILLION,
  UNATTRIBUTED,
} from '../../domain/figures/attribution.ts'
import { type FigureSources, onlyDeal } from '../../domain/figures/sources.ts'
import { bind, sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, type Fit, flagsOf, isoOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { dataDrivenCredit } from '../attribution/data-driven.ts'
import { attributionQuestionFrom, restsOn, onTerms } from '../attribution/figure.ts'
import { type ExplainableFigure, type Explain, excludedOf } from '../explain/figure.ts'

const Piece = z.object({
  touch_id: z.string(),
  touched_at: z.string(),
  channel: z.string(),
  campaign: z.string(),
  source: z.string(),
  content: z.string(),
  team: z.string(),
  missing: z.string(),
  credit: z.coerce.bigint(),
  money: z.coerce.bigint(),
})

export type DealCreditQuestion = { readonly dealId: string; readonly attribution: AttributionQuestion }
export type DealCredit = {
  readonly rows: FigureRow[]
  readonly total: FigureRow[]
  readonly excluded: Record<string, number>
  readonly fit: Fit | undefined
  /** The deal alone, under the model. */
  readonly sources: FigureSources
}

export const dealExists = async (store: Store, { sources }: AnswerContext, dealId: string): Promise<boolean> =>
  (await store.read(sql`SELECT deal_id FROM ${sources.dealJourney} WHERE deal_id = ${bind.string(dealId)} LIMIT 1`)).length > 0

/**
 * M53 of one deal under one model, touch by touch, and the money of each (M54 of a won deal, M55 of a qualified one). A deal without the
 * conversion has no rows. Every type of deal is answered: who asks for a renewal by its id means it.
 */
export const dealCreditAnswer = async (
  store: Store,
  given: AnswerContext,
  { dealId, attribution }: DealCreditQuestion,
  explain: Explain,
): Promise<DealCredit> => {
  // what a channel is worth is learned from every journey, and then laid over this one
  const context = onTerms(given, attribution)
  const learned = await dataDrivenCredit(store, context, attribution)
  const sources =
    learned === null
      ? onTerms({ ...given, sources: onlyDeal(given.sources, dealId) }, attribution).sources
      : onlyDeal(learned.sources, dealId)
  const shares = { ...attribution, basis: 'conversions' } as const
  const [credited, valued, excluded] = await Promise.all([
    store.read(creditByTouch(sources, shares)),
    attribution.basis === 'conversions' ? [] : store.read(creditByTouch(sources, attribution)),
    store.read(attributionExcluded(sources, attribution)),
  ])
  const money = new Map(valued.map(row => Piece.parse(row)).map(piece => [piece.touch_id, piece.money]))
  const moneyMetric = METRIC_OF[attribution.basis]
  const unit = `${attribution.currency} minor`
  const pieces = credited.map(row => Piece.parse(row))
  const rows = pieces.flatMap((piece): FigureRow[] => {
    const unattributed = piece.touch_id === ''
    const dims = {
      model: attribution.model,
      touch: unattributed ? UNATTRIBUTED : piece.touch_id,
      at: unattributed ? null : isoOf(piece.touched_at),
      channel: piece.channel,
      campaign: piece.campaign,
      source: piece.source,
      content: piece.content,
      team: piece.team,
    }
    const flags = [...context.flags, ...(unattributed ? [piece.missing] : [])].toSorted()
    const amount = money.get(piece.touch_id)
    const credit = exact(piece.credit)
    return [
      { ...dims, metric: 'M53', value: credit / MILLION, unit: 'ratio', numerator: credit, denominator: MILLION, flags },
      ...(amount === undefined ? [] : [{ ...dims, metric: moneyMetric, value: exact(amount), unit, flags }]),
    ]
  })
  const sum = pieces.reduce((total, piece) => total + piece.credit, 0n)
  const worth = [...money.values()].reduce((total, amount) => total + amount, 0n)
  const flags = flagsOf(Number.POSITIVE_INFINITY, context.flags)
  const token = (metric: string): string => explain('deal-credit', metric, { dealId, attribution })
  const { model } = attribution
  return {
    rows,
    total: [
      {
        model,
        metric: 'M53',
        value: exact(sum) / MILLION,
        unit: 'ratio',
        numerator: exact(sum),
        denominator: pieces.length === 0 ? 0 : MILLION,
        flags,
        explain: token('M53'),
      },
      ...(money.size === 0 ? [] : [{ model, metric: moneyMetric, value: exact(worth), unit, flags, explain: token(moneyMetric) }]),
    ],
    excluded: excludedOf(excluded, 'deals'),
    fit: learned?.fitted?.fit,
    sources,
  }
}

export const dealCreditExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => restsOn(definitions, questionFrom(question).attribution.model),
  explain: async (store, context, metric, asked) => {
    const question = questionFrom(asked)
    const figures = await dealCreditAnswer(store, context, question, () => '')
    const row = figures.total.find(total => total.metric === metric)
    if (row === undefined) return null
    const shares = metric === 'M53'
    const attribution = shares ? ({ ...question.attribution, basis: 'conversions' } as const) : question.attribution
    return {
      row,
      model: attribution.model,
      proof: attributionProof(figures.sources, attribution, shares ? 'credit' : 'money'),
      divisor: shares ? MILLION : 1,
    }
  },
}

const Asked = z.strictObject({ dealId: z.string(), attribution: z.unknown() })
const questionFrom = (asked: unknown): DealCreditQuestion => {
  const { dealId, attribution } = Asked.parse(asked)
  return { dealId, attribution: attributionQuestionFrom(attribution) }
}
