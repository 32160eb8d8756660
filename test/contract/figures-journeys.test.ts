import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { factsOf } from '../oracles/facts.ts'
import { percentile, type WonJourney, wonJourneysAt } from '../oracles/journeys.ts'
import { day, logged, touch } from '../oracles/logged.ts'
import { membersOf } from '../oracles/sales-touches.ts'
import { generateCompany } from '../support/company.ts'
import { withSellers } from '../support/company-sellers.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

/** The worked example, of another tenant: first touch on day 0, sales on day 60 and 80, created on 70, won on 100. */
const tenant = 'umbrella'
const said = (id: string, on: number, more: object): AccordEvent =>
  ({ ...touch(id, on, 'person:ann'), tenant, team: 'marketing', ...more }) as AccordEvent
const seller = { team: 'sales', member_id: 'seller' }
const example = logged(
  event('member-changed', { tenant, event_id: 'seller', occurred_at: day(-10), member_id: 'seller', function: 'sales', role: 'ae' }),
  event('identity-linked', { tenant, event_id: 'ann', occurred_at: day(-10), identity: 'person:ann', target: 'account:a' }),
  event('identity-linked', { tenant, event_id: 'bob', occurred_at: day(-10), identity: 'person:bob', target: 'account:a' }),
  said('form', 0, {}),
  said('mail', 30, { ...seller, touch_type: 'email_sent', direction: 'outbound' }),
  said('sequence', 31, { ...seller, touch_type: 'email_sent', direction: 'outbound', automatic: true }),
  said('reply', 60, { ...seller, touch_type: 'reply', direction: 'inbound' }),
  event('deal-created', { tenant, event_id: 'd-created', occurred_at: day(70), deal_id: 'd', account_id: 'a', stage: 'discovery' }),
  said('webinar', 75, { touch_type: 'webinar_attended', subject: 'person:bob' }),
  said('meeting', 80, { ...seller, touch_type: 'meeting', outcome: 'held', direction: 'outbound' }),
  said('missed', 85, { ...seller, touch_type: 'meeting', outcome: 'no-show', direction: 'outbound' }),
  event('deal-closed', { tenant, event_id: 'd-closed', occurred_at: day(100), deal_id: 'd', outcome: 'won' }),
)

const recorded = [...withSellers(generateCompany({ seed: 9, size: 600 })), ...example]
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))

const Row = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string(),
  stage: z.string().optional(),
})
const Answer = z.looseObject({ rows: z.array(Row), total: z.array(Row), excluded: z.record(z.string(), z.number()) })
type Answer = z.output<typeof Answer>
const Explained = z.looseObject({ contributions: z.number(), bases: z.number().optional(), divisor: z.number() })

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const answer = async (url: string, bearer = 'reader'): Promise<Answer> => {
  const reply = await api.get(url, bearer)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return Answer.parse(reply.json())
}
/** `{metric percentile: value}`. */
const percentiles = (rows: Answer['rows']): Record<string, number | null> =>
  Object.fromEntries(rows.filter(row => row.metric !== 'M63b').map(row => [`${row.metric} ${String(row['percentile'])}`, row.value]))
const stages = (rows: Answer['rows']): Record<string, readonly (number | undefined)[]> =>
  Object.fromEntries(rows.filter(row => row.metric === 'M63b').map(row => [row.stage ?? 'all', [row.numerator, row.denominator]]))

