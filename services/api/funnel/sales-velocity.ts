import { z } from 'zod'
import { velocityParts } from '../../domain/figures/funnel-deals.ts'
import { addDays, dateAt, startOfDay } from '../../domain/periods.ts'
import type { Store } from '../../store/port.ts'
import { exact, type FigureRow, flagsOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { MeasuredQuestion } from './measures.ts'
import type { FunnelFigures } from './stages.ts'

const Parts = z.looseObject({
  is_total: z.coerce.number(),
  open: z.coerce.number(),
  won: z.coerce.number(),
  decided: z.coerce.number(),
  valued: z.coerce.number(),
  value: z.coerce.bigint(),
  cycled: z.coerce.number(),
  cycle_days: z.coerce.number(),
})
export type VelocityParts = Pick<z.output<typeof Parts>, 'open' | 'won' | 'decided' | 'valued' | 'value' | 'cycled' | 'cycle_days'>

/** M21 in whole minor units a day: open × win rate × mean won value / mean cycle; null where one of them is not there. Ex 40 × .25 × 20,000 / 80 d = 2,500. */
export const perDay = ({ open, won, decided, valued, value, cycled, cycle_days }: VelocityParts): number | null => {
  if (decided === 0 || valued === 0 || cycle_days === 0) return null
  // one division, after everything was multiplied
  const [above, below] = [BigInt(open) * BigInt(won) * value * BigInt(cycled), BigInt(decided) * BigInt(valued) * BigInt(cycle_days)]
  return exact((2n * above + below) / (2n * below))
}

/** The same day a year before; the 29th of February becomes the 28th. */
const yearBefore = (date: string): string => {
  const before = `${Number(date.slice(0, 4)) - 1}${date.slice(4)}`
  return before.endsWith('-02-29') ? `${before.slice(0, 8)}28` : before
}

/** M21 of the twelve months up to the end of the period, or to what is known. Its parts are beside it; M4, M17, M18 and M20 open them. */
export const salesVelocity = async (store: Store, context: AnswerContext, question: MeasuredQuestion): Promise<FunnelFigures> => {
  const { zone, observedTo, currency, start, by } = question
  const at = Math.min(question.to ?? observedTo + 1, observedTo + 1)
  const last = dateAt(at - 1, zone)
  const from = startOfDay(yearBefore(addDays(last, 1)), zone)
  const sliced = by.filter(name => name !== 'month' && name !== 'week')
  const found = (await store.read(velocityParts(context.sources, { ...question, by: sliced, from, to: at }, start, at))).map(row =>
    Parts.parse(row),
  )
  const rowOf = (row: z.output<typeof Parts>, dims: Readonly<Record<string, unknown>>): FigureRow => ({
    counted: 'deals',
    start,
    twelve_months_to: last,
    ...dims,
    metric: 'M21',
    value: perDay(row),
    unit: `${currency} minor`,
    per: 'day',
    open: row.open,
    won: row.won,
    lost: row.decided - row.won,
    won_value: exact(row.value),
    cycle_days: row.cycle_days,
    flags: flagsOf(row.decided, context.flags),
  })
  const total = found.filter(row => row.is_total === 1).map(row => rowOf(row, {}))
  const rows =
    sliced.length === 0
      ? total
      : found.filter(row => row.is_total === 0).map(row => rowOf(row, Object.fromEntries(sliced.map(name => [name, row[name]]))))
  return { rows, total, excluded: {} }
}
