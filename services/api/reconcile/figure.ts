import { z } from 'zod'
import { amountsThere, crmSnapshots, dealsHere, type ReconcileQuestion, snapshotDeals } from '../../domain/figures/reconcile.ts'
import { differences, type Reconciled, type Stated, type StatedHere } from '../../domain/reconcile/differences.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'

/** One deal as a CRM shows it. */
export const CrmRow = z.strictObject({
  deal_id: z
    .string()
    .min(1)
    .max(512)
    .describe('Its id in the CRM; here the same, with the system in front, or the end of the link to the record'),
  state: z.enum(['open', 'won', 'lost']),
  amount_minor: z.coerce
    .bigint()
    .nullish()
    .transform(value => value ?? null),
  currency: z.string().max(3).default('').describe('Default: the one asked for'),
  close_date: z.iso
    .date()
    .nullish()
    .transform(value => value ?? null),
  deleted: z.boolean().default(false),
})
export type CrmRow = z.output<typeof CrmRow>

/** What a CRM said at an instant, and was kept. */
export const Snapshot = z
  .object({
    id: z.string(),
    system: z.string().describe('CRM that said so; empty where nobody named it'),
    taken_at: z.string().describe('When the CRM said so'),
    kept_at: z.string().describe('When it came here'),
    deals: z.number(),
  })
  .meta({ id: 'CrmSnapshot', description: 'The deals of a CRM as they were at one instant' })
export type Snapshot = z.output<typeof Snapshot>

const SnapshotRow = z.object({
  snapshot: z.string(),
  system: z.string(),
  taken_ms: z.coerce.number(),
  kept_ms: z.coerce.number(),
  deals: z.coerce.number(),
})

/** Every snapshot that was kept as a whole by `as_of`, the latest first. */
export const readSnapshots = async (store: Store, { sources }: AnswerContext): Promise<readonly Snapshot[]> =>
  (await store.read(crmSnapshots(sources))).map(row => {
    const { snapshot, system, taken_ms: taken, kept_ms: kept, deals } = SnapshotRow.parse(row)
    return { id: snapshot, system, taken_at: instantOf(taken), kept_at: instantOf(kept), deals }
  })

const state = z.enum(['open', 'won', 'lost'])
const Here = z.object({
  id: z.string(),
  url: z.string(),
  state,
  month: z.string(),
  value: z.coerce.bigint(),
  missing: z.coerce.number(),
  said: z.coerce.bigint().nullable(),
  said_in: z.string(),
  because: z.string(),
  typed: z.coerce.number(),
  qualified: z.coerce.number(),
  mapped: z.coerce.number(),
  event_ids: z.array(z.string()),
})
const There = z.object({ place: z.coerce.number(), value: z.coerce.bigint(), missing: z.coerce.number() })
const Kept = z.object({
  deal_id: z.string(),
  state,
  month: z.string(),
  value: z.coerce.bigint(),
  missing: z.coerce.number(),
  said: z.coerce.bigint().nullable(),
  said_in: z.string(),
  deleted: z.coerce.number(),
  event_id: z.string(),
})

/** What a CRM said of a deal; `id` is the CRM's. */
type Said = Stated & { readonly eventId: string | null }

/** Rows of a CRM as they were posted. */
export const saidInRows = async (
  store: Store,
  { sources }: AnswerContext,
  question: ReconcileQuestion,
  rows: readonly CrmRow[],
): Promise<readonly Said[]> => {
  if (rows.length === 0) return []
  const amounts = await store.read(
    amountsThere(
      sources,
      rows.map(({ amount_minor, currency, close_date, state: how }, place) => ({
        place,
        amount: amount_minor,
        currency: currency === '' ? question.currency : currency,
        day: how === 'open' ? null : close_date,
      })),
      question,
    ),
  )
  const worth = new Map(amounts.map(row => There.parse(row)).map(({ place, value, missing }) => [place, missing === 1 ? null : value]))
  return rows.map(({ deal_id, state: how, amount_minor, currency, close_date, deleted }, place) => ({
    id: deal_id,
    state: how,
    month: close_date === null ? '' : close_date.slice(0, 7),
    value: worth.get(place) ?? null,
    said: amount_minor,
    currency: currency === '' ? question.currency : currency,
    deleted,
    eventId: null,
  }))
}

/** The deals of a kept snapshot. */
export const saidInSnapshot = async (
  store: Store,
  { sources }: AnswerContext,
  question: ReconcileQuestion,
  snapshot: string,
): Promise<readonly Said[]> =>
  (await store.read(snapshotDeals(sources, snapshot, question))).map(row => {
    const { deal_id: id, missing, value, said_in: currency, deleted, event_id: eventId, ...rest } = Kept.parse(row)
    return {
      ...rest,
      id,
      value: missing === 1 ? null : value,
      currency: currency === '' ? question.currency : currency,
      deleted: deleted === 1,
      eventId,
    }
  })

/** Names by which a CRM may know a deal of ours. */
const namesOf = ({ id, url }: z.output<typeof Here>): readonly string[] => [
  id,
  id.slice(id.indexOf(':') + 1),
  ...(url === ''
    ? []
    : [
        url
          .replace(/[?#].*$/, '')
          .replace(/\/(?:view)?\/*$/, '')
          .split('/')
          .at(-1) ?? '',
      ]),
]

const readHere = async (store: Store, { sources }: AnswerContext, question: ReconcileQuestion) =>
  (await store.read(dealsHere(sources, question))).map(row => Here.parse(row))

const statedHere = (row: z.output<typeof Here>): StatedHere => ({
  id: row.id,
  state: row.state,
  month: row.month,
  value: row.missing === 1 ? null : row.value,
  said: row.said,
  currency: row.said_in,
  deleted: false,
  because: row.because,
  typed: row.typed === 1,
  qualified: row.qualified === 1,
  mapped: row.mapped === 1,
})

/** What differs, and the events that say what each side says of a deal. */
export type Compared = Reconciled & { readonly eventsOf: (side: 'there' | 'here', id: string) => readonly string[] }

/** Compares deal by deal. `then`: the state of knowledge at which the CRM was asked, null where it is that of the answer. */
export const compared = async (
  store: Store,
  context: AnswerContext,
  question: ReconcileQuestion,
  said: readonly Said[],
  then: AnswerContext | null,
): Promise<Compared> => {
  const [here, before] = await Promise.all([readHere(store, context, question), then === null ? null : readHere(store, then, question)])
  const known = new Map<string, string>()
  for (const row of here.toReversed()) for (const name of namesOf(row)) known.set(name, row.id)
  const there = said.map(deal => ({ ...deal, id: known.get(deal.id) ?? deal.id }))
  const events = {
    there: new Map(there.map(({ id, eventId }) => [id, eventId === null ? [] : [eventId]])),
    here: new Map(here.map(({ id, event_ids }) => [id, event_ids])),
  }
  return {
    ...differences(there, here.map(statedHere), before === null ? null : before.map(statedHere)),
    eventsOf: (side, id) => events[side].get(id) ?? [],
  }
}
