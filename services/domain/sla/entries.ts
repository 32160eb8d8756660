import { dateAt } from '../periods.ts'
import { type Clock, type ClockState, holdingOf, isOpenBreach, stateAt } from './clock.ts'
import type { Kept, Worked } from './clocks.ts'
import type { Escalation } from './from-rows.ts'
import type { Mql } from './hand-overs.ts'
import { dueAt, type SlaUnder } from './under.ts'

export const SLA_DIMENSIONS = ['handoff', 'step', 'side', 'owner', 'team', 'region', 'bucket', 'source', 'month'] as const
export type SlaDimension = (typeof SLA_DIMENSIONS)[number]
export type SlaDims = Readonly<Record<SlaDimension, string>>

export const SLA_METRICS = [
  'M25',
  'M26',
  'M27',
  'M30',
  'M39',
  'M40',
  'M41',
  'M42',
  'M43',
  'M44',
  'M45',
  'M46',
  'M47',
  'M48',
  'M49',
  'M50',
  'M51',
  'M52',
] as const
export type SlaMetric = (typeof SLA_METRICS)[number]

/** What an entry adds: to a rate, to a count, or to a list of spans (of which some still run), in microseconds or in pieces. */
export type Amount =
  | { readonly kind: 'ratio'; readonly yes: boolean }
  | { readonly kind: 'count' }
  | { readonly kind: 'span'; readonly value: number; readonly done: boolean; readonly unit: 'seconds' | 'count' }

/** One thing that is counted in one metric, with what it is counted by at the instant that counts (metrics C12). */
export type Entry = {
  readonly metric: SlaMetric
  /** Of a metric that has several numbers, which. */
  readonly measure: string
  /** Microseconds: in which period it counts. */
  readonly at: number
  readonly dims: SlaDims
  readonly amount: Amount
  readonly id: string
  readonly account: string
  readonly deal: string
  readonly eventIds: readonly string[]
  readonly note: string
}

export type Left = { readonly reason: string; readonly at: number; readonly dims: SlaDims }

export type EntriesOf = {
  readonly people: Iterable<Kept>
  readonly clocks: readonly Clock[]
  readonly escalations: readonly Escalation[]
  readonly excused: ReadonlySet<string>
  readonly under: SlaUnder
  /** Microseconds: what is not so by then is not so. */
  readonly until: number
  readonly zone: string
}

const HOUR = 3_600_000_000

/** Months on the wall; instants of one hour share it where no clock changes within: zones change at full or half hours, so halves are told apart. */
const monthsIn = (zone: string): ((micros: number) => string) => {
  const known = new Map<number, string>()
  return micros => {
    const key = Math.floor((micros * 4) / HOUR)
    const month = known.get(key) ?? dateAt(Math.floor(micros / 1000), zone).slice(0, 7)
    known.set(key, month)
    return month
  }
}

/** Everything that the figures of service levels are made of, and what they leave out. */
export const slaEntries = ({
  people,
  clocks,
  escalations,
  excused,
  under,
  until,
  zone,
}: EntriesOf): { readonly entries: readonly Entry[]; readonly left: readonly Left[] } => {
  const monthOf = monthsIn(zone)
  const entries: Entry[] = []
  const left: Left[] = []
  const byId = new Map(clocks.map(clock => [clock.id, clock]))
  for (const clock of clocks) ofClock(clock, stateAt(clock, until, excused), { entries, left, until, monthOf })
  for (const { worked, mqls } of people) {
    for (const one of worked)
      if (one.life.excluded === '' && one.handOver.given.at <= until) ofWorked(one, { entries, left, until, monthOf })
    for (const mql of mqls) ofMql(mql, { entries, left, until, monthOf })
  }
  for (const escalation of escalations) {
    const clock = byId.get(escalation.clock_id)
    if (clock === undefined || escalation.at > until || stateAt(clock, until, excused) !== 'breached') continue
    const { owner } = holdingOf(clock)
    const { touched_within } = under.policyAt(escalation.at).document.escalation
    const limit = dueAt(touched_within, under.wallClockOf(owner, escalation.at), escalation.at)
    const yes = clock.metAt !== null && clock.metAt >= escalation.at && clock.metAt <= Math.min(limit, until)
    // one that may still be touched in time says nothing yet
    if (!yes && limit > until) continue
    entries.push({
      ...ofThe(clock, monthOf(escalation.at)),
      metric: 'M52',
      measure: '',
      at: escalation.at,
      amount: { kind: 'ratio', yes },
      eventIds: [escalation.eventId, clock.metBy].filter(Boolean),
    })
  }
  return { entries, left }
}

