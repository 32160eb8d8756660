import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { Icp } from '../../services/domain/definitions/icp.ts'
import { Qualification } from '../../services/domain/definitions/qualification.ts'
import type { Ruling } from '../../services/domain/figures/judging/rulings.ts'
import { leadFigures, leadProof } from '../../services/domain/figures/lead-measures.ts'
import type { LeadMetric, LeadQuestion } from '../../services/domain/figures/lead-question.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { leadWhatIf, type LeadWhatIf } from '../../services/domain/figures/what-if-leads.ts'
import { dealRow, type FigureStore, openFigureStore, recordRow, TENANT, type TestRow, VERSION } from '../support/figure-rows.ts'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
})
afterAll(() => figures.close())
beforeEach(() => figures.empty())

const DAY = 86_400_000
const FOREVER = '2290-01-01 00:00:00.000000'
/** Noon of a day from Monday, 5 January 2026, on. */
const ms = (days: number): number => Date.UTC(2026, 0, 5, 12) + days * DAY
const at = (days: number): string => `${new Date(ms(days)).toISOString().replace('T', ' ').replace('Z', '')}000`

type Lead = {
  readonly stages?: readonly (readonly [string, number])[]
  readonly opened?: number
  readonly ended?: number
  readonly outcome?: string
  readonly deal?: string
}
const journeys = (person: string, leads: readonly Lead[]): TestRow => ({
  tenant: TENANT,
  person: `person:${person}`,
  account: '',
  opened_at: leads.map(lead => at(lead.opened ?? 0)),
  opened_by: leads.map(() => 'e'),
  ended_at: leads.map(lead => (lead.ended === undefined ? FOREVER : at(lead.ended))),
  outcome: leads.map(lead => lead.outcome ?? 'open'),
  stages: leads.map(lead => (lead.stages ?? []).map(([stage]) => stage)),
  entered_at: leads.map(lead => (lead.stages ?? []).map(([, day]) => at(day))),
  stage_event_ids: leads.map(lead => (lead.stages ?? []).map(([stage, day]) => `${person}-${stage}-${day}`)),
  channel: leads.map(() => 'email'),
  campaign: leads.map(() => ''),
  owner: leads.map(() => 'm_1'),
  deal_id: leads.map(lead => lead.deal ?? ''),
  version: VERSION,
  excluded_because: '',
})
const touch = (person: string, day: number, type = 'demo_request', more: TestRow = {}): TestRow => ({
  tenant: TENANT,
  account: '',
  occurred_at: at(day),
  touch_id: `t-${person}-${type}-${day}`,
  subject: `person:${person}`,
  persons: [`person:${person}`],
  accounts: 0,
  recorded_at: at(day).slice(0, 23),
  touch_type: type,
  channel: 'email',
  team: 'marketing',
  direction: 'inbound',
  automatic: 0,
  known_from: at(day).slice(0, 23),
  known_to: FOREVER.slice(0, 23),
  version: VERSION,
  ...more,
})
const word = (person: string, type: string, day: number, more: TestRow = {}): TestRow => ({
  tenant: TENANT,
  subject: `person:${person}`,
  event_id: `${person}-${type}-${day}`,
  type,
  stage: '',
  owner: '',
  reason_class: '',
  reason: '',
  deal_id: '',
  lead_source: '',
  occurred_at: at(day),
  recorded_at: at(day).slice(0, 23),
  appended_at: at(day).slice(0, 23),
  partition: 0,
  offset: 0,
  ...more,
})

