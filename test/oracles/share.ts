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

/** Money in minor units by millionths that add up to 1,000,000: rounded down, what is missing to the largest remainders, the earliest first; a negative amount by its absolute value (M53). */
export const splitMoney = (amount: bigint, shares: readonly number[]): readonly bigint[] => {
  const size = amount < 0n ? -amount : amount
  const parts = shares.map((share, index) => ({ index, floor: (size * BigInt(share)) / MILLION, rest: (size * BigInt(share)) % MILLION }))
  const missing = Number(size - parts.reduce((sum, part) => sum + part.floor, 0n))
  const raised = new Set(
    parts
      .toSorted((a, b) => Number(b.rest > a.rest) - Number(b.rest < a.rest) || a.index - b.index)
      .slice(0, missing)
      .map(({ index }) => index),
  )
  return parts.map(({ index, floor }) => (floor + (raised.has(index) ? 1n : 0n)) * (amount < 0n ? -1n : 1n))
}
