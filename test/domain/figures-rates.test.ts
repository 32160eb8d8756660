import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incidence, ratio, type TimeToEvent, wilson } from '../../services/domain/figures/rates.ts'

const after = (days: number, what: TimeToEvent['what'], units = 1): TimeToEvent => ({ micros: days * 86_400_000_000, what, units })

describe('rates', () => {
  it('won after 10 days, rejected after 5, open since 8, won after 20: 75 % convert (M6)', () => {
    expect(incidence([after(10, 'converted'), after(5, 'exited'), after(8, 'censored'), after(20, 'converted')])).toBe(0.75)
  })

  it('estimates what it observes where nothing is open', () => {
    const units = fc.array(fc.record({ days: fc.nat(30), converted: fc.boolean(), units: fc.integer({ min: 1, max: 5 }) }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(units, rows => {
        const all = rows.reduce((sum, row) => sum + row.units, 0)
        const converted = rows.reduce((sum, row) => sum + (row.converted ? row.units : 0), 0)
        const estimate = incidence(rows.map(row => after(row.days, row.converted ? 'converted' : 'exited', row.units)))
        expect(estimate).toBeCloseTo(converted / all, 10)
      }),
    )
  })

  it('an observation that ends at the instant of an event is still at risk in it', () => {
    expect(incidence([after(8, 'converted'), after(8, 'censored')])).toBe(0.5)
  })

  it('has no rate without trials', () => {
    expect([ratio(0, 0), wilson(0, 0), incidence([])]).toEqual([null, null, null])
  })

  it('is bounded exactly where all or none converted', () => {
    for (const trials of [1, 3, 7, 30, 1_000]) expect([wilson(0, trials)?.[0], wilson(trials, trials)?.[1]]).toEqual([0, 1])
  })

  it.each([
    { successes: 75, trials: 100, interval: [0.657, 0.8245] },
    { successes: 0, trials: 10, interval: [0, 0.2775] },
    { successes: 10, trials: 10, interval: [0.7225, 1] },
    { successes: 1, trials: 4, interval: [0.0456, 0.6994] },
  ])('Wilson’s interval of $successes in $trials is $interval', ({ successes, trials, interval }) => {
    expect(wilson(successes, trials)?.map(bound => Math.round(bound * 1e4) / 1e4)).toEqual(interval)
  })
})
