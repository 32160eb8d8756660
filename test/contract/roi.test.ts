import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { generateCompany } from '../support/company.ts'
import { event, type Telling } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'
import { logOf } from '../support/log-of.ts'
import { spentDays } from '../oracles/spend.ts'

const RowOf = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string().optional(),
  flags: z.array(z.string()),
})
const AnswerOf = z.looseObject({
  rows: z.array(RowOf),
  total: z.array(RowOf),
  excluded: z.record(z.string(), z.number()),
  as_of: z.string(),
})
type Answered = z.output<typeof AnswerOf>
const ExplainedOf = z.looseObject({
  row: RowOf,
  contributions: z.number(),
  bases: z.number().optional(),
  divisor: z.number(),
  items: z.array(z.looseObject({ entity: z.string(), id: z.string(), contribution: z.number(), event_ids: z.array(z.string()) })),
})

const asking =
  (api: FigureApi) =>
  async (url: string): Promise<Answered> => {
    const reply = await api.get(url)
    expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
    return AnswerOf.parse(reply.json())
  }

const DAY = 86_400_000
const noon = (date: string): number => Date.parse(`${date}T12:00:00Z`) * 1000

/**
 * A company that a person can follow. March: 600 euros on search, 300 dollars (at 0.5) on social, 90 euros of an agency on nothing in particular, 1,000 of
 * salaries of sales. Ada came by search and by social and became a deal of 1,000 euros, won on 20 April; Bob came by search and became
 * one of 500, won on 10 March. Cleo was never touched: 200, won on 15 March.
 */
const told = (): readonly AccordEvent[] => {
  let n = 0
  const id = (): string => `m${(n += 1)}`
  const person = (name: string): readonly AccordEvent[] => [
    event('identity-linked', {
      event_id: id(),
      occurred_at: noon('2026-01-02'),
      identity: `person:${name}`,
      target: `account:${name}`,
      rule: 'test',
      rule_version: '1',
    }),
  ]
  const touch = (name: string, on: string, channel: string, campaign: string): AccordEvent =>
    event('touch-recorded', {
      event_id: id(),
      occurred_at: noon(on),
      subject: `person:${name}`,
      touch_type: 'form',
      channel,
      campaign,
      team: 'marketing',
      utm_source: channel,
    })
  const deal = (name: string, created: string, closed: string, amount_minor: bigint): readonly AccordEvent[] => [
    event('deal-created', {
      event_id: id(),
      occurred_at: noon(created),
      deal_id: `d-${name}`,
      account_id: name,
      stage: 'qualified',
      deal_type: 'new-business',
      amount_minor,
      currency: 'EUR',
    }),
    event('deal-contact-linked', { event_id: id(), occurred_at: noon(created), deal_id: `d-${name}`, person_id: name }),
    event('deal-closed', { event_id: id(), occurred_at: noon(closed), deal_id: `d-${name}`, outcome: 'won', close_date: closed }),
  ]
  const spend = (
    spend_id: string,
    more: Partial<Telling<'spend-recorded'>> & Pick<Telling<'spend-recorded'>, 'amount_minor' | 'category'>,
  ): AccordEvent =>
    event('spend-recorded', {
      event_id: id(),
      occurred_at: noon('2026-03-01'),
      spend_id,
      currency: 'EUR',
      starts_on: '2026-03-01',
      ...more,
    })
  return [
    event('tenant-configured', {
      event_id: id(),
      occurred_at: noon('2026-01-01'),
      zone: 'UTC',
      currency: 'EUR',
      lawful_basis: 'legitimate-interest',
    }),
    event('campaign-planned', { event_id: id(), occurred_at: noon('2026-01-01'), campaign: 'brand', channel: 'search', team: 'marketing' }),
    event('campaign-planned', { event_id: id(), occurred_at: noon('2026-01-01'), campaign: 'feed', channel: 'social', team: 'marketing' }),
    event('fx-rate-recorded', {
      event_id: id(),
      occurred_at: noon('2026-01-01'),
      base_currency: 'USD',
      quote_currency: 'EUR',
      rate_on: '2026-01-01',
      rate: '0.5',
    }),
    ...person('ada'),
    ...person('bob'),
    ...person('cleo'),
    touch('ada', '2026-03-05', 'search', 'brand'),
    touch('ada', '2026-03-25', 'social', 'feed'),
    touch('bob', '2026-02-20', 'search', 'brand'),
    ...deal('ada', '2026-04-01', '2026-04-20', 100_000n),
    ...deal('bob', '2026-02-24', '2026-03-10', 50_000n),
    ...deal('cleo', '2026-02-24', '2026-03-15', 20_000n),
    spend('search', { amount_minor: 60_000n, category: 'media', campaign: 'brand', ends_on: '2026-03-31' }),
    spend('social', { amount_minor: 30_000n, currency: 'USD', category: 'media', campaign: 'feed' }),
    spend('agency', { amount_minor: 9_000n, category: 'agency', team: 'marketing' }),
    spend('salaries', { amount_minor: 100_000n, category: 'payroll', team: 'sales' }),
    event('finance-input-recorded', {
      event_id: id(),
      occurred_at: noon('2026-01-01'),
      input_id: 'gm',
      name: 'gross-margin',
      ratio_ppm: 800_000,
    }),
    event('finance-input-recorded', {
      event_id: id(),
      occurred_at: noon('2026-01-01'),
      input_id: 'arpa',
      name: 'arpa',
      amount_minor: 200_000n,
      currency: 'USD',
    }),
    event('finance-input-recorded', {
      event_id: id(),
      occurred_at: noon('2026-01-01'),
      input_id: 'churn',
      name: 'churn',
      ratio_ppm: 10_000,
      from_on: '2026-04-01',
    }),
  ]
}

