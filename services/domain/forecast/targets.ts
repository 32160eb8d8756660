import { knownAt } from './history.ts'
import type { ScopeFilters } from './scope.ts'

/** A target as it was said (`target-set`); empty text: for all. Days since the epoch. */
export type TargetSaid = {
  readonly at: number
  readonly recorded: number
  readonly eventId: string
  readonly id: string
  readonly metric: string
  readonly period: string
  readonly fromOn: string | null
  readonly toOn: string | null
  readonly amount: number | null
  readonly currency: string
  readonly team: string
  readonly owner: string
  readonly segment: string
  readonly region: string
  readonly product: string
  readonly pipeline: string
  readonly channel: string
  readonly withdrawn: boolean
}

const NAMES = ['team', 'owner', 'segment', 'region', 'product', 'pipeline'] as const

/**
 * The revenue targets that together are the target of a scope, as known at an instant: the last word on each id. Targets are often set by team and again by seller: of those that cut the
 * company in the same way one set is taken, the one with the fewest cuts, so that nothing is counted twice. A filter takes the targets that name its value; one that no target names has none.
 */
export const targetsOf = (
  said: readonly TargetSaid[],
  asOf: number,
  isPeriod: (target: TargetSaid) => boolean,
  filters: ScopeFilters,
): readonly TargetSaid[] => {
  const last = new Map<string, TargetSaid>()
  for (const target of said) if (knownAt(target) <= asOf) last.set(target.id, target)
  const asked = NAMES.flatMap(name => {
    const values = filters[name]
    return values === undefined ? [] : [{ name, values }]
  })
  // by anything that targets are not cut by there is none
  if (filters.deal_type !== undefined) return []
  const there = [...last.values()].filter(
    target =>
      target.metric === 'revenue' &&
      !target.withdrawn &&
      target.amount !== null &&
      target.channel === '' &&
      isPeriod(target) &&
      asked.every(({ name, values }) => values.includes(target[name])),
  )
  const cuts = Map.groupBy(there, target => NAMES.filter(name => target[name] !== '').join())
  const [fewest] = [...cuts.keys()].toSorted(
    (a, b) => a.split(',').filter(Boolean).length - b.split(',').filter(Boolean).length || (a < b ? -1 : 1),
  )
  return fewest === undefined ? [] : (cuts.get(fewest) ?? [])
}
