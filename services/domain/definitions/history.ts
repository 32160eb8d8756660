import { z } from 'zod'
import type { AgreedDocument, DocumentKind, StandingKind } from './document-kind.ts'
import { documentKindOf, readDocument } from './documents.ts'
import { type Agreement, agreementOf, type Statement } from './agreement.ts'

/** One thing that was said of a definition, as the log has it. */
export type DefinitionEvent = {
  readonly type: string
  readonly eventId: string
  /** When it was known, milliseconds since the epoch: a statement counts from then, whatever day its author wrote on it. */
  readonly at: number
  readonly payload: unknown
}

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
  const own = versionsAt(history, kind.kind, instant).map(version => read(kind, version))
  const replaced = new Set(own.map(({ id }) => id))
  return [...kind.shipped.filter(({ id }) => !replaced.has(id)).map(shippedInForce), ...own]
}

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
  return version === undefined ? null : read(kind, version)
}

const shippedInForce = <T extends AgreedDocument>(document: T): InForce<T> => ({
  id: document.id,
  version: document.version,
  name: `${document.id}@${document.version}`,
  document,
  from: null,
  agreedByBoth: false,
})

const read = <T extends AgreedDocument>(
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

const Published = z.object({
  definition_id: z.string(),
  version: z.int(),
  kind: z.string(),
  document: z.string(),
  title: z.string().default(''),
  effective_at: z.number().nullable().default(null),
  function: z.string().default(''),
  member_id: z.string().default(''),
  based_on: z.int().nullable().default(null),
  note: z.string().default(''),
})
const Said = z.object({
  definition_id: z.string(),
  version: z.int(),
  function: z.string().default(''),
  member_id: z.string().default(''),
  on_behalf_of: z.string().default(''),
  tie_break: z.boolean().default(false),
  reason: z.string().default(''),
})

const keyOf = (id: string, version: number): string => `${id}@${version}`
const inOrder = (a: DefinitionEvent, b: DefinitionEvent): number => a.at - b.at || (a.eventId < b.eventId ? -1 : 1)

type Proposal = Omit<DefinitionVersion, keyof Agreement | 'inForceFrom' | 'inForceTo'>

/**
 * What was proposed, approved and refused, as one history. The first publication of an id and version is what the two functions judge: a later one with other
 * words changes nothing, nor does one under another kind, nor a document that its schema refuses (the collector refuses it; the log may be older).
 */
export const historyOf = (events: readonly DefinitionEvent[]): DefinitionHistory => {
  const said = events.toSorted(inOrder)
  const proposals = new Map<string, Proposal>()
  const kindOfId = new Map<string, string>()
  for (const event of said) {
    const proposal = event.type === 'definition-published' ? proposalOf(event) : null
    if (proposal === null) continue
    const key = keyOf(proposal.id, proposal.version)
    if (proposals.has(key) || (kindOfId.get(proposal.id) ?? proposal.kind) !== proposal.kind) continue
    kindOfId.set(proposal.id, proposal.kind)
    proposals.set(key, proposal)
  }
  const statements = new Map<string, Statement[]>()
  for (const event of said) {
    if (event.type !== 'definition-approved' && event.type !== 'definition-refused') continue
    const read = Said.safeParse(event.payload)
    if (!read.success) continue
    const { definition_id: id, version, function: of, member_id: by, on_behalf_of: onBehalfOf, tie_break: tieBreak, reason } = read.data
    const key = keyOf(id, version)
    const statement = {
      approves: event.type === 'definition-approved',
      at: event.at,
      by,
      function: of,
      onBehalfOf,
      tieBreak,
      reason,
      eventId: event.eventId,
    }
    statements.set(key, [...(statements.get(key) ?? []), statement])
  }
  const judged = [...proposals].map(([key, proposal]) => ({ ...proposal, ...agreementOf(proposal.proposed, statements.get(key) ?? []) }))
  return { versions: withForce(judged) }
}

const proposalOf = ({ payload, at, eventId }: DefinitionEvent): Proposal | null => {
  const read = Published.safeParse(payload)
  if (!read.success) return null
  const {
    definition_id: id,
    version,
    kind,
    document: text,
    title,
    effective_at: effective,
    function: of,
    member_id: by,
    based_on: basedOn,
    note,
  } = read.data
  const document = documentFrom(kind, id, version, text)
  if (document === null) return null
  const effectiveAt = effective === null ? null : Math.floor(effective / 1000)
  return { kind, id, version, document, title, note, basedOn, effectiveAt, proposed: { at, by, function: of, eventId } }
}

/** Histories are read again and again, the documents in them stay the same. */
const documents = new Map<string, AgreedDocument | null>()
const MAX_DOCUMENTS = 2_000

const documentFrom = (kindName: string, id: string, version: number, text: string): AgreedDocument | null => {
  const key = `${kindName} ${id} ${version} ${text}`
  const known = documents.get(key)
  if (known !== undefined) return known
  const [oldest] = documents.keys()
  if (documents.size >= MAX_DOCUMENTS && oldest !== undefined) documents.delete(oldest)
  const made = parseDocument(kindName, id, version, text)
  documents.set(key, made)
  return made
}

const parseDocument = (kindName: string, id: string, version: number, text: string): AgreedDocument | null => {
  const kind = documentKindOf(kindName)
  if (kind === null) return null
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return null
  }
  const read = readDocument(kind, content, { id, version })
  return read.ok ? read.document : null
}

/**
 * From when to when each version is in force. In the order of the decisions: what was agreed at D to hold from F on takes over from F; everything agreed before it that
 * began between F and D gives way, and what was planned to begin later than both still does.
 */
const withForce = (versions: readonly (Proposal & Agreement)[]): readonly DefinitionVersion[] => {
  const timelines = new Map<string, { readonly key: string; readonly from: number }[]>()
  const decided = versions
    .flatMap(version => (version.decidedAt === null ? [] : [{ version, at: version.decidedAt }]))
    .toSorted((a, b) => a.at - b.at || a.version.version - b.version.version)
  for (const { version, at } of decided) {
    const from = version.effectiveAt ?? at
    const before = timelines.get(version.id) ?? []
    const staying = before.filter(segment => segment.from < from || segment.from > Math.max(from, at))
    const timeline = [...staying, { key: keyOf(version.id, version.version), from }].toSorted((a, b) => a.from - b.from)
    timelines.set(version.id, timeline)
  }
  return versions.map(version => {
    const timeline = timelines.get(version.id) ?? []
    const place = timeline.findIndex(({ key }) => key === keyOf(version.id, version.version))
    return { ...version, inForceFrom: timeline[place]?.from ?? null, inForceTo: place < 0 ? null : (timeline[place + 1]?.from ?? null) }
  })
}
