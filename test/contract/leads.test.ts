import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EventType } from '../../schemas/events/generated/types.ts'
import type { Member } from '../../services/access/permissions.ts'
import { icpKind } from '../../services/domain/definitions/icp.ts'
import { qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { event, type Telling } from '../support/event.ts'
import { landAll } from '../support/fact-rows.ts'
import { openWritingApi, type WritingApi } from '../support/writing-api.ts'

const START = Date.parse('2026-03-02T09:00:00Z')
const HOUR = 3_600_000
const sales: Member = { memberId: 'sam', function: 'sales', role: 'sdr', approver: false, delegates: [], permissions: [], active: true }

let api: WritingApi
let told = 0
const say = <T extends EventType>(type: T, hours: number, telling: Omit<Telling<T>, 'event_id' | 'occurred_at'>) => {
  told += 1
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the two fields that are left out are given here
  const whole = { event_id: `e${told}`, occurred_at: (START + hours * HOUR) * 1000, ...telling } as Telling<T>
  return { event: event(type, whole), appended_at: START + hours * HOUR, topic: 'accord.leads.v1', partition: 0, offset: told }
}

beforeAll(async () => {
  api = await openWritingApi([sales, { ...sales, memberId: 'mia', function: 'marketing', role: 'manager' }], START + 100 * HOUR)
  await landAll(api.store, [
    say('person-created', 0, { person_id: 'p1', title: 'Head of operations' }),
    say('account-updated', 0, { account_id: 'a1', name: 'Birch Tools', industry: 'Manufacturing', employees: 200n }),
    say('identity-linked', 0, { identity: 'person:p1', target: 'account:a1', rule: 'crm' }),
    say('touch-recorded', 1, {
      subject: 'person:p1',
      touch_type: 'demo_request',
      channel: 'email',
      direction: 'inbound',
      team: 'marketing',
    }),
    say('lead-created', 2, { person_id: 'p1', lead_id: 'l1' }),
    say('lead-stage-changed', 3, { person_id: 'p1', lead_id: 'l1', stage: 'mql' }),
    say('lead-assigned', 4, { person_id: 'p1', lead_id: 'l1', owner_id: 'sam', handoff: 'marketing-sdr' }),
    say('touch-recorded', 5, { subject: 'person:p2', touch_type: 'download', channel: 'events', direction: 'inbound' }),
    say('lead-created', 6, { person_id: 'p2', lead_id: 'l2' }),
    say('lead-disqualified', 7, { person_id: 'p2', lead_id: 'l2', reason: 'no-fit' }),
  ])
  await api.show()
})
afterAll(() => api.close())

const Lead = z.looseObject({
  person: z.string(),
  bucket: z.string(),
  fit: z.string(),
  stage: z.string(),
  owner: z.string(),
  company: z.string(),
  clocks: z.array(z.looseObject({ step: z.string() })),
})
const Leads = z.object({ rows: z.array(Lead), count: z.number(), cursor: z.string().nullable() })
const leads = async (query: string, bearer = 'reader') => Leads.parse((await api.get(`/v1/leads${query}`, bearer)).json())
const Row = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  explain: z.string().optional(),
  measure: z.string().optional(),
  month: z.string().optional(),
  what: z.string().optional(),
  reason: z.string().optional(),
  before: z.number().nullable().optional(),
})
const Answer = z.looseObject({ rows: z.array(Row), definition: z.string() })

