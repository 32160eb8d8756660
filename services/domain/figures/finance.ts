import { z } from 'zod'
import { type FiscalCalendar, parsePeriod } from '../periods.ts'
import { type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** The figures from finance that are known, each as last said, in the order in which they were said. */
export const financeInputs = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT argMax(payload, said) AS payload, max(said) AS at, toString(at.3) AS event_id
  FROM (SELECT subject, payload, (occurred_at, recorded_at, event_id) AS said FROM ${recordFacts} WHERE type = 'finance-input-recorded')
  GROUP BY subject
  ORDER BY at`

const Payload = z.object({
  name: z.string(),
  period: z.string().default(''),
  from_on: z.string().nullable().default(null),
  to_on: z.string().nullable().default(null),
  amount_minor: z.coerce.bigint().nullable().default(null),
  currency: z.string().default(''),
  ratio_ppm: z.number().nullable().default(null),
  segment: z.string().default(''),
  product: z.string().default(''),
  region: z.string().default(''),
})
export type FinanceInput = z.output<typeof Payload> & { readonly event_id: string }

const InputRow = z.object({ event_id: z.string(), payload: z.string().transform(text => JSON.parse(text) as unknown) })

/** Rows of `financeInputs`; what is no such figure is left out. */
export const financeInputsOf = (rows: readonly unknown[]): readonly FinanceInput[] =>
  rows.flatMap(row => {
    const { event_id, payload } = InputRow.parse(row)
    const parsed = Payload.safeParse(payload)
    return parsed.success ? [{ ...parsed.data, event_id }] : []
  })

const covers = ({ from_on, to_on, period }: FinanceInput, day: string, calendar: FiscalCalendar): boolean => {
  if ((from_on !== null && day < from_on) || (to_on !== null && day >= to_on)) return false
  if (period === '') return true
  const range = parsePeriod(period, calendar)
  return range.ok && (range.value.from ?? '') <= day && day < (range.value.to ?? '9999')
}

/** The figure of the whole company that holds on a day, the last said of several; null where nobody said one. */
export const financeInput = (inputs: readonly FinanceInput[], name: string, day: string, calendar: FiscalCalendar): FinanceInput | null =>
  inputs.findLast(
    input => input.name === name && input.segment === '' && input.product === '' && input.region === '' && covers(input, day, calendar),
  ) ?? null

/** Months of M74's cap. */
export const CAP_MONTHS = 60

/**
 * M74 lifetime value in minor units, the nearest: monthly revenue per account × gross margin / monthly churn; and what of it comes within 60 months, Σ₀⁵⁹ (1 − churn)^k.
 * Without churn there is no uncapped one.
 */
export const lifetimeValue = (
  arpaMinor: bigint,
  marginPpm: number,
  churnPpm: number,
): { readonly uncapped: number | null; readonly capped: number } => {
  const monthly = Number(arpaMinor * BigInt(marginPpm)) / 1_000_000
  let stays = 1
  let months = 0
  for (let month = 0; month < CAP_MONTHS; month++) {
    months += stays
    stays *= 1 - churnPpm / 1_000_000
  }
  return { uncapped: churnPpm === 0 ? null : Math.round((monthly * 1_000_000) / churnPpm), capped: Math.round(monthly * months) }
}
