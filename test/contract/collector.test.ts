import { request } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { decodePosition } from '../../services/domain/position.ts'
import { type EventLog, LogError } from '../../services/log/port.ts'
import { type CollectorParts, collectorParts, RECORD_TOPICS, TOPICS } from '../support/collector-parts.ts'

const open: CollectorParts[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(made => made.close()))
})
const parts = async (options: Parameters<typeof collectorParts>[0] = {}): Promise<CollectorParts> => {
  const made = await collectorParts(options)
  open.push(made)
  return made
}

const touch = (id: number, data: object = {}) => ({
  type: 'touch-recorded',
  event_id: `t-${id}`,
  occurred_at: new Date(Date.now() - 1000).toISOString(),
  data: { subject: `anonymous:${id % 7}`, touch_type: 'web_session', ...data },
})
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)
const post = (made: CollectorParts, key: string, events: readonly unknown[]) =>
  made.app.inject({ method: 'POST', url: '/v1/events', headers: { authorization: `Bearer ${key}` }, payload: { events } })
const postLines = (made: CollectorParts, key: string, payload: string) =>
  made.app.inject({
    method: 'POST',
    url: '/v1/events',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    payload,
  })

describe('POST /v1/events', () => {
  it('answers 202 when the log has the good ones, and names each bad one', async () => {
    const made = await parts()
    const key = await made.key(['ingest'])
    const answer = await post(made, key, [touch(1), touch(2, { campain: 'x' }), touch(3), 'nonsense'])
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toEqual({
      accepted: 2,
      rejected: [
        { index: 1, code: 'unknown_field', path: 'data.campain', message: 'unknown field "campain"; did you mean "campaign"?' },
        { index: 3, code: 'not_an_event', path: '', message: 'expected an object with type, occurred_at and data' },
      ],
      rejected_count: 2,
      position: expect.stringMatching(/^p/),
    })
    const records = await made.records(TOPICS.touches)
    expect(new Set(records.map(({ key: recordKey }) => recordKey))).toEqual(new Set(['acme\u001fanonymous:1', 'acme\u001fanonymous:3']))
    expect(decodePosition(answer.json().position)).toBe(Math.max(...records.map(({ appendedAt }) => appendedAt)))
  })

  it('answers 422 with the same body when nothing is valid', async () => {
    const made = await parts()
    const answer = await post(made, await made.key(['ingest']), [touch(1, { subject: '' })])
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({
      accepted: 0,
      rejected: [{ index: 0, code: 'missing_field', path: 'data.subject' }],
      position: null,
    })
  })

  it('writes every type to its topic, under tenant and subject', async () => {
    const made = await parts()
    const at = '2026-01-01T00:00:00Z'
    const answer = await post(made, await made.key(['ingest', 'admin']), [
      { type: 'lead-created', event_id: 'a', occurred_at: at, data: { person_id: 'p1' } },
      { type: 'deal-created', event_id: 'b', occurred_at: at, data: { deal_id: 'd1', stage: 'open' } },
      { type: 'campaign-planned', event_id: 'c', occurred_at: at, data: { campaign: 'c1' } },
      {
        type: 'fx-rate-recorded',
        event_id: 'd',
        occurred_at: at,
        data: { base_currency: 'EUR', quote_currency: 'USD', rate_on: '2026-01-01', rate: '1.0842' },
      },
      {
        type: 'forecast-call-submitted',
        event_id: 'e',
        occurred_at: at,
        data: { member_id: 'm1', period: '2026-Q1', amount_minor: 5, currency: 'EUR' },
      },
    ])
    expect(answer.json()).toMatchObject({ accepted: 5 })
    const keys = (await made.records(...RECORD_TOPICS)).map(({ topic, key }) => `${topic} ${key?.replace('\u001f', ' ')}`).toSorted()
    expect(keys).toEqual([
      'accord.campaigns.v1 acme c1',
      'accord.deals.v1 acme d1',
      'accord.deals.v1 acme member:m1',
      'accord.definitions.v1 acme EUR/USD',
      'accord.leads.v1 acme person:p1',
    ])
  })

  it('binds the tenant to the credential', async () => {
    const made = await parts()
    const [one, other] = [await made.key(['ingest']), await made.key(['ingest'], { tenant: 'other' })]
    await post(made, one, [touch(1)])
    await post(made, other, [touch(1)])
    expect((await made.events(TOPICS.touches)).map(({ tenant }) => tenant).toSorted()).toEqual(['acme', 'other'])
  })

  it('needs a key that may write', async () => {
    const made = await parts()
    expect((await post(made, await made.key(['read']), [touch(1)])).statusCode).toBe(403)
    expect((await post(made, 'ak_nobody', [touch(1)])).statusCode).toBe(401)
  })

  it('refuses more than 1,000 events, more than 5 MiB, an event above 64 KiB and what is no list of events', async () => {
    const made = await parts()
    const key = await made.key(['ingest'])
    expect(
      (
        await post(
          made,
          key,
          range(1001).map(id => touch(id)),
        )
      ).statusCode,
    ).toBe(413)
    expect(
      (
        await post(
          made,
          key,
          range(90).map(id => touch(id, { utm_term: 'x'.repeat(60_000) })),
        )
      ).statusCode,
    ).toBe(413)
    expect((await post(made, key, [touch(1, { utm_term: 'x'.repeat(65_536) })])).json()).toMatchObject({
      rejected: [{ code: 'too_large', message: 'expected an event of at most 64 KiB' }],
    })
    for (const payload of [{}, { events: [] }, { events: 'x' }, { events: [touch(1)], tenant: 'x' }, []]) {
      const answer = await made.app.inject({ method: 'POST', url: '/v1/events', headers: { authorization: `Bearer ${key}` }, payload })
      expect([answer.statusCode, answer.json().title]).toEqual([400, 'Invalid request'])
    }
    const broken = await made.app.inject({
      method: 'POST',
      url: '/v1/events',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      payload: '{"events":[',
    })
    expect(broken.statusCode).toBe(400)
    expect((await made.records(...RECORD_TOPICS)).length).toBe(0)
  })

  it('keeps every personal field of a person out of all topics but one', async () => {
    const made = await parts()
    const answer = await post(made, await made.key(['ingest', 'admin']), [
      {
        type: 'person-created',
        event_id: 'p',
        occurred_at: '2026-01-01T00:00:00Z',
        data: { person_id: 'p1', name: 'Lovelace Byron', email: 'Lovelace@engines.example', phone: '+44201' },
      },
      {
        type: 'touch-recorded',
        event_id: 't',
        occurred_at: '2026-01-01T00:00:00Z',
        data: { subject: 'email:lovelace@engines.example', touch_type: 'reply', utm_term: 'from lovelace@ENGINES.example' },
      },
    ])
    expect(answer.json()).toMatchObject({ accepted: 2 })
    const outside = await made.events(...RECORD_TOPICS)
    expect(outside).toHaveLength(3)
    const [said] = outside.filter(({ type }) => type === 'person-created')
    expect(said).toMatchObject({ email_domain: 'engines.example' })
    expect(JSON.stringify(outside.map(event => ({ ...event, email_domain: '' })))).not.toMatch(/lovelace|byron|\+44|engines|@/i)
    expect((await made.records(...RECORD_TOPICS)).map(({ key }) => key).join()).not.toContain('@')
    expect(await made.events(TOPICS.persons)).toMatchObject([
      { type: 'person-profile', name: 'Lovelace Byron', email: 'lovelace@engines.example', phone: '+44201' },
    ])
    const [link] = (await made.events(TOPICS.leads)).filter(({ type }) => type === 'identity-linked')
    const [reply] = await made.events(TOPICS.touches)
    expect(link).toMatchObject({ target: 'person:p1', identity: reply?.type === 'touch-recorded' ? reply.subject : '' })
  })

  it('erases with a fact and a tombstone', async () => {
    const made = await parts()
    const key = await made.key(['ingest', 'admin'])
    await post(made, key, [
      { type: 'person-created', event_id: 'p', occurred_at: '2026-01-01T00:00:00Z', data: { person_id: 'p1', name: 'Ada' } },
    ])
    await post(made, key, [{ type: 'person-erased', event_id: 'x', occurred_at: '2026-02-01T00:00:00Z', data: { person_id: 'p1' } }])
    const persons = await made.records(TOPICS.persons)
    expect(persons.at(-1)).toMatchObject({ key: 'acme\u001fp1', value: null })
    expect((await made.events(TOPICS.leads)).map(({ type }) => type)).toEqual(['person-created', 'person-erased'])
  })

  it('lets a member who was just made approver approve, and nobody before', async () => {
    const made = await parts()
    const [admin, ann] = [await made.key(['ingest', 'admin']), await made.key(['ingest'], { member: 'ann' })]
    const approval = {
      type: 'definition-approved',
      event_id: 'a1',
      occurred_at: '2026-01-02T00:00:00Z',
      data: { definition_id: 'mql', version: 1 },
    }
    expect((await post(made, ann, [approval])).json()).toMatchObject({ rejected: [{ code: 'not_permitted', path: 'type' }] })
    const member = {
      type: 'member-changed',
      event_id: 'm1',
      occurred_at: '2026-01-01T00:00:00Z',
      data: { member_id: 'ann', function: 'marketing', approver: true },
    }
    expect((await post(made, admin, [member])).json()).toMatchObject({ accepted: 1 })
    expect((await post(made, ann, [approval])).json()).toMatchObject({ accepted: 1 })
    expect((await made.events(TOPICS.definitions)).at(-1)).toMatchObject({
      type: 'definition-approved',
      actor: 'member:ann',
      member_id: 'ann',
      function: 'marketing',
    })
    expect((await made.anotherAccess()).member('acme', 'ann')).toMatchObject({ approver: true })
  })
})

