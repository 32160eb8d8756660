import { csvRows } from '../../format/csv.ts'
import { digitsOf } from '../../format/number.ts'

export type CrmDeal = {
  readonly deal_id: string
  readonly state: 'open' | 'won' | 'lost'
  readonly amount_minor: string | null
  readonly currency: string
  readonly close_date: string | null
  readonly deleted: boolean
}
export type ReadDeals = { readonly ok: true; readonly deals: readonly CrmDeal[] } | { readonly ok: false; readonly message: string }

const NAMES = {
  deal_id: ['deal_id', 'id', 'opportunity_id', 'record_id'],
  state: ['state', 'status'],
  amount: ['amount'],
  currency: ['currency', 'currencyisocode', 'deal_currency_code'],
  close_date: ['close_date', 'closedate'],
  deleted: ['deleted', 'isdeleted'],
} as const
type Name = keyof typeof NAMES

/** What is no code of a currency is refused by the API. */
const placesOf = (currency: string): number => {
  try {
    return digitsOf(currency)
  } catch {
    return 2
  }
}

/** `1234.5` → `123450`; null where it is no plain amount. */
const minorOf = (amount: string, currency: string): string | null => {
  const said = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount.replaceAll(/[ '_]/g, ''))
  if (said === null) return null
  const [, sign = '', whole = '', fraction = ''] = said
  const digits = placesOf(currency)
  if (/[1-9]/.test(fraction.slice(digits))) return null
  return `${sign}${BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))}`
}

const isState = (text: string): text is CrmDeal['state'] => text === 'open' || text === 'won' || text === 'lost'

/** The deals of a CRM from CSV: deal_id, state (open, won, lost), amount in major units, currency, close_date, deleted. Says line and column of what it cannot read. */
export const dealsOfCsv = (text: string, reportingCurrency: string): ReadDeals => {
  const [first = ''] = text.split('\n', 1)
  const delimiter = [';', '\t', ','].toSorted((a, b) => first.split(b).length - first.split(a).length)[0] ?? ','
  const [head, ...rows] = csvRows(text.replace(/^\uFEFF/, ''), delimiter)
  const names = (head ?? []).map(name => name.toLowerCase().replaceAll(' ', '_'))
  const places = Object.fromEntries(
    Object.entries(NAMES).map(([field, known]) => [field, names.findIndex(name => (known as readonly string[]).includes(name))]),
  ) as Record<Name, number>
  const lacking = (['deal_id', 'state', 'close_date'] as const).find(field => places[field] < 0)
  if (lacking !== undefined) return { ok: false, message: `There is no column ${lacking}. Columns: ${names.join(', ')}.` }
  const deals: CrmDeal[] = []
  for (const [i, row] of rows.entries()) {
    const of = (field: Name): string => (places[field] < 0 ? '' : (row[places[field]] ?? ''))
    const wrong = (field: Name, expected: string): ReadDeals => ({
      ok: false,
      message: `Line ${i + 2}, ${field}: “${of(field).slice(0, 40)}”, expected ${expected}.`,
    })
    const state = of('state').toLowerCase()
    const currency = of('currency').toUpperCase() || reportingCurrency
    const amount = of('amount') === '' ? null : minorOf(of('amount'), currency)
    const date = of('close_date').slice(0, 10)
    if (of('deal_id') === '') return wrong('deal_id', 'an id')
    if (!isState(state)) return wrong('state', 'open, won or lost')
    if (amount === null && of('amount') !== '') return wrong('amount', 'an amount such as 1234.50')
    if (date !== '' && !/^\d{4}-\d{2}-\d{2}$/.test(date)) return wrong('close_date', 'a date such as 2026-10-31')
    deals.push({
      deal_id: of('deal_id'),
      state,
      amount_minor: amount,
      currency,
      close_date: date === '' ? null : date,
      deleted: /^(?:true|yes|1)$/i.test(of('deleted')),
    })
  }
  return deals.length === 0 ? { ok: false, message: 'There is no deal in it.' } : { ok: true, deals }
}
