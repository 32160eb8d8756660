import { z } from 'zod'
import { attributionFigure, type AttributionQuestion, MILLION, NONE } from '../../domain/figures/attribution.ts'
import { newCustomers } from '../../domain/figures/customers.ts'
import { CAP_MONTHS, type FinanceInput, financeInput, lifetimeValue } from '../../domain/figures/finance.ts'
import { withMoney } from '../../domain/figures/money.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { spendFigure, type SpendQuestion } from '../../domain/figures/spend.ts'
import { addDays, dateAt } from '../../domain/periods.ts'
import { bind, sql } from '../../domain/sql.ts'
import type { Row, Store } from '../../store/port.ts'
import { exact, type FigureRow, moneyEach } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { spendRow } from '../spend/figure.ts'
import { creditQuestion, NEW_BUSINESS, type RoiQuestion, spendQuestion } from './question.ts'

const Customers = z.object({ customers: z.coerce.number(), cycle_days: z.coerce.number() })
const ByChannel = z.looseObject({ is_total: z.coerce.number(), channel: z.string(), credit: z.coerce.bigint() })
const Worth = z.object({ worth: z.coerce.bigint().nullable() })

/** The last day that a question is about, or that is known. */
export const lastDayOf = ({ to, zone }: Pick<RoiQuestion, 'to' | 'zone'>, { observedTo }: AnswerContext): string => {
  const today = dateAt(observedTo, zone)
  return to === null || addDays(to, -1) > today ? today : addDays(to, -1)
}

/** An amount of finance in the answer's currency at the rate of a day; null without one. */
const worthOf = async (
  store: Store,
  { sources }: AnswerContext,
  { amount_minor, currency }: FinanceInput,
  target: string,
  day: string,
): Promise<bigint | null> => {
  if (amount_minor === null || currency === target) return amount_minor
  const one = sql`SELECT toNullable(${bind.int(amount_minor)}) AS amount, ${bind.string(currency)} AS currency, toInt32(toDate32(${bind.date(day)})) AS rate_day`
  const [row] = await store.read(sql`SELECT worth FROM (${withMoney(sources, one, target)})`)
  return Worth.parse(row).worth
}

const isSales = (team: unknown): boolean => team === 'sales' || String(team).startsWith('sales-')

/**
 * Figures of the company as a whole for a period: M71 CAC loaded, M72 paid CAC, M73 payback, M74 lifetime value, M75 LTV:CAC, M77 cost of sales. CAC looks
 * at what sales and marketing spent a median sales cycle earlier. What finance has not said is null and named among the flags.
 */