const member = (id: string, day: string, active: boolean) => ({
  type: 'member-changed',
  event_id: id,
  occurred_at: `2026-01-${day}T00:00:00Z`,
  data: { member_id: 'ann', function: 'sales', active },
})

describe('members', () => {
  it('are known as they are last, in whatever order their changes come', async () => {
    const made = await parts()
    const admin = await made.key(['ingest', 'admin'])
    await post(made, admin, [member('c', '03', false), member('a', '01', true)])
    await post(made, admin, [member('b', '02', true)])
    expect(made.access.member('acme', 'ann')).toMatchObject({ active: false })
    expect((await made.events(TOPICS.access)).filter(({ type }) => type === 'member-changed').map(({ event_id }) => event_id)).toEqual([
      'c',
    ])
    expect((await made.events(TOPICS.definitions)).length).toBe(3)
  })
})

describe('a backfill credential', () => {
  it('says when things were known, until the tenant went live', async () => {
    const made = await parts()
    const key = await made.key(['backfill'])
    const old = { ...touch(1), occurred_at: '2024-05-01T00:00:00Z', known_at: '2024-05-03T00:00:00Z' }
    expect((await post(made, key, [old])).json()).toMatchObject({ accepted: 1 })
    expect(await made.events(TOPICS.touches)).toMatchObject([{ known_at: Date.UTC(2024, 4, 3) * 1000 }])
    await made.access.goLive('acme', { actor: 'key:test', note: '', graceMs: 0 })
    const late = await post(made, key, [old, { type: 'nonsense' }])
    expect(late.statusCode).toBe(422)
    expect(late.json()).toMatchObject({
      accepted: 0,
      rejected_count: 2,
      rejected: [{ code: 'backfill_closed' }, { code: 'backfill_closed' }],
    })
    expect(await made.events(TOPICS.touches)).toHaveLength(1)
  })
})

