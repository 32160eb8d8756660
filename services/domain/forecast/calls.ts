import { knownAt } from './history.ts'

/** A member's own forecast as it was submitted (metrics M80). */
export type CallSaid = {
  readonly at: number
  readonly recorded: number
  readonly eventId: string
  readonly member: string
  readonly period: string
  readonly category: string
  readonly amount: number
  readonly currency: string
  readonly low: number | null
  readonly high: number | null
  readonly team: string
  readonly pipeline: string
  readonly segment: string
}

/** The last call of each member for each team, category, pipeline and segment of a period, as known at an instant. */
export const callsOf = (said: readonly CallSaid[], asOf: number, isPeriod: (period: string) => boolean): readonly CallSaid[] => {
  const last = new Map<string, CallSaid>()
  for (const call of said)
    if (knownAt(call) <= asOf && isPeriod(call.period))
      last.set([call.member, call.team, call.category, call.pipeline, call.segment].join('\u001f'), call)
  return [...last.values()]
}

/**
 * What is called for the whole company: the last call of each team where managers call for teams, else of each member for himself; null where nobody has. Calls of one pipeline, segment or
 * category are parts of it, and not added.
 */
export const calledInAll = (calls: readonly CallSaid[], worth: (call: CallSaid) => number | null): number | null => {
  const whole = calls.filter(({ category, pipeline, segment }) => category === '' && pipeline === '' && segment === '')
  const teams = Map.groupBy(
    whole.filter(({ team }) => team !== ''),
    ({ team }) => team,
  )
  const counted =
    teams.size > 0
      ? [...teams.values()].flatMap(ofTeam => ofTeam.toSorted((a, b) => a.at - b.at || a.recorded - b.recorded).slice(-1))
      : whole
  const worths = counted.flatMap(call => worth(call) ?? [])
  return worths.length === 0 ? null : worths.reduce((sum, value) => sum + value, 0)
}
