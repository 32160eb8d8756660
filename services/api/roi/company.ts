import { z } from 'zod'
import { MILLION, NONE } from '../../domain/figures/attribution.ts'
import { customersOf } from '../../domain/figures/customers.ts'
import { CAP_MONTHS, type FinanceInput, financeInput, lifetimeValue } from '../../domain/figures/finance.ts'
import { withMoney } from '../../domain/figures/money.ts'
import { ratio } from '../../domain/figures/rates.ts'
import { addDays, dateAt, isIsoDate } from '../../domain/periods.ts'
import { bind, sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, moneyEach } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { spendRow } from '../spend/figure.ts'
import { HttpProblem } from '../../http/problem.ts'
import { attributionAnswer } from '../attribution/figure.ts'
import { dataDrivenModel } from '../attribution/data-driven.ts'
import type { Explain } from '../explain/figure.ts'
import { creditQuestion, NEW_BUSINESS, type RoiQuestion } from './question.ts'
import { creditFrom, type Sides } from './sides.ts'

const CreditRow = z.looseObject({
  is_total: z.coerce.number(),
  channel: z.string().optional(),
  credit: z.coerce.bigint(),
  money: z.coerce.bigint(),
})
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

/** The same day of the year before; of a leap year's last of February the first of March. */
const yearBefore = (date: string): string => {
  const day = `${Number(date.slice(0, 4)) - 1}${date.slice(4)}`
  return isIsoDate(day) ? day : `${day.slice(0, 4)}-03-01`
}

/** Teams that neither sell nor market; what belongs to no team is sales and marketing's, as nobody else answers for it. */
const ELSEWHERE: ReadonlySet<string> = new Set(['success', 'support', 'product', 'partner'])
const isElsewhere = (team: unknown): boolean => ELSEWHERE.has(String(team))

const isSales = (team: unknown): boolean => team === 'sales' || String(team).startsWith('sales-')

/** What figures of the company are made of, so that each of them can be opened to it. */
export type CompanyParts = {
  /** The days that CAC looks at: those of the question a median cycle earlier. */
  readonly window: { readonly from: string; readonly to: string }
  /** Teams whose spend is of sales and marketing, in those days; and teams that sell, in the days of the question. */
  readonly acquiring: readonly string[]
  readonly selling: readonly string[]
  readonly paidChannels: readonly string[]
  /** Of finance, null where it has not said it: what a customer brings a month and in all, times a million, in minor units. */
  readonly monthlyPpm: bigint | null
  readonly lifetimes: readonly { readonly cap_months: string | number; readonly money: number | null }[]
  readonly finance: readonly FinanceInput[]
}

type BoundedQuestion = RoiQuestion & { readonly from: string; readonly to: string }

/** The company as a whole: everything of sales and marketing, of every dimension. */
export const wholeCompany = (question: BoundedQuestion): BoundedQuestion => ({ ...question, by: [], filters: {}, scope: 'loaded' })
export const newBusinessOf = (question: BoundedQuestion): BoundedQuestion => ({
  ...wholeCompany(question),
  basis: 'conversions',
  conversion: 'won',
  dealTypes: NEW_BUSINESS,
})

/**
 * Figures of the company as a whole for a period: M71 CAC loaded, M72 paid CAC, M73 payback, M74 lifetime value, M75 LTV:CAC, M77 cost of sales. CAC looks
 * at what sales and marketing spent a median sales cycle earlier. What finance has not said is null and named among the flags.
 */
