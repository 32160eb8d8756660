import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histories, generateCompany, knowledgeInstants, shuffleArrival } from '../support/company.ts'
import { event as tell, TENANT, topicOf } from '../support/event.ts'
import { type DealCredit, dealCreditAt, SHIPPED } from './deal-credit.ts'
import { dealJourneysAt } from './deal-journeys.ts'
import { factsOf } from './facts.ts'
import { personJourneysAt } from './person-journeys.ts'
import type { Recorded } from './recorded.ts'
import { millionths, splitMoney } from './share.ts'
import { accountTouchesAt } from './touches.ts'

/** Everything that is told of a company as known at `asOf`; without the knowledge times, which another order of arrival may change. */
const figures = (recorded: readonly Recorded[], asOf: number): unknown => {
  const facts = factsOf(recorded, TENANT)
  const whole = {
    touches: accountTouchesAt(facts, asOf),
    deals: dealJourneysAt(facts, asOf),
    credit: dealCreditAt(facts, asOf),
    persons: personJourneysAt(facts, asOf),
  }
  return JSON.parse(
    JSON.stringify(whole, (key, value: unknown) => (key === 'recordedAt' ? undefined : typeof value === 'bigint' ? `${value}` : value)),
  )
}
const endOf = (recorded: readonly Recorded[]): number => Math.max(0, ...recorded.map(one => one.appended_at))

