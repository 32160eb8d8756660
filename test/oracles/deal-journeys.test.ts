import { describe, expect, it } from 'vitest'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event, type Telling } from '../support/event.ts'
import { dealJourneysAt } from './deal-journeys.ts'
import { day, END, factsFrom } from './logged.ts'

const id = (on: number, name: string) => ({ event_id: `${name}-${on}`, occurred_at: day(on), deal_id: 'd' })
const created = (on = 0, more: Partial<Telling<'deal-created'>> = {}) =>
  event('deal-created', { ...id(on, 'created'), stage: 'discovery', account_id: 'a', ...more })
const stage = (on: number, name: string) => event('deal-stage-changed', { ...id(on, 'stage'), stage: name })
const amount = (on: number, amount_minor: bigint | null) =>
  event('deal-amount-changed', { ...id(on, 'amount'), amount_minor, currency: 'EUR' })
const close = (on: number, outcome: string, more: Partial<Telling<'deal-closed'>> = {}) =>
  event('deal-closed', { ...id(on, 'closed'), outcome, ...more })
const reopened = (on: number, name = '') => event('deal-reopened', { ...id(on, 'reopened'), stage: name })
const contact = (on: number, person_id: string, type: 'deal-contact-linked' | 'deal-contact-unlinked' = 'deal-contact-linked') =>
  event(type, { ...id(on, `${type}-${person_id}`), person_id })
const date = (on: number, close_date: string | null) => event('deal-close-date-changed', { ...id(on, 'date'), close_date })
const deleted = event('deal-deleted', id(9, 'deleted'))
const merged = event('deal-merged', { ...id(8, 'merged'), into_deal_id: 'e' })

const journey = (...told: readonly AccordEvent[]) => dealJourneysAt(factsFrom(...told), END)[0]
const stagesOf = (...told: readonly AccordEvent[]) => journey(...told)?.stages.map(entry => entry.stage)

describe('the stages of a deal', () => {
  it.each([
    {
      name: 'come in the order they happened',
      told: [stage(3, 'proposal'), created(), stage(2, 'qualified')],
      stages: 'discovery qualified proposal',
    },
    {
      name: 'leave out a re-save',
      told: [created(), stage(1, 'discovery'), stage(2, 'qualified'), stage(3, 'qualified')],
      stages: 'discovery qualified',
    },
    {
      name: 'may be entered again',
      told: [created(), stage(1, 'qualified'), stage(2, 'discovery')],
      stages: 'discovery qualified discovery',
    },
    { name: 'stay at a close that names none', told: [created(), close(2, 'won')], stages: 'discovery' },
    { name: 'take the stage of a close', told: [created(), close(2, 'won', { stage: 'closed' })], stages: 'discovery closed' },
    {
      name: 'go back to the last open one',
      told: [created(), close(2, 'lost', { stage: 'closed' }), reopened(3)],
      stages: 'discovery closed discovery',
    },
    { name: 'go where a reopening says', told: [created(), close(2, 'lost'), reopened(3, 'proposal')], stages: 'discovery proposal' },
  ])('$name', ({ told, stages }) => {
    expect(stagesOf(...told)).toEqual(stages.split(' '))
  })

  it('break ties by the time they were known, then by event id', () => {
    const both = [
      event('deal-stage-changed', { ...id(2, 'b'), stage: 'proposal' }),
      event('deal-stage-changed', { ...id(2, 'a'), stage: 'qualified' }),
    ] as const
    expect(stagesOf(created(), ...both)).toEqual(['discovery', 'qualified', 'proposal'])
    expect(dealJourneysAt(factsFrom(created(), both[0], { event: both[1], late: 3 }), END)[0]?.stages.map(entry => entry.stage)).toEqual([
      'discovery',
      'proposal',
      'qualified',
    ])
  })
})

describe('what a deal is', () => {
  it.each([
    { name: 'open at first', told: [created()], is: { outcome: 'open', closed: null, counted: true } },
    { name: 'won', told: [created(), close(5, 'won')], is: { outcome: 'won', closed: { eventId: 'closed-5' } } },
    { name: 'open again', told: [created(), close(5, 'lost'), reopened(6)], is: { outcome: 'open', closed: null } },
    {
      name: 'closed again',
      told: [created(), close(5, 'lost'), reopened(6), close(7, 'won')],
      is: { outcome: 'won', closed: { eventId: 'closed-7' } },
    },
    { name: 'still closed after a reopening that came before', told: [created(), reopened(4), close(5, 'lost')], is: { outcome: 'lost' } },
    {
      name: 'of its last amount',
      told: [created(0, { amount_minor: 5n, currency: 'USD' }), amount(2, 7n)],
      is: { amount: 7n, currency: 'EUR' },
    },
    {
      name: 'of its amount at close',
      told: [created(), amount(2, 7n), close(3, 'won', { amount_minor: 9n, currency: 'JPY' })],
      is: { amount: 9n, currency: 'JPY' },
    },
    {
      name: 'of the amount before a close without one',
      told: [created(), amount(2, 7n), close(3, 'won')],
      is: { amount: 7n, currency: 'EUR' },
    },
    {
      name: 'of the account it was moved to',
      told: [created(), event('deal-account-changed', { ...id(1, 'moved'), account_id: 'b' })],
      is: { account: 'account:b' },
    },
    {
      name: 'owned by the last owner',
      told: [created(0, { owner_id: 'm1', team: 't1' }), event('deal-owner-changed', { ...id(1, 'owner'), owner_id: 'm2' })],
      is: { owner: 'm2', team: 't1' },
    },
    { name: 'not counted without its creation', told: [stage(1, 'qualified')], is: { counted: false, excludedBecause: 'not_created' } },
    { name: 'not counted once deleted', told: [created(), deleted, merged], is: { counted: false, excludedBecause: 'deleted' } },
    { name: 'not counted once merged', told: [created(), merged], is: { counted: false, excludedBecause: 'merged' } },
    {
      name: 'closed on the date of the close',
      told: [created(0, { close_date: '2026-03-01' }), close(5, 'won', { close_date: '2026-01-04' })],
      is: { closeDate: '2026-01-04', closedOn: '2026-01-04' },
    },
    {
      name: 'closed on the day of a close without a date, whatever was planned',
      told: [created(0, { close_date: '2026-01-02' }), close(5, 'won')],
      is: { closeDate: '2026-01-02', closedOn: null },
    },
    {
      name: 'closed on the date that was put right',
      told: [created(), close(5, 'won'), date(6, '2026-01-03')],
      is: { closedOn: '2026-01-03' },
    },
    {
      name: 'with whom it is still linked, in order',
      told: [created(), contact(1, 'q'), contact(2, 'p'), contact(1, 'r'), contact(3, 'r', 'deal-contact-unlinked')],
      is: { contacts: ['person:p', 'person:q'] },
    },
  ])('is $name', ({ told, is }) => {
    expect(journey(...told)).toMatchObject(is)
  })

  it('is as it was known: a late close changes nothing before it came', () => {
    const facts = factsFrom(created(), { event: close(5, 'won'), late: 60 })
    expect(dealJourneysAt(facts, day(60) / 1000 - 1)).toMatchObject([{ outcome: 'open' }])
    expect(dealJourneysAt(facts, day(60) / 1000)).toMatchObject([{ outcome: 'won', closed: { occurredAt: day(5) } }])
  })
})
