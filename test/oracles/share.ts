const MILLION = 1_000_000n

/**
 * Credit in integer millionths that add to 1,000,000 exactly: each share rounded down, what is missing given one by one to the
 * largest remainders, the earliest first among equals (M53). Weights are exact integers ≥ 0, in the order of the touches.
 * Nothing to share, or only weights of 0, throws `RangeError`.
 */
export const millionths = (weights: readonly bigint[]): readonly number[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total <= 0n) throw new RangeError(`nothing to share among ${weights.length} weights of ${total}`)

  const shares = weights.map((weight, index) => ({
    index,
    floor: (weight * MILLION) / total,
    remainder: (weight * MILLION) % total,
  }))
  const missing = Number(MILLION - shares.reduce((sum, share) => sum + share.floor, 0n))
  const rounded = shares.toSorted((a, b) => Number(b.remainder > a.remainder) - Number(b.remainder < a.remainder) || a.index - b.index)
  const raised = new Set(rounded.slice(0, missing).map(share => share.index))
  return shares.map(share => Number(share.floor) + (raised.has(share.index) ? 1 : 0))
}

/** 1/n of every denominator as exact integers of the same proportions: each becomes (product of all) / n. */
export const reciprocals = (denominators: readonly number[]): readonly bigint[] => {
  const product = [...new Set(denominators)].reduce((value, n) => value * BigInt(n), 1n)
  return denominators.map(n => product / BigInt(n))
}
