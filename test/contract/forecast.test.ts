import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { backtestInWords } from '../../services/cli/forecast-words.ts'
import { backtestForecast } from '../../services/cli/operations/forecast.ts'
import { dateOfDay } from '../../services/domain/forecast/days.ts'
import type { Move } from '../../services/domain/forecast/history.ts'
import { event, topicOf } from '../support/event.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'
import { generatedDeals, USUAL_STAGES } from '../support/generated-deals.ts'

const RowOf = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string().optional(),
  flags: z.array(z.string()),
  measure: z.string().optional(),
  method: z.string().optional(),
  team: z.string().optional(),
  bar: z.string().optional(),
})
type RowOf = z.output<typeof RowOf>
const AnswerOf = z.looseObject({
  rows: z.array(RowOf),
  total: z.array(RowOf),
  as_of: z.string(),
  watermark: z.string(),
  definition: z.string(),
})
const ExplainedOf = z.looseObject({
  contributions: z.number(),
  bases: z.number().optional(),
  count: z.number(),
  items: z.array(z.looseObject({ id: z.string() })),
})
const ListOf = z.looseObject({
  rows: z.array(
    z.looseObject({
      deal_id: z.string(),
      amount: z.number().nullable(),
      stale: z.boolean(),
      pushes: z.number(),
      moves: z.array(z.looseObject({ kind: z.string() })),
    }),
  ),
  count: z.number(),
  cursor: z.string().nullable(),
})

const STARTS = Date.UTC(2025, 0, 1)
const NOW = Date.UTC(2026, 4, 20, 10)

/** The moves of a generated deal as the events that say them. */
const eventOf = (deal: string, { id, at, type, ...said }: Move): AccordEvent => {
  const of = { event_id: id, occurred_at: at, deal_id: deal }
  switch (type) {
    case 'deal-created':
      return event('deal-created', {
        ...of,
        account_id: said.account,
        stage: said.stage,
        deal_type: said.dealType,
        team: said.team,
        forecast_category: said.category,
        amount_minor: BigInt(said.amount ?? 0),
        currency: said.currency,
        close_date: said.closeDay === null ? null : dateOfDay(said.closeDay),
      })
    case 'deal-stage-changed':
      return event('deal-stage-changed', { ...of, stage: said.stage })
    case 'deal-close-date-changed':
      return event('deal-close-date-changed', { ...of, close_date: said.closeDay === null ? null : dateOfDay(said.closeDay) })
    case 'deal-closed':
      return event('deal-closed', { ...of, outcome: said.outcome === 'won' ? 'won' : 'lost' })
    default:
      throw new RangeError(`no event for ${type}`)
  }
}

const company = generatedDeals({ seed: 4, weeks: 70, arrivals: 4, stages: USUAL_STAGES, shock: 0.2, periodWeeks: 13, startsAt: STARTS })
const told = [
  ...company.deals.flatMap(({ id, moves }) => moves.map(move => eventOf(id, move))),
  event('target-set', {
    event_id: 'target',
    occurred_at: STARTS * 1000,
    target_id: 'revenue-2026-Q2',
    metric: 'revenue',
    period: '2026-Q2',
    amount_minor: 3_000_000n,
    currency: 'EUR',
  }),
  event('forecast-call-submitted', {
    event_id: 'call',
    occurred_at: Date.UTC(2026, 4, 1) * 1000,
    member_id: 'm_1',
    period: '2026-Q2',
    amount_minor: 2_500_000n,
    currency: 'EUR',
    team: 'north',
  }),
]

/** Everything known a second after it happened. */
const log: readonly Recorded[] = told
  .toSorted((a, b) => a.occurred_at - b.occurred_at)
  .map((said, offset) => ({
    event: said,
    appended_at: Math.ceil(said.occurred_at / 1000) + 1000,
    topic: topicOf(said.type),
    partition: 0,
    offset,
  }))

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(log, NOW)
}, 60_000)
afterAll(() => api.close())

const answer = async (url: string) => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return AnswerOf.parse(reply.json())
}
const find = (rows: readonly RowOf[], wanted: Partial<RowOf>): RowOf => {
  const row = rows.find(each => Object.entries(wanted).every(([name, value]) => each[name] === value))
  if (row === undefined) throw new Error(`no row ${JSON.stringify(wanted)}`)
  return row
}
const opened = async ({ explain = '' }: RowOf) => ExplainedOf.parse((await api.get(`/v1/explain/${explain}`)).json())

