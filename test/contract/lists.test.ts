import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { event, type Telling } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'
import { logOf } from '../support/log-of.ts'

const at = (text: string): number => Date.parse(text) * 1000
let said = 0
const tell = (when: string) => ({ event_id: `e${(said += 1)}`, occurred_at: at(when) })

const happened: readonly AccordEvent[] = [
  event('tenant-configured', { ...tell('2026-01-01T00:00Z'), zone: 'Europe/Berlin', currency: 'EUR' }),
  event('campaign-planned', {
    ...tell('2026-01-02T09:00Z'),
    campaign: 'c_web',
    name: 'Webinar, part 1; the start',
    channel: 'webinars',
    offer: 'seat',
    talking_points: ['ask why', 'offer a call'],
    starts_on: '2026-02-10',
    ends_on: '2026-02-12',
    budget_minor: 500_000n,
    currency: 'EUR',
    owner_id: 'ana',
  }),
  event('campaign-alias-added', { ...tell('2026-01-02T09:01Z'), campaign: 'c_web', system: 'utm', alias: 'webinar-1' }),
  event('campaign-alias-added', { ...tell('2026-01-02T09:02Z'), campaign: 'c_web', system: 'utm', alias: 'webinar-one' }),
  event('campaign-alias-removed', { ...tell('2026-01-03T09:00Z'), campaign: 'c_web', system: 'utm', alias: 'webinar-one' }),
  event('campaign-audience-added', { ...tell('2026-01-04T09:00Z'), campaign: 'c_web', subjects: ['person:p_1', 'person:p_2'] }),
  event('campaign-audience-removed', { ...tell('2026-01-05T09:00Z'), campaign: 'c_web', subjects: ['person:p_2'] }),
  event('campaign-planned', {
    ...tell('2026-01-02T10:00Z'),
    campaign: 'c_off',
    name: '=cmd()',
    channel: 'events',
    starts_on: '2026-02-01',
  }),
  event('campaign-changed', { ...tell('2026-01-06T09:00Z'), campaign: 'c_web', offer: 'seat and slides', cleared: ['owner_id'] }),
  event('campaign-cancelled', { ...tell('2026-01-20T09:00Z'), campaign: 'c_off', reason: 'no hall' }),
  event('content-published', { ...tell('2026-01-02T09:00Z'), content_id: 'guide', version: 1, title: 'Buyer guide', approved_by: 'cmo' }),
  event('content-published', {
    ...tell('2026-01-08T09:00Z'),
    content_id: 'guide',
    version: 2,
    title: 'Buyer guide, new',
    personas: ['it'],
  }),
  event('content-published', {
    ...tell('2026-01-02T09:00Z'),
    content_id: 'sheet',
    version: 1,
    approved_by: 'cmo',
    expires_on: '2026-01-31',
  }),
  event('content-published', { ...tell('2026-01-02T09:00Z'), content_id: 'kit', version: 1, approved_by: 'cmo' }),
  event('content-retired', { ...tell('2026-01-09T09:00Z'), content_id: 'kit', reason: 'old', replaced_by: 'guide' }),
  event('account-updated', { ...tell('2026-01-02T09:00Z'), account_id: 'a_1', name: 'Alpha', tier: 'A', region: 'emea', employees: 120n }),
  event('account-updated', { ...tell('2026-01-07T09:00Z'), account_id: 'a_1', tier: 'B', cleared: ['region'] }),
  event('account-updated', { ...tell('2026-01-02T09:00Z'), account_id: 'a_2', name: 'Beta', tier: 'A' }),
  event('account-updated', { ...tell('2026-01-02T09:00Z'), account_id: 'a_3', name: 'Beta again', tier: 'A' }),
  event('account-merged', { ...tell('2026-01-03T09:00Z'), account_id: 'a_3', into_account_id: 'a_2' }),
  event('identity-linked', {
    ...tell('2026-01-02T09:00Z'),
    identity: 'person:p_1',
    target: 'account:a_1',
    rule: 'crm@1',
    confidence_ppm: 1_000_000,
  }),
  event('touch-recorded', {
    ...tell('2026-01-10T09:00Z'),
    subject: 'person:p_1',
    touch_type: 'download',
    channel: 'email',
    team: 'marketing',
    content_id: 'guide',
  }),
  event('touch-recorded', {
    ...tell('2026-01-11T09:00Z'),
    subject: 'person:p_1',
    touch_type: 'download',
    channel: 'email',
    team: 'marketing',
    content_id: 'guide',
  }),
  event('touch-recorded', { ...tell('2026-01-12T09:00Z'), subject: 'person:p_1', touch_type: 'call', channel: 'phone', team: 'sales' }),
  event('deal-created', { ...tell('2026-01-13T09:00Z'), deal_id: 'd_1', account_id: 'a_1', stage: 'discovery' }),
  event('deal-contact-linked', { ...tell('2026-01-13T10:00Z'), deal_id: 'd_1', person_id: 'p_1', buying_role: 'champion' }),
  event('deal-contact-linked', { ...tell('2026-01-13T11:00Z'), deal_id: 'd_1', person_id: 'p_2', buying_role: 'user' }),
  event('deal-contact-unlinked', { ...tell('2026-01-14T11:00Z'), deal_id: 'd_1', person_id: 'p_2' }),
  event('deal-created', { ...tell('2026-01-13T09:00Z'), deal_id: 'd_2', account_id: 'a_3', stage: 'discovery' }),
  event('member-changed', {
    ...tell('2026-01-02T09:00Z'),
    member_id: 'ana',
    function: 'marketing',
    role: 'manager',
    team: 'm',
    approver: true,
  }),
  event('member-changed', { ...tell('2026-01-02T09:00Z'), member_id: 'bo', function: 'sales', role: 'sdr', team: 's', manager_id: 'cy' }),
  ...(
    [
      ['02', 'call_attempt', 'no-answer', false],
      ['03', 'email_sent', '', true],
      ['04', 'call_connected', 'connected', false],
      ['05', 'meeting', 'held', false],
      ['06', 'meeting', 'no-show', false],
    ] as const
  ).map(([day, touch_type, outcome, automatic]) =>
    event('touch-recorded', {
      ...tell(`2026-01-${day}T10:00Z`),
      subject: 'person:p_9',
      touch_type,
      channel: 'phone',
      team: 'sales',
      direction: 'outbound',
      member_id: 'bo',
      outcome,
      automatic,
    }),
  ),
  event('member-changed', { ...tell('2026-01-15T09:00Z'), member_id: 'bo', function: 'sales', role: 'ae', team: 's', active: false }),
  event('meeting-held', { ...tell('2026-01-05T09:00Z'), meeting_id: 'w1', kind: 'weekly', decisions: ['call earlier'] }),
  event('meeting-held', { ...tell('2026-01-12T09:00Z'), meeting_id: 'w2', kind: 'weekly', attendees: ['ana', 'bo'] }),
  event('commitment-made', {
    ...tell('2026-01-10T09:00Z'),
    commitment_id: 'k1',
    title: 'Answer in a day',
    owner_id: 'bo',
    due_on: '2026-01-31',
  }),
  event('commitment-made', {
    ...tell('2026-01-10T09:00Z'),
    commitment_id: 'k2',
    title: 'Fewer lists',
    owner_id: 'ana',
    due_on: '2026-01-31',
  }),
  event('commitment-changed', { ...tell('2026-01-30T09:00Z'), commitment_id: 'k2', status: 'kept', reason: 'done' }),
  event('commitment-made', {
    ...tell('2026-02-01T09:00Z'),
    commitment_id: 'k3',
    title: 'One board',
    owner_id: 'ana',
    review_id: 'qbr-2026-Q1',
  }),
]

