import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyRoutes } from '../../services/api/operations/key-routes.ts'
import { letterRoutes } from '../../services/api/operations/letter-routes.ts'
import type { Operator } from '../../services/api/operations/operator.ts'
import { writeDeadLetters } from '../../services/projector/dead-letters.ts'
import { readDeadLetters, redrive } from '../../services/projector/redrive.ts'
import { type CollectorParts, collectorParts, TOPICS } from '../support/collector-parts.ts'

let parts: CollectorParts
let admin = ''
beforeAll(async () => {
  parts = await collectorParts()
  const { log, codec, access, secrets } = parts
  const operator: Operator = {
    access,
    letters: {
      read: () => readDeadLetters(log, codec, TOPICS.deadLetters),
      redrive: letters => redrive({ log, codec, topics: TOPICS, now: Date.now }, letters),
    },
    pseudonym: (tenant, email) => secrets.pseudonym(tenant, email),
  }
  await parts.app.register(keyRoutes, { operator, now: Date.now })
  await parts.app.register(letterRoutes, { operator })
  admin = await parts.key(['admin'], { name: 'boss' })
})
afterAll(() => parts.close())

const ask = (method: 'GET' | 'POST', url: string, bearer: string, payload?: object) =>
  parts.app.inject({ method, url, headers: { authorization: `Bearer ${bearer}` }, ...(payload === undefined ? {} : { payload }) })

describe('keys over the API', () => {
  const Key = z.looseObject({ key_id: z.string(), name: z.string(), state: z.string(), key: z.string().optional() })
  const Keys = z.object({ rows: z.array(Key) })
  const keys = async (query = '') => Keys.parse((await ask('GET', `/v1/keys${query}`, admin)).json()).rows

  it('are made, shown once, open what they are for, and open nothing when they are revoked', async () => {
    const made = await ask('POST', '/v1/keys', admin, { name: 'report', scopes: ['read'] })
    expect([made.statusCode, made.headers['cache-control']]).toEqual([201, 'no-store'])
    const { key, key_id: id } = Key.parse(made.json())
    expect(await parts.access.authenticate(key ?? '')).toMatchObject({ tenant: 'acme', keyName: 'report', scopes: ['read'] })
    expect((await keys()).map(row => [row.name, row.state, row.key])).toEqual([
      ['report', 'active', undefined],
      ['boss', 'active', undefined],
    ])
    expect(JSON.stringify(await parts.events(TOPICS.access))).not.toContain((key ?? '').split('_').at(-1))
    const revoked = await ask('POST', `/v1/keys/${id}/revoke`, admin, { reason: 'left' })
    expect([revoked.statusCode, revoked.json()]).toMatchObject([200, { key_id: id, state: 'revoked' }])
    expect(await parts.access.authenticate(key ?? '')).toBeNull()
    expect((await keys('?state=active')).map(({ name }) => name)).toEqual(['boss'])
  })

  it('are an administrator’s, of the own tenant, with scopes and members that there are', async () => {
    const reader = await parts.key(['read'])
    expect((await ask('GET', '/v1/keys', reader)).statusCode).toBe(403)
    expect((await ask('POST', '/v1/keys', reader, { name: 'x', scopes: ['admin'] })).statusCode).toBe(403)
    const other = await parts.key(['admin'], { tenant: 'umbrella', name: 'theirs' })
    expect(Keys.parse((await ask('GET', '/v1/keys', other)).json()).rows.map(({ name }) => name)).toEqual(['theirs'])
    const [mine] = await keys()
    expect((await ask('POST', `/v1/keys/${mine?.key_id ?? ''}/revoke`, other, {})).statusCode).toBe(404)
    expect((await ask('POST', '/v1/keys', admin, { name: 'x', scopes: ['backfill'] })).statusCode).toBe(400)
    expect((await ask('GET', '/v1/keys?state=gone', admin)).body).toContain('state: expected one of active, expired, revoked')
    expect((await ask('POST', '/v1/keys', admin, { name: 'x', scopes: ['read'], member: 'nobody' })).body).toContain(
      'there is no active member nobody',
    )
    expect((await ask('POST', '/v1/keys', admin, { name: 'x', scopes: ['read'], expires_on: '2020-01-01' })).body).toContain(
      'expected a day to come',
    )
    expect((await ask('POST', '/v1/keys', admin, { name: '<b>', scopes: ['read'] })).statusCode).toBe(422)
  })
})

