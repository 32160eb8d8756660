import { z } from 'zod'
import { attributionExcluded } from '../../domain/figures/attribution.ts'
import { cohortCredit, cohortProof, creditLags } from '../../domain/figures/cohort-credit.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { spendFigure, spendProof } from '../../domain/figures/spend.ts'
import { addDays, dateAt, nextMonth } from '../../domain/periods.ts'
import { sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { onTerms, restsOn } from '../attribution/figure.ts'
import { type Explain, type ExplainableFigure, excludedOf } from '../explain/figure.ts'
import type { Figures } from '../figure-route.ts'
import { NO_SPEND, type SpendRow, spendRow } from '../spend/figure.ts'
import { creditQuestion, type RoiQuestion, roiQuestionFrom, spendQuestion } from './question.ts'
import { byBytes } from '../../domain/bytes.ts'

const MoneyRow = z.looseObject({ is_total: z.coerce.number(), money: z.coerce.bigint(), deals: z.coerce.number() })
type MoneyRow = z.output<typeof MoneyRow>
const NO_MONEY: MoneyRow = { is_total: 1, money: 0n, deals: 0 }
const Lag = z.object({ lag: z.coerce.number(), credit: z.coerce.bigint() })

const DAY_MS = 86_400_000
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

/** Share of all credit that came within `days` of its touch; null where nothing was won. */
const maturityAt = (lags: readonly z.output<typeof Lag>[], days: number): number | null => {
  const sum = (some: readonly z.output<typeof Lag>[]): number => exact(some.reduce((total, { credit }) => total + credit, 0n))
  return ratio(sum(lags.filter(({ lag }) => lag <= days)), sum(lags))
}

/**
 * M69 cohort ROI: what was won by as_of over the touches of the period, less what was spent in it, over that; with its maturity, the share of credit-weighted
 * lags from touch to close (of what was won in the last eight quarters) that are not longer than the cohort is old.
 */
export const cohortAnswer = async (store: Store, given: AnswerContext, question: RoiQuestion, explain: Explain): Promise<Figures> => {
  const context = onTerms(given, creditQuestion(question))
  const today = dateAt(context.observedTo, question.zone)
  const [found, spent, lagRows, left] = await Promise.all([
    store.read(cohortCredit(context.sources, creditQuestion(question))),
    store.read(spendFigure(context.sources, spendQuestion(question), { budgets: false, definitions: context.definitions })),
    store.read(creditLags(context.sources, creditQuestion(question), today)),
    // a touch of the period may have won at any time since
    store.read(attributionExcluded(context.sources, { ...creditQuestion(question), from: null, to: null })),
  ])
  assertNotTooMany(found.length + spent.length)
  const lags = lagRows.map(row => Lag.parse(row))
  /** How long ago the last day of a cohort was. */
  const ageOf = (dims: Readonly<Record<string, string>>): number => {
    const month = dims['month']
    const end =
      dims['day'] !== undefined ? addDays(dims['day'], 1) : month !== undefined ? nextMonth(month) : (question.to ?? addDays(today, 1))
    return Math.max(0, daysBetween(question.to !== null && question.to < end ? question.to : end, addDays(today, 1)))
  }
  const sides = new Map<string, { readonly dims: Record<string, string>; readonly money: MoneyRow; readonly spend: SpendRow }>()
  const [monies, costs] = [found.map(row => MoneyRow.parse(row)), spent.map(spendRow)]
  const dimsOf = (row: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(question.by.map(name => [name, String(row[name])]))
  for (const money of monies.filter(row => row.is_total === 0)) {
    const dims = dimsOf(money)
    sides.set(Object.values(dims).join('\u001f'), { dims, money, spend: NO_SPEND })
  }
  for (const spend of costs.filter(row => row.is_total === 0)) {
    const dims = dimsOf(spend)
    const key = Object.values(dims).join('\u001f')
    sides.set(key, { dims, money: sides.get(key)?.money ?? NO_MONEY, spend })
  }
  const rowsOf = (dims: Readonly<Record<string, string>>, money: MoneyRow, spend: SpendRow): FigureRow[] => {
    const narrowed: RoiQuestion = {
      ...question,
      by: [],
      filters: { ...question.filters, ...Object.fromEntries(Object.entries(dims).map(([name, value]) => [name, [value]])) },
    }
    const maturity = maturityAt(lags, ageOf(dims))
    const label = { ...dims, spend_scope: question.scope, dated: 'touch' }
    const rate = spend.rate_missing > 0 ? ['rate_missing'] : []
    const flags = flagsOf(money.deals, [...context.flags, ...(maturity === 1 ? [] : ['immature'])])
    const unit = `${question.currency} minor`
    return [
      {
        ...label,
        metric: 'M66',
        value: exact(spend.spent),
        unit,
        flags: [...context.flags, ...rate].toSorted(),
        explain: explain('spend', 'M66', spendQuestion(narrowed)),
      },
      { ...label, metric: 'M54', value: exact(money.money), unit, flags, explain: explain('roi-cohort', 'M54', narrowed) },
      {
        ...label,
        metric: 'M69',
        value: ratio(exact(money.money - spend.spent), exact(spend.spent)),
        unit: 'ratio',
        numerator: exact(money.money - spend.spent),
        denominator: exact(spend.spent),
        maturity: maturity ?? '',
        flags: [...new Set([...flags, ...rate, ...(spend.spent === 0n ? ['no_spend'] : [])])].toSorted(),
        explain: explain('roi-cohort', 'M69', narrowed),
      },
    ]
  }
  const total = rowsOf({}, monies.find(row => row.is_total === 1) ?? NO_MONEY, costs.find(row => row.is_total === 1) ?? NO_SPEND)
  const inOrder = [...sides].toSorted(([a], [b]) => byBytes(a, b)).map(([, side]) => side)
  const missing = costs.find(row => row.is_total === 1)?.rate_missing ?? 0
  return {
    rows: question.by.length === 0 ? total : inOrder.flatMap(({ dims, money, spend }) => rowsOf(dims, money, spend)),
    total,
    excluded: { ...excludedOf(left, 'deals'), ...(missing > 0 ? { spend_rate_missing: missing } : {}) },
  }
}

export const cohortExplained: ExplainableFigure = {
  definitionsOf: ({ definitions }, question) => restsOn(definitions, roiQuestionFrom(question).model),
  explain: async (store, given, metric, asked) => {
    const question = roiQuestionFrom(asked)
    const context = onTerms(given, creditQuestion(question))
    const row = (await cohortAnswer(store, given, question, () => '')).rows.find(found => found.metric === metric)
    if (row === undefined) return null
    const credit = cohortProof(context.sources, creditQuestion(question))
    if (metric === 'M54') return { row, model: question.model, proof: credit, divisor: 1 }
    const spend = sql`
      SELECT entity, id, account, deal_id, event_ids, note, at, toString(-own) AS contribution, toString(own) AS base
      FROM (SELECT * EXCEPT (contribution, base), toInt256(contribution) AS own FROM (${spendProof(context.sources, spendQuestion(question), 'spent', context.definitions)}))`
    const proof = sql`SELECT * FROM (SELECT * FROM (${credit}) UNION ALL ${spend}) ORDER BY entity, id, at, event_ids, note`
    return { row, model: question.model, proof, divisor: 1 }
  },
}
