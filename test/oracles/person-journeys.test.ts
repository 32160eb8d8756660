import { describe, expect, it } from 'vitest'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event } from '../support/event.ts'
import { day, END, factsFrom, link, merge, touch } from './logged.ts'
import { type Journey, personJourneysAt, SHIPPED_JOURNEY } from './person-journeys.ts'

const id = (on: number, name: string) => ({ event_id: `${name}-${on}`, occurred_at: day(on) })
const about = (on: number, name: string) => ({ ...id(on, name), person_id: 'p' })
const created = (on: number) => event('lead-created', about(on, 'created'))
const assigned = (on: number) => event('lead-assigned', about(on, 'assigned'))
const stage = (on: number, name: string) => event('lead-stage-changed', { ...about(on, 'stage'), stage: name })
const accepted = (on: number) => event('lead-accepted', about(on, 'accepted'))
const rejected = (on: number, reason_class: string) => event('lead-rejected', { ...about(on, 'rejected'), reason_class })
const recycled = (on: number) => event('lead-recycled', about(on, 'recycled'))
const disqualified = (on: number) => event('lead-disqualified', { ...about(on, 'disqualified'), reason: 'no need' })
const converted = (on: number, deal_id: string) => event('lead-converted', { ...about(on, 'converted'), deal_id })
const erased = (on: number) => event('person-erased', about(on, 'erased'))
const response = (on: number) => touch(`t-${on}`, on, 'person:p')
const deal = (on: number, deal_id = 'd') => event('deal-created', { ...id(on, `deal-${deal_id}`), deal_id, stage: 'discovery' })
const contact = (on: number, deal_id = 'd') => event('deal-contact-linked', { ...id(on, `contact-${deal_id}`), deal_id, person_id: 'p' })
const parted = (on: number, deal_id = 'd') => event('deal-contact-unlinked', { ...id(on, `parted-${deal_id}`), deal_id, person_id: 'p' })
const qualified = (on: number, deal_id = 'd') =>
  event('deal-stage-changed', { ...id(on, `qualified-${deal_id}`), deal_id, stage: 'qualified' })
const closed = (on: number, outcome: 'won' | 'lost', deal_id = 'd') =>
  event('deal-closed', { ...id(on, `closed-${deal_id}`), deal_id, outcome })
const reopened = (on: number) => event('deal-reopened', { ...id(on, 'reopened'), deal_id: 'd' })

const on = (micros: number): number => (micros - day(0)) / 86_400_000_000

/** `1 lead mql@3 → recycled@9 d`: opened on day 1, stages (with their day when not the opening), ended, fed deal. */
const told = (journey: Journey): string => {
  const stages = journey.stages.map(({ stage: name, enteredAt }) => (enteredAt === journey.openedAt ? name : `${name}@${on(enteredAt)}`))
  const end = journey.endedAt === null ? journey.outcome : `${journey.outcome}@${on(journey.endedAt)}`
  return [on(journey.openedAt), ...stages, '→', end, ...(journey.dealId === '' ? [] : [journey.dealId])].join(' ')
}
const journeysOf = (events: readonly AccordEvent[], terms = SHIPPED_JOURNEY): readonly string[] =>
  personJourneysAt(factsFrom(...events), END, terms)
    .find(({ person }) => person === 'person:p')
    ?.journeys.map(told) ?? []

describe('a journey', () => {
  it.each([
    { name: 'opens at lead creation', events: [created(1)], is: ['1 lead → open'] },
    { name: 'opens once while it is open', events: [created(1), created(2), assigned(3)], is: ['1 lead → open'] },
    { name: 'opens at an assignment', events: [assigned(1), created(2)], is: ['1 → open'] },
    { name: 'opens at a stage entry', events: [stage(1, 'mql'), created(2)], is: ['1 mql → open'] },
    { name: 'opens at an acceptance', events: [accepted(1)], is: ['1 sal → open'] },
    { name: 'does not open at a response, before there was a lead', events: [response(1), created(2)], is: ['2 lead → open'] },
    {
      name: 'opens at the first response after the one before ended',
      events: [created(1), recycled(5), response(8), response(9)],
      is: ['1 lead → recycled@5', '8 → open'],
    },
    {
      name: 'does not open at a machine',
      events: [created(1), recycled(5), touch('m', 8, 'person:p', { automatic: true })],
      is: ['1 lead → recycled@5'],
    },
    {
      name: 'opens at a response of somebody unknown, once it is known who',
      events: [created(1), recycled(5), touch('t', 8, 'anonymous:c'), link(20, 'anonymous:c', 'person:p')],
      is: ['1 lead → recycled@5', '8 → open'],
    },
    {
      name: 'enters stages as they are called',
      events: [created(1), stage(2, 'mql'), stage(3, 'mql'), accepted(4), stage(5, 'mql')],
      is: ['1 lead mql@2 sal@4 mql@5 → open'],
    },
    { name: 'goes by when things happened', events: [stage(3, 'mql'), created(1)], is: ['1 lead mql@3 → open'] },
    { name: 'ends when rejected by definition', events: [created(1), rejected(4, 'definitional')], is: ['1 lead → rejected@4'] },
    {
      name: 'goes on when rejected for form',
      events: [created(1), rejected(4, 'procedural'), rejected(5, 'clerical')],
      is: ['1 lead → open'],
    },
    { name: 'ends when disqualified', events: [created(1), disqualified(4)], is: ['1 lead → disqualified@4'] },
    { name: 'ends with the person', events: [created(1), erased(4)], is: ['1 lead → erased@4'] },
    { name: 'ends when the person is merged away', events: [created(1), merge(4, 'p', 'q')], is: ['1 lead → merged@4'] },
    {
      name: 'goes on when that was undone',
      events: [created(1), merge(4, 'p', 'q'), merge(6, 'p', 'q', 'person-unmerged')],
      is: ['1 lead → open'],
    },
    {
      name: 'goes on for the one that a circle of merges leads to',
      events: [created(1), merge(4, 'q', 'p'), merge(6, 'p', 'q')],
      is: ['1 lead → open'],
    },
    { name: 'goes on for the person merged into', events: [created(1), merge(4, 'q', 'p')], is: ['1 lead → open'] },
    {
      name: 'is followed by others',
      events: [created(1), recycled(2), created(3), disqualified(4), assigned(5)],
      is: ['1 lead → recycled@2', '3 lead → disqualified@4', '5 → open'],
    },
  ])('$name', ({ events, is }) => {
    expect(journeysOf(events)).toEqual(is)
  })

  it('opens at any response, on terms that say so', () => {
    expect(journeysOf([response(1), created(2)], { ...SHIPPED_JOURNEY, responseOpens: 'ever' })).toEqual(['1 → open'])
  })
})

