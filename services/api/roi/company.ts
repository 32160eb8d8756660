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
import { NEW_BUSINESS, type RoiQuestion } from './question.ts'
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

/**
 * Figures of the company as a whole for a period: M71 CAC loaded, M72 paid CAC, M73 payback, M74 lifetime value, M75 LTV:CAC, M77 cost of sales. CAC looks
 * at what sales and marketing spent a median sales cycle earlier. What finance has not said is null and named among the flags.
 */
export const companyFigures = async (
  sides: Sides,
  question: RoiQuestion & { readonly from: string; readonly to: string },
): Promise<readonly FigureRow[]> => {
  const { store, context } = sides
  const { from, to, currency } = question
  const all: RoiQuestion = { ...question, by: [], filters: {}, scope: 'loaded' }
  const newBusiness: RoiQuestion = { ...all, basis: 'conversions', conversion: 'won', dealTypes: NEW_BUSINESS }
  const day = lastDayOf(question, context)
  const calendar = { startMonth: context.settings.fiscalYearStartMonth }
  const [inputs, won, teamRows, earned, paidRows] = await Promise.all([
    sides.finance(question),
    sides.won(newBusiness),
    sides.spend({ ...all, by: ['team'] }),
    creditFrom(sides, all),
    creditFrom(sides, { ...newBusiness, by: ['channel'] }),
  ])
  const { customers, cycleDays } = customersOf(won, { from, to, yearBefore: yearBefore(to) })
  const window = { from: addDays(from, -cycleDays), to: addDays(to, -cycleDays) }
  const [arpaInput, marginInput, churnInput] = ['arpa', 'gross-margin', 'churn'].map(name => financeInput(inputs, name, day, calendar))
  const [shifted, shiftedTeams, arpa] = await Promise.all([
    sides.spend({ ...all, by: ['channel'], ...window }),
    sides.spend({ ...all, by: ['team'], ...window }),
    arpaInput ? worthOf(store, context, arpaInput, currency, day) : null,
  ])

  const spent = shifted.map(row => ({ ...spendRow(row), channel: String(row['channel']) }))
  const inAll = spent.find(row => row.is_total === 1)
  const paidChannels = new Set(spent.filter(row => row.is_total === 0 && row.media > 0n && row.channel !== NONE).map(row => row.channel))
  const paidCredit = paidRows.found
    .map(row => CreditRow.parse(row))
    .filter(row => row.is_total === 0 && paidChannels.has(row.channel ?? ''))
    .reduce((sum, { credit }) => sum + credit, 0n)
  const sales = teamRows.filter(row => isSales(row['team'])).reduce((sum, row) => sum + spendRow(row).spent, 0n)
  const revenue = earned.found.map(row => CreditRow.parse(row)).find(row => row.is_total === 1)?.money ?? 0n

  const unit = `${currency} minor`
  const [marginPpm, churnPpm] = [marginInput?.ratio_ppm ?? null, churnInput?.ratio_ppm ?? null]
  const unsaid = [...(arpa === null ? ['arpa_missing'] : []), ...(marginPpm === null ? ['gross_margin_missing'] : [])]
  const flagsWith = (more: readonly string[]): string[] => [...new Set([...context.flags, ...more])].toSorted()
  const rate = (inAll?.rate_missing ?? 0) > 0 ? ['rate_missing'] : []
  const label = { spend_scope: 'loaded' }
  const spentAll = exact(
    shiftedTeams
      .filter(row => !isElsewhere(row['team']))
      .reduce((sum, row) => (spendRow(row).is_total === 0 ? sum + spendRow(row).spent : sum), 0n),
  )
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
      cycle_days: cycleDays,
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
      cycle_days: cycleDays,
      metric: 'M72',
      value: moneyEach(exact(inAll?.media ?? 0n), exact(paidCredit) / MILLION),
      unit,
      numerator: exact(inAll?.media ?? 0n),
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
