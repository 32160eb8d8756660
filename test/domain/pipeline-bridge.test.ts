import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bar, type BridgeQuestion, bridgeOf } from '../../services/domain/forecast/bridge.ts'
import { daysIn } from '../../services/domain/forecast/days.ts'
import { type DealHistory, knownBy } from '../../services/domain/forecast/history.ts'
import { knownAtInstant, type Terms } from '../../services/domain/forecast/known.ts'
import { arbitraryHistory, epochDay, historyOf, move, ms } from '../support/deal-histories.ts'

const STAGES = ['qualified', 'proposal', 'negotiation']
const question: BridgeQuestion = {
  scope: { filters: {} },
  currency: 'EUR',
  days: daysIn('UTC'),
  stages: STAGES,
  floor: 1,
  due: { from: epochDay(0), to: epochDay(90) },
  from: ms(10),
  to: ms(80),
  asOf: ms(400),
}

const barsOf = (history: DealHistory, asked: Partial<BridgeQuestion> = {}): Partial<Record<Bar, number>> => {
  const bars: Partial<Record<Bar, number>> = {}
  for (const { bar, delta } of bridgeOf(history, { ...question, ...asked }).items) bars[bar] = (bars[bar] ?? 0) + delta
  return bars
}

/** The open pipeline in the slow way: what is known at an instant, filtered. */
const pipeline = (history: DealHistory, at: number, asked: BridgeQuestion): number => {
  const terms: Terms = { scope: asked.scope, currency: asked.currency, days: asked.days, stages: asked.stages }
  const { due } = asked
  return knownAtInstant(history, terms, at)
    .open.filter(
      ({ rank, closeDay }) => rank >= asked.floor && (due === null || (closeDay !== null && closeDay >= due.from && closeDay < due.to)),
    )
    .reduce((sum, { worth }) => sum + (worth ?? 0), 0)
}

const deal = (id: string, ...moves: readonly ReturnType<typeof move>[]) => ({ id, moves })
const opened = (id: string, day: number, amount: number, closes: number, stage = 'qualified') =>
  move(`${id}-0`, day, 'deal-created', { stage, amount, closeDay: epochDay(closes), dealType: 'new-business' })

describe('bridge (M91)', () => {
  it('puts every move under its own bar', () => {
    const history = historyOf([
      deal('stays', opened('stays', 1, 100, 60)),
      deal(
        'won',
        opened('won', 1, 200, 60),
        move('won-1', 20, 'deal-amount-changed', { amount: 250 }),
        move('won-2', 30, 'deal-closed', { outcome: 'won', amount: 300 }),
      ),
      deal('lost', opened('lost', 1, 40, 60), move('lost-1', 30, 'deal-closed', { outcome: 'lost' }), move('lost-2', 40, 'deal-reopened')),
      deal('pushed', opened('pushed', 1, 500, 60), move('pushed-1', 20, 'deal-close-date-changed', { closeDay: epochDay(120) })),
      deal('pulled', opened('pulled', 1, 600, 120), move('pulled-1', 20, 'deal-close-date-changed', { closeDay: epochDay(70) })),
      deal('old', opened('old', 1, 70, -3), move('old-1', 20, 'deal-close-date-changed', { closeDay: epochDay(70) })),
      deal('new', opened('new', 15, 80, 70)),
      deal('below', opened('below', 1, 9, 70, 'discovery'), move('below-1', 15, 'deal-stage-changed', { stage: 'proposal' })),
      deal('back', opened('back', 1, 11, 70), move('back-1', 15, 'deal-stage-changed', { stage: 'discovery' })),
      deal('less', opened('less', 1, 30, 70), move('less-1', 15, 'deal-amount-changed', { amount: 13 })),
      deal('gone', opened('gone', 1, 21, 70), move('gone-1', 15, 'deal-deleted')),
      deal('renewed', opened('renewed', 1, 23, 70), move('renewed-1', 15, 'deal-attributes-changed', { dealType: 'renewal' })),
      deal('late', opened('late', 1, 1_000, 70), move('late-1', 5, 'deal-amount-changed', { amount: 900, knownDay: 50 })),
    ])
    expect(barsOf(history)).toEqual({
      start: 100 + 200 + 40 + 500 + 11 + 30 + 21 + 23 + 1_000,
      restated: -100,
      increased: 50,
      won: -250,
      lost: -40,
      reopened: 40,
      pushed_out: -500,
      pulled_in: 600,
      pushed_in: 70,
      created: 80,
      floor_in: 9,
      floor_out: -11,
      decreased: -17,
      deleted: -21,
      terms_out: -23,
      end: 100 + 40 + 600 + 70 + 80 + 9 + 13 + 900,
    })
  })

  it('revalues what stands still when the rate moves', () => {
    const rate = (day: number, value: string) => ({
      at: ms(day) * 1000,
      recorded: ms(day),
      base: 'USD',
      quote: 'EUR',
      day: epochDay(day),
      rate: value,
    })
    const history = historyOf(
      [deal('d', move('d-0', 1, 'deal-created', { stage: 'qualified', amount: 1_000, currency: 'USD', closeDay: epochDay(60) }))],
      {
        rates: [rate(0, '0.8'), rate(40, '0.9')],
      },
    )
    expect(barsOf(history)).toEqual({ start: 800, fx: 100, end: 900 })
  })

  it('closes exactly, and on the pipeline that is known, on every history between every two instants', () => {
    fc.assert(
      fc.property(
        arbitraryHistory,
        fc.tuple(fc.integer({ min: -1, max: 130 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })),
        fc.boolean(),
        fc.integer({ min: 0, max: 3 }),
        (history, [from, length, later], dated, floor) => {
          const asked = {
            ...question,
            from: ms(from),
            to: ms(from + length),
            asOf: ms(from + length + later),
            floor,
            due: dated ? question.due : null,
          }
          const { end = 0, start = 0, ...moves } = barsOf(history, asked)
          expect(start + Object.values(moves).reduce((sum, delta) => sum + delta, 0)).toBe(end)
          expect(start).toBe(pipeline(history, asked.from, asked))
          // without later knowledge the end is the pipeline of that instant
          expect(later === 0 ? end : 0).toBe(later === 0 ? pipeline(history, asked.to, asked) : 0)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  it('is not changed by what becomes known after as_of', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.integer({ min: 0, max: 60 }), (history, day) => {
        const asked = { ...question, asOf: ms(10 + day) }
        expect(barsOf(knownBy(history, asked.asOf), asked)).toEqual(barsOf(history, asked))
      }),
      { numRuns: 300 },
    )
  })
})