describe('GET /v1/attribution/journeys', () => {
  it('says what it took to win the one deal of the worked example', async () => {
    const { total } = await answer('/v1/attribution/journeys', 'stranger')
    expect(percentiles(total)).toMatchObject({ 'M62 p50': 5, 'M62b p50': 2, 'M63 p50': 0.6, 'M63 p90': 0.6, 'M37 p50': 2 })
    // eligible: form, reply, webinar, both meetings; by a human of sales: mail, both meetings
    expect(stages(total)).toEqual({ '(before the deal)': [1, 3], discovery: [2, 3], all: [3, 6] })
  })

  it('says of generated companies what the oracle says', async () => {
    const journeys = wonJourneysAt(factsOf(recorded, 'acme'), membersOf(recorded, 'acme'), last)
    const { total, excluded } = await answer('/v1/attribution/journeys?deal_type=*')
    const numbers: Record<string, readonly number[]> = {
      M62: journeys.map(one => one.touches).filter(n => n > 0),
      M62b: journeys.map(one => one.contacts).filter(n => n > 0),
      M63: journeys.flatMap(({ preSales }) => (typeof preSales === 'string' ? [] : [preSales.part / preSales.whole])),
      M37: journeys.map(one => one.persons).filter(n => n > 0),
    }
    expect(Object.values(numbers).map(values => values.length)).not.toContain(0)
    expect(percentiles(total)).toEqual(
      Object.fromEntries(
        Object.entries(numbers).flatMap(([metric, values]) => [50, 75, 90].map(p => [`${metric} p${p}`, percentile(values, p)])),
      ),
    )
    const without = (is: (one: WonJourney) => boolean): number | undefined => journeys.filter(is).length || undefined
    expect(excluded).toEqual(
      expect.objectContaining(
        Object.fromEntries(
          Object.entries({
            M62_no_touch: without(one => one.touches === 0),
            M62b_no_sales_contact: without(one => one.contacts === 0),
            M63_sales_first: without(one => one.preSales === 'sales_first'),
            M63_no_sales_contact: without(one => one.preSales === 'no_sales_contact'),
            M37_no_person: without(one => one.persons === 0),
          }).filter(([, count]) => count !== undefined),
        ),
      ),
    )
    const touched = journeys.flatMap(one => one.touched)
    const sums = [...Map.groupBy(touched, ({ stage }) => stage)].map(([stage, of]) => [
      stage,
      [of.filter(({ personal }) => personal).length, of.length],
    ])
    expect(stages(total)).toEqual({ ...Object.fromEntries(sums), all: [touched.filter(({ personal }) => personal).length, touched.length] })
  })

  it('opens a percentile to the deals in order, of which one is it, and a share to all touches', async () => {
    const { total } = await answer('/v1/attribution/journeys?deal_type=*')
    const opened = total.filter(row => row['percentile'] === 'p75' || row.metric === 'M63b')
    for (const row of [opened.find(({ metric }) => metric === 'M63'), opened.at(-1)]) {
      const explained = Explained.parse((await api.get(`/v1/explain/${row?.explain ?? ''}`)).json())
      expect(explained.contributions / explained.divisor).toBe(row?.numerator ?? row?.value)
      expect(explained.bases === undefined ? undefined : explained.bases / explained.divisor).toBe(row?.denominator)
    }
  })

  it('counts every deal in one group, and says the same from the facts', async () => {
    const url = '/v1/attribution/journeys?deal_type=*&by=owner'
    const { rows, total } = await answer(url)
    const deals = (of: Answer['rows']): number =>
      of.filter(row => row.metric === 'M37' && row['percentile'] === 'p50').reduce((sum, row) => sum + Number(row['deals']), 0)
    expect(deals(rows)).toBe(deals(total))
    expect((await api.get(`${url}&as_of=${new Date(last).toISOString()}`)).body).toBe((await api.get(url)).body)
  })

  it('names the parameter that it refuses', async () => {
    const reply = await api.get('/v1/attribution/journeys?model=linear')
    expect([reply.statusCode, reply.body]).toEqual([400, expect.stringContaining('unknown parameter model: there are by, from')])
  })
})

describe('GET /v1/attribution/paths', () => {
  it('says of the worked example by which channels it came, step by step, and how long that took', async () => {
    const { rows, total } = await answer('/v1/attribution/paths', 'stranger')
    const [way] = rows.filter(row => row['way'] !== undefined)
    expect(way).toMatchObject({ metric: 'M56', value: 1 })
    const channels = String(way?.['way']).split(' > ')
    expect(new Set(channels).size).toBe(channels.length)
    expect(rows.filter(row => row['step'] !== undefined).map(row => [row['step'], row['here'], row['next'], row.value])).toEqual(
      channels.map((channel, i) => [String(i + 1), channel, channels[i + 1] ?? '(converted)', 1]),
    )
    // first touch on day 0, won on day 100
    expect(total.find(row => row.metric === 'M13' && row['percentile'] === 'p50')?.value).toBe(100 * 86_400)
  })

  it('counts every won deal on one way, and lets as many arrive at a channel as leave it', async () => {
    const url = '/v1/attribution/paths?basis=revenue&steps=2&most=500&deal_type=*'
    const { rows, total } = await answer(url)
    const sum = (of: Answer['rows']): number => of.reduce((all, row) => all + (row.value ?? 0), 0)
    for (const metric of ['M56', 'M54']) {
      const own = rows.filter(row => row.metric === metric)
      const whole = sum(total.filter(row => row.metric === metric))
      expect(sum(own.filter(row => row['way'] !== undefined))).toBe(whole)
      expect(sum(own.filter(row => row['next'] === '(converted)'))).toBe(whole)
      for (const { step, next } of own.filter(row => row['step'] === '1' && row['next'] !== '(converted)'))
        expect(sum(own.filter(row => row['step'] === '2' && row['here'] === next))).toBe(
          sum(own.filter(row => row['step'] === step && row['next'] === next)),
        )
    }
    expect((await api.get(`${url}&as_of=${new Date(last).toISOString()}`)).body).toBe((await api.get(url)).body)
  })

  it('opens a way, a step, a percentile and all of them to the deals behind', async () => {
    const { rows, total } = await answer('/v1/attribution/paths?basis=revenue&deal_type=*')
    for (const row of [rows[0], rows[1], rows.find(one => one.metric === 'M13'), rows.at(-1), ...total.slice(0, 3)]) {
      const explained = Explained.parse((await api.get(`/v1/explain/${row?.explain ?? ''}`)).json())
      expect([row?.metric, explained.contributions / explained.divisor]).toEqual([row?.metric, row?.value])
    }
  })
})

describe('GET /v1/accounts/:id/journey', () => {
  it('says who has a part in the account, and what each team did with them', async () => {
    const { people } = z.object({ people: z.array(z.looseObject({})) }).parse((await api.get('/v1/accounts/a/journey', 'stranger')).json())
    // automatic mail is nobody's; the reply is inbound, but to a seller
    expect(people).toMatchObject([
      { person: 'person:ann', marketing: 1, sales: 4 },
      { person: 'person:bob', marketing: 1, sales: 0 },
    ])
  })
})
