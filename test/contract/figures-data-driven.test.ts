import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { logged } from '../oracles/logged.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const HOUR = 3_600_000_000
const START = Date.UTC(2026, 0, 5, 9) * 1000
const EACH = 50
const MIDDLE = Date.UTC(2026, 1, 1)
const LAST = Date.UTC(2026, 5, 1)

type End = { readonly won: number } | { readonly pipeline: number } | 'lost' | 'open' | 'no deal'

/** An account that is touched by the channels an hour apart, and how that ended. */
const journey = (id: string, channels: readonly string[], end: End, start = START): readonly AccordEvent[] => {
  const touchedAt = (index: number): number => start + index * HOUR
  const closedAt = touchedAt(channels.length)
  const touches = channels.map((channel, index) =>
    event('touch-recorded', {
      event_id: `${id}-t${index}`,
      occurred_at: touchedAt(index),
      subject: `account:${id}`,
      touch_type: 'form',
      channel,
      campaign: `${channel}-${index}`,
    }),
  )
  if (end === 'no deal') return touches
  const created = event('deal-created', {
    event_id: `${id}-deal`,
    occurred_at: start,
    deal_id: id,
    account_id: id,
    stage: typeof end === 'object' && 'pipeline' in end ? 'qualified' : 'discovery',
    deal_type: 'new-business',
    ...(typeof end === 'object' && 'pipeline' in end
      ? { amount_minor: BigInt(end.pipeline), currency: 'EUR', close_date: '2026-09-30' }
      : {}),
  })
  if (end === 'open' || (typeof end === 'object' && 'pipeline' in end)) return [...touches, created]
  const closing = { event_id: `${id}-closed`, occurred_at: closedAt, deal_id: id }
  return [
    ...touches,
    created,
    end === 'lost'
      ? event('deal-closed', { ...closing, outcome: 'lost' })
      : event('deal-closed', { ...closing, outcome: 'won', amount_minor: BigInt(end.won), currency: 'EUR' }),
  ]
}

/** G twice converted, M once, G>M once, G once without, each so many times; of those without 20 accounts have no deal, 20 a lost one, 10 an open one. */
const golden = Array.from({ length: EACH }, (_, i): readonly AccordEvent[] => [
  ...journey(`g1-${i}`, ['G'], { won: 1_000 }),
  ...journey(`g2-${i}`, ['G', 'G'], { won: 1_001 }),
  ...journey(`m-${i}`, ['M'], { won: 500 }),
  ...journey(`gm-${i}`, ['G', 'M', 'M'], { won: 333 }),
  ...journey(`x-${i}`, ['G'], i < 20 ? 'no deal' : i < 40 ? 'lost' : 'open'),
]).flat()
const SHARED_AT = Date.UTC(2026, 3, 4) * 1000
/** Somebody of two accounts and somebody of one made the deal of one of them; the other has none. */
const shared = [
  ...['shared', 'other'].map(account =>
    event('identity-linked', {
      event_id: `link-${account}`,
      occurred_at: START,
      identity: 'person:two',
      target: `account:${account}`,
      rule: 'crm',
      rule_version: '1',
    }),
  ),
  event('touch-recorded', { event_id: 'shared-g', occurred_at: SHARED_AT - HOUR, subject: 'person:two', touch_type: 'form', channel: 'G' }),
  ...journey('shared', ['M'], { won: 1_200 }, SHARED_AT),
]
/** Later: another month, a deal that nobody touched, and one that may still be won. */
const later = [
  ...shared,
  ...journey('late', ['M', 'G'], { won: 700 }, Date.UTC(2026, 3, 1) * 1000),
  ...journey('hopeful', ['G', 'M'], { pipeline: 900 }, Date.UTC(2026, 3, 3) * 1000),
  ...journey('untouched', [], { won: 250 }, Date.UTC(2026, 3, 2) * 1000),
]
const recorded = logged(...[...golden, ...later].toSorted((a, b) => a.occurred_at - b.occurred_at))