describe('GET /v1/forecast/:period', () => {
  it('answers the forecast with its band, the chance of the target, every method and its own error', async () => {
    const { total, definition } = await answer('/v1/forecast/2026-Q2')
    const value = (wanted: Partial<RowOf>): number => find(total, wanted).value ?? Number.NaN
    expect(definition).toBe('stage-map@1')
    expect(value({ measure: 'p10' })).toBeLessThan(value({ measure: 'p50' }))
    expect(value({ measure: 'p50' })).toBeLessThan(value({ measure: 'p90' }))
    expect(value({ measure: 'target' })).toBe(3_000_000)
    expect(value({ measure: 'target_chance' })).toBeGreaterThan(0)
    expect(value({ measure: 'target_chance' })).toBeLessThan(1)
    expect(value({ method: 'call' })).toBe(2_500_000)
    expect(find(total, { measure: 'submitted' })).toMatchObject({ member: 'm_1', team: 'north', value: 2_500_000 })
    expect(value({ measure: 'coverage' })).toBeCloseTo(
      value({ metric: 'M78', measure: 'open' }) / (3_000_000 - value({ measure: 'closed' })),
      9,
    )
    expect(value({ measure: 'gap' })).toBe(3_000_000 - value({ method: 'same-point' }))
    expect(find(total, { metric: 'M92', measure: 'wape' }).value).toBeGreaterThan(0)
  })

  it('every number is explained by what adds up to it, and segments add up to the total', async () => {
    const { total, rows } = await answer('/v1/forecast/2026-Q2?by=team')
    for (const row of [...total, ...rows.filter(({ team }) => team === 'north')]) {
      if (row.value === null) continue
      expect([row.measure, row.explain === undefined]).toEqual([row.measure, false])
      const { contributions, bases } = await opened(row)
      expect([row.measure, contributions, bases]).toEqual([row.measure, row.numerator ?? row.value, row.denominator])
    }
    const sum = rows.filter(({ measure }) => measure === 'forecast').reduce((all, { value }) => all + (value ?? 0), 0)
    expect(sum).toBe(find(total, { measure: 'forecast' }).value)
  })

  it('re-opens to the same bytes, and a forecast of a day in the past knows nothing of what came later', async () => {
    const first = await api.get('/v1/forecast/2026-Q2?by=team')
    const again = await api.get(`/v1/forecast/2026-Q2?by=team&as_of=${AnswerOf.parse(first.json()).as_of}`)
    expect(again.body).toBe(first.body)
    const then = await answer('/v1/forecast/2025-Q4?as_of=2025-11-10')
    expect(then.as_of).toBe('2025-11-10T23:59:59.999Z')
    expect(find(then.total, { measure: 'closed' }).value).toBeLessThan(
      find((await answer('/v1/forecast/2025-Q4')).total, { measure: 'closed' }).value ?? 0,
    )
  })

  it('says when there is too little to learn from', async () => {
    const { total } = await answer('/v1/forecast/2025-Q1?as_of=2025-01-20')
    expect(find(total, { measure: 'forecast' }).flags).toContain('too_little_history')
    expect(total.some(({ method }) => method === 'naive-last')).toBe(false)
  })

  it('of nothing says nothing: no zero, no band', async () => {
    const { total } = await answer('/v1/forecast/2026-Q2?team=nobody')
    for (const measure of ['forecast', 'p10', 'p50', 'p90'])
      expect(find(total, { metric: 'M83', measure })).toMatchObject({
        value: null,
        interval: null,
        flags: ['no_deals', 'too_little_history'],
      })
    // there is no rate into this currency
    expect(find((await answer('/v1/forecast/2026-Q2?currency=CHF')).total, { measure: 'p90' })).toMatchObject({ value: null })
    expect(find((await answer('/v1/forecast/2020-Q2')).total, { measure: 'forecast' }).flags).toContain('before_history')
    const judged = (await answer('/v1/forecast/2026-Q2/backtest?team=nobody')).total
    expect(judged.filter(({ measure, value }) => measure === 'wape' && value !== null)).toEqual([])
  })

  it('of a period that has ended there is nothing to foretell: what it brought, without a band', async () => {
    const { total } = await answer('/v1/forecast/2025-Q3')
    const actual = find(total, { metric: 'M80', measure: 'closed' }).value
    const found = ['forecast', 'p10', 'p50', 'p90'].map(measure => find(total, { metric: 'M83', measure }))
    expect(found.map(({ value }) => value)).toEqual([actual, actual, actual, actual])
    expect(found.flatMap(({ flags }) => flags)).not.toContain('too_little_history')
  })

  it.each([
    ['/v1/forecast/soon', 'period'],
    ['/v1/forecast/2026-Q2?stage_floor=warm', 'stage_floor'],
    ['/v1/forecast/2026-Q2?by=colour', 'by'],
    ['/v1/pipeline/bridge?from=monday', 'from'],
    ['/v1/pipeline/bridge?from=2026-03-01&to=2026-02-01', 'to'],
    ['/v1/deals?period=soon', 'period'],
  ])('%s is refused for its %s', async (url, name) => {
    const reply = await api.get(url)
    expect(reply.statusCode).toBe(400)
    expect(reply.body).toContain(name)
  })
})