describe('return on a company that a person can follow', () => {
  let api: FigureApi
  let ask: ReturnType<typeof asking>
  const known = Date.UTC(2026, 5, 1)
  beforeAll(async () => {
    api = await openFigureApi()
    ask = asking(api)
    await api.projectTo(logOf(told(), known), known + 1_000)
  })
  afterAll(() => api.close())

  /** `channel metric: value`, the total under `=`. */
  const values = async (url: string, metrics: readonly string[], dimension = 'channel') => {
    const { rows, total } = await ask(url)
    return Object.fromEntries(
      [...rows.map(row => [String(row[dimension]), row] as const), ...total.map(row => ['=', row] as const)]
        .filter(([, row]) => metrics.includes(row.metric))
        .map(([name, row]) => [`${name} ${row.metric}`, row.value]),
    )
  }

  it('M67 and M68: spend that earned nothing stays in, credit without spend has no return, the total has what no touch earned', async () => {
    expect(await values('/v1/roi?by=channel&from=2026-03-01&to=2026-05-01', ['M66', 'M54', 'M67', 'M68', 'M59'])).toEqual({
      'search M66': 60_000,
      'search M54': 100_000, // Bob's 50,000 and half of Ada's
      'search M67': 40_000 / 60_000,
      'search M68': 100_000 / 60_000,
      'social M66': 15_000,
      'social M54': 50_000,
      'social M67': 35_000 / 15_000,
      'social M68': 50_000 / 15_000,
      '(none) M66': 9_000,
      '(none) M54': 0,
      '(none) M67': -1,
      '(none) M68': null,
      '(unattributed) M66': 0,
      '(unattributed) M54': 20_000,
      '(unattributed) M67': null,
      '(unattributed) M68': null,
      '= M66': 84_000,
      '= M54': 170_000,
      '= M67': 86_000 / 84_000,
      '= M68': 170_000 / 75_000,
      '= M59': 20_000 / 170_000,
    })
  })

  it('loaded has salaries in, a model moves the credit, a margin takes its part, a currency divides all of it', async () => {
    expect(await values('/v1/roi?spend_scope=loaded&from=2026-03-01&to=2026-05-01', ['M66', 'M67'])).toMatchObject({
      '= M66': 184_000,
      '= M67': (170_000 - 184_000) / 184_000,
    })
    expect(await values('/v1/roi?by=channel&model=first&from=2026-03-01&to=2026-05-01', ['M54'])).toMatchObject({ 'search M54': 150_000 })
    const { total } = await ask('/v1/roi?margin=gross&from=2026-03-01&to=2026-05-01')
    expect(total.find(row => row.metric === 'M67')).toMatchObject({
      value: (136_000 - 84_000) / 84_000,
      margin: 'gross',
      gross_margin: 0.8,
      numerator: 52_000,
      denominator: 84_000,
    })
    expect(await values('/v1/roi?currency=USD&from=2026-03-01&to=2026-05-01', ['M66', 'M54'])).toMatchObject({
      '= M66': 168_000,
      '= M54': 340_000,
    })
  })

  it('by month and campaign the same, and filtered by them', async () => {
    expect(await values('/v1/roi?by=month', ['M66', 'M54', 'M67'], 'month')).toMatchObject({
      '2026-03 M66': 84_000,
      '2026-03 M54': 70_000,
      '2026-04 M66': 0,
      '2026-04 M54': 100_000,
      '2026-04 M67': null,
      '= M66': 84_000,
    })
    expect(await values('/v1/roi?campaign=brand&month=2026-03', ['M66', 'M54'])).toMatchObject({ '= M66': 60_000, '= M54': 50_000 })
  })

  it('M76: pipeline per spend, of deals that entered pipeline in the period', async () => {
    // Ada's deal qualified in April; nothing was spent then
    expect(await values('/v1/roi?basis=pipeline&from=2026-02-01&to=2026-04-01', ['M55', 'M76', 'M67'])).toMatchObject({
      '= M55': 70_000,
      '= M76': 70_000 / 84_000,
      '= M67': (70_000 - 84_000) / 84_000,
    })
    expect(await values('/v1/roi?basis=pipeline&from=2026-04-01&to=2026-05-01', ['M55', 'M76'])).toMatchObject({
      '= M55': 100_000,
      '= M76': null,
    })
  })

  it('M70: cost per won deal by credit, in total by deals, in whole minor units', async () => {
    expect(await values('/v1/roi?basis=conversions&by=channel&from=2026-03-01&to=2026-05-01', ['M56', 'M70'])).toMatchObject({
      'search M56': 1.5,
      'search M70': 40_000,
      'social M70': 30_000,
      '(none) M70': null,
      '(unattributed) M70': 0,
    })
    const { total } = await ask('/v1/roi?basis=conversions&from=2026-03-01&to=2026-05-01')
    expect(total.filter(row => row.metric === 'M70').map(row => [row['conversion'], row.value, row.denominator])).toEqual([
      ['won', 28_000, 3],
      ['lead', null, 0],
      ['mql', null, 0],
      ['accepted', null, 0],
    ])
  })

  it('M69: what the touches of March earned whenever it was won, with its maturity', async () => {
    const { rows, total } = await ask('/v1/roi?dated=touch&by=channel&from=2026-03-01&to=2026-04-01&as_of=2026-06-01T00:00:00.900Z')
    const cohort = Object.fromEntries(rows.filter(row => row.metric === 'M69').map(row => [row['channel'], row.value]))
    expect(cohort).toEqual({ search: (50_000 - 60_000) / 60_000, social: (50_000 - 15_000) / 15_000, '(none)': -1 })
    // lags: Ada 46 and 26 days with half a deal each, Bob 18 with one; the cohort's last day is 62 days old
    expect(total.find(row => row.metric === 'M69')).toMatchObject({ value: (100_000 - 84_000) / 84_000, maturity: 1 })
    const young = await ask('/v1/roi?dated=touch&from=2026-05-01&to=2026-05-12')
    expect(young.total.find(row => row.metric === 'M69')).toMatchObject({
      value: null,
      maturity: 0.5,
      flags: ['immature', 'low_n', 'no_spend'],
    })
  })

  it('M71–M77: what a customer costs, looking back a median cycle, and what one is worth', async () => {
    const { total } = await ask('/v1/roi?from=2026-03-15&to=2026-05-01')
    const of = (metric: string) => total.filter(row => row.metric === metric)
    // cycles of 19, 14 and 19 days: 15 March to 30 April, 19 days earlier; Ada and Cleo are new customers
    expect(of('M71')).toMatchObject([
      { spend_from: '2026-02-24', spend_to: '2026-04-12', cycle_days: 19, value: 92_000, numerator: 184_000, denominator: 2 },
    ])
    // search and social bought media; Ada is the one that their touches won
    expect(of('M72')).toMatchObject([{ value: 75_000, numerator: 75_000, denominator: 1 }])
    // 2,000 dollars a month are 1,000 euros, of which 800 stay
    expect(of('M73')).toMatchObject([{ value: 92_000 / 80_000, unit: 'months' }])
    expect(of('M74')).toMatchObject([
      { cap_months: 'none', value: 8_000_000 },
      { cap_months: 60, value: 3_622_747 },
    ])
    expect(of('M75')[0]).toMatchObject({ value: 8_000_000 / 92_000 })
    // salaries fall on 1 March, before the period
    expect(of('M77')).toMatchObject([{ value: 0, numerator: 0, denominator: 120_000 }])
    expect((await ask('/v1/roi?from=2026-03-01&to=2026-04-01')).total.find(row => row.metric === 'M77')?.value).toBe(100_000 / 70_000)
  })

  it('what finance has not said is null and named', async () => {
    const { total } = await ask('/v1/roi?from=2026-03-01&to=2026-04-01')
    expect(total.find(row => row.metric === 'M74')).toMatchObject({ value: null, flags: ['churn_missing'] })
  })

  it('shows no figure of the company where the question is about a part of it', async () => {
    expect((await ask('/v1/roi?channel=search&from=2026-03-01&to=2026-04-01')).total.map(row => row.metric)).toEqual([
      'M66',
      'M54',
      'M67',
      'M68',
      'M59',
    ])
  })

  it('every number opens to costs and deals that add up to it', async () => {
    const urls = [
      '/v1/roi?by=channel&from=2026-03-01&to=2026-05-01',
      '/v1/roi?margin=gross&channel=search',
      '/v1/roi?basis=pipeline&by=campaign',
      '/v1/roi?basis=conversions&by=team',
      '/v1/roi?dated=touch&by=channel',
      '/v1/spend?by=channel&by=month',
    ]
    let opened = 0
    for (const url of urls) {
      const { rows, total } = await ask(url)
      // of each metric its last row, and the total
      const last = new Map(rows.map(row => [row.metric, row]))
      for (const row of [...last.values(), ...(url.includes('margin') ? total : [])]) {
        // credit alone opens as it does from /v1/attribution
        if (row.explain === undefined || /^M5[456]$/.test(row.metric)) continue
        const reply = await api.get(`/v1/explain/${row.explain}`)
        expect([url, row.metric, reply.statusCode]).toEqual([url, row.metric, 200])
        const { row: again, contributions, bases, divisor } = ExplainedOf.parse(reply.json())
        expect([url, row.metric, again.value]).toEqual([url, row.metric, row.value])
        const behind = again.denominator === undefined ? (row.value ?? 0) : (row.numerator ?? 0)
        expect([url, row.metric, contributions]).toEqual([url, row.metric, behind * divisor])
        expect([url, row.metric, bases ?? 0]).toEqual([url, row.metric, (row.denominator ?? 0) * divisor])
        opened += 1
      }
    }
    expect(opened).toBeGreaterThan(12)
  })

  it.each([
    ['/v1/roi?from=2026-03-15&to=2026-05-01', ['M71', 'M72', 'M73', 'M74', 'M74', 'M75', 'M75', 'M77']],
    ['/v1/roi?basis=conversions&from=2026-03-01&to=2026-05-01', ['M70', 'M70', 'M70', 'M70']],
  ])('figures of the company open to costs, customers, journeys and what finance said: %s', async (url, metrics) => {
    const { total } = await ask(url)
    const opened = total.filter(row => metrics.includes(row.metric))
    expect(opened.map(({ metric }) => metric).toSorted()).toEqual(metrics)
    for (const row of opened) {
      const reply = await api.get(`/v1/explain/${row.explain}`)
      expect([row.metric, reply.statusCode]).toEqual([row.metric, 200])
      const { row: again, contributions, bases, divisor } = ExplainedOf.parse(reply.json())
      expect([row.metric, again.value]).toEqual([row.metric, row.value])
      const behind = again.denominator === undefined ? (row.value ?? 0) : (row.numerator ?? 0)
      expect([row.metric, contributions, bases ?? 0]).toEqual([row.metric, behind * divisor, (row.denominator ?? 0) * divisor])
    }
  })

  it.each([
    ['/v1/roi?by=region', 'by', 'channel, campaign'],
    ['/v1/roi?basis=revenue&conversion=sqo', 'conversion', 'revenue is answered for won'],
    ['/v1/roi?model=best', 'model', 'linear@1'],
    ['/v1/roi?spend_scope=all', 'spend_scope', 'program'],
    ['/v1/roi?dated=touch&basis=pipeline', 'dated', 'basis revenue'],
    ['/v1/roi?margin=net', 'margin', 'gross'],
    ['/v1/roi?currency=EURO', 'currency', 'ISO 4217'],
    ['/v1/spend?by=colour', 'by', 'vendor'],
    ['/v1/spend?chanel=x', 'querystring', 'unknown parameter chanel'],
  ])('%s is refused by name: %s', async (url, path, says) => {
    const reply = await api.get(url)
    expect([reply.statusCode, reply.body.includes(path), reply.body.includes(says)]).toEqual([400, true, true])
  })

  it('comes as CSV too', async () => {
    const reply = await api.get('/v1/spend?by=channel&format=csv&from=2026-03-01&to=2026-04-01')
    expect(reply.body.split('\r\n').map(line => line.split(',').slice(0, 6).join(','))).toContain('search,program,,,M66,60000')
  })
})