const FitOf = z.object({
  order: z.number(),
  states: z.number(),
  paths: z.object({ distinct: z.number(), conversions: z.number(), nulls: z.number() }),
  open_null_share: z.number().nullable(),
  p_convert: z.number(),
  value_per_path: z.number().nullable(),
  sampled: z.object({}).nullable(),
  channels: z.array(
    z.object({
      channel: z.string(),
      removal_effect: z.number().nullable(),
      removal_effect_value: z.number().nullable(),
      share: z.number(),
    }),
  ),
})
const RowOf = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  numerator: z.number().optional(),
  flags: z.array(z.string()),
  explain: z.string().optional(),
})
const AnswerOf = z.looseObject({
  rows: z.array(RowOf),
  total: z.array(RowOf),
  fit: FitOf.optional(),
  model: z.string().optional(),
  as_of: z.string(),
})
const ExplainedOf = z.looseObject({
  items: z.array(z.looseObject({ contribution: z.number(), event_ids: z.array(z.string()) })),
  count: z.number(),
  contributions: z.number(),
  bases: z.number().optional(),
  divisor: z.number(),
})

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, MIDDLE)
})
afterAll(() => api.close())

const answer = async (url: string): Promise<z.output<typeof AnswerOf>> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return AnswerOf.parse(reply.json())
}
const valueBy = ({ rows }: z.output<typeof AnswerOf>, dimension = 'channel'): Record<string, number | null> =>
  Object.fromEntries(rows.map(row => [String(row[dimension]), row.value]))
const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0)

/** Every number of an answer opens to conversions that add up to it. */
const expectToOpen = async (url: string): Promise<void> => {
  const { rows, total } = await answer(url)
  const opened = [...rows.slice(-1), ...total].filter(row => row.explain !== undefined)
  expect(opened.length).toBeGreaterThan(1)
  for (const row of opened) {
    const reply = await api.get(`/v1/explain/${row.explain}?limit=5000`)
    expect([url, row, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, row, 200, ''])
    const { items, count, contributions, divisor } = ExplainedOf.parse(reply.json())
    const whole = Math.round((row.metric === 'M59' ? (row.numerator ?? 0) : (row.value ?? 0)) * divisor)
    expect([url, row.metric, contributions]).toEqual([url, row.metric, whole])
    expect([items.length, sum(items.map(item => item.contribution))]).toEqual([count, whole])
    expect(items.every(item => item.event_ids.length > 0)).toBe(true)
  }
}