describe('the oracle, of any history', () => {
  it('gives each won deal a whole, or says what is missing', () => {
    fc.assert(
      fc.property(histories({ emptied: true, exceptions: true }), recorded => {
        for (const asOf of knowledgeInstants(recorded, 2)) {
          for (const { touches, missing } of dealCreditAt(factsOf(recorded, TENANT), asOf)) {
            const sum = touches.reduce((total, touch) => total + touch.credit, 0)
            expect(sum).toBe(missing === '' ? 1_000_000 : 0)
            expect(touches.length > 0).toBe(missing === '')
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('a touch more changes no deal that it is not a touch of', () => {
    const changed: string[] = []
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat(), (seed, pick) => {
        const recorded = generateCompany({ seed, size: 300, exceptions: true })
        const end = endOf(recorded)
        const creditOf = (told: readonly Recorded[]): ReadonlyMap<string, DealCredit> =>
          new Map(dealCreditAt(factsOf(told, TENANT), end).map(credit => [`${credit.dealId} ${credit.model}`, credit]))
        const credits = creditOf(recorded)
        const chosen = [...credits.values()][pick % credits.size]
        if (chosen === undefined) return
        // an hour before one of the deals was won, in its account
        const [subject, occurred_at] = [chosen.account, chosen.convertedAt - 3_600_000_000]
        const more = tell('touch-recorded', { event_id: 'one-more', occurred_at, subject, touch_type: 'form', channel: 'one-more' })
        const after = creditOf([...recorded, { event: more, appended_at: end, topic: topicOf(more.type), partition: 0, offset: 1_000_000 }])
        for (const [key, before] of credits) {
          if (JSON.stringify(after.get(key)) === JSON.stringify(before)) continue
          // under this model every eligible touch earns something
          expect(after.get(`${before.dealId} linear`)?.touches.map(({ touchId }) => touchId)).toContain('one-more')
          changed.push(key)
        }
      }),
      { numRuns: 30 },
    )
    // or the law would say nothing
    expect(changed).not.toEqual([])
  })

  it('more money is split in the same proportions, to the minor unit', () => {
    const weights = fc
      .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 30 })
      .filter(of => of.some(weight => weight > 0n))
    fc.assert(
      fc.property(weights, fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 1000n }), (of, amount, times) => {
        const shares = millionths(of)
        const parts = splitMoney(amount, shares)
        const scaled = splitMoney(amount * times, shares)
        expect(scaled.reduce((sum, part) => sum + part, 0n)).toBe(amount * times)
        for (const [place, part] of parts.entries()) {
          const apart = (scaled[place] ?? 0n) - part * times
          expect(apart <= times && apart >= -times).toBe(true)
        }
      }),
    )
  })

  it('tells the same of events that arrive in another order', () => {
    fc.assert(
      fc.property(histories({ distinctOccurredAt: true, emptied: true, exceptions: true }), fc.nat(), (recorded, seed) => {
        expect(figures(shuffleArrival(recorded, seed), endOf(recorded))).toEqual(figures(recorded, endOf(recorded)))
      }),
      { numRuns: 40 },
    )
  })

  it('tells the same of events that arrive twice', () => {
    fc.assert(
      fc.property(histories({ exceptions: true }), recorded => {
        const again = recorded.map(one => ({ ...one, appended_at: one.appended_at + endOf(recorded), offset: one.offset + 1_000_000 }))
        expect(figures([...recorded, ...again], endOf(again))).toEqual(figures(recorded, endOf(recorded)))
      }),
      { numRuns: 20 },
    )
  })

  it('tells of a past instant what it told then, whatever came later', () => {
    fc.assert(
      fc.property(histories({ exceptions: true }), recorded => {
        for (const asOf of knowledgeInstants(recorded, 2)) {
          const then = recorded.filter(one => one.appended_at <= asOf)
          expect(figures(recorded, asOf)).toEqual(figures(then, asOf))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('keeps at most one journey of a person open, each after the one before', () => {
    fc.assert(
      fc.property(histories(), recorded => {
        for (const { journeys } of personJourneysAt(factsOf(recorded, TENANT), endOf(recorded))) {
          journeys.slice(1).forEach((journey, index) => {
            expect(journeys[index]?.endedAt ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(journey.openedAt)
          })
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a generated company', () => {
  const company = generateCompany({ seed: 7, size: 1500 })

  it('is the same for the same seed, and another for another', () => {
    expect(generateCompany({ seed: 7, size: 1500 })).toEqual(company)
    expect(generateCompany({ seed: 8, size: 1500 })).not.toEqual(company)
  })

  it('is in the order of the log, with dense offsets', () => {
    expect(company.map(one => one.appended_at)).toEqual(company.map(one => one.appended_at).toSorted((a, b) => a - b))
    for (const partition of Map.groupBy(company, one => `${one.topic}/${one.partition}`).values()) {
      expect(partition.map(one => one.offset)).toEqual(partition.map((_, index) => index))
    }
  })

  it('knows nothing before it happened', () => {
    expect(company.filter(({ event, appended_at }) => appended_at < Math.floor(event.occurred_at / 1000))).toEqual([])
  })

  it('has every kind of trouble in it', () => {
    const facts = factsOf(company, TENANT)
    const end = endOf(company)
    const touches = accountTouchesAt(facts, end)
    const deals = dealJourneysAt(facts, end)
    const outcomes = personJourneysAt(facts, end).flatMap(({ journeys }) => journeys.map(journey => journey.outcome))
    const troubles = {
      duplicates: company.length - new Set(company.map(({ event }) => event.event_id)).size,
      conflicts: facts.idConflicts.length,
      unplaced: touches.filter(({ account }) => account === '').length,
      split: touches.filter(({ accounts }) => accounts > 1).length,
      crowds: touches.filter(({ persons }) => persons.length > 1).length,
      uncredited: dealCreditAt(facts, end).filter(({ missing }) => missing !== '').length,
      direct: dealCreditAt(facts, end, { ...SHIPPED, lookbackDays: 20 }).filter(({ touches: t }) => t.some(one => one.channel === 'direct'))
        .length,
    }
    expect(Object.entries(troubles).filter(([, count]) => count === 0)).toEqual([])
    expect(new Set(deals.map(deal => deal.outcome))).toEqual(new Set(['open', 'won', 'lost']))
    expect(new Set(outcomes)).toEqual(new Set(['open', 'recycled', 'rejected', 'disqualified', 'won', 'lost', 'merged', 'erased']))
  })

  it('happens at no instant twice, when asked so', () => {
    const distinct = generateCompany({ seed: 7, size: 400, distinctOccurredAt: true })
    const instants = new Map(
      distinct.map(({ event }) => [event.event_id, event.type === 'touch-corrected' ? event.touched_at : event.occurred_at]),
    )
    expect(new Set(instants.values()).size).toBe(instants.size)
  })

  it('is a backfill when asked so: known at the time, appended after it', () => {
    const backfill = generateCompany({ seed: 7, size: 200, history: 'backfill' })
    expect(backfill.filter(({ event, appended_at }) => event.known_at === null || event.known_at > appended_at * 1000)).toEqual([])
    const asOf = knowledgeInstants(backfill, 1)[0] ?? 0
    expect(asOf).toBeLessThan(backfill[0]?.appended_at ?? 0)
  })
})