type Into = { readonly entries: Entry[]; readonly left: Left[]; readonly until: number; readonly monthOf: (micros: number) => string }

const ofThe = (clock: Clock, month: string): Pick<Entry, 'dims' | 'id' | 'account' | 'deal' | 'note'> => {
  const { handoff, step, side, bucket, source, id, account, deal } = clock
  const { owner, team, region } = holdingOf(clock)
  return { dims: { handoff, step, side, owner, team, region, bucket, source, month }, id, account, deal, note: '' }
}

const ofClock = (clock: Clock, state: ClockState, { entries, left, until, monthOf }: Into): void => {
  const { dueAt: due, metAt, metBy, startedBy, step, handoff } = clock
  const the = ofThe(clock, monthOf(due))
  const base = { ...the, at: due, eventIds: [startedBy, metBy, clock.ended?.id ?? ''].filter(Boolean), note: state }
  if (isOpenBreach(clock, state, until) && due <= until) {
    entries.push({ ...base, metric: 'M43', measure: '', amount: { kind: 'count' } })
    entries.push({ ...base, metric: 'M44', measure: '', amount: { kind: 'span', value: until - due, done: true, unit: 'seconds' } })
  }
  if (due > until) return
  if (state === 'void' || state === 'excused') {
    left.push({
      reason: state === 'excused' ? 'excused' : clock.excluded === '' ? `void: ${clock.ended?.why ?? ''}` : `excluded: ${clock.excluded}`,
      at: due,
      dims: the.dims,
    })
    return
  }
  if (state === 'running') return
  const met = { kind: 'ratio', yes: state === 'met' } as const
  entries.push({ ...base, metric: 'M42', measure: '', amount: met })
  if (step === 'decide') entries.push({ ...base, metric: 'M26', measure: '', amount: met })
  if (step === 'cadence') entries.push({ ...base, metric: 'M48', measure: '', amount: met })
  if (clock.side === 'marketing') entries.push({ ...base, metric: 'M51', measure: step, amount: met })
  if (step === 'first-touch' && handoff === 'marketing-sdr') {
    const untouched = metAt === null || metAt > until
    entries.push({ ...base, metric: 'M30', measure: '', amount: { kind: 'ratio', yes: untouched } })
    if (untouched)
      entries.push({
        ...base,
        metric: 'M30',
        measure: 'age',
        amount: { kind: 'span', value: until - clock.startAt, done: true, unit: 'seconds' },
      })
  }
}

