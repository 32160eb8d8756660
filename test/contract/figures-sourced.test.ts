import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { channelKey, shippedChannelMap } from '../../services/domain/definitions/channel-map.ts'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { factsOf } from '../oracles/facts.ts'
import { day, logged, touch } from '../oracles/logged.ts'
import { membersOf } from '../oracles/sales-touches.ts'
import { claimOf, type SourcedDeal, sourcedDealsAt } from '../oracles/sourced.ts'
import { generateCompany } from '../support/company.ts'
import { withSellers } from '../support/company-sellers.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

/** The worked examples, of another tenant. */
const tenant = 'umbrella'
/** A deal of day 100, won on day 130, of an account with touches of its own. */
const wonDeal = (id: string, amount: number, lead_source: string, touches: readonly AccordEvent[]): readonly AccordEvent[] => [
  ...touches,
  event('deal-created', {
    tenant,
    event_id: `${id}-created`,
    occurred_at: day(100),
    deal_id: id,
    account_id: id,
    stage: 'discovery',
    lead_source,
  }),
  event('deal-closed', {
    tenant,
    event_id: `${id}-closed`,
    occurred_at: day(130),
    deal_id: id,
    outcome: 'won',
    amount_minor: BigInt(amount),
    currency: 'EUR',
  }),
]
const form = (id: string, on: number): AccordEvent =>
  ({ ...touch(`${id}-form`, on, `account:${id}`), team: 'marketing', tenant }) as AccordEvent
const call = (id: string, on: number, member_id = 'seller'): AccordEvent =>
  ({
    ...touch(`${id}-call-${member_id}`, on, `account:${id}`, { touch_type: 'call_attempt' }),
    team: '',
    direction: 'outbound',
    member_id,
    tenant,
  }) as AccordEvent
/** Both functions agree that 2025 is told by the source field and 2026 by the first response. */
const lockOn = (on: number): readonly AccordEvent[] => {
  const of = { tenant, definition_id: 'sourced', version: 1, occurred_at: day(on) }
  const locked = [
    { fiscal_year: 2025, rule: 'source_field' },
    { fiscal_year: 2026, rule: 'first_response' },
  ]
  return [
    event('definition-published', {
      ...of,
      event_id: 'lock',
      kind: 'sourced',
      document: JSON.stringify({ id: 'sourced', version: 1, locked }),
    }),
    ...['marketing', 'sales'].map(name => event('definition-approved', { ...of, event_id: `lock-${name}`, function: name })),
  ]
}
const examples = logged(
  ...[
    event('member-changed', { tenant, event_id: 'seller', occurred_at: day(0), member_id: 'seller', function: 'marketing', role: 'sdr' }),
    event('member-changed', {
      tenant,
      event_id: 'marketer',
      occurred_at: day(0),
      member_id: 'marketer',
      function: 'marketing',
      role: 'manager',
    }),
    ...wonDeal('both', 30, 'Cold Call', [form('both', 50)]),
    ...wonDeal('marketing', 35, 'paid-search', [form('marketing', 50), call('marketing', 40, 'marketer'), call('marketing', 60)]),
    ...wonDeal('sales', 25, 'outbound', [call('sales', 50)]),
    ...wonDeal('none', 10, '', []),
    ...lockOn(140),
  ].toSorted((a, b) => a.occurred_at - b.occurred_at),
)
const recorded = [...withSellers(generateCompany({ seed: 8, size: 600, exceptions: true })), ...examples]
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
const facts = factsOf(recorded, 'acme')
const members = membersOf(recorded, 'acme')

const Row = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string().optional(),
})
const Answer = z.looseObject({
  rows: z.array(Row),
  total: z.array(Row),
  excluded: z.record(z.string(), z.number()),
  definition: z.string(),
})
const Explained = z.looseObject({
  contributions: z.number(),
  bases: z.number().optional(),
  items: z.array(z.looseObject({ id: z.string() })),
})

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const answer = async (url: string): Promise<z.output<typeof Answer>> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return Answer.parse(reply.json())
}

/** The shipped map as a person would read it. */
const teamOfSource = (source: string): string => {
  const raw = channelKey(source)
  return (
    shippedChannelMap.channels.find(({ name, sources }) => name === raw || sources.some(text => channelKey(text) === raw))?.team ??
    'unknown'
  )
}
const said = (conversion: 'won' | 'sqo' | 'deal'): readonly SourcedDeal[] =>
  sourcedDealsAt(facts, members, last, { conversion, teamOfSource })
