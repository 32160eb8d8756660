import { type Facts, knownAt } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { latest } from './order.ts'

/** Why a node does not count as known at `asOf` (ms); '' when it does. What was merged into an excluded one is out with it. */
export const exclusionsAt = (facts: Facts, asOf: number): ((node: string) => string) => {
  const { root } = identitiesAt(facts, asOf)
  const words = Map.groupBy(knownAt(facts.exclusions, asOf), fact => fact.record)
  const own = (node: string): string => {
    const last = latest(words.get(node) ?? [])
    return last?.out === true ? last.reason || 'excluded' : ''
  }
  return node => own(node) || own(root(node))
}
