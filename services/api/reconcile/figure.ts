import { z } from 'zod'
import { amountsThere, dealsHere, type ReconcileQuestion } from '../../domain/figures/reconcile.ts'
import { type Cell, differences, type Reconciled, REASONS, type Stated, type StatedHere } from '../../domain/reconcile/differences.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, exact, type FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Figures } from '../figure-route.ts'

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

const Here = z.object({
  id: z.string(),
  url: z.string(),
  state: z.enum(['open', 'won', 'lost']),
  month: z.string(),
  value: z.coerce.bigint(),
  missing: z.coerce.number(),
  said: z.coerce.bigint().nullable(),
  said_in: z.string(),
  because: z.string(),
  typed: z.coerce.number(),
  qualified: z.coerce.number(),
  mapped: z.coerce.number(),
})
const There = z.object({ place: z.coerce.number(), value: z.coerce.bigint(), missing: z.coerce.number() })

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

/**
 * Won and open pipeline by month of the close date, there and here, and every difference by name, deal by deal. `then`: the state of knowledge at which the CRM was asked, null where it is
 * that of the answer.
 */
export const reconcileAnswer = async (
  store: Store,
  context: AnswerContext,
  question: ReconcileQuestion,
  crm: readonly CrmRow[],
  then: AnswerContext | null,
  months: (month: string) => boolean,
): Promise<Figures> => {
  const [here, before, amounts] = await Promise.all([
    readHere(store, context, question),
    then === null ? null : readHere(store, then, question),
    crm.length === 0
      ? []
      : store.read(
          amountsThere(
            context.sources,
            crm.map(({ amount_minor, currency, close_date, state }, place) => ({
              place,
              amount: amount_minor,
              currency: currency === '' ? question.currency : currency,
              day: state === 'open' ? null : close_date,
            })),
            question,
          ),
        ),
  ])
  const known = new Map<string, string>()
  for (const row of here.toReversed()) for (const name of namesOf(row)) known.set(name, row.id)
  const worth = new Map(amounts.map(row => There.parse(row)).map(({ place, value, missing }) => [place, missing === 1 ? null : value]))
  const there = crm.map(
    ({ deal_id, state, amount_minor, currency, close_date, deleted }, place): Stated => ({
      id: known.get(deal_id) ?? deal_id,
      state,
      month: close_date === null ? '' : close_date.slice(0, 7),
      value: worth.get(place) ?? null,
      said: amount_minor,
      currency: currency === '' ? question.currency : currency,
      deleted,
    }),
  )
  const found = differences(there, here.map(statedHere), before === null ? null : before.map(statedHere))
  assertNotTooMany(found.differences.length)
  return rowsOf(found, question.currency, months, context.flags)
}

const MEASURES = ['won', 'open'] as const
const NOTHING: Cell = { value: 0n, count: 0 }

const plus = (cells: readonly Cell[]): Cell =>
  cells.reduce((sum, { value, count }) => ({ value: sum.value + value, count: sum.count + count }), NOTHING)

const rowsOf = (
  { there, here, differences: pieces }: Reconciled,
  currency: string,
  asked: (month: string) => boolean,
  flags: readonly string[],
): Figures => {
  const months = [...new Set([...there.keys(), ...here.keys()].map(key => key.slice(key.indexOf(' ') + 1)))].filter(asked).toSorted()
  const named = (measure: string, what: string, cell: Cell, more: Readonly<Record<string, string>>): FigureRow[] => {
    const shared = { measure, what, ...more, metric: 'reconcile', flags: [...flags] }
    return [
      { ...shared, value: exact(cell.value), unit: `${currency} minor` },
      { ...shared, value: cell.count, unit: 'count' },
    ]
  }
  const mine = pieces.filter(({ month }) => asked(month))
  const rows: FigureRow[] = []
  const total: FigureRow[] = []
  for (const measure of MEASURES) {
    const cellOf = (side: ReadonlyMap<string, Cell>, month: string): Cell => side.get(`${measure} ${month}`) ?? NOTHING
    const of = mine.filter(piece => piece.measure === measure)
    const block = (month: string | null): FigureRow[] => {
      const these = month === null ? of : of.filter(piece => piece.month === month)
      const [crm, accord] = [there, here].map(side => plus((month === null ? months : [month]).map(name => cellOf(side, name))))
      const label = month === null ? {} : { month: month === '' ? '(none)' : month }
      return [
        ...named(measure, 'crm', crm ?? NOTHING, label),
        ...named(measure, 'here', accord ?? NOTHING, label),
        ...named(measure, 'difference', plus(these), label),
        ...REASONS.flatMap(reason => {
          const because = these.filter(piece => piece.reason === reason)
          return because.length === 0 ? [] : named(measure, 'because', plus(because), { ...label, reason })
        }),
      ]
    }
    rows.push(...months.flatMap(month => block(month)))
    total.push(...block(null))
    for (const { month, reason, id, value, count } of of)
      rows.push(...named(measure, 'deal', { value, count }, { month: month === '' ? '(none)' : month, reason, deal_id: id }))
  }
  return { rows, total, excluded: {} }
}