describe('leads over the API', () => {
  it('are listed with their bucket, what it is made from and the clocks that run; ended ones apart, page by page', async () => {
    const { rows, count } = await leads('')
    expect([count, rows[0]]).toMatchObject([
      1,
      { person: 'p1', bucket: 'good/hand-raiser', fit: 'good', stage: 'mql', owner: 'sam', company: 'Birch Tools', channel: 'email' },
    ])
    expect(rows[0]?.clocks.length).toBeGreaterThan(0)
    expect((await leads('?state=all')).rows.map(({ person, fit }) => [person, fit])).toEqual([
      ['p2', 'unknown'],
      ['p1', 'good'],
    ])
    const first = await leads('?state=all&limit=1')
    expect([first.count, first.cursor !== null]).toEqual([2, true])
    expect((await leads(`?state=all&limit=1&cursor=${first.cursor ?? ''}`)).rows.map(({ person }) => person)).toEqual(['p1'])
    expect((await leads('?owner=me', 'sam')).rows.map(({ person }) => person)).toEqual(['p1'])
    expect((await leads('?bucket=bad/unready&state=open')).count).toBe(0)
    // as of before the MQL
    expect((await leads(`?as_of=${new Date(START + 2.5 * HOUR).toISOString()}`)).rows.map(({ stage }) => stage)).toEqual(['lead'])
  })

  it('go out as a plain list', async () => {
    const lines = (await api.get('/v1/leads?state=all&format=csv')).body.split('\r\n')
    expect(lines[0]).toMatch(/^person,journey,account,company,bucket,fit/)
    expect(lines.length).toBe(4)
  })

  it('are what the figures count, and every number opens', async () => {
    const answer = Answer.parse((await api.get('/v1/leads/quality?metric=M23a&metric=M23b&metric=M24&metric=M25')).json())
    expect(answer.definition).toBe('qualification@1')
    expect(answer.rows.map(({ metric, value }) => [metric, value])).toEqual([
      ['M23a', 1],
      ['M23b', 1],
      ['M24', 1],
      ['M25', 0],
    ])
    const byIndustry = Answer.parse((await api.get('/v1/leads/quality?metric=M105&by=industry')).json())
    expect(byIndustry.rows.map(row => [row['of'], row['industry'], row.value])).toEqual([['conversion', 'Manufacturing', 0]])
    const conformance = answer.rows.find(({ metric }) => metric === 'M24')
    const opened = z.looseObject({ count: z.number(), contributions: z.number(), bases: z.number() })
    expect(opened.parse((await api.get(`/v1/explain/${conformance?.explain ?? ''}`)).json())).toMatchObject({
      count: 1,
      contributions: 1,
      bases: 1,
    })
    const matrix = Answer.parse((await api.get('/v1/leads/matrix?by=industry')).json())
    expect(matrix.rows.filter(({ metric }) => metric === 'M31')).toMatchObject([
      { bucket: 'good/hand-raiser', industry: 'Manufacturing', value: 1 },
    ])
    expect((await api.get('/v1/leads/quality?definition=qualification@9')).body).toContain(
      'definition: expected one of icp@1, qualification@1',
    )
  })

  it('are counted by a what-if under what is in force as they are counted in force', async () => {
    const ask = async (kind: string, document: object) =>
      Answer.parse((await api.post('/v1/what-if', 'reader', { kind, document, by: [] })).json())
    for (const { kind, standard } of [icpKind, qualificationKind]) {
      const { rows } = await ask(kind, standard)
      expect(rows.every(({ value, before }) => value === before)).toBe(true)
      expect(rows.find(({ metric }) => metric === 'M23b')?.value).toBe(1)
    }
    const nobody = { ...icpKind.standard, version: 2, fit: { op: 'compare', attribute: 'account.employees', is: '>', value: 5_000 } }
    const answer = z
      .looseObject({ leads: z.looseObject({ leaving_count: z.number() }), rows: z.array(Row) })
      .parse((await api.post('/v1/what-if', 'reader', { kind: 'icp', document: nobody })).json())
    // a bad fit that raises a hand still is an MQL, in another bucket
    expect([
      answer.leads.leaving_count,
      answer.rows.filter(({ metric }) => metric === 'M23b').map(row => [row['bucket'], row.before, row.value]),
    ]).toEqual([
      0,
      [
        ['bad/hand-raiser', 0, 1],
        ['good/hand-raiser', 1, 0],
      ],
    ])
    const refused = await api.post('/v1/what-if', 'reader', {
      kind: 'qualification',
      document: { ...qualificationKind.standard, hand_raiser: { op: 'magic' } },
    })
    expect([refused.statusCode, refused.body]).toEqual([400, expect.stringContaining('hand_raiser.op: expected a condition')])
  })

  it('are accepted, assigned, refused and given up by events like those of the CRM; what is over cannot be', async () => {
    expect((await api.post('/v1/leads/nobody/accept', 'sam')).statusCode).toBe(404)
    expect((await api.post('/v1/leads/p2/accept', 'sam')).statusCode).toBe(409)
    expect((await api.post('/v1/leads/p1/reject', 'sam', { reason_class: 'mood', reason: 'x' })).statusCode).toBe(400)
    expect((await api.post('/v1/leads/p1/assign', 'sam', {})).body).toContain('expected either owner_id or queue')
    expect((await api.post('/v1/leads/p1/accept', 'reader')).statusCode).toBe(403)

    expect((await api.post('/v1/leads/person:p1/accept', 'sam')).statusCode).toBe(202)
    await api.show()
    const rate = Answer.parse((await api.get('/v1/leads/quality?metric=M25')).json())
    expect(rate.rows.map(row => [row['of'], row.value])).toEqual([
      ['decided', 1],
      ['handed_over', 1],
    ])
    expect((await api.post('/v1/leads/p1/assign', 'sam', { owner_id: 'ann', handoff: 'sdr-ae' })).statusCode).toBe(202)
    await api.show()
    expect((await leads('')).rows.map(({ owner, stage }) => [owner, stage])).toEqual([['ann', 'sal']])
    expect((await api.post('/v1/leads/p1/disqualify', 'sam', { reason: 'no-budget', sub_reason: 'next year' })).statusCode).toBe(202)
    await api.show()
    expect((await leads('')).count).toBe(0)
    const mix = Answer.parse((await api.get('/v1/leads/quality?metric=M28')).json())
    expect(mix.rows.map(row => [row['reason'], row.value])).toEqual([
      ['no-budget', 0.5],
      ['no-fit', 0.5],
    ])
    const accepted = api.written.find(({ event: { type } }) => type === 'lead-accepted')?.event
    expect(accepted).toMatchObject({ person_id: 'p1', lead_id: 'l1', owner_id: 'sam', handoff: 'marketing-sdr', actor: 'member:sam' })
  })
})