export const companyFigures = async (
  sides: Sides,
  question: BoundedQuestion,
  explain: Explain,
): Promise<{ readonly rows: readonly FigureRow[]; readonly parts: CompanyParts }> => {
  const { store, context } = sides
  const { from, to, currency } = question
  const [all, newBusiness] = [wholeCompany(question), newBusinessOf(question)]
  const day = lastDayOf(question, context)
  const calendar = context.settings.fiscal
  const [inputs, won, teamRows, earned] = await Promise.all([
    sides.finance(question),
    sides.won(newBusiness),
    sides.spend({ ...all, by: ['team'] }),
    creditFrom(sides, all),
  ])
  const { customers, cycleDays } = customersOf(won, { from, to, yearBefore: yearBefore(to) })
  const window = { from: addDays(from, -cycleDays), to: addDays(to, -cycleDays) }
  const [arpaInput, marginInput, churnInput] = ['arpa', 'gross-margin', 'churn'].map(name => financeInput(inputs, name, day, calendar))
  const [shiftedRows, paid, arpa] = await Promise.all([
    sides.spend({ ...all, by: ['channel', 'team'], ...window }),
    paidCredit(sides, newBusiness),
    arpaInput ? worthOf(store, context, arpaInput, currency, day) : null,
  ])

  const shifted = shiftedRows.map(row => ({ ...spendRow(row), channel: String(row['channel']), team: String(row['team']) }))
  const inAll = shifted.find(row => row.is_total === 1)
  const cells = shifted.filter(row => row.is_total === 0)
  const paidChannels = [...new Set(cells.filter(row => row.media > 0n && row.channel !== NONE).map(row => row.channel))]
  const conversions = paid === null ? null : paidChannels.reduce((sum, channel) => sum + (paid.get(channel) ?? 0n), 0n)
  const acquiring = cells.filter(row => !isElsewhere(row.team))
  const spentAll = exact(acquiring.reduce((sum, row) => sum + row.spent, 0n))
  const selling = teamRows.filter(row => spendRow(row).is_total === 0 && isSales(row['team']))
  const sales = selling.reduce((sum, row) => sum + spendRow(row).spent, 0n)
  const revenue = earned.found.map(row => CreditRow.parse(row)).find(row => row.is_total === 1)?.money ?? 0n

  const unit = `${currency} minor`
  const [marginPpm, churnPpm] = [marginInput?.ratio_ppm ?? null, churnInput?.ratio_ppm ?? null]
  const unsaid = [...(arpa === null ? ['arpa_missing'] : []), ...(marginPpm === null ? ['gross_margin_missing'] : [])]
  const flagsWith = (more: readonly string[]): string[] => [...new Set([...context.flags, ...more])].toSorted()
  const rate = (inAll?.rate_missing ?? 0) > 0 ? ['rate_missing'] : []
  const label = { spend_scope: 'loaded' }
  const monthlyPpm = arpa === null || marginPpm === null ? null : arpa * BigInt(marginPpm)
  const monthly = monthlyPpm === null ? null : Number(monthlyPpm) / MILLION
  const value = arpa === null || marginPpm === null || churnPpm === null ? null : lifetimeValue(arpa, marginPpm, churnPpm)
  const cacFlags = [...rate, ...(customers === 0 ? ['no_customers'] : customers < 30 ? ['low_n'] : [])]
  const lifetime = [...unsaid, ...(churnPpm === null ? ['churn_missing'] : [])]
  const lifetimes = [
    { cap_months: 'none', money: value?.uncapped ?? null },
    { cap_months: CAP_MONTHS, money: value?.capped ?? null },
  ]
  const { from: spend_from, to: spend_to } = window
  const lookedAt = { spend_from, spend_to, cycle_days: cycleDays }
  const token = (metric: string, cap: string | number | null = null) => ({
    explain: explain('roi-company', metric, { question: all, cap }),
  })
  const media = exact(inAll?.media ?? 0n)
  const rows: FigureRow[] = [
    {
      ...label,
      ...lookedAt,
      metric: 'M71',
      value: moneyEach(spentAll, customers),
      unit,
      numerator: spentAll,
      denominator: customers,
      flags: flagsWith(cacFlags),
      ...token('M71'),
    },
    {
      ...label,
      ...lookedAt,
      metric: 'M72',
      value: conversions === null ? null : moneyEach(media, exact(conversions) / MILLION),
      unit,
      ...(conversions === null ? {} : { numerator: media, denominator: exact(conversions) / MILLION }),
      flags: flagsWith([
        ...cacFlags.filter(flag => flag !== 'no_customers'),
        ...(conversions === null ? ['model_refused'] : conversions === 0n ? ['no_customers'] : []),
      ]),
      ...(conversions === null ? {} : token('M72')),
    },
    {
      ...label,
      metric: 'M73',
      value: monthly === null || customers === 0 ? null : ratio(spentAll, customers * monthly),
      unit: 'months',
      ...(monthly === null ? {} : { numerator: spentAll, denominator: customers * monthly, ...token('M73') }),
      flags: flagsWith([...cacFlags, ...unsaid]),
    },
    ...lifetimes.map(({ cap_months, money }) => ({
      cap_months,
      metric: 'M74',
      value: money,
      unit,
      flags: flagsWith(lifetime),
      ...(money === null ? {} : token('M74', cap_months)),
    })),
    ...lifetimes.map(({ cap_months, money }) => ({
      ...label,
      cap_months,
      metric: 'M75',
      value: money === null || customers === 0 ? null : ratio(money * customers, spentAll),
      unit: 'ratio',
      ...(money === null ? {} : { numerator: money * customers, denominator: spentAll, ...token('M75', cap_months) }),
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
      ...token('M77'),
    },
  ]
  const namesOf = (named: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
    [...new Set(named.map(row => String(row['team'])))].toSorted()
  const finance = [arpaInput, marginInput, churnInput].filter(input => input !== null && input !== undefined)
  return { rows, parts: { window, acquiring: namesOf(acquiring), selling: namesOf(selling), paidChannels, monthlyPpm, lifetimes, finance } }
}

/** M56 of new business by channel in millionths; null where the model has too little to learn it from. */
const paidCredit = async (sides: Sides, question: RoiQuestion): Promise<ReadonlyMap<string, bigint> | null> => {
  const byChannel = { ...question, by: ['channel'] as const }
  try {
    return await creditByChannel(sides, byChannel)
  } catch (error) {
    if (dataDrivenModel(question.model) !== null && error instanceof HttpProblem && error.document.status === 422) return null
    throw error
  }
}

const creditByChannel = async (sides: Sides, question: RoiQuestion): Promise<ReadonlyMap<string, bigint>> => {
  if (dataDrivenModel(question.model) !== null) {
    const { rows } = await attributionAnswer(sides.store, sides.context, creditQuestion(question), () => '')
    return new Map(rows.map(row => [String(row['channel']), BigInt(Math.round((row.value ?? 0) * MILLION))]))
  }
  const { found } = await creditFrom(sides, question)
  const rows = found.map(row => CreditRow.parse(row)).filter(row => row.is_total === 0)
  return new Map(rows.map(({ channel = '', credit }) => [channel, credit]))
}