const tally = (names: readonly string[]): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const name of names) found[name] = (found[name] ?? 0) + 1
  return found
}
/** What one rule says, by team. */
const byTeam = (rows: readonly z.output<typeof Row>[], rule: string): Record<string, number | null> =>
  Object.fromEntries(rows.filter(row => row['rule'] === rule).map(row => [String(row['sourced_by']), row.value]))

describe('GET /v1/sourced', () => {
  it.each(['won', 'sqo', 'deal'] as const)('says who brought each deal that reached %s as the oracle does', async conversion => {
    const deals = said(conversion)
    const { total } = await answer(`/v1/sourced?basis=conversions&conversion=${conversion}&deal_type=*`)
    expect(deals.length).toBeGreaterThan(4)
    expect(byTeam(total, 'source_field')).toEqual(tally(deals.map(deal => deal.sourceField)))
    expect(byTeam(total, 'first_touch')).toEqual(tally(deals.map(deal => deal.firstTouch)))
    expect(byTeam(total, 'first_response')).toEqual(tally(deals.map(deal => deal.firstResponse)))
    expect(total.find(row => row.metric === 'M58')?.value).toBe(deals.filter(deal => deal.marketing !== null).length)
    const claims = deals.map(deal => claimOf([deal.sourceField, deal.firstTouch, deal.firstResponse]))
    const gap = total.find(row => row.metric === 'M36' && row['claimed_by'] === undefined)
    expect([gap?.numerator, gap?.denominator]).toEqual([
      claims.filter(claim => claim === 'both' || claim === 'neither').length,
      deals.length,
    ])
  })

  it('counts new business alone by default, at full amounts, by owner as it was then', async () => {
    const deals = said('won').filter(({ deal }) => deal.dealType === 'new-business' || deal.dealType === '')
    const { rows, excluded } = await answer('/v1/sourced?basis=revenue&by=owner')
    const valued = deals.filter(({ deal }) => deal.currency === 'EUR')
    const worth: Record<string, number> = {}
    for (const { owner, firstTouch, deal } of valued)
      worth[`${owner} ${firstTouch}`] = (worth[`${owner} ${firstTouch}`] ?? 0) + Number(deal.amount)
    const found = rows
      .filter(row => row['rule'] === 'first_touch')
      .map(row => [`${String(row['owner'])} ${String(row['sourced_by'])}`, row.value])
    expect(Object.fromEntries(found)).toEqual(worth)
    expect([excluded['amount_missing'] ?? 0, excluded['rate_missing'] ?? 0]).toEqual([
      deals.filter(({ deal }) => deal.amount === null).length,
      deals.filter(({ deal }) => deal.currency === 'USD').length,
    ])
  })

  it('gives every deal exactly one team under each rule, whatever it is broken down by', async () => {
    const whole = (rows: readonly z.output<typeof Row>[], rule: string): number =>
      rows.filter(row => row['rule'] === rule).reduce((sum, row) => sum + (row.value ?? 0), 0)
    const { total } = await answer('/v1/sourced?basis=pipeline&deal_type=*')
    const wholes = ['source_field', 'first_touch', 'first_response'].map(rule => whole(total, rule))
    expect(new Set(wholes).size).toBe(1)
    const { rows } = await answer('/v1/sourced?basis=pipeline&deal_type=*&by=region&by=month')
    expect(['source_field', 'first_touch', 'first_response'].map(rule => whole(rows, rule))).toEqual(wholes)
    const claims = total.filter(row => row.metric === 'M36' && row['claimed_by'] !== undefined)
    expect(claims.reduce((sum, row) => sum + (row.numerator ?? 0), 0)).toBe(wholes[0])
  })

  it('opens each number to deals that add up to it', async () => {
    const { rows, total } = await answer('/v1/sourced?basis=conversions&by=team&deal_type=*')
    for (const row of [...rows.slice(0, 1), ...total.filter(({ metric }) => metric !== 'M57').slice(0, 2)]) {
      const explained = Explained.parse((await api.get(`/v1/explain/${row.explain ?? ''}`)).json())
      expect([explained.contributions, explained.bases]).toEqual([row.numerator ?? row.value, row.denominator])
    }
  })

  it('says the same from the facts as from the kept tables, and as csv', async () => {
    const url = '/v1/sourced?basis=revenue&by=month&by=pipeline'
    expect((await api.get(`${url}&as_of=${new Date(last).toISOString()}`)).body).toBe((await api.get(url)).body)
    expect((await api.get(`${url}&format=csv`)).body).toContain('month,pipeline,rule,sourced_by')
  })

  it('names the parameter that it refuses and what it takes', async () => {
    const lead = await api.get('/v1/sourced?basis=conversions&conversion=lead')
    expect([lead.statusCode, lead.body.includes('won, deal, sqo, not by lead')]).toEqual([400, true])
    for (const [url, words] of [
      ['/v1/sourced?by=channel', 'expected one of month, owner'],
      ['/v1/sourced?basis=revenue&conversion=sqo', 'basis revenue is answered for won'],
      ['/v1/sourced/overlap?by=owner', 'unknown parameter by'],
      ['/v1/sourced?currency=EURO', 'ISO 4217'],
    ] as const) {
      const reply = await api.get(url)
      expect([reply.statusCode, reply.body]).toEqual([400, expect.stringContaining(words)])
    }
  })
})

