import { z } from 'zod'
import { type Agreement, agreementOf, type Statement } from './agreement.ts'
import type { AgreedDocument } from './document-kind.ts'
import { documentKindOf, readDocument } from './documents.ts'
import type { DefinitionHistory, DefinitionVersion } from './history.ts'

/** One thing that was said of a definition, as the log has it. */
export type DefinitionEvent = {
  readonly type: string
  readonly eventId: string
  /** When it was known, milliseconds since the epoch: a statement counts from then, whatever day its author wrote on it. */
  readonly at: number
  readonly payload: unknown
}

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