/** Whoever asks for a demo is an MQL; a manager fits. */
const ruling: Ruling = {
  from: 0,
  icp: Icp.parse({ id: 'icp', version: 1, fit: { op: 'contains', attribute: 'person.title', values: ['manager'] } }),
  qualification: Qualification.parse({
    id: 'qualification',
    version: 1,
    hand_raiser: { op: 'touches', touches: { types: ['demo_request'] }, within_days: 3650, at_least: 1 },
    sales_ready: { op: 'touches', touches: { types: ['download'] }, within_days: 30, at_least: 2 },
    entry: [{ stage: 'mql', rule: { op: 'bucket', values: ['good/hand-raiser', 'bad/hand-raiser'] } }],
  }),
}
const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const question = (metrics: readonly LeadMetric[], more: Partial<LeadQuestion> = {}): LeadQuestion => ({
  rulings: [ruling],
  horizonDays: 90,
  by: [],
  filters: {},
  from: null,
  to: null,
  zone: 'UTC',
  observedTo: ms(200),
  metrics,
  ...more,
})
const found = async (metrics: readonly LeadMetric[], more: Partial<LeadQuestion> = {}): Promise<readonly string[]> =>
  (await figures.rows(leadFigures({ sources, definitions: shippedDefinitions, question: question(metrics, more) })))
    .filter(row => row['is_total'] === (more.by === undefined ? 1 : 0))
    .map(row =>
      [...(more.by ?? []).map(name => row[name]), row['metric'], row['note'], `${String(row['part'])}/${String(row['whole'])}`]
        .filter(part => part !== '')
        .join(' '),
    )
const many = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

