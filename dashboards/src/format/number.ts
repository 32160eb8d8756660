import type { FigureRow } from '../api/types.ts'

const locale = navigator.languages[0] ?? 'en'

const made = new Map<string, Intl.NumberFormat>()
const format = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
  const key = JSON.stringify(options)
  const known = made.get(key) ?? new Intl.NumberFormat(locale, options)
  made.set(key, known)
  return known
}

/** What stands where there is nothing to show: no denominator, or not known. */
export const NOTHING = '–'
/** `XXX` is what book values without a currency come in, with nine digits. */
const NO_CURRENCY = 'XXX'
const NO_CURRENCY_DIGITS = 9

/** How many digits of a unit are its minor ones. Throws `RangeError` for what is no code of a currency. */
export const digitsOf = (currency: string): number =>
  currency === NO_CURRENCY ? NO_CURRENCY_DIGITS : (format({ style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2)

export const majorUnits = (minor: number, currency: string): number => minor / 10 ** digitsOf(currency)
/** What somebody typed in units of a currency, in its minor units. */
export const minorUnits = (units: number, currency: string): number => Math.round(units * 10 ** digitsOf(currency))

export type Precision = 'short' | 'whole' | 'exact'

export const money = (minor: number, currency: string, precision: Precision = 'whole'): string => {
  const units = majorUnits(minor, currency)
  const digits: Intl.NumberFormatOptions =
    precision === 'short' && Math.abs(units) >= 10_000
      ? {
          notation: 'compact',
          minimumFractionDigits: Math.abs(units) >= 1e6 ? 2 : 0,
          maximumFractionDigits: Math.abs(units) >= 1e6 ? 2 : 0,
        }
      : precision === 'exact'
        ? {}
        : { maximumFractionDigits: 0 }
  return currency === NO_CURRENCY
    ? format({ maximumFractionDigits: 2, ...digits }).format(units)
    : format({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...digits }).format(units)
}

export const count = (value: number): string => format({ maximumFractionDigits: Number.isInteger(value) ? 0 : 1 }).format(value)
export const percent = (ratio: number, digits = 1): string =>
  format({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(ratio)
const times = (ratio: number): string =>
  `${format({ minimumFractionDigits: Math.abs(ratio) < 10 ? 2 : 1, maximumFractionDigits: Math.abs(ratio) < 10 ? 2 : 1 }).format(ratio)}×`

const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400

/** A span of time in the two units that matter. */
export const duration = (seconds: number): string => {
  const size = Math.abs(seconds)
  const sign = seconds < 0 ? '−' : ''
  if (size < MINUTE) return `${sign}${Math.round(size)} s`
  if (size < HOUR) return `${sign}${Math.round(size / MINUTE)} min`
  if (size < DAY) return `${sign}${Math.floor(size / HOUR)} h ${String(Math.round((size % HOUR) / MINUTE) % 60).padStart(2, '0')}`
  return size < 10 * DAY ? `${sign}${Math.floor(size / DAY)} d ${Math.floor((size % DAY) / HOUR)} h` : `${sign}${Math.round(size / DAY)} d`
}

/** Returns that say how many times the money came back, not which part of it. */
const MULTIPLES = new Set(['M67', 'M68', 'M69', 'M75', 'M76', 'M32', 'M85', 'M105'])

const currencyOf = (unit: string): string | null => (unit.endsWith(' minor') ? unit.slice(0, -' minor'.length) : null)

/** A value in the words of its unit. The API has computed it; here it is only written. */
export const valueText = (
  { value, unit, metric, of }: Pick<FigureRow, 'value' | 'unit' | 'metric'> & { readonly of?: unknown },
  precision: Precision = 'whole',
): string => {
  if (value === null) return NOTHING
  const currency = currencyOf(unit)
  if (currency !== null) return money(value, currency, precision)
  // M105 is a conversion, and beside it the lift
  if (unit === 'ratio') return MULTIPLES.has(metric) && of !== 'conversion' ? times(value) : percent(value)
  if (unit === 'seconds') return duration(value)
  if (unit === 'days') return `${count(value)} d`
  if (unit === 'months') return `${count(value)} mo`
  return count(value)
}

/** Part of a number in its own unit: numerators of money ratios are money. */
export const partText = (part: number, row: FigureRow, currency: string): string =>
  MONEY_PARTS.has(row.metric) ? money(part, currencyOf(row.unit) ?? currency, 'whole') : count(part)

const MONEY_PARTS = new Set('M18 M36 M59 M60 M61 M66b M67 M68 M69 M71 M72 M76 M77 M79 M85 M88 M92 M95 M98 M101'.split(' '))
export const isMoneyRatio = (metric: string): boolean => MONEY_PARTS.has(metric)

export const dateText = (iso: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${iso.slice(0, 10)}T00:00:00Z`))
/** The day of an instant in a zone. */
export const dayText = (iso: string, zone = 'UTC'): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: zone }).format(new Date(iso))
export const instantText = (iso: string, zone = 'UTC'): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(iso))
export const monthText = (month: string, year = false): string =>
  new Intl.DateTimeFormat(locale, { month: 'short', ...(year ? { year: 'numeric' } : {}), timeZone: 'UTC' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )
