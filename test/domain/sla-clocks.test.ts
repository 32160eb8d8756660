import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BusinessCalendar } from '../../services/domain/definitions/calendar.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { historyOf } from '../../services/domain/definitions/history-of.ts'
import { type SlaPolicy, shippedSlaPolicy } from '../../services/domain/definitions/sla-policy.ts'
import { type Clock, stateAt } from '../../services/domain/sla/clock.ts'
import { clocksOf } from '../../services/domain/sla/clocks.ts'
import { slaEntries } from '../../services/domain/sla/entries.ts'
import { type Escalation, excusedClocks } from '../../services/domain/sla/from-rows.ts'
import type { LeadEvent, Life, Members, WorkTouch } from '../../services/domain/sla/lives.ts'
import { escalationSteps, slaUnder, type SlaUnder } from '../../services/domain/sla/under.ts'
import { type Judged, judgeFirstTouch, type Told } from '../oracles/sla-clocks.ts'

const at = (text: string): number => Date.parse(`2026-${text}:00Z`) * 1000
const HOUR = 3_600_000_000
const NOBODY: ReadonlySet<string> = new Set()

const member = (zone: string, calendar = '', role = 'sdr'): Members extends ReadonlyMap<string, infer T> ? T : never => [
  { since: 0, function: 'sales', role, team: 'sales', manager: '', zone, calendar, region: 'emea' },
]

/** Definitions in which both functions agreed on documents on 1 January. */
const agreed = (
  ...documents: readonly { readonly kind: string; readonly document: { readonly id: string; readonly version: number } }[]
) => ({
  ...shippedDefinitions,
  history: historyOf(
    documents.flatMap(({ kind, document: { id, version, ...rest } }) => {
      const said = { definition_id: id, version }
      const on = Date.UTC(2026, 0, 1)
      return [
        {
          type: 'definition-published',
          eventId: `${id}-p`,
          at: on,
          payload: { ...said, kind, document: JSON.stringify({ id, version, ...rest }), function: 'sales', member_id: 'sue' },
        },
        { type: 'definition-approved', eventId: `${id}-s`, at: on + 1, payload: { ...said, function: 'sales', member_id: 'sam' } },
        { type: 'definition-approved', eventId: `${id}-m`, at: on + 2, payload: { ...said, function: 'marketing', member_id: 'mia' } },
      ]
    }),
  ),
})

const policy = (restart: boolean, minutes: number): SlaPolicy => ({
  ...shippedSlaPolicy,
  sales: [
    {
      handoff: 'marketing-sdr',
      decide: [],
      first_touch: [{ buckets: [], sources: [], within: { time: 'business', minutes } }],
      cadence: [{ buckets: [], sources: [], attempts: 3, channels: 2, within: { time: 'days', business_days: 2 } }],
      disposition: [],
      restart_on_reassignment: restart,
    },
  ],
  marketing: { delivery: null, nurture: null, information: [], mqls_per_month: null },
})

const event = (type: LeadEvent['type'], when: number, more: Partial<LeadEvent> = {}): LeadEvent => ({
  at: when,
  recordedAt: when,
  id: `${type}-${when}`,
  type,
  owner: '',
  queue: '',
  team: '',
  handoff: '',
  stage: '',
  reasonClass: '',
  reason: '',
  source: '',
  leadId: '',
  ...more,
})
const touch = (when: number, more: Partial<WorkTouch> = {}): WorkTouch => ({
  at: when,
  recordedAt: when,
  id: `touch-${when}`,
  channel: 'phone',
  member: 'sam',
  human: true,
  twoWay: false,
  outbound: true,
  side: 'development',
  ...more,
})
const life = (mqlAt: number, events: readonly LeadEvent[], touches: readonly WorkTouch[], more: Partial<Life> = {}): Life => ({
  person: 'person:ann',
  account: '',
  excluded: '',
  journeys: [{ openedAt: mqlAt, openedBy: '', endedAt: at('12-31T00:00') * 10, outcome: 'open', channel: '', stages: [] }],
  events: [event('stage', mqlAt, { stage: 'mql' }), ...events].toSorted((a, b) => a.at - b.at),
  touches,
  engagements: new Map([[mqlAt, { at: mqlAt, id: 'form' }]]),
  nurtures: new Map(),
  buckets: [],
  known: new Map(),
  ...more,
})
const given = (when: number, owner: string): LeadEvent => event('assigned', when, { owner, handoff: 'marketing-sdr' })
const first = (clocks: readonly Clock[], step = 'first-touch'): Clock => {
  const found = clocks.find(clock => clock.step === step)
  if (found === undefined) throw new Error(`no clock of ${step}`)
  return found
}
const entriesOf = (lives: readonly Life[], under: SlaUnder, until: number, escalations: readonly Escalation[] = []) => {
  const people = lives.map(one => clocksOf(one, under))
  return slaEntries({ people, clocks: people.flatMap(({ clocks }) => clocks), escalations, excused: NOBODY, under, until, zone: 'UTC' })
}

