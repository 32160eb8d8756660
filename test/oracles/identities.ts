import { type Facts, knownAt } from './facts.ts'
import type { DomainFact, LinkFact } from './link-facts.ts'
import { mergesInForce, rootOf } from './merges.ts'
import { asSet, latest, type Moment } from './order.ts'

/** Whom a subject stands for at an instant: root persons and root accounts, nodes in byte order. */
export type Placement = { readonly persons: readonly string[]; readonly accounts: readonly string[] }

export type Identities = {
  /** The placement of a subject at a business instant (µs). */
  readonly at: (subject: string, instant: number) => Placement
  /** The node that merges lead to. */
  readonly root: (node: string) => string
  /** Of each merge in force the node that went and the moment of its last word. */
  readonly merges: ReadonlyMap<string, Moment>
  /** Every instant (µs) at which some link begins or ends: between two of them no placement changes. */
  readonly bounds: readonly number[]
}

const isPerson = (node: string): boolean => node.startsWith('person:')
const isAccount = (node: string): boolean => node.startsWith('account:')
const holds = (link: LinkFact, instant: number): boolean =>
  (link.validFrom === null || link.validFrom <= instant) && (link.validTo === null || instant < link.validTo)

/** Who was whom as known at `asOf` (ms). */
export const identitiesAt = (facts: Facts, asOf: number): Identities => {
  const merges = mergesInForce(knownAt(facts.merges, asOf))
  const root = (node: string): string => rootOf(node, merges)
  const pairs = Map.groupBy(knownAt(facts.links, asOf), link => JSON.stringify([link.identity, link.target]))
  const inForce = [...pairs.values()].flatMap(pair => latest(pair) ?? []).filter(link => link.on)
  const linksOf = Map.groupBy(inForce, link => link.identity)
  const domains = latestDomains(knownAt(facts.domains, asOf))

  // a person that was never merged is a cluster of one, and needs no entry
  const clusters = Map.groupBy([...merges.keys()].filter(isPerson), root)
  const cluster = (rootPerson: string): readonly string[] => [rootPerson, ...(clusters.get(rootPerson) ?? [])]

  const named = (identity: string, instant: number): readonly string[] =>
    (linksOf.get(identity) ?? []).filter(link => holds(link, instant)).map(link => link.target)

  const byDomain = (members: readonly string[]): readonly string[] => {
    const wanted = new Set(members.flatMap(person => domains.get(person) ?? []))
    const owners = [...domains].filter(([node, owned]) => isAccount(node) && owned.some(domain => wanted.has(domain)))
    const roots = asSet(owners.map(([node]) => root(node)))
    return roots.length === 1 ? roots : [] // two claim it: evidence for neither
  }

  const accountsOf = (rootPerson: string, instant: number): readonly string[] => {
    const members = cluster(rootPerson)
    const explicit = members.flatMap(person => named(person, instant)).filter(isAccount)
    return explicit.length > 0 ? explicit.map(root) : byDomain(members)
  }

  const at = (subject: string, instant: number): Placement => {
    if (isAccount(subject)) return { persons: [], accounts: [root(subject)] }
    const meant = isPerson(subject) ? [subject] : named(subject, instant)
    const persons = asSet(meant.filter(isPerson).map(root))
    const direct = meant.filter(isAccount).map(root)
    return { persons, accounts: asSet([...direct, ...persons.flatMap(person => accountsOf(person, instant))]) }
  }

  const bounds = inForce.flatMap(link => [link.validFrom, link.validTo]).filter(bound => bound !== null)
  return { at, root, merges, bounds: [...new Set(bounds)].toSorted((a, b) => a - b) }
}

const latestDomains = (facts: readonly DomainFact[]): ReadonlyMap<string, readonly string[]> => {
  const said = Map.groupBy(facts, fact => fact.node)
  return new Map([...said].map(([node, words]) => [node, latest(words)?.domains ?? []]))
}
