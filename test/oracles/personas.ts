import { type Facts, knownAt } from './facts.ts'
import { inOrder, type Moment } from './order.ts'
import { personNode, type Readers } from './recorded.ts'

/** What a source says a person is; '' where it took that away. */
export type PersonaFact = Moment & { readonly person: string; readonly persona: string }

export const personaReaders: Readers<PersonaFact> = {
  'person-created': ({ person_id, persona }, moment) => (persona === '' ? null : { ...moment, person: personNode(person_id), persona }),
  'person-updated': ({ person_id, persona, cleared }, moment) =>
    persona !== '' || cleared.includes('persona') ? { ...moment, person: personNode(person_id), persona } : null,
}

/** The persona of a root person at a business instant (µs), as known at `asOf` (ms): what was said last by then, else what was said first at all. */
export const personasAt = (facts: Facts, asOf: number, root: (node: string) => string): ((person: string, instant: number) => string) => {
  const said = Map.groupBy(knownAt(facts.personas, asOf), fact => root(fact.person))
  return (person, instant) => {
    const words = inOrder(said.get(person) ?? [])
    return (words.findLast(({ occurredAt }) => occurredAt <= instant) ?? words[0])?.persona ?? ''
  }
}