describe('M39 to M41', () => {
  const members: Members = new Map([
    ['sam', member('Europe/Berlin')],
    ['sue', member('Europe/Berlin')],
  ])
  /** Friday 17:30, given 17:50, given on Monday 9:10, touched 9:40, in Berlin. */
  const one = life(at('10-16T15:30'), [given(at('10-16T15:50'), 'sam'), given(at('10-19T07:10'), 'sue')], [touch(at('10-19T07:40'))])
  const delays = (restart: boolean): readonly (number | null | undefined)[] => {
    const { worked } = clocksOf(one, slaUnder(agreed({ kind: 'sla', document: policy(restart, 540) }), members))
    const [only] = worked
    if (only === undefined || only.touched === null) throw new Error('it was touched')
    return [
      only.touched.at - only.engagedAt,
      only.handOver.given.at - only.engagedAt,
      only.startAt - only.handOver.given.at,
      only.touched.at - only.startAt,
      only.humanDelay,
    ]
  }

  it('add up, whether the clock restarts with a new owner or not', () => {
    const minutes = (hours: number, more: number): number => hours * HOUR + (more * HOUR) / 60
    expect(delays(true)).toEqual([minutes(64, 10), minutes(0, 20), minutes(63, 20), minutes(0, 30), minutes(0, 30)])
    expect(delays(false)).toEqual([minutes(64, 10), minutes(0, 20), 0, minutes(63, 50), minutes(0, 50)])
  })

  it('show the untouched beside the median of the touched: touched at 1, 2, 3 and 4 hours, six untouched for five days', () => {
    const start = at('10-05T08:00')
    const under = slaUnder(agreed({ kind: 'sla', document: policy(false, 540) }), members)
    const lives = Array.from({ length: 10 }, (_, i) => life(start, [given(start, 'sam')], i < 4 ? [touch(start + (i + 1) * HOUR)] : []))
    const { entries } = entriesOf(lives, under, start + 5 * 24 * HOUR)
    const spans = entries.flatMap(({ metric, amount }) => (metric === 'M39' && amount.kind === 'span' ? [amount] : []))
    const touched = spans.filter(({ done }) => done).map(({ value }) => value / HOUR)
    expect([touched.toSorted((a, b) => a - b), spans.filter(({ done }) => !done).map(({ value }) => value / HOUR)]).toEqual([
      [1, 2, 3, 4],
      Array.from({ length: 6 }, () => 120),
    ])
    const untouched = entries.flatMap(({ metric, measure, amount }) =>
      metric === 'M39' && measure === 'untouched' && amount.kind === 'ratio' ? [amount.yes] : [],
    )
    expect([untouched.filter(Boolean).length, untouched.length]).toEqual([6, 10])
  })

  it('count who was in contact before, and leave them out', () => {
    const start = at('10-05T08:00')
    const under = slaUnder(agreed({ kind: 'sla', document: policy(false, 540) }), members)
    const { entries, left } = entriesOf(
      [life(start, [given(start, 'sam')], [touch(start - 24 * HOUR, { twoWay: true }), touch(start + HOUR)])],
      under,
      start + 24 * HOUR,
    )
    expect([entries.filter(({ metric }) => metric === 'M39').length, left.map(({ reason }) => reason)]).toEqual([0, ['pre_engaged']])
  })
})

