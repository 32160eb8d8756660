import { canonicalJson } from '../../domain/canonical.ts'
import { addDays, parsePeriod, quarterAfter } from '../../domain/periods.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { readCommitments } from '../commitments/commitments.ts'
import { badParameter } from '../problems.ts'
import { agreedDocument, readSigned, sha256Of, type SignedDocument } from '../signed/signed.ts'
import type { Ask } from './ask.ts'
import { readNotes } from './notes.ts'
import { buildPack, type Pack, reviewIdOf } from './pack.ts'
import type { PackPeriod } from './told.ts'

/** `open`: computed as of the question; `proposed`: one function has signed these bytes; `signed`: one of each has, and they stay. */
export type ReviewState = 'open' | 'proposed' | 'signed'

export type Review = {
  readonly state: ReviewState
  /** The canonical bytes of the pack, and their digest. */
  readonly document: string
  readonly sha256: string
  /** What was signed of it so far; null while nobody has. */
  readonly signed: SignedDocument | null
}

const QUARTER = /^\d{4}-Q[1-4]$/

/** The fiscal quarter that a review is about. Throws 400 naming `quarter`. */
export const packPeriodOf = (quarter: string, { settings }: AnswerContext): PackPeriod => {
  const range = QUARTER.test(quarter) ? parsePeriod(quarter, settings.fiscal) : null
  if (range === null || !range.ok || range.value.from === null || range.value.to === null)
    throw badParameter('quarter', 'expected a fiscal quarter such as 2026-Q3')
  const { from, to } = range.value
  return { quarter, next: quarterAfter(quarter, 1), from, to, currency: settings.currency }
}

/** The pack as of the context, from the API's own answers. */
export const computePack = async (
  store: Store,
  context: AnswerContext,
  { ask, quarter }: { readonly ask: Ask; readonly quarter: string },
): Promise<Pack> => {
  const period = packPeriodOf(quarter, context)
  const before = reviewIdOf(quarterAfter(quarter, -1))
  const [notes, commitments] = await Promise.all([readNotes(store, context.sources, reviewIdOf(quarter)), readCommitments(store, context)])
  // what was promised in the review before, or is due in the quarter
  const own = commitments.filter(
    ({ review_id, due_on }) => review_id === before || (due_on !== null && due_on >= period.from && due_on < addDays(period.to, 1)),
  )
  return buildPack({ ask, period, asOf: instantOf(context.observedTo), notes, commitments: own })
}

/** What was signed of a quarter's review as known at the context: the agreed version, else the last proposed one. */
export const signedReview = async (store: Store, { sources }: AnswerContext, quarter: string): Promise<SignedDocument | null> => {
  const signed = await readSigned(store, sources, { type: 'review-signed', id: reviewIdOf(quarter) })
  return agreedDocument(signed) ?? signed.at(-1) ?? null
}

/** A pack takes a while; it is held until something of the tenant is recorded, and no longer than this, because clocks run out by themselves. */
const HELD_MS = 10 * 60_000
const MAX_HELD = 50

type Held = { readonly document: string; readonly asOf: number }

/** The packs that were computed last, by tenant and quarter. */
export type HeldPacks = Map<string, Held>

/**
 * The canonical bytes of the pack. `exact`: as of the very instant that was asked for; else what was computed a moment ago will do, as long as nothing was recorded since.
 */
const documentOf = async (
  store: Store,
  context: AnswerContext,
  { ask, quarter, exact, held }: { readonly ask: Ask; readonly quarter: string; readonly exact: boolean; readonly held: HeldPacks },
): Promise<string> => {
  const { tenant, observedTo, keptSince } = context
  const key = JSON.stringify([tenant, quarter])
  const known = held.get(key)
  if (known !== undefined && (known.asOf === observedTo || (!exact && isGood(known, { observedTo, keptSince })))) return known.document
  const document = canonicalJson(await computePack(store, context, { ask, quarter }))
  if (known === undefined || known.asOf < observedTo) held.set(key, { document, asOf: observedTo })
  const [oldest] = held.keys()
  if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
  return document
}

const isGood = ({ asOf }: Held, { observedTo, keptSince }: Pick<AnswerContext, 'observedTo' | 'keptSince'>): boolean =>
  keptSince !== null && asOf >= keptSince && asOf <= observedTo && observedTo - asOf < HELD_MS

/** The review as it stands: signed bytes where there are some, else computed. `fresh`: computed, whatever is signed. */
export const openReview = async (
  store: Store,
  context: AnswerContext,
  asked: { readonly ask: Ask; readonly quarter: string; readonly fresh: boolean; readonly exact: boolean; readonly held: HeldPacks },
): Promise<Review> => {
  const signed = asked.fresh ? null : await signedReview(store, context, asked.quarter)
  if (signed !== null) {
    const { document, sha256, complete } = signed
    return { state: complete ? 'signed' : 'proposed', document, sha256, signed }
  }
  const document = await documentOf(store, context, asked)
  return { state: 'open', document, sha256: sha256Of(document), signed: null }
}

/** Digest of the agreed review of the quarter before; '' where there is none. */
export const previousSha256 = async (store: Store, context: AnswerContext, quarter: string): Promise<string> => {
  const before = await readSigned(store, context.sources, { type: 'review-signed', id: reviewIdOf(quarterAfter(quarter, -1)) })
  return agreedDocument(before)?.sha256 ?? ''
}
