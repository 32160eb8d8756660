import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { day, link } from '../oracles/logged.ts'
import { event, topicOf } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const END = day(200) / 1000
const deal = (deal_id: string, amount_minor: bigint, currency: string): readonly AccordEvent[] => [
  event('deal-created', {
    event_id: `${deal_id}-created`,
    occurred_at: day(100),
    deal_id,
    account_id: 'a',
    stage: 'qualified',
    amount_minor,
    currency,
  }),
  event('deal-closed', { event_id: `${deal_id}-closed`, occurred_at: day(130), deal_id, outcome: 'won', close_date: '2026-05-11' }),
]
const told: readonly AccordEvent[] = [
  event('tenant-configured', { event_id: 'tenant', occurred_at: day(0), zone: 'UTC', currency: 'EUR' }),
  link(0, 'person:p', 'account:a'),
  event('touch-recorded', {
    event_id: 'ad',
    occurred_at: day(10),
    subject: 'person:p',
    touch_type: 'form',
    channel: 'paid_search',
    click_id: 'gclid:Cj0,"K',
  }),
  event('touch-recorded', {
    event_id: 'mail',
    occurred_at: day(20),
    subject: 'person:p',
    touch_type: 'form',
    channel: 'email',
    campaign: 'c',
    click_id: 'fbclid:IwAR',
  }),
  ...deal('d', 10_001n, 'EUR'),
]
const recorded: readonly Recorded[] = told.map((one, offset) => ({
  event: one,
  appended_at: END - 1000 + offset,
  topic: topicOf(one.type),
  partition: 0,
  offset,
}))

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, END)
})
afterAll(() => api.close())

const csv = async (parameters: string): Promise<readonly string[]> => {
  const answered = await api.get(`/v1/attribution/google-offline-conversions${parameters}`)
  expect([answered.statusCode, answered.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8; header=present'])
  return answered.body.trimEnd().split('\r\n')
}

describe('offline conversions for Google Ads', () => {
  it('have each click’s part of the deal, to the cent, and nothing of touches without a click, or with a click of another platform', async () => {
    expect(await csv('')).toEqual([
      'Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,External Attribution Model,External Attribution Credit,Order ID',
      '"Cj0,""K",won,2026-05-11T00:00:00+00:00,50.01,EUR,linear@1,0.500000,d',
    ])
    expect((await csv('?model=first&name=Closed&conversion=deal'))[1]).toBe(
      '"Cj0,""K",Closed,2026-04-11T00:00:00+00:00,,,first@1,1.000000,d',
    )
    expect(await csv('?model=last')).toHaveLength(1)
  })

  it('refuse a model that is not there', async () => {
    expect((await api.get('/v1/attribution/google-offline-conversions?model=best')).statusCode).toBe(400)
  })
})
