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
  api = await openWritingApi([sales], START + 100 * HOUR)
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
