/** What a quarter-plan says, or what came of it: entries to the first stage, the yield of each step, the mean value of a won deal. */
export type PlanPath = {
  readonly entries: number
  readonly yields: readonly { readonly from: string; readonly to: string; readonly rate: number }[]
  readonly meanWonValue: number
}

export type VariancePart = { readonly part: string; readonly money: number }

const revenueOf = ({ entries, yields, meanWonValue }: PlanPath): number =>
  yields.reduce((units, step) => units * step.rate, entries) * meanWonValue

/**
 * Plan variance (metrics M104) in the telescoping form of M22: what came is put in place of what was planned one after the other, from the first stage to
 * the value of a deal, so that the parts add up to actual − plan exactly. Throws `RangeError` where the two have different steps.
 */
export const planVariance = (plan: PlanPath, actual: PlanPath): readonly VariancePart[] => {
  const name = ({ from, to }: { readonly from: string; readonly to: string }): string => `${from}→${to}`
  if (plan.yields.map(name).join() !== actual.yields.map(name).join())
    throw new RangeError(`plan and actual have different steps: ${plan.yields.map(name).join()} and ${actual.yields.map(name).join()}`)
  const parts: VariancePart[] = []
  let now = plan
  const replace = (part: string, next: PlanPath): void => {
    parts.push({ part, money: revenueOf(next) - revenueOf(now) })
    now = next
  }
  replace('entries', { ...now, entries: actual.entries })
  for (const [place, step] of actual.yields.entries())
    replace(name(step), { ...now, yields: now.yields.map((other, i) => (i === place ? step : other)) })
  replace('mean_won_value', { ...now, meanWonValue: actual.meanWonValue })
  return parts
}