describe('GET /v1/forecast/:period/backtest', () => {
  it('judges every method on every past week, by period, and the command says the same', async () => {
    const { total, rows } = await answer('/v1/forecast/2026-Q2/backtest?by=period')
    for (const method of ['chosen', 'naive-last', 'survival', 'same-point', 'category-commit']) {
      const { numerator = 0, denominator = 0, value } = find(total, { judged: 'all', method, measure: 'wape' })
      expect(value).toBeCloseTo(numerator / denominator, 12)
    }
    expect(new Set(rows.map(row => row['period']))).toEqual(new Set(['2025-01-01', '2025-04-01', '2025-07-01', '2025-10-01', '2026-01-01']))
    expect(find(total, { measure: 'brier' }).value).toBeLessThan(0.25)
    // every one of them opens, down to the past forecasts or the deals that it is made of
    const last = rows.filter(each => each['period'] === '2026-01-01')
    for (const row of [...total.filter(each => each['judged'] !== 'later_half'), ...last]) {
      if (row.value === null) continue
      expect(row.explain).toBeDefined()
      if (row.method !== undefined && row.method !== 'chosen') continue
      const { contributions, bases } = await opened(row)
      expect([row.measure, row.method, contributions, bases]).toEqual([
        row.measure,
        row.method,
        row.numerator ?? row.value,
        row.denominator,
      ])
    }
    const heard: string[] = []
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the operation reads nothing of its workplace but the store
    const workplace = {
      installation: { store: async () => api.store },
      projector: null,
      progress: (text: string) => void heard.push(text),
      signal: new AbortController().signal,
    } as unknown as Parameters<typeof backtestForecast.run>[1]
    const words = backtestInWords(await backtestForecast.run({ tenant: 'acme', period: '2026-Q2' }, workplace))
    expect(words).toContain('survival')
    expect(words).toContain('2026-01-01')
    expect(heard.length).toBeGreaterThan(0)
  })
})

describe('GET /v1/pipeline/bridge', () => {
  it('closes, on the pipeline of either day, and each bar is explained', async () => {
    const { rows } = await answer('/v1/pipeline/bridge?from=2026-04-01&to=2026-05-01&period=2026-Q2')
    const value = (bar: string): number => find(rows, { bar }).value ?? Number.NaN
    expect(rows.filter(({ bar }) => bar !== 'end').reduce((sum, row) => sum + (row.value ?? 0), 0)).toBe(value('end'))
    expect(value('start')).toBe(
      find((await answer('/v1/forecast/2026-Q2?as_of=2026-03-31')).total, { metric: 'M78', measure: 'open' }).value,
    )
    expect(value('end')).toBe(find((await answer('/v1/forecast/2026-Q2?as_of=2026-04-30')).total, { metric: 'M78', measure: 'open' }).value)
    for (const row of rows) expect((await opened(row)).contributions).toBe(row.value)
  })
})

describe('GET /v1/deals', () => {
  it('lists what is open with every move, page by page, and agrees with the pipeline', async () => {
    const page = async (more: string) => ListOf.parse((await api.get(`/v1/deals?limit=20${more}`)).json())
    const first = await page('')
    const second = await page(`&cursor=${first.cursor ?? ''}`)
    expect(new Set([...first.rows, ...second.rows].map(({ deal_id }) => deal_id)).size).toBe(first.rows.length + second.rows.length)
    expect(first.rows.every(({ moves }) => moves[0]?.kind === 'created')).toBe(true)
    const due = ListOf.parse((await api.get('/v1/deals?period=2026-Q2&limit=1000')).json())
    const open = find((await answer('/v1/forecast/2026-Q2')).total, { metric: 'M78', measure: 'open' })
    expect(due.rows.reduce((sum, { amount }) => sum + (amount ?? 0), 0)).toBe(open.value)
    const stale = ListOf.parse((await api.get('/v1/deals?stale=true&stale_days=30&limit=1000')).json())
    expect(stale.rows.every(row => row.stale)).toBe(true)
  })
})
