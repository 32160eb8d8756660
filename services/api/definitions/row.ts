import { z } from 'zod'
import type { JudgedStatement } from '../../domain/definitions/agreement.ts'
import { documentKindOf } from '../../domain/definitions/documents.ts'
import { type DefinitionHistory, type DefinitionVersion, statusAt } from '../../domain/definitions/history.ts'
import { documentKinds } from '../../domain/definitions/documents.ts'
import { instantOf } from '../answer.ts'

const instant = z.string().nullable()

const Statement = z
  .object({
    at: z.string(),
    decision: z.enum(['approved', 'refused']),
    function: z.string(),
    member: z.string().describe('Who acted'),
    on_behalf_of: z.string(),
    tie_break: z.boolean(),
    reason: z.string(),
    disregarded: z
      .string()
      .nullable()
      .describe(
        'Why it does not count: own-proposal, same-member, not-asked, already-decided, no-reason, not-neutral, no-tie; null: it counts',
      ),
    event_id: z.string(),
  })
  .meta({ id: 'DefinitionStatement', description: 'An approval or a refusal' })

/** `shipped`: in force where nothing was agreed · `scheduled`: agreed, in force later. */
export const STATUSES = ['shipped', 'proposed', 'refused', 'scheduled', 'in-force', 'superseded'] as const

export const Version = z
  .object({
    id: z.string(),
    version: z.int(),
    name: z.string(),
    kind: z.string(),
    title: z.string(),
    status: z.enum(STATUSES),
    note: z.string(),
    document: z.record(z.string(), z.unknown()),
    based_on: z.int().nullable(),
    proposed_at: instant,
    proposed_by: z.string(),
    proposed_function: z.string(),
    effective_at: instant.describe('In force from, as proposed; null: from the last approval'),
    decided_at: instant.describe('When the last approval came'),
    in_force_from: instant,
    in_force_to: instant.describe('Exclusive; null: until something else is agreed'),
    agreed_by_both: z.boolean().describe('Both functions approved it; false of the shipped one and of a tie-break'),
    missing: z.array(z.string()).describe('Functions whose approval it waits for'),
    statements: z.array(Statement),
    event_id: z.string().nullable(),
  })
  .meta({ id: 'DefinitionVersion', description: 'One version of a document that both functions agree on' })
export type Version = z.infer<typeof Version>

const orNull = (ms: number | null): string | null => (ms === null ? null : instantOf(ms))

const statementRow = ({
  approves,
  at,
  by,
  function: of,
  onBehalfOf,
  tieBreak,
  reason,
  eventId,
  disregarded,
}: JudgedStatement): z.infer<typeof Statement> => ({
  at: instantOf(at),
  decision: approves ? 'approved' : 'refused',
  function: of,
  member: by,
  on_behalf_of: onBehalfOf,
  tie_break: tieBreak,
  reason,
  disregarded,
  event_id: eventId,
})

const versionRow = (version: DefinitionVersion, at: number): Version => ({
  id: version.id,
  version: version.version,
  name: `${version.id}@${version.version}`,
  kind: version.kind,
  title: version.title === '' ? (documentKindOf(version.kind)?.title ?? version.kind) : version.title,
  status: statusAt(version, at),
  note: version.note,
  document: { ...version.document },
  based_on: version.basedOn,
  proposed_at: instantOf(version.proposed.at),
  proposed_by: version.proposed.by,
  proposed_function: version.proposed.function,
  effective_at: orNull(version.effectiveAt),
  decided_at: orNull(version.decidedAt),
  in_force_from: orNull(version.inForceFrom),
  in_force_to: orNull(version.inForceTo),
  agreed_by_both: version.agreedByBoth,
  missing: statusAt(version, at) === 'proposed' ? [...version.missing] : [],
  statements: version.statements.map(statementRow),
  event_id: version.proposed.eventId,
})

/** The shipped documents as versions: in force until something of their id is. */
const shippedRows = (history: DefinitionHistory, at: number): readonly Version[] =>
  documentKinds.flatMap(kind =>
    kind.shipped.map((document): Version => {
      const begun = history.versions
        .filter(({ id, kind: of, inForceFrom }) => id === document.id && of === kind.kind && inForceFrom !== null)
        .map(({ inForceFrom }) => inForceFrom ?? at)
      const until = begun.length === 0 ? null : Math.min(...begun)
      return {
        id: document.id,
        version: document.version,
        name: `${document.id}@${document.version}`,
        kind: kind.kind,
        title: kind.title,
        status: until !== null && until <= at ? 'superseded' : 'shipped',
        note: '',
        document: { ...document },
        based_on: null,
        proposed_at: null,
        proposed_by: '',
        proposed_function: '',
        effective_at: null,
        decided_at: null,
        in_force_from: null,
        in_force_to: orNull(until),
        agreed_by_both: false,
        missing: [],
        statements: [],
        event_id: null,
      }
    }),
  )

/** Everything there is, as known: by kind and id, the newest version first, the shipped one last. */
export const versionRows = (history: DefinitionHistory, at: number): readonly Version[] => {
  const order = new Map(documentKinds.map(({ kind }, index) => [kind, index]))
  const rows = [...history.versions.map(version => versionRow(version, at)), ...shippedRows(history, at)]
  const ageOf = ({ proposed_at, version }: Version): string => `${proposed_at ?? ''} ${String(version).padStart(9, '0')}`
  return rows.toSorted(
    (a, b) =>
      (order.get(a.kind) ?? 0) - (order.get(b.kind) ?? 0) || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1) || (ageOf(a) > ageOf(b) ? -1 : 1),
  )
}
