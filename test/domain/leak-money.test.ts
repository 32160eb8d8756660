import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perDay } from '../../services/api/funnel/sales-velocity.ts'
import { leaks } from '../../services/domain/figures/leak-money.ts'

const rate = (passed: number, entries: number) => ({ passed, entries })

describe('leaks in money (M22)', () => {
  it('1,000 MQL, baseline .5/.4/.25, actual .4/.5/.25: +10 − 10 + 0 = 0', () => {
    const past = [rate(500, 1000), rate(400, 1000), rate(250, 1000)]
    const found = leaks({ actual: [1000, 400, 200, 50], baseline: past, yields: past, won: { value: 4_000_000n, deals: 2 } })
    expect(found.map(({ wins }) => wins)).toEqual([10, -10, 0])
    expect(found.map(({ money }) => money)).toEqual([20_000_000n, -20_000_000n, 0n])
    expect(found.map(({ pWin }) => pWin)).toEqual([0.1, 0.25, 1])
  })

  it('says nothing where there is nothing to compare with', () => {
    expect(leaks({ actual: [10, 5], baseline: [rate(0, 0)], yields: [rate(0, 0)], won: { value: 1n, deals: 1 } })).toMatchObject([
      { wins: null, money: null },
    ])
  })

  it('adds up to baseline wins − actual wins, whatever the counts are', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 5, maxLength: 5 }).map(list => list.toSorted((a, b) => b - a))
    fc.assert(
      fc.property(counts, counts, (actual, past) => {
        const baseline = past.slice(1).map((passed, k) => rate(passed, past[k] ?? 1))
        const found = leaks({ actual, baseline, yields: baseline, won: { value: 1n, deals: 1 } })
        const wins = found.reduce((sum, leak) => sum + (leak.wins ?? 0), 0)
        const [first = 0, last = 0] = [actual[0], actual.at(-1)]
        expect(wins).toBeCloseTo((first * (past.at(-1) ?? 0)) / (past[0] ?? 1) - last, 6)
      }),
      { seed: 11, numRuns: 200 },
    )
  })
})

describe('sales velocity (M21)', () => {
  it('40 open × .25 × 20,000 / 80 days is 2,500 a day', () => {
    expect(perDay({ open: 40, won: 25, decided: 100, valued: 25, value: 500_000n, cycled: 25, cycle_days: 2000 })).toBe(2500)
  })

  it('is nothing where nothing was decided', () => {
    expect(perDay({ open: 40, won: 0, decided: 0, valued: 0, value: 0n, cycled: 0, cycle_days: 0 })).toBeNull()
  })
})
