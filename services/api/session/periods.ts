import { addDays, type FiscalCalendar, monthsOf, parsePeriod, quarterOf } from '../../domain/periods.ts'

export type OfferedPeriod = {
  /** As it stands in `period=`. */
  readonly period: string
  readonly kind: 'year' | 'quarter' | 'month'
  /** Dates in the tenant's zone; `to` is the day after the last. */
  readonly from: string
  readonly to: string
  readonly state: 'closed' | 'running' | 'coming'
}

const QUARTERS_BACK = 8

/** Fiscal years, quarters and months around `today` that a reader may want, newest first: two years back, one quarter ahead. */
export const offeredPeriods = (today: string, fiscal: FiscalCalendar): readonly OfferedPeriod[] => {
  const offered = (period: string, kind: OfferedPeriod['kind']): OfferedPeriod => {
    const range = parsePeriod(period, fiscal)
    if (!range.ok || range.value.from === null || range.value.to === null) throw new RangeError(`no period ${period}`)
    const { from, to } = range.value
    return { period, kind, from, to, state: to <= today ? 'closed' : from <= today ? 'running' : 'coming' }
  }
  const year = Number(quarterOf(today, fiscal).slice(0, 4))
  const quarters = [year + 1, year, year - 1, year - 2]
    .flatMap(each => [4, 3, 2, 1].map(quarter => offered(`${each}-Q${quarter}`, 'quarter')))
    .filter(({ from }) => from <= addDays(today, 92))
  const running = quarters.findIndex(({ state }) => state === 'running')
  const kept = quarters.slice(Math.max(0, running - 1), running + 1 + QUARTERS_BACK)
  const oldest = kept.at(-1)?.from ?? today
  const months = monthsOf({ from: oldest, to: addDays(today, 1) })
  return [
    ...kept,
    ...[year, year - 1].map(each => offered(String(each), 'year')),
    ...months.toReversed().map(month => offered(month, 'month')),
  ]
}
