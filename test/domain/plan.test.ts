import { describe, expect, it } from 'vitest'
import { rollUp } from '../../services/domain/plan/call-roll-up.ts'
import { capacity } from '../../services/domain/plan/capacity.ts'
import { activityYields, mqlForecast } from '../../services/domain/plan/mql-forecast.ts'
import { attainment } from '../../services/domain/plan/pace.ts'
import { perChannel, type PlanStep, reverseFunnel, wholeUnits } from '../../services/domain/plan/reverse-funnel.ts'
import { planVariance } from '../../services/domain/plan/variance.ts'

const step = (
  from: string,
  to: string,
  override: number | null,
  counts: readonly [number, number] = [0, 0],
  kind: 'rate' | 'yield' = 'rate',
): PlanStep => ({
  from,
  to,
  kind,
  numerator: counts[0],
  denominator: counts[1],
  override,
})

describe('reverse funnel (M96)', () => {
  it('asks 30 deals, 120 SQO and 3,000 MQL for 1.2 million at 40,000, .25 and .04', () => {
    const needs = reverseFunnel({
      remaining: 120_000_000,
      meanWonValue: 4_000_000,
      steps: [step('mql', 'sqo', 0.04, [0, 0], 'yield'), step('sqo', 'won', 0.25)],
    })
    expect(needs.map(({ stage, needed }) => [stage, needed === null ? null : wholeUnits(needed)])).toEqual([
      ['won', 30],
      ['sqo', 120],
      ['mql', 3_000],
    ])
  })

  it('counts deals, not persons: 100 MQLs of which 10 feed 4 deals ask 200 MQLs for 8 deals', () => {
    const needs = reverseFunnel({ remaining: 8, meanWonValue: 1, steps: [step('mql', 'deal', null, [4, 100], 'yield')] })
    expect(needs.at(-1)?.needed).toBeCloseTo(200, 9)
  })

  it('gives a range that widens up the funnel, and none to rates that somebody has set', () => {
    const observed = reverseFunnel({
      remaining: 30,
      meanWonValue: 1,
      steps: [step('mql', 'sqo', null, [4, 100]), step('sqo', 'won', null, [25, 100])],
    })
    const [, sqo, mql] = observed
    expect(sqo?.interval?.map(bound => Math.round(bound))).toEqual([87, 171]) // 30 / .3430 and 30 / .1755: Wilson of 25 in 100
    const wide = (need: typeof mql): number => Math.log((need?.interval?.[1] ?? 0) / (need?.interval?.[0] ?? 1))
    expect(wide(mql)).toBeGreaterThan(wide(sqo))
    expect(reverseFunnel({ remaining: 30, meanWonValue: 1, steps: [step('sqo', 'won', 0.25)] }).at(-1)?.interval).toBeNull()
  })

  it('asks nothing of a target that is met, and cannot say where nothing was ever won', () => {
    const steps = [step('mql', 'won', null, [0, 50])]
    expect(reverseFunnel({ remaining: -5, meanWonValue: 10, steps }).map(need => need.needed)).toEqual([0, 0])
    expect(reverseFunnel({ remaining: 100, meanWonValue: 10, steps }).map(need => need.needed)).toEqual([10, null])
    expect(reverseFunnel({ remaining: 100, meanWonValue: null, steps }).map(need => need.needed)).toEqual([null, null])
  })

  it('shares leads out as channels brought them, at what they cost', () => {
    expect(
      perChannel(100, [
        { channel: 'search', leads: 30, spend: 6_000 },
        { channel: 'referral', leads: 10, spend: 0 },
        { channel: 'idle', leads: 0, spend: 900 },
      ]),
    ).toEqual([
      { channel: 'search', leads: 75, costPerLead: 200, spend: 15_000 },
      { channel: 'referral', leads: 25, costPerLead: 0, spend: 0 },
    ])
  })
})

describe('MQL forecast (M97)', () => {
  it('is 60 for 1,000 and, a month before, 500 at yield .08 with lags .6 and .3', () => {
    const plan = [
      { type: 'webinar', month: 9, volume: 500 },
      { type: 'webinar', month: 10, volume: 1_000 },
    ]
    expect(mqlForecast(10, plan, [{ type: 'webinar', yield: 0.08, lagShares: [0.6, 0.3] }], 0).mqls).toBeCloseTo(60, 9)
    expect(mqlForecast(10, plan, [{ type: 'webinar', yield: 0.08, lagShares: [0.6, 0.3] }], 25).mqls).toBeCloseTo(85, 9)
  })

  it('learns a yield only from activities that are old enough to have shown it', () => {
    const activities = [
      { type: 'webinar', month: 1, volume: 100 },
      { type: 'webinar', month: 2, volume: 100 }, // the month after it is not over
    ]
    const mqls = [
      { type: 'webinar', month: 1, lag: 0, mqls: 6 },
      { type: 'webinar', month: 1, lag: 1, mqls: 2 },
      { type: 'webinar', month: 2, lag: 0, mqls: 4 },
      { type: 'webinar', month: 2, lag: 1, mqls: 1 },
    ]
    const [learned] = activityYields(activities, mqls, { lastMonth: 2, maxLag: 1 })
    expect(learned?.yield).toBeCloseTo(0.07, 12) // 10/200 at once, 2/100 a month later
    expect(learned?.lagShares).toEqual([expect.closeTo(5 / 7, 12), expect.closeTo(2 / 7, 12)])
    expect(learned?.mqls).toBe(12)
  })
})

