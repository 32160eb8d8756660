import { z } from 'zod'
import {
  attributionExcluded,
  attributionFigure,
  type AttributionMeasure,
  attributionProof,
  type AttributionQuestion,
  BASES,
  type Basis,
  CONVERSIONS,
  METRIC_OF,
  MILLION,
} from '../../domain/figures/attribution.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { spendFigure, spendProof, SPEND_SCOPES, type SpendQuestion } from '../../domain/figures/spend.ts'
import { joinSql, type Sql, sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { responsesName } from '../attribution/figure.ts'
import { excludedOf, type Explain, type ExplainableFigure } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { withoutUndefined } from '../funnel/stages.ts'
import { NO_SPEND, type SpendRow, spendRow } from '../spend/figure.ts'

/** Dimensions that both credit and costs have. */
export const ROI_DIMENSIONS = ['channel', 'campaign', 'source', 'team', 'month'] as const
export type RoiDimension = (typeof ROI_DIMENSIONS)[number]

export type RoiQuestion = Omit<AttributionQuestion, 'by' | 'filters'> & {
  readonly by: readonly RoiDimension[]
  readonly filters: Readonly<Partial<Record<RoiDimension, readonly string[]>>>
  readonly scope: SpendQuestion['scope']
  /** Gross margin in millionths that revenue is multiplied by; null: revenue as it is. */
  readonly marginPpm: number | null
}

const filterShape = Object.fromEntries(ROI_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))
const Question = z.strictObject({
  basis: z.enum(BASES),
  conversion: z.enum(CONVERSIONS),
  model: z.string(),
  by: z.array(z.enum(ROI_DIMENSIONS)),
  filters: z.strictObject(filterShape),
  dealTypes: z.array(z.string()),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
  zone: z.string(),
  scope: z.enum(SPEND_SCOPES),
  marginPpm: z.number().nullable(),
})

const CreditRow = z.looseObject({
  is_total: z.coerce.number(),
  credit: z.coerce.bigint(),
  money: z.coerce.bigint(),
  deals: z.coerce.number(),
  unattributed_credit: z.coerce.bigint(),
  unattributed_money: z.coerce.bigint(),
  reasons: z.array(z.string()),
})
type CreditRow = z.output<typeof CreditRow>
const NO_CREDIT: CreditRow = {
  is_total: 1,
  credit: 0n,
  money: 0n,
  deals: 0,
  unattributed_credit: 0n,
  unattributed_money: 0n,
  reasons: [],
}

export const creditQuestion = ({ scope: _scope, marginPpm: _margin, ...question }: RoiQuestion): AttributionQuestion => question
export const spendQuestion = ({ by, filters, scope, from, to, currency }: RoiQuestion): SpendQuestion => ({
  by,
  filters,
  scope,
  from,
  to,
  currency,
})

type Side = { readonly dims: Readonly<Record<string, string>>; readonly credit: CreditRow; readonly spend: SpendRow }

/** Credit and spend side by side, in the order of the dimensions' bytes; what one of the sides does not have is nothing on it. */
const sidesOf = (by: readonly RoiDimension[], credit: readonly CreditRow[], spend: readonly SpendRow[]): readonly Side[] => {
  const sides = new Map<string, Side>()
  const dimsOf = (row: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(by.map(name => [name, String(row[name])]))
  for (const row of credit) {
    const dims = dimsOf(row)
    sides.set(Object.values(dims).join('\u001f'), { dims, credit: row, spend: NO_SPEND })
  }
  for (const row of spend) {
    const dims = dimsOf(row)
    const key = Object.values(dims).join('\u001f')
    sides.set(key, { dims, credit: sides.get(key)?.credit ?? NO_CREDIT, spend: row })
  }
  return [...sides].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, side]) => side)
}

/** A return or a cost per piece: what it is over what, both times `divisor`. */
type Quotient = { readonly metric: string; readonly numerator: number; readonly denominator: number; readonly money: boolean }

