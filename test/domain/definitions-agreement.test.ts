import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreementOf, type Statement } from '../../services/domain/definitions/agreement.ts'
import { sharedDefinitions } from '../../services/domain/definitions/coverage.ts'
import { documentDiff } from '../../services/domain/definitions/diff.ts'
import { documentKinds } from '../../services/domain/definitions/documents.ts'
import { fiscalYears } from '../../services/domain/definitions/fiscal-calendar.ts'
import { inForceAt, inForceOf, nextTurnAfter, statusAt } from '../../services/domain/definitions/history.ts'
import { type DefinitionEvent, historyOf } from '../../services/domain/definitions/history-of.ts'
import { icpKind } from '../../services/domain/definitions/icp.ts'
import { quarterPlanKind } from '../../services/domain/definitions/quarter-plan.ts'
import { recyclingKind } from '../../services/domain/definitions/recycling.ts'
import { slaKind } from '../../services/domain/definitions/sla-policy.ts'

const PROPOSED = { at: 10, by: 'mia' }
type Said = Partial<Statement> & { readonly by: string; readonly function: string }
const says = (said: readonly Said[]) =>
  agreementOf(
    PROPOSED,
    said.map((one, index) => ({
      approves: true,
      at: 20 + index,
      onBehalfOf: '',
      tieBreak: false,
      reason: '',
      eventId: `e${index}`,
      ...one,
    })),
  )
const no = { approves: false }