describe('costs on their way', () => {
  it('the first recording of an event id counts, whatever cost a second one names, and a second recording of the same is nothing', async () => {
    const api = await openFigureApi()
    const known = Date.UTC(2026, 5, 1)
    const cost = (spend_id: string, amount_minor: bigint): AccordEvent =>
      event('spend-recorded', {
        event_id: 'once',
        occurred_at: noon('2026-03-01'),
        spend_id,
        amount_minor,
        currency: 'EUR',
        starts_on: '2026-03-01',
        category: 'media',
      })
    try {
      await api.projectTo(logOf([cost('a', 100n), cost('b', 7n), cost('a', 100n)], known), known + 10)
      expect((await asking(api)('/v1/spend')).total[0]?.value).toBe(100)
      await api.projectTo(logOf([cost('c', 9n)], known + 20), known + 30)
      expect((await asking(api)('/v1/spend')).total[0]?.value).toBe(100)
    } finally {
      await api.close()
    }
  })
})

describe('return on a generated company', () => {
  let api: FigureApi
  let ask: ReturnType<typeof asking>
  const company = generateCompany({ seed: 11, size: 250 })
  const last = Math.max(...company.map(({ appended_at }) => appended_at))
  const middle = last + 30
  /** Costs of every month of the company, named by its campaigns and channels; what comes after `middle` restates some. */
  const costs = logOf(
    Array.from({ length: 60 }, (_, i): AccordEvent => {
      const restated = i >= 40
      const starts_on = new Date(Date.UTC(2025, 0, 20) + (i % 40) * 9 * DAY).toISOString().slice(0, 10)
      return event(restated ? 'spend-restated' : 'spend-recorded', {
        event_id: `cost-${i}`,
        occurred_at: noon(starts_on),
        spend_id: `s-${i % 40}`,
        amount_minor: BigInt(10_007 + i * 331),
        currency: i % 3 === 0 ? 'USD' : 'EUR',
        starts_on,
        ends_on: i % 4 === 0 ? new Date(Date.parse(starts_on) + (i % 23) * DAY).toISOString().slice(0, 10) : null,
        category: i % 5 === 0 ? 'payroll' : 'media',
        channel: ['paid_search', 'email', 'webinar', ''][i % 4] ?? '',
        team: ['marketing', 'sales'][i % 2] ?? '',
      })
    }),
    last + 1,
  )
  const QUESTIONS = [
    '/v1/roi?by=channel',
    '/v1/roi?by=month&by=team&model=first&from=2025-02-03&to=2025-11-20',
    '/v1/roi?basis=pipeline&by=campaign&model=last&spend_scope=loaded',
    '/v1/roi?basis=conversions&conversion=sqo&by=source&team=marketing&team=(none)',
    '/v1/roi?dated=touch&by=month',
    '/v1/roi?period=2025-Q3&margin=gross',
    '/v1/spend?by=month&by=category&spend_scope=loaded',
  ]
  const live = new Map<string, string>()
  const heard = new Map<string, readonly string[]>()
  beforeAll(async () => {
    api = await openFigureApi()
    ask = asking(api)
    await api.projectTo([...company, ...costs], middle)
    // twice: the second time from what is held
    for (const question of [...QUESTIONS, ...QUESTIONS]) {
      const { body } = await api.get(question)
      heard.set(question, [...(heard.get(question) ?? []), body])
      live.set(question, body)
    }
  })
  afterAll(() => api.close())

  it('a live answer, from the store or from what is held, re-opens to the same bytes when everything has moved on', async () => {
    await api.projectTo(costs, last + 1_000)
    for (const [question, [first, second]] of heard) expect([question, second]).toEqual([question, first])
    let changed = 0
    for (const [question, body] of live) {
      const asOf = `${question}&as_of=${new Date(middle).toISOString()}`
      expect([question, (await api.get(asOf)).body]).toEqual([question, body])
      if ((await api.get(question)).body !== body) changed += 1
    }
    // as_of alone is another; that money was restated shows in the values
    expect(changed).toBe(QUESTIONS.length)
  })

  it('M70 of an MQL by channel: the journeys that earned it, and in total as many as were counted', async () => {
    const { rows, total } = await ask('/v1/roi?basis=conversions&conversion=mql&by=channel&deal_type=*')
    const attributed = await ask('/v1/attribution?conversion=mql&by=channel&deal_type=*')
    const earned = rows.filter(row => row.metric === 'M56').reduce((sum, row) => sum + (row.value ?? 0), 0)
    expect(attributed.total[0]?.value).toBeGreaterThan(0)
    expect(earned).toBeCloseTo(attributed.total[0]?.value ?? Number.NaN, 6)
    expect(total.find(row => row.metric === 'M56')?.value).toBe(attributed.total[0]?.value)
  })

  it('sets the spend that plain arithmetic finds beside the credit that /v1/attribution has', async () => {
    const [roi, credit] = [await ask('/v1/roi?by=channel'), await ask('/v1/attribution?basis=revenue&by=channel')]
    const spent = new Map<string, number>()
    for (const { channel, category, worth } of spentDays([...company, ...costs], last + 1_000, 'EUR'))
      if (category !== 'payroll') spent.set(channel, (spent.get(channel) ?? 0) + Number(worth ?? 0))
    const of = (rows: Answered['rows'], metric: string) =>
      new Map(rows.filter(row => row.metric === metric).map(row => [String(row['channel']), row]))
    const [m66, m54, m67] = [of(roi.rows, 'M66'), of(roi.rows, 'M54'), of(roi.rows, 'M67')]
    expect(Object.fromEntries([...m66].filter(([, { value }]) => value !== 0).map(([channel, { value }]) => [channel, value]))).toEqual(
      Object.fromEntries([...spent].filter(([, value]) => value !== 0)),
    )
    for (const [channel, { value }] of of(credit.rows, 'M54')) expect([channel, m54.get(channel)?.value]).toEqual([channel, value])
    for (const [channel, { value }] of m67) {
      const [earned, cost] = [m54.get(channel)?.value ?? 0, m66.get(channel)?.value ?? 0]
      expect([channel, value]).toEqual([channel, cost === 0 ? null : (earned - cost) / cost])
    }
    for (const metric of ['M66', 'M54']) {
      const sum = roi.rows.filter(row => row.metric === metric).reduce((total, { value }) => total + (value ?? 0), 0)
      expect([metric, sum]).toEqual([metric, roi.total.find(row => row.metric === metric)?.value])
    }
    expect(roi.total.find(row => row.metric === 'M54')?.value).not.toBe(0)
  })
})
