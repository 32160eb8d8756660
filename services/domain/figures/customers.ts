import { bind, type Sql, sql } from '../sql.ts'
import { closeDay, dateIn, isOfType } from './attribution.ts'
import type { FigureSources } from './sources.ts'

/** A deal of new business that was won: whose, on which day, and how many days after it was created. */
export type WonCustomer = { readonly day: string; readonly customer: string; readonly cycle: number }

/** (day, customer, cycle) of every won deal of those types, `(none)` for deals that say none; a deal of no account is a customer of its own. */
export const wonCustomers = ({ dealJourney }: FigureSources, zone: string, dealTypes: readonly string[]): Sql => sql`
  SELECT toString(assumeNotNull(closed_on)) AS day, if(account = '', deal_id, account) AS customer, greatest(0, toInt32(assumeNotNull(closed_on)) - toInt32(${dateIn(sql`created_at`, zone)})) AS cycle
  FROM (SELECT *, ${closeDay(zone)} AS closed_on FROM ${dealJourney} WHERE outcome = 'won' AND counted = 1)
  WHERE isNotNull(closed_on) AND ${isOfType(dealTypes)}
  ORDER BY day, customer, cycle`

/** The won deals of a period, each with the customer's first of them counting one, as explain lists them. */
export const customersProof = (
  { dealJourney }: FigureSources,
  {
    zone,
    dealTypes,
    from,
    to,
  }: { readonly zone: string; readonly dealTypes: readonly string[]; readonly from: string; readonly to: string },
): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, arrayFilter(id -> id != '', [toString(closed_event_id)]) AS event_ids, customer AS note, '' AS at,
    toString(row_number() OVER (PARTITION BY customer ORDER BY day, deal_id) = 1) AS contribution, '0' AS base
  FROM (
    SELECT deal_id, toString(account) AS account, closed_event_id, if(account = '', deal_id, toString(account)) AS customer, toString(assumeNotNull(closed_on)) AS day
    FROM (SELECT *, ${closeDay(zone)} AS closed_on FROM ${dealJourney} WHERE outcome = 'won' AND counted = 1)
    WHERE isNotNull(closed_on) AND ${isOfType(dealTypes)}
  )
  WHERE day >= ${bind.string(from)} AND day < ${bind.string(to)}
  ORDER BY id`

/**
 * What CAC divides by and looks back over (metrics M71): accounts with a deal won in [from, to), and the median (M20, C10: the ⌈n/2⌉-th smallest) of the days
 * that deals took which were won in the year up to `to`; 0 where none was.
 */
export const customersOf = (
  won: readonly WonCustomer[],
  { from, to, yearBefore }: { readonly from: string; readonly to: string; readonly yearBefore: string },
): { readonly customers: number; readonly cycleDays: number } => {
  const until = won.filter(({ day }) => day < to)
  const cycles = until
    .filter(({ day }) => day >= yearBefore)
    .map(({ cycle }) => cycle)
    .toSorted((a, b) => a - b)
  return {
    customers: new Set(until.filter(({ day }) => day >= from).map(({ customer }) => customer)).size,
    cycleDays: cycles[Math.ceil(cycles.length / 2) - 1] ?? 0,
  }
}
