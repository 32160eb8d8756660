import { describe, expect, it } from 'vitest'
import type { Stint } from '../../services/domain/forecast/deal-state.ts'
import { countStint, hazardModel, newHazardCounts, WEEK_MICROS } from '../../services/domain/forecast/hazards.ts'
import { incidence, survivalMedian, type TimeToEvent } from '../../services/domain/figures/rates.ts'

/** (time, event, flies): the control group of the Walton data set, as the Python library lifelines 0.30.3 ships it (load_waltons). */
const WALTON_CONTROL = [
  [7, 0, 1],
  [7, 1, 1],
  [17, 1, 1],
  [32, 1, 1],
  [33, 1, 1],
  [38, 1, 2],
  [41, 1, 7],
  [45, 0, 1],
  [45, 1, 9],
  [48, 1, 8],
  [51, 1, 3],
  [53, 1, 7],
  [54, 1, 2],
  [56, 1, 18],
  [58, 1, 4],
  [60, 0, 1],
  [60, 1, 15],
  [61, 0, 2],
  [61, 1, 9],
  [63, 1, 9],
  [66, 1, 3],
  [68, 0, 1],
  [68, 1, 9],
  [69, 0, 1],
  [69, 1, 12],
  [75, 1, 1],
] as const

const MIR_137 = [
  6, 13, 13, 13, 19, 19, 19, 26, 26, 26, 26, 26, 33, 33, 47, 62, 62, 9, 9, 9, 15, 15, 22, 22, 22, 22, 29, 29, 29, 29, 29, 36, 36, 43,
]

describe('Kaplan–Meier', () => {
  it('by hand: won after 10, gone unseen after 15, won after 20, still open after 30: 3/4, then 3/8, so the median is 20', () => {
    const span = (micros: number, done: boolean) => ({ micros, done, units: 1 })
    expect(survivalMedian([span(10, true), span(15, false), span(20, true), span(30, false)])).toBe(20)
    expect(survivalMedian([span(5, false)])).toBeNull()
  })

  it('gives the medians of lifelines 0.30.3, KaplanMeierFitter().fit(T, E), on both groups of the Walton data', () => {
    expect(survivalMedian(WALTON_CONTROL.map(([micros, event, units]) => ({ micros, done: event === 1, units })))).toBe(58)
    expect(survivalMedian(MIR_137.map(micros => ({ micros, done: true, units: 1 })))).toBe(26)
  })

  it('without competing exits the incidence is one less the survival that lifelines 0.30.3 gives', () => {
    const at = (day: number): number =>
      1 -
      (incidence(
        WALTON_CONTROL.map(
          ([time, event, units]): TimeToEvent =>
            time > day ? { micros: day, what: 'censored', units } : { micros: time, what: event === 1 ? 'converted' : 'censored', units },
        ),
      ) ?? 0)
    expect(at(22)).toBeCloseTo(0.9844350851, 9)
    expect(at(40)).toBeCloseTo(0.9531831777, 9)
    expect(at(56)).toBeCloseTo(0.5284548734, 9)
    expect(at(60)).toBeCloseTo(0.3785945361, 9)
    expect(at(69)).toBeCloseTo(0.0182201018, 9)
  })
})

describe('Aalen–Johansen', () => {
  it('gives the figures of lifelines 0.30.3, AalenJohansenFitter().fit(1..12, E, event_of_interest=1)', () => {
    const what = [1, 2, 0, 1, 0, 1, 2, 0, 1, 0, 2, 1]
    const times = what.map(
      (event, i): TimeToEvent => ({ micros: i + 1, what: event === 1 ? 'converted' : event === 2 ? 'exited' : 'censored', units: 1 }),
    )
    // what had happened by a time: later ones are still going on then
    const by = (time: number): number | null =>
      incidence(times.map(each => (each.micros > time ? { ...each, micros: time, what: 'censored' as const } : each)))
    expect(by(1)).toBeCloseTo(0.0833333333, 9)
    expect(by(4)).toBeCloseTo(0.1759259259, 9)
    expect(by(6)).toBeCloseTo(0.2817460317, 9)
    expect(by(9)).toBeCloseTo(0.414021164, 9)
    expect(by(12)).toBeCloseTo(0.6124338624, 9)
  })
})

describe('discrete hazard', () => {
  const weeks = (n: number): number => n * WEEK_MICROS
  const stint = (length: number, exit: Stint['exit'], stage = 's', next = ''): Stint => ({
    stage,
    from: 0,
    to: exit === null ? null : weeks(length),
    exit,
    next,
  })

  it('by hand: who left in week k was at risk in it, who is still there was at risk in its whole weeks', () => {
    const counts = newHazardCounts()
    // won in the first week, lost in the second, won in the second, open for a week and a half
    for (const [length, exit] of [
      [0.5, 'won'],
      [1.5, 'lost'],
      [1.2, 'won'],
    ] as const)
      countStint(counts, stint(length, exit), 0, 1)
    countStint(counts, stint(1.5, null), weeks(1.5), 1)
    expect([...(counts.exposed.get('s') ?? [])].slice(0, 3)).toEqual([4, 2, 0])
    expect([...(counts.won.get('s') ?? [])].slice(0, 3)).toEqual([1, 1, 0])
    expect([...(counts.lost.get('s') ?? [])].slice(0, 3)).toEqual([0, 1, 0])
    // taken back, nothing is left
    countStint(counts, stint(0.5, 'won'), 0, -1)
    expect([...(counts.exposed.get('s') ?? [])].slice(0, 2)).toEqual([3, 2])
  })

  it('with much data the chance to be won is the incidence of the chain: 1/4 a week won, 1/4 lost', () => {
    const counts = newHazardCounts()
    // of 64,000 half leave every week, half of them won
    for (let week = 0, left = 64_000; left >= 1_000; week++, left /= 2)
      for (let k = 0; k < left / 4; k++) {
        countStint(counts, stint(week + 0.5, 'won'), 0, 1)
        countStint(counts, stint(week + 0.5, 'lost'), 0, 1)
      }
    const model = hazardModel(counts, 8)
    expect(model.wonWithin('s', 0, 1)).toBeCloseTo(0.25, 2)
    expect(model.wonWithin('s', 0, 2)).toBeCloseTo(0.375, 2)
    expect(model.wonWithin('s', 0, 1.5)).toBeCloseTo(0.3125, 2)
    expect(model.wonWithin('s', 0, 0)).toBe(0)
    expect(model.hazard('s', 0).won).toBeCloseTo(0.25, 2)
  })

  it('goes on from stage to stage', () => {
    const counts = newHazardCounts()
    for (let k = 0; k < 10_000; k++) {
      countStint(counts, stint(0.5, 'moved', 'first', 'second'), 0, 1)
      countStint(counts, stint(0.5, k % 2 === 0 ? 'won' : 'lost', 'second'), 0, 1)
    }
    const model = hazardModel(counts, 4)
    expect(model.wonWithin('first', 0, 1)).toBeCloseTo(0, 2)
    expect(model.wonWithin('first', 0, 2)).toBeCloseTo(0.5, 2)
  })
})