describe('M42', () => {
  const under = slaUnder(agreed({ kind: 'sla', document: policy(false, 540) }), new Map([['sam', member('UTC')]]))

  it('counts a clock that was met early where it was due: 14 met and 6 breached by 15 October are 70 %, whatever was met for later', () => {
    const early = at('10-13T09:00')
    const due = Array.from({ length: 20 }, (_, i) => life(early, [given(early, 'sam')], i < 14 ? [touch(early + HOUR)] : []))
    const later = Array.from({ length: 8 }, () => life(at('10-15T10:00'), [given(at('10-15T10:00'), 'sam')], [touch(at('10-15T11:00'))]))
    const rate = (until: number): readonly number[] => {
      const { entries } = entriesOf([...due, ...later], under, until)
      const met = entries.flatMap(({ metric, dims, amount }) =>
        metric === 'M42' && dims.step === 'first-touch' && amount.kind === 'ratio' ? [amount.yes] : [],
      )
      return [met.filter(Boolean).length, met.length]
    }
    expect(rate(at('10-15T18:00'))).toEqual([14, 20])
    expect(rate(at('10-20T18:00'))).toEqual([22, 28])
  })

  it('is met at the very instant that it is due, and breached at that instant when nothing was done', () => {
    const start = at('10-13T09:00')
    const [met] = clocksOf(life(start, [given(start, 'sam')], [touch(at('10-13T18:00'))]), under).clocks
    const [idle] = clocksOf(life(start, [given(start, 'sam')], []), under).clocks
    expect([met?.dueAt, idle?.dueAt]).toEqual([at('10-13T18:00'), at('10-13T18:00')])
    expect([met, idle].map(clock => (clock === undefined ? '' : stateAt(clock, at('10-13T18:00'), NOBODY)))).toEqual(['met', 'breached'])
  })

  it('is excused only when somebody else of the other function grants what was proposed', () => {
    const said = (decision: 'proposed' | 'granted' | 'refused', of: string, by: string) => ({
      clock_id: 'c',
      decision,
      reason: '',
      function: of,
      member_id: by,
      at: 0,
      eventId: '',
    })
    expect([...excusedClocks([said('proposed', 'sales', 'sam'), said('granted', 'sales', 'sue')])]).toEqual([])
    expect([...excusedClocks([said('granted', 'marketing', 'mia'), said('proposed', 'sales', 'sam')])]).toEqual([])
    expect([...excusedClocks([said('proposed', 'sales', 'sam'), said('granted', 'marketing', 'mia')])]).toEqual(['c'])
    expect([
      ...excusedClocks([said('proposed', 'sales', 'sam'), said('granted', 'marketing', 'mia'), said('refused', 'marketing', 'max')]),
    ]).toEqual([])
  })
})

