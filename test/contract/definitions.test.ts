import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Member } from '../../services/access/permissions.ts'
import { qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { openWritingApi, type WritingApi } from '../support/writing-api.ts'

const member = (memberId: string, of: string, approver: boolean, delegates: readonly string[] = []): Member => ({
  memberId,
  function: of,
  role: '',
  approver,
  delegates,
  permissions: [],
  active: true,
})
const START = Date.parse('2026-03-02T09:00:00Z')
const HOUR = 3_600_000

let api: WritingApi
beforeAll(async () => {
  api = await openWritingApi(
    [
      member('mia', 'marketing', true, ['nils']),
      member('max', 'marketing', true),
      member('sam', 'sales', true),
      member('olga', 'operations', true),
      member('nils', 'marketing', false),
    ],
    START,
  )
  await api.show()
  await said('/v1/definitions', 'mia', { kind: 'glossary', document: { terms: [{ term: 'Lead', meaning: 'Somebody who asked.' }] } })
})
afterAll(() => api.close())

const { standard } = qualificationKind
const rules = (downloads: number) => ({
  hand_raiser: standard.hand_raiser,
  sales_ready: standard.sales_ready,
  entry: [{ stage: 'mql', rule: { op: 'touches', touches: { types: ['download'] }, within_days: 30, at_least: downloads } }],
})
const Said = z.object({ position: z.string(), name: z.string() })
const said = async (url: string, bearer: string, payload: object): Promise<z.infer<typeof Said>> => {
  const answered = await api.post(url, bearer, payload)
  expect([url, answered.statusCode, answered.statusCode === 202 ? '' : answered.body]).toEqual([url, 202, ''])
  await api.show()
  return Said.parse(answered.json())
}
const Refused = z.object({
  status: z.number(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
const refused = async (url: string, bearer: string, payload: object): Promise<z.infer<typeof Refused>> =>
  Refused.parse((await api.post(url, bearer, payload)).json())
const Versions = z.object({
  in_force: z.string().nullable(),
  versions: z.array(z.looseObject({ name: z.string(), status: z.string(), missing: z.array(z.string()) })),
})
const state = async (id: string, query = ''): Promise<readonly string[]> => {
  const { in_force, versions } = Versions.parse((await api.get(`/v1/definitions/${id}${query}`)).json())
  return [String(in_force), ...versions.map(({ name, status }) => `${name} ${status}`)]
}

describe('a definition', () => {
  it('is in force when another approver of each function has approved it, and says in words what changed', async () => {
    expect(await state('qualification')).toEqual(['qualification@1', 'qualification@1 shipped'])
    expect((await said('/v1/definitions', 'mia', { kind: 'qualification', document: rules(3), note: 'first agreement' })).name).toBe(
      'qualification@2',
    )
    expect((await refused('/v1/definitions/qualification/approve', 'mia', {})).detail).toContain('nobody approves their own proposal')
    expect((await refused('/v1/definitions/qualification/approve', 'nils', { on_behalf_of: 'mia' })).status).toBe(409)
    await said('/v1/definitions/qualification/approve', 'sam', {})
    expect(await state('qualification')).toEqual(['qualification@1', 'qualification@2 proposed', 'qualification@1 shipped'])
    const before = api.clock.ms
    await said('/v1/definitions/qualification/approve', 'max', { reason: 'as discussed' })
    expect(await state('qualification')).toEqual(['qualification@2', 'qualification@2 in-force', 'qualification@1 superseded'])
    expect((await state('qualification', `?as_of=${new Date(before).toISOString()}`))[0]).toBe('qualification@1')

    await said('/v1/definitions', 'sam', { kind: 'qualification', document: rules(2), based_on: 2 })
    const diff = z.object({ words: z.array(z.string()) }).parse((await api.get('/v1/definitions/qualification/diff')).json())
    expect(diff.words).toEqual(['MQL now needs 2 content downloads within 30 days instead of 3'])
  })

  it('is refused by name and path where it is wrong, and what is in force stays', async () => {
    const wrong = { ...rules(2), entry: [{ stage: 'mql', rule: { op: 'touches', touches: { types: [] }, within_days: 30, at_least: 2 } }] }
    const answered = await refused('/v1/definitions', 'mia', { kind: 'qualification', document: wrong })
    expect(answered.status).toBe(422)
    expect(answered.errors?.[0]?.path).toMatch(/^document\.entry\[0\]\.rule/)
    expect((await refused('/v1/definitions', 'mia', { kind: 'qualifications', document: {} })).errors?.[0]?.path).toBe('kind')
    expect((await refused('/v1/definitions', 'mia', { kind: 'qualification', document: { ...rules(2), version: 2 } })).status).toBe(409)
    expect((await refused('/v1/definitions', 'mia', { kind: 'qualification', document: rules(2), based_on: 1 })).detail).toContain(
      'version 2 was agreed since',
    )
    expect((await state('qualification'))[0]).toBe('qualification@2')
  })

  it('is proposed by members and decided by approvers, nobody else', async () => {
    expect((await refused('/v1/definitions', 'reader', { kind: 'qualification', document: rules(9) })).status).toBe(403)
    expect((await refused('/v1/definitions/qualification/approve', 'reader', {})).status).toBe(403)
    await said('/v1/definitions/qualification/approve', 'nils', { version: 3, on_behalf_of: 'mia' })
    expect((await state('qualification'))[0]).toBe('qualification@2')
  })

  it('goes to a third function when the two disagree, which gives its reason', async () => {
    await said('/v1/definitions', 'mia', {
      kind: 'recycling',
      document: { rules: [], otherwise: { to: 'nurture', rest_days: 45 }, most_times: 2, undecided_after_days: null },
    })
    expect((await refused('/v1/definitions/recycling/refuse', 'sam', {})).errors?.[0]?.path).toBe('reason')
    await said('/v1/definitions/recycling/refuse', 'sam', { reason: 'too early' })
    expect(await state('recycling')).toEqual(['recycling@1', 'recycling@2 refused', 'recycling@1 shipped'])
    expect((await refused('/v1/definitions/recycling/approve', 'olga', { tie_break: true })).errors?.[0]?.path).toBe('reason')
    await said('/v1/definitions/recycling/approve', 'olga', { tie_break: true, reason: 'for a quarter, then we look again' })
    const { versions } = Versions.parse((await api.get('/v1/definitions/recycling')).json())
    expect(versions[0]).toMatchObject({ status: 'in-force', agreed_by_both: false })
    expect(versions[0]?.['statements']).toMatchObject([
      { decision: 'refused', member: 'sam', function: 'sales', reason: 'too early', disregarded: null },
      { decision: 'approved', member: 'olga', tie_break: true, disregarded: null },
    ])
  })

  it('comes into force at the instant that was agreed', async () => {
    const from = api.clock.ms + HOUR
    const document = { rules: [{ name: 'all', to: { by: 'queue', queue: 'inbox' } }] }
    await said('/v1/definitions', 'mia', { kind: 'routing', document, effective_at: new Date(from).toISOString() })
    // without a body: the one open proposal, for the function of the caller
    expect(
      (await api.app.inject({ method: 'POST', url: '/v1/definitions/routing/approve', headers: { authorization: 'Bearer max' } }))
        .statusCode,
    ).toBe(202)
    await said('/v1/definitions/routing/approve', 'sam', {})
    expect(await state('routing')).toEqual(['routing@1', 'routing@2 scheduled', 'routing@1 shipped'])
    api.clock.ms = from
    await api.show()
    expect(await state('routing')).toEqual(['routing@2', 'routing@2 in-force', 'routing@1 superseded'])
  })

  it('can be read by kind and status, and each kind as a JSON Schema', async () => {
    const Rows = z.object({ rows: z.array(z.looseObject({ name: z.string() })), count: z.number() })
    const open = Rows.parse((await api.get('/v1/definitions?kind=qualification&kind=glossary&status=proposed')).json())
    expect(open.rows.map(({ name }) => name)).toEqual(['qualification@3', 'glossary@2'])
    expect((await api.get('/v1/definitions/schemas/quarter-plan')).json()).toMatchObject({
      type: 'object',
      properties: { revenue_goal_minor: { type: 'integer' } },
    })
    expect((await api.get('/v1/definitions/schemas/plan')).statusCode).toBe(404)
    expect((await api.get('/v1/definitions?kind=plan')).statusCode).toBe(400)
    expect((await api.get('/v1/definitions/nothing')).statusCode).toBe(404)
  })
})