/** Of another company, whose profile asks for nothing but a badge. */
const elsewhere: readonly AccordEvent[] = (() => {
  const of = { tenant: 'umbrella', definition_id: 'icp', version: 1 }
  const document = JSON.stringify({ id: 'icp', version: 1, fit: { op: 'known', attribute: 'account.attributes.badge' } })
  const account = (account_id: string, day: string, data: Partial<Telling<'account-updated'>>) =>
    event('account-updated', { ...tell(`2026-01-${day}T09:00Z`), tenant: 'umbrella', account_id, ...data })
  return [
    event('definition-published', { ...tell('2026-01-01T00:00Z'), ...of, kind: 'icp', document }),
    event('definition-approved', { ...tell('2026-01-01T00:00Z'), ...of, function: 'marketing' }),
    event('definition-approved', { ...tell('2026-01-01T00:00Z'), ...of, function: 'sales' }),
    account('said', '02', { attributes: { badge: 'gold' } }),
    account('empty', '02', { attributes: { badge: '' } }),
    account('gone', '02', { attributes: { badge: 'gold' } }),
    account('gone', '03', { cleared: ['attributes.badge'] }),
  ]
})()

const FEBRUARY = Date.parse('2026-02-11T00:00Z')
/** What was said early was known early; the last instant is the day of the question. */
const recorded = logOf([...happened, ...elsewhere], Date.parse('2026-01-01T00:00Z')).map(each => ({
  ...each,
  appended_at: Math.floor(each.event.occurred_at / 1000) + 1,
}))

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, FEBRUARY)
})
afterAll(() => api.close())

