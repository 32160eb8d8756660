import { CATEGORIES } from '../../domain/figures/spend.ts'
import { currencyExponent } from '../../domain/money.ts'
import { countCell, dateCell, moneyCell, yesOrNo } from './cells.ts'
import type { Columns } from './mapping.ts'
import { hashOf, type RowKind, type RowRead, type WrongCell } from './table.ts'

/** What sets one cost apart from another where the file gives no id: everything but how much it was. */
const TEXTS = [
  'campaign',
  'channel',
  'category',
  'team',
  'system',
  'ad_account',
  'ad_group',
  'utm_source',
  'utm_medium',
  'utm_content',
  'vendor',
  'product',
  'region',
  'segment',
] as const

const wrong = (columns: Columns, field: string, code: WrongCell['code'], reason: string): WrongCell => ({
  column: columns.nameOf(field),
  code,
  reason,
})

/** Amount in minor units and its currency. */
const amountOf = (columns: Columns, cells: readonly string[]): { readonly amount: bigint; readonly currency: string } | WrongCell => {
  const currency = columns.of(cells, 'currency').toUpperCase()
  const exponent = currencyExponent(currency)
  if (exponent === null) return wrong(columns, 'currency', 'bad_currency', 'expected an ISO 4217 code such as EUR')
  if (columns.has('amount_minor')) {
    const minor = columns.of(cells, 'amount_minor')
    return /^[+-]?\d{1,18}$/.test(minor)
      ? { amount: BigInt(minor), currency }
      : wrong(columns, 'amount_minor', 'bad_value', 'expected a whole number of minor units')
  }
  const amount = moneyCell(columns.of(cells, 'amount'), exponent, columns.style)
  return amount === null
    ? wrong(columns, 'amount', 'bad_value', `expected an amount such as 1234${columns.style.decimal}50`)
    : { amount, currency }
}

const read = (columns: Columns, cells: readonly string[], now: string): RowRead => {
  const startText = columns.of(cells, columns.has('starts_on') ? 'starts_on' : 'date')
  const startsOn = dateCell(startText, columns.style)
  if (startsOn === null)
    return wrong(columns, columns.has('starts_on') ? 'starts_on' : 'date', 'bad_value', `expected a date (${columns.style.dates})`)
  const endText = columns.of(cells, 'ends_on')
  const endsOn = endText === '' ? startsOn : dateCell(endText, columns.style)
  if (endsOn === null) return wrong(columns, 'ends_on', 'bad_value', `expected a date (${columns.style.dates})`)
  const money = amountOf(columns, cells)
  if ('reason' in money) return money
  const committed = yesOrNo(columns.of(cells, 'committed'))
  if (committed === null) return wrong(columns, 'committed', 'bad_value', 'expected yes or no')
  const texts = Object.fromEntries(TEXTS.map(name => [name, columns.of(cells, name)]).filter(([, text]) => text !== ''))
  const category = texts['category'] ?? ''
  if (!CATEGORIES.includes(category))
    return { ...wrong(columns, 'category', 'bad_value', `expected one of ${CATEGORIES.join(', ')}`), unmapped: ['category', category] }
  const counts: Record<string, string> = {}
  for (const field of ['impressions', 'clicks']) {
    const text = columns.of(cells, field)
    if (text === '') continue
    const count = countCell(text, columns.style)
    if (count === null) return wrong(columns, field, 'bad_value', 'expected a count')
    counts[field] = String(count)
  }
  const about = [startsOn, endsOn, money.currency, committed, texts]
  const began = `${startsOn}T00:00:00Z`
  return {
    id: columns.of(cells, 'spend_id'),
    key: hashOf(about),
    content: hashOf([about, String(money.amount), counts]),
    campaign: { name: texts['campaign'] ?? '', system: texts['system'] ?? '' },
    // what is for a day to come is said now
    occurredAt: began > now ? now : began,
    data: {
      amount_minor: String(money.amount),
      currency: money.currency,
      starts_on: startsOn,
      ends_on: endsOn,
      committed,
      ...texts,
      ...counts,
    },
  }
}

/** `accord import spend`: one cost a row. Of a cost that comes again with another amount the later one counts. */
export const spendRows: RowKind = {
  type: 'spend-recorded',
  idField: 'spend_id',
  subject: 'spend_id',
  fields: [
    'date',
    'starts_on',
    'ends_on',
    'amount',
    'amount_minor',
    'currency',
    'committed',
    'impressions',
    'clicks',
    'spend_id',
    ...TEXTS,
  ],
  lacks: columns => {
    if (!columns.has('date') && !columns.has('starts_on')) return 'date'
    if (!columns.has('amount') && !columns.has('amount_minor')) return 'amount'
    return columns.has('currency') ? (columns.has('category') ? null : 'category') : 'currency'
  },
  read,
  // one cost keeps its id whatever it becomes; what is said of it gets one of its own
  identify: ({ id, key, content }, occurrence, dataset) => {
    const spendId = id === '' ? `${dataset}-${key}${occurrence === 0 ? '' : `-${occurrence}`}` : id
    return { eventId: `spend:${dataset}:${hashOf([spendId, content])}`, data: { spend_id: spendId } }
  },
}
