import type { Handoff } from '../definitions/sla-policy.ts'
import type { Moment } from './hand-overs.ts'
import type { Life } from './lives.ts'

export const STEPS = ['decide', 'first-touch', 'cadence', 'disposition', 'delivery', 'information', 'nurture'] as const
export type Step = (typeof STEPS)[number]
export const SIDES = ['sales', 'marketing'] as const
export type Side = (typeof SIDES)[number]

/** Who was meant to act, at the instant that decides: due, or met before. */
export type Holding = { readonly since: number; readonly owner: string; readonly team: string; readonly region: string }

/**
 * One obligation to one lead. It keeps instants only; what it is at an instant is `stateAt`, so that nothing stored changes by the passing of time alone. `ended`: what
 * took the obligation away (`void`), or broke it whatever its due instant says (`breached`).
 */
export type Clock = {
  readonly id: string
  readonly side: Side
  readonly handoff: Handoff
  readonly step: Step
  readonly policy: string
  readonly person: string
  readonly account: string
  readonly deal: string
  readonly lead: string
  readonly bucket: string
  readonly source: string
  readonly calendar: string
  readonly zone: string
  readonly startAt: number
  readonly startedBy: string
  readonly dueAt: number
  readonly metAt: number | null
  readonly metBy: string
  readonly ended: { readonly at: number; readonly as: 'void' | 'breached'; readonly why: string; readonly id: string } | null
  readonly reassigned: number
  readonly holdings: readonly Holding[]
  /** Why it does not count at all; empty: it does. */
  readonly excluded: string
}

export type ClockState = 'running' | 'met' | 'breached' | 'void' | 'excused'

/** What a clock is at an instant (metrics M42); `excused`: its breach was proposed to be excused by one function and granted by the other. */
export const stateAt = (clock: Clock, at: number, excused: ReadonlySet<string>): ClockState => {
  const { metAt, dueAt: due, ended, excluded } = clock
  if (excluded !== '') return 'void'
  if (metAt !== null && metAt <= due && metAt <= at && (ended === null || metAt <= ended.at)) return 'met'
  const happened = ended !== null && ended.at <= at && (ended.at <= due || ended.as === 'breached') ? ended.as : null
  if (happened === 'void') return 'void'
  if (happened === 'breached' || due <= at) return excused.has(clock.id) ? 'excused' : 'breached'
  return 'running'
}

/** A breach that is still to be made good at an instant (metrics M43). */
export const isOpenBreach = ({ metAt, ended }: Clock, state: ClockState, at: number): boolean =>
  state === 'breached' && (metAt === null || metAt > at) && (ended === null || ended.at > at)

/** Whose clock it was when it was decided. */
export const holdingOf = ({ holdings, dueAt: due, metAt, ended }: Clock): Holding => {
  const decided = Math.min(due, metAt ?? due, ended?.at ?? due)
  return holdings.findLast(({ since }) => since <= decided) ?? holdings[0] ?? { since: 0, owner: '', team: '', region: '' }
}

/** As scored by then; what was scored later stands for what was not scored yet. */
export const bucketAt = ({ buckets }: Life, at: number): string =>
  buckets.findLast(scored => scored.at <= at)?.bucket ?? buckets[0]?.bucket ?? ''

export const firstOf = (moments: readonly (Moment | null)[]): Moment | null =>
  moments.reduce<Moment | null>((first, moment) => (moment !== null && (first === null || moment.at < first.at) ? moment : first), null)