describe('attainment to date (M98)', () => {
  it('stands against the even pace and against the share that came by then before', () => {
    const back = {
      days: 90,
      byDay: new Map([
        [10, 20],
        [44, 10],
        [80, 70],
      ]),
    }
    const found = attainment({ actual: 30, target: 120, elapsed: 45, days: 90, earlier: [back, { days: 90, byDay: new Map() }] })
    expect(found).toMatchObject({ attained: 0.25, linear: 0.5, seasonal: 0.3, periods: 1, expectedLinear: 60, expectedSeasonal: 36 })
  })

  it('knows no seasonal pace without an earlier period, and no attainment without a target', () => {
    expect(attainment({ actual: 1, target: 0, elapsed: 1, days: 2, earlier: [] })).toMatchObject({ attained: null, seasonal: null })
  })
})

describe('capacity', () => {
  it('sets places against open leads, and the hours that touches take against those that there are', () => {
    const found = capacity(
      [
        { member: 'm_1', team: 'a', leads: 60, minutes: 1_200, open: 45 },
        { member: 'm_2', team: 'a', leads: null, minutes: null, open: 5 },
      ],
      { leads: 100, touchesPerLead: 7, minutesPerTouch: 6, weeks: 4 },
    )
    expect(found.sellers.map(({ load, free }) => [load, free])).toEqual([
      [0.75, 15],
      [null, null],
    ])
    expect(found).toMatchObject({ places: 60, open: 50, leadsPerSeller: 50, touches: 700, hoursNeeded: 70, hoursThere: 80 })
  })
})

describe('plan variance (M104)', () => {
  const path = (entries: number, rates: readonly [number, number], meanWonValue: number) => ({
    entries,
    yields: [
      { from: 'mql', to: 'sqo', rate: rates[0] },
      { from: 'sqo', to: 'won', rate: rates[1] },
    ],
    meanWonValue,
  })

  it('telescopes: its parts add up to what came less what was planned', () => {
    const parts = planVariance(path(1_000, [0.04, 0.25], 40_000), path(1_200, [0.05, 0.2], 38_000))
    expect(parts.map(({ part, money }) => [part, Math.round(money)])).toEqual([
      ['entries', 80_000], // 2 more deals at 40,000
      ['mql→sqo', 120_000], // 12 to 15
      ['sqo→won', -120_000], // 15 to 12
      ['mean_won_value', -24_000], // 12 × −2,000
    ])
    expect(parts.reduce((sum, part) => sum + part.money, 0)).toBeCloseTo(456_000 - 400_000, 6)
  })

  it('refuses paths of different steps', () => {
    expect(() => planVariance(path(1, [1, 1], 1), { entries: 1, yields: [], meanWonValue: 1 })).toThrow(RangeError)
  })
})

describe('calls rolled up by manager (M80)', () => {
  const members = [
    { member: 'vp', manager: '' },
    { member: 'north', manager: 'vp' },
    { member: 'south', manager: 'vp' },
    { member: 'ann', manager: 'north' },
    { member: 'bo', manager: 'north' },
    { member: 'cy', manager: 'south' },
  ]

  it('takes a manager at his own word, and his people where he said nothing', () => {
    const calls = [
      { member: 'north', amount: 90 },
      { member: 'ann', amount: 40 },
      { member: 'bo', amount: 30 },
      { member: 'cy', amount: 7 },
    ]
    expect(rollUp(members, calls)).toEqual([
      { manager: 'north', own: 90, reports: 70, called: 2, silent: [] },
      { manager: 'south', own: null, reports: 7, called: 1, silent: [] },
      { manager: 'vp', own: null, reports: 97, called: 2, silent: [] },
    ])
  })

  it('names who is silent, and goes through a circle of managers once', () => {
    expect(rollUp(members, []).map(({ manager, reports, silent }) => [manager, reports, silent])).toEqual([
      ['north', null, ['ann', 'bo']],
      ['south', null, ['cy']],
      ['vp', null, ['north', 'south']],
    ])
    const circle = [
      { member: 'a', manager: 'b' },
      { member: 'b', manager: 'a' },
    ]
    expect(rollUp(circle, [{ member: 'a', amount: 5 }]).map(({ manager, reports }) => [manager, reports])).toEqual([
      ['a', null],
      ['b', 5],
    ])
  })
})
