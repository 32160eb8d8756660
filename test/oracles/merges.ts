import { latest, type Moment } from './order.ts'
import { accountNode, personNode, type Readers } from './recorded.ts'

/** `from` was merged into `into`, or that was taken back (`on` = false). Nodes. */
export type MergeFact = Moment & { readonly from: string; readonly into: string; readonly on: boolean }

type PersonPair = { readonly person_id: string; readonly into_person_id: string }
type AccountPair = { readonly account_id: string; readonly into_account_id: string }
const persons =
  (on: boolean) =>
  (pair: PersonPair, moment: Moment): MergeFact => ({
    ...moment,
    from: personNode(pair.person_id),
    into: personNode(pair.into_person_id),
    on,
  })
const accounts =
  (on: boolean) =>
  (pair: AccountPair, moment: Moment): MergeFact => ({
    ...moment,
    from: accountNode(pair.account_id),
    into: accountNode(pair.into_account_id),
    on,
  })

export const mergeReaders: Readers<MergeFact> = {
  'person-merged': persons(true),
  'person-unmerged': persons(false),
  'account-merged': accounts(true),
  'account-unmerged': accounts(false),
}

/**
 * The merges in force among facts already cut to what was known: of each pair the last word counts; of several targets of
 * one node the last of those that still stand; and of a circle all but its latest edge, so that every node leads to one root.
 */
export const mergesInForce = (facts: readonly MergeFact[]): ReadonlyMap<string, MergeFact> => {
  const pairs = Map.groupBy(facts, fact => JSON.stringify([fact.from, fact.into]))
  const standing = [...pairs.values()].flatMap(pair => latest(pair) ?? []).filter(fact => fact.on)
  const edges = new Map<string, MergeFact>()
  for (const [from, targets] of Map.groupBy(standing, fact => fact.from)) {
    const chosen = latest(targets)
    if (chosen !== undefined) edges.set(from, chosen)
  }
  const cuts = [...edges.keys()].flatMap(start => latest(circleFrom(start, edges)) ?? [])
  for (const { from } of cuts) edges.delete(from)
  return edges
}

/** The edges of the circle that `start` itself lies on; none when its way ends, or runs into a circle of others. */
const circleFrom = (start: string, edges: ReadonlyMap<string, MergeFact>): readonly MergeFact[] => {
  const way: MergeFact[] = []
  const seen = new Set<string>()
  for (let edge = edges.get(start); edge !== undefined; edge = edges.get(edge.into)) {
    if (seen.has(edge.from)) return []
    seen.add(edge.from)
    way.push(edge)
    if (edge.into === start) return way
  }
  return []
}

/** Where the merges in force lead from `node`; itself, when it was never merged. */
export const rootOf = (node: string, edges: ReadonlyMap<string, MergeFact>): string => {
  let at = node
  for (let edge = edges.get(at); edge !== undefined; edge = edges.get(at)) at = edge.into
  return at
}
