import { z } from 'zod'
import { columns } from './output.ts'

const Row = z.looseObject({
  measure: z.string(),
  what: z.string(),
  reason: z.string().optional(),
  month: z.string().optional(),
  value: z.number(),
  unit: z.string(),
})
const Said = z.object({ tenant: z.string(), as_of: z.string(), rows: z.array(Row), total: z.array(Row) })

/** Totals and months as a table: there, here, what lies between, and its pieces by name. */
export const reconciledInWords = (said: unknown): string => {
  const { rows, total, as_of } = Said.parse(said)
  const lines = [...total.map(row => ({ ...row, month: 'all' })), ...rows]
    .filter(({ what }) => what !== 'deal')
    .map(({ measure, month = '', what, reason = '', value, unit }) => [measure, month, what, reason, String(value), unit])
  return `${columns([['measure', 'month', 'what', 'reason', 'value', 'unit'], ...lines])}\nas of ${as_of}; --json has every deal`
}
