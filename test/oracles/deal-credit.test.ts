import { describe, expect, it } from 'vitest'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event, type Telling } from '../support/event.ts'
import { dealCreditAt, type Model, MODELS } from './deal-credit.ts'
import { day, END, factsFrom, link, merge, mergeAccounts, minute, touch } from './logged.ts'

const CREATED = 100
const CLOSED = 130
const deal = (deal_id: string, account_id: string, more: Partial<Telling<'deal-closed'>> = {}): readonly AccordEvent[] => [
  event('deal-created', { event_id: `${deal_id}-created`, occurred_at: day(CREATED), deal_id, account_id, stage: 'discovery' }),
  event('deal-closed', { event_id: `${deal_id}-closed`, occurred_at: day(CLOSED), deal_id, outcome: 'won', ...more }),
]
const contact = (person_id: string) =>
  event('deal-contact-linked', { event_id: `contact-${person_id}`, occurred_at: day(101), deal_id: 'd', person_id })
/** p and q work for a, x for a and b. */
const people = [
  link(0, 'person:p', 'account:a'),
  link(0, 'person:q', 'account:a'),
  link(0, 'person:x', 'account:a'),
  link(0, 'person:x', 'account:b'),
]
const won = [...people, ...deal('d', 'a')]

/** Credit of the touches that have any, by touch id. */
const creditOf = (told: readonly AccordEvent[], model: Model = 'linear', dealId = 'd'): Record<string, number> => {
  const found = dealCreditAt(factsFrom(...told), END).find(credit => credit.dealId === dealId && credit.model === model)
  return Object.fromEntries((found?.touches ?? []).filter(({ credit }) => credit > 0).map(({ touchId, credit }) => [touchId, credit]))
}

describe('first, last and linear', () => {
  const told = [...won, touch('t1', 10, 'person:p'), touch('t2', 20, 'person:q'), touch('t3', 30, 'person:p', { touch_type: 'meeting' })]
  it.each([
    { model: 'first', credit: { t1: 1_000_000 } },
    { model: 'last', credit: { t3: 1_000_000 } },
    { model: 'linear', credit: { t1: 333_334, t2: 333_333, t3: 333_333 } },
  ] as const)('$model gives $credit', ({ model, credit }) => {
    expect(creditOf(told, model)).toEqual(credit)
  })

  it('split a person of two accounts, and never copy: M53b', () => {
    const both = [...won, ...deal('e', 'b'), touch('x1', 10, 'person:x'), touch('y1', 20, 'person:p')]
    expect(creditOf(both, 'linear', 'd')).toEqual({ x1: 333_333, y1: 666_667 }) // ½ and 1, renormalised
    expect(creditOf(both, 'linear', 'e')).toEqual({ x1: 1_000_000 })
    expect(creditOf(both, 'first', 'd')).toEqual({ x1: 1_000_000 }) // a single milestone takes all, whoever shares it
  })

  it('order touches of one instant by the time they were known, then by id', () => {
    const instant = [touch('b', 10, 'person:p'), touch('a', 10, 'person:q')]
    expect(creditOf([...won, ...instant], 'first')).toEqual({ a: 1_000_000 })
  })
})

describe('an eligible touch', () => {
  const t = touch('t', 50, 'person:p')
  it.each([
    { name: 'is a response', touches: [t, touch('u', 60, 'person:p', { touch_type: 'email_opened' })], eligible: 't' },
    { name: 'is not automatic', touches: [t, touch('u', 60, 'person:p', { automatic: true })], eligible: 't' },
    { name: 'may come 365 days before the deal', touches: [touch('u', CREATED - 365, 'person:p')], eligible: 'u' },
    { name: 'comes no earlier', touches: [touch('u', CREATED - 365.000001, 'person:p'), t], eligible: 't' },
    { name: 'may come as the deal is won', touches: [touch('u', CLOSED, 'person:p')], eligible: 'u' },
    { name: 'comes no later', touches: [t, touch('u', CLOSED + minute(1), 'person:p')], eligible: 't' },
    { name: 'is of the account', touches: [t, touch('u', 60, 'person:stranger')], eligible: 't' },
    {
      name: 'may be of nobody that is known, but of the account',
      touches: [touch('u', 60, 'anonymous:c'), link(200, 'anonymous:c', 'account:a')],
      eligible: 'u',
    },
    { name: 'is of the account that the account became', touches: [t, mergeAccounts(140, 'a', 'z')], eligible: 't' },
    { name: 'is not direct, if there is anything else', touches: [t, touch('u', 60, 'person:p', { channel: 'direct' })], eligible: 't' },
    { name: 'is direct, if there is nothing else', touches: [touch('u', 60, 'person:p', { channel: 'direct' })], eligible: 'u' },
  ])('$name', ({ touches, eligible }) => {
    expect(Object.keys(creditOf([...won, ...touches]))).toEqual([eligible])
  })

  it.each([
    { name: '30 minutes after the first', minutes: [0, 30], kept: ['0'] },
    { name: 'more than that', minutes: [0, 31], kept: ['0', '31'] },
    { name: '30 minutes after one that did not count', minutes: [0, 20, 40], kept: ['0', '40'] },
  ])('counts once within half an hour: $name', ({ minutes, kept }) => {
    const touches = minutes.map(m => touch(`t${m}`, 50 + minute(m), 'person:p'))
    expect(Object.keys(creditOf([...won, ...touches]))).toEqual(kept.map(m => `t${m}`))
  })

  it.each([
    { name: 'another person', other: touch('u', 50, 'person:q'), ids: ['t', 'u'] },
    { name: 'another campaign', other: touch('u', 50, 'person:p', { campaign: 'spring' }), ids: ['t', 'u'] },
    { name: 'another type', other: touch('u', 50, 'person:p', { touch_type: 'reply' }), ids: ['t', 'u'] },
    { name: 'another channel: the same again', other: touch('u', 50, 'person:p', { channel: 'email' }), ids: ['t'] },
  ])('of $name', ({ other, ids }) => {
    expect(Object.keys(creditOf([...won, t, other]))).toEqual(ids)
  })

  it('tells two unknown visitors apart by what they are known as', () => {
    const visitors = ['c', 'd'].flatMap(c => [touch(`t-${c}`, 50, `anonymous:${c}`), link(0, `anonymous:${c}`, 'account:a')])
    expect(Object.keys(creditOf([...won, ...visitors]))).toEqual(['t-c', 't-d'])
  })
})