const List = z.object({ rows: z.array(z.record(z.string(), z.unknown())), count: z.number(), cursor: z.string().nullable() })
const list = async (url: string): Promise<z.output<typeof List>> => {
  const answered = await api.get(url)
  expect([answered.statusCode, answered.body]).toEqual([200, answered.body])
  return List.parse(answered.json())
}

describe('campaigns', () => {
  it('are what was last said of them, in the order of their start', async () => {
    const { rows, count } = await list('/v1/campaigns')
    expect(count).toBe(2)
    expect(rows).toMatchObject([
      { campaign: 'c_off', state: 'cancelled', cancelled_because: 'no hall', ends_on: null },
      {
        campaign: 'c_web',
        state: 'running',
        offer: 'seat and slides',
        owner_id: '',
        talking_points: ['ask why', 'offer a call'],
        budget_minor: 500_000,
        currency: 'EUR',
        aliases: [{ system: 'utm', alias: 'webinar-1' }],
        audience: 1,
      },
    ])
  })

  it('are what they were on a past day', async () => {
    const { rows } = await list('/v1/campaigns?as_of=2026-01-04&campaign=c_web')
    expect(rows).toMatchObject([{ campaign: 'c_web', state: 'planned', offer: 'seat', owner_id: 'ana', audience: 2 }])
  })

  it.each([
    ['state=running', ['c_web']],
    ['channel=events&channel=webinars', ['c_off', 'c_web']],
    ['owner_id=(none)&state=running', ['c_web']],
    ['from=2026-02-12&to=2026-02-13', ['c_off', 'c_web']],
    ['from=2026-02-13&to=2026-03-01', ['c_off']],
    ['from=2026-01-01&to=2026-02-01', []],
  ])('are chosen by %s', async (query, ids) => {
    expect((await list(`/v1/campaigns?${query}`)).rows.map(({ campaign }) => campaign)).toEqual(ids)
  })

  it('are a calendar to subscribe to, the same bytes each time', async () => {
    const [first, second] = [await api.get('/v1/campaigns.ics'), await api.get('/v1/campaigns.ics')]
    expect(first.headers['content-type']).toMatch(/^text\/calendar/)
    expect(first.body).toBe(second.body)
    expect(first.body.replaceAll('\r\n ', '')).toContain('SUMMARY:Webinar\\, part 1\\; the start')
    expect(first.body).toMatch(/DTSTART;VALUE=DATE:20260210\r\n/)
    expect(first.body).toMatch(/DTEND;VALUE=DATE:20260213\r\n/)
    expect(first.body).toContain('STATUS:CANCELLED')
  })
})