/** Money that was earned, in minor units; with a margin that part of it, to the millionth of a unit. */
const gainOf = (money: bigint, marginPpm: number | null): number =>
  marginPpm === null ? exact(money) : Number(money * BigInt(marginPpm)) / MILLION

/** M67 and M68 of revenue, M67 and M76 of pipeline, M70 of conversions. */
const quotientsOf = ({ basis, marginPpm }: RoiQuestion, { credit, spend }: Side): readonly Quotient[] => {
  const spent = exact(spend.spent)
  if (basis === 'conversions') return [{ metric: 'M70', numerator: spent, denominator: exact(credit.credit) / MILLION, money: true }]
  const gain = gainOf(credit.money, marginPpm)
  const roi: Quotient = { metric: 'M67', numerator: gain - spent, denominator: spent, money: false }
  if (basis === 'pipeline') return [roi, { metric: 'M76', numerator: exact(credit.money), denominator: spent, money: false }]
  return [roi, { metric: 'M68', numerator: exact(credit.money), denominator: exact(spend.media), money: false }]
}

/**
 * Spend (M66) beside what it is credited with (M54–M56), and what that is a unit of it: M67 ROI, M68 ROAS, M70 cost per conversion, M76 pipeline per spend. The
 * total holds everything, unattributed revenue included; M59 beside it says how much that is.
 */
export const roiAnswer = async (store: Store, context: AnswerContext, question: RoiQuestion, explain: Explain): Promise<Figures> => {
  const { sources } = context
  const [creditRows, spendRows, excludedDeals] = await Promise.all([
    store.read(attributionFigure(sources, creditQuestion(question))),
    store.read(spendFigure(sources, spendQuestion(question), { budgets: false })),
    store.read(attributionExcluded(sources, creditQuestion(question))),
  ])
  assertNotTooMany(creditRows.length + spendRows.length)
  const credit = creditRows.map(row => CreditRow.parse(row))
  const spend = spendRows.map(spendRow)
  const total: Side = {
    dims: {},
    credit: credit.find(row => row.is_total === 1) ?? NO_CREDIT,
    spend: spend.find(row => row.is_total === 1) ?? NO_SPEND,
  }
  const sides = sidesOf(
    question.by,
    credit.filter(row => row.is_total === 0),
    spend.filter(row => row.is_total === 0),
  )
  const toRows = (side: Side): FigureRow[] => rowsOf(context, question, side, explain)
  const totals = [...toRows(total), unattributed(context, question, total.credit, explain)]
  return {
    rows: question.by.length === 0 ? totals.slice(0, -1) : sides.flatMap(toRows),
    total: totals,
    excluded: {
      ...excludedOf(excludedDeals, 'deals'),
      ...(total.spend.rate_missing > 0 ? { spend_rate_missing: total.spend.rate_missing } : {}),
    },
  }
}

const rowsOf = ({ flags }: AnswerContext, question: RoiQuestion, side: Side, explain: Explain): FigureRow[] => {
  const { dims, credit, spend } = side
  const { basis, currency, scope, marginPpm } = question
  const label = { ...dims, spend_scope: scope }
  const narrowed: RoiQuestion = {
    ...question,
    by: [],
    filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
  }
  const missing = spend.rate_missing > 0 ? ['rate_missing'] : []
  const creditMetric = METRIC_OF[basis]
  return [
    {
      ...label,
      metric: 'M66',
      value: exact(spend.spent),
      unit: `${currency} minor`,
      flags: [...flags, ...missing].toSorted(),
      explain: explain('spend', 'M66', spendQuestion(narrowed)),
    },
    {
      ...label,
      metric: creditMetric,
      value: basis === 'conversions' ? exact(credit.credit) / MILLION : exact(credit.money),
      unit: basis === 'conversions' ? 'count' : `${currency} minor`,
      flags: flagsOf(credit.deals, [...flags, ...credit.reasons]),
      explain: explain('attribution', creditMetric, creditQuestion(narrowed)),
    },
    ...quotientsOf(question, side).map(
      ({ metric, numerator, denominator, money }): FigureRow => ({
        ...label,
        ...(metric === 'M67' ? { gross_margin: marginPpm === null ? 1 : marginPpm / MILLION } : {}),
        ...(metric === 'M70' ? { conversion: question.conversion } : {}),
        metric,
        value: ratio(numerator, denominator),
        unit: money ? `${currency} minor` : 'ratio',
        numerator,
        denominator,
        flags: flagsOf(credit.deals, [...flags, ...missing, ...(denominator === 0 ? [money ? 'no_conversions' : 'no_spend'] : [])]),
        explain: explain('roi', metric, narrowed),
      }),
    ),
  ]
}