describe('an agreement', () => {
  it.each<[string, readonly Said[], number | null]>([
    [
      'is made by an approver of each',
      [
        { by: 'max', function: 'marketing' },
        { by: 'sam', function: 'sales' },
      ],
      21,
    ],
    [
      'is not made by one function',
      [
        { by: 'max', function: 'marketing' },
        { by: 'moe', function: 'marketing' },
      ],
      null,
    ],
    [
      'does not count the proposer',
      [
        { by: 'mia', function: 'marketing' },
        { by: 'sam', function: 'sales' },
      ],
      null,
    ],
    [
      'nor who approves in the proposer’s name',
      [
        { by: 'nils', function: 'marketing', onBehalfOf: 'mia' },
        { by: 'sam', function: 'sales' },
      ],
      null,
    ],
    [
      'nor the proposer in another’s name',
      [
        { by: 'mia', function: 'marketing', onBehalfOf: 'max' },
        { by: 'sam', function: 'sales' },
      ],
      null,
    ],
    [
      'counts the delegate of another approver',
      [
        { by: 'nils', function: 'marketing', onBehalfOf: 'max' },
        { by: 'sam', function: 'sales' },
      ],
      21,
    ],
    [
      'is not made by one member for both',
      [
        { by: 'nils', function: 'marketing', onBehalfOf: 'max' },
        { by: 'nils', function: 'sales', onBehalfOf: 'sam' },
      ],
      null,
    ],
    [
      'asks marketing and sales only',
      [
        { by: 'max', function: 'marketing' },
        { by: 'fin', function: 'finance' },
      ],
      null,
    ],
    [
      'ends when one takes its approval back',
      [
        { by: 'max', function: 'marketing' },
        { by: 'moe', function: 'marketing', ...no },
        { by: 'sam', function: 'sales' },
      ],
      null,
    ],
    [
      'comes when who refused approves after all',
      [
        { by: 'max', function: 'marketing' },
        { by: 'sam', function: 'sales', ...no },
        { by: 'sue', function: 'sales' },
      ],
      22,
    ],
    [
      'stays when somebody refuses afterwards',
      [
        { by: 'max', function: 'marketing' },
        { by: 'sam', function: 'sales' },
        { by: 'sue', function: 'sales', ...no },
      ],
      21,
    ],
    [
      'is given by a neutral function where one refused',
      [
        { by: 'sam', function: 'sales', ...no },
        { by: 'ceo', function: 'executive', tieBreak: true, reason: 'try it' },
      ],
      21,
    ],
    [
      'is not given where nobody refused',
      [
        { by: 'max', function: 'marketing' },
        { by: 'ceo', function: 'executive', tieBreak: true, reason: 'try it' },
      ],
      null,
    ],
    [
      'nor without a reason',
      [
        { by: 'sam', function: 'sales', ...no },
        { by: 'ceo', function: 'executive', tieBreak: true, reason: ' ' },
      ],
      null,
    ],
    [
      'nor by one of the two',
      [
        { by: 'sam', function: 'sales', ...no },
        { by: 'max', function: 'marketing', tieBreak: true, reason: 'we want it' },
      ],
      null,
    ],
  ])('%s', (_name, said, decidedAt) => {
    expect(says(said).decidedAt).toBe(decidedAt)
  })

  it('says why a statement does not count, and whose approval is missing', () => {
    const { statements, missing, agreedByBoth } = says([
      { by: 'mia', function: 'marketing' },
      { by: 'sam', function: 'sales' },
    ])
    expect(statements.map(({ disregarded }) => disregarded)).toEqual(['own-proposal', null])
    expect([missing, agreedByBoth]).toEqual([['marketing'], false])
  })

  it('never comes from the proposer and one function alone, whatever they say', () => {
    const anything = fc.array(
      fc.record({
        by: fc.constantFrom('mia', 'max', 'moe'),
        function: fc.constantFrom('marketing', 'operations'),
        onBehalfOf: fc.constantFrom('', 'mia', 'max'),
        approves: fc.boolean(),
      }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(anything, said => says(said).decidedAt === null),
      { seed: 7, numRuns: 300 },
    )
  })
})

const event = (type: string, at: number, payload: object): DefinitionEvent => ({ type, at, eventId: `${type}-${at}`, payload })
const plan = (id: string, version: number, at: number, document: object, kind: string, more: object = {}): readonly DefinitionEvent[] => [
  event('definition-published', at, {
    definition_id: id,
    version,
    kind,
    document: JSON.stringify({ id, version, ...document }),
    member_id: 'mia',
    ...more,
  }),
  event('definition-approved', at + 1, { definition_id: id, version, function: 'marketing', member_id: 'max' }),
  event('definition-approved', at + 2, { definition_id: id, version, function: 'sales', member_id: 'sam' }),
]
const rest = (rest_days: number) => ({ rules: [], otherwise: { to: 'nurture', rest_days }, most_times: null, undecided_after_days: null })
const restAt = (history: ReturnType<typeof historyOf>, at: number): number =>
  inForceAt(history, recyclingKind, at).document.otherwise.rest_days

describe('what is in force', () => {
  it('is at each instant what was in force then (C15)', () => {
    const history = historyOf([...plan('recycling', 2, 100, rest(10), 'recycling'), ...plan('recycling', 3, 200, rest(20), 'recycling')])
    expect([101, 102, 201, 202].map(at => restAt(history, at))).toEqual([60, 10, 10, 20])
    expect(history.versions.map(({ inForceFrom, inForceTo }) => [inForceFrom, inForceTo])).toEqual([
      [102, 202],
      [202, null],
    ])
  })

  it('begins when it was agreed to begin, also before the day of the agreement', () => {
    const later = historyOf([
      ...plan('recycling', 2, 100, rest(10), 'recycling', { effective_at: 500_000 }),
      ...plan('recycling', 3, 200, rest(20), 'recycling'),
    ])
    expect([102, 202, 499, 500].map(at => restAt(later, at))).toEqual([60, 20, 20, 10])
    expect([nextTurnAfter(later, 202), nextTurnAfter(later, 500)]).toEqual([500, null])
    const earlier = historyOf([
      ...plan('recycling', 2, 100, rest(10), 'recycling'),
      ...plan('recycling', 3, 200, rest(20), 'recycling', { effective_at: 50_000 }),
    ])
    expect([49, 50, 150, 202].map(at => restAt(earlier, at))).toEqual([60, 20, 20, 20])
    expect(earlier.versions.map(version => statusAt(version, 300))).toEqual(['superseded', 'in-force'])
  })

  it('is not changed by another text under the same version, nor by a document of another kind, nor by a wrong one', () => {
    const wrong = event('definition-published', 300, {
      definition_id: 'recycling',
      version: 3,
      kind: 'recycling',
      document: '{"id":"recycling","version":3}',
    })
    const history = historyOf([
      ...plan('recycling', 2, 100, rest(10), 'recycling'),
      event('definition-published', 150, {
        definition_id: 'recycling',
        version: 2,
        kind: 'recycling',
        document: JSON.stringify({ id: 'recycling', version: 2, ...rest(99) }),
      }),
      ...plan('recycling', 4, 200, { name: 'x' }, 'persona'),
      wrong,
    ])
    expect(history.versions.map(({ version }) => version)).toEqual([2])
    expect(restAt(history, 400)).toBe(10)
  })

  it('counts an approval that came before its proposal from the proposal on', () => {
    const [published, ...approvals] = plan('recycling', 2, 100, rest(10), 'recycling')
    const early = approvals.map(approval => ({ ...approval, at: 50 }))
    expect(restAt(historyOf([...early, ...(published === undefined ? [] : [published])]), 100)).toBe(10)
  })
})

describe('shared-definition coverage (M100)', () => {
  const q3 = {
    period: '2026-Q3',
    currency: 'EUR',
    revenue_goal_minor: 100,
    marketing: { mqls: 1, pipeline_minor: 1, spend_minor: 1 },
    sales: { bookings_minor: 1, spend_minor: 1 },
  }
  const { id: _icp, version: _v, ...icp } = icpKind.standard
  const { id: _sla, version: _w, ...sla } = slaKind.standard
  const history = historyOf([
    ...plan('icp', 2, 100, icp, 'icp'),
    ...plan('sla', 2, 110, sla, 'sla'),
    ...plan('sourced', 1, 120, { locked: [{ fiscal_year: 2026, rule: 'first_touch' }] }, 'sourced'),
    ...plan('quarter-plan-2026-q3', 1, 130, q3, 'quarter-plan'),
  ])

  it('is 4/8 with ICP, SLA, the lock of the year and the plan of the quarter agreed, and all else shipped', () => {
    const found = sharedDefinitions(history, 200, { fiscalYear: 2026, quarter: 3 })
    expect([found.numerator, found.denominator]).toEqual([4, 8])
    expect(found.documents.filter(({ by }) => by !== null).map(({ name, by }) => `${name} ${by ?? ''}`)).toEqual([
      'icp icp@2',
      'sla sla@2',
      'sourced sourced@1',
      'quarter-plan quarter-plan-2026-q3@1',
    ])
    expect(sharedDefinitions(history, 105, { fiscalYear: 2026, quarter: 3 }).numerator).toBe(1)
    expect(sharedDefinitions(history, 200, { fiscalYear: 2027, quarter: 1 }).numerator).toBe(2)
    expect(inForceOf(history, quarterPlanKind, 'quarter-plan-2026-q4', 200)).toBeNull()
  })
})

describe('a difference', () => {
  const differences = (kindName: string, before: object, after: object): readonly string[] => {
    const kind = documentKinds.find(({ kind: name }) => name === kindName) ?? expect.fail(`no kind ${kindName}`)
    const read = (version: number, document: object) => kind.schema.parse({ ...document, version })
    return documentDiff(kind, read(1, before), read(2, after)).map(({ words }) => words)
  }

  it('is said in words: times, money, conditions, lists', () => {
    expect(
      differences('recycling', recyclingKind.standard, {
        ...recyclingKind.standard,
        most_times: 2,
        otherwise: { to: 'closed', rest_days: 60 },
      }),
    ).toEqual(['Otherwise, to is now closed instead of nurture', 'Most times is now 2 instead of 3'])
    const of = (revenue_goal_minor: number) => ({
      id: 'quarter-plan-2026-q3',
      period: '2026-Q3',
      currency: 'EUR',
      revenue_goal_minor,
      marketing: { mqls: 830, pipeline_minor: 1, spend_minor: 1 },
      sales: { bookings_minor: 1, spend_minor: 1 },
    })
    expect(differences('quarter-plan', of(145_000_000), of(150_000_050))).toEqual([
      'Revenue goal is now 1,500,000.50 EUR instead of 1,450,000 EUR',
    ])
    const employees = (value: number) => ({ id: 'icp', fit: { op: 'compare', attribute: 'account.employees', is: '>=', value } })
    expect(differences('icp', employees(50), employees(100))).toEqual([
      'Fit now needs employees of the account of at least 100 instead of employees of the account of at least 50',
    ])
    const industries = (...values: readonly string[]) => ({ id: 'icp', fit: { op: 'in', attribute: 'account.industry', values } })
    expect(differences('icp', industries('media', 'retail'), industries('media', 'energy'))).toEqual([
      'Fit now also takes energy and no longer takes retail as industry of the account',
    ])
    const sales = slaKind.standard.sales.map(one =>
      one.handoff === 'marketing-sdr' ? { ...one, decide: [{ within: { time: 'business', minutes: 240 } }] } : one,
    )
    expect(differences('sla', slaKind.standard, { ...slaKind.standard, sales })).toEqual([
      'Marketing SDR, decide, within is now 4 business hours instead of 9 business hours',
    ])
  })

  it('is none between equal documents, and never empty words between others', () => {
    for (const kind of documentKinds)
      for (const document of kind.shipped) expect(documentDiff(kind, document, { ...document, version: 7 })).toEqual([])
  })
})

it('a fiscal year of 4-4-5 weeks has its 53rd week in the last month (C1)', () => {
  const calendar = {
    id: 'fiscal-calendar' as const,
    version: 1,
    pattern: '4-4-5' as const,
    years: [{ fiscal_year: 2026, starts_on: '2025-12-28', weeks: 53 as const }],
  }
  const [year] = fiscalYears(calendar)
  const months = year?.days ?? []
  expect(months.slice(0, 4)).toEqual(['2025-12-28', '2026-01-25', '2026-02-22', '2026-03-29'])
  expect(months.slice(-2)).toEqual(['2026-11-22', '2027-01-03'])
  expect([year?.year, months.length]).toEqual([2026, 13])
})
