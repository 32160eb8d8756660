import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import type { Member } from '../../services/access/permissions.ts'
import { recomputeAudits } from '../../services/api/sla/recompute.ts'
import { verifySigned } from '../../services/projector/verify-signed.ts'
import { type Said, logged } from '../oracles/logged.ts'
import { event, topicOf } from '../support/event.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { openWritingApi, type WritingApi } from '../support/writing-api.ts'

/** Instants of October 2026 in UTC; the office of everybody is in UTC, open 9 to 18 from Monday to Friday. 16 October is a Friday. */
const at = (text: string): number => Date.parse(`2026-${text}:00Z`) * 1000
const now = Date.UTC(2026, 9, 28, 12)

const people: readonly Member[] = [
  ['sam', 'sales', 'sdr', false],
  ['sue', 'sales', 'manager', true],
  ['max', 'marketing', 'marketer', false],
  ['mia', 'marketing', 'manager', true],
].map(([memberId, of, role, approver]) => ({
  memberId: String(memberId),
  function: String(of),
  role: String(role),
  approver: approver === true,
  delegates: [],
  permissions: [],
  active: true,
}))

const members = people.map(({ memberId, function: of, role }) =>
  event('member-changed', {
    event_id: `m-${memberId}`,
    occurred_at: at('01-01T00:00'),
    member_id: memberId,
    function: of,
    role,
    team: of,
    zone: 'UTC',
  }),
)

const mql = (person_id: string, when: string): AccordEvent[] => [
  event('lead-created', { event_id: `${person_id}-created`, occurred_at: at(when), person_id, lead_source: 'website' }),
  event('lead-stage-changed', { event_id: `${person_id}-mql`, occurred_at: at(when), person_id, stage: 'mql' }),
]
const response = (person_id: string, when: string): AccordEvent =>
  event('touch-recorded', {
    event_id: `${person_id}-form`,
    occurred_at: at(when),
    subject: `person:${person_id}`,
    touch_type: 'form',
    channel: 'web',
  })
const assigned = (person_id: string, when: string, owner_id = 'sam'): AccordEvent =>
  event('lead-assigned', { event_id: `${person_id}-to-${owner_id}`, occurred_at: at(when), person_id, owner_id, handoff: 'marketing-sdr' })
const call = (person_id: string, when: string): AccordEvent =>
  event('touch-recorded', {
    event_id: `${person_id}-call-${when}`,
    occurred_at: at(when),
    subject: `person:${person_id}`,
    touch_type: 'call_attempt',
    channel: 'phone',
    direction: 'outbound',
    team: 'sales',
    member_id: 'sam',
  })

/** Asked on Friday 17:30, given 17:50, given on Monday 9:10, called 9:40. */
const ann = [
  response('ann', '10-16T17:30'),
  ...mql('ann', '10-16T17:30'),
  assigned('ann', '10-16T17:50'),
  assigned('ann', '10-19T09:10', 'sue'),
  call('ann', '10-19T09:40'),
]
/** Given on Thursday, closed without a call. */
const bob = [
  ...mql('bob', '10-15T09:00'),
  assigned('bob', '10-15T09:30'),
  event('lead-disqualified', { event_id: 'bob-gone', occurred_at: at('10-15T10:00'), person_id: 'bob', reason: 'unreachable' }),
]
/** Given on Tuesday the 20th, never called; pulled back in time is cat, refused in time is dan. */
const eve = [...mql('eve', '10-20T09:00'), assigned('eve', '10-20T09:30')]
const cat = [
  ...mql('cat', '10-20T09:00'),
  assigned('cat', '10-20T09:30'),
  event('lead-assigned', { event_id: 'cat-back', occurred_at: at('10-20T10:00'), person_id: 'cat', owner_id: 'max' }),
]
const dan = [
  ...mql('dan', '10-20T09:00'),
  assigned('dan', '10-20T09:30'),
  event('lead-rejected', {
    event_id: 'dan-no',
    occurred_at: at('10-20T11:00'),
    person_id: 'dan',
    reason_class: 'definitional',
    reason: 'student',
    handoff: 'marketing-sdr',
  }),
]
const lives: readonly Said[] = [...members, ...ann, ...bob, ...eve, ...cat, ...dan]

const Clock = z.looseObject({
  id: z.string(),
  step: z.string(),
  state: z.string(),
  person: z.string(),
  due_at: z.string(),
  met_at: z.string().nullable(),
  owner: z.string(),
  because: z.string(),
})
const Clocks = z.looseObject({ rows: z.array(Clock), count: z.number(), cursor: z.string().nullable() })
const Row = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string(),
})
const Answer = z.looseObject({ rows: z.array(Row), excluded: z.record(z.string(), z.number()) })
const Audit = z.looseObject({
  state: z.string(),
  sha256: z.string(),
  signatures: z.array(z.looseObject({ function: z.string() })),
  audit: z.looseObject({ previous_sha256: z.string(), clocks: z.looseObject({ count: z.number() }) }),
})
const Explained = z.looseObject({ contributions: z.number(), bases: z.number().optional() })

