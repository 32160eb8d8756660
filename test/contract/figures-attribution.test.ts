import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type AttributionQuestion,
  attributionExcluded,
  attributionFigure,
  attributionProof,
} from '../../services/domain/figures/attribution.ts'
import { withParts } from '../../services/domain/figures/money.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { splitByWeights } from '../../services/domain/money.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { creditRow, dealRow, type FigureStore, openFigureStore, rateRow, TENANT, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const question: AttributionQuestion = {
  basis: 'revenue',
  conversion: 'won',
  model: 'linear@1',
  by: ['channel'],
  filters: {},
  dealTypes: [],
  from: null,
  to: null,
  currency: 'EUR',
  zone: 'UTC',
}
const answer = async (more: Partial<AttributionQuestion> = {}) => {
  const asked = { ...question, ...more }
  return {
    rows: await figures.rows(attributionFigure(sources, asked)),
    excluded: Object.fromEntries(
      (await figures.rows(attributionExcluded(sources, asked))).map(row => [row['reason'], Number(row['deals'])]),
    ),
  }
}
/** `{channel: money}` with the total under `=`. */
const moneyBy = async (more: Partial<AttributionQuestion> = {}) =>
  Object.fromEntries((await answer(more)).rows.map(row => [row['is_total'] === 1 ? '=' : String(row['channel']), Number(row['money'])]))

const thirds = [
  { id: 't1', channel: 'search', credit: 333_334 },
  { id: 't2', channel: 'email', credit: 333_333 },
  { id: 't3', channel: '', credit: 333_333 },
]

describe('money by credit (M53, M54)', () => {
  it('splits 10,000,001 over 333,334/333,333/333,333 as 3,333,341/3,333,330/3,333,330, and its negative alike', async () => {
    for (const sign of [1, -1]) {
      await figures.empty()
      await figures.insert('deal_journey', [dealRow({ deal_id: 'd1', amount: sign * 10_000_001 })])
      await figures.insert('deal_conversions', [creditRow('d1', thirds)])
      expect(await moneyBy()).toEqual({
        search: sign * 3_333_341,
        email: sign * 3_333_330,
        '(none)': sign * 3_333_330,
        '=': sign * 10_000_001,
      })
    }
  })

  it('splits like the plain-TypeScript rule, whatever the amount and the credit', async () => {
    const cases = [
      { amount: 1n, credit: [333_334, 333_333, 333_333] },
      { amount: 2n, credit: [250_000, 250_000, 250_000, 250_000] },
      { amount: -7n, credit: [142_858, 142_857, 142_857, 142_857, 142_857, 142_857, 142_857] },
      { amount: 9_223_372_036_854_775_807n, credit: [1, 999_998, 1] },
      { amount: 0n, credit: [1_000_000] },
      { amount: 999n, credit: [0, 1_000_000, 0] },
    ]
    for (const { amount, credit } of cases) {
      const row = sql`SELECT toInt128(${bind.int(amount)}) AS money, arrayMap(c -> toUInt32(c), ${bind.ints(credit)}) AS shares`
      const [split] = await figures.rows(sql`SELECT arrayMap(x -> toString(x), parts) AS parts FROM (${withParts(row)})`)
      expect(split?.['parts']).toEqual(splitByWeights(amount, credit.map(BigInt)).map(String))
    }
  })

  it('converts at the rate of the close date, halves to the even, before it splits', async () => {
    await figures.insert('record_facts', [
      rateRow('r1', 'USD', 'EUR', '2026-03-01', '0.5'),
      rateRow('r2', 'USD', 'EUR', '2026-03-10', '0.25'),
      rateRow('r3', 'USD', 'EUR', '2026-03-11', '0.75'),
      rateRow('r4', 'EUR', 'JPY', '2026-01-01', '160'),
      rateRow('r5', 'EUR', 'BHD', '2026-01-01', '0.4'),
    ])
    await figures.insert('deal_journey', [
      dealRow({ deal_id: 'd1', amount: 10, currency: 'USD' }), // 2.5 cents: 2
      dealRow({ deal_id: 'd2', amount: 14, currency: 'USD' }), // 3.5 cents: 4
      dealRow({ deal_id: 'd3', amount: 16_000, currency: 'JPY' }), // 100 EUR by the inverse
      dealRow({ deal_id: 'd4', amount: 4_000, currency: 'BHD' }), // 4.000 dinar: 10 EUR
    ])
    await figures.insert(
      'deal_conversions',
      ['d1', 'd2', 'd3', 'd4'].map(deal => creditRow(deal, [{ id: `${deal}-t`, channel: deal, credit: 1_000_000 }])),
    )
    expect(await moneyBy()).toEqual({ d1: 2, d2: 4, d3: 10_000, d4: 1_000, '=': 11_006 })
  })

  it('takes the last said of two rates for one day, and no rate that was not known', async () => {
    await figures.insert('record_facts', [
      rateRow('r1', 'USD', 'EUR', '2026-03-01', '0.5'),
      rateRow('r2', 'USD', 'EUR', '2026-03-01', '0.8', { occurred_at: '2026-03-02 06:00:00.000000' }),
      rateRow('r3', 'USD', 'EUR', '2026-03-01', '0.9', {
        occurred_at: '2026-03-03 06:00:00.000000',
        recorded_at: '2027-01-01 00:00:00.000',
      }),
    ])
    await figures.insert('deal_journey', [dealRow({ deal_id: 'd1', amount: 1_000, currency: 'USD' })])
    await figures.insert('deal_conversions', [creditRow('d1', [{ id: 't', channel: 'x', credit: 1_000_000 }])])
    expect(await moneyBy()).toEqual({ x: 800, '=': 800 })
  })

  it('leaves out and counts what has no rate, no amount, is a renewal or is excluded by rule', async () => {
    await figures.insert('deal_journey', [
      dealRow({ deal_id: 'd1', amount: 500 }),
      dealRow({ deal_id: 'd2', currency: 'GBP' }),
      dealRow({ deal_id: 'd3', amount: null, currency: '' }),
      dealRow({ deal_id: 'd4', deal_type: 'renewal' }),
      dealRow({ deal_id: 'd5', counted: 0, excluded_because: 'test' }),
      dealRow({ deal_id: 'd6', outcome: 'lost' }),
      dealRow({ deal_id: 'd7', outcome: 'open', closed_at: null, closed_event_id: '' }),
    ])
    await figures.insert(
      'deal_conversions',
      ['d1', 'd2', 'd3', 'd4', 'd5'].map(deal => creditRow(deal, [{ id: `${deal}-t`, channel: 'x', credit: 1_000_000 }])),
    )
    expect((await answer()).excluded).toEqual({ rate_missing: 1, amount_missing: 1, renewal: 1, test: 1 })
    expect(await moneyBy()).toEqual({ x: 500, '=': 500 })
    expect(await moneyBy({ dealTypes: ['renewal'] })).toEqual({ x: 100_000, '=': 100_000 })
    expect((await answer({ basis: 'conversions' })).excluded).toEqual({ renewal: 1, test: 1 })
  })

  it('keeps book values in XXX as they are and needs no rate for them', async () => {
    await figures.insert('deal_journey', [dealRow({ deal_id: 'd1', amount: 1_234_567_891, currency: 'XXX' })])
    await figures.insert('deal_conversions', [creditRow('d1', [{ id: 't', channel: 'x', credit: 1_000_000 }])])
    expect(await moneyBy({ currency: 'XXX' })).toEqual({ x: 1_234_567_891, '=': 1_234_567_891 })
    expect((await answer()).excluded).toEqual({ rate_missing: 1 })
  })
})

describe('attributed conversions (M56)', () => {
  beforeEach(async () => {
    await figures.insert('deal_journey', [
      dealRow({ deal_id: 'd1', close_date: '2026-03-31' }),
      dealRow({ deal_id: 'd2', close_date: '2026-04-01' }),
      dealRow({ deal_id: 'd3', close_date: null, closed_at: '2026-03-31 23:30:00.000000' }),
      dealRow({ deal_id: 'd4', close_date: '2026-04-30' }),
    ])
    await figures.insert('deal_conversions', [
      creditRow('d1', thirds),
      creditRow('d2', [{ id: 't4', channel: 'search', campaign: 'c1', credit: 1_000_000 }]),
      creditRow('d3', []),
      creditRow('d4', [
        { id: 't5', channel: 'email', campaign: 'c1', credit: 400_000 },
        { id: 't6', channel: 'email', campaign: 'c2', credit: 600_000 },
      ]),
    ])
  })
  const conversions = (more: Partial<AttributionQuestion>) => answer({ basis: 'conversions', ...more })

  it('rows add up to the total over any dimension, (none) and (unattributed) included', async () => {
    for (const by of [
      ['channel'],
      ['campaign'],
      ['team'],
      ['channel', 'campaign'],
      ['month', 'channel'],
      ['source', 'content', 'team'],
    ] as const) {
      const { rows } = await conversions({ by })
      const total = rows.find(row => row['is_total'] === 1)
      const parts = rows.filter(row => row['is_total'] !== 1)
      expect(parts.reduce((sum, row) => sum + Number(row['credit']), 0)).toBe(4_000_000)
      expect([Number(total?.['credit']), Number(total?.['deals']), Number(total?.['unattributed_credit'])]).toEqual([
        4_000_000, 4, 1_000_000,
      ])
    }
  })

  it('names why a deal is unattributed', async () => {
    const { rows } = await conversions({})
    expect(rows.filter(row => row['channel'] === '(unattributed)').map(row => [Number(row['credit']), row['reasons']])).toEqual([
      [1_000_000, ['no_eligible_touch']],
    ])
  })

  it('dates a close by its close date, else by the day of the closing in the tenant’s zone', async () => {
    const months = async (zone: string) =>
      Object.fromEntries(
        (await conversions({ by: ['month'], zone })).rows
          .filter(row => row['is_total'] !== 1)
          .map(row => [row['month'], Number(row['deals'])]),
      )
    expect(await months('UTC')).toEqual({ '2026-03': 2, '2026-04': 2 })
    expect(await months('Europe/Berlin')).toEqual({ '2026-03': 1, '2026-04': 3 })
  })

  it('takes from as the first day and to as the day after the last', async () => {
    const deals = async (from: string | null, to: string | null) => Number((await conversions({ from, to })).rows.at(-1)?.['deals'])
    expect([await deals('2026-03-31', '2026-04-01'), await deals('2026-04-01', null), await deals(null, '2026-04-30')]).toEqual([2, 2, 3])
  })

  it('filters by the values that it shows', async () => {
    const { rows } = await conversions({ filters: { channel: ['email', '(none)'] }, by: ['channel'] })
    expect(rows.map(row => [row['channel'], Number(row['credit'])])).toEqual([
      ['(none)', 333_333],
      ['email', 1_333_333],
      ['', 1_666_666],
    ])
  })

  it('proves a value by pieces that add up to it', async () => {
    const pieces = await figures.rows(
      attributionProof(sources, { ...question, basis: 'conversions', filters: { channel: ['email'] } }, 'credit'),
    )
    expect(pieces.map(piece => [piece['id'], piece['event_ids'], Number(piece['contribution'])])).toEqual([
      ['d1', ['t2', 'd1-closed'], 333_333],
      ['d4', ['t5', 'd4-closed'], 400_000],
      ['d4', ['t6', 'd4-closed'], 600_000],
    ])
  })

  it('sees nothing of another tenant', async () => {
    await figures.insert('deal_journey', [{ ...dealRow({ deal_id: 'd1' }), tenant: 't_2' }])
    await figures.insert('deal_conversions', [{ ...creditRow('d1', [{ id: 'z', channel: 'z', credit: 1_000_000 }]), tenant: 't_2' }])
    expect((await conversions({})).rows.some(row => row['channel'] === 'z')).toBe(false)
    const other = figureSources({ tenant: 't_2', asOf: VERSION, projections: keptProjections })
    expect(
      (await figures.rows(attributionFigure(other, { ...question, basis: 'conversions' }))).map(row => [
        row['channel'],
        Number(row['credit']),
      ]),
    ).toEqual([
      ['z', 1_000_000],
      ['', 1_000_000],
    ])
  })
})

describe('attributed pipeline (M55)', () => {
  const amountFact = (deal: string, id: string, at: string, amount: number | null) => ({
    tenant: TENANT,
    subject: deal,
    event_id: id,
    type: 'deal-amount-changed',
    amount,
    currency: 'EUR',
    occurred_at: at,
    recorded_at: at.slice(0, 23),
    appended_at: at.slice(0, 23),
    partition: 0,
    offset: 0,
  })

  it('values a deal by the amount in force at pipeline entry, else the first after it, and dates it by that', async () => {
    await figures.insert('deal_journey', [
      dealRow({ deal_id: 'd1', amount: 999, outcome: 'lost' }),
      dealRow({ deal_id: 'd2', amount: 888, outcome: 'open', closed_at: null }),
      dealRow({ deal_id: 'd3', amount: null }),
    ])
    await figures.insert(
      'deal_conversions',
      ['d1', 'd2', 'd3'].map(deal =>
        creditRow(deal, [{ id: `${deal}-t`, channel: deal, credit: 1_000_000 }], {
          conversion: 'sqo',
          converted_at: '2026-02-15 00:00:00.000000',
        }),
      ),
    )
    await figures.insert('deal_facts', [
      amountFact('d1', 'e1', '2026-01-10 00:00:00.000000', 100),
      amountFact('d1', 'e2', '2026-02-10 00:00:00.000000', 200),
      amountFact('d1', 'e3', '2026-03-10 00:00:00.000000', 300),
      amountFact('d2', 'e4', '2026-04-10 00:00:00.000000', 400),
      amountFact('d2', 'e5', '2026-05-10 00:00:00.000000', 500),
    ])
    const { rows, excluded } = await answer({ basis: 'pipeline', conversion: 'sqo', by: ['channel', 'month'] })
    expect(rows.map(row => [row['channel'], row['month'], Number(row['money'])])).toEqual([
      ['d1', '2026-02', 200],
      ['d2', '2026-04', 400],
      ['', '', 600],
    ])
    expect(excluded).toEqual({ amount_missing: 1 })
    expect((await answer({ basis: 'pipeline', conversion: 'sqo', from: '2026-02-15', to: '2026-02-16' })).excluded).toEqual({
      amount_missing: 1,
    })
  })
})
