import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BuyingGroup, buyingGroupKind } from '../../services/domain/definitions/buying-group.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { contentOfDeals, usedContent } from '../../services/domain/figures/content-use.ts'
import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { jointTouch, lossMix, roleCoverage } from '../../services/domain/figures/alignment.ts'
import type { DealsQuestion } from '../../services/domain/figures/funnel-deals.ts'
import { type Facts, factsExcluded, rateFigure, rateProof } from '../../services/domain/figures/funnel-measures.ts'
import { cameBackBy, reEngagement } from '../../services/domain/figures/re-engagement.ts'
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

const FOREVER = '2290-01-01 00:00:00.000000'
const lead = (id: string, opened: number, account = '', dealId = ''): TestRow => ({
  tenant: TENANT,
  person: `person:${id}`,
  account,
  opened_at: [day(opened)],
  opened_by: [`${id}-opened`],
  ended_at: [FOREVER],
  outcome: ['open'],
  stages: [['lead']],
  entered_at: [[day(opened)]],
  stage_event_ids: [[`${id}-opened`]],
  channel: [''],
  campaign: [''],
  owner: [''],
  deal_id: [dealId],
  version: VERSION,
})
const response = (id: string, at: number, campaign: string): TestRow => ({
  tenant: TENANT,
  account: '',
  occurred_at: day(at),
  touch_id: `${id}-${at}`,
  subject: `person:${id}`,
  persons: [`person:${id}`],
  accounts: 1,
  recorded_at: day(at).slice(0, 23),
  touch_type: 'form',
  channel: 'email',
  campaign,
  team: 'marketing',
  direction: 'inbound',
  automatic: 0,
  known_from: day(at).slice(0, 23),
  known_to: '2290-01-01 00:00:00.000',
  version: VERSION,
})

describe('re-engagement (M35)', () => {
  // dormant is who was quiet from day 110 to day 200; the period is the hundred days after
  const asked = { from: ms(200), to: ms(300), dormantDays: 90 }

  it('is the share of those who were quiet that responded in the period: two of three, one left out as a customer, one as unsubscribed', async () => {
    await figures.insert('person_journey', [
      lead('back', 0),
      lead('again', 5),
      lead('quiet', 10),
      lead('busy', 10),
      lead('new', 150),
      lead('dealing', 10, 'a_dealing'),
      lead('feeding', 10, '', 'fed'),
      lead('customer', 10, 'a_customer'),
      lead('refused', 10),
    ])
    await figures.insert('account_touches', [
      response('back', 100, 'old'),
      response('back', 210, 'wake-up'),
      response('back', 220, 'later'),
      response('again', 250, 'webinar'),
      response('quiet', 310, 'too-late'),
      // in the quiet days
      response('busy', 120, 'old'),
      response('busy', 210, 'wake-up'),
      response('new', 210, 'wake-up'),
      response('dealing', 210, 'wake-up'),
      response('feeding', 210, 'wake-up'),
      response('customer', 210, 'wake-up'),
      response('refused', 210, 'wake-up'),
    ])
    await figures.insert('deal_journey', [
      deal('d1', { account: 'a_dealing', created_at: day(20), outcome: 'lost', closed_at: day(130) }),
      deal('fed', { account: 'a_other', created_at: day(20) }),
      deal('d2', { account: 'a_customer', created_at: day(20), outcome: 'won', closed_at: day(60) }),
    ])
    await figures.insert('consent_facts', [
      {
        tenant: TENANT,
        subject: 'person:refused',
        event_id: 'refusal',
        type: 'consent-changed',
        purpose: 'marketing',
        channel: 'email',
        granted: 0,
        expires_at: FOREVER,
        occurred_at: day(50),
        recorded_at: day(50).slice(0, 23),
        appended_at: day(50).slice(0, 23),
        partition: 0,
        offset: 0,
      },
    ])
    const facts = reEngagement(sources, shippedDefinitions, asked)
    expect(await rates(facts)).toEqual(['2/3'])
    expect(await figures.rows(factsExcluded(facts, all))).toEqual([
      expect.objectContaining({ reason: 'customer' }),
      expect.objectContaining({ reason: 'unsubscribed' }),
    ])
    const proof = await figures.rows(rateProof(cameBackBy(facts, { campaign: 'wake-up' }), all))
    expect(
      proof.map(row => `${String(row['id'])} ${String(row['contribution'])}/${String(row['base'])} ${String(row['event_ids'])}`),
    ).toEqual(['person:quiet 0/1 ', 'person:back 1/1 back-210', 'person:again 0/1 again-250'])
  })
})

describe('content use (M38)', () => {
  it('counts a decided deal once for a piece and stage, from a year before its creation to its close', async () => {
    const decided = (id: string, outcome: string): TestRow =>
      deal(id, {
        account: `a_${id}`,
        created_at: day(20),
        entered_at: [day(30)],
        outcome,
        closed_at: day(90),
        closed_event_id: `${id}-closed`,
      })
    await figures.insert('deal_journey', [decided('won', 'won'), decided('lost', 'lost'), decided('without', 'won')])
    await figures.insert(
      'deal_facts',
      ['won', 'lost', 'without'].map(id => ({ ...fact(id, 'deal-closed', 90), event_id: `${id}-closed` })),
    )
    const used = (account: string, at: number, content: string): TestRow => ({
      ...response(account, at, ''),
      account: `a_${account}`,
      touch_id: `${account}-${content}-${at}`,
      content,
    })
    await figures.insert('account_touches', [
      used('won', 10, 'guide'),
      used('won', 40, 'guide'),
      used('won', 50, 'guide'),
      used('lost', 40, 'guide'),
      used('lost', 100, 'too-late'),
      used('without', -400, 'too-early'),
    ])
    expect(await rates(contentOfDeals(sources, shippedDefinitions, question))).toEqual([
      'guide (any) 1/2',
      'guide (before the deal) 1/1',
      'guide qualified 1/2',
    ])
    const pieces = await figures.rows(usedContent(sources, shippedDefinitions, ms(0), ms(60)))
    expect(pieces.map(row => [row['content'], Number(row['touches']), Number(row['last_ms'])])).toEqual([['guide', 4, ms(50)]])
  })
})
