import { type Facts, knownAt } from './facts.ts'
import { latest } from './order.ts'

/** The campaign that a name means in a touch, as known at `asOf` (ms); the name itself when nothing, or more than one thing, is meant. */
export const campaignsAt = (facts: Facts, asOf: number): ((name: string) => string) => {
  const known = knownAt(facts.campaigns, asOf)
  const planned = new Set(known.filter(fact => fact.alias === null).map(fact => fact.campaign))
  const said = Map.groupBy(
    known.filter(fact => fact.alias !== null && fact.alias !== ''),
    fact => fact.alias ?? '',
  )
  return name => {
    if (planned.has(name)) return name
    const systems = Map.groupBy(said.get(name) ?? [], fact => fact.system)
    const meant = [...systems.values()].flatMap(words => {
      const claims = [...Map.groupBy(words, fact => fact.campaign).values()].flatMap(claim => latest(claim) ?? [])
      return latest(claims.filter(claim => claim.on))?.campaign ?? []
    })
    const [only] = meant
    return only !== undefined && new Set(meant).size === 1 ? only : name
  }
}
