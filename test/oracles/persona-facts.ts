import type { Moment } from './order.ts'
import { personNode, type Readers } from './recorded.ts'

/** What a source says a person is; '' where it took that away. */
export type PersonaFact = Moment & { readonly person: string; readonly persona: string }

export const personaReaders: Readers<PersonaFact> = {
  'person-created': ({ person_id, persona }, moment) => (persona === '' ? null : { ...moment, person: personNode(person_id), persona }),
  'person-updated': ({ person_id, persona, cleared }, moment) =>
    persona !== '' || cleared.includes('persona') ? { ...moment, person: personNode(person_id), persona } : null,
}
