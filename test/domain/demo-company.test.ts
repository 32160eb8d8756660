import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { addMonths, DAY, fiscalQuarterName, fiscalQuarterStart } from '../../services/demo/calendar.ts'
import { DEAL_COUNT, type InputEvent, TOUCH_COUNT, demoCompany } from '../../services/demo/company.ts'
import { ACCOUNT_COUNT, PERSON_COUNT } from '../../services/demo/market.ts'
import { createStory } from '../../services/demo/story.ts'
import { SELLER_COUNT } from '../../services/demo/staff.ts'
import { sharedDefinitions } from '../../services/domain/definitions/coverage.ts'
import { allInForceAt, inForceAt } from '../../services/domain/definitions/history.ts'
import { type DefinitionEvent, historyOf } from '../../services/domain/definitions/history-of.ts'
import { qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { scoreModelKind } from '../../services/domain/definitions/score-model.ts'
import { tallyOf, type Tally } from '../support/demo-tally.ts'

const UNTIL = '2026-06-30'
const story = createStory(UNTIL)
const digestOf = (seed: number, limit: number): string => {
  const hash = createHash('sha256')
  let left = limit
  for (const event of demoCompany({ seed, until: UNTIL })) {
    hash.update(JSON.stringify(event))
    if (--left === 0) break
  }
  return hash.digest('hex')
}

const KEPT = /^(definition-|activity-planned|forecast-call-submitted|deal-created|deal-closed)/

/** Passes events on and keeps those that tests look at one by one. */
function* keeping(kept: InputEvent[], events: Iterable<InputEvent>): Generator<InputEvent> {
  for (const event of events) {
    if (KEPT.test(event.type)) kept.push(event)
    yield event
  }
}

describe('the demo company', () => {
  let tally: Tally
  const kept: InputEvent[] = []
  beforeAll(() => {
    tally = tallyOf(keeping(kept, demoCompany({ until: UNTIL })))
  }, 60_000)

  it('is the same, byte for byte, under the same seed and another one under another seed', () => {
    expect(digestOf(7, 60_000)).toBe(digestOf(7, 60_000))
    expect(digestOf(7, 60_000)).not.toBe(digestOf(8, 60_000))
  }, 60_000)

  it.each([
    ['touch-recorded', TOUCH_COUNT],
    ['person-created', PERSON_COUNT],
    ['deal-created', DEAL_COUNT],
  ] as const)('has as many %s as it says, within 2 %%', (type, count) => {
    expect(Math.abs((tally.types.get(type) ?? 0) / count - 1)).toBeLessThan(0.02)
  })

  it('has 2,000 accounts, 40 campaigns, spend in two currencies, and 25 sellers at work in three zones on any day', () => {
    expect(tally.accounts.size).toBe(ACCOUNT_COUNT)
    expect(tally.types.get('campaign-planned')).toBe(40)
    expect([...tally.spendCurrencies].toSorted()).toEqual(['EUR', 'USD'])
    expect([...tally.sellers.values()].filter(seller => seller.active)).toHaveLength(SELLER_COUNT)
    expect(new Set([...tally.sellers.values()].map(seller => seller.zone)).size).toBe(3)
  })

  it('tells events in order of when they became known, each after it happened, all of them inside the story', () => {
    expect(tally.disorder).toEqual({})
    expect(Date.parse(tally.firstKnown)).toBeGreaterThanOrEqual(story.start)
    expect(Date.parse(tally.lastKnown)).toBeLessThan(story.end)
  })

  it('never speaks of a person, account, deal or touch before it is known', () => {
    expect(tally.dangling).toEqual({})
  })

  it('has what real records have: late names, second devices, corrections, retractions, merges undone, reopened deals, second lives', () => {
    const rare =
      'identity-linked identity-unlinked touch-corrected touch-retracted person-merged person-unmerged deal-reopened deal-deleted deal-merged lead-recycled account-merged record-excluded spend-restated'
    expect(rare.split(' ').filter(type => !tally.types.has(type))).toEqual([])
    expect(tally.linkedWeeksLater).toBeGreaterThan(200)
    expect(tally.loggedDaysLater).toBeGreaterThan(500)
    expect(tally.leadsOfOnePerson).toBeGreaterThan(100)
    expect(new Set(tally.rejections.keys())).toEqual(new Set(['definitional', 'procedural', 'clerical']))
  })

  it('looks ahead: activities are planned beyond the last day, every manager calls every week for a team, every seller every second one, none of them exactly right', () => {
    const won = new Map<string, number>()
    const called = new Map<string, { first: number; last: number; calls: number }>()
    const renewals = new Set<unknown>()
    let [planned, sellers] = [0, 0]
    for (const { type, occurred_at, data } of kept) {
      if (type === 'deal-created' && data['deal_type'] === 'renewal') renewals.add(data['deal_id'])
      if (type === 'activity-planned' && String(data['starts_on']) > UNTIL) planned++
      if (type === 'deal-closed' && data['outcome'] === 'won' && !renewals.has(data['deal_id'])) {
        const period = fiscalQuarterName(fiscalQuarterStart(Date.parse(String(data['close_date']))))
        won.set(period, (won.get(period) ?? 0) + Number(data['amount_minor']))
      }
      if (type !== 'forecast-call-submitted') continue
      expect(data['period']).toBe(fiscalQuarterName(fiscalQuarterStart(Date.parse(occurred_at))))
      if (/^a[em]-/.test(String(data['member_id']))) sellers++
      const amount = Number(data['amount_minor'])
      const found = called.get(`${String(data['member_id'])} ${String(data['period'])}`)
      called.set(`${String(data['member_id'])} ${String(data['period'])}`, {
        first: found?.first ?? amount,
        last: amount,
        calls: (found?.calls ?? 0) + 1,
      })
    }
    expect(planned).toBeGreaterThan(15)
    expect(sellers).toBeGreaterThan(500)
    const whole = fiscalQuarterName(story.badEnd)
    for (const id of ['vp-sales', 'manager-emea', 'manager-americas', 'manager-apac'])
      expect(called.get(`${id} ${whole}`)?.calls).toBeGreaterThan(11)
    const missed = [...won].flatMap(([period, amount]) => {
      const call = called.get(`vp-sales ${period}`)
      return call === undefined || call.calls < 12
        ? []
        : [{ first: Math.abs(call.first / amount - 1), last: Math.abs(call.last / amount - 1) }]
    })
    expect(missed.length).toBeGreaterThan(3)
    expect(Math.max(...missed.map(({ last }) => last))).toBeLessThan(0.35)
    expect(Math.max(...missed.map(({ first }) => first))).toBeGreaterThan(0.05)
  })

  it('has agreed on its definitions: every document is one, and each quarter has its plan', () => {
    const events: DefinitionEvent[] = []
    for (const { type, event_id: eventId, known_at, data } of kept)
      if (type.startsWith('definition-')) events.push({ type, eventId, at: Date.parse(known_at), payload: data })
    const history = historyOf(events)
    expect(history.versions.length).toBe(events.filter(({ type }) => type === 'definition-published').length)
    const quarters = [0, 1, 2, 3, 4, 5].map(index => addMonths(fiscalQuarterStart(story.start), 3 * index))
    const covered = quarters.map(start => {
      const [year = '', quarter = ''] = fiscalQuarterName(start).split('-Q')
      const of = { fiscalYear: Number(year), quarter: ([1, 2, 3, 4] as const)[Number(quarter) - 1] ?? 1 }
      return sharedDefinitions(history, Math.max(start + 9 * DAY, story.start + 9 * DAY), of).numerator
    })
    expect(covered).toEqual([8, 8, 8, 8, 8, 8])
    const rules = [story.start + DAY, story.badEnd].map(at => inForceAt(history, qualificationKind, at).version)
    expect(rules).toEqual([2, 4])
    const models = allInForceAt(history, scoreModelKind, story.end).map(({ document }) => ({ ...document, parameters: null }))
    expect(models.map(({ id }) => id)).toEqual(['lead-sqo', 'deal-won'])
    for (const { learned_from } of models) expect(Date.parse(learned_from.as_of)).toBeLessThan(story.end)
  })

  it('wins between 18 and 28 % of its new business, in 40 to 120 days, at amounts that people would write', () => {
    const closed = tally.deals.filter(deal => deal.type === 'new-business' && deal.qualifiedAt !== null && deal.outcome !== null)
    const won = closed.filter(deal => deal.outcome === 'won')
    expect(won.length / closed.length).toBeGreaterThan(0.18)
    expect(won.length / closed.length).toBeLessThan(0.28)
    const days = won.map(deal => deal.days).toSorted((a, b) => a - b)
    expect(days[Math.floor(days.length / 2)]).toBeGreaterThan(40)
    expect(days[Math.floor(days.length / 2)]).toBeLessThan(120)
    expect(won.every(deal => deal.amountMinor % 50_000 === 0)).toBe(true)
  })

  it('shows the bad quarter: in its region leads double, first contact takes days, acceptance collapses', () => {
    const { before, bad } = quarters(tally)
    expect(bad.leads).toBeGreaterThan(1.8 * before.leads)
    expect(bad.medianHoursToTouch).toBeGreaterThan(4 * before.medianHoursToTouch)
    expect(before.accepted / before.handedOver).toBeGreaterThan(0.68)
    expect(bad.accepted / bad.handedOver).toBeLessThan(0.52)
  })

  it('shows what follows and what heals: fewer new deals from leads in that region, then as many as before', () => {
    const { before, hangover, after } = quarters(tally)
    expect(hangover.newDeals).toBeLessThan(0.85 * before.newDeals)
    expect(after.newDeals).toBeGreaterThan(1.15 * hangover.newDeals)
    expect(after.accepted / after.handedOver).toBeGreaterThan(0.68)
  })
})

const quarters = (tally: Tally) => {
  const at = (instant: number) => {
    const found = tally.quarters.get(`${fiscalQuarterName(fiscalQuarterStart(instant))} ${story.badRegion}`)
    if (found === undefined) throw new RangeError('no such quarter')
    return found
  }
  return { before: at(story.badStart - 1), bad: at(story.badStart), hangover: at(story.badEnd), after: at(story.hangoverEnd) }
}

describe('a company of another size', () => {
  it('has twice everything at scale 2, in the same eighteen months', () => {
    const tally = tallyOf(demoCompany({ until: UNTIL, scale: 2 }))
    const wanted = { 'touch-recorded': TOUCH_COUNT, 'person-created': PERSON_COUNT, 'deal-created': DEAL_COUNT }
    const off = Object.entries(wanted).filter(([type, count]) => Math.abs((tally.types.get(type) ?? 0) / (2 * count) - 1) > 0.02)
    expect(off).toEqual([])
    expect(tally.dangling).toEqual({})
  }, 60_000)

  it('refuses a scale or a day that makes no sense, by name and value', () => {
    expect(() => demoCompany({ until: UNTIL, scale: 101 }).next()).toThrow('scale must be a whole number from 1 to 100, got 101')
    expect(() => demoCompany({ until: '2026-02-30' }).next()).toThrow('not a date: "2026-02-30"')
  })
})
