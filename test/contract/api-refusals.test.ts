import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { noOperator, openApiText } from '../../services/api/openapi.ts'
import { encodePosition } from '../../services/domain/position.ts'
import type { HttpApp } from '../../services/http/app.ts'
import { StoreError, type Store } from '../../services/store/port.ts'
import { openApi } from '../support/figure-api.ts'
import { creditRow, dealRow, type FigureStore, openFigureStore, recordRow } from '../support/figure-rows.ts'

const PROJECTED_TO = Date.UTC(2026, 5, 1, 12)
const at = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 23)

let figures: FigureStore
let app: HttpApp
const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({ url, headers: { authorization: 'Bearer reader', ...headers } })
const progress = (projecting: number, projected: number): Promise<void> =>
  figures.insert('progress', [
    { name: 'projecting_to', at: at(projecting), written: projecting },
    { name: 'projected_to', at: at(projected), written: projected },
  ])
const ofAcme = <T extends object>(row: T) => ({ ...row, tenant: 'acme', version: PROJECTED_TO })

beforeAll(async () => {
  figures = await openFigureStore()
  app = await openApi(figures.store, () => PROJECTED_TO + 2_500, { operator: noOperator })
})
afterAll(async () => {
  await app.close()
  await figures.close()
})

const ProblemOf = z.looseObject({
  status: z.number(),
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

describe('before anything is projected', () => {
  it('asks to try again, and is ready as soon as the store answers', async () => {
    const reply = await get('/v1/attribution')
    expect([reply.statusCode, reply.headers['retry-after'], ProblemOf.parse(reply.json()).title]).toEqual([503, '2', 'Not ready'])
    expect((await app.inject('/v1/health/live')).json()).toEqual({ live: true })
    expect((await app.inject('/v1/health/ready')).json()).toMatchObject({ ready: true })
    expect((await get('/v1/freshness')).json()).toMatchObject({ projected_to: null, lag_seconds: null, landed: [] })
  })
})

describe('wrong questions', () => {
  beforeAll(() => progress(PROJECTED_TO, PROJECTED_TO))

  it.each([
    { url: '/v1/attribution?model=best', path: 'model', says: 'linear@1, u-shaped@1, position-based@1, w-shaped@1' },
    { url: '/v1/attribution?basis=profit', path: 'basis', says: 'conversions' },
    { url: '/v1/attribution?by=colour', path: 'by', says: 'channel, campaign, source, content, team' },
    { url: '/v1/attribution?basis=revenue&conversion=sqo', path: 'conversion', says: 'basis revenue is answered for won, not for sqo' },
    { url: '/v1/attribution?basis=pipeline&conversion=deal', path: 'conversion', says: 'basis pipeline is answered for sqo, won' },
    { url: '/v1/attribution?conversion=sal', path: 'conversion', says: 'won, deal, sqo, mql, lead' },
    { url: '/v1/attribution?linkage=guess', path: 'linkage', says: 'buying_group' },
    { url: '/v1/attribution?account_scope=group', path: 'account_scope', says: 'family' },
    { url: '/v1/attribution?lookback_days=0', path: 'lookback_days', says: '1' },
    { url: '/v1/attribution?from=2026-02-30', path: 'from', says: 'not a date' },
    { url: '/v1/attribution?from=2026-02-01&to=tomorrow', path: 'to', says: 'not a date' },
    { url: '/v1/attribution?from=2026-02-02&to=2026-02-02', path: 'to', says: 'exclusive' },
    { url: '/v1/attribution?period=2026-Q5', path: 'period', says: 'cal:2026-Q3' },
    { url: '/v1/attribution?period=2026&to=2026-02-02', path: 'period', says: 'either' },
    { url: '/v1/attribution?currency=EURO', path: 'currency', says: 'ISO 4217' },
    { url: '/v1/attribution?as_of=yesterday', path: 'as_of', says: '2026-07-01' },
    { url: '/v1/attribution?as_of=2026-02-30', path: 'as_of', says: '2026-07-01' },
    { url: '/v1/attribution?after=soon', path: 'after', says: 'position' },
    { url: '/v1/attribution?format=xlsx', path: 'format', says: 'parquet' },
    { url: '/v1/attribution?tenant=umbrella', path: 'querystring', says: 'unknown parameter tenant: there are ' },
    { url: '/v1/funnel/stages?by=month', path: 'by', says: 'need a period' },
    { url: '/v1/funnel/stages?stage=kaufen', path: 'stage', says: 'lead, mql, sal, sql, sqo, won' },
    { url: '/v1/funnel/conversion?stage_from=mql', path: 'stage_to', says: 'both' },
    { url: '/v1/funnel/conversion?stage_from=sql&stage_to=mql', path: 'stage_to', says: 'must come after' },
    { url: '/v1/funnel/conversion?stage_from=mql&stage_to=nirvana', path: 'stage_to', says: 'there is no stage nirvana' },
    { url: '/v1/funnel/conversion?horizon_days=0', path: 'horizon_days', says: '1' },
    { url: '/v1/funnel/conversion?policy=lenient', path: 'policy', says: 'implied' },
    { url: '/v1/explain/x.y', path: null, says: 'not a token' },
    { url: '/v1/accounts/a/journey?cursor=9', path: 'cursor', says: 'cursor' },
  ])('$url is refused naming $path', async ({ url, path, says }) => {
    const reply = await get(url)
    const problem = ProblemOf.parse(reply.json())
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8'])
    expect(problem.detail).toContain(says)
    expect(problem.errors?.map(error => error.path) ?? [null]).toEqual([path])
  })

  it('what does not exist is not found', async () => {
    expect((await get('/v1/deals/none/credit')).statusCode).toBe(404)
    expect((await get('/v1/accounts/none/journey')).statusCode).toBe(404)
    expect((await get('/v1/figures')).statusCode).toBe(404)
  })
})

describe('reading what was just written', () => {
  it('answers once the position shows, and says so when it does not in time', async () => {
    const reached = await get(`/v1/attribution?after=${encodePosition(PROJECTED_TO)}`)
    expect(reached.statusCode).toBe(200)
    const waiting = get(`/v1/attribution?after=${encodePosition(PROJECTED_TO + 1)}`)
    await progress(PROJECTED_TO + 1, PROJECTED_TO + 1)
    expect((await waiting).json()).toMatchObject({ as_of: new Date(PROJECTED_TO + 1).toISOString() })
    const never = await get(`/v1/attribution?after=${encodePosition(PROJECTED_TO + 9_000)}`)
    expect([never.statusCode, never.headers['retry-after']]).toEqual([504, '1'])
  })

  it('takes a row newer than the watermark for a step under way, and answers from the facts instead', async () => {
    // of what a step works on the fact has landed before
    await figures.insert('changes', [
      { tenant: 'acme', appended_at: at(PROJECTED_TO + 10), kind: 'deal', key: 'd1', event_id: 'd1-created' },
    ])
    await figures.insert('deal_journey', [{ ...ofAcme(dealRow({ deal_id: 'd1' })), version: PROJECTED_TO + 10 }])
    await figures.insert('deal_conversions', [
      { ...ofAcme(creditRow('d1', [{ id: 't1', channel: 'email', credit: 1_000_000 }])), version: PROJECTED_TO + 10 },
    ])
    const half = await get('/v1/attribution?by=channel')
    // no fact speaks of the deal yet: as of the watermark there is none
    expect(half.json()).toMatchObject({ rows: [], as_of: new Date(PROJECTED_TO + 1).toISOString() })
    await progress(PROJECTED_TO + 10, PROJECTED_TO + 10)
    expect((await get('/v1/attribution?by=channel')).json()).toMatchObject({ rows: [{ channel: 'email', value: 1 }] })
  })
})

describe('a tenant’s own settings', () => {
  const configured = (id: string, day: string, payload: unknown) =>
    recordRow('tenant-configured', id, `${day} 00:00:00.000000`, payload, { tenant: 'acme' })

  it('rule periods, dates and money, as known at as_of', async () => {
    await figures.insert('record_facts', [
      configured('c1', '2026-01-10', { zone: 'America/New_York', currency: 'USD', fiscal_year_start_month: 2 }),
      configured('c2', '2026-05-10', { zone: 'Asia/Tokyo', currency: 'JPY' }),
    ])
    const asOf = async (query: string) =>
      z
        .looseObject({ as_of: z.string(), total: z.array(z.looseObject({ unit: z.string() })) })
        .parse((await get(`/v1/attribution?basis=revenue${query}`)).json())
    expect(await asOf('&as_of=2026-01-05')).toMatchObject({ as_of: '2026-01-05T23:59:59.999Z', total: [{ unit: 'EUR minor' }, {}] })
    expect(await asOf('&as_of=2026-02-05')).toMatchObject({ as_of: '2026-02-06T04:59:59.999Z', total: [{ unit: 'USD minor' }, {}] })
    expect(await asOf('&as_of=2026-05-20')).toMatchObject({ as_of: '2026-05-20T14:59:59.999Z', total: [{ unit: 'JPY minor' }, {}] })
    expect(await asOf('&currency=GBP')).toMatchObject({ total: [{ unit: 'GBP minor' }, {}] })
  })

  it('answers from before the tenant went live are flagged, and all while a backfill is open', async () => {
    const said = (type: string, id: string, day: string) => recordRow(type, id, `${day} 00:00:00.000000`, {}, { tenant: 'acme' })
    const flags = async (query: string, of: HttpApp = app) => {
      const reply = await of.inject({ url: `/v1/attribution${query}`, headers: { authorization: 'Bearer reader' } })
      return z.looseObject({ flags: z.array(z.string()) }).parse(reply.json()).flags
    }
    await figures.insert('record_facts', [said('tenant-went-live', 'l1', '2026-03-01')])
    expect([await flags('?as_of=2026-02-01T00:00:00Z'), await flags('?as_of=2026-04-01T00:00:00Z')]).toEqual([['reconstructed'], []])
    await figures.insert('record_facts', [said('backfill-opened', 'b1', '2026-04-02')])
    // one that has answered at this watermark knows that nothing older can come any more
    const another = await openApi(figures.store, () => PROJECTED_TO)
    expect(await flags('', another)).toEqual(['backfill_open'])
    await another.close()
  })
})

describe('what a spreadsheet must not run', () => {
  it('text that looks like a formula is text, and quotes are kept', async () => {
    await figures.insert('deal_journey', [ofAcme(dealRow({ deal_id: 'd9' }))])
    await figures.insert('deal_conversions', [
      ofAcme(
        creditRow('d9', [
          { id: 't1', campaign: '=HYPERLINK("http://x")', credit: 400_000 },
          { id: 't2', campaign: '-spring, "big"', credit: 300_000 },
          { id: 't3', campaign: 'line\nbreak', credit: 300_000 },
        ]),
      ),
    ])
    const { body } = await get('/v1/attribution?by=campaign&format=csv')
    expect(body).toContain('"\'=HYPERLINK(""http://x"")",M56,0.4,')
    expect(body).toContain('"\'-spring, ""big""",M56,0.3,')
    expect(body).toContain('"line\nbreak",M56,0.3,')
  })
})

describe('operations', () => {
  it('shows how far events have come', async () => {
    await figures.insert('landed', [{ topic: 'accord.deals.v1', partition: 3, next_offset: 17, appended_at: at(PROJECTED_TO) }])
    expect((await get('/v1/freshness')).json()).toEqual({
      now: new Date(PROJECTED_TO + 2_500).toISOString(),
      projected_to: new Date(PROJECTED_TO + 10).toISOString(),
      projecting_to: new Date(PROJECTED_TO + 10).toISOString(),
      lag_seconds: 2.49,
      landed: [{ topic: 'accord.deals.v1', partition: 3, next_offset: '17', appended_at: new Date(PROJECTED_TO).toISOString() }],
    })
  })

  it('counts answers by route pattern, without what was asked', async () => {
    await get('/v1/deals/secret-customer/credit')
    const { body, headers } = await app.inject('/metrics')
    expect(headers['content-type']).toContain('text/plain')
    expect(body).toMatch(/accord_api_answer_seconds_count\{route="\/v1\/deals\/:id\/credit",status="404"\} \d+/)
    expect(body).not.toContain('secret-customer')
  })

  it('a store that is away is a 503, a question that is too large a 422', async () => {
    const failing = (code: 'STORE_UNAVAILABLE' | 'STORE_LIMIT'): Store => {
      const fail = () => Promise.reject(new StoreError(code, 'away'))
      return { read: fail, stream: fail, write: fail, append: fail, ping: fail, close: async () => {} }
    }
    for (const [code, status] of [
      ['STORE_UNAVAILABLE', 503],
      ['STORE_LIMIT', 422],
    ] as const) {
      const broken = await openApi(failing(code))
      const reply = await broken.inject({ url: '/v1/attribution', headers: { authorization: 'Bearer reader' } })
      expect([reply.statusCode, reply.headers['retry-after']]).toEqual([status, status === 503 ? '2' : undefined])
      expect((await broken.inject('/v1/health/ready')).statusCode).toBe(503)
      expect((await broken.inject('/v1/health/live')).statusCode).toBe(200)
      await broken.close()
    }
  })

  it('describes itself, and the committed description is what the routes say', async () => {
    const served = (await app.inject('/openapi.json')).json()
    expect(served.openapi).toBe('3.1.0')
    expect(`${JSON.stringify(served, null, 2)}\n`).toBe(await openApiText())
    expect(await readFile(new URL('../../schemas/api/openapi.json', import.meta.url), 'utf8')).toBe(await openApiText())
  })

  it('serves a page of documentation whose own scripts its policy allows', async () => {
    const page = await app.inject('/docs')
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('upgrade-insecure-requests')
    for (const [, src = ''] of page.body.matchAll(/<script src="([^"]+)"/g)) {
      expect([src, (await app.inject(new URL(src, 'http://127.0.0.1/docs/').pathname)).statusCode]).toEqual([src, 200])
    }
    expect(page.body).not.toMatch(/<script>/)
  })

  it('hands out schemas as a Confluent registry does, to anybody', async () => {
    const subjects = z.array(z.string()).parse((await app.inject('/subjects')).json())
    const [subject = ''] = subjects
    const [version] = z.array(z.number()).parse((await app.inject(`/subjects/${subject}/versions`)).json())
    const schema = (await app.inject(`/subjects/${subject}/versions/${version}`)).json()
    expect((await app.inject(`/subjects/${subject}/versions/latest`)).json()).toMatchObject({ subject })
    expect((await app.inject(`/schemas/ids/${schema.id}`)).json()).toEqual({ schema: schema.schema })
    const missing = await app.inject('/subjects/none/versions')
    expect([missing.statusCode, missing.headers['content-type'], missing.json()]).toEqual([
      404,
      'application/vnd.schemaregistry.v1+json',
      { error_code: 40401, message: 'Subject not found.' },
    ])
  })
})