describe('markov over journeys of the store', () => {
  it('of G twice converted, M once, G>M once and G once without: P .8, removal effects .75 and .5, credit 2.4 and 1.6, fifty times', async () => {
    const found = await answer('/v1/attribution?model=markov&by=channel')
    expect(valueBy(found)).toEqual({ G: 120, M: 80 })
    expect(found.model).toBe('markov@1')
    expect(found.fit).toMatchObject({ order: 1, states: 2, paths: { distinct: 3, conversions: 200, nulls: 50 }, open_null_share: 0.6 })
    expect(found.fit?.p_convert).toBeCloseTo(0.8, 14)
    expect(found.fit?.channels.map(one => [one.channel, Number(one.removal_effect?.toPrecision(12))])).toEqual([
      ['G', 0.75],
      ['M', 0.5],
    ])
    expect(found.rows.every(row => !row.flags.includes('redistributed'))).toBe(true)
    expect(found.total.map(row => [row.metric, row.value])).toEqual([
      ['M56', 200],
      ['M59', 0],
    ])
  })

  it('shares revenue by the value that is lost without a channel, to the cent', async () => {
    const found = await answer('/v1/attribution?model=markov&by=channel&basis=revenue')
    const worth = EACH * (1_000 + 1_001 + 500 + 333)
    // of 250 walks: without G only M's own are worth anything; without M only those that end in G
    const [withoutG, withoutM] = [EACH * 500 + 0, EACH * 2_001]
    const perM = (EACH * 833) / (2 * EACH)
    const lost = { G: worth - (EACH / (5 * EACH)) * perM * 250, M: worth - withoutM }
    expect(withoutG).toBeLessThan(worth)
    const expected = (channel: 'G' | 'M'): number => (worth * lost[channel]) / (lost.G + lost.M)
    const values = valueBy(found)
    expect(Math.abs((values['G'] ?? 0) - expected('G'))).toBeLessThan(1)
    expect(Math.abs((values['M'] ?? 0) - expected('M'))).toBeLessThan(1)
    expect(sum(Object.values(values))).toBe(worth)
    expect(found.total[0]?.value).toBe(worth)
    expect(found.fit?.value_per_path).toBeCloseTo(worth / 250, 6)
  })

  it('by anything but the channel alone shares each conversion by the effects of its channels, and says so', async () => {
    const found = await answer('/v1/attribution?model=markov&by=campaign')
    // G>M>M: .6 and .4 of each, M's in halves; G>G in halves
    expect(valueBy(found, 'campaign')).toEqual({ 'G-0': 50 + 25 + 30, 'G-1': 25, 'M-0': 50, 'M-1': 10, 'M-2': 10 })
    expect(found.rows.every(row => row.flags.includes('redistributed'))).toBe(true)
    const both = await answer('/v1/attribution?model=markov&by=channel&by=campaign')
    expect([both.rows.length, both.rows.every(row => row.flags.includes('redistributed')), sum(both.rows.map(row => row.value))]).toEqual([
      5,
      true,
      200,
    ])
  })

  it('a state of two touches knows what came before: the order is answered and changes the credit', async () => {
    const found = await answer('/v1/attribution?model=markov&order=2&by=channel')
    expect(found.fit).toMatchObject({ order: 2, states: 5 })
    expect(found.fit?.p_convert).toBeCloseTo(0.8, 14)
    // what is lost without G: all but M's own; without M: M's own and G>M>M
    expect(valueBy(found)).toEqual({ G: 120, M: 80 })
    expect((await answer('/v1/attribution?model=markov&order=2&by=channel&basis=revenue')).rows.map(row => row.value)).not.toEqual(
      (await answer('/v1/attribution?model=markov&by=channel&basis=revenue')).rows.map(row => row.value),
    )
  })

  it('one deal is shared by the effects that all journeys taught', async () => {
    const { rows, fit } = await answer('/v1/deals/gm-7/credit?model=markov')
    expect(rows.filter(row => row.metric === 'M53').map(row => [row['touch'], row['channel'], row.numerator])).toEqual([
      ['gm-7-t0', 'G', 600_000],
      ['gm-7-t1', 'M', 200_000],
      ['gm-7-t2', 'M', 200_000],
    ])
    expect(rows.filter(row => row.metric === 'M54').map(row => row.value)).toEqual([200, 67, 66])
    expect(fit?.paths.conversions).toBe(200)
  })
})

describe('shapley over journeys of the store', () => {
  it('gives what a channel adds to P(convert) on average: .5 and .3 of .8', async () => {
    const found = await answer('/v1/attribution?model=shapley&by=channel')
    expect(valueBy(found)).toEqual({ G: 125, M: 75 })
    expect([found.model, found.fit?.sampled, found.fit?.channels.map(one => one.removal_effect)]).toEqual(['shapley@1', null, [null, null]])
  })

  it('simple shares a path alike among its distinct channels, and learns nothing', async () => {
    const found = await answer('/v1/attribution?model=shapley-simple&by=channel')
    expect([valueBy(found), found.fit, found.rows.some(row => row.flags.includes('redistributed'))]).toEqual([
      { G: 125, M: 75 },
      undefined,
      false,
    ])
    const { rows } = await answer('/v1/deals/gm-1/credit?model=shapley-simple')
    expect(rows.filter(row => row.metric === 'M53').map(row => row.numerator)).toEqual([500_000, 250_000, 250_000])
  })
})

