import { dataFields } from '../fields.ts'
import { countCell, momentCell, yesOrNo } from './cells.ts'
import type { Columns } from './mapping.ts'
import { hashOf, type RowKind, type RowRead, type WrongCell } from './table.ts'

/** Whose touch it is: a column with the whole node, or one with the bare id. */
const SUBJECTS: Readonly<Record<string, string>> = {
  person_id: 'person:',
  account_id: 'account:',
  anonymous_id: 'anonymous:',
  email: 'email:',
}
/** Fields of a touch that fit into a cell. */
const PLAIN = dataFields('touch-recorded').filter(
  ({ type, field }) => typeof type === 'string' && !['subject', 'precision'].includes(field.name),
)

const wrong = (columns: Columns, field: string, reason: string): WrongCell => ({ column: columns.nameOf(field), code: 'bad_value', reason })

const subjectOf = (columns: Columns, cells: readonly string[]): string => {
  const subject = columns.of(cells, 'subject')
  if (subject !== '') return subject
  for (const [field, kind] of Object.entries(SUBJECTS)) {
    const id = columns.of(cells, field)
    if (id !== '') return kind + id
  }
  return ''
}

const read = (columns: Columns, cells: readonly string[]): RowRead => {
  const subject = subjectOf(columns, cells)
  if (subject === '') return wrong(columns, 'subject', `expected a subject, or one of ${Object.keys(SUBJECTS).join(', ')}`)
  const atField = columns.has('occurred_at') ? 'occurred_at' : 'date'
  const moment = momentCell(columns.of(cells, atField), columns.style)
  if (moment === null) return wrong(columns, atField, `expected a date (${columns.style.dates}) or a time in it`)
  const data: Record<string, unknown> = { subject, precision: moment.precision }
  for (const { field, type } of PLAIN) {
    const text = columns.of(cells, field.name)
    if (text === '') continue
    const value = type === 'boolean' ? yesOrNo(text) : type === 'int' ? countCell(text, columns.style) : text
    if (value === null) return wrong(columns, field.name, type === 'boolean' ? 'expected yes or no' : 'expected a count')
    data[field.name] = typeof value === 'bigint' ? Number(value) : value
  }
  const content = hashOf([moment.occurredAt, Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))])
  const campaign = data['campaign']
  return {
    id: columns.of(cells, 'touch_id'),
    key: content,
    content,
    campaign: { name: typeof campaign === 'string' ? campaign : '', system: '' },
    occurredAt: moment.occurredAt,
    data,
  }
}

/** `accord import touches`: one touch a row. Rows that say the same count as often as one file has them. */
export const touchRows: RowKind = {
  type: 'touch-recorded',
  idField: 'touch_id',
  fields: ['date', 'occurred_at', 'touch_id', 'subject', ...Object.keys(SUBJECTS), ...PLAIN.map(({ field }) => field.name)],
  lacks: columns => {
    if (!columns.has('subject') && !Object.keys(SUBJECTS).some(columns.has)) return 'subject'
    if (!columns.has('date') && !columns.has('occurred_at')) return 'occurred_at'
    return columns.has('touch_type') ? null : 'touch_type'
  },
  read,
  identify: ({ id, key }, occurrence, dataset) => ({
    eventId: `touches:${dataset}:${hashOf(id === '' ? [key, occurrence] : [id])}`,
    data: {},
  }),
}
