import * as fc from 'fast-check'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { spendFigure, spendProof, type SpendQuestion } from '../../services/domain/figures/spend.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { spentDays } from '../oracles/spend.ts'
import { event, TENANT, type Telling } from '../support/event.ts'
import { landAll } from '../support/fact-rows.ts'
import { type FigureStore, openFigureStore } from '../support/figure-rows.ts'
import { logOf } from '../support/log-of.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const START = Date.UTC(2026, 5, 1)
const instant = (ms: number): number => ms * 1000
let said = 0
const id = (): string => `e${(said += 1)}`
const cost = (spend_id: string, more: Partial<Telling<'spend-recorded'>> & { readonly amount_minor: bigint }): AccordEvent =>
  event('spend-recorded', {
    event_id: id(),
    occurred_at: instant(START),
    spend_id,
    currency: 'EUR',
    starts_on: '2026-03-01',
    category: 'media',
    ...more,
  })
const rate = (rate_on: string, text: string, more: Partial<Telling<'fx-rate-recorded'>> = {}): AccordEvent =>
  event('fx-rate-recorded', {
    event_id: id(),
    occurred_at: instant(START),
    base_currency: 'USD',
    quote_currency: 'EUR',
    rate_on,
    rate: text,
    ...more,
  })
const plan = (campaign: string, more: Partial<Telling<'campaign-planned'>> = {}): AccordEvent =>
  event('campaign-planned', { event_id: id(), occurred_at: instant(START), campaign, ...more })
const alias = (campaign: string, system: string, name: string, at = START): AccordEvent =>
  event('campaign-alias-added', { event_id: id(), occurred_at: instant(at), campaign, system, alias: name })

const question: SpendQuestion = { by: [], filters: {}, scope: 'loaded', from: null, to: null, currency: 'EUR' }
const END = Date.UTC(2026, 6, 1)
const sourcesAt = (asOf: number) => figureSources({ tenant: TENANT, asOf, projections: keptProjections })

/** `{value of the dimensions: spent}` with the total under `=`. */
const spentBy = async (more: Partial<SpendQuestion> = {}, asOf = END): Promise<Readonly<Record<string, number>>> => {
  const asked = { ...question, ...more }
  const rows = await figures.rows(spendFigure(sourcesAt(asOf), asked, { budgets: false, definitions: shippedDefinitions }))
  return Object.fromEntries(
    rows.map(row => [row['is_total'] === 1 ? '=' : asked.by.map(name => String(row[name])).join('/'), Number(row['spent'])]),
  )
}
const land = (...events: readonly AccordEvent[]): Promise<void> => landAll(figures.store, logOf(events, START))