export const companyFigures = async (
  store: Store,
  context: AnswerContext,
  question: RoiQuestion & { readonly from: string; readonly to: string },
  inputs: readonly FinanceInput[],
): Promise<readonly FigureRow[]> => {
  const { sources, settings } = context
  const { from, to, zone, currency } = question
  const spendBy = (window: { readonly from: string; readonly to: string }, by: SpendQuestion['by']): Promise<readonly Row[]> =>
    store.read(spendFigure(sources, { ...spendQuestion(question), by, filters: {}, scope: 'loaded', ...window }, { budgets: false }))
  const won: AttributionQuestion = { ...creditQuestion(question), by: [], filters: {} }
  const day = lastDayOf(question, context)
  const calendar = { startMonth: settings.fiscalYearStartMonth }
  const [arpaInput, marginInput, churnInput] = ['arpa', 'gross-margin', 'churn'].map(name => financeInput(inputs, name, day, calendar))
  const [customerRows, teamRows, wonRows, arpa] = await Promise.all([
    store.read(newCustomers(sources, { from, to, zone, dealTypes: NEW_BUSINESS })),
    spendBy({ from, to }, ['team']),
    store.read(attributionFigure(sources, { ...won, basis: 'revenue', conversion: 'won', dealTypes: [] })),
    arpaInput ? worthOf(store, context, arpaInput, currency, day) : null,
  ])
  const { customers, cycle_days } = Customers.parse(customerRows[0])
  const window = { from: addDays(from, -cycle_days), to: addDays(to, -cycle_days) }
  const [shifted, paidRows] = await Promise.all([
    spendBy(window, ['channel']),
    store.read(attributionFigure(sources, { ...won, basis: 'conversions', conversion: 'won', by: ['channel'], dealTypes: NEW_BUSINESS })),
  ])

  const spent = shifted.map(row => ({ ...spendRow(row), channel: String(row['channel']) }))
  const all = spent.find(row => row.is_total === 1)
  const paidChannels = new Set(spent.filter(row => row.is_total === 0 && row.media > 0n && row.channel !== NONE).map(row => row.channel))
  const paidCredit = paidRows
    .map(row => ByChannel.parse(row))
    .filter(row => row.is_total === 0 && paidChannels.has(row.channel))
    .reduce((sum, { credit }) => sum + credit, 0n)
  const sales = teamRows.filter(row => isSales(row['team'])).reduce((sum, row) => sum + spendRow(row).spent, 0n)
  const revenue = z.object({ money: z.coerce.bigint() }).catch({ money: 0n }).parse(wonRows.at(-1)).money

  const unit = `${currency} minor`
  const [marginPpm, churnPpm] = [marginInput?.ratio_ppm ?? null, churnInput?.ratio_ppm ?? null]
  const unsaid = [...(arpa === null ? ['arpa_missing'] : []), ...(marginPpm === null ? ['gross_margin_missing'] : [])]
  const flagsWith = (more: readonly string[]): string[] => [...new Set([...context.flags, ...more])].toSorted()
  const rate = (all?.rate_missing ?? 0) > 0 ? ['rate_missing'] : []
  const label = { spend_scope: 'loaded' }
  const spentAll = exact(all?.spent ?? 0n)
  const cac = ratio(spentAll, customers)
  const monthly = arpa === null || marginPpm === null ? null : Number(arpa * BigInt(marginPpm)) / MILLION
  const value = arpa === null || marginPpm === null || churnPpm === null ? null : lifetimeValue(arpa, marginPpm, churnPpm)
  const cacFlags = [...rate, ...(customers === 0 ? ['no_customers'] : customers < 30 ? ['low_n'] : [])]
  const lifetime = [...unsaid, ...(churnPpm === null ? ['churn_missing'] : [])]
  const lifetimes = [
    { cap_months: 'none', money: value?.uncapped ?? null },
    { cap_months: CAP_MONTHS, money: value?.capped ?? null },
  ]
  return [
    {
      ...label,
      spend_from: window.from,
      spend_to: window.to,
      cycle_days,
      metric: 'M71',
      value: moneyEach(spentAll, customers),
      unit,
      numerator: spentAll,
      denominator: customers,
      flags: flagsWith(cacFlags),
    },
    {
      ...label,
      spend_from: window.from,
      spend_to: window.to,
      cycle_days,
      metric: 'M72',
      value: moneyEach(exact(all?.media ?? 0n), exact(paidCredit) / MILLION),
      unit,
      numerator: exact(all?.media ?? 0n),
      denominator: exact(paidCredit) / MILLION,
      flags: flagsWith([...cacFlags.filter(flag => flag !== 'no_customers'), ...(paidCredit === 0n ? ['no_customers'] : [])]),
    },
    {
      ...label,
      metric: 'M73',
      value: cac === null || monthly === null ? null : ratio(cac, monthly),
      unit: 'months',
      flags: flagsWith([...cacFlags, ...unsaid]),
    },
    ...lifetimes.map(({ cap_months, money }) => ({ cap_months, metric: 'M74', value: money, unit, flags: flagsWith(lifetime) })),
    ...lifetimes.map(({ cap_months, money }) => ({
      ...label,
      cap_months,
      metric: 'M75',
      value: cac === null || money === null ? null : ratio(money, cac),
      unit: 'ratio',
      flags: flagsWith([...cacFlags, ...lifetime]),
    })),
    {
      ...label,
      metric: 'M77',
      value: ratio(exact(sales), exact(revenue)),
      unit: 'ratio',
      numerator: exact(sales),
      denominator: exact(revenue),
      flags: flagsWith(rate),
    },
  ]
}
