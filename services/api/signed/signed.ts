import { createHash } from 'node:crypto'
import { z } from 'zod'
import { APPROVING } from '../../domain/definitions/agreement.ts'
import type { FigureSources } from '../../domain/figures/sources.ts'
import { bind, sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'

/** Events by which the two functions sign what they have agreed on. */
export type SigningType = 'review-signed' | 'audit-signed'

export type Signature = {
  readonly function: string
  readonly member: string
  readonly onBehalfOf: string
  /** Milliseconds since the epoch. */
  readonly signedAt: number
  readonly sha256: string
  readonly eventId: string
}

/** One version of a document that somebody signed. */
export type SignedDocument = {
  /** The canonical bytes. */
  readonly document: string
  readonly sha256: string
  readonly previousSha256: string
  /** Knowledge time of every figure in it; ms. */
  readonly asOf: number
  readonly signatures: readonly Signature[]
  /** One of each function has signed these bytes: they stay. */
  readonly complete: boolean
}

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

const Row = z.object({ event_id: z.string(), recorded_at: z.coerce.number(), payload: z.string() })
const Micros = z.union([z.string(), z.number()]).transform(value => (typeof value === 'number' ? value / 1000 : Date.parse(value)))
const Payload = z.object({
  function: z.string().default(''),
  member_id: z.string().default(''),
  on_behalf_of: z.string().default(''),
  as_of: Micros,
  sha256: z.string(),
  document: z.string().default(''),
  previous_sha256: z.string().default(''),
})

/**
 * Everything that was signed of one thing, in the order of the first signatures. A signature counts where the bytes that its digest names are in the log; of the functions
 * marketing and sales each has to sign the same bytes, by two members.
 */
export const readSigned = async (
  store: Store,
  { recordFacts }: FigureSources,
  { type, id }: { readonly type: SigningType; readonly id: string },
): Promise<readonly SignedDocument[]> => {
  const rows = await store.read(sql`
    SELECT event_id, toUnixTimestamp64Milli(recorded_at) AS recorded_at, payload FROM ${recordFacts}
    WHERE type = ${bind.string(type)} AND subject = ${bind.string(id)}
    ORDER BY occurred_at, recorded_at, event_id`)
  const said = rows.map(row => Row.parse(row)).map(row => ({ ...row, payload: Payload.parse(JSON.parse(row.payload)) }))
  const documents = new Map(
    said
      .filter(({ payload }) => payload.document !== '' && sha256Of(payload.document) === payload.sha256)
      .map(each => [each.payload.sha256, each.payload]),
  )
  return [...Map.groupBy(said, ({ payload }) => payload.sha256)].flatMap(([sha256, signed]) => {
    const first = documents.get(sha256)
    if (first === undefined) return []
    const signatures = signed.map(({ event_id, recorded_at, payload }) => ({
      function: payload.function,
      member: payload.member_id,
      onBehalfOf: payload.on_behalf_of,
      signedAt: recorded_at,
      sha256,
      eventId: event_id,
    }))
    return [
      {
        document: first.document,
        sha256,
        previousSha256: first.previous_sha256,
        asOf: first.as_of,
        signatures,
        complete: isComplete(signatures),
      },
    ]
  })
}

/** Each function by a member of its own: one person does not sign for both. */
const isComplete = (signatures: readonly Signature[]): boolean => {
  const [one, other] = APPROVING.map(name => signatures.filter(signature => signature.function === name).map(({ member }) => member))
  return (one ?? []).some(member => (other ?? []).some(another => another !== member))
}

/** What is in force: the first that one of each function signed; else null. */
export const agreedDocument = (signed: readonly SignedDocument[]): SignedDocument | null => signed.find(({ complete }) => complete) ?? null