describe('spend (M66)', () => {
  it('spreads a lump evenly by day, what is left over to the earliest, a credit note alike', async () => {
    await land(
      cost('lump', { amount_minor: 100n, starts_on: '2026-02-27', ends_on: '2026-03-01' }),
      cost('note', { amount_minor: -8n, starts_on: '2026-02-27', ends_on: '2026-03-01' }),
    )
    // 100 = 34 + 33 + 33 and -8 = -3 - 3 - 2
    expect(await spentBy({ by: ['day'] })).toEqual({ '2026-02-27': 31, '2026-02-28': 30, '2026-03-01': 31, '=': 92 })
    expect(await spentBy({ by: ['month'] })).toEqual({ '2026-02': 61, '2026-03': 31, '=': 92 })
    // from is the first day, to the day after the last
    expect(await spentBy({ from: '2026-02-28', to: '2026-03-01' })).toEqual({ '=': 30 })
  })

  it('takes each day at its own rate, halves to the even, and leaves out and counts what has no rate', async () => {
    await land(
      rate('2026-03-01', '0.5'),
      rate('2026-03-03', '0.25'),
      cost('c', { amount_minor: 30n, currency: 'USD', starts_on: '2026-03-01', ends_on: '2026-03-03' }), // 5 + 5 + 2.5
      cost('d', { amount_minor: 10n, currency: 'USD', starts_on: '2026-02-28' }), // before there was a rate
      cost('e', { amount_minor: 7n }),
    )
    expect(await spentBy({ by: ['day'] })).toEqual({ '2026-02-28': 0, '2026-03-01': 12, '2026-03-02': 5, '2026-03-03': 2, '=': 19 })
    const rows = await figures.rows(spendFigure(sourcesAt(END), question, { budgets: false, definitions: shippedDefinitions }))
    expect([Number(rows[0]?.['rate_missing']), Number(rows[0]?.['costs'])]).toEqual([1, 3])
  })

  it('counts a cost as it was last restated, and as of a day as it was known then', async () => {
    await land(
      cost('c', { amount_minor: 1_000n }),
      cost('c', { amount_minor: 1_200n }), // said again: the later word counts
      event('spend-restated', {
        event_id: id(),
        occurred_at: instant(START - 1),
        spend_id: 'c',
        amount_minor: 900n,
        currency: 'EUR',
        starts_on: '2026-04-01',
        category: 'event',
      }),
      cost('c', { amount_minor: 5_000n }),
    )
    expect(await spentBy({ by: ['month', 'category'] })).toEqual({ '2026-04/event': 900, '=': 900 })
    expect([await spentBy({}, START), await spentBy({}, START + 1), await spentBy({}, START + 2)]).toEqual([
      { '=': 1_000 },
      { '=': 1_200 },
      { '=': 900 },
    ])
  })

  it('finds the campaign of a cost by its id, by its alias in the system of the cost, else by the only one that the alias means', async () => {
    await land(
      plan('c1', { channel: 'paid_search', team: 'marketing', region: 'emea' }),
      plan('c2', { channel: 'paid_social' }),
      alias('c1', 'google-ads', '77'),
      alias('c2', 'linkedin-ads', '77', START + 1),
      alias('c2', 'utm', 'spring', START + 2),
      alias('c2', 'utm', 'c1', START + 3),
      cost('by id', { amount_minor: 1n, campaign: 'c1' }),
      cost('by alias', { amount_minor: 2n, campaign: '77', system: 'google-ads' }),
      cost('by the only alias', { amount_minor: 4n, campaign: 'spring', system: 'erp', channel: 'events' }),
      cost('by two aliases', { amount_minor: 8n, campaign: '77', system: 'erp' }),
      cost('by nothing', { amount_minor: 16n, campaign: 'autumn' }),
      cost('unallocated', { amount_minor: 32n }),
    )
    expect(await spentBy({ by: ['match', 'campaign'] })).toEqual({
      'matched/c1': 3,
      'matched/c2': 4,
      'unmatched/77': 8,
      'unmatched/autumn': 16,
      '(none)/(none)': 32,
      '=': 63,
    })
    // what a cost does not say it has from its campaign
    expect(await spentBy({ by: ['channel'] })).toEqual({ paid_search: 3, events: 4, '(none)': 56, '=': 63 })
    expect(await spentBy({ by: ['team', 'region'] })).toEqual({ 'marketing/emea': 3, '(none)/(none)': 60, '=': 63 })
    expect(await spentBy({ filters: { match: ['unmatched'] }, by: ['campaign'] })).toEqual({ '77': 8, autumn: 16, '=': 24 })
  })

  it('loses an alias that was taken back', async () => {
    await land(
      plan('c1'),
      alias('c1', 'utm', 'spring'),
      cost('c', { amount_minor: 5n, campaign: 'spring' }),
      event('campaign-alias-removed', { event_id: id(), occurred_at: instant(START + 9), campaign: 'c1', system: 'utm', alias: 'spring' }),
    )
    expect([await spentBy({ by: ['match'] }, START + 2), await spentBy({ by: ['match'] })]).toEqual([
      { matched: 5, '=': 5 },
      { unmatched: 5, '=': 5 },
    ])
  })

  it('of the scope program leaves out tools, people and commissions; neither has what is only promised', async () => {
    await land(
      ...(['media', 'event', 'content', 'agency', 'partner', 'tools', 'payroll', 'commission'] as const).map((category, i) =>
        cost(category, { amount_minor: BigInt(10 ** i), category }),
      ),
      cost('promised', { amount_minor: 5n, committed: true }),
    )
    expect([await spentBy({ scope: 'program' }), await spentBy()]).toEqual([{ '=': 11_111 }, { '=': 11_111_111 }])
  })

  it('sets spend beside the budget of its campaign, spread over its days, and promises beside both (M66b)', async () => {
    await land(
      plan('c1', { budget_minor: 1_000n, currency: 'EUR', starts_on: '2026-03-01', ends_on: '2026-03-10' }),
      cost('c', { amount_minor: 300n, campaign: 'c1', starts_on: '2026-03-02' }),
      cost('d', { amount_minor: 77n, campaign: 'c1', committed: true }),
    )
    const of = async (more: Partial<SpendQuestion>) =>
      (await figures.rows(spendFigure(sourcesAt(END), { ...question, ...more }, { budgets: true, definitions: shippedDefinitions }))).map(
        row => ['has_budget', 'spent', 'budget', 'committed'].map(name => Number(row[name])),
      )
    expect(await of({})).toEqual([[1, 300, 1_000, 77]])
    expect(await of({ from: '2026-03-01', to: '2026-03-05' })).toEqual([[1, 300, 400, 77]])
    // a budget has no category
    expect(await of({ filters: { category: ['media'] } })).toEqual([[0, 300, 0, 77]])
  })

  it('sets spend beside the targets that are cut as the question is, the fewest cuts first, of dates or of a fiscal period (M66b)', async () => {
    const target = (target_id: string, period: string, amount_minor: bigint, more: Partial<Telling<'target-set'>> = {}): AccordEvent =>
      event('target-set', {
        event_id: id(),
        occurred_at: instant(START),
        target_id,
        metric: 'spend',
        period,
        amount_minor,
        currency: 'EUR',
        from_on: null,
        to_on: null,
        count: null,
        ratio_ppm: null,
        ...more,
      })
    await land(
      cost('c', { amount_minor: 300n, channel: 'paid_search', starts_on: '2026-03-02' }),
      target('all', '2026-03', 500n),
      // with February as the first month the quarter is February to April: 31 of 89 days
      target('search', '2026-Q1', 890n, { channel: 'paid_search', from_on: '2026-02-01', to_on: '2026-05-01' }),
      target('social', 'cal:2026-Q1', 900n, { channel: 'paid_social' }),
      target('gone', '2026-03', 9_999n, { withdrawn: true }),
      target('pipeline', '2026-03', 9_999n, { metric: 'pipeline' }),
    )
    const asked = { ...question, from: '2026-03-01', to: '2026-04-01' }
    const targets = async (by: SpendQuestion['by']) =>
      (
        await figures.rows(
          spendFigure(sourcesAt(END), { ...asked, by }, { budgets: true, definitions: shippedDefinitions, fiscal: { startMonth: 2 } }),
        )
      ).map(row => [row['channel'] ?? '', Number(row['target'])])
    expect(await targets([])).toEqual([['', 500]])
    expect(await targets(['channel'])).toEqual([
      ['paid_search', 310],
      ['paid_social', 310],
      ['', 620],
    ])
    // no target is of a campaign
    expect(await targets(['campaign'])).toEqual([
      ['', 0],
      ['', 0],
    ])
    const proof = await figures.rows(
      spendProof(sourcesAt(END), { ...asked, by: ['channel'] }, 'target_used', shippedDefinitions, { startMonth: 2 }),
    )
    expect(proof.map(row => [row['entity'], row['id'], Number(row['contribution']), Number(row['base'])])).toEqual([
      ['cost', 'c', 300, 0],
      ['target', 'search', 0, 310],
      ['target', 'social', 0, 310],
    ])
  })

  it('proves a value by costs that add up to it', async () => {
    await land(
      plan('c1', { budget_minor: 50n, currency: 'EUR', starts_on: '2026-03-01' }),
      cost('c', { amount_minor: 300n, campaign: 'c1', starts_on: '2026-03-01', ends_on: '2026-03-03' }),
      cost('d', { amount_minor: 5n, category: 'event' }),
    )
    const rows = async (measure: Parameters<typeof spendProof>[2]) =>
      (await figures.rows(spendProof(sourcesAt(END), { ...question, to: '2026-03-03' }, measure, shippedDefinitions))).map(row => [
        row['entity'],
        row['id'],
        Number(row['contribution']),
        Number(row['base']),
      ])
    expect(await rows('spent')).toEqual([
      ['cost', 'c', 200, 0],
      ['cost', 'd', 5, 0],
    ])
    expect(await rows('media')).toEqual([['cost', 'c', 200, 0]])
    expect(await rows('budget_used')).toEqual([
      ['campaign', 'c1', 0, 50],
      ['cost', 'c', 200, 0],
      ['cost', 'd', 5, 0],
    ])
  })
})

