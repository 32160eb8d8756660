/** M22 as arithmetic of counts: nothing is rounded before the money. */

type Fraction = { readonly of: bigint; readonly by: bigint }

const product = (fractions: readonly Fraction[]): Fraction =>
  fractions.reduce<Fraction>((all, { of, by }) => ({ of: all.of * of, by: all.by * by }), { of: 1n, by: 1n })

/** The nearest whole number, halves to the even. */
const nearest = ({ of, by }: Fraction): bigint => {
  const size = of < 0n ? -of : of
  const whole = size / by
  const twice = 2n * (size % by)
  const rounded = twice > by || (twice === by && whole % 2n === 1n) ? whole + 1n : whole
  return of < 0n ? -rounded : rounded
}

export type LeakInputs = {
  /** Units of the cohort that came so far, one count a stage of the chain; one more than there are transitions. */
  readonly actual: readonly number[]
  /** The baseline of each transition as counts: those who went on of those who entered, observed as long as the cohort was. */
  readonly baseline: readonly { readonly entries: number; readonly passed: number }[]
  /** The same, observed for all of their horizons: what P(win) is a product of. */
  readonly yields: readonly { readonly entries: number; readonly passed: number }[]
  /** What was won in minor units, and how many deals that was. */
  readonly won: { readonly value: bigint; readonly deals: number }
}

export type Leak = {
  readonly entries: number
  readonly passed: number
  /** P(win) from the stage after the transition. */
  readonly pWin: number | null
  /** Wins that the transition cost against its baseline; negative: that it gained. */
  readonly wins: number | null
  readonly money: bigint | null
}

/**
 * Each transition's leak: (baseline rate − actual rate) × entries × P(win | after it) × mean won value, signed. Over a chain whose yields are the baseline's they add up to
 * (baseline wins − actual wins) × mean won value: every step telescopes. null where there is nothing to compare with.
 */
export const leaks = ({ actual, baseline, yields, won }: LeakInputs): readonly Leak[] =>
  baseline.map(({ entries: baseEntries, passed: basePassed }, index): Leak => {
    const [entries = 0, passed = 0] = [actual[index], actual[index + 1]]
    const downstream = yields.slice(index + 1).map(({ entries: by, passed: of }) => ({ of: BigInt(of), by: BigInt(by) }))
    const win = product(downstream)
    const none = { entries, passed, pWin: win.by === 0n ? null : ratioOf(win), wins: null, money: null }
    if (baseEntries === 0 || win.by === 0n) return none
    const lost = product([
      { of: BigInt(basePassed) * BigInt(entries) - BigInt(passed) * BigInt(baseEntries), by: BigInt(baseEntries) },
      win,
    ])
    return {
      ...none,
      wins: ratioOf(lost),
      money: won.deals === 0 ? null : nearest(product([lost, { of: won.value, by: BigInt(won.deals) }])),
    }
  })

/** The one division, to twelve places. */
const ratioOf = ({ of, by }: Fraction): number => Number(nearest({ of: of * 1_000_000_000_000n, by })) / 1e12
