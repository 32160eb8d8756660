import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { divergence } from '../../services/domain/figures/compare.ts'
import { apart, conversionsByChannel } from '../oracles/compare.ts'
import { factsOf } from '../oracles/facts.ts'
import { generateCompany } from '../support/company.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const recorded = generateCompany({ seed: 11, size: 400 })
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
const facts = factsOf(recorded, 'acme')

const Row = z.looseObject({
  metric: z.string(),
  value: z.number().nullable(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  explain: z.string().optional(),
})
const Answer = z.looseObject({ rows: z.array(Row), total: z.array(Row), excluded: z.record(z.string(), z.number()), model: z.string() })
const Explained = z.looseObject({ contributions: z.number(), bases: z.number().optional(), divisor: z.number() })

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const answer = async (url: string): Promise<z.output<typeof Answer>> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([url, 200, ''])
  return Answer.parse(reply.json())
}
const refusal = async (url: string): Promise<string> => {
  const reply = await api.get(url)
  expect([url, reply.statusCode]).toEqual([url, 400])
  return reply.body
}
/** Rows with one metric as `{told: {dimension: value}}`. */
const table = (rows: readonly z.output<typeof Row>[], told: string): Record<string, Record<string, number | null>> => {
  const found: Record<string, Record<string, number | null>> = {}
  for (const row of rows) (found[String(row[told])] ??= {})[String(row['channel'])] = row.value
  return found
}
const credits = (of: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...of].map(([channel, credit]) => [channel, credit / 1_000_000]))

describe('the divergence of two answers (M60)', () => {
  const of = (shares: Record<string, number>): Map<string, bigint> =>
    new Map(Object.entries(shares).map(([key, value]) => [key, BigInt(value)]))
  it.each([
    { one: { a: 60, b: 40 }, other: { a: 60, b: 40 }, value: 0 },
    { one: { a: 100 }, other: { b: 100 }, value: 1 },
    { one: { a: 60, b: 40 }, other: { a: 30, b: 50, c: 20 }, value: 0.3 },
    { one: { a: 6, b: 4 }, other: { a: 30, b: 50, c: 20 }, value: 0.3 },
    { one: {}, other: { a: 1 }, value: null },
  ])('$one and $other are $value apart', ({ one, other, value }) => {
    expect(divergence(of(one), of(other)).value).toBe(value)
    expect(divergence(of(other), of(one)).value).toBe(value)
  })
})