const dayText = fc.integer({ min: 0, max: 40 }).map(n => new Date(Date.UTC(2026, 1, 10) + n * 86_400_000).toISOString().slice(0, 10))
const currency = fc.constantFrom('EUR', 'USD', 'JPY', 'BHD')
const campaign = fc.constantFrom('', 'c1', 'c2', 'spring', '77', 'nobody')
const system = fc.constantFrom('', 'utm', 'google-ads')
const spend = fc
  .record({
    restated: fc.boolean(),
    spend_id: fc.constantFrom('s1', 's2', 's3', 's4', 's5'),
    occurred: fc.integer({ min: 0, max: 3 }),
    amount_minor: fc.bigInt({ min: -1_000n, max: 10_000_000n }),
    currency,
    starts_on: dayText,
    length: fc.constantFrom(0, 0, 1, 6, 30),
    campaign,
    channel: fc.constantFrom('', 'paid_search'),
    category: fc.constantFrom('media', 'event', 'payroll'),
    system,
    committed: fc.constantFrom(false, false, false, true),
  })
  .map(({ restated, occurred, length, ...more }): AccordEvent => {
    const ends_on = length === 0 ? null : new Date(Date.parse(more.starts_on) + length * 86_400_000).toISOString().slice(0, 10)
    return event(restated ? 'spend-restated' : 'spend-recorded', {
      event_id: id(),
      occurred_at: instant(START + occurred),
      ends_on,
      ...more,
    })
  })