let api: WritingApi
let recorded: Recorded[]
/** Says more, a moment later. */
const say = async (...events: readonly AccordEvent[]): Promise<void> => {
  api.clock.ms += 1
  recorded.push(
    ...events.map((told, i) => ({
      event: told,
      appended_at: api.clock.ms,
      topic: topicOf(told.type),
      partition: 1,
      offset: recorded.length + i,
    })),
  )
  await show()
}
const show = async (): Promise<void> => {
  api.clock.ms += 1
  await api.projectTo([...recorded, ...api.written], api.clock.ms)
}
const read = async <T>(schema: z.ZodType<T>, url: string): Promise<T> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return schema.parse(reply.json())
}
const clockOf = async (person: string, step: string, more = ''): Promise<z.output<typeof Clock> | undefined> =>
  (await read(Clocks, `/v1/sla/clocks?person=person:${person}&step=${step}&open=false${more}`)).rows.find(row => row.step === step)

beforeAll(async () => {
  api = await openWritingApi(people, now)
  recorded = [...logged(...lives)]
  await api.projectTo(recorded, now)
})
afterAll(() => api.close())

describe('clocks of the worked example', () => {
  it('are not cleaned by giving the lead to somebody else: 50 minutes of business time, due an hour of the first owner after the hand-over plus a day', async () => {
    const clock = await clockOf('ann', 'first-touch')
    expect(clock).toMatchObject({ state: 'met', met_at: '2026-10-19T09:40:00.000Z', due_at: '2026-10-19T17:50:00.000Z', owner: 'sue' })
    const { rows } = await read(Answer, '/v1/sla/attainment?metric=M39&metric=M40&metric=M41')
    const median = (metric: string): number | null | undefined =>
      rows.find(row => row.metric === metric && row['statistic'] === 'median')?.value
    expect([median('M39'), median('M41')]).toEqual([(64 * 60 + 10) * 60, 50 * 60])
  })

  it('breach when a lead is closed without an attempt, and are void when it was pulled back or refused in time', async () => {
    expect(await clockOf('bob', 'first-touch')).toMatchObject({ state: 'breached', because: 'disqualified without an attempt' })
    expect(await clockOf('cat', 'first-touch')).toMatchObject({ state: 'void', because: 'pulled-back' })
    expect(await clockOf('dan', 'first-touch')).toMatchObject({ state: 'void', because: 'rejected' })
    expect(await clockOf('dan', 'decide')).toMatchObject({ state: 'met' })
    expect(await clockOf('eve', 'first-touch')).toMatchObject({ state: 'breached', met_at: null })
  })

  it('were running as of the day before', async () => {
    expect(await clockOf('eve', 'first-touch', '&as_of=2026-10-20T12:00:00Z')).toMatchObject({ state: 'running' })
  })

  it('are listed page by page, each once', async () => {
    const all = await read(Clocks, '/v1/sla/clocks?open=false')
    const ids: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: z.output<typeof Clocks> = await read(
        Clocks,
        `/v1/sla/clocks?open=false&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      ids.push(...page.rows.map(({ id }) => id))
      cursor = page.cursor
    }
    expect(ids).toEqual(all.rows.map(({ id }) => id))
  })

  it('add up to every number that is shown of them', async () => {
    const { rows } = await read(Answer, '/v1/sla/attainment?by=step&by=handoff')
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) {
      const explained = await read(Explained, `/v1/explain/${row.explain}`)
      expect([row.metric, explained.contributions, explained.bases]).toEqual([row.metric, row.numerator ?? row.value ?? 0, row.denominator])
    }
  })

  it('refuses parameters that it does not know, by name', async () => {
    expect((await api.get('/v1/sla/clocks?state=late')).statusCode).toBe(400)
    expect((await api.get('/v1/sla/audit/2026-13')).statusCode).toBe(400)
  })

  it('are the same when only what a change reaches is computed again', async () => {
    await read(Clocks, '/v1/sla/clocks')
    await say(
      call('eve', '10-22T09:00'),
      event('lead-accepted', { event_id: 'ann-yes', occurred_at: at('10-19T10:00'), person_id: 'ann', owner_id: 'sue' }),
    )
    const live = await api.get('/v1/sla/clocks?open=false')
    const fresh = await api.get(`/v1/sla/clocks?open=false&as_of=${new Date(api.clock.ms).toISOString()}`)
    expect(Clocks.parse(live.json()).rows).toEqual(Clocks.parse(fresh.json()).rows)
    expect(await clockOf('eve', 'first-touch')).toMatchObject({ state: 'breached', met_at: '2026-10-22T09:00:00.000Z' })
  })
})

const Excuses = z.object({ rows: z.array(z.looseObject({})) })

describe('the audit of a month', () => {
  const signing = async (bearer: string, body: object = {}): Promise<number> => {
    const { statusCode } = await api.post('/v1/sla/audit/2026-10/sign-off', bearer, body)
    await show()
    return statusCode
  }

  it('excuses a breach when one function proposes and the other grants it', async () => {
    const { id } = z.object({ id: z.string() }).parse(await clockOf('bob', 'first-touch'))
    const excuse = async (bearer: string, decision: string): Promise<number> => {
      const { statusCode } = await api.post(`/v1/sla/clocks/${id}/excuse`, bearer, { decision, reason: 'no number was given' })
      await show()
      return statusCode
    }
    expect(await excuse('mia', 'granted')).toBe(409)
    expect(await excuse('sam', 'proposed')).toBe(202)
    expect(await excuse('sue', 'granted')).toBe(409)
    expect(await clockOf('bob', 'first-touch')).toMatchObject({ state: 'breached' })
    const requests = async (state: string) => (await read(Excuses, `/v1/sla/excuses?state=${state}`)).rows
    expect(await requests('waiting')).toMatchObject([{ clock: { id, state: 'breached' }, statements: [{ member: 'sam' }] }])
    expect(await excuse('mia', 'granted')).toBe(202)
    expect(await clockOf('bob', 'first-touch')).toMatchObject({ state: 'excused' })
    expect(await requests('waiting')).toEqual([])
    expect(await requests('granted')).toMatchObject([
      { clock: { id, state: 'excused' }, statements: [{ decision: 'proposed' }, { decision: 'granted', function: 'marketing' }] },
    ])
  })

  it('is signed only when the month is over, by one of each function, and stays', async () => {
    expect(await signing('sue')).toBe(409)
    api.clock.ms = Date.UTC(2026, 10, 2, 9)
    const target = (event_id: string, data: object) => ({
      type: 'target-set',
      event_id,
      occurred_at: '2026-10-01T09:00:00Z',
      data: { metric: 'mql', ...data },
    })
    await api.send([
      // a fiscal quarter says its days itself: 31 of 92 are in October
      target('t1', { target_id: 'whole', period: '2026-Q4', count: '920' }),
      target('t2', { target_id: 'taken-back', period: '2026-10', count: '500' }),
      target('t3', { target_id: 'taken-back', period: '2026-10', count: '500', withdrawn: true }),
      // a part of the whole is not owed a second time
      target('t4', { target_id: 'emea', period: '2026-Q4', count: '400', region: 'emea' }),
    ])
    await show()
    const before = await read(Audit, '/v1/sla/audit/2026-10')
    expect(before).toMatchObject({ state: 'open', audit: { previous_sha256: '', summary: { commitment: { mqls: 310, from: 'targets' } } } })
    expect(await signing('sam')).toBe(403)
    expect(await signing('sue')).toBe(202)
    const proposed = await read(Audit, '/v1/sla/audit/2026-10')
    expect([proposed.state, proposed.signatures.map(one => one.function)]).toEqual(['proposed', ['sales']])
    expect(await signing('mia', { sha256: '0'.repeat(64) })).toBe(409)
    expect(await signing('mia', { sha256: proposed.sha256 })).toBe(202)
    expect(await signing('mia')).toBe(409)
  })

  it('is the same bytes after late events, names what changed, and its chain holds', async () => {
    const signed = await api.get('/v1/sla/audit/2026-10/document')
    const asOf = z.object({ as_of: z.string() }).parse(signed.json()).as_of
    await say(call('bob', '10-15T09:40'))
    expect((await api.get('/v1/sla/audit/2026-10/document')).body).toBe(signed.body)
    expect((await api.get(`/v1/sla/audit/2026-10/document?fresh=true&as_of=${asOf}`)).body).toBe(signed.body)
    const { rows } = z
      .looseObject({ rows: z.array(z.looseObject({ section: z.string(), what: z.string(), signed: z.unknown(), now: z.unknown() })) })
      .parse((await api.get('/v1/sla/audit/2026-10/changes')).json())
    expect(rows).toContainEqual({ section: 'clocks', what: 'first-touch.marketing-sdr.bob-to-sam', signed: 'excused', now: 'met' })
    const { sha256 } = await read(Audit, '/v1/sla/audit/2026-10')
    expect(await read(Audit, '/v1/sla/audit/2026-11')).toMatchObject({ audit: { previous_sha256: sha256 } })
    expect(await verifySigned(api.store)).toEqual({ checked: 2, broken: [] })
    // without any service, from the store alone
    expect(await recomputeAudits(api.store)).toEqual([{ audit: 'acme sla-2026-10', asOf, isSame: true }])
  })

  it('is found broken when somebody changes a byte of it', async () => {
    const payload = JSON.stringify({ audit_id: 'sla-2026-09', sha256: 'f'.repeat(64), document: '{}', previous_sha256: 'a'.repeat(64) })
    await api.store.append(
      'record_facts',
      ['tenant', 'type', 'subject', 'event_id', 'payload'],
      `acme\taudit-signed\tsla-2026-09\tforged\t${payload}\n`,
    )
    const { broken } = await verifySigned(api.store)
    expect(broken).toHaveLength(2)
  })
})
