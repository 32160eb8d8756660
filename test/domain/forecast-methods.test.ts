import { describe, expect, it } from 'vitest'
import { apportion } from '../../services/domain/forecast/apportion.ts'
import { type CallSaid, calledInAll, callsOf } from '../../services/domain/forecast/calls.ts'
import { daysIn } from '../../services/domain/forecast/days.ts'
import { newDealState } from '../../services/domain/forecast/deal-state.ts'
import { calibrationOf, errorSums, heldBy, skillOf } from '../../services/domain/forecast/errors.ts'
import { hazardModel, newHazardCounts } from '../../services/domain/forecast/hazards.ts'
import type { DealHistory } from '../../services/domain/forecast/history.ts'
import type { Judged } from '../../services/domain/forecast/judge.ts'
import { knownAtInstant, type KnownDeal, type Terms } from '../../services/domain/forecast/known.ts'
import { type Method, type MethodInput, runMethod } from '../../services/domain/forecast/methods.ts'
import { periodBefore } from '../../services/domain/forecast/periods-of.ts'
import * as pipeline from '../../services/domain/forecast/pipeline.ts'
import { stageWinRates } from '../../services/domain/forecast/stage-rates.ts'
import { type TargetSaid, targetsOf } from '../../services/domain/forecast/targets.ts'
import { epochDay, historyOf, move, ms } from '../support/deal-histories.ts'

const STAGES = ['qualified', 'proposal', 'negotiation']
const terms: Terms = { scope: { filters: {} }, currency: 'EUR', days: daysIn('UTC'), stages: STAGES }
const period = { from: epochDay(0), to: epochDay(90) }
const opened = (id: string, day: number, amount: number, closes: number, more: Parameters<typeof move>[3] = {}) =>
  move(`${id}-0`, day, 'deal-created', { stage: 'qualified', amount, closeDay: epochDay(closes), ...more })
const closed = (id: string, day: number, outcome: 'won' | 'lost') => move(`${id}-9`, day, 'deal-closed', { outcome })

const deal = (place: number, stage: string): KnownDeal => ({
  place,
  id: `d_${place}`,
  state: { ...newDealState(), stage },
  worth: 0,
  missing: '',
  createdDay: 0,
  closeDay: null,
  rank: 1,
  qualified: true,
})

const input = (more: Partial<MethodInput>): MethodInput => ({
  period,
  day: epochDay(45),
  won: [],
  open: [],
  ended: [],
  perYear: 4,
  samePoints: [],
  stageRates: { of: () => 0.5, lags: () => new Float64Array(0) },
  hazards: hazardModel(newHazardCounts(), 1),
  dueFactors: [1, 1, 1, 1],
  arrivals: [],
  call: null,
  ...more,
})

const valueOf = (method: Exclude<Method, 'combination'>, asked: MethodInput): number | null => {
  let sum = 0
  return runMethod(method, asked, (_place, value) => void (sum += value)) ? sum : null
}