describe('every data-driven model', () => {
  it.each([
    '/v1/attribution?model=markov&order=3&by=channel&basis=revenue',
    '/v1/attribution?model=shapley&by=month&channel=M',
    '/v1/attribution?model=shapley-simple&by=campaign&basis=revenue',
    '/v1/deals/gm-3/credit?model=markov',
  ])('%s: every number opens to conversions that add up to it', async url => {
    await expectToOpen(url)
  })

  it('re-opens to the same bytes as of then, after more was known, and now says what is known now', async () => {
    const question = '/v1/attribution?model=markov&order=2&by=channel&by=campaign&basis=revenue'
    const { body } = await api.get(question)
    await api.projectTo(recorded, LAST)
    expect((await api.get(`${question}&as_of=${new Date(MIDDLE).toISOString()}`)).body).toBe(body)
    expect((await api.get(question)).body).toBe((await api.get(`${question}&as_of=${new Date(LAST).toISOString()}`)).body)
    const now = await answer('/v1/attribution?model=markov&by=channel')
    // the deal that nobody touched is no path, and stays unattributed
    expect(now.fit?.paths).toEqual({ distinct: 4, conversions: 202, nulls: 52 })
    expect(valueBy(now)['(unattributed)']).toBe(1)
    expect(sum(now.rows.map(row => row.value))).toBe(203)
    await expectToOpen('/v1/attribution?model=markov&by=channel')
  })

  it('weighs a touch that lies in two accounts half', async () => {
    const { rows } = await answer('/v1/deals/shared/credit?model=shapley-simple')
    expect(rows.filter(row => row.metric === 'M53').map(row => [row['channel'], row.numerator])).toEqual([
      ['G', 333_333],
      ['M', 666_667],
    ])
  })

  it('shares open pipeline by what was learned from deals that were won, or not', async () => {
    const { rows, fit } = await answer('/v1/attribution?model=markov&by=channel&basis=pipeline&conversion=won')
    const [toG = 0, toM = 0] = fit?.channels.map(one => one.removal_effect ?? 0) ?? []
    const share = Math.round((1e6 * toG) / (toG + toM)) / 1e6
    expect(rows.map(row => [row['channel'], row.value])).toEqual([
      ['G', Math.round(900 * share)],
      ['M', 900 - Math.round(900 * share)],
    ])
    expect(rows.every(row => row.flags.includes('provisional') && row.flags.includes('redistributed'))).toBe(true)
    expect(fit?.paths).toEqual({ distinct: 4, conversions: 202, nulls: 52 })
  })

  it('learns from the window that is asked about: a lost deal is in it by its closing, what goes on by its last touch', async () => {
    const january = await answer('/v1/attribution?model=markov&by=channel&to=2026-02-01')
    expect(january.fit?.paths).toEqual({ distinct: 3, conversions: 200, nulls: 50 })
    const reply = await api.get('/v1/attribution?model=markov&by=channel&from=2026-02-01')
    expect([reply.statusCode, z.looseObject({}).parse(reply.json())]).toMatchObject([
      422,
      { code: 'too_few_conversions', found: 2, limit: 100, title: 'Model refused' },
    ])
    expect(reply.body).toContain('at least 100 conversions')
    // credit that is not learned needs no hundred conversions
    expect(valueBy(await answer('/v1/attribution?model=shapley-simple&by=channel&from=2026-02-01'))).toEqual({
      G: 0.833333,
      M: 1.166667,
      '(unattributed)': 1,
    })
  })

  it.each([
    ['/v1/attribution?model=linear&order=2', 'order'],
    ['/v1/attribution?model=shapley&order=2', 'order'],
    ['/v1/attribution?model=markov&order=5', 'order'],
    ['/v1/attribution?model=markow', 'model'],
    ['/v1/deals/gm-1/credit?order=2', 'order'],
  ])('%s is a 400 that names the parameter', async (url, path) => {
    const reply = await api.get(url)
    expect(reply.statusCode).toBe(400)
    const { errors, detail } = z.looseObject({ detail: z.string(), errors: z.array(z.object({ path: z.string() })) }).parse(reply.json())
    expect(errors[0]?.path).toBe(path)
    expect([path === 'model', detail]).toEqual([detail.includes('markov@1, shapley@1, shapley-simple@1'), detail])
  })
})