describe('the library', () => {
  it('says of each piece its latest version, whether it may be used, and its use', async () => {
    const { rows } = await list('/v1/content')
    expect(rows).toMatchObject([
      {
        content_id: 'guide',
        version: 2,
        state: 'unapproved',
        title: 'Buyer guide, new',
        touches: 2,
        persons: 1,
        last_used: '2026-01-11T09:00:00.000000Z',
      },
      { content_id: 'kit', state: 'retired', retired_because: 'old', replaced_by: 'guide', touches: 0, last_used: null },
      { content_id: 'sheet', state: 'expired' },
    ])
    expect((await list('/v1/content?as_of=2026-01-07')).rows).toMatchObject([
      { content_id: 'guide', version: 1, state: 'current' },
      { content_id: 'kit', state: 'current' },
      { content_id: 'sheet', state: 'current' },
    ])
  })

  it.each([
    ['q=guide%20NEW', ['guide']],
    ['q=nothing', []],
    ['persona=it', ['guide']],
    ['persona=(none)&state=expired', ['sheet']],
  ])('is searched by %s', async (query, ids) => {
    expect((await list(`/v1/content?${query}`)).rows.map(({ content_id }) => content_id)).toEqual(ids)
  })
})

describe('accounts', () => {
  it('are shown with the roles that open deals cover and the last touch of each team; one merged into another is in the other', async () => {
    const { rows, count } = await list('/v1/accounts')
    expect(count).toBe(2)
    expect(rows).toMatchObject([
      {
        account: 'a_1',
        name: 'Alpha',
        tier: 'B',
        region: '',
        employees: 120,
        open_deals: 1,
        contacts: 1,
        roles: ['champion'],
        touches: {
          marketing: { touches: 2, last_touch: '2026-01-11T09:00:00.000000Z' },
          sales: { touches: 1, last_touch: '2026-01-12T09:00:00.000000Z' },
        },
      },
      { account: 'a_2', open_deals: 1, contacts: 0, roles: [], touches: {} },
    ])
  })

  it('are chosen by what is known of them, page by page', async () => {
    expect((await list('/v1/accounts?tier=A')).rows).toMatchObject([{ account: 'a_2' }])
    expect((await list('/v1/accounts?tier=A&as_of=2026-01-02')).rows).toMatchObject([
      { account: 'a_1' },
      { account: 'a_2' },
      { account: 'a_3' },
    ])
    const first = await list('/v1/accounts?limit=1')
    expect(first.cursor).not.toBeNull()
    expect((await list(`/v1/accounts?limit=1&cursor=${first.cursor ?? ''}`)).rows).toMatchObject([{ account: 'a_2' }])
  })
})

describe('members and commitments', () => {
  it('are what was last said of them', async () => {
    expect((await list('/v1/members')).rows).toMatchObject([
      { member_id: 'ana', function: 'marketing', approver: true, active: true },
      { member_id: 'bo', role: 'ae', manager_id: '', active: false, since: '2026-01-02T09:00:00.000Z' },
    ])
    expect((await list('/v1/members?as_of=2026-01-10&role=sdr')).rows).toMatchObject([{ member_id: 'bo', manager_id: 'cy', active: true }])
  })

  it('say what each of sales did: attempts, conversations, meetings booked and held', async () => {
    expect((await list('/v1/sales/effort?period=2026-01')).rows).toEqual([
      expect.objectContaining({ member: 'bo', attempts: 2, connected: 1, replies: 0, meetings: 2, held: 1, no_shows: 1 }),
    ])
    expect((await list('/v1/sales/effort?from=2026-01-06&to=2026-01-07')).rows).toMatchObject([
      { member: 'bo', attempts: 0, meetings: 1, held: 0 },
    ])
    expect((await list('/v1/sales/effort?period=2026-02')).rows).toEqual([])
  })

  it('say when both teams met, the latest first', async () => {
    expect((await list('/v1/meetings')).rows).toMatchObject([
      { meeting_id: 'w2', held_at: '2026-01-12T09:00:00.000Z', attendees: ['ana', 'bo'], decisions: [] },
      { meeting_id: 'w1', decisions: ['call earlier'] },
    ])
    expect((await list('/v1/meetings?as_of=2026-01-10&kind=weekly')).rows).toMatchObject([{ meeting_id: 'w1' }])
  })

  it('say what is due, what is overdue and what became of it', async () => {
    expect((await list('/v1/commitments')).rows).toMatchObject([
      { commitment_id: 'k1', status: 'open', overdue: true, decided_at: null },
      { commitment_id: 'k2', status: 'kept', overdue: false, reason: 'done', decided_at: '2026-01-30T09:00:00.000Z', title: 'Fewer lists' },
      { commitment_id: 'k3', status: 'open', overdue: false, due_on: null, made_on: '2026-02-01' },
    ])
    expect((await list('/v1/commitments?period=2026-01&status=open')).rows).toMatchObject([{ commitment_id: 'k1' }])
    expect((await list('/v1/commitments?review_id=qbr-2026-Q1')).rows).toMatchObject([{ commitment_id: 'k3' }])
  })
})

