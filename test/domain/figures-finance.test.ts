import { describe, expect, it } from 'vitest'
import { financeInput, financeInputsOf, lifetimeValue } from '../../services/domain/figures/finance.ts'

const rowOf = (payload: { readonly input_id: string } & Readonly<Record<string, unknown>>) => ({
  event_id: payload.input_id,
  payload: JSON.stringify(payload),
})
const CALENDAR = { startMonth: 2 }

describe('lifetime value (M74)', () => {
  it('of 1,000 a month at a margin of .8 and a churn of 1 % is 80,000, and 36,227 within 60 months', () => {
    const value = lifetimeValue(100_000n, 800_000, 10_000)
    expect(value.uncapped).toBe(8_000_000)
    expect(Math.floor((value.capped ?? 0) / 100)).toBe(36_227)
  })

  it('has no end without churn, and is one month with a churn of all', () => {
    expect(lifetimeValue(100n, 1_000_000, 0)).toEqual({ uncapped: null, capped: 6_000 })
    expect(lifetimeValue(100n, 500_000, 1_000_000)).toEqual({ uncapped: 50, capped: 50 })
  })
})

describe('figures from finance', () => {
  const inputs = financeInputsOf([
    rowOf({ input_id: 'a', name: 'gross-margin', ratio_ppm: 700_000 }),
    rowOf({ input_id: 'b', name: 'gross-margin', ratio_ppm: 750_000, from_on: '2026-01-01', to_on: '2026-04-01' }),
    rowOf({ input_id: 'c', name: 'gross-margin', ratio_ppm: 800_000, period: '2026-Q2' }),
    rowOf({ input_id: 'd', name: 'gross-margin', ratio_ppm: 990_000, region: 'emea' }),
    rowOf({ input_id: 'e', name: 'churn', period: 'some day', ratio_ppm: 1 }),
    rowOf({ input_id: 'f', title: 'no figure' }),
  ])
  const margin = (day: string) => financeInput(inputs, 'gross-margin', day, CALENDAR)?.ratio_ppm

  it('holds from its first day to the one before its last, or for its fiscal period, and the last said of several counts', () => {
    expect([margin('2025-12-31'), margin('2026-01-01'), margin('2026-03-31'), margin('2026-04-01')]).toEqual([
      700_000, 750_000, 750_000, 700_000,
    ])
    // with a fiscal year from February, the second quarter of 2026 is May to July 2025
    expect([margin('2025-04-30'), margin('2025-05-01'), margin('2025-07-31')]).toEqual([700_000, 800_000, 800_000])
  })

  it('is of the whole company, and nothing where nobody said it or its period is none', () => {
    expect(inputs).toHaveLength(5)
    expect([financeInput(inputs, 'churn', '2026-01-01', CALENDAR), financeInput(inputs, 'arpa', '2026-01-01', CALENDAR)]).toEqual([
      null,
      null,
    ])
  })
})