describe('GET /v1/sourced/overlap', () => {
  it('has for two campaigns the deals that both influenced, and every deal once in total', async () => {
    const influenced = said('sqo').flatMap(({ marketing }) => (marketing === null ? [] : [[...new Set(marketing)]]))
    const { rows, total } = await answer('/v1/sourced/overlap?basis=conversions&conversion=sqo&deal_type=*')
    const pairs = influenced.flatMap(campaigns => campaigns.flatMap(one => campaigns.map(other => `${one} ${other}`)))
    expect(Object.fromEntries(rows.map(row => [`${String(row['campaign'])} ${String(row['with_campaign'])}`, row.value]))).toEqual(
      tally(pairs),
    )
    expect(total.map(row => row.value)).toEqual([influenced.length])
    const both = rows.find(row => row['campaign'] !== row['with_campaign'])
    const explained = Explained.parse((await api.get(`/v1/explain/${both?.explain ?? ''}`)).json())
    expect(explained.contributions).toBe(both?.value)
  })

  it('is worth in total what /v1/sourced says was influenced', async () => {
    const [overlap, sourced] = [await answer('/v1/sourced/overlap?basis=revenue'), await answer('/v1/sourced?basis=revenue')]
    expect(overlap.total[0]?.value).toBe(sourced.total.find(row => row.metric === 'M58')?.value)
  })
})

describe('the worked examples of M36 and M57', () => {
  it('both 30, marketing 35, sales 25, none 10: a gap of 40 %', async () => {
    const { total } = Answer.parse((await api.get('/v1/sourced?basis=revenue', 'stranger')).json())
    const claims = Object.fromEntries(
      total
        .filter(row => row.metric === 'M36')
        .map(row => [typeof row['claimed_by'] === 'string' ? row['claimed_by'] : 'gap', row.numerator]),
    )
    expect(claims).toEqual({ gap: 40, both: 30, marketing: 35, sales: 25, neither: 10 })
    expect(total.find(row => row.metric === 'M36')?.value).toBe(0.4)
    expect(total.find(row => row.metric === 'M58')?.value).toBe(65)
  })

  it.each([
    { rule: 'source_field', by: { sales: 55, marketing: 35, unknown: 10 } },
    { rule: 'first_touch', by: { marketing: 65, unknown: 35 } }, // an attempt to call is no response
    { rule: 'first_response', by: { marketing: 65, sales: 25, unknown: 10 } }, // the SDR called after the form; a marketer’s call is none of sales
  ])('$rule gives $by', async ({ rule, by }) => {
    const { total } = Answer.parse((await api.get('/v1/sourced?basis=revenue', 'stranger')).json())
    expect(byTeam(total, rule)).toEqual(by)
  })
})

describe('the rule that is locked for a fiscal year', () => {
  it('is named, its rows are flagged, and each deal is judged by that of its year', async () => {
    const { total, definition } = Answer.parse((await api.get('/v1/sourced?basis=revenue', 'stranger')).json())
    expect(definition).toBe('channel-map@1, sourced@1')
    expect(byTeam(total, 'locked')).toEqual(byTeam(total, 'first_response'))
    const flagged = total.filter(row => z.array(z.string()).parse(row['flags']).includes('locked'))
    expect([...new Set(flagged.map(row => row['rule']))]).toEqual(['first_response'])
    const mine = total.find(row => row['rule'] === 'locked' && row['sourced_by'] === 'marketing')
    const { contributions, items } = Explained.parse((await api.get(`/v1/explain/${mine?.explain}`, 'stranger')).json())
    expect([contributions, items.map(({ id }) => id)]).toEqual([65, ['both', 'marketing']])
  })

  it('is none before both functions agreed', async () => {
    const { total, definition } = Answer.parse((await api.get('/v1/sourced?basis=revenue&as_of=2026-05-15', 'stranger')).json())
    expect([definition, byTeam(total, 'locked')]).toEqual(['channel-map@1', {}])
  })
})
