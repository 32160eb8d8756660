import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { day, END, link, logged, minute, type Said, touch } from '../oracles/logged.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const deal = (deal_id: string, account_id: string): readonly AccordEvent[] => [
  event('deal-created', {
    event_id: `created-${deal_id}`,
    occurred_at: day(20),
    deal_id,
    account_id,
    stage: 'qualified',
    amount_minor: 1_000n,
    currency: 'EUR',
  }),
  event('deal-closed', { event_id: `closed-${deal_id}`, occurred_at: day(30), deal_id, outcome: 'won' }),
]
let told = 0
const exclude = (on: number, record: string, excluded = true, reason = 'test'): AccordEvent =>
  event('record-excluded', { event_id: `x${(told += 1)}`, occurred_at: day(on), record, reason, excluded })
const alias = (on: number, type: 'campaign-alias-added' | 'campaign-alias-removed', campaign: string, name: string): AccordEvent =>
  event(type, { event_id: `n${(told += 1)}`, occurred_at: day(on), campaign, system: 'utm', alias: name })
type Consent = { readonly granted: boolean; readonly channel?: string; readonly purpose?: string; readonly expires_at?: number }
const consent = (on: number, person_id: string, { purpose = 'marketing', ...said }: Consent): AccordEvent =>
  event('consent-changed', { event_id: `c${(told += 1)}`, occurred_at: day(on), person_id, purpose, ...said })

/** Accounts a, b … with one won deal each; of account `x` the persons are `x1`, `x2`, `x3`. */
const company: readonly Said[] = [
  ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap(name => [
    link(1, `person:${name}1`, `account:${name}`),
    link(1, `person:${name}2`, `account:${name}`),
    link(1, `person:${name}3`, `account:${name}`),
    ...deal(`deal-${name}`, name),
  ]),
  // a: a deal that turns out to be a test on day 40, and is one no more on day 50
  touch('a-form', 5, 'person:a1'),
  { late: 40, event: exclude(40, 'deal:deal-a') },
  { late: 50, event: exclude(50, 'deal:deal-a', false) },
  // b: of two touches the first is excluded on day 40; its person has a journey, and is excluded on day 60
  touch('b-first', 5, 'person:b1', { channel: 'email' }),
  touch('b-second', 6, 'person:b2', { channel: 'event' }),
  event('lead-created', { event_id: 'b-lead', occurred_at: day(7), person_id: 'b2' }),
  { late: 40, event: exclude(40, 'touch:b-first', true, 'internal') },
  { late: 60, event: exclude(60, 'person:b2') },
  // c: merged on day 45 into an account that has been a test since day 41
  touch('c-form', 5, 'person:c1'),
  exclude(41, 'account:sandbox'),
  event('account-merged', { event_id: 'c-merged', occurred_at: day(45), account_id: 'c', into_account_id: 'sandbox' }),
  // d: within ten minutes under two names of one campaign, as is known on day 40, and taken back on day 50
  touch('d-1', 5, 'person:d1', { campaign: 'spring' }),
  touch('d-2', 5 + minute(10), 'person:d1', { campaign: 'g-17' }),
  touch('d-3', 6, 'person:d1', { campaign: 'unheard-of' }),
  { late: 40, event: alias(2, 'campaign-alias-added', 'spring', 'g-17') },
  { late: 50, event: alias(50, 'campaign-alias-removed', 'spring', 'g-17') },
  // e: refused mail on day 4 and everything from day 8 to day 10, which is known on day 40
  touch('e-mail', 5, 'person:e1', { channel: 'email' }),
  touch('e-web', 6, 'person:e1', { channel: 'organic' }),
  touch('e-late', 9, 'person:e1', { channel: 'organic' }),
  touch('e-last', 11, 'person:e1', { channel: 'organic' }),
  { late: 40, event: consent(4, 'e1', { granted: false, channel: 'email' }) },
  { late: 40, event: consent(8, 'e1', { granted: false }) },
  { late: 40, event: consent(10, 'e1', { granted: true }) },
  consent(5, 'e1', { granted: false, purpose: 'newsletter' }),
  // f: its amount is no longer known on day 40
  touch('f-form', 5, 'person:f1'),
  event('deal-amount-changed', { event_id: 'f-amount', occurred_at: day(40), deal_id: 'deal-f', amount_minor: null }),
  // g: a person without touches was a lead on day 6, which is known on day 40; it is excluded on day 60
  touch('g-1', 5, 'person:g1'),
  touch('g-2', 10, 'person:g2'),
  { late: 40, event: event('lead-created', { event_id: 'g-lead', occurred_at: day(6), person_id: 'g3' }) },
  { late: 60, event: exclude(60, 'person:g3') },
]
const recorded = logged(...company).toSorted((a, b) => a.appended_at - b.appended_at)
/** As of the middle of a day. */
const at = (n: number): string => new Date(day(n + 0.5) / 1000).toISOString()

const LIVE = '/v1/attribution?by=campaign&by=channel'

const Row = z.looseObject({ metric: z.string(), value: z.number().nullable() })
const Answer = z.looseObject({ rows: z.array(Row), total: z.array(Row), excluded: z.record(z.string(), z.number()) })