describe('methods', () => {
  it('same point (M81): won 450, open 600; before, 300 of 500 open were won and 200 came from elsewhere: 1,010', () => {
    const asked = input({
      won: [{ place: 0, worth: 450 }],
      open: [{ deal: deal(1, 'proposal'), worth: 600, counted: true, due: 1, chance: 0 }],
      samePoints: [
        {
          open: [
            { place: 10, stage: 'proposal', worth: 300, won: 300 },
            { place: 11, stage: 'proposal', worth: 200, won: 0 },
          ],
          outside: [{ place: 12, won: 200 }],
        },
      ],
    })
    expect(valueOf('same-point', asked)).toBe(1_010)
    expect(valueOf('same-point', input({}))).toBeNull()
  })

  it('last period, the same a year before, and the mean of four', () => {
    const wins = (worth: number) => [{ place: 0, worth }]
    const asked = input({ ended: [wins(100), wins(200), wins(300), wins(400), wins(500)] })
    expect(valueOf('naive-last', asked)).toBe(100)
    expect(valueOf('seasonal-year', asked)).toBe(400)
    expect(valueOf('trailing-mean', asked)).toBe(250)
    expect(valueOf('seasonal-quarter', asked)).toBeNull()
    expect(valueOf('seasonal-quarter', { ...asked, perYear: 12 })).toBe(300)
    // a period that has not ended is nobody's last one
    expect(valueOf('naive-last', input({ ended: [null, wins(7)] }))).toBe(7)
    expect(valueOf('naive-last', input({ ended: [] }))).toBeNull()
  })

  it('stage-weighted (M79): a rate from few deals is drawn to that of all', () => {
    const won = Array.from({ length: 10 }, (_, k) => ({ id: `w${k}`, moves: [opened(`w${k}`, 0, 10, 50), closed(`w${k}`, 10, 'won')] }))
    const lost = Array.from({ length: 10 }, (_, k) => ({ id: `l${k}`, moves: [opened(`l${k}`, 0, 10, 50), closed(`l${k}`, 10, 'lost')] }))
    const far = Array.from({ length: 5 }, (_, k) => ({
      id: `f${k}`,
      moves: [opened(`f${k}`, 0, 10, 50), move(`f${k}-1`, 5, 'deal-stage-changed', { stage: 'proposal' }), closed(`f${k}`, 9, 'won')],
    }))
    const rates = stageWinRates(knownAtInstant(historyOf([...won, ...lost, ...far]), terms, ms(200)))
    expect(rates.horizon).toBe(10)
    expect(rates.all).toEqual({ won: 15, created: 25, rate: 0.6 })
    expect(rates.of('qualified')).toBeCloseTo((15 + 20 * 0.6) / (25 + 20), 12)
    expect(rates.of('proposal')).toBeCloseTo((5 + 20 * 0.6) / (5 + 20), 12)
    expect(rates.of('never seen')).toBe(0.6)
  })

  it('a call is that of the team where managers call for teams, else of each member, the last of each', () => {
    const call = (member: string, team: string, day: number, amount: number): CallSaid => ({
      at: ms(day) * 1000,
      recorded: ms(day),
      eventId: `${member}${day}`,
      member,
      period: '2026-Q1',
      category: '',
      amount,
      currency: 'EUR',
      low: null,
      high: null,
      team,
      pipeline: '',
      segment: '',
    })
    const said = [call('a', '', 1, 100), call('b', '', 1, 50), call('a', '', 9, 120), call('m', 'north', 20, 400)]
    const by = (day: number): number | null =>
      calledInAll(
        callsOf(said, ms(day), name => name === '2026-Q1'),
        ({ amount }) => amount,
      )
    expect([by(0), by(5), by(10), by(30)]).toEqual([null, 150, 170, 400])
  })

  it('periods of whole months go back by months, others by their days', () => {
    const day = (date: string): number => Date.parse(date) / 86_400_000
    expect(periodBefore({ from: day('2026-05-01'), to: day('2026-08-01') }, 2)).toEqual({ from: day('2025-11-01'), to: day('2026-02-01') })
    expect(periodBefore({ from: day('2026-05-04'), to: day('2026-05-11') }, 1)).toEqual({ from: day('2026-04-27'), to: day('2026-05-04') })
  })
})

describe('pipeline', () => {
  it('slippage (M88): of 100 due 40 won, 20 lost, 25 pushed, 15 forgotten: 40 %', () => {
    const history: DealHistory = historyOf([
      { id: 'won', moves: [opened('won', -20, 40, 30), closed('won', 25, 'won')] },
      { id: 'lost', moves: [opened('lost', -20, 20, 30), closed('lost', 25, 'lost')] },
      {
        id: 'pushed',
        moves: [opened('pushed', -20, 25, 30), move('pushed-1', 20, 'deal-close-date-changed', { closeDay: epochDay(120) })],
      },
      { id: 'forgotten', moves: [opened('forgotten', -20, 15, 30)] },
      { id: 'later', moves: [opened('later', -20, 1_000, 95)] },
    ])
    const known = knownAtInstant(history, terms, ms(100))
    const slipped = pipeline.slippage(history, terms, period, 1, known) ?? []
    expect([pipeline.sumOf(slipped), pipeline.baseOf(slipped)]).toEqual([40, 100])
    expect(pipeline.slippage(history, terms, period, 1, knownAtInstant(history, terms, ms(-5)))).toBeNull()
  })

  it('open, overdue, roll-up and commit: each deal once, by what it is called and when it is due', () => {
    const history = historyOf([
      { id: 'closed', moves: [opened('closed', 1, 7, 30), closed('closed', 20, 'won')] },
      { id: 'commit', moves: [opened('commit', 1, 10, 60, { category: 'commit' })] },
      { id: 'best', moves: [opened('best', 1, 20, 60, { category: 'best-case' })] },
      {
        id: 'pipe',
        moves: [
          opened('pipe', 1, 40, 60, { category: 'pipeline' }),
          move('pipe-1', 2, 'deal-close-date-changed', { closeDay: epochDay(70) }),
        ],
      },
      { id: 'omitted', moves: [opened('omitted', 1, 80, 60, { category: 'omitted' })] },
      { id: 'overdue', moves: [opened('overdue', 1, 160, -2, { category: 'commit' })] },
      { id: 'renewal', moves: [opened('renewal', 1, 320, 60, { dealType: 'renewal' })] },
    ])
    const known = knownAtInstant(history, terms, ms(50))
    expect(pipeline.sumOf(pipeline.openPipeline(known, period, 1))).toBe(150)
    expect(pipeline.sumOf(pipeline.overdue(known, period, 1))).toBe(160)
    expect(pipeline.ROLL_UPS.map(level => pipeline.sumOf(pipeline.rollUp(known, period, level)))).toEqual([7, 17, 37, 77])
    expect(pipeline.sumOf(pipeline.pushes(known, period, 1))).toBe(1)
    const renewals = knownAtInstant(history, { ...terms, scope: { filters: { deal_type: ['renewal'] } } }, ms(50))
    expect(pipeline.sumOf(pipeline.openPipeline(renewals, period, 1))).toBe(320)
    const commit = pipeline.commitAccuracy(history, terms, period, known) ?? []
    expect([pipeline.sumOf(commit), pipeline.baseOf(commit)]).toEqual([0, 10])
  })

  it('stale (M90): nothing moved and nobody touched it for so many days', () => {
    const [open] = knownAtInstant(historyOf([{ id: 'd', moves: [opened('d', 1, 7, 30)] }]), terms, ms(40)).open
    if (open === undefined) throw new Error('no deal')
    expect(pipeline.isStale(open, 0, ms(40), 30)).toBe(true)
    expect(pipeline.isStale(open, 0, ms(30), 30)).toBe(false)
    expect(pipeline.isStale(open, ms(20) * 1000, ms(40), 30)).toBe(false)
  })
})

