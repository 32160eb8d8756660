/** A rate of one part of the whole, as counts. */
export type PartRate = { readonly name: string; readonly numerator: number; readonly denominator: number }

/**
 * What one part did to a rate from one period to the next: `rate`, because its own changed; `mix`, because it weighs more or less in the whole. `total` is both.
 */
export type Mover = { readonly name: string; readonly rate: number; readonly mix: number; readonly total: number }

/**
 * What moved a rate, the largest effect first: the effects of all parts add up to the change of the rate. With weights w and rates r before (0) and after (1), a part's own rate did w₁(r₁ − r₀)
 * and its weight (w₁ − w₀)(r₀ − R₀), R₀ being the whole's rate before. A part that was not there before, or is not any more, has the whole's rate there, so that all of it is mix or all of
 * it rate, never a division by nothing. Empty where one of the two periods has nothing to divide by.
 */
export const movers = (before: readonly PartRate[], after: readonly PartRate[]): readonly Mover[] => {
  const whole = (parts: readonly PartRate[], of: 'numerator' | 'denominator'): number => parts.reduce((sum, part) => sum + part[of], 0)
  const [all0, all1] = [whole(before, 'denominator'), whole(after, 'denominator')]
  if (all0 === 0 || all1 === 0) return []
  const rate0 = whole(before, 'numerator') / all0
  const rateOf = (part: PartRate | undefined): number =>
    part === undefined || part.denominator === 0 ? rate0 : part.numerator / part.denominator
  const names = [...new Set([...before, ...after].map(({ name }) => name))]
  const found = names.map((name): Mover => {
    const [past, now] = [before.find(part => part.name === name), after.find(part => part.name === name)]
    const [weight0, weight1] = [(past?.denominator ?? 0) / all0, (now?.denominator ?? 0) / all1]
    const [r0, r1] = [rateOf(past), rateOf(now)]
    const rate = weight1 * (r1 - r0)
    const mix = (weight1 - weight0) * (r0 - rate0)
    return { name, rate, mix, total: rate + mix }
  })
  return found.toSorted((a, b) => Math.abs(b.total) - Math.abs(a.total) || (a.name < b.name ? -1 : 1))
}