describe('what takes records out, as of any day', () => {
  let api: FigureApi
  /** [instant, bytes]: live answers on the way. */
  const live: [number, string][] = []
  /** Credit of deal-g for the creation of a lead, as it was live on day 50. */
  let lead: unknown
  beforeAll(async () => {
    api = await openFigureApi()
    // in steps, as it came in
    for (const until of [35, 40.5, 45.5, 50.5]) {
      await api.projectTo(recorded, day(until) / 1000)
      if (until > 35) live.push([day(until) / 1000, (await api.get(LIVE)).body])
    }
    lead = await credit('deal-g', null, 'lead-creation')
    await api.projectTo(recorded, END)
  })
  afterAll(() => api.close())

  const ask = async (url: string, asOf: string | null): Promise<z.output<typeof Answer>> => {
    const reply = await api.get(asOf === null ? url : `${url}${url.includes('?') ? '&' : '?'}as_of=${asOf}`)
    expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
    return Answer.parse(reply.json())
  }
  /** [touch, campaign, millionths] of a deal. */
  const credit = async (id: string, asOf: string | null, model = 'linear'): Promise<unknown> =>
    (await ask(`/v1/deals/${id}/credit?model=${model}`, asOf)).rows
      .filter(row => row.metric === 'M53')
      .map(row => [row['touch'], row['campaign'], row['numerator']])

  it('live answers on the way re-open to the same bytes', async () => {
    for (const [instant, body] of live)
      expect([instant, (await api.get(`${LIVE}&as_of=${new Date(instant).toISOString()}`)).body]).toEqual([instant, body])
  })

  it('a test deal counts until that is known, and again when it is taken back', async () => {
    const asked = async (asOf: string | null): Promise<unknown> => {
      const { total, excluded } = await ask('/v1/attribution?basis=conversions', asOf)
      return [total[0]?.value, excluded]
    }
    expect(await asked(at(39))).toEqual([7, {}])
    expect(await asked(at(42))).toEqual([6, { test: 1, touches_internal: 1 }])
    expect(await asked(at(46))).toEqual([5, { test: 2, touches_internal: 1 }])
    expect(await asked(at(55))).toEqual([6, { test: 1, touches_internal: 1 }])
  })

  it('an excluded touch leaves its credit to the others', async () => {
    expect(await credit('deal-b', at(39))).toEqual([
      ['b-first', '(none)', 500_000],
      ['b-second', '(none)', 500_000],
    ])
    expect(await credit('deal-b', at(55))).toEqual([['b-second', '(none)', 1_000_000]])
  })

  it('an excluded person takes touches and journeys along', async () => {
    expect(await credit('deal-b', null)).toEqual([['(unattributed)', '(unattributed)', 1_000_000]])
    const leads = async (asOf: string | null): Promise<unknown> => {
      const { rows, excluded } = await ask('/v1/funnel/stages?stage=lead', asOf)
      return [rows.find(row => row.metric === 'M1')?.value, excluded]
    }
    // beside the deal of the account that was merged into a test
    expect(await leads(at(55))).toEqual([2, { test: 1 }])
    expect(await leads(null)).toEqual([0, { test: 3 }])
  })

  it('names of one campaign make one session, and one campaign in the answer; what nobody ever explained stays as it is', async () => {
    expect(await credit('deal-d', at(39))).toEqual([
      ['d-1', 'spring', 333_334],
      ['d-2', 'g-17', 333_333],
      ['d-3', 'unheard-of', 333_333],
    ])
    expect(await credit('deal-d', at(42))).toEqual([
      ['d-1', 'spring', 500_000],
      ['d-3', 'unheard-of', 500_000],
    ])
    expect(await credit('deal-d', null)).toEqual(await credit('deal-d', at(39)))
  })

  it('the creation of a lead holds its milestone as soon as it is known, and while its person counts', async () => {
    const nobody = [['(unattributed)', '(unattributed)', 1_000_000]]
    expect(await credit('deal-g', at(39), 'lead-creation')).toEqual(nobody)
    expect(lead).toEqual([['g-1', '(none)', 1_000_000]])
    expect(await credit('deal-g', null, 'lead-creation')).toEqual(nobody)
  })

  it('touches count where they were allowed when they happened, as far as that is known', async () => {
    expect(await credit('deal-e', at(39))).toHaveLength(4)
    expect(await credit('deal-e', null)).toEqual([
      ['e-web', '(none)', 500_000],
      ['e-last', '(none)', 500_000],
    ])
  })

  it('an amount that is no longer known is not the one before', async () => {
    const revenue = async (asOf: string | null): Promise<unknown> => {
      const { total, excluded } = await ask('/v1/attribution?basis=revenue', asOf)
      return [total[0]?.value, excluded['amount_missing'] ?? 0]
    }
    expect(await revenue(at(39))).toEqual([7_000, 0])
    expect(await revenue(at(55))).toEqual([5_000, 1])
  })

  it('the timeline of an account has what counts', async () => {
    const kinds = async (asOf: string | null): Promise<unknown> => {
      const { rows, excluded } = Answer.omit({ rows: true, total: true })
        .extend({ rows: z.array(z.looseObject({ kind: z.string() })) })
        .parse((await api.get(`/v1/accounts/b/journey${asOf === null ? '' : `?as_of=${asOf}`}`)).json())
      return [rows.filter(row => row.kind === 'touch').length, excluded]
    }
    expect(await kinds(at(39))).toEqual([2, {}])
    expect(await kinds(at(55))).toEqual([1, { internal: 1 }])
    expect(await kinds(null)).toEqual([0, { internal: 1, test: 1 }])
  })
})