describe('targets', () => {
  const target = (id: string, amount: number, more: Partial<TargetSaid> = {}): TargetSaid => ({
    at: 0,
    recorded: 0,
    eventId: id,
    id,
    metric: 'revenue',
    period: '2026-Q1',
    fromOn: null,
    toOn: null,
    amount,
    currency: 'EUR',
    team: '',
    owner: '',
    segment: '',
    region: '',
    product: '',
    pipeline: '',
    channel: '',
    withdrawn: false,
    ...more,
  })
  const sum = (said: readonly TargetSaid[], filters = {}): number =>
    targetsOf(said, 10, () => true, filters).reduce((all, { amount }) => all + (amount ?? 0), 0)

  it('counts one cut of the company, the one with the fewest names, and the last word on each', () => {
    const said = [
      target('n', 5, { team: 'north' }),
      target('s', 6, { team: 'south' }),
      target('n1', 2, { team: 'north', owner: 'x' }),
      target('s', 7, { team: 'south' }),
    ]
    expect(sum(said)).toBe(12)
    expect(sum(said, { team: ['north'] })).toBe(5)
    expect(sum(said, { owner: ['x'] })).toBe(2)
    expect(sum(said, { region: ['emea'] })).toBe(0)
    expect(sum([...said, target('all', 13)])).toBe(13)
    expect(sum([...said, target('all', 13), target('all', 13, { withdrawn: true })])).toBe(12)
  })
})

describe('errors', () => {
  const quantiles = { p025: 60, p10: 70, p25: 90, p50: 100, p75: 110, p90: 130, p975: 140 }
  const judged = (n: number, points: Judged['points']): Judged => ({
    n,
    left: 30,
    points,
    chosen: 'survival',
    best: [],
    won: 0,
    scale: 1,
    variance: 0,
    periodsJudged: 4,
    quantiles,
    uncorrected: { p10: 70, p50: 100, p90: 130 },
    wonPlaces: new Set(),
  })
  const actuals = [0, 100, 200]
  const past = [judged(1, { survival: 110, 'naive-last': 50 }), judged(2, { survival: 180, 'naive-last': 100 })]

  it('WAPE Σ|e|/ΣA, bias Σe/ΣA, the mean of |e|/A, and skill against naive on the same forecasts (M92, M93)', () => {
    expect(errorSums(past, actuals, 'chosen')).toEqual({ forecasts: 2, periods: 2, absolute: 30, signed: -10, actual: 300, mape: 0.1 })
    expect(skillOf(past, actuals, 'survival').skill).toBeCloseTo(1 - 30 / 150, 12)
    expect(skillOf([judged(1, { survival: 110 })], actuals, 'survival')).toEqual({ skill: null, forecasts: 0 })
  })

  it('coverage counts the periods that the band held, its ends included (M84)', () => {
    expect([heldBy(past, actuals, 50), heldBy(past, [0, 130, 131], 80), heldBy(past, [0, 140, 60], 95)]).toEqual([1, 1, 2])
  })

  it('Brier: .9 that happened and .2 that did not: (.01 + .04) / 2 (M94)', () => {
    const { brier, bins } = calibrationOf([
      [0.9, true],
      [0.2, false],
    ])
    expect(brier).toBeCloseTo(0.025, 12)
    expect(bins.map(({ n, happened }) => [n, happened])).toEqual([
      [1, 0],
      [1, 1],
    ])
  })

  it('whole parts add up to the whole', () => {
    expect(apportion([1.5, 1.5, 1], 4)).toEqual([2, 1, 1])
    expect(apportion([0.4, 0.4, 0.4], 1)).toEqual([1, 0, 0])
    expect(apportion([-1.5, 2.5], 1)).toEqual([-1, 2])
    expect(apportion([], 0)).toEqual([])
  })
})