const ofWorked = (worked: Worked, { entries, left, until, monthOf }: Into): void => {
  const { handOver, life, bucket, holding, touched, engagedAt } = worked
  const { given, handoff, holders, last, ended, accepted } = handOver
  const dims: SlaDims = {
    handoff,
    step: '',
    side: 'sales',
    owner: holding.owner,
    team: holding.team,
    region: holding.region,
    bucket,
    source: handOver.source,
    month: monthOf(given.at),
  }
  const base = { dims, at: given.at, id: given.id, account: life.account, deal: '', note: life.person, measure: '', eventIds: [given.id] }
  const add = (metric: SlaMetric, amount: Amount, measure = '', eventIds: readonly string[] = [given.id]): void => {
    entries.push({ ...base, metric, measure, amount, eventIds: eventIds.filter(Boolean) })
  }
  const known = <T extends { readonly at: number }>(moment: T | null): T | null => (moment !== null && moment.at <= until ? moment : null)
  const span = (value: number, done: boolean): Amount => ({ kind: 'span', value, done, unit: 'seconds' })
  const pieces = (value: number): Amount => ({ kind: 'span', value, done: true, unit: 'count' })

  const decision = known(last)
  if (decision !== null) {
    add('M25', { kind: 'ratio', yes: decision.yes }, 'decided', [given.id, decision.id])
    if (!decision.yes)
      for (const name of ['procedural', 'clerical', 'definitional'])
        add('M27', { kind: 'ratio', yes: decision.reasonClass === name }, name, [given.id, decision.id])
  }
  add('M25', { kind: 'ratio', yes: decision?.yes === true }, 'handed-over', [given.id, decision?.id ?? ''])
  add('M45', { kind: 'ratio', yes: holders.filter(({ at }) => at <= until).length > 1 })

  const touch = known(touched)
  const closed = known(ended)
  const observed = closed?.at ?? until
  if (worked.preEngaged) left.push({ reason: 'pre_engaged', at: given.at, dims })
  else if (handoff === 'marketing-sdr' || handoff === 'sdr-ae') {
    add('M39', span(Math.max(0, (touch?.at ?? observed) - engagedAt), touch !== null), '', [worked.engagedBy, touch?.id ?? ''])
    add('M39', { kind: 'ratio', yes: touch === null }, 'untouched', [worked.engagedBy, touch?.id ?? ''])
    if (touch !== null && worked.lateLogged !== null)
      add('M39', { kind: 'ratio', yes: worked.lateLogged }, 'late-logged', [given.id, touch.id])
    add('M40', span(Math.max(0, given.at - engagedAt), true), '', [worked.engagedBy, given.id])
    if (touch !== null && worked.humanDelay !== null) add('M41', span(worked.humanDelay, true), '', [given.id, touch.id])
  }
  const over = known(handOver.qualified) ?? closed
  if (over !== null && closed?.why !== 'merged') {
    const upTo = (at: number): boolean => at <= Math.min(over.at, until)
    add('M46', pieces(worked.attempts.filter(({ at }) => upTo(at)).length), '', [given.id, ...worked.attempts.map(({ id }) => id)])
    add('M47', pieces(worked.twoWay.filter(({ at }) => upTo(at)).length), '', [given.id, ...worked.twoWay.map(({ id }) => id)])
  }
  const taken = known(accepted)
  if (taken !== null && handoff === 'marketing-sdr' && worked.dispositionOpenTime !== null) {
    const disposed = known(worked.disposed)
    const value =
      disposed !== null && worked.dispositionTime !== null ? worked.dispositionTime : worked.dispositionOpenTime(Math.min(observed, until))
    add('M49', span(value, disposed !== null), '', [taken.id, disposed?.id ?? ''])
  }
  if (closed?.why === 'disqualified' && closed.reason === 'unreachable')
    add('M50', { kind: 'ratio', yes: worked.premature }, '', [given.id, closed.id])
}

/** M51, delivery lag: from MQL to the hand-over, calendar time; those not handed over yet still run. */
const ofMql = ({ at, id, given, source, ended }: Mql, { entries, until, monthOf }: Into): void => {
  if (at > until) return
  const handed = given !== null && given.at <= until ? given : null
  const dims: SlaDims = {
    handoff: 'marketing-sdr',
    step: 'delivery',
    side: 'marketing',
    owner: '',
    team: 'marketing',
    region: '',
    bucket: '',
    source,
    month: monthOf(at),
  }
  const value = Math.max(0, (handed?.at ?? Math.min(until, ended)) - at)
  entries.push({
    dims,
    at,
    id,
    account: '',
    deal: '',
    note: '',
    metric: 'M51',
    measure: 'delivery lag',
    amount: { kind: 'span', value, done: handed !== null, unit: 'seconds' },
    eventIds: [id, handed?.id ?? ''].filter(Boolean),
  })
}