describe('what a CRM shows', () => {
  const Compared = z.looseObject({
    rows: z.array(Row),
    total: z.array(Row),
    snapshot: z.looseObject({ id: z.string(), system: z.string(), deals: z.number() }),
    count: z.number(),
    cursor: z.string().nullable(),
  })
  const compare = async (query: string) => Compared.parse((await api.get(`/v1/reconcile${query}`)).json())
  const money = (rows: readonly z.output<typeof Row>[]) =>
    rows
      .filter(row => row['unit'] !== 'count')
      .map(row => `${row.measure ?? ''} ${row.month ?? 'all'} ${row.what ?? ''} ${row.reason ?? ''} ${row.value ?? ''}`)
  const at = (hours: number): string => new Date(START + hours * HOUR).toISOString()
  const deal = (id: string, amount: number, more: object = {}) => [
    {
      type: 'deal-created',
      event_id: `${id}-c`,
      occurred_at: at(10),
      data: { deal_id: `salesforce:${id}`, stage: 'qualified', amount_minor: amount, currency: 'EUR', close_date: '2026-03-31', ...more },
    },
  ]
  const won = (id: string) => ({
    type: 'deal-closed',
    event_id: `${id}-w`,
    occurred_at: at(90),
    data: { deal_id: `salesforce:${id}`, outcome: 'won', close_date: '2026-03-05' },
  })
  const rows = [
    { deal_id: '006A', state: 'won', amount_minor: '10000', currency: 'EUR', close_date: '2026-03-05' },
    { deal_id: '006B', state: 'won', amount_minor: '10000', currency: 'EUR', close_date: '2026-03-05' },
    { deal_id: '006C', state: 'open', amount_minor: '7000', currency: 'EUR', close_date: '2026-03-31' },
    { deal_id: '006X', state: 'won', amount_minor: '500', currency: 'EUR', close_date: '2026-03-01' },
    { deal_id: '006D', state: 'open', amount_minor: '4000', currency: 'EUR', close_date: '2026-03-31' },
  ]

  it('is kept when it is posted, and every difference from it is named, adds up and opens', async () => {
    expect((await api.get('/v1/reconcile')).statusCode).toBe(404)
    await api.send([
      ...deal('006A', 10_000),
      won('006A'),
      ...deal('006B', 9_000),
      won('006B'),
      ...deal('006C', 7_000, { deal_type: 'renewal' }),
      ...deal('006D', 4_000),
      ...deal('006E', 1_000),
    ])
    await api.show()
    const before = new Date(api.clock.ms).toISOString()
    expect((await api.post('/v1/reconcile', 'reader', { rows })).statusCode).toBe(403)
    const asked = await api.app.inject({
      method: 'POST',
      url: '/v1/reconcile',
      payload: { keep: false, rows },
      headers: { authorization: 'Bearer reader' },
    })
    expect([asked.statusCode, asked.json()]).toMatchObject([200, { snapshot: null, position: null }])

    const said = { rows, system: 'salesforce', taken_at: before }
    const first = z.looseObject({ snapshot: z.string(), position: z.string() }).parse((await api.post('/v1/reconcile', 'crm', said)).json())
    expect((await api.post('/v1/reconcile', 'crm', said)).json()).toMatchObject({ snapshot: first.snapshot })
    // sealed after the CRM was asked: 006D was won there by nobody yet
    await api.send([won('006D')])
    await api.show()

    const answer = await compare('')
    expect(answer.snapshot).toMatchObject({ id: first.snapshot, system: 'salesforce', deals: 5 })
    expect(money(answer.total)).toEqual([
      'won all crm  20500',
      'won all here  23000',
      'won all difference  2500',
      'won all because missing_here -500',
      'won all because late 4000',
      'won all because amount -1000',
      'open all crm  11000',
      'open all here  1000',
      'open all difference  -10000',
      'open all because missing_there 1000',
      'open all because late -4000',
      'open all because open_type -7000',
    ])
    expect(money((await compare('?what=deal&measure=won')).rows)).toEqual([
      'won 2026-03 deal late 4000',
      'won 2026-03 deal amount -1000',
      'won 2026-03 deal missing_here -500',
    ])
    expect(money((await compare('?what=because&reason=late&period=2026-03')).rows)).toEqual([
      'won 2026-03 because late 4000',
      'open 2026-03 because late -4000',
    ])
    expect((await compare('?period=2026-02')).rows).toEqual([])

    const page = await compare('?what=deal&limit=2')
    expect([page.count, page.rows.length, page.cursor === null]).toEqual([12, 2, false])
    expect((await compare(`?what=deal&limit=2&cursor=${page.cursor ?? ''}`)).rows[0]).not.toEqual(page.rows[0])
    expect((await api.get('/v1/reconcile?reason=luck')).body).toContain('expected one of missing_here')
    expect((await api.get('/v1/reconcile?format=csv&what=deal')).body.split('\r\n')[0]).toBe(
      'measure,what,month,reason,deal_id,metric,value,unit,numerator,denominator,interval_low,interval_high,flags,explain',
    )

    const Opened = z.looseObject({
      contributions: z.number(),
      items: z.array(z.looseObject({ id: z.string(), contribution: z.number(), event_ids: z.array(z.string()) })),
    })
    const numbers = [...answer.total.filter((_, index) => index % 6 === 0), ...answer.rows.slice(-2)]
    for (const row of numbers)
      expect(Opened.parse((await api.get(`/v1/explain/${row.explain ?? ''}`)).json()).contributions).toBe(row.value)
    const amount = answer.total.find(row => row.reason === 'amount')
    expect(Opened.parse((await api.get(`/v1/explain/${amount?.explain ?? ''}`)).json()).items).toMatchObject([
      { id: 'salesforce:006B', contribution: -1_000, event_ids: [`${first.snapshot}/0`, '006B-c', '006B-w'] },
    ])
  })

  it('is the latest of its system, and as it was known on any day', async () => {
    const between = new Date(api.clock.ms).toISOString()
    api.clock.ms += HOUR
    expect((await api.post('/v1/reconcile', 'crm', { system: 'hubspot', rows: [{ deal_id: '006A', state: 'lost' }] })).statusCode).toBe(200)
    await api.show()
    expect((await compare('')).snapshot).toMatchObject({ system: 'hubspot', deals: 1 })
    expect((await compare('?system=salesforce')).snapshot.system).toBe('salesforce')
    expect((await compare(`?as_of=${between}`)).snapshot.system).toBe('salesforce')
    const kept = z.object({ rows: z.array(z.looseObject({ system: z.string() })) }).parse((await api.get('/v1/reconcile/snapshots')).json())
    expect(kept.rows.map(({ system }) => system)).toEqual(['hubspot', 'salesforce'])
    expect((await api.get('/v1/reconcile', 'stranger')).statusCode).not.toBe(200)
  })
})

