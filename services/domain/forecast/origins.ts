import { DAY_MS, type Days } from './days.ts'
import { type DealHistory, knownAt } from './history.ts'
import type { Terms } from './known.ts'
import { type PeriodDays, periodBefore } from './periods-of.ts'

/** Place of the period that a day lies in, the latest first; −1: in none. Periods follow one another. */
export const placeOf = (periods: readonly PeriodDays[], day: number): number => {
  let [low, high] = [0, periods.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((periods[middle]?.from ?? 0) <= day) high = middle
    else low = middle + 1
  }
  const found = periods[low]
  return found !== undefined && day >= found.from && day < found.to ? low : -1
}

/** First day of business and first instant of knowledge in a history, as known at an instant. */
export const beginningOf = ({ deals }: DealHistory, terms: Terms, asOf: number): { readonly day: number; readonly known: number } => {
  let [at, known] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const { moves } of deals)
    for (const move of moves) {
      if (knownAt(move) > asOf) continue
      at = Math.min(at, move.at)
      known = Math.min(known, knownAt(move))
    }
  // of nothing there is no earlier period, and no day to forecast from
  return Number.isFinite(at) ? { day: terms.days.of(at / 1000), known } : { day: at, known }
}

/** The period, and those of its kind before it as far as business goes back, at most so many. */
export const periodsSince = (period: PeriodDays, most: number, firstDay: number): readonly PeriodDays[] => {
  const periods = [period]
  for (let n = 1; n <= most; n++) {
    const before = periodBefore(period, n)
    if (before.from < firstDay) break
    periods.push(before)
  }
  return periods
}

/** An instant (ms) from which the `n`-th period is forecast, `left` days before its end; `live`: now. */
export type GridPoint = { readonly at: number; readonly n: number; readonly left: number; readonly live: boolean }

/**
 * The instants to forecast from, in order: in every period those with as many days left as there are now, and steps before and after; last the one that is now. Nothing before
 * anything was known.
 */
export const originGrid = (
  periods: readonly PeriodDays[],
  now: number,
  { days, everyDays, since }: { readonly days: Days; readonly everyDays: number; readonly since: number },
): readonly GridPoint[] => {
  const today = days.of(now)
  const timeOfDay = Math.min(now - days.start(today), DAY_MS - 1)
  const daysLeft = (periods[0]?.to ?? today) - today
  const first = ((daysLeft % everyDays) + everyDays) % everyDays
  const grid: GridPoint[] = [{ at: now, n: 0, left: daysLeft, live: true }]
  periods.forEach(({ from, to }, n) => {
    const put = (left: number): void => {
      const at = days.start(to - left) + timeOfDay
      if (at < now && at >= since) grid.push({ at, n, left, live: false })
    }
    for (let left = first === 0 ? everyDays : first; left <= to - from; left += everyDays) put(left)
    // a period that is still to begin is compared with the same distance from earlier ones
    if (daysLeft > to - from) put(daysLeft)
  })
  return grid.toSorted((a, b) => a.at - b.at || b.n - a.n || Number(a.live) - Number(b.live))
}
