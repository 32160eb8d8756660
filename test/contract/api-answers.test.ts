import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { generateCompany } from '../support/company.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const recorded = generateCompany({ seed: 7, size: 600 })
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
const middle = recorded[Math.floor((recorded.length * 2) / 3)]?.appended_at ?? last

/** Questions of every route and most parameters. */
const QUESTIONS = [
  '/v1/attribution?by=channel',
  '/v1/attribution?basis=revenue&model=first&by=campaign&by=month&deal_type=*&from=2025-02-01&to=2026-11-01',
  '/v1/attribution?basis=pipeline&model=last&by=team&currency=USD',
  '/v1/attribution?conversion=sqo&channel=(none)&channel=email&period=2025',
  '/v1/attribution?basis=pipeline&conversion=won&model=w-shaped&by=channel&deal_type=*',
  '/v1/attribution?conversion=mql&model=u-shaped&by=channel',
  '/v1/attribution?conversion=sqo&model=time-decay&lookback_days=90&linkage=explicit&by=channel',
  '/v1/funnel/stages?from=2025-01-01&to=2026-01-01&by=month&by=channel',
  '/v1/funnel/conversion?by=month',
  '/v1/funnel/conversion?measure=throughput&by=owner&stage_from=lead&stage_to=mql',
]
const withAsOf = (url: string, asOf: number | string): string =>
  `${url}${url.includes('?') ? '&' : '?'}as_of=${typeof asOf === 'number' ? new Date(asOf).toISOString() : asOf}`

const RowOf = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  explain: z.string().optional(),
  flags: z.array(z.string()),
})
const AnswerOf = z.looseObject({
  rows: z.array(RowOf),
  total: z.array(RowOf),
  excluded: z.record(z.string(), z.number()),
  flags: z.array(z.string()),
  as_of: z.string(),
  watermark: z.string(),
  definition: z.string(),
})
const ExplainedOf = z.looseObject({
  row: RowOf,
  items: z.array(z.looseObject({ contribution: z.number(), base: z.number().optional(), event_ids: z.array(z.string()) })),
  count: z.number(),
  contributions: z.number(),
  bases: z.number().optional(),
  divisor: z.number(),
  cursor: z.string().nullable(),
})

