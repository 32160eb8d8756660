import { z } from 'zod'
import pino from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../services/access/caller.ts'
import { createHttpApp, type HttpApp, type HttpAppOptions } from '../../services/http/app.ts'
import { callerOf, requireScope } from '../../services/http/caller.ts'
import { LogError } from '../../services/log/port.ts'

const reader: Caller = { tenant: 't_1', actor: 'key:r', keyName: 'reports', scopes: ['read'], member: null }
const producer: Caller = { tenant: 't_1', actor: 'key:p', keyName: 'web', scopes: ['ingest'], member: null }

const open: HttpApp[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(app => app.close()))
})

const appWith = async (options: Partial<HttpAppOptions> = {}): Promise<HttpApp> => {
  const access = { authenticate: async (bearer: string) => ({ reader, producer })[bearer] ?? null }
  const app = await createHttpApp({ access, logger: pino({ level: 'silent' }), ...options })
  open.push(app)
  app.get('/v1/whoami', { onRequest: requireScope('read') }, request => callerOf(request))
  app.get('/v1/figure', { schema: { querystring: z.object({ limit: z.coerce.number().int().max(10) }) } }, ({ query }) => ({
    limit: query.limit,
  }))
  app.get('/v1/broken', () => {
    throw new Error('the password is swordfish')
  })
  app.get('/v1/away', () => {
    throw new LogError('LOG_UNAVAILABLE', 'no broker')
  })
  app.get('/metrics', () => 'up 1')
  app.get('/v1/health/live', () => ({ live: true }))
  app.post('/v1/echo', ({ body }) => body)
  return app
}

const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` })

describe('the HTTP app', () => {
  it('binds the caller to the credential and refuses a missing, wrong or malformed one', async () => {
    const app = await appWith()
    expect((await app.inject({ url: '/v1/whoami', headers: as('reader') })).json()).toEqual(reader)
    for (const headers of [{}, as('nobody'), { authorization: 'Basic cmVhZGVy' }, { authorization: 'Bearer' }]) {
      const refused = await app.inject({ url: '/v1/whoami', headers })
      expect([refused.statusCode, refused.headers['content-type'], refused.headers['www-authenticate']]).toEqual([
        401,
        'application/problem+json; charset=utf-8',
        'Bearer realm="accord"',
      ])
    }
  })

  it('refuses a credential without the scope', async () => {
    const app = await appWith()
    const refused = await app.inject({ url: '/v1/whoami', headers: as('producer') })
    expect(refused.statusCode).toBe(403)
    expect(refused.json().detail).toBe('this needs the scope read; the credential has ingest')
  })

  it('leaves health open, answers 404 as a problem and keeps everything else closed', async () => {
    const app = await appWith()
    expect((await app.inject('/v1/health/live')).statusCode).toBe(200)
    expect((await app.inject('/v1/nothing')).json()).toMatchObject({ status: 404, title: 'Not found' })
    expect((await app.inject('/v1/figure?limit=1')).statusCode).toBe(401)
  })

  it('names the parameter and what was expected of it', async () => {
    const app = await appWith()
    const refused = await app.inject({ url: '/v1/figure?limit=11', headers: as('reader') })
    expect(refused.json()).toMatchObject({ status: 400, errors: [{ path: 'limit', message: expect.stringContaining('<=10') }] })
  })

  it('hides the detail of its own failures and asks to try again when the log is away', async () => {
    const app = await appWith()
    const broken = await app.inject({ url: '/v1/broken', headers: as('reader') })
    expect(broken.statusCode).toBe(500)
    expect(broken.body).not.toContain('swordfish')
    const away = await app.inject({ url: '/v1/away', headers: as('reader') })
    expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '2'])
  })

  it('limits one credential without limiting another, and wrong credentials by address', async () => {
    const app = await appWith({ limits: { requestsPerMinute: 2, refusedPerMinute: 2 } })
    const statuses = async (bearer: string, times: number): Promise<readonly number[]> => {
      const answers: number[] = []
      for (let i = 0; i < times; i += 1) {
        // oxlint-disable-next-line no-await-in-loop -- the order is the matter
        answers.push((await app.inject({ url: '/v1/figure?limit=1', headers: as(bearer) })).statusCode)
      }
      return answers
    }
    expect(await statuses('reader', 3)).toEqual([200, 200, 429])
    expect(await statuses('producer', 1)).toEqual([200])
    expect(await statuses('nobody', 3)).toEqual([401, 401, 429])
    const limited = await app.inject({ url: '/v1/figure?limit=1', headers: as('reader') })
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('refuses a body above the limit with 413', async () => {
    const app = await appWith({ limits: { bodyBytes: 100 } })
    const answer = await app.inject({ method: 'POST', url: '/v1/echo', headers: as('reader'), payload: { text: 'x'.repeat(200) } })
    expect(answer.statusCode).toBe(413)
  })

  it('opens the demo only to this machine, and not to another site in its browser', async () => {
    const app = await appWith({ loopbackDemo: { tenant: 'demo' } })
    const local = { host: '127.0.0.1:8080' }
    expect((await app.inject({ url: '/v1/whoami', headers: { ...local, 'accord-act-as': 'm_1' } })).json()).toMatchObject({
      tenant: 'demo',
      member: 'm_1',
      actor: 'member:m_1',
    })
    expect((await app.inject({ url: '/v1/whoami', headers: { host: 'rebound.example' } })).statusCode).toBe(401)
    expect((await app.inject({ url: '/v1/whoami', headers: { ...local, origin: 'https://other.example' } })).statusCode).toBe(401)
    expect((await app.inject({ url: '/v1/whoami', headers: { ...local, 'x-forwarded-for': '203.0.113.9' } })).statusCode).toBe(401)
    expect((await app.inject({ url: '/v1/whoami', headers: local, remoteAddress: '203.0.113.9' })).statusCode).toBe(401)
  })

  it('shows metrics without a login on this machine only', async () => {
    const app = await appWith()
    expect((await app.inject({ url: '/metrics', headers: { host: 'localhost:8080' } })).statusCode).toBe(200)
    expect((await app.inject({ url: '/metrics', headers: { host: 'localhost:8080' }, remoteAddress: '203.0.113.9' })).statusCode).toBe(401)
  })
})
