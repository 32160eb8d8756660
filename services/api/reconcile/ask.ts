import { z } from 'zod'
import type { ReconcileQuestion } from '../../domain/figures/reconcile.ts'
import { REASONS } from '../../domain/reconcile/differences.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext, AnswerReader } from '../as-of.ts'
import type { ExplainableFigure, ProofItem } from '../explain/figure.ts'
import { exact } from '../answer.ts'
import { stageMapName } from '../funnel/stages.ts'
import { currencyOf, filtersOf, periodOf, type PeriodQuery } from '../parameters.ts'
import { type Compared, compared, CrmRow, readSnapshots, saidInRows, saidInSnapshot } from './figure.ts'
import { MEASURES, partsOf, reconciledRows, WHATS } from './rows.ts'

const MOST_ROWS = 20_000
const EVERY_TYPE = '*'
/** What bookings and pipeline are of, unless types are asked for: everything but renewals (metrics, Deal types). */
const COUNTED_TYPES = ['new-business', 'expansion', '(none)']

export const ReconcileBody = z.strictObject({
  taken_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('When the CRM said so: what became known here later is named late; default: now'),
  system: z.string().max(64).default('').describe('CRM that says so: salesforce, hubspot …'),
  keep: z
    .boolean()
    .default(true)
    .describe(
      'Keeps the rows, so that GET /v1/reconcile compares with them; needs a credential that may send facts. false: compared and forgotten',
    ),
  rows: z.array(CrmRow).min(1).max(MOST_ROWS),
})

export type ReconcileAsked = PeriodQuery & {
  readonly currency?: string | undefined
  readonly deal_type?: string | readonly string[] | undefined
}
type Deps = { readonly store: Store; readonly reader: AnswerReader }

/** What is compared, by which months. */
const AskedOf = z.strictObject({ from: z.string().nullable(), to: z.string().nullable(), currency: z.string(), types: z.array(z.string()) })
export type AskedOf = z.output<typeof AskedOf>

export const askedOf = (query: ReconcileAsked, context: AnswerContext): AskedOf => {
  const { from, to } = periodOf(query, context.settings)
  const types = filtersOf(query, ['deal_type']).deal_type ?? COUNTED_TYPES
  return { from, to, currency: currencyOf(query.currency, context), types: types.includes(EVERY_TYPE) ? [] : [...types] }
}

const questionOf = ({ currency, types }: AskedOf, { definitions, settings }: AnswerContext): ReconcileQuestion => ({
  stageMap: definitions.stageMap,
  zone: settings.zone,
  currency,
  dealTypes: types,
})

export const monthsOf =
  ({ from, to }: AskedOf) =>
  (month: string): boolean =>
    (from === null || month >= from.slice(0, 7)) && (to === null || `${month}-01` < to)

/** The state of knowledge at which the CRM was asked, where that is earlier than the answer's. */
const asKnownThen = async <T>(
  { reader }: Deps,
  context: AnswerContext,
  takenAt: number | null,
  answer: (then: AnswerContext | null) => Promise<T>,
): Promise<T> =>
  takenAt === null || takenAt >= context.observedTo
    ? answer(null)
    : reader.read(context.tenant, { as_of: new Date(takenAt).toISOString() }, answer)

/** Compares a CRM's deals with what is known; where the CRM was asked earlier, also with what was known then. */
export const compareRows = async (
  deps: Deps,
  context: AnswerContext,
  asked: AskedOf,
  { rows, taken_at: takenAt }: { readonly rows: readonly CrmRow[]; readonly taken_at?: string | undefined },
): Promise<Compared> => {
  const question = questionOf(asked, context)
  const said = await saidInRows(deps.store, context, question, rows)
  return asKnownThen(deps, context, takenAt === undefined ? null : Date.parse(takenAt), then =>
    compared(deps.store, context, question, said, then),
  )
}

/** The same with a snapshot that was kept; `takenAt` in milliseconds. */
export const compareSnapshot = async (
  deps: Deps,
  context: AnswerContext,
  asked: AskedOf,
  snapshot: { readonly id: string; readonly takenAt: number },
): Promise<Compared> => {
  const question = questionOf(asked, context)
  const said = await saidInSnapshot(deps.store, context, question, snapshot.id)
  return asKnownThen(deps, context, snapshot.takenAt, then => compared(deps.store, context, question, said, then))
}

export const underOf = ({ definitions }: AnswerContext) => {
  const name = stageMapName(definitions.stageMap)
  return { definition: name, definitions: [name] }
}

/** One number of a comparison with a kept snapshot. */
const Narrowed = AskedOf.extend({
  snapshot: z.string(),
  place: z.strictObject({
    measure: z.enum(MEASURES),
    what: z.enum(WHATS),
    month: z.string().nullable(),
    reason: z.enum(REASONS).nullable(),
    deal: z.string().nullable(),
  }),
  unit: z.enum(['value', 'count']),
})
export type Narrowed = z.output<typeof Narrowed>

/** Opens a number down to the deals that it is made of, and what each side has of them. */
export const reconcileExplained = (reader: AnswerReader): ExplainableFigure => ({
  definitionsOf: context => underOf(context).definitions,
  explain: async (store, context, metric, said) => {
    const { snapshot: id, place, unit, ...asked } = Narrowed.parse(said)
    const snapshot = (await readSnapshots(store, context)).find(known => known.id === id)
    if (snapshot === undefined || metric !== 'reconcile') return null
    const found = await compareSnapshot({ store, reader }, context, asked, { id, takenAt: Date.parse(snapshot.taken_at) })
    const isAsked = monthsOf(asked)
    const { rows, total } = reconciledRows(found, { currency: asked.currency, isAsked, flags: context.flags })
    const number = [...total, ...rows].find(
      each =>
        each.unit === unit &&
        each.place.measure === place.measure &&
        each.place.what === place.what &&
        each.place.month === place.month &&
        each.place.reason === place.reason &&
        each.place.deal === place.deal,
    )
    if (number === undefined) return null
    const proof = partsOf(found, place)
      .filter(part => isAsked(part.month))
      .map(
        (part): ProofItem => ({
          entity: 'deal',
          id: part.id,
          account: '',
          deal_id: part.id,
          event_ids: [
            ...(place.what === 'here' ? [] : found.eventsOf('there', part.id)),
            ...(place.what === 'crm' ? [] : found.eventsOf('here', part.id)),
          ],
          note: [part.month === '' ? '(none)' : part.month, part.reason].filter(text => text !== '').join(' '),
          at: '',
          contribution: unit === 'value' ? exact(part.value) : part.count,
          base: 0,
        }),
      )
    return { row: number.row, proof, divisor: 1 }
  },
})