describe('what people save and plan', () => {
  const View = z.looseObject({ view_id: z.string(), name: z.string(), mine: z.boolean(), shared: z.boolean() })
  const views = async (bearer: string, query = '') =>
    z.object({ rows: z.array(View) }).parse((await api.get(`/v1/views${query}`, bearer)).json()).rows
  const remove = (url: string, bearer: string) => api.app.inject({ method: 'DELETE', url, headers: { authorization: `Bearer ${bearer}` } })
  const patch = (url: string, bearer: string, payload: object) =>
    api.app.inject({ method: 'PATCH', url, payload, headers: { authorization: `Bearer ${bearer}` } })

  it('views are one’s own until they are shared, and are changed and taken away by whoever saved them', async () => {
    expect((await api.post('/v1/views', 'sam', { name: 'Mine', page: '/leads', query: '?bucket=good/hand-raiser' })).statusCode).toBe(202)
    expect((await api.post('/v1/views', 'mia', { name: 'Ours', page: '/attribution', query: 'by=channel', shared: true })).statusCode).toBe(
      202,
    )
    expect((await api.post('/v1/views', 'sam', { name: 'x', page: 'https://elsewhere' })).statusCode).toBe(400)
    expect((await api.post('/v1/views', 'reader', { name: 'x', page: '/leads' })).statusCode).toBe(403)
    await api.show()
    expect((await views('sam')).map(view => [view.name, view.mine, view['query']])).toEqual([
      ['Ours', false, 'by=channel'],
      ['Mine', true, 'bucket=good/hand-raiser'],
    ])
    expect((await views('mia')).map(({ name }) => name)).toEqual(['Ours'])
    expect((await views('sam', '?page=/leads')).map(({ name }) => name)).toEqual(['Mine'])
    const [ours, mine] = await views('sam')
    const changed = { view_id: ours?.view_id, name: 'Theirs', page: '/attribution' }
    expect((await api.post('/v1/views', 'sam', changed)).statusCode).toBe(403)
    expect((await remove(`/v1/views/${ours?.view_id ?? ''}`, 'sam')).statusCode).toBe(403)
    expect((await remove('/v1/views/none', 'sam')).statusCode).toBe(404)
    expect((await api.post('/v1/views', 'mia', { ...changed, shared: true })).statusCode).toBe(202)
    expect((await remove(`/v1/views/${mine?.view_id ?? ''}`, 'sam')).statusCode).toBe(202)
    await api.show()
    expect((await views('sam')).map(({ name }) => name)).toEqual(['Theirs'])
    expect((await api.get('/v1/views', 'stranger')).body).not.toContain('Theirs')
  })

  it('several leads go to one owner at once, and each says what became of it', async () => {
    await api.send(
      ['p7', 'p8'].flatMap((person, index) => [
        {
          type: 'lead-created',
          event_id: `b${index}c`,
          occurred_at: '2026-03-06T09:00:00Z',
          data: { person_id: person, lead_id: `l-${person}` },
        },
        {
          type: 'lead-assigned',
          event_id: `b${index}a`,
          occurred_at: '2026-03-06T09:01:00Z',
          data: { person_id: person, owner_id: index === 0 ? 'ann' : 'bo' },
        },
      ]),
    )
    await api.show()
    const body = { leads: ['p7', 'person:p8', 'p2', 'nobody', 'p7'], owner_id: 'bo', reason: 'ann is away', event_id: 'clear-desk' }
    const said = await api.post('/v1/leads/assign', 'sam', body)
    expect([said.statusCode, said.json()]).toMatchObject([
      202,
      {
        assigned: 1,
        rows: [
          { person: 'p7', outcome: 'assigned', previous_owner_id: 'ann', event_id: 'clear-desk:0' },
          { person: 'p8', outcome: 'already' },
          { person: 'p2', outcome: 'not_open' },
          { person: 'nobody', outcome: 'unknown' },
        ],
      },
    ])
    await api.show()
    expect((await leads('?owner=bo')).rows.map(({ person }) => person).toSorted()).toEqual(['p7', 'p8'])
    expect(api.written.at(-1)?.event).toMatchObject({
      type: 'lead-assigned',
      lead_id: 'l-p7',
      previous_owner_id: 'ann',
      reason: 'ann is away',
      actor: 'member:sam',
    })
    expect((await api.post('/v1/leads/assign', 'sam', { leads: ['nobody'], queue: 'q' })).json()).toMatchObject({
      position: null,
      assigned: 0,
    })
    expect((await api.post('/v1/leads/assign', 'sam', { leads: [], queue: 'q' })).statusCode).toBe(400)
  })

  it('campaigns are planned, moved, named and called off by marketing', async () => {
    const works = { mia: 'marketing', sam: 'sales' }
    await api.send(
      Object.entries(works).map(([member_id, work]) => ({
        type: 'member-changed',
        event_id: `m-${member_id}`,
        occurred_at: '2026-03-06T09:00:00Z',
        data: { member_id, function: work, role: 'x', active: true },
      })),
    )
    await api.show()
    const Campaign = z.looseObject({ campaign: z.string(), starts_on: z.string().nullable(), state: z.string(), audience: z.number() })
    const campaign = async () =>
      Campaign.parse(z.object({ rows: z.array(z.unknown()) }).parse((await api.get('/v1/campaigns?campaign=c1')).json()).rows[0])
    const plan = {
      campaign: 'c1',
      name: 'Spring webinar',
      channel: 'webinars',
      starts_on: '2026-04-01',
      ends_on: '2026-04-02',
      talking_points: ['Ask why'],
      budget_minor: 500_000,
      currency: 'EUR',
    }
    expect((await api.post('/v1/campaigns', 'sam', plan)).statusCode).toBe(403)
    expect((await api.post('/v1/campaigns', 'mia', { ...plan, ends_on: '2026-03-31' })).body).toContain(
      'expected a day on or after 2026-04-01',
    )
    expect((await api.post('/v1/campaigns', 'mia', { ...plan, url: 'javascript:alert(1)' })).statusCode).toBe(400)
    expect((await api.post('/v1/campaigns', 'mia', plan)).statusCode).toBe(202)
    await api.show()
    expect((await api.post('/v1/campaigns', 'mia', plan)).statusCode).toBe(409)
    expect(
      (
        await patch('/v1/campaigns/c1', 'mia', {
          starts_on: '2026-04-08',
          ends_on: '2026-04-09',
          budget_minor: null,
          quote: 'Half the time',
        })
      ).statusCode,
    ).toBe(202)
    expect((await patch('/v1/campaigns/none', 'mia', { name: 'x' })).statusCode).toBe(404)
    expect((await patch('/v1/campaigns/c1', 'mia', { ends_on: '2026-03-01' })).statusCode).toBe(422)
    expect((await api.post('/v1/campaigns/c1/aliases', 'mia', { system: 'utm', alias: 'spring-26' })).statusCode).toBe(202)
    await api.show()
    expect(await campaign()).toMatchObject({
      starts_on: '2026-04-08',
      budget_minor: null,
      quote: 'Half the time',
      aliases: [{ system: 'utm', alias: 'spring-26' }],
    })
    expect((await api.post('/v1/campaigns/c1/aliases', 'mia', { system: 'utm', alias: 'spring-26' })).statusCode).toBe(409)

    const rows = [{ person: 'p1' }, { account: 'a1' }, { person: 'person:p1' }, { person: 'zed' }, { email: 'ann@birch.example' }, {}]
    const matched = await api.post('/v1/campaigns/c1/audience', 'mia', { rows, preview: true, list: 'March' })
    expect([matched.statusCode, matched.json()]).toMatchObject([
      200,
      {
        rows: 6,
        persons: 1,
        accounts: 1,
        duplicates: 1,
        already: 0,
        unmatched: [
          { row: 3, by: 'person', reason: 'nobody is known by it' },
          { row: 4, by: 'email' },
          { row: 5, by: 'nothing' },
        ],
        matches: [
          { row: 0, subject: 'person:p1', account: 'account:a1', already: false },
          { row: 1, subject: 'account:a1' },
        ],
      },
    ])
    expect((await campaign()).audience).toBe(0)
    expect((await api.post('/v1/campaigns/c1/audience', 'mia', { rows })).statusCode).toBe(202)
    expect((await api.post('/v1/campaigns/c1/cancel', 'mia', { reason: 'no hall' })).statusCode).toBe(202)
    await api.show()
    expect(await campaign()).toMatchObject({ audience: 2, state: 'cancelled' })
    expect((await api.post('/v1/campaigns/c1/audience', 'mia', { rows, preview: true })).json()).toMatchObject({ already: 2 })
  })
})

