import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BuyingGroup, buyingGroupKind } from '../../services/domain/definitions/buying-group.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { jointTouch, lossMix, roleCoverage } from '../../services/domain/figures/alignment.ts'
import type { DealsQuestion } from '../../services/domain/figures/funnel-deals.ts'
import { type Facts, rateFigure, rateProof } from '../../services/domain/figures/funnel-measures.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { creditRow, dealRow, type FigureStore, openFigureStore, recordRow, TENANT, type TestRow, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const day = (days: number): string => `${new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10)} 00:00:00.000000`
const ms = (days: number): number => Date.UTC(2026, 0, 1 + days)
const all = { by: [], filters: {}, only: {} }
const question: DealsQuestion = {
  stageMap: shippedStageMap,
  counted: 'deals',
  by: [],
  filters: {},
  from: null,
  to: null,
  zone: 'UTC',
  observedTo: ms(100),
  dealTypes: [],
  currency: 'EUR',
}
const deal = (id: string, more: TestRow = {}): TestRow =>
  dealRow({
    deal_id: id,
    stages: ['qualified'],
    entered_at: [day(10)],
    stage_event_ids: [`${id}-sqo`],
    created_at: day(5),
    outcome: 'open',
    closed_at: null,
    close_date: null,
    ...more,
  })
const fact = (subject: string, type: string, at: number, more: TestRow = {}): TestRow => ({
  tenant: TENANT,
  subject,
  event_id: `${subject}-${type}-${at}`,
  type,
  amount: null,
  currency: '',
  person: '',
  buying_role: '',
  reason: '',
  competitor: '',
  occurred_at: day(at),
  recorded_at: day(at).slice(0, 23),
  appended_at: day(at).slice(0, 23),
  partition: 0,
  offset: 0,
  ...more,
})
const rates = async (facts: Facts) =>
  (await figures.rows(rateFigure(facts, all))).map(row =>
    [...facts.labels.map(label => row[label]), `${String(row['num'])}/${String(row['den'])}`].join(' '),
  )

describe('joint touch (M101)', () => {
  it('is the value of the SQOs that both teams had touched before, over all of it', async () => {
    await figures.insert('deal_journey', [deal('both', { amount: 300 }), deal('marketing', { amount: 500 }), deal('late', { amount: 200 })])
    await figures.insert(
      'deal_facts',
      [['both', 300] as const, ['marketing', 500] as const, ['late', 200] as const].map(([id, amount]) =>
        fact(id, 'deal-created', 5, { amount, currency: 'EUR' }),
      ),
    )
    const credit = (id: string, touches: Parameters<typeof creditRow>[1]) =>
      creditRow(id, touches, { conversion: 'sqo', converted_at: day(10), account: `a_${id}` })
    await figures.insert('deal_conversions', [
      credit('both', [{ id: 't1', at: day(3), credit: 1_000_000 }]),
      credit('marketing', [{ id: 't2', at: day(3), credit: 1_000_000 }]),
      credit('late', [{ id: 't3', at: day(3), credit: 1_000_000 }]),
    ])
    const sales = (account: string, at: number): TestRow => ({
      tenant: TENANT,
      account,
      occurred_at: day(at),
      touch_id: `call-${account}`,
      subject: 'person:p_1',
      persons: ['person:p_1'],
      accounts: 1,
      recorded_at: day(at).slice(0, 23),
      touch_type: 'call_connected',
      channel: '',
      campaign: '',
      team: 'sales',
      direction: 'outbound',
      automatic: 0,
      known_from: day(at).slice(0, 23),
      known_to: '2290-01-01 00:00:00.000',
      version: VERSION,
    })
    // one call before the deal was qualified, one after
    await figures.insert('account_touches', [sales('a_both', 8), sales('a_late', 12)])
    await figures.store.write({
      parts: ["ALTER TABLE deal_journey UPDATE account = concat('a_', deal_id) WHERE 1 SETTINGS mutations_sync = 2"],
    })
    const facts = jointTouch(
      sources,
      {
        basis: 'pipeline',
        conversion: 'sqo',
        model: 'linear@1',
        by: [],
        filters: {},
        dealTypes: [],
        from: null,
        to: null,
        currency: 'EUR',
        zone: 'UTC',
      },
      shippedDefinitions,
    )
    expect(await rates(facts)).toEqual(['300/1000'])
    expect((await figures.rows(rateProof(facts, all))).map(row => [row['id'], row['note'], row['contribution'], row['base']])).toEqual([
      ['both', 'both', '300', '300'],
      ['late', 'marketing alone', '0', '200'],
      ['marketing', 'marketing alone', '0', '500'],
    ])
  })
})

describe('role coverage (M102)', () => {
  it('counts the roles that contacts were linked in, or that their personas fill, while they are linked', async () => {
    await figures.insert('deal_journey', [deal('two'), deal('one'), deal('gone')])
    const link = (id: string, person: string, at: number, more: TestRow = {}) =>
      fact(id, 'deal-contact-linked', at, { event_id: `${id}-${person}-${at}`, person, ...more })
    await figures.insert('deal_facts', [
      link('two', 'person:p_1', 11, { buying_role: 'Economic buyer' }),
      link('two', 'person:p_2', 12),
      link('one', 'person:p_1', 11, { buying_role: 'champion' }),
      link('one', 'person:p_3', 12, { buying_role: 'Champion' }),
      link('gone', 'person:p_1', 11, { buying_role: 'champion' }),
      link('gone', 'person:p_2', 12),
      fact('gone', 'deal-contact-unlinked', 20, { person: 'person:p_2' }),
    ])
    await figures.insert('record_facts', [
      recordRow('person-created', 'p2', day(1), { person_id: 'p_2', persona: 'IT lead' }, { subject: 'person:p_2' }),
    ])
    const group = BuyingGroup.parse({ ...buyingGroupKind.standard, min_roles: 2 })
    // before its contact was taken off the third deal had both
    const at = [
      { name: 'then', before: ms(15) },
      { name: 'now', before: ms(100) },
    ]
    expect(await rates(roleCoverage(sources, question, group, at))).toEqual(['now 1/3', 'then 2/3'])
  })
})

describe('loss mix (M103)', () => {
  it('adds up to what was lost, by reason and by competitor; a duplicate was never lost', async () => {
    const lost = (id: string) => deal(id, { outcome: 'lost', closed_at: day(60), close_date: day(60).slice(0, 10) })
    await figures.insert('deal_journey', [lost('a'), lost('b'), lost('c'), lost('twice')])
    const closing = (id: string, reason: string, competitor = '') =>
      fact(id, 'deal-closed', 60, { event_id: `${id}-closed`, reason, competitor })
    await figures.insert('deal_facts', [
      closing('a', 'price', 'Ledgerly'),
      closing('b', 'price'),
      closing('c', 'no decision'),
      closing('twice', 'duplicate'),
    ])
    expect(await rates(lossMix(sources, question))).toEqual([
      'competitor (none) 2/2',
      'competitor Ledgerly 1/1',
      'reason no decision 1/1',
      'reason price 2/2',
    ])
  })
})
