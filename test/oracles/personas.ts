import { type Facts, knownAt } from './facts.ts'
import { inOrder } from './order.ts'

/** The persona of a root person at a business instant (µs), as known at `asOf` (ms): what was said last by then, else what was said first at all. */
export const personasAt = (facts: Facts, asOf: number, root: (node: string) => string): ((person: string, instant: number) => string) => {
  const said = Map.groupBy(knownAt(facts.personas, asOf), fact => root(fact.person))
  return (person, instant) => {
    const words = inOrder(said.get(person) ?? [])
    return (words.findLast(({ occurredAt }) => occurredAt <= instant) ?? words[0])?.persona ?? ''
  }
}