const rateEvent = fc
  .record({
    pair: fc.constantFrom(['USD', 'EUR'], ['EUR', 'USD'], ['JPY', 'EUR'], ['EUR', 'BHD'], ['USD', 'JPY']),
    on: dayText,
    millis: fc.integer({ min: 1, max: 3_000_000 }),
  })
  .map(({ pair: [base_currency = '', quote_currency = ''], on, millis }) =>
    rate(on, (millis / 1000).toFixed(3), { base_currency, quote_currency }),
  )
const naming = fc.oneof(
  fc
    .record({ campaign: fc.constantFrom('c1', 'c2'), channel: fc.constantFrom('paid_search', 'events', '') })
    .map(({ campaign: of, channel }) => plan(of, { channel })),
  fc
    .record({
      added: fc.boolean(),
      campaign: fc.constantFrom('c1', 'c2'),
      system: fc.constantFrom('utm', 'google-ads'),
      alias: fc.constantFrom('spring', '77', 'c2'),
      at: fc.integer({ min: 0, max: 3 }),
    })
    .map(
      ({ added, at, ...more }): AccordEvent =>
        event(added ? 'campaign-alias-added' : 'campaign-alias-removed', { event_id: id(), occurred_at: instant(START + at), ...more }),
    ),
)

describe('spend of generated companies', () => {
  it('is what plain arithmetic says it is: by day, campaign and channel, in two currencies, as of any instant', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 4, arbitrary: spend }, { weight: 2, arbitrary: rateEvent }, { weight: 2, arbitrary: naming }), {
          minLength: 8,
          maxLength: 40,
        }),
        fc.constantFrom('EUR', 'JPY'),
        fc.nat(45),
        async (events, target, known) => {
          // a tenant of its own, because emptying tables takes longer than everything else
          const tenant = `t${(said += 1)}`
          const log = logOf(
            events.map(told => ({ ...told, tenant })),
            START,
          )
          await landAll(figures.store, log)
          const asOf = START + known
          const days = spentDays(log, asOf, target)
          const by = ['day', 'match', 'campaign', 'channel', 'category'] as const
          const expected = new Map<string, bigint>()
          for (const day of days) {
            const key = by.map(name => day[name]).join('/')
            expected.set(key, (expected.get(key) ?? 0n) + (day.committed ? 0n : (day.worth ?? 0n)))
          }
          const sources = figureSources({ tenant, asOf, projections: keptProjections })
          const rows = await figures.rows(
            spendFigure(sources, { ...question, by, currency: target }, { budgets: false, definitions: shippedDefinitions }),
          )
          const found = new Map(
            rows
              .filter(row => row['is_total'] === 0)
              .map(row => [by.map(name => String(row[name])).join('/'), BigInt(String(row['spent']))]),
          )
          expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
          const total = rows.find(row => row['is_total'] === 1)
          expect(z.coerce.bigint().parse(total?.['spent'] ?? 0)).toBe([...expected.values()].reduce((sum, worth) => sum + worth, 0n))
          expect(Number(total?.['rate_missing'] ?? 0)).toBe(new Set(days.filter(({ worth }) => worth === null).map(day => day.cost)).size)
        },
      ),
      { numRuns: 15, endOnFailure: true },
    )
  })
})