describe('a journey whose stage times out', () => {
  const terms = { ...SHIPPED_JOURNEY, timeouts: new Map([['mql', 10]]) }
  it.each([
    { name: 'ends when the days are over without a sign', events: [created(1), stage(2, 'mql')], is: ['1 lead mql@2 → timed_out@12'] },
    {
      name: 'is open as long as there are signs',
      events: [created(1), stage(2, 'mql'), response(12), stage(22, 'sql')],
      is: ['1 lead mql@2 sql@22 → open'],
    },
    {
      name: 'goes on as another at a later response',
      events: [created(1), stage(2, 'mql'), response(13)],
      is: ['1 lead mql@2 → timed_out@12', '13 → open'],
    },
    {
      name: 'does not end while it feeds a deal',
      events: [created(1), stage(2, 'mql'), deal(3), contact(4)],
      is: ['1 lead mql@2 → open d'],
    },
    { name: 'does not end in a stage without a limit', events: [created(1)], is: ['1 lead → open'] },
  ])('$name', ({ events, is }) => {
    expect(journeysOf(events, terms)).toEqual(is)
  })
})

describe('a journey and its deal', () => {
  const lead = created(1)
  it.each([
    { name: 'feeds the deal that its conversion names', events: [lead, deal(2), converted(3, 'd')], is: '1 lead → open d' },
    { name: 'feeds the deal that the person is linked to', events: [lead, deal(2), contact(3)], is: '1 lead → open d' },
    { name: 'feeds the earliest of those', events: [lead, deal(2), deal(2, 'e'), contact(4), contact(3, 'e')], is: '1 lead → open e' },
    {
      name: 'feeds what a conversion names before what a link does',
      events: [lead, deal(2), deal(2, 'e'), contact(3), converted(4, 'e')],
      is: '1 lead → open e',
    },
    {
      name: 'goes on when a deal is lost that it fed only until its conversion named another',
      events: [lead, deal(2), deal(2, 'e'), contact(3), converted(4, 'e'), closed(5, 'lost')],
      is: '1 lead → open e',
    },
    { name: 'feeds no deal that it was linked to before it opened', events: [deal(0), contact(0.5), lead], is: '1 lead → open' },
    { name: 'feeds no deal that the person has no part in any more', events: [lead, deal(2), contact(3), parted(5)], is: '1 lead → open' },
    { name: 'feeds no deal that is not counted', events: [lead, converted(3, 'nowhere'), deal(2), contact(4)], is: '1 lead → open d' },
    {
      name: 'is won with it',
      events: [lead, deal(2), converted(3, 'd'), qualified(5), closed(9, 'won')],
      is: '1 lead sqo@5 won@9 → won@9 d',
    },
    { name: 'is lost with it', events: [lead, deal(2), contact(3), closed(9, 'lost')], is: '1 lead → lost@9 d' },
    { name: 'goes on when it is open again', events: [lead, deal(2), contact(3), closed(9, 'lost'), reopened(11)], is: '1 lead → open d' },
    {
      name: 'ends as it ended in the end',
      events: [lead, deal(2), contact(3), closed(9, 'lost'), reopened(11), closed(12, 'won')],
      is: '1 lead won@12 → won@12 d',
    },
    {
      name: 'ends as it comes to feed a deal already closed',
      events: [lead, deal(2), closed(4, 'won'), contact(6)],
      is: '1 lead won@4 → won@6 d',
    },
    {
      name: 'ends before its deal does',
      events: [lead, deal(2), contact(3), recycled(5), qualified(6), closed(9, 'won')],
      is: '1 lead → recycled@5 d',
    },
    {
      name: 'enters no stage that the deal was in before it opened',
      events: [deal(0), qualified(0.5), lead, contact(3)],
      is: '1 lead → open d',
    },
  ])('$name', ({ events, is }) => {
    expect(journeysOf(events)).toEqual([is])
  })

  it('has the stages that the tenant calls qualified', () => {
    const strict = { ...SHIPPED_JOURNEY, qualifiedStages: new Set(['proposal']) }
    expect(journeysOf([lead, deal(2), contact(3), qualified(5)], strict)).toEqual(['1 lead → open d'])
  })
})
