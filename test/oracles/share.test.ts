import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { millionths, reciprocals } from './share.ts'

describe('millionths', () => {
  it.each([
    { weights: [1n], credit: [1_000_000] },
    { weights: [1n, 1n, 1n], credit: [333_334, 333_333, 333_333] }, // ties to the earliest
    { weights: [1n, 2n], credit: [333_333, 666_667] }, // the larger remainder, not the earlier
    { weights: [0n, 7n, 0n], credit: [0, 1_000_000, 0] },
    { weights: [1n, 1n, 1n, 1n, 1n, 1n], credit: [166_667, 166_667, 166_667, 166_667, 166_666, 166_666] },
  ])('shares by $weights as $credit', ({ weights, credit }) => {
    expect(millionths(weights)).toEqual(credit)
  })

  it('neither gains nor loses a millionth, and never takes from a larger weight for a smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 10n ** 12n), { minLength: 1, maxLength: 40 }), weights => {
        fc.pre(weights.some(weight => weight > 0n))
        const credit = millionths(weights)
        expect(credit.reduce((sum, share) => sum + share, 0)).toBe(1_000_000)
        const byWeight = weights
          .map((weight, index) => ({ weight, share: credit[index] ?? 0 }))
          .toSorted((a, b) => Number(a.weight - b.weight) || a.share - b.share)
        expect(byWeight.map(({ share }) => share)).toEqual(credit.toSorted((a, b) => a - b))
      }),
    )
  })

  it('refuses to share nothing', () => {
    expect(() => millionths([])).toThrow(RangeError)
    expect(() => millionths([0n])).toThrow(RangeError)
  })

  it('keeps one part in two, three and one in proportion', () => {
    expect(reciprocals([2, 3, 1, 2])).toEqual([3n, 2n, 6n, 3n])
  })
})