let api: FigureApi
/** Live bytes at the middle of the history, by question. */
const live = new Map<string, string>()
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, middle)
  for (const question of [...QUESTIONS, await aDealsCredit(), await anAccountsJourney()]) live.set(question, (await api.get(question)).body)
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const answer = async (url: string): Promise<z.output<typeof AnswerOf>> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return AnswerOf.parse(reply.json())
}
/** All pages of what is behind a number. */
const explained = async (question: string, token: string): Promise<z.output<typeof ExplainedOf>> => {
  const pages: z.output<typeof ExplainedOf>[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const reply = await api.get(`/v1/explain/${token}?limit=400${cursor === '' ? '' : `&cursor=${cursor}`}`)
    expect([question, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([question, 200, ''])
    const page = ExplainedOf.parse(reply.json())
    pages.push(page)
    cursor = page.cursor
  }
  const [first, ...rest] = pages
  if (first === undefined) throw new Error('no page')
  return { ...first, items: [...first.items, ...rest.flatMap(page => page.items)] }
}
const firstOf = async (table: string, column: string, where: string): Promise<string> => {
  const [row] = await api.store.read({ parts: [`SELECT ${column} AS found FROM ${table} FINAL WHERE ${where} ORDER BY found LIMIT 1`] })
  return String(row?.['found'])
}
const aDealsCredit = async (): Promise<string> =>
  `/v1/deals/${encodeURIComponent(await firstOf('deal_conversions', 'deal_id', "tenant = 'acme' AND notEmpty(touch_ids) AND converted = 1 AND conversion = 'won'"))}/credit`
const anAccountsJourney = async (): Promise<string> =>
  `/v1/accounts/${encodeURIComponent(await firstOf('deal_journey', 'account', "tenant = 'acme' AND account != '' AND counted = 1"))}/journey`

describe('answers', () => {
  it('a live answer re-opens to the same bytes under its as_of, after everything has moved on', async () => {
    expect(live.size).toBe(QUESTIONS.length + 2)
    for (const [question, body] of live) {
      expect([question, (await api.get(withAsOf(question, middle))).body]).toEqual([question, body])
      expect(z.looseObject({}).parse(JSON.parse(body))).toMatchObject({
        as_of: new Date(middle).toISOString(),
        watermark: new Date(middle).toISOString(),
      })
    }
  })

  it('without as_of is as of the watermark, and equal to asking for that instant', async () => {
    for (const question of QUESTIONS) {
      const now = await api.get(question)
      expect(AnswerOf.parse(now.json()).as_of).toBe(new Date(last).toISOString())
      expect((await api.get(withAsOf(question, last))).body).toBe(now.body)
    }
  })

  it('something was counted, or the tests above say nothing', async () => {
    for (const question of QUESTIONS) {
      const { rows, total } = await answer(question)
      expect([question, rows.length > 0 && total.some(row => (row.value ?? 0) > 0)]).toEqual([question, true])
    }
    expect(live.size).toBe(new Set(live.values()).size)
  })

  it('is flagged not_final when as_of is later than what is projected', async () => {
    const { flags, as_of, watermark, rows } = await answer(withAsOf('/v1/attribution?by=channel', '2027-05-01'))
    expect([flags, as_of, watermark]).toEqual([['not_final'], '2027-05-01T23:59:59.999Z', new Date(last).toISOString()])
    expect(rows.every(row => row.flags.includes('not_final'))).toBe(true)
  })

  it('rows of any dimension add up to the total', async () => {
    for (const basis of ['conversions', 'pipeline', 'revenue']) {
      for (const by of ['by=channel', 'by=campaign', 'by=team&by=month', 'by=source&by=content']) {
        const { rows, total } = await answer(`/v1/attribution?basis=${basis}&${by}`)
        const sum = rows.reduce((all, row) => all + (row.value ?? 0), 0)
        expect(sum).toBeCloseTo(total[0]?.value ?? Number.NaN, 6)
      }
    }
  })

  it('every number opens to items that add up to it, page by page', async () => {
    for (const question of [...QUESTIONS, await aDealsCredit()]) {
      const { rows, total } = await answer(question)
      const numbers = [...rows.slice(0, 2), ...rows.slice(-1), ...total.slice(0, 2)].filter(row => row.explain !== undefined)
      for (const number of numbers) {
        const opened = await explained(question, number.explain ?? '')
        expect([question, opened.row.metric, opened.row.value]).toEqual([question, number.metric, number.value])
        expect(opened.items.length).toBe(opened.count)
        expect(opened.items.every(item => item.event_ids.length > 0)).toBe(true)
        const sum = (part: (item: (typeof opened.items)[number]) => number): number =>
          opened.items.reduce((all, item) => all + part(item), 0)
        const proved = { contributions: sum(item => item.contribution), bases: sum(item => item.base ?? 0) }
        expect(proved).toEqual({ contributions: opened.contributions, bases: opened.bases ?? 0 })
        const isRatio = number['denominator'] !== undefined && number.metric !== 'M53'
        expect(
          isRatio ? [proved.contributions / opened.divisor, proved.bases / opened.divisor] : [proved.contributions / opened.divisor],
        ).toEqual(isRatio ? [number['numerator'], number['denominator']] : [number.value])
      }
    }
  })

  it('shares of one deal add up to 1 and to its amount', async () => {
    const { total, rows } = await answer(await aDealsCredit())
    const shares = total.filter(row => row.metric === 'M53')
    expect(shares.map(row => row['model'])).toEqual(['first@1', 'last@1', 'linear@1', 'w-shaped@1'])
    expect(shares.map(row => row.value)).toEqual(shares.map(() => 1))
    const linear = rows.filter(row => row['model'] === 'linear@1' && row.metric === 'M54')
    expect(linear.reduce((sum, row) => sum + (row.value ?? 0), 0)).toBe(
      total.find(row => row['model'] === 'linear@1' && row.metric === 'M54')?.value ?? 0,
    )
  })

  it('an account’s journey is in order and comes in pages', async () => {
    const url = await anAccountsJourney()
    const whole = z
      .looseObject({ rows: z.array(z.looseObject({ at: z.string(), event_id: z.string() })) })
      .parse((await api.get(url)).json())
    expect(whole.rows.map(row => row.at)).toEqual(whole.rows.map(row => row.at).toSorted())
    const paged: string[] = []
    let cursor = ''
    do {
      const page = z
        .looseObject({ rows: z.array(z.looseObject({ event_id: z.string() })), cursor: z.string().nullable() })
        .parse((await api.get(`${url}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)).json())
      paged.push(...page.rows.map(row => row.event_id))
      cursor = page.cursor ?? ''
    } while (cursor !== '')
    expect(paged).toEqual(whole.rows.map(row => row.event_id))
  })
})

describe('forms of an answer', () => {
  it('CSV has the rows under a header and what they rest on beside', async () => {
    const url = '/v1/attribution?basis=revenue&by=channel'
    const json = await answer(url)
    const reply = await api.get(`${url}&format=csv`)
    expect(reply.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'accord-as-of': json.as_of,
      'accord-definition': json.definition,
    })
    const lines = reply.body.split('\r\n')
    expect(lines[0]).toBe('channel,metric,value,unit,numerator,denominator,interval_low,interval_high,flags,explain')
    expect(lines.slice(1, -1).map(line => line.split(',').slice(0, 3))).toEqual(
      json.rows.map(row => [row['channel'], row.metric, String(row.value)]),
    )
    expect((await api.get(url, 'reader', { accept: 'text/csv' })).body).toBe(reply.body)
  })

  it('Parquet and Arrow are written by the engine', async () => {
    const parquet = await api.get('/v1/funnel/stages?format=parquet')
    expect([parquet.statusCode, parquet.rawPayload.subarray(0, 4).toString(), parquet.headers['content-type']]).toEqual([
      200,
      'PAR1',
      'application/vnd.apache.parquet',
    ])
    const arrow = await api.get('/v1/funnel/stages', 'reader', { accept: 'application/vnd.apache.arrow.file' })
    expect([arrow.statusCode, arrow.rawPayload.subarray(0, 6).toString()]).toEqual([200, 'ARROW1'])
    // of no rows a file with the columns that were asked for
    const none = await api.get('/v1/attribution?by=channel&by=campaign&from=2001-01-01&to=2001-02-01&format=parquet')
    expect([none.statusCode, none.rawPayload.subarray(-4).toString()]).toEqual([200, 'PAR1'])
    for (const column of ['channel', 'campaign', 'metric', 'value', 'explain']) expect(none.rawPayload.toString('latin1')).toContain(column)
  })
})

describe('tokens and tenants', () => {
  it('a number of one tenant does not open for another, nor after a change to its token', async () => {
    const { total } = await answer('/v1/attribution?by=channel')
    const token = total[0]?.explain ?? ''
    expect((await api.get(`/v1/explain/${token}`)).statusCode).toBe(200)
    expect((await api.get(`/v1/explain/${token}`, 'stranger')).statusCode).toBe(404)
    const [body = '', signature = ''] = token.split('.')
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('acme', 'acne')).toString('base64url')
    expect((await api.get(`/v1/explain/${forged}.${signature}`)).statusCode).toBe(404)
    const widened = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"by":[]', '"by":["channel"]')).toString('base64url')
    expect((await api.get(`/v1/explain/${widened}.${signature}`)).statusCode).toBe(404)
    expect((await api.get('/v1/explain/nonsense')).statusCode).toBe(400)
  })

  it('another tenant sees nothing', async () => {
    const reply = await api.get('/v1/attribution?by=channel', 'stranger')
    expect(AnswerOf.parse(reply.json()).rows).toEqual([])
    expect((await api.get(await aDealsCredit(), 'stranger')).statusCode).toBe(404)
    expect((await api.get(await anAccountsJourney(), 'stranger')).statusCode).toBe(404)
  })

  it('reading needs the scope to read', async () => {
    expect((await api.get('/v1/attribution', 'producer')).statusCode).toBe(403)
    expect((await api.get('/v1/freshness', 'producer')).statusCode).toBe(200)
    expect((await api.get('/v1/attribution', 'nobody')).statusCode).toBe(401)
  })
})