describe('cadence, decisions and escalation', () => {
  const under = slaUnder(agreed({ kind: 'sla', document: policy(false, 60) }), new Map([['sam', member('UTC')]]))
  const start = at('10-13T09:00')

  it('cadence is met by so many attempts over so many channels, or by the first conversation before (M48)', () => {
    const cadence = (touches: readonly WorkTouch[]): string =>
      stateAt(first(clocksOf(life(start, [given(start, 'sam')], touches), under).clocks, 'cadence'), at('10-20T09:00'), NOBODY)
    const hours = (n: number, channel = 'phone'): WorkTouch => touch(start + n * HOUR, { channel })
    expect(cadence([hours(1), hours(2), hours(3)])).toBe('breached')
    expect(cadence([hours(1), hours(2), hours(3, 'email')])).toBe('met')
    expect(cadence([hours(1), touch(start + 2 * HOUR, { twoWay: true })])).toBe('met')
  })

  it('the first decision stops the clock, the last one is what was decided (M25); unreachable after one attempt is premature (M50)', () => {
    const { worked } = clocksOf(
      life(
        start,
        [given(start, 'sam'), event('accepted', start + HOUR), event('disqualified', start + 2 * HOUR, { reason: 'unreachable' })],
        [touch(start + HOUR)],
      ),
      under,
    )
    expect([worked[0]?.handOver.decided?.yes, worked[0]?.handOver.decided?.at, worked[0]?.premature]).toEqual([true, start + HOUR, true])
  })

  it('an escalated clock that is touched soon after counts, one that still may be does not yet (M52)', () => {
    const lives = [touch(at('10-13T12:00')), null].map((each, i) =>
      life(start, [{ ...given(start, 'sam'), id: `g${i}` }], each === null ? [] : [each], { person: `person:${i}` }),
    )
    const escalations = [0, 1].map(
      (i): Escalation => ({
        clock_id: `first-touch.marketing-sdr.g${i}`,
        level: 1,
        to_member_id: 'sue',
        at: at('10-13T11:00'),
        eventId: `e${i}`,
      }),
    )
    const touched = (until: number): readonly boolean[] =>
      entriesOf(lives, under, until, escalations).entries.flatMap(({ metric, amount }) =>
        metric === 'M52' && amount.kind === 'ratio' ? [amount.yes] : [],
      )
    expect(touched(at('10-13T13:00'))).toEqual([true])
    expect(touched(at('10-16T13:00'))).toEqual([true, false])
  })

  it('steps of an escalation are reached in business time: what falls due on Friday at 17:30 calls the function on Monday', () => {
    const steps = [
      { after_minutes: -15, to: 'owner' as const },
      { after_minutes: 0, to: 'manager' as const },
      { after_minutes: 60, to: 'function' as const },
    ]
    const document = { ...policy(false, 60), escalation: { steps, touched_within: { time: 'business' as const, minutes: 540 } } }
    const office = slaUnder(agreed({ kind: 'sla', document }), new Map([['sam', member('Europe/Berlin')]]))
    const clock = { startAt: at('10-16T14:30'), dueAt: at('10-16T15:30'), owner: 'sam' }
    // hours 9–18 in Berlin: 17:30 and half an hour, then half an hour from Monday 9:00 on; winter time has not begun
    expect(escalationSteps(office, clock)).toEqual([
      { level: 1, to: 'manager', at: at('10-16T15:30') },
      { level: 2, to: 'function', at: at('10-19T07:30') },
    ])
  })

  it('a first touch that is written down more than a day later counts, and is shown as late-logged', () => {
    const late = (hours: number): readonly boolean[] =>
      entriesOf(
        [life(start, [given(start, 'sam')], [touch(start + HOUR, { recordedAt: start + HOUR + hours * HOUR })])],
        under,
        at('10-20T09:00'),
      ).entries.flatMap(({ metric, measure, amount }) =>
        metric === 'M39' && measure === 'late-logged' && amount.kind === 'ratio' ? [amount.yes] : [],
      )
    expect([late(24), late(25)]).toEqual([[false], [true]])
    expect(
      entriesOf([life(start, [given(start, 'sam')], [])], under, at('10-20T09:00')).entries.filter(
        ({ measure }) => measure === 'late-logged',
      ),
    ).toEqual([])
  })
})