describe('hybrid linkage', () => {
  const touches = [touch('t-p', 50, 'person:p'), touch('t-q', 60, 'person:q')]
  it.each([
    { name: 'takes everybody when nobody is linked', told: [], ids: ['t-p', 't-q'] },
    { name: 'takes the contacts when they did something', told: [contact('q')], ids: ['t-q'] },
    { name: 'takes everybody when the contacts did nothing', told: [contact('x')], ids: ['t-p', 't-q'] },
    { name: 'knows a contact by the person that it became', told: [contact('old'), merge(110, 'old', 'q')], ids: ['t-q'] },
  ])('$name', ({ told, ids }) => {
    expect(Object.keys(creditOf([...won, ...touches, ...told]))).toEqual(ids)
  })
})

const zone = (name: string) => event('tenant-configured', { event_id: 'zone', occurred_at: day(0), zone: name, currency: 'EUR' })

describe('the conversion', () => {
  /** Won on day 130 (11 May) with close date 10 May; the touch is 23:30 UTC on 10 May. */
  const dated = [...people, ...deal('d', 'a', { close_date: '2026-05-10' }), touch('t', 129 + 23.5 / 24, 'person:p')]

  it.each([
    { name: 'the end of the close date in UTC', told: dated, at: day(130) - 1, ids: ['t'] },
    { name: 'the end of the close date where the company is', told: [...dated, zone('Europe/Berlin')], at: day(130 - 2 / 24) - 1, ids: [] },
    { name: 'the close, when the date ends after it', told: [...won, touch('t', 50, 'person:p')], at: day(CLOSED), ids: ['t'] },
  ])('is $name', ({ told, at, ids }) => {
    expect(dealCreditAt(factsFrom(...told), END)[0]).toMatchObject({ convertedAt: at, missing: ids.length === 0 ? 'no_touch' : '' })
    expect(Object.keys(creditOf(told))).toEqual(ids)
  })

  it.each([
    { name: 'an account but no touch', told: won, missing: MODELS.map(() => 'no_touch') },
    {
      name: 'no account, beside touches of nobody',
      told: [...deal('d', ''), touch('t', 50, 'anonymous:c')],
      missing: MODELS.map(() => 'no_touch'),
    },
    { name: 'a loss', told: [...people, ...deal('d', 'a', { outcome: 'lost' })], missing: [] },
    { name: 'a deletion', told: [...won, event('deal-deleted', { event_id: 'x', occurred_at: day(140), deal_id: 'd' })], missing: [] },
  ])('of a deal with $name', ({ told, missing }) => {
    expect(dealCreditAt(factsFrom(...told), END).map(credit => credit.missing)).toEqual(missing)
  })

  it('credits the anonymous past the moment the link arrives', () => {
    const late = link(150, 'anonymous:c', 'person:p')
    const facts = factsFrom(...won, touch('t', 50, 'anonymous:c'), { event: late, late: 200 })
    expect(dealCreditAt(facts, day(200) / 1000 - 1)[0]).toMatchObject({ missing: 'no_touch' })
    expect(dealCreditAt(facts, day(200) / 1000)[0]).toMatchObject({ missing: '', touches: [{ touchId: 't', credit: 1_000_000 }] })
  })
})