describe('live', () => {
  /** Reads a stream until `until` is in it; what came so far is kept for the next time. */
  const listening = async (url: string, bearer: string) => {
    const ending = new AbortController()
    const answered = await fetch(`${url}/v1/live`, { headers: { authorization: `Bearer ${bearer}` }, signal: ending.signal })
    const reader = answered.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const take = async (): Promise<boolean> => {
      const next = await reader?.read()
      text += next?.value ?? ''
      return next === undefined || next.done
    }
    return {
      status: answered.status,
      type: answered.headers.get('content-type'),
      hang: () => ending.abort(),
      until: async (wanted: RegExp): Promise<string> => {
        while (!wanted.test(text)) if (await take()) throw new Error(`ended without ${String(wanted)}: ${text}`)
        const found = wanted.exec(text)?.[0] ?? ''
        text = text.slice(text.indexOf(found) + found.length)
        return found
      },
      toTheEnd: async (): Promise<void> => {
        while (!(await take()));
      },
    }
  }

  it('tells how many clocks run when that changes, of the own tenant alone, to so many and no more, and ends with the service', async () => {
    const url = await api.app.listen({ port: 0, host: '127.0.0.1' })
    const mine = await listening(url, 'sam')
    expect([mine.status, mine.type]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(await mine.until(/event: freshness\ndata: .*\n/)).toContain('"watermark":"2026-')
    const Clocks = z.object({
      running: z.number(),
      overdue: z.number(),
      mine: z.object({ running: z.number(), overdue: z.number() }).nullable(),
    })
    const clocks = async () => Clocks.parse(JSON.parse((await mine.until(/event: clocks\ndata: .*\n/)).replace(/^[^{]*/, '')))
    const before = await clocks()
    const handed = new Date(api.clock.ms).toISOString()
    await api.send([
      { type: 'lead-created', event_id: 'live-c', occurred_at: handed, data: { person_id: 'p9', lead_id: 'l9' } },
      { type: 'lead-stage-changed', event_id: 'live-m', occurred_at: handed, data: { person_id: 'p9', lead_id: 'l9', stage: 'mql' } },
      {
        type: 'lead-assigned',
        event_id: 'live-a',
        occurred_at: handed,
        data: { person_id: 'p9', lead_id: 'l9', owner_id: 'sam', handoff: 'marketing-sdr' },
      },
    ])
    await api.show()
    const after = await clocks()
    expect(after.running).toBeGreaterThan(before.running)
    expect((after.mine?.running ?? 0) - (before.mine?.running ?? 0)).toBe(after.running - before.running)

    const stranger = await listening(url, 'stranger')
    expect(await stranger.until(/event: clocks\ndata: .*\n/)).toContain('"running":0,"due_within_hour":0,"overdue":0,"mine":null')
    const crowd = await Promise.all(Array.from({ length: 11 }, () => listening(url, 'sam')))
    expect((await listening(url, 'sam')).status).toBe(429)
    for (const each of crowd) each.hang()
    await expect
      .poll(
        async () => {
          const again = await listening(url, 'sam')
          again.hang()
          return again.status
        },
        { timeout: 5_000 },
      )
      .toBe(200)
    await Promise.all([api.app.close(), mine.toTheEnd(), stranger.toTheEnd()])
  }, 120_000)
})
