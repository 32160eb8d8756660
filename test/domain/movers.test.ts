import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { movers, type PartRate } from '../../services/domain/figures/movers.ts'

const part = (name: string, numerator: number, denominator: number): PartRate => ({ name, numerator, denominator })

describe('what moved a rate', () => {
  it('tells a worse part from one that only weighs more', () => {
    // the Americas answer half as often as before; EMEA is what it was
    const [first, second] = movers([part('americas', 80, 100), part('emea', 80, 100)], [part('americas', 40, 100), part('emea', 80, 100)])
    expect(first).toMatchObject({ name: 'americas', rate: -0.2, mix: 0 })
    expect(second).toMatchObject({ name: 'emea', rate: 0, mix: 0 })
    // nobody got worse; there is more of what always was worse
    const mixed = movers([part('good', 90, 100), part('bad', 10, 100)], [part('good', 90, 100), part('bad', 30, 300)])
    expect(mixed.map(({ name, rate }) => [name, rate])).toEqual([
      ['bad', 0],
      ['good', 0],
    ])
    expect(mixed.reduce((sum, { mix }) => sum + mix, 0)).toBeCloseTo(120 / 400 - 100 / 200, 12)
  })

  it('adds up to the change, whatever comes and goes', () => {
    const parts = fc.uniqueArray(
      fc
        .record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          denominator: fc.integer({ min: 1, max: 500 }),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        })
        .map(({ name, denominator, share }) => part(name, Math.floor(share * denominator), denominator)),
      { selector: one => one.name, minLength: 1 },
    )
    const rate = (list: readonly PartRate[]): number =>
      list.reduce((sum, one) => sum + one.numerator, 0) / list.reduce((sum, one) => sum + one.denominator, 0)
    fc.assert(
      fc.property(parts, parts, (before, after) => {
        expect(movers(before, after).reduce((sum, { total }) => sum + total, 0)).toBeCloseTo(rate(after) - rate(before), 9)
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  it('says nothing where there was nothing to divide by', () => {
    expect(movers([], [part('a', 1, 2)])).toEqual([])
  })
})
