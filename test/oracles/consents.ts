import { type Facts, knownAt } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { latest } from './order.ts'

/** What attribution rests on. */
const PURPOSES = ['marketing', 'analytics', 'profiling']

type Happened = { readonly persons: readonly string[]; readonly channel: string; readonly touchedAt: number }

/** Whether a touch may be attributed, as known at `asOf` (ms): every one of its persons allowed it, or the tenant has a basis of its own. */
export const consentsAt = (facts: Facts, asOf: number): ((touch: Happened) => boolean) => {
  const { root } = identitiesAt(facts, asOf)
  const said = Map.groupBy(knownAt(facts.consents, asOf), fact => root(fact.person))
  const basis = latest(knownAt(facts.zones, asOf))?.lawfulBasis ?? ''

  const verdict = (person: string, { channel, touchedAt }: Happened): boolean | null => {
    const heard = (said.get(person) ?? []).filter(
      fact => fact.occurredAt <= touchedAt && (fact.channel === '' || fact.channel === channel) && PURPOSES.includes(fact.purpose),
    )
    if (heard.length === 0) return null
    return PURPOSES.every(purpose => {
      const last = latest(heard.filter(fact => fact.purpose === purpose))
      return last === undefined || (last.granted && (last.expiresAt === null || touchedAt < last.expiresAt))
    })
  }
  return touch => {
    const verdicts = touch.persons.map(person => verdict(person, touch))
    if (basis === 'none') return verdicts.length > 0 && verdicts.every(allowed => allowed === true)
    return !verdicts.includes(false)
  }
}