describe('what both sides owe, by hand', () => {
  const calendarHours = (hours: number) => [{ buckets: [], sources: [], within: { time: 'calendar' as const, minutes: hours * 60 } }]
  const both: SlaPolicy = {
    ...shippedSlaPolicy,
    sales: [
      {
        handoff: 'marketing-sdr',
        decide: calendarHours(2),
        first_touch: calendarHours(1),
        cadence: [],
        disposition: [],
        restart_on_reassignment: false,
      },
    ],
    marketing: {
      delivery: { time: 'calendar', minutes: 60 },
      nurture: { time: 'days', business_days: 2 },
      information: ['title'],
      mqls_per_month: null,
    },
  }
  const under = slaUnder(agreed({ kind: 'sla', document: both }), new Map([['sam', member('UTC')]]))
  /** Tuesday. */
  const start = at('10-13T09:00')
  let people = 0
  /** A lead that is handed over the moment that it is an MQL, unless it says otherwise. */
  const lead = (when: number, events: readonly LeadEvent[] = [], touches: readonly WorkTouch[] = [], more: Partial<Life> = {}): Life => {
    people += 1
    const named = events.map((each, i) => ({ ...each, id: `${each.type}-${people}-${i}` }))
    return life(when, [{ ...given(when, 'sam'), id: `given-${people}` }, ...named], touches, { person: `person:${people}`, ...more })
  }
  const entries = (lives: readonly Life[], until: number, metric: string, measure = '') =>
    entriesOf(lives, under, until).entries.filter(entry => entry.metric === metric && entry.measure === measure)
  const share = (lives: readonly Life[], until: number, metric: string, measure = ''): string => {
    const all = entries(lives, until, metric, measure).flatMap(({ amount }) => (amount.kind === 'ratio' ? [amount.yes] : []))
    return `${all.filter(Boolean).length} of ${all.length}`
  }
  const spans = (lives: readonly Life[], until: number, metric: string, measure = ''): readonly string[] =>
    entries(lives, until, metric, measure).flatMap(({ amount }) =>
      amount.kind === 'span' ? [`${amount.unit === 'count' ? amount.value : amount.value / HOUR}${amount.done ? '' : ' running'}`] : [],
    )

  it('M26: of ten handed over six are decided in time, two are overdue and two not due: six of eight', () => {
    const lives = [
      ...Array.from({ length: 6 }, (_, i) =>
        lead(start, [event(i < 4 ? 'accepted' : 'rejected', start + HOUR, { reasonClass: 'clerical' })]),
      ),
      lead(start),
      lead(start, [event('accepted', start + 3 * HOUR)]),
      lead(at('10-13T11:30')),
      lead(at('10-13T11:30')),
    ]
    expect(share(lives, at('10-13T12:30'), 'M26')).toBe('6 of 8')
    // M25: four and the late one accepted, two rejected; of ten handed over five
    expect([share(lives, at('10-13T12:30'), 'M25', 'decided'), share(lives, at('10-13T12:30'), 'M25', 'handed-over')]).toEqual([
      '5 of 7',
      '5 of 10',
    ])
    expect(share(lives, at('10-13T12:30'), 'M27', 'clerical')).toBe('2 of 2')
  })

  it('M30, M42 to M44: of three due one was touched in time, one late and one not yet: untouched one of three, one breach open for four hours', () => {
    const lives = [
      lead(start, [], [touch(start + HOUR / 2)]),
      lead(start, [], [touch(start + 1.5 * HOUR)]),
      lead(start),
      lead(at('10-13T13:30')),
    ]
    const until = at('10-13T14:00')
    const ofTouch = (metric: string) =>
      entries(lives, until, metric)
        .filter(({ dims }) => dims.step === 'first-touch')
        .map(({ amount }) => (amount.kind === 'span' ? amount.value / HOUR : amount.kind === 'ratio' ? amount.yes : 1))
    expect(ofTouch('M30')).toEqual([false, false, true])
    expect(spans(lives, until, 'M30', 'age')).toEqual(['5'])
    expect(ofTouch('M42')).toEqual([true, false, false])
    expect([ofTouch('M43'), ofTouch('M44')]).toEqual([[1], [4]])
  })

  it('M45 to M47, M49: who had it, what was tried until it was given up, and business time from accepting to that', () => {
    const tried = (hours: number, twoWay = false): WorkTouch =>
      touch(start + hours * HOUR, { id: `try-${hours}`, twoWay, outbound: !twoWay })
    const given_up = lead(
      start,
      [
        event('assigned', start + HOUR, { owner: 'sam', handoff: 'marketing-sdr' }),
        // accepted on Tuesday at 17:00, disqualified on Wednesday at 10:00: one hour and one hour
        event('accepted', at('10-13T17:00')),
        event('disqualified', at('10-14T10:00'), { reason: 'no-budget' }),
      ],
      [tried(0.5), tried(2), tried(3, true), tried(4), tried(48)],
    )
    const until = at('10-20T09:00')
    expect([spans([given_up], until, 'M46'), spans([given_up], until, 'M47')]).toEqual([['3'], ['1']])
    expect(spans([given_up], until, 'M49')).toEqual(['2'])
    // accepted on Friday at 17:00, still open on Monday at 11:00: one hour and two
    const open = lead(at('10-16T09:00'), [event('accepted', at('10-16T17:00'))])
    expect(spans([open], at('10-19T11:00'), 'M49')).toEqual(['3 running'])
    expect(share([given_up, open], until, 'M45')).toBe('0 of 2')
    const passed_on = lead(start, [event('assigned', start + HOUR, { owner: 'sue', handoff: 'marketing-sdr' })])
    expect(share([given_up, passed_on], until, 'M45')).toBe('1 of 2')
  })

  it('M51: handed over within the hour or not, complete or not, and whoever comes back hears of marketing within two business days', () => {
    const delivered = (minutes: number): Life =>
      life(start, [{ ...given(start + (minutes * HOUR) / 60, 'sam'), id: `d-${minutes}` }], [], {
        person: `person:d${minutes}`,
        known: minutes === 30 ? new Map([['title', start]]) : new Map(),
      })
    const lives = [delivered(30), delivered(120)]
    const until = at('10-20T09:00')
    expect(share(lives, until, 'M51', 'delivery')).toBe('1 of 2')
    expect(spans(lives, until, 'M51', 'delivery lag')).toEqual(['0.5', '2'])
    expect(share(lives, until, 'M51', 'information')).toBe('1 of 2')
    const returned = (nurtured: number | null): Life => {
      const back = at('10-13T10:00')
      return lead(start, [event('rejected', back, { reasonClass: 'definitional' })], [], {
        nurtures: nurtured === null ? new Map() : new Map([[back, { at: nurtured, id: 'n' }]]),
      })
    }
    // back on Tuesday, due on Thursday at 18:00
    expect(share([returned(at('10-15T17:00')), returned(at('10-15T19:00')), returned(null)], until, 'M51', 'nurture')).toBe('1 of 3')
  })

  it('is void when it was pulled back, merged or refused before it was due, and a breach when it was disqualified without an attempt', () => {
    const until = at('10-20T09:00')
    const soon = start + HOUR / 2
    const state = (one: Life): string => stateAt(first(clocksOf(one, under).clocks), until, NOBODY)
    const merged = lead(start, [], [], {
      journeys: [{ openedAt: start, openedBy: '', endedAt: soon, outcome: 'merged', channel: '', stages: [] }],
    })
    expect([
      state(lead(start, [event('assigned', soon, { handoff: 'sales-marketing' })])),
      state(merged),
      state(lead(start, [event('rejected', soon, { reasonClass: 'definitional' })])),
      state(lead(start, [event('disqualified', soon, { reason: 'no-need' })])),
      // too late to be void
      state(lead(start, [event('assigned', start + 2 * HOUR, { handoff: 'sales-marketing' })])),
    ]).toEqual(['void', 'void', 'void', 'breached', 'breached'])
  })
})

