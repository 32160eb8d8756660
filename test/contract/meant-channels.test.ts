import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { shippedChannelMap } from '../../services/domain/definitions/channel-map.ts'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { day, logged, touch } from '../oracles/logged.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

type Raw = { readonly channel?: string; readonly utm_source?: string; readonly utm_medium?: string }
const came = (id: string, on: number, raw: Raw): AccordEvent =>
  event('touch-recorded', { event_id: id, occurred_at: day(on), subject: 'account:a', touch_type: 'form', campaign: id, ...raw })
const cost = (
  spend_id: string,
  on: number,
  raw: { readonly channel?: string; readonly utm_source?: string; readonly system?: string },
  category = 'media',
): AccordEvent =>
  event('spend-recorded', {
    event_id: `spend-${spend_id}`,
    occurred_at: day(on),
    spend_id,
    starts_on: new Date(day(on) / 1000).toISOString().slice(0, 10),
    ends_on: new Date(day(on) / 1000).toISOString().slice(0, 10),
    amount_minor: 100n,
    currency: 'EUR',
    category,
    ...raw,
  })

/** From day 50 on podcasts are a channel. */
const secondMap = {
  ...shippedChannelMap,
  version: 2,
  channels: [...shippedChannelMap.channels, { name: 'podcast', team: 'marketing', sources: ['the-show'] }],
}
const agreed = (on: number): readonly AccordEvent[] => {
  const of = { definition_id: 'channel-map', version: 2, occurred_at: day(on) }
  return [
    event('definition-published', { ...of, event_id: 'map', kind: 'channel-map', document: JSON.stringify(secondMap) }),
    ...['marketing', 'sales'].map(name => event('definition-approved', { ...of, event_id: `map-${name}`, function: name })),
  ]
}

const recorded = logged(
  ...[
    came('search', 10, { utm_source: 'Google', utm_medium: 'cpc' }),
    came('social', 11, { utm_source: 'facebook', utm_medium: 'cpc' }),
    came('mail', 12, { utm_source: 'spring-news', utm_medium: 'email' }),
    came('source-alone', 13, { utm_source: 'duckduckgo', utm_medium: 'unheard' }),
    came('told', 14, { channel: 'events', utm_source: 'google', utm_medium: 'cpc' }),
    came('show-before', 40, { utm_source: 'the show' }),
    ...agreed(50),
    came('show-after', 60, { utm_source: 'the show' }),
    event('deal-created', { event_id: 'd-created', occurred_at: day(70), deal_id: 'd', account_id: 'a', stage: 'discovery' }),
    event('deal-closed', { event_id: 'd-won', occurred_at: day(80), deal_id: 'd', outcome: 'won', amount_minor: 700n, currency: 'EUR' }),
    touch('later', 90, 'account:b'),
    cost('source', 10, { utm_source: 'google ads' }),
    cost('system', 11, { system: 'linkedin-ads' }),
    cost('books', 12, { system: 'linkedin-ads' }, 'agency'),
    cost('told', 13, { channel: 'events', utm_source: 'google ads' }),
    cost('show', 60, { utm_source: 'the-show' }),
  ].toSorted((a, b) => a.occurred_at - b.occurred_at),
)
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const Rows = z.looseObject({
  rows: z.array(z.looseObject({ channel: z.string(), campaign: z.string().optional(), metric: z.string(), value: z.number().nullable() })),
})
const rowsOf = async (url: string): Promise<z.output<typeof Rows>['rows']> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode]).toEqual([url, 200])
  return Rows.parse(reply.json()).rows
}

describe('raw source and medium', () => {
  it('become channels by the map that was in force when it happened; a channel that was said stays', async () => {
    const rows = await rowsOf('/v1/attribution?by=campaign&by=channel')
    expect(Object.fromEntries(rows.map(({ campaign, channel }) => [campaign, channel]))).toEqual({
      search: 'paid_search',
      social: 'paid_social',
      mail: 'email',
      'source-alone': 'organic_search',
      told: 'events',
      'show-before': '(none)',
      'show-after': 'podcast',
    })
  })

  it('are the same from the facts', async () => {
    const url = '/v1/attribution?by=campaign&by=channel&basis=revenue'
    const [now, then] = [await api.get(url), await api.get(`${url}&as_of=${new Date(day(85) / 1000).toISOString()}`)]
    expect(Rows.parse(then.json()).rows.map(({ channel, value }) => [channel, value])).toEqual(
      Rows.parse(now.json()).rows.map(({ channel, value }) => [channel, value]),
    )
  })

  it('of costs are channels by their source, of media by the system that it was bought in', async () => {
    const rows = await rowsOf('/v1/spend?by=channel')
    const spent = rows.filter(({ metric }) => metric === 'M66').map(({ channel, value }) => [channel, value])
    expect(Object.fromEntries(spent)).toEqual({ paid_search: 100, paid_social: 100, '(none)': 100, events: 100, podcast: 100 })
    const earned = await rowsOf('/v1/roi?by=channel')
    expect(earned.find(({ channel, metric }) => channel === 'podcast' && metric === 'M67')?.value).toBe(0)
  })
})
