import { z } from 'zod'
import { HANDOFFS } from '../../domain/definitions/sla-policy.ts'
import { type Clock, type ClockState, type Holding, holdingOf, isOpenBreach, SIDES, STEPS } from '../../domain/sla/clock.ts'
import { escalationSteps, type SlaUnder } from '../../domain/sla/under.ts'

export const STATES = ['running', 'met', 'breached', 'void', 'excused'] as const

export const ClockRow = z
  .object({
    id: z.string(),
    side: z.enum(SIDES),
    handoff: z.enum(HANDOFFS),
    step: z.enum(STEPS),
    state: z.enum(STATES),
    open: z.boolean().describe('There is still something to do: running, or breached and not made good'),
    person: z.string(),
    account: z.string(),
    deal_id: z.string(),
    lead: z.string(),
    owner: z.string().describe('Of a running clock who has the lead now; else who had it when it was decided'),
    team: z.string(),
    region: z.string(),
    bucket: z.string(),
    source: z.string(),
    start_at: z.string(),
    due_at: z.string(),
    met_at: z.string().nullable(),
    remaining_seconds: z.number().nullable().describe('Business time until due; null unless running'),
    overdue_seconds: z
      .number()
      .nullable()
      .describe('Since due, calendar time: until it was made good, or so far; null unless breached or excused'),
    reassigned: z.number(),
    because: z.string().describe('What ended it'),
    policy: z.string(),
    calendar: z.string(),
    zone: z.string(),
    started_by: z.string(),
    met_by: z.string(),
  })
  .meta({ id: 'SlaClock', description: 'One obligation to one lead, as it stood at as_of' })
export type ClockRow = z.output<typeof ClockRow>

/** As the list shows it: an audit has no need of what would have been. */
export const LiveClockRow = ClockRow.extend({
  escalations: z
    .array(z.object({ level: z.number(), to: z.enum(['owner', 'manager', 'function']), at: z.string() }))
    .describe(
      'Steps from the due instant on, in business time of the calendar by which it fell due; empty where there is nothing left to do',
    ),
}).meta({ id: 'LiveSlaClock', description: 'One obligation with the steps of its escalation' })

const iso = (micros: number): string => {
  const ms = Math.floor(micros / 1000)
  const rest = micros - ms * 1000
  const text = new Date(ms).toISOString()
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Whole seconds. */
const seconds = (micros: number): number => Math.floor(micros / 1_000_000)

/** Whose it is: of a running clock who has the lead, else who had it when it was decided. */
export const holderAt = (clock: Clock, state: ClockState, at: number): Holding =>
  (state === 'running' ? clock.holdings.findLast(({ since }) => since <= at) : undefined) ?? holdingOf(clock)

export const isOpen = (clock: Clock, state: ClockState, at: number): boolean => state === 'running' || isOpenBreach(clock, state, at)

/** Whose calendar a clock goes by; of marketing the tenant's own. */
const starterOf = ({ side, holdings }: Clock): string => (side === 'marketing' ? '' : (holdings[0]?.owner ?? ''))

/** A clock as it is at an instant (microseconds). */
export const clockRow = (clock: Clock, state: ClockState, at: number, under: SlaUnder | null): ClockRow => {
  const { metAt, dueAt, ended } = clock
  const running = state === 'running'
  const { owner, team, region } = holderAt(clock, state, at)
  const made = metAt !== null && metAt <= at ? metAt : ended !== null && ended.at <= at ? ended.at : at
  return {
    id: clock.id,
    side: clock.side,
    handoff: clock.handoff,
    step: clock.step,
    state,
    open: isOpen(clock, state, at),
    person: clock.person,
    account: clock.account,
    deal_id: clock.deal,
    lead: clock.lead,
    owner,
    team,
    region,
    bucket: clock.bucket,
    source: clock.source,
    start_at: iso(clock.startAt),
    due_at: iso(dueAt),
    met_at: metAt !== null && metAt <= at ? iso(metAt) : null,
    remaining_seconds:
      running && under !== null ? seconds(under.wallClockOf(starterOf(clock), clock.startAt).clock.between(at, dueAt)) : null,
    overdue_seconds: state === 'breached' || state === 'excused' ? Math.max(0, seconds(made - dueAt)) : null,
    reassigned: clock.reassigned,
    because: clock.excluded === '' ? (ended !== null && ended.at <= at ? ended.why : '') : clock.excluded,
    policy: clock.policy,
    calendar: clock.calendar,
    zone: clock.zone,
    started_by: clock.startedBy,
    met_by: clock.metBy,
  }
}

export const liveClockRow = (clock: Clock, state: ClockState, at: number, under: SlaUnder): z.output<typeof LiveClockRow> => {
  const owner = starterOf(clock)
  const steps = isOpen(clock, state, at) ? escalationSteps(under, { ...clock, owner }) : []
  return { ...clockRow(clock, state, at, under), escalations: steps.map(step => ({ ...step, at: iso(step.at) })) }
}