describe('leads', () => {
  it('conform as far as both sides name the same: 100 declared, 90 computed, 70 both are 70 % and 20 withheld (M23a, M23b, M24, M24b)', async () => {
    await figures.insert('person_journey', [
      ...many(100).map(i =>
        journeys(`p${i}`, [
          {
            stages: [
              ['lead', 0],
              ['mql', 2],
            ],
          },
        ]),
      ),
      ...many(20).map(i => journeys(`q${i}`, [{ stages: [['lead', 0]] }])),
    ])
    await figures.insert('account_touches', [...many(70).map(i => touch(`p${i}`, 1)), ...many(20).map(i => touch(`q${i}`, 1))])
    expect(await found(['M23a', 'M23b', 'M24', 'M24b'])).toEqual(['M23a 100/0', 'M23b 90/0', 'M24 mql 70/100', 'M24b 20/90'])
    const proof = await figures.rows(leadProof({ sources, definitions: shippedDefinitions, question: question(['M24']) }, null, 'ratio'))
    expect([
      proof.length,
      proof.filter(row => row['contribution'] === '1').length,
      proof.filter(row => row['base'] === '1').length,
    ]).toEqual([100, 70, 100])
  })

  it('have a business day to be declared: a Friday’s demo request until Monday', async () => {
    await figures.insert('person_journey', [
      journeys('monday', [
        {
          stages: [
            ['lead', 0],
            ['mql', 7],
          ],
        },
      ]),
      journeys('tuesday', [
        {
          stages: [
            ['lead', 0],
            ['mql', 8],
          ],
        },
      ]),
      journeys('young', [{ stages: [['lead', 0]] }]),
    ])
    await figures.insert('account_touches', [touch('monday', 4), touch('tuesday', 4), touch('young', 199.5)])
    expect(await found(['M24b'])).toEqual(['M24b 1/2'])
  })

  it('are accepted by the last decision: 4 of 5 decided is 80 %, of 10 handed over 40 % (M25)', async () => {
    await figures.insert(
      'person_journey',
      many(10).map(i =>
        journeys(`p${i}`, [
          {
            stages: [
              ['lead', 0],
              ['mql', 1],
            ],
          },
        ]),
      ),
    )
    await figures.insert('lead_facts', [
      ...many(10).map(i => word(`p${i}`, 'lead-assigned', 2, { owner: 'm_1' })),
      // the first one is refused for a missing number, put right and accepted
      word('p0', 'lead-rejected', 3, { reason_class: 'clerical', reason: 'no phone number' }),
      ...many(4).map(i => word(`p${i}`, 'lead-accepted', 5)),
      word('p4', 'lead-rejected', 5, { reason_class: 'definitional', reason: 'student' }),
    ])
    expect(await found(['M25', 'M25f'])).toEqual([
      'M25 accepted 4/4',
      'M25 rejected 0/1',
      'M25f accepted 4/4',
      'M25f rejected 0/1',
      'M25f undecided 0/5',
    ])
    expect(await found(['M27'])).toEqual(['M27 clerical: no phone number 1/0', 'M27 definitional: student 1/0'])
  })

  it('are refused and given up for reasons, or without one (M28, M29)', async () => {
    await figures.insert(
      'person_journey',
      many(4).map(i =>
        journeys(`p${i}`, [
          {
            ended: 10,
            outcome: 'disqualified',
            stages: [
              ['lead', 0],
              ['mql', 1],
            ],
          },
        ]),
      ),
    )
    await figures.insert('lead_facts', [
      word('p0', 'lead-disqualified', 10, { reason: 'unreachable' }),
      word('p1', 'lead-disqualified', 10, { reason: 'unreachable' }),
      word('p2', 'lead-disqualified', 10, { reason: 'no-fit' }),
      word('p3', 'lead-disqualified', 10),
    ])
    expect(await found(['M28', 'M29'])).toEqual(['M28 (none) 1/0', 'M28 no-fit 1/0', 'M28 unreachable 2/0', 'M29 disqualified 1/4'])
  })

  it('are in the bucket of the instant at which they became an MQL; what is not known counts as bad (M31, M32)', async () => {
    await figures.insert('person_journey', [
      journeys('good', [
        {
          stages: [
            ['lead', 0],
            ['mql', 2],
            ['sqo', 20],
          ],
        },
      ]),
      journeys('late', [
        {
          stages: [
            ['lead', 0],
            ['mql', 2],
            ['sqo', 120],
          ],
        },
      ]),
      journeys('ready', [
        {
          stages: [
            ['lead', 0],
            ['mql', 2],
          ],
        },
      ]),
      journeys('old', [
        {
          stages: [
            ['lead', 0],
            ['mql', 60],
          ],
        },
      ]),
    ])
    const title = (person: string, day: number, text: string): TestRow =>
      recordRow('person-updated', `${person}-${day}`, at(day), { title: text }, { subject: `person:${person}` })
    await figures.insert('record_facts', [
      title('good', 1, 'IT manager'),
      title('late', 1, 'Student'),
      title('late', 3, 'IT manager'),
      title('old', 1, 'Key account manager'),
    ])
    await figures.insert('account_touches', [
      touch('good', 1),
      touch('late', 1),
      touch('ready', 1, 'download'),
      touch('ready', 1.5, 'download'),
      touch('old', 1, 'download'),
      touch('old', 1.5, 'download'),
    ])
    expect(await found(['M31'])).toEqual([
      'M31 bad/hand-raiser 1/0',
      'M31 bad/sales-ready 1/0',
      'M31 good/hand-raiser 1/0',
      'M31 good/unready 1/0',
    ])
    expect(await found(['M32'])).toEqual([
      'M32 bad/hand-raiser 0/1',
      'M32 bad/sales-ready 0/1',
      'M32 good/hand-raiser 1/1',
      'M32 good/unready 0/1',
    ])
    expect(await found(['M105'], { by: ['month'] })).toEqual(['2026-01 M105 1/3', '2026-03 M105 0/1'])
    expect(await found(['M23a'], { by: ['bucket', 'month'] })).toEqual([
      'bad/hand-raiser 2026-01 M23a 1/0',
      'bad/sales-ready 2026-01 M23a 1/0',
      'good/hand-raiser 2026-01 M23a 1/0',
      'good/unready 2026-03 M23a 1/0',
    ])
    const unknown = await figures.rows(leadFigures({ sources, definitions: shippedDefinitions, question: question(['M31']) }))
    expect(unknown.filter(row => row['unknown'] !== '0').map(row => row['note'])).toEqual(['bad/sales-ready'])
  })

  it('conform at every stage with a rule, those of deals by what was known of the deal as it entered (M24)', async () => {
    const entry = [
      ...ruling.qualification.entry,
      { stage: 'sal', rule: { op: 'fit', is: 'good' } },
      {
        stage: 'sqo',
        unit: 'deal',
        rule: {
          op: 'all',
          of: [
            { op: 'known', attribute: 'deal.amount' },
            { op: 'compare', attribute: 'deal.contacts', is: '>=', value: 1 },
            { op: 'in', attribute: 'account.industry', values: ['software'] },
          ],
        },
      },
    ]
    const rulings: Ruling[] = [{ ...ruling, qualification: Qualification.parse({ ...ruling.qualification, entry }) }]
    await figures.insert('person_journey', [
      journeys('a', [
        {
          stages: [
            ['lead', 0],
            ['sal', 3],
          ],
        },
      ]),
      journeys('b', [
        {
          stages: [
            ['lead', 0],
            ['sal', 3],
          ],
        },
      ]),
    ])
    await figures.insert('record_facts', [
      recordRow('person-updated', 'w1', at(1), { title: 'Manager' }, { subject: 'person:a' }),
      recordRow('account-updated', 'w2', at(1), { industry: 'Software' }, { subject: 'account:a_1' }),
    ])
    const deal = (id: string, account = 'a_1') =>
      dealRow({
        deal_id: id,
        account,
        stages: ['discovery', 'qualified'],
        entered_at: [at(1), at(10)],
        stage_event_ids: [`${id}-s0`, `${id}-s1`],
        outcome: 'open',
        closed_at: null,
      })
    const fact = (id: string, type: string, day: number, more: TestRow): TestRow => ({
      ...word(id, type, day),
      subject: id,
      stage: '',
      account: '',
      amount: null,
      person: '',
      currency: '',
      ...more,
    })
    await figures.insert('deal_journey', [deal('whole'), deal('late'), deal('alone'), deal('unknown', 'a_9')])
    await figures.insert(
      'deal_facts',
      ['whole', 'late', 'alone', 'unknown']
        .flatMap(id => [
          fact(id, 'deal-amount-changed', id === 'late' ? 11 : 5, { amount: 100, currency: 'EUR' }),
          fact(id, 'deal-contact-linked', 6, { person: 'person:a' }),
          ...(id === 'alone' ? [fact(id, 'deal-contact-unlinked', 7, { person: 'person:a' })] : []),
        ])
        .map(({ reason_class: _class, deal_id: _deal, ...row }) => row),
    )
    expect(await found(['M24'], { rulings })).toEqual(['M24 sal 1/2', 'M24 sqo 1/4'])
    expect(await found(['M24'], { rulings, by: ['month'] })).toEqual(['2026-01 M24 sal 1/2', '2026-01 M24 sqo 1/4'])
    const proof = await figures.rows(
      leadProof({ sources, definitions: shippedDefinitions, question: question(['M24'], { rulings }) }, 'sqo', 'ratio'),
    )
    expect(proof.map(row => [row['entity'], row['id'], row['contribution']])).toEqual([
      ['deal', 'alone', '0'],
      ['deal', 'late', '0'],
      ['deal', 'unknown', '0'],
      ['deal', 'whole', '1'],
    ])
  })

  it('become deals: 10 of 100 leads feed 4 deals, 10 % and 4 % (M33)', async () => {
    await figures.insert(
      'person_journey',
      many(100).map(i => journeys(`p${String(i).padStart(2, '0')}`, [{ stages: [['lead', 0]], deal: i < 10 ? `d${i % 4}` : '' }])),
    )
    await figures.insert(
      'deal_journey',
      many(4).map(i => dealRow({ deal_id: `d${i}`, created_at: at(30) })),
    )
    expect(await found(['M33', 'M33d'])).toEqual(['M33 10/100', 'M33d 4/100'])
    expect(await found(['M33'], { horizonDays: 20 })).toEqual(['M33 0/100'])
  })

  it('come back: of the recycled those who became an MQL in a later journey (M34)', async () => {
    await figures.insert('person_journey', [
      journeys('back', [
        { ended: 10, outcome: 'recycled', stages: [['lead', 0]] },
        {
          opened: 40,
          stages: [
            ['lead', 40],
            ['mql', 50],
          ],
        },
      ]),
      journeys('never', [
        {
          ended: 10,
          outcome: 'recycled',
          stages: [
            ['lead', 0],
            ['mql', 1],
          ],
        },
      ]),
      journeys('rejected', [{ ended: 10, outcome: 'rejected', stages: [['lead', 0]] }]),
    ])
    expect(await found(['M34'])).toEqual(['M34 1/2'])
    expect(await found(['M34'], { observedTo: ms(45) })).toEqual(['M34 0/2'])
  })

  it('convert by how soon somebody of sales turned to them, and by the bucket they were in then (M107)', async () => {
    await figures.insert('person_journey', [
      journeys('soon', [
        {
          stages: [
            ['lead', 0],
            ['mql', 1],
            ['sqo', 9],
          ],
        },
      ]),
      journeys('later', [
        {
          stages: [
            ['lead', 0],
            ['mql', 1],
          ],
        },
      ]),
      journeys('never', [
        {
          stages: [
            ['lead', 0],
            ['mql', 1],
          ],
        },
      ]),
    ])
    const call = { team: 'sales', direction: 'outbound' }
    await figures.insert('account_touches', [
      touch('soon', 1.02, 'call_attempt', call),
      touch('later', 6, 'call_attempt', call),
      touch('later', 5),
      touch('never', 2, 'email_sent', { ...call, automatic: 1 }),
    ])
    expect(await found(['M107r', 'M107b'])).toEqual([
      'M107b bad/hand-raiser 0/1',
      'M107b bad/unready 1/1',
      'M107r 1 within 1 h 1/1',
      'M107r 5 later 0/1',
      'M107r 6 untouched 0/1',
    ])
  })
})

