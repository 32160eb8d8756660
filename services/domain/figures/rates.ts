/** Rates and their uncertainty. The only floats of a figure: they come after the last aggregate (design D11). */

const Z95 = 1.959963984540054

/** Wilson score interval, 95 % (metrics C4); null without trials. */
export const wilson = (successes: number, trials: number): readonly [number, number] | null => {
  if (trials <= 0) return null
  const rate = successes / trials
  const z2 = Z95 * Z95
  const scale = 1 + z2 / trials
  const middle = (rate + z2 / (2 * trials)) / scale
  const half = (Z95 / scale) * Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials * trials))
  // at the ends the bound is exact, and rounding would say 0.9999999999999999
  return [successes === 0 ? 0 : Math.max(0, middle - half), successes === trials ? 1 : Math.min(1, middle + half)]
}

/** null where there is nothing to divide by (metrics C3). */
export const ratio = (numerator: number, denominator: number): number | null => (denominator === 0 ? null : numerator / denominator)

/** The ⌈p·n⌉-th smallest of numbers in rising order (metrics C10); null of none. */
export const percentileOf = (sorted: readonly number[], p: number): number | null =>
  sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)] ?? null

export type TimeToEvent = { readonly micros: number; readonly what: 'converted' | 'exited' | 'censored'; readonly units: number }

/**
 * Aalen–Johansen estimate of the share that converts, the other exits competing (metrics M6): at each instant, what is left of the
 * cohort times the share of those at risk that converts then. Who was observed only up to an instant is still at risk in it.
 */
export const incidence = (times: readonly TimeToEvent[]): number | null => {
  const instants = Map.groupBy(times, time => time.micros)
  let atRisk = times.reduce((sum, time) => sum + time.units, 0)
  if (atRisk === 0) return null
  let left = 1
  let converted = 0
  for (const micros of [...instants.keys()].toSorted((a, b) => a - b)) {
    const here = { converted: 0, exited: 0, censored: 0 }
    for (const { what, units } of instants.get(micros) ?? []) here[what] += units
    converted += left * (here.converted / atRisk)
    left *= 1 - (here.converted + here.exited) / atRisk
    atRisk -= here.converted + here.exited + here.censored
  }
  return converted
}

/**
 * Kaplan–Meier median of spans of which some still run (metrics M11, M12): the first at which no more than half are left. Who runs no longer at an instant is still at risk in it. null where more
 * than half never ended. Exact: the share that is left is a fraction of integers.
 */
export const survivalMedian = (
  times: readonly { readonly micros: number; readonly done: boolean; readonly units: number }[],
): number | null => {
  const instants = Map.groupBy(times, time => time.micros)
  let atRisk = times.reduce((sum, time) => sum + time.units, 0)
  // while nobody is censored the factors telescope: left = numerator / denominator of whole units, shortened whenever they cancel
  let left = { of: 1n, by: 1n }
  let runFrom = atRisk
  for (const micros of [...instants.keys()].toSorted((a, b) => a - b)) {
    let ended = 0
    let censored = 0
    for (const { done, units } of instants.get(micros) ?? []) {
      if (done) ended += units
      else censored += units
    }
    const after = { of: left.of * BigInt(atRisk - ended), by: left.by * BigInt(runFrom) }
    if (ended > 0 && after.of * 2n <= after.by) return micros
    atRisk -= ended
    if (censored === 0) continue
    left = shortened(after)
    atRisk -= censored
    runFrom = atRisk
  }
  return null
}

/** Both shifted down alike once they are longer than any figure needs: 400 bits of a share. */
const shortened = ({ of, by }: { readonly of: bigint; readonly by: bigint }): { readonly of: bigint; readonly by: bigint } => {
  const extra = by.toString(2).length - 400
  return extra <= 0 ? { of, by } : { of: of >> BigInt(extra), by: by >> BigInt(extra) }
}