describe('NDJSON', () => {
  it('takes any number of lines in order and counts bad ones by line', async () => {
    const made = await parts()
    const key = await made.key(['ingest'])
    const lines = range(2500).map(id => JSON.stringify(touch(id)))
    lines[1200] = '{"type":'
    lines[2400] = ''
    const answer = await postLines(made, key, `\ufeff${lines.join('\r\n')}`)
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({
      accepted: 2498,
      rejected_count: 1,
      rejected: [{ index: 1200, code: 'not_an_event', message: 'expected one JSON object on the line' }],
    })
    const ofOne = (await made.events(TOPICS.touches)).filter(event => event.type === 'touch-recorded' && event.subject === 'anonymous:3')
    expect(ofOne.map(({ event_id }) => Number(event_id.slice(2)))).toEqual(
      range(2500).filter(id => id % 7 === 3 && id !== 1200 && id !== 2400),
    )
  })

  it('passes over a line that is too long or no UTF-8, and lists no more than a thousand reasons', async () => {
    const made = await parts()
    const key = await made.key(['ingest'])
    const long = await postLines(made, key, `${JSON.stringify(touch(1))}\n${'x'.repeat(1_100_000)}\n${JSON.stringify(touch(2))}\n`)
    expect(long.json()).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'too_large' }] })
    const many = await postLines(made, key, '{}\n'.repeat(1500))
    expect(many.statusCode).toBe(422)
    expect([many.json().rejected.length, many.json().rejected_count]).toEqual([1000, 1500])
  })

  it('streams: a thousand lines are in the log while the client is still sending', async () => {
    const made = await parts()
    const key = await made.key(['ingest'])
    await made.app.listen({ host: '127.0.0.1', port: 0 })
    const address = made.app.server.address()
    const client = request({
      host: '127.0.0.1',
      port: typeof address === 'object' ? address?.port : 0,
      method: 'POST',
      path: '/v1/events',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    })
    client.write(
      range(1000)
        .map(id => `${JSON.stringify(touch(id))}\n`)
        .join(''),
    )
    await expect.poll(async () => (await made.records(TOPICS.touches)).length, { timeout: 5000 }).toBe(1000)
    client.end(JSON.stringify(touch(1000)))
    const [response] = await once(client, 'response')
    expect(response.statusCode).toBe(202)
    expect((await made.records(TOPICS.touches)).length).toBe(1001)
  })
})

