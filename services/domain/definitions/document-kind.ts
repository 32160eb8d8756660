import { z } from 'zod'

/** What every document says of itself: its id is that of the definition, its version the one that is proposed. */
export type AgreedDocument = { readonly id: string; readonly version: number }

/**
 * A kind of document that marketing and sales agree on (design D5). `one`: a company has one of it, whose id is the kind. `many`: several at a time, each with
 * an id of its own, each agreed for itself.
 */
export type DocumentKind<T extends AgreedDocument = AgreedDocument> = {
  readonly kind: string
  /** What people call it. */
  readonly title: string
  readonly cardinality: 'one' | 'many'
  readonly schema: z.ZodType<T>
  /** In force where nothing of the kind was agreed; of `many` each by its id. */
  readonly shipped: readonly T[]
  /** Kept tables are computed under it: when it changes, everything of the tenant is computed anew. */
  readonly kept: boolean
  /** A document that was read before, as one of this kind; reads each object once. Throws on one that the schema refuses. */
  readonly of: (document: AgreedDocument) => T
}

/** A kind of which there is always one in force: the shipped one until another is agreed. */
export type StandingKind<T extends AgreedDocument> = DocumentKind<T> & { readonly standard: T }

type Naming<T extends AgreedDocument> = {
  readonly kind: string
  readonly title: string
  readonly schema: z.ZodType<T>
  readonly kept?: boolean
}

const make = <T extends AgreedDocument>(
  { kind, title, schema, kept = false }: Naming<T>,
  cardinality: 'one' | 'many',
  shipped: readonly T[],
): DocumentKind<T> => {
  const read = new WeakMap<AgreedDocument, T>()
  const of = (document: AgreedDocument): T => {
    const known = read.get(document)
    if (known !== undefined) return known
    const made = schema.parse(document)
    read.set(document, made)
    return made
  }
  return { kind, title, cardinality, schema, shipped, kept, of }
}

/** One per company, with a sound default. */
export const standingDocument = <T extends AgreedDocument>({
  shipped,
  ...naming
}: Naming<T> & { readonly shipped: T }): StandingKind<T> => ({ ...make(naming, 'one', [shipped]), standard: shipped })

/** One per company, and nothing until the company says it: nobody else can know. */
export const ownDocument = <T extends AgreedDocument>(naming: Naming<T>): DocumentKind<T> => make(naming, 'one', [])

/** Many, each with its own id. */
export const documentsById = <T extends AgreedDocument>({
  shipped,
  ...naming
}: Naming<T> & { readonly shipped: readonly T[] }): DocumentKind<T> => make(naming, 'many', shipped)

/** Ids of documents of which there are many: they are keys of the log and stand in addresses of the API. */
export const documentId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
  message: 'expected small letters, digits, dots, dashes or underscores, at most 64, beginning with a letter or digit',
})
export const documentVersion = z.int().min(1)
