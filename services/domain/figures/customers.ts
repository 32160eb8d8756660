import { bind, type Sql, sql } from '../sql.ts'
import { closeDay, dateIn, NONE } from './attribution.ts'
import type { FigureSources } from './sources.ts'

export type CustomersQuestion = {
  /** Dates in the tenant's zone, `to` exclusive. */
  readonly from: string
  readonly to: string
  readonly zone: string
  /** Deal types of new business, `(none)` for those that say none. */
  readonly dealTypes: readonly string[]
}

/**
 * What CAC divides by and looks back over (metrics M71): `customers` accounts with a new-business deal won in the period, and `cycle_days`, the median of days from
 * creation to close of those won in the twelve months up to its end (M20, C10); 0 where there are none.
 */
export const newCustomers = ({ dealJourney }: FigureSources, { from, to, zone, dealTypes }: CustomersQuestion): Sql => sql`
  SELECT uniqExactIf(customer, day >= ${bind.date(from)}) AS customers, arraySort(groupArrayIf(cycle, day >= addMonths(toDate32(${bind.date(to)}), -12))) AS cycles,
    cycles[intDiv(50 * length(cycles) + 99, 100)] AS cycle_days
  FROM (
    SELECT if(account = '', deal_id, account) AS customer, assumeNotNull(${closeDay(zone)}) AS day, greatest(0, toInt32(day) - toInt32(${dateIn(sql`created_at`, zone)})) AS cycle
    FROM ${dealJourney}
    WHERE outcome = 'won' AND counted = 1 AND isNotNull(${closeDay(zone)}) AND if(deal_type = '', ${bind.string(NONE)}, deal_type) IN (${bind.strings(dealTypes)})
  )
  WHERE day < ${bind.date(to)}`
