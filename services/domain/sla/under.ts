import { type BusinessCalendar, calendarKind, DEFAULT_CALENDAR } from '../definitions/calendar.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { allInForceAt, type InForce, inForceAt, inForceOf } from '../definitions/history.ts'
import { type SlaPolicy, slaKind, type Within } from '../definitions/sla-policy.ts'
import { isZone } from '../periods.ts'
import { type BusinessClock, businessClock } from './business-time.ts'
import { memberAt, type Members } from './lives.ts'

/** A clock on the wall of somebody: which calendar, in which zone. */
export type WallClock = { readonly calendar: string; readonly zone: string; readonly clock: BusinessClock }

/** What clocks are judged by: of each instant the policy and the calendars that were in force then (metrics C15). */
export type SlaUnder = {
  readonly members: Members
  readonly policyAt: (micros: number) => InForce<SlaPolicy>
  /** Of a member; of nobody the tenant's own. */
  readonly wallClockOf: (member: string, micros: number) => WallClock
  /** Stage of the map that makes an MQL, the one that an acceptance enters, and those that qualify a lead. */
  readonly stages: { readonly mql: string; readonly accepted: string; readonly qualified: ReadonlySet<string> }
}

/** Calendars are few and hold years of openings: made once for each version and zone. */
const clocks = new WeakMap<BusinessCalendar, Map<string, BusinessClock>>()

const clockOf = (calendar: BusinessCalendar, zone: string): BusinessClock => {
  const byZone = clocks.get(calendar) ?? new Map<string, BusinessClock>()
  clocks.set(calendar, byZone)
  const clock = byZone.get(zone) ?? businessClock(calendar, zone)
  byZone.set(zone, clock)
  return clock
}

const stagesOf = ({ stageMap: { stages } }: Definitions): SlaUnder['stages'] => {
  const mql = Math.max(
    0,
    stages.findIndex(({ name }) => name === 'mql'),
  )
  const accepted = stages.findIndex(({ on }) => on === 'accepted')
  return {
    mql: stages[mql]?.name ?? '',
    accepted: stages[accepted]?.name ?? '',
    qualified: new Set(stages.slice(Math.max(accepted, mql) + 1).map(({ name }) => name)),
  }
}

export const slaUnder = (definitions: Definitions, members: Members): SlaUnder => {
  const { history, zone: tenantZone } = definitions
  const policies = new Map<number, InForce<SlaPolicy>>()
  // turns of definitions are few: instants between two turns share what is in force
  const turns = history.versions.flatMap(({ inForceFrom, inForceTo }) => [inForceFrom ?? 0, inForceTo ?? 0]).toSorted((a, b) => a - b)
  const turnOf = (ms: number): number => turns.findLast(turn => turn <= ms) ?? Number.NEGATIVE_INFINITY
  const walls = new Map<string, WallClock>()

  const calendarOf = (id: string, region: string, ms: number): InForce<BusinessCalendar> => {
    const named = id === '' ? null : inForceOf(history, calendarKind, id, ms)
    const found =
      named ??
      (region === '' ? undefined : allInForceAt(history, calendarKind, ms).findLast(({ document }) => document.regions.includes(region))) ??
      inForceOf(history, calendarKind, DEFAULT_CALENDAR, ms)
    if (found === null) throw new Error(`the calendar ${DEFAULT_CALENDAR} is shipped`)
    return found
  }

  return {
    members,
    stages: stagesOf(definitions),
    policyAt: micros => {
      const ms = Math.floor(micros / 1000)
      const turn = turnOf(ms)
      const known = policies.get(turn) ?? inForceAt(history, slaKind, ms)
      policies.set(turn, known)
      return known
    },
    wallClockOf: (member, micros) => {
      const ms = Math.floor(micros / 1000)
      const said = member === '' ? null : memberAt(members, member, micros)
      const [calendar, region, zone] = [said?.calendar ?? '', said?.region ?? '', said?.zone ?? '']
      const key = `${turnOf(ms)} ${calendar} ${region} ${zone}`
      const known = walls.get(key)
      if (known !== undefined) return known
      const { document, name } = calendarOf(calendar, region, ms)
      const onWall = isZone(zone) && zone !== '' ? zone : (document.zone ?? tenantZone)
      const made = { calendar: name, zone: onWall, clock: clockOf(document, onWall) }
      walls.set(key, made)
      return made
    },
  }
}

/** When what begins at an instant has to be done. */
export const dueAt = (within: Within, { clock }: WallClock, start: number): number => {
  if (within.time === 'business') return clock.after(start, within.minutes * 60_000_000)
  return within.time === 'calendar' ? start + within.minutes * 60_000_000 : clock.closeAfterDays(start, within.business_days)
}

/** A step of the escalation of a clock: whom it calls, and when. */
export type EscalationStep = { readonly level: number; readonly to: 'owner' | 'manager' | 'function'; readonly at: number }

/**
 * The steps that a breach goes through from its due instant on, by the policy that the clock runs under: business minutes on the calendar by which it fell due, so that nobody's manager is
 * called on a Sunday for what fell due on Friday evening. Warnings before the due instant are not among them.
 */
export const escalationSteps = (
  { policyAt, wallClockOf }: SlaUnder,
  { startAt, dueAt: due, owner }: { readonly startAt: number; readonly dueAt: number; readonly owner: string },
): readonly EscalationStep[] => {
  const { clock } = wallClockOf(owner, startAt)
  return policyAt(startAt)
    .document.escalation.steps.filter(({ after_minutes }) => after_minutes >= 0)
    .map(({ after_minutes, to }, index) => ({ level: index + 1, to, at: clock.after(due, after_minutes * 60_000_000) }))
}