describe('dead letters over the API', () => {
  const Letters = z.object({
    rows: z.array(z.looseObject({ id: z.string(), reason_code: z.string(), redriven_at: z.string().nullable() })),
    count: z.number(),
    by_reason: z.array(z.looseObject({})),
    cursor: z.string().nullable(),
  })
  const letters = async (query = '', bearer = admin) => Letters.parse((await ask('GET', `/v1/dead-letters${query}`, bearer)).json())

  it('are listed with what is wrong and where they stand, opened with their bytes, and go back into the log once', async () => {
    const { log, codec } = parts
    const taken = await parts.intake.take(
      [{ type: 'person-created', event_id: 'e1', occurred_at: '2026-03-01T00:00:00Z', data: { person_id: 'p1' } }],
      { tenant: 'acme', actor: 'key:x', keyName: 'x', scopes: ['ingest'], member: null },
    )
    expect(taken.outcome).toBe('taken')
    const [record] = await parts.records(TOPICS.leads)
    const origin = { topic: TOPICS.leads, partition: 3, appendedAt: Date.UTC(2026, 2, 1), key: record?.key ?? null }
    const letter = (offset: number, code: string, payload: Buffer, tenant = 'acme') => ({
      tenant,
      origin: { ...origin, offset },
      code,
      reason: `wrong: ${code}`,
      path: 'name',
      schemaId: 7,
      eventType: 'person-created',
      eventId: 'e1',
      payload,
    })
    await writeDeadLetters({ log, codec, topic: TOPICS.deadLetters, now: Date.now }, [
      letter(1, 'ID_CONFLICT', record?.value ?? Buffer.alloc(0)),
      letter(2, 'CODEC_BAD', Buffer.from('no event')),
      letter(3, 'ID_CONFLICT', record?.value ?? Buffer.alloc(0), 'umbrella'),
    ])
    const all = await letters()
    expect(all).toMatchObject({
      count: 2,
      rows: [
        { reason_code: 'CODEC_BAD', offset: '2', partition: 3, topic: TOPICS.leads, schema_id: 7 },
        { reason_code: 'ID_CONFLICT', reason: 'wrong: ID_CONFLICT', offset: '1' },
      ],
      by_reason: [
        { reason_code: 'CODEC_BAD', waiting: 1, redriven: 0 },
        { reason_code: 'ID_CONFLICT', waiting: 1, redriven: 0 },
      ],
    })
    const page = await letters('?limit=1')
    expect((await letters(`?limit=1&cursor=${page.cursor ?? ''}`)).rows[0]?.id).toBe(all.rows[1]?.id)
    expect((await letters('?reason_code=CODEC_BAD')).count).toBe(1)
    const opened = await ask('GET', `/v1/dead-letters/${encodeURIComponent(all.rows[0]?.id ?? '')}`, admin)
    expect([opened.statusCode, opened.json()]).toMatchObject([200, { payload_base64: Buffer.from('no event').toString('base64') }])

    const before = (await parts.records(TOPICS.leads)).length
    expect((await ask('POST', '/v1/dead-letters/redrive', admin, {})).body).toContain('expected ids of letters, reason_code or all')
    expect((await ask('POST', '/v1/dead-letters/redrive', admin, { ids: [`${TOPICS.leads}/3/3`] })).statusCode).toBe(400)
    expect((await ask('POST', '/v1/dead-letters/redrive', admin, { all: true })).json()).toEqual({ redriven: 1, unreadable: 1, waiting: 0 })
    expect((await parts.records(TOPICS.leads)).length).toBe(before + 1)
    expect((await letters()).rows.map(row => row.reason_code)).toEqual(['CODEC_BAD'])
    expect((await letters('?state=redriven')).rows.map(row => row.reason_code)).toEqual(['ID_CONFLICT'])
    expect((await ask('POST', '/v1/dead-letters/redrive', admin, { all: true })).json()).toEqual({ redriven: 0, unreadable: 1, waiting: 0 })
  })

  it('are an administrator’s, of the own tenant', async () => {
    expect((await ask('GET', '/v1/dead-letters', await parts.key(['read']))).statusCode).toBe(403)
    const other = await parts.key(['admin'], { tenant: 'umbrella', name: 'theirs' })
    expect((await letters('', other)).count).toBe(1)
    expect((await ask('GET', `/v1/dead-letters/${encodeURIComponent(`${TOPICS.leads}/3/1`)}`, other)).statusCode).toBe(404)
  })
})
