import { splitByWeights } from '../money.ts'

/** A whole number of 2⁻¹⁰⁰: shares down to 2⁻⁴⁸ keep every digit. */
const SCALE = 2 ** 100

/** Shares as whole numbers in proportion, for arithmetic that must not lose a unit. Less than nothing is nothing. */
const wholeWeights = (shares: readonly number[]): readonly bigint[] => shares.map(share => BigInt(Math.trunc(Math.max(0, share) * SCALE)))

/**
 * `total` (millionths of credit, or minor units of money) over channels by their shares, to the last unit: floor and largest remainder, ties to the
 * earlier channel, negatives by absolute value (metrics M53, M64). Shares that are all 0 split evenly.
 */
export const creditByShare = (total: bigint, shares: readonly number[]): readonly bigint[] => {
  if (shares.length === 0) return []
  const weights = wholeWeights(shares)
  return splitByWeights(total, weights.some(weight => weight > 0n) ? weights : weights.map(() => 1n))
}