const day = [{ from: '09:00', to: '17:30' }]
const office = BusinessCalendar.parse({
  id: 'office',
  version: 1,
  zone: null,
  hours: { mon: day, tue: day, wed: day, thu: day, fri: [{ from: '09:00', to: '14:00' }], sat: [], sun: [] },
  holidays: [{ date: '2026-10-26' }, { date: '2026-04-06' }, { date: '2026-03-30' }],
  half_days: [{ date: '2026-10-05', hours: [{ from: '10:00', to: '12:00' }] }],
})
const ZONES: Readonly<Record<string, string>> = { ben: 'Europe/Berlin', syd: 'Australia/Sydney', ny: 'America/New_York' }
const owners = fc.constantFrom('ben', 'syd', 'ny')
const told = fc.record({
  start: fc.constantFrom(
    '2026-03-05T12:00:00Z',
    '2026-03-27T09:00:00Z',
    '2026-04-02T20:00:00Z',
    '2026-10-01T22:00:00Z',
    '2026-10-22T16:00:00Z',
    '2026-10-30T19:00:00Z',
  ),
  owner: owners,
  more: fc.array(fc.record({ after: fc.integer({ min: 1, max: 6_000 }), owner: owners }), { maxLength: 2 }),
  touches: fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 3 }),
  end: fc.option(
    fc.record({
      after: fc.integer({ min: 1, max: 9_000 }),
      how: fc.constantFrom('disqualified', 'rejected', 'recycled', 'pulled-back', 'merged'),
    } as const),
  ),
  accepted: fc.option(fc.integer({ min: 1, max: 5_000 })),
  minutes: fc.integer({ min: 1, max: 1_200 }),
  restart: fc.boolean(),
  asOf: fc.integer({ min: 0, max: 20_000 }),
  order: fc.infiniteStream(fc.nat(1_000)),
})

