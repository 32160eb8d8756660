/**
 * When a fact happened (µs), when it became known (ms) and its name: the full order of the dictionary (C9). Nothing in an oracle is
 * ever decided by less, or two runs could tell two stories.
 */
export type Moment = { readonly occurredAt: number; readonly recordedAt: number; readonly eventId: string }

/** Strings by their UTF-8 bytes, as the store orders them; JavaScript's own `<` orders UTF-16 units. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export const byMoment = (a: Moment, b: Moment): number =>
  a.occurredAt - b.occurredAt || a.recordedAt - b.recordedAt || byBytes(a.eventId, b.eventId)

/** Sorted by moment; the argument is left alone. */
export const inOrder = <T extends Moment>(facts: readonly T[]): readonly T[] => facts.toSorted(byMoment)

export const latest = <T extends Moment>(facts: readonly T[]): T | undefined => inOrder(facts).at(-1)

export const earliest = <T extends Moment>(facts: readonly T[]): T | undefined => inOrder(facts)[0]

/** Distinct and in byte order: how a set of names is written down. */
export const asSet = (names: Iterable<string>): readonly string[] => [...new Set(names)].toSorted(byBytes)