it.each([
  ['/v1/commitments?status=done', 'status'],
  ['/v1/campaigns?state=lost', 'state'],
  ['/v1/campaigns?from=2026-02-30', 'from'],
  ['/v1/content?colour=red', 'colour'],
  ['/v1/accounts?limit=0', 'limit'],
  ['/v1/accounts?cursor=x', 'cursor'],
])('%s is refused by the name of what is wrong', async (url, name) => {
  const answered = await api.get(url)
  expect(answered.statusCode).toBe(400)
  expect(answered.body).toContain(name)
})

describe('data health (M99)', () => {
  const Row = z.looseObject({
    check: z.string(),
    of: z.string().optional(),
    value: z.number().nullable(),
    explain: z.string(),
    numerator: z.number().optional(),
  })
  const Health = z.object({ rows: z.array(Row), total: z.array(Row) })
  const health = async (query = '') => Health.parse((await api.get(`/v1/data-health${query}`)).json())

  it('says of each check how many of how many are as they should be, and names one that is not', async () => {
    const { rows, total } = await health()
    expect(total.map(row => [row.check, row.numerator ?? row.value, row['denominator'], row['example']])).toEqual([
      // d_1 has Ana's contact; nobody is on d_2
      ['deals_with_contacts', 1, 2, 'd_2'],
      // those of people of whom no company is known are missing
      ['touches_with_account', 3, 8, expect.any(String)],
      ['touches_with_planned_campaign', 0, 0, undefined],
      ['events_on_time', happened.length, happened.length, undefined],
      ['touches_logged_on_time', 5, 5, undefined],
      ['amounts_with_rate', 0, 0, undefined],
      // c_off was called off; nothing was spent on c_web
      ['campaigns_with_spend', 0, 1, 'c_web'],
      // of the two accounts that were not merged away one has said its employees, none its industry or its code
      ['attributes_known', 1, 6, 'account:a_2'],
      ['source_silence', expect.any(Number), undefined, undefined],
    ])
    expect(rows.filter(({ check }) => check === 'attributes_known').map(({ of, numerator }) => `${of ?? ''} ${numerator ?? ''}`)).toEqual([
      'account.employees 1',
      'account.industry 0',
      'account.naics 0',
    ])
    expect((await health('?check=deals_with_contacts&from=2026-02-01')).total).toMatchObject([
      { numerator: 0, denominator: 0, value: null },
    ])
    expect((await api.get('/v1/data-health?check=luck')).body).toContain('expected one of deals_with_contacts')
  })

  it('opens down to what is not as it should be, which comes first and adds up', async () => {
    const { total, rows } = await health()
    const Opened = z.object({
      contributions: z.number(),
      bases: z.number().optional(),
      items: z.array(z.looseObject({ id: z.string(), contribution: z.number() })),
    })
    for (const row of [total[0], total[1], total[7], total[8], rows.at(-1)].filter(each => each !== undefined)) {
      const opened = Opened.parse((await api.get(`/v1/explain/${row.explain}`)).json())
      expect([row.check, opened.contributions, opened.bases]).toEqual([row.check, row.numerator ?? row.value, row['denominator']])
    }
    const deals = Opened.parse((await api.get(`/v1/explain/${total[0]?.explain ?? ''}`)).json())
    expect(deals.items.map(({ id, contribution }) => [id, contribution])).toEqual([
      ['d_2', 0],
      ['d_1', 1],
    ])
  })

  it('knows no attribute that the profile does not know either: one that was said empty, or emptied since', async () => {
    const { total } = Health.parse((await api.get('/v1/data-health?check=attributes_known', 'stranger')).json())
    expect(total).toMatchObject([{ numerator: 1, denominator: 3 }])
  })
})
