import { instantAt, isIsoDate } from '../../domain/periods.ts'
import { instantText, parseInstant } from '../instant.ts'

/** How a file writes what numbers and dates are. */
export type CellStyle = {
  /** `iso`: 2026-03-31; `dmy`: 31.3.2026 or 31/03/2026; `mdy`: 3/31/2026. */
  readonly dates: 'iso' | 'dmy' | 'mdy'
  /** What stands before the fraction. */
  readonly decimal: '.' | ','
  /** IANA zone of times that say none. */
  readonly zone: string
}

const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](.+))?$/
const OTHER = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[T ,]+(.+))?$/
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?(?: ?([AaPp])\.?[Mm]\.?)?$/

/** The date that a cell begins with, and what is left of it; null when there is none. */
const dayOf = (text: string, { dates }: CellStyle): { readonly date: string; readonly rest: string } | null => {
  const [, a = '', b = '', c = '', rest = ''] = (dates === 'iso' ? ISO : OTHER).exec(text) ?? []
  const [year, month, day] = dates === 'iso' ? [a, b, c] : dates === 'dmy' ? [c, b, a] : [c, a, b]
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return isIsoDate(date) ? { date, rest } : null
}

/** The day that a cell names, as its own calendar has it, whatever time stands behind it. */
export const dateCell = (text: string, style: CellStyle): string | null => dayOf(text, style)?.date ?? null

export type Moment = { readonly occurredAt: string; readonly precision: 'instant' | 'day' }

/** An instant, or a day: its beginning in the file's zone. A time without a zone is one of the file's. */
export const momentCell = (text: string, style: CellStyle): Moment | null => {
  const micros = parseInstant(text.replace(' ', 'T'))
  if (micros !== null) return { occurredAt: instantText(micros), precision: 'instant' }
  const day = dayOf(text, style)
  if (day === null) return null
  if (day.rest === '') return { occurredAt: instantText(instantAt(day.date, 0, style.zone) * 1000), precision: 'day' }
  const [, hour = '', minute = '', second = '0', fraction = '', half] = TIME.exec(day.rest) ?? []
  if (hour === '' || Number(hour) > (half === undefined ? 23 : 12) || Number(minute) > 59 || Number(second) > 59) return null
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  const sinceMidnight = ((hours * 60 + Number(minute)) * 60 + Number(second)) * 1000
  const at = instantAt(day.date, sinceMidnight, style.zone) * 1000 + Number(fraction.padEnd(6, '0'))
  return { occurredAt: instantText(at), precision: 'instant' }
}

/**
 * Minor units of an amount in major ones, halves to the even: signs in front, behind, or as parentheses; groups of three, symbols of currencies. Null
 * for what is no amount.
 */
export const moneyCell = (text: string, exponent: number, { decimal }: Pick<CellStyle, 'decimal'>): bigint | null => {
  const bare = text.replaceAll(/[\s\u00a0\u202f'’]|[€$£¥]/g, '')
  const inParentheses = /^\((.*)\)$/.exec(bare)
  const signed = inParentheses?.[1] ?? bare
  const negative = inParentheses !== null || signed.startsWith('-') || signed.endsWith('-')
  const group = decimal === '.' ? ',' : '.'
  const [whole = '', fraction = '', ...rest] = signed.replace(/^[+-]|-$/, '').split(decimal)
  const ungrouped = new RegExp(`^\\d{1,3}(\\${group}\\d{3})+$`).test(whole) ? whole.replaceAll(group, '') : whole
  if (rest.length > 0 || !/^\d{0,18}$/.test(ungrouped) || !/^\d{0,18}$/.test(fraction) || ungrouped + fraction === '') return null
  const kept = BigInt(ungrouped + fraction.slice(0, exponent).padEnd(exponent, '0'))
  const cut = fraction.slice(exponent)
  const half = '5'.padEnd(cut.length, '0')
  const up = cut !== '' && (cut > half || (cut === half && kept % 2n === 1n))
  const size = kept + (up ? 1n : 0n)
  return negative ? -size : size
}

/** A count; exports write 1,234 and 1234.0. */
export const countCell = (text: string, style: Pick<CellStyle, 'decimal'>): bigint | null => {
  const units = moneyCell(text, 0, style)
  return units !== null && units >= 0n ? units : null
}

export const yesOrNo = (text: string): boolean | null => {
  if (/^(true|yes|y|1)$/i.test(text)) return true
  return /^(false|no|n|0|)$/i.test(text) ? false : null
}