/** M59: the share of the total that no touch earned. */
const unattributed = ({ flags }: AnswerContext, question: RoiQuestion, credit: CreditRow, explain: Explain): FigureRow => {
  const [part, whole] =
    question.basis === 'conversions'
      ? [exact(credit.unattributed_credit) / MILLION, exact(credit.credit) / MILLION]
      : [exact(credit.unattributed_money), exact(credit.money)]
  return {
    metric: 'M59',
    value: ratio(part, whole),
    unit: 'ratio',
    numerator: part,
    denominator: whole,
    flags: flagsOf(credit.deals, [...flags, ...credit.reasons]),
    explain: explain('attribution', 'M59', { ...creditQuestion(question), by: [] }),
  }
}

/** What is behind a quotient: the credit of deals and the costs, each with its part of numerator and denominator times `divisor`. */
const proofOf = (context: AnswerContext, question: RoiQuestion, metric: string): { readonly proof: Sql; readonly divisor: number } => {
  const { sources } = context
  const measure: AttributionMeasure = question.basis === 'conversions' ? 'credit' : 'money'
  const credit = attributionProof(sources, creditQuestion(question), measure)
  const spend = spendProof(sources, spendQuestion(question), metric === 'M68' ? 'media' : 'spent')
  const part = (rows: Sql, contribution: Sql, base: Sql): Sql =>
    sql`SELECT entity, id, account, deal_id, event_ids, note, at, toString(${contribution}) AS contribution, toString(${base}) AS base FROM (SELECT * EXCEPT (contribution, base), toInt256(contribution) AS own FROM (${rows}))`
  const margin = question.marginPpm ?? MILLION
  const times = (factor: number): Sql => sql`own * ${{ parts: [String(factor)] }}`
  const parts: Readonly<Record<string, readonly [credited: Sql, base: Sql, spent: Sql, spentBase: Sql]>> = {
    M67: [times(margin), times(0), times(-MILLION), times(MILLION)],
    M68: [times(MILLION), times(0), times(0), times(MILLION)],
    M76: [times(MILLION), times(0), times(0), times(MILLION)],
    // credit is in millionths already
    M70: [times(0), times(1), times(MILLION), times(0)],
  }
  const [credited, base, spent, spentBase] = parts[metric] ?? [times(0), times(0), times(0), times(0)]
  const proof = joinSql([part(credit, credited, base), part(spend, spent, spentBase)], ' UNION ALL ')
  return { proof: sql`SELECT * FROM (${proof}) ORDER BY entity, id, at, event_ids, note`, divisor: MILLION }
}

export const roiExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => [responsesName(definitions), Question.parse(question).model],
  explain: async (store, context, metric, asked) => {
    const { filters, ...rest } = Question.parse(asked)
    const question: RoiQuestion = { ...rest, filters: withoutUndefined(filters) }
    const row = (await roiAnswer(store, context, question, () => '')).rows.find(found => found.metric === metric)
    if (row === undefined) return null
    return { row, model: question.model, ...proofOf(context, question, metric) }
  },
}

/** New business, as a source calls it or says nothing of it (metrics, Deal types: M70). */
export const NEW_BUSINESS: readonly string[] = ['new-business', '(none)']
export const dealTypesOf = (basis: Basis, asked: readonly string[] | undefined): readonly string[] =>
  asked ?? (basis === 'conversions' ? NEW_BUSINESS : [])