describe('first-touch clocks and the minute-by-minute oracle', () => {
  it('agree over changes of clocks, holidays, owners of three zones, returns, merges and any order of arrival', () => {
    const members: Members = new Map(Object.entries(ZONES).map(([name, zone]) => [name, member(zone, 'office')]))
    const MINUTE = 60_000_000
    fc.assert(
      fc.property(told, ({ start, owner, more, touches, end, accepted, minutes, restart, asOf, order }) => {
        const from = Date.parse(start) / 60_000
        const over = end === null ? Number.POSITIVE_INFINITY : from + end.after
        const changes = more.map(each => ({ at: from + each.after, owner: each.owner })).filter(each => each.at < over)
        const story: Told = {
          owners: [{ at: from, owner }, ...changes.toSorted((a, b) => a.at - b.at)],
          touches: touches.map(after => from + after),
          end: end === null ? null : { at: over, how: end.how },
          accepted: accepted !== null && from + accepted < over ? from + accepted : null,
        }
        const judged = judgeFirstTouch(story, name => ({ calendar: office, zone: ZONES[name] ?? 'UTC' }), { minutes, restart }, from + asOf)

        const events = [
          ...story.owners.map((each, i) => ({ ...given(each.at * MINUTE, each.owner), id: `own-${i}` })),
          ...(story.accepted === null ? [] : [event('accepted', story.accepted * MINUTE)]),
          ...(end === null || end.how === 'merged'
            ? []
            : [
                end.how === 'pulled-back'
                  ? event('assigned', over * MINUTE, { handoff: 'sales-marketing' })
                  : event(end.how, over * MINUTE, { reasonClass: 'definitional' }),
              ]),
        ]
        const merged = end !== null && end.how === 'merged'
        const lived = life(
          from * MINUTE,
          events,
          story.touches.map(when => touch(when * MINUTE)).toSorted((a, b) => a.at - b.at),
          {
            journeys: [
              {
                openedAt: from * MINUTE,
                openedBy: '',
                endedAt: merged ? over * MINUTE : at('12-31T00:00') * 10,
                outcome: merged ? 'merged' : 'open',
                channel: '',
                stages: [],
              },
            ],
            // recorded late and in any order: only when things happened counts
          },
        )
        const shuffled = {
          ...lived,
          events: lived.events.map(each => ({ ...each, recordedAt: each.recordedAt + (order.next().value ?? 0) })),
        }
        const definitions = agreed({ kind: 'sla', document: policy(restart, minutes) }, { kind: 'calendar', document: office })
        const { clocks, worked } = clocksOf(shuffled, slaUnder(definitions, members))
        const clock = first(clocks)
        const found: Judged = {
          start: clock.startAt / MINUTE,
          due: clock.dueAt / MINUTE,
          state: stateAt(clock, (from + asOf) * MINUTE, NOBODY),
          delay: worked[0]?.humanDelay === null ? null : (worked[0]?.humanDelay ?? 0) / MINUTE,
        }
        expect(found).toEqual(judged)
      }),
      { numRuns: 50 },
    )
  })
})
