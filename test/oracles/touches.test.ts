import { describe, expect, it } from 'vitest'
import { event, TENANT } from '../support/event.ts'
import { factsOf } from './facts.ts'
import { day, END, factsFrom, link, logged, mergeAccounts, touch } from './logged.ts'
import { accountTouchesAt, touchesAt } from './touches.ts'

const correct = (id: string, on: number, channel: string, touched = 1) =>
  event('touch-corrected', {
    event_id: id,
    occurred_at: day(on),
    subject: 'anonymous:c',
    touch_id: 't',
    touched_at: day(touched),
    touch_type: 'form',
    channel,
  })
const retract = (id: string, on: number) =>
  event('touch-retracted', { event_id: id, occurred_at: day(on), subject: 'anonymous:c', touch_id: 't' })
const recorded = touch('t', 1, 'anonymous:c')

describe('a touch', () => {
  it.each([
    { name: 'is what was recorded', told: [recorded], channels: ['paid_search'] },
    { name: 'is what it was corrected to', told: [recorded, correct('x', 3, 'email')], channels: ['email'] },
    { name: 'is the latest of two corrections', told: [recorded, correct('x', 5, 'event'), correct('y', 3, 'email')], channels: ['event'] },
    { name: 'is gone when retracted', told: [recorded, retract('x', 2)], channels: [] },
    { name: 'is back when corrected after that', told: [recorded, retract('x', 2), correct('y', 3, 'email')], channels: ['email'] },
    { name: 'is gone when retracted before it happened', told: [recorded, retract('x', 0)], channels: [] },
    { name: 'is corrected by what was said before it happened', told: [recorded, correct('x', 0, 'email')], channels: ['email'] },
    { name: 'does not count when it was corrected and never recorded', told: [correct('x', 3, 'email')], channels: [] },
  ])('$name', ({ told, channels }) => {
    expect(touchesAt(factsFrom(...told), END).map(({ channel }) => channel)).toEqual(channels)
  })

  it('happened when its correction says, and is known since it was first heard of', () => {
    const [at] = touchesAt(factsFrom(recorded, correct('x', 9, 'email', 4)), END)
    expect(at).toMatchObject({ touchedAt: day(4), recordedAt: day(1) / 1000, touchId: 't' })
  })

  it('is as it was recorded until the correction is known', () => {
    const facts = factsFrom(recorded, { event: correct('x', 3, 'email'), late: 50 })
    expect(touchesAt(facts, day(50) / 1000 - 1)).toMatchObject([{ channel: 'paid_search' }])
    expect(touchesAt(facts, day(50) / 1000)).toMatchObject([{ channel: 'email' }])
  })
})

describe('recordings of one event id', () => {
  it('count once, the first of them, wherever it stands in the list', () => {
    const twice = logged({ event: touch('t', 1, 'anonymous:c', { channel: 'email' }), late: 5 }, { event: recorded, late: 2 })
    expect(touchesAt(factsOf(twice, TENANT), END)).toMatchObject([{ channel: 'paid_search' }])
  })

  it.each([
    { name: 'another subject', second: touch('t', 1, 'anonymous:other') },
    { name: 'another type', second: event('lead-created', { event_id: 't', occurred_at: day(1), person_id: 'p' }) },
  ])('under $name are not counted, and are told', ({ second }) => {
    const facts = factsFrom(recorded, { event: second, late: 2 })
    expect(touchesAt(facts, END)).toMatchObject([{ subject: 'anonymous:c' }])
    expect(facts).toMatchObject({ idConflicts: ['t'], leads: [] })
  })

  it('of another tenant are another matter', () => {
    const theirs = event('touch-recorded', {
      event_id: 't',
      occurred_at: day(1),
      tenant: 'other',
      subject: 'anonymous:c',
      touch_type: 'form',
    })
    expect(factsFrom(recorded, { event: theirs, late: 0 })).toMatchObject({ idConflicts: [], touches: [{ touchId: 't' }] })
  })

  it('are known when the source knew them, on a backfill', () => {
    const old = event('touch-recorded', {
      event_id: 't',
      occurred_at: day(1),
      known_at: day(2),
      subject: 'anonymous:c',
      touch_type: 'form',
    })
    const facts = factsFrom({ event: old, late: 900 })
    expect(touchesAt(facts, day(2) / 1000 - 1)).toEqual([])
    expect(touchesAt(facts, day(2) / 1000)).toMatchObject([{ recordedAt: day(2) / 1000 }])
  })
})

describe('account touches', () => {
  it.each([
    { name: 'lie under no account while nobody is known', told: [], rows: [['', 0]] },
    {
      name: 'move when the link comes',
      told: [link(9, 'anonymous:c', 'person:p'), link(1, 'person:p', 'account:a')],
      rows: [['account:a', 1]],
    },
    {
      name: 'are told of both accounts of a person',
      told: [link(9, 'anonymous:c', 'person:p'), link(1, 'person:p', 'account:b'), link(1, 'person:p', 'account:a')],
      rows: [
        ['account:a', 2],
        ['account:b', 2],
      ],
    },
    {
      name: 'are told once of accounts that are one',
      told: [link(9, 'anonymous:c', 'account:b'), link(1, 'anonymous:c', 'account:a'), mergeAccounts(3, 'a', 'b')],
      rows: [['account:b', 1]],
    },
  ])('$name', ({ told, rows }) => {
    const touches = accountTouchesAt(factsFrom(recorded, ...told), END)
    expect(touches.map(({ account, accounts }) => [account, accounts])).toEqual(rows)
  })
})
