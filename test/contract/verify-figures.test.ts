import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../services/domain/sql.ts'
import { verifyFigures } from '../../services/projector/verify-figures.ts'
import { day, END, link, logged, touch } from '../oracles/logged.ts'
import { event } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const won = (deal_id: string, amount_minor: bigint, currency: string) => [
  event('deal-created', {
    event_id: `created-${deal_id}`,
    occurred_at: day(20),
    deal_id,
    account_id: 'a',
    stage: 'qualified',
    amount_minor,
    currency,
  }),
  event('deal-closed', { event_id: `closed-${deal_id}`, occurred_at: day(30), deal_id, outcome: 'won' }),
]

describe('what verify adds up', () => {
  let api: FigureApi
  const asOf = END
  beforeAll(async () => {
    api = await openFigureApi()
    const recorded = logged(
      link(1, 'person:p', 'account:a'),
      touch('t1', 5, 'person:p', { channel: 'email', campaign: 'c' }),
      touch('t2', 6, 'person:p'),
      touch('t3', 7, 'person:p', { channel: '' }),
      ...won('d1', 1_000n, 'EUR'),
      ...won('d2', 10_000_001n, 'EUR'),
      ...won('d3', 77n, 'USD'),
    ).toSorted((a, b) => a.appended_at - b.appended_at)
    await api.projectTo(recorded, asOf)
  })
  afterAll(() => api.close())

  it('finds nothing where every deal is split whole', async () => {
    const { money, dimensions, checked } = await verifyFigures(api.store, asOf)
    expect([money, dimensions]).toEqual([[], []])
    expect(checked).toBeGreaterThan(1)
  })

  it('names the deal whose touches are given another sum than its amount', async () => {
    // one millionth of d2 goes missing under linear
    await api.store.write(sql`
      INSERT INTO deal_conversions
      SELECT * REPLACE (arrayMap((model, credit) -> if(model = 'linear@1', arrayMap((c, i) -> toUInt32(c - (i = 1)), credit, arrayEnumerate(credit)), credit), models, credits) AS credits, version + 1 AS version)
      FROM deal_conversions FINAL WHERE deal_id = 'd2' AND conversion = 'won'`)
    const { money } = await verifyFigures(api.store, asOf)
    expect(money).toEqual(['acme linear@1 EUR: 1 of 2 deals, first d2'])
  })
})