/** The first `good` appends go through. */
const failing =
  (code: 'LOG_UNAVAILABLE' | 'LOG_OVERLOADED', good: number) =>
  (log: EventLog): EventLog => {
    let appends = 0
    return {
      ...log,
      append: async records => {
        appends += 1
        if (appends > good) throw new LogError(code, 'no broker answers')
        return log.append(records)
      },
    }
  }

describe('when the log does not keep up', () => {
  it('answers 503 with Retry-After when it is away, and nothing is lost by sending again', async () => {
    const made = await parts({ wrap: failing('LOG_UNAVAILABLE', 0) })
    const answer = await post(made, await made.key(['ingest']), [touch(1)])
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().title]).toEqual([503, '5', 'Log unavailable'])
    expect(answer.json()).toMatchObject({ accepted: 0, lines: 0 })
  })

  it('says how many lines are in, to a client that is still sending', async () => {
    const made = await parts({ wrap: failing('LOG_UNAVAILABLE', 2) })
    const key = await made.key(['ingest'])
    await made.app.listen({ host: '127.0.0.1', port: 0 })
    const address = made.app.server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const lines = range(200_000)
      .map(id => JSON.stringify(touch(id)))
      .join('\n')
    const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
      body: lines,
    })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await answer.json()).toMatchObject({ lines: 2000, accepted: 2000, detail: expect.stringContaining('send again from line 2001') })
    expect((await made.records(TOPICS.touches)).length).toBe(2000)
  })

  it('answers 429 when it throttles, and when too much waits for it', async () => {
    const throttled = await parts({ wrap: failing('LOG_OVERLOADED', 0) })
    expect((await post(throttled, await throttled.key(['ingest']), [touch(1)])).statusCode).toBe(429)

    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    const slow = await parts({
      maxBytesInFlight: 1000,
      wrap: log => ({
        ...log,
        append: async records => {
          await held
          return log.append(records)
        },
      }),
    })
    const key = await slow.key(['ingest'])
    const first = post(
      slow,
      key,
      range(50).map(id => touch(id)),
    )
    let second = await post(slow, key, [])
    await expect
      .poll(async () => {
        second = await post(slow, key, [touch(99)])
        return second.statusCode
      })
      .toBe(429)
    expect([second.headers['retry-after'], second.json().title]).toEqual(['1', 'Too fast'])
    letGo()
    expect((await first).statusCode).toBe(202)
    expect((await post(slow, key, [touch(99)])).statusCode).toBe(202)
  })

  it('does not promise a retry when somebody has to act', async () => {
    const made = await parts({
      wrap: log => ({ ...log, append: () => Promise.reject(new LogError('LOG_MISCONFIGURED', 'no such topic')) }),
    })
    const answer = await post(made, await made.key(['ingest']), [touch(1)])
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([500, undefined])
  })
})
