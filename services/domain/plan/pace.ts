import { ratio } from '../figures/rates.ts'

/** What had come by each day of an earlier period that is over; days are counted from its start. */
export type EarlierPeriod = { readonly days: number; readonly byDay: ReadonlyMap<number, number> }

export type Attainment = {
  readonly actual: number
  readonly target: number
  /** actual / target; null without a target to reach. */
  readonly attained: number | null
  /** Share of the period's days that are over. */
  readonly linear: number
  /** Share that had come by then in earlier periods, all of them together; null without any. */
  readonly seasonal: number | null
  readonly periods: number
  /** What should have come by now, by either pace. */
  readonly expectedLinear: number
  readonly expectedSeasonal: number | null
}

/** Attainment to date (metrics M98) after `elapsed` of `days` days, against the even pace and the one of earlier periods. */
export const attainment = ({
  actual,
  target,
  elapsed,
  days,
  earlier,
}: {
  readonly actual: number
  readonly target: number
  readonly elapsed: number
  readonly days: number
  readonly earlier: readonly EarlierPeriod[]
}): Attainment => {
  const linear = days === 0 ? 1 : Math.min(1, Math.max(0, elapsed / days))
  let [soFar, all, periods] = [0, 0, 0]
  for (const period of earlier) {
    // the same share of the period: quarters have 89 to 92 days
    const until = Math.round(linear * period.days)
    let [before, total] = [0, 0]
    for (const [day, amount] of period.byDay) {
      total += amount
      if (day < until) before += amount
    }
    if (total <= 0) continue
    soFar += before
    all += total
    periods += 1
  }
  const seasonal = ratio(soFar, all)
  return {
    actual,
    target,
    attained: ratio(actual, target),
    linear,
    seasonal,
    periods,
    expectedLinear: target * linear,
    expectedSeasonal: seasonal === null ? null : target * seasonal,
  }
}