describe('GET /v1/attribution/compare', () => {
  it('says under each model what the oracle says, and how far each pair is apart', async () => {
    for (const conversion of ['won', 'sqo', 'deal'] as const) {
      const { rows, total, model } = await answer(`/v1/attribution/compare?conversion=${conversion}`)
      const models = ['first', 'last', 'linear', 'w-shaped'] as const
      expect(model).toBe(models.map(name => `${name}@1`).join(', '))
      const said = models.map(name => conversionsByChannel(facts, last, { conversion, model: name, lookbackDays: 365 }))
      expect(said[0]?.size).toBeGreaterThan(1)
      expect(table(rows, 'model')).toEqual(Object.fromEntries(models.map((name, i) => [`${name}@1`, credits(said[i] ?? new Map())])))
      const pairs = total.filter(row => row.metric === 'M60')
      expect(pairs).toHaveLength(6)
      for (const pair of pairs) {
        const [one, other] = ['model', 'other_model'].map(key => said[models.findIndex(name => `${name}@1` === pair[key])] ?? new Map())
        expect(pair.value).toBeCloseTo(apart(one ?? new Map(), other ?? new Map()) ?? Number.NaN, 12)
      }
    }
  })

  it('gives every model its whole: rows add up to its total, and the totals are the same', async () => {
    const { rows, total } = await answer(
      '/v1/attribution/compare?model=first&model=time-decay&model=full-path&by=campaign&by=team&basis=revenue',
    )
    const totals = total.filter(row => row.metric === 'M54')
    expect(new Set(totals.map(row => row.value)).size).toBe(1)
    for (const { model, value } of totals) {
      expect(rows.filter(row => row['model'] === model).reduce((sum, row) => sum + (row.value ?? 0), 0)).toBe(value)
    }
    expect(total.filter(row => row.metric === 'M59').map(row => row['model'])).toEqual(['first@1', 'time-decay@1', 'full-path@1'])
  })

  it('is the same as /v1/attribution under one of its models', async () => {
    const alone = await answer('/v1/attribution?model=u-shaped&by=channel&linkage=implicit')
    const { rows, excluded } = await answer('/v1/attribution/compare?model=u-shaped&model=last&by=channel&linkage=implicit')
    expect(rows.filter(row => row['model'] === 'u-shaped@1').map(({ model: _model, ...row }) => row)).toEqual(alone.rows)
    expect(excluded).toEqual(alone.excluded)
  })

  it.each([
    '/v1/attribution/compare?basis=revenue&by=channel',
    '/v1/attribution/compare?conversion=deal&by=team&by=month',
    '/v1/attribution/lookback',
  ])('opens each number of %s to what adds up to it', async url => {
    const { rows, total } = await answer(url)
    const pairs = [...rows, ...total].filter(row => row.metric === 'M60' || row.metric === 'M61')
    for (const row of new Set([...rows.slice(0, 1), ...pairs.slice(0, 1)])) {
      const explained = Explained.parse((await api.get(`/v1/explain/${row.explain ?? ''}?limit=5`)).json())
      expect(explained.contributions / explained.divisor).toBeCloseTo(row.numerator ?? row.value ?? Number.NaN, 6)
      expect((explained.bases ?? 0) / explained.divisor).toBeCloseTo(row.denominator ?? 0, 6)
    }
  })

  it('answers the same as of the watermark from the facts as from the kept tables', async () => {
    const url = '/v1/attribution/compare?basis=pipeline&by=channel'
    const asOf = new Date(last).toISOString()
    expect((await api.get(`${url}&as_of=${asOf}`)).body).toBe((await api.get(url)).body)
  })

  it('names the parameter that it refuses and what it takes', async () => {
    expect(await refusal('/v1/attribution/compare?model=first&model=fist')).toContain('there is no model fist: there are first@1')
    expect(await refusal('/v1/attribution/compare?model=first')).toContain('at least two')
    expect(await refusal('/v1/attribution/compare?order=2')).toContain('only model markov has an order')
    expect(await refusal('/v1/attribution/compare?by=colour')).toContain('expected one of channel')
    expect(await refusal('/v1/attribution/lookback?lookback_days=0')).toContain('lookback_days')
  })
})

describe('GET /v1/attribution/lookback (M61)', () => {
  it('says how far what 30, 90, 180 and 365 days give is apart, as the oracle does', async () => {
    const { rows, total } = await answer('/v1/attribution/lookback?model=linear')
    const said = new Map(
      [30, 90, 180, 365].map(days => [days, conversionsByChannel(facts, last, { conversion: 'won', model: 'linear', lookbackDays: days })]),
    )
    expect(rows.map(row => [row['lookback_days'], row['other_lookback_days']])).toEqual([
      [30, 90],
      [30, 180],
      [30, 365],
      [90, 180],
      [90, 365],
      [180, 365],
    ])
    for (const row of rows) {
      const [one, other] = [row['lookback_days'], row['other_lookback_days']].map(days => said.get(Number(days)) ?? new Map())
      expect(row.value).toBeCloseTo(apart(one ?? new Map(), other ?? new Map()) ?? Number.NaN, 12)
    }
    expect(rows.some(row => (row.value ?? 0) > 0)).toBe(true)
    const unattributed = total.filter(row => row.metric === 'M59').map(row => row.value ?? 0)
    expect(unattributed.toSorted((a, b) => b - a)).toEqual(unattributed) // looking back further leaves less to nobody
  })
})
