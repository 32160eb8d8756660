import type { Agreement } from './agreement.ts'
import type { AgreedDocument, DocumentKind, StandingKind } from './document-kind.ts'

/** One version of a document: what it says, who said what of it and when, and from when to when it is in force. Instants are milliseconds since the epoch. */
export type DefinitionVersion = Agreement & {
  readonly kind: string
  readonly id: string
  readonly version: number
  readonly document: AgreedDocument
  readonly title: string
  /** What changes and why, in the words of who proposed it. */
  readonly note: string
  readonly basedOn: number | null
  /** In force from, as proposed; null: from the last approval. */
  readonly effectiveAt: number | null
  readonly proposed: { readonly at: number; readonly by: string; readonly function: string; readonly eventId: string }
  /** Null: never yet in force, or taken over by one that was agreed to hold from an earlier instant on. */
  readonly inForceFrom: number | null
  /** Exclusive; null: until something else is agreed. */
  readonly inForceTo: number | null
}

/** Everything that was proposed, in the order in which it was. */
export type DefinitionHistory = { readonly versions: readonly DefinitionVersion[] }

export const NO_HISTORY: DefinitionHistory = { versions: [] }

export type VersionStatus = 'proposed' | 'refused' | 'scheduled' | 'in-force' | 'superseded'

export const statusAt = ({ decidedAt, refusedAt, inForceFrom, inForceTo }: DefinitionVersion, instant: number): VersionStatus => {
  if (decidedAt === null) return refusedAt === null ? 'proposed' : 'refused'
  if (inForceFrom === null || (inForceTo !== null && inForceTo <= instant)) return 'superseded'
  return inForceFrom <= instant ? 'in-force' : 'scheduled'
}

/** A document in force at an instant; `from` is null where it is the shipped one. */
export type InForce<T extends AgreedDocument> = {
  readonly id: string
  readonly version: number
  /** `qualification@3`: as answers name it. */
  readonly name: string
  readonly document: T
  readonly from: number | null
  /** Approved by both functions: neither shipped nor decided over the head of one. */
  readonly agreedByBoth: boolean
}

/**
 * The document in force at an instant, of a kind of which there is always one: an entity is judged by what was in force at its own instant (metrics C15).
 * `inForceAt(definitions.history, qualificationKind, enteredAt).document`.
 */
export const inForceAt = <T extends AgreedDocument>(history: DefinitionHistory, kind: StandingKind<T>, instant: number): InForce<T> =>
  ownInForceAt(history, kind, kind.kind, instant) ?? shippedInForce(kind.standard)

/** The one of the id that is in force at an instant; the shipped one of the id before anything was agreed; null where there is neither. */
export const inForceOf = <T extends AgreedDocument>(
  history: DefinitionHistory,
  kind: DocumentKind<T>,
  id: string,
  instant: number,
): InForce<T> | null => {
  const own = ownInForceAt(history, kind, id, instant)
  if (own !== null) return own
  const shipped = kind.shipped.find(document => document.id === id)
  return shipped === undefined ? null : shippedInForce(shipped)
}

/** All of a kind that are in force at an instant: the shipped ones that were not replaced, then what was agreed, in order of coming into force. */
export const allInForceAt = <T extends AgreedDocument>(
  history: DefinitionHistory,
  kind: DocumentKind<T>,
  instant: number,
): readonly InForce<T>[] => {
  const own = versionsAt(history, kind.kind, instant).map(version => asInForce(kind, version))
  const replaced = new Set(own.map(({ id }) => id))
  return [...kind.shipped.filter(({ id }) => !replaced.has(id)).map(shippedInForce), ...own]
}

/** What was in force of a kind one after the other until an instant, the shipped one first. */
export const inForceUntil = <T extends AgreedDocument>(
  history: DefinitionHistory,
  kind: StandingKind<T>,
  instant: number,
): readonly InForce<T>[] => [
  shippedInForce(kind.standard),
  ...history.versions
    .filter(({ kind: of, id, inForceFrom }) => of === kind.kind && id === kind.kind && inForceFrom !== null && inForceFrom <= instant)
    .toSorted((a, b) => (a.inForceFrom ?? 0) - (b.inForceFrom ?? 0))
    .map(version => asInForce(kind, version)),
]

/** The first instant after this one at which something comes into force without anything more being said; null: none is planned. */
export const nextTurnAfter = ({ versions }: DefinitionHistory, instant: number): number | null =>
  versions.reduce<number | null>(
    (next, { inForceFrom: from }) => (from !== null && from > instant && (next === null || from < next) ? from : next),
    null,
  )

const versionsAt = ({ versions }: DefinitionHistory, kind: string, instant: number): readonly DefinitionVersion[] =>
  versions
    .filter(version => version.kind === kind && statusAt(version, instant) === 'in-force')
    .toSorted((a, b) => (a.inForceFrom ?? 0) - (b.inForceFrom ?? 0) || (a.decidedAt ?? 0) - (b.decidedAt ?? 0) || (a.id < b.id ? -1 : 1))

const ownInForceAt = <T extends AgreedDocument>(
  history: DefinitionHistory,
  kind: DocumentKind<T>,
  id: string,
  instant: number,
): InForce<T> | null => {
  const version = history.versions.find(one => one.kind === kind.kind && one.id === id && statusAt(one, instant) === 'in-force')
  return version === undefined ? null : asInForce(kind, version)
}

const shippedInForce = <T extends AgreedDocument>(document: T): InForce<T> => ({
  id: document.id,
  version: document.version,
  name: `${document.id}@${document.version}`,
  document,
  from: null,
  agreedByBoth: false,
})

const asInForce = <T extends AgreedDocument>(
  kind: DocumentKind<T>,
  { id, version, document, inForceFrom, agreedByBoth }: DefinitionVersion,
): InForce<T> => ({
  id,
  version,
  name: `${id}@${version}`,
  document: kind.of(document),
  from: inForceFrom,
  agreedByBoth,
})