describe('what-if', () => {
  const asked = (after: readonly Ruling[]): LeadWhatIf => ({
    before: [ruling],
    after,
    by: [],
    filters: {},
    from: null,
    to: null,
    zone: 'UTC',
    observedTo: ms(200),
    horizonDays: 90,
    limit: 10,
  })
  const people = async (after: readonly Ruling[]) =>
    (await figures.rows(leadWhatIf({ sources, definitions: shippedDefinitions, question: asked(after) }))).map(row => [
      row['mqls'],
      row['sqos'],
      row['entering'],
      row['leaving'],
      Number(row['moved']),
    ])

  it('with what is in force says what is in force; with another rule who enters, who leaves, why, and what was observed of them', async () => {
    await figures.insert('person_journey', [
      journeys('asks', [
        {
          stages: [
            ['lead', 0],
            ['mql', 2],
          ],
        },
      ]),
      journeys('reads', [
        {
          stages: [
            ['lead', 0],
            ['sqo', 40],
          ],
        },
      ]),
      journeys('both', [{ stages: [['lead', 0]] }]),
    ])
    await figures.insert('account_touches', [
      touch('asks', 1),
      touch('reads', 1, 'download'),
      touch('reads', 2, 'download'),
      touch('both', 9),
      touch('both', 1, 'download'),
      touch('both', 3, 'download'),
    ])
    expect(await people([ruling])).toEqual([[['2', '2'], ['0', '0'], [], [], 0]])
    const readers: Ruling = {
      ...ruling,
      qualification: Qualification.parse({
        ...ruling.qualification,
        version: 2,
        entry: [{ stage: 'mql', rule: { op: 'touches', touches: { types: ['download'] }, within_days: 30, at_least: 2 } }],
      }),
    }
    expect(await people([readers])).toEqual([
      [
        ['2', '2'],
        ['0', '1'],
        [[String(ms(2)), 'person:reads#1', 'person:reads', 'entry rule', 'bad/sales-ready', 'bad/sales-ready', ['lead', 'sqo']]],
        [[String(ms(1)), 'person:asks#1', 'person:asks', 'entry rule', 'bad/hand-raiser', 'bad/hand-raiser', ['lead', 'mql']]],
        1,
      ],
    ])
  })
})
