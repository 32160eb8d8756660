import type { AvroField } from '../../schemas/avro.ts'
import { currencyExponent } from '../domain/money.ts'
import { nearest } from './nearest.ts'
import { EXPECTED_DATE, EXPECTED_INSTANT, parseDate, parseInstant } from './instant.ts'
import { FREE_MAIL_DOMAINS, isEmail } from './email.ts'
import { normaliseEmail } from '../access/secrets.ts'
import { Refusal } from './problem.ts'

/** Reads one JSON value of a field: what the log gets, or why not. Both the zod schemas and the compiled path use these. */
export type Read<In, Out> = (value: In) => Out | Refusal

export const EVENT_ID = /^[!-~]{1,128}$/
const NODE = /^[a-z][a-z0-9_-]{0,31}:(?=\S)[^\p{Cc}]{0,255}\S$/u
const PSEUDONYM = /^email:[0-9a-f]{32}$/
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}]$/u
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
const CONTROL_OR_BREAK = /\p{Cc}/u
const MAX_KEY_LENGTH = 256
const MAX_MAP_KEYS = 100

const text: Read<string, string> = value =>
  CONTROL.test(value) || !value.isWellFormed()
    ? new Refusal('bad_value', 'expected text without control characters or broken Unicode')
    : value

const keyText: Read<string, string> = value =>
  value.length > MAX_KEY_LENGTH || CONTROL_OR_BREAK.test(value) || value.trim() !== value || !value.isWellFormed()
    ? new Refusal('bad_value', `expected an id: one line, no blanks at its ends, at most ${MAX_KEY_LENGTH} characters`)
    : value

const node: Read<string, string> = value => {
  if (!NODE.test(value) || !value.isWellFormed())
    return new Refusal('bad_node', 'expected an identity as kind:id, like person:p_17 or anonymous:4f2a')
  if (value.startsWith('email:') && !PSEUDONYM.test(value))
    return new Refusal('bad_node', 'expected email: and an address, like email:ada@example.com')
  return value
}

const currency: Read<string, string> = value => {
  if (currencyExponent(value) !== null) return value
  const near = /^[A-Za-z]{3}$/.test(value) && currencyExponent(value.toUpperCase()) !== null ? value.toUpperCase() : null
  return new Refusal('bad_currency', `expected an ISO 4217 code, like EUR${near === null ? '' : `; did you mean ${near}?`}`)
}

const url: Read<string, string> = value =>
  value.length > 4096 || CONTROL_OR_BREAK.test(value) || !value.isWellFormed() || /^(?!https?:\/\/)[a-z][a-z0-9+.-]*:(?!\d)/i.test(value)
    ? new Refusal('bad_value', 'expected an address of the web: https://…, or a path')
    : value

const json: Read<string, string> = value => {
  try {
    JSON.parse(value)
    return value.isWellFormed() ? value : new Refusal('bad_value', 'expected JSON as text without broken Unicode')
  } catch {
    return new Refusal('bad_value', 'expected JSON as text')
  }
}

const zones = new Map<string, boolean>()
const zone: Read<string, string> = value => {
  let known = zones.get(value)
  if (known === undefined) {
    try {
      known = /^[A-Za-z]/.test(value) && new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== ''
    } catch {
      known = false
    }
    if (zones.size < 2000) zones.set(value, known)
  }
  return known ? value : new Refusal('bad_value', 'expected an IANA time zone, like Europe/Berlin')
}

const country: Read<string, string> = value =>
  /^[A-Z]{2}$/.test(value) ? value : new Refusal('bad_value', 'expected an ISO 3166-1 alpha-2 code, like DE')

/** Free mail says nothing about an employer: it becomes the empty domain (design D6). */
const domain: Read<string, string> = value => {
  const lower = value.toLowerCase()
  if (lower.length > 253 || !DOMAIN.test(lower)) return new Refusal('bad_value', 'expected a domain, like example.com')
  return FREE_MAIL_DOMAINS.has(lower) ? '' : lower
}

const email: Read<string, string> = value =>
  isEmail(value) ? normaliseEmail(value) : new Refusal('bad_value', 'expected an e-mail address, like ada@example.com')

const eventId: Read<string, string> = value =>
  EVENT_ID.test(value) ? value : new Refusal('bad_event_id', 'expected 1 to 128 printable ASCII characters without blanks')

const FORMATS: ReadonlyMap<string, Read<string, string>> = new Map([
  ['node', node],
  ['currency', currency],
  ['url', url],
  ['json', json],
  ['zone', zone],
  ['country', country],
  ['domain', domain],
  ['email', email],
  ['event-id', eventId],
])

/** What a string field takes: its format, its closed set of values, or any text; '' only where the field may be left out. */
export const stringReader = (field: Pick<AvroField, 'name' | 'format' | 'values' | 'default'>, isKey: boolean): Read<string, string> => {
  const inner = field.values === undefined ? formatReader(field.format, isKey) : oneOf(field.values)
  const mayBeEmpty = field.default !== undefined || field.values?.includes('') === true
  return value => {
    if (value !== '') return inner(value)
    return mayBeEmpty ? value : new Refusal('missing_field', `expected ${field.name}, got an empty text`)
  }
}

export const itemReader = (format: string | undefined): Read<string, string> => {
  const inner = formatReader(format, false)
  return value => (value === '' ? new Refusal('bad_value', 'expected no empty items') : inner(value))
}

const formatReader = (format: string | undefined, isKey: boolean): Read<string, string> => {
  if (format === undefined) return isKey ? keyText : text
  const reader = FORMATS.get(format)
  if (reader === undefined) throw new RangeError(`no reader for the format ${format}`)
  return reader
}

const oneOf = (values: readonly string[]): Read<string, string> => {
  const known = new Set(values)
  const listed = values.filter(value => value !== '').join(', ')
  return value => {
    if (known.has(value)) return value
    const near = nearest(value, values)
    return new Refusal('bad_value', `expected one of ${listed}${near === null || near === '' ? '' : `; did you mean ${near}?`}`)
  }
}

const SINCE = Date.UTC(1900, 0, 1) * 1000
const UNTIL = Date.UTC(2255, 0, 1) * 1000

/** Any instant that the tables can hold. What must have happened already is bound more tightly by the caller. */
export const readInstant: Read<string, number> = value => {
  const micros = parseInstant(value)
  if (micros === null) return new Refusal('bad_instant', EXPECTED_INSTANT)
  if (micros < SINCE || micros > UNTIL) return new Refusal('absurd_date', 'expected an instant between 1900 and 2255')
  return micros
}

export const readDate: Read<string, string> = value => {
  const days = parseDate(value)
  if (days === null) return new Refusal('bad_date', EXPECTED_DATE)
  return value < '1900-01-01' || value > '2200-12-31' ? new Refusal('absurd_date', 'expected a date between 1900 and 2200') : value
}

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** Whole numbers: a JSON number while it is exact, else digits in a text. In-process callers may send a bigint. */
export const readLong: Read<unknown, bigint> = value => {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value)
    return new Refusal(
      'wrong_type',
      Number.isInteger(value)
        ? 'this number is not exact beyond 2^53: send it as a text of digits'
        : 'expected a whole number; money is in minor units (cents)',
    )
  }
  if (typeof value === 'string' && !/^-?\d{1,19}$/.test(value))
    return new Refusal('wrong_type', 'expected a whole number, or a text of digits')
  if (typeof value !== 'string' && typeof value !== 'bigint')
    return new Refusal('wrong_type', 'expected a whole number, or a text of digits')
  const long = BigInt(value)
  return long >= INT64_MIN && long <= INT64_MAX ? long : new Refusal('bad_value', 'expected a whole number of at most 64 bits')
}

export const readInt: Read<unknown, number> = value =>
  typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31 && !Object.is(value, -0)
    ? value
    : new Refusal('wrong_type', 'expected a whole number of at most 32 bits')

/** An exact decimal: a text, since JSON numbers are binary fractions; whole JSON numbers are exact too. */
export const decimalReader = (precision: number, scale: number): Read<unknown, string> => {
  const pattern = new RegExp(`^-?\\d{1,${precision - scale}}(\\.\\d{1,${scale}})?$`)
  return value => {
    const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
    return typeof digits === 'string' && pattern.test(digits)
      ? digits
      : new Refusal('wrong_type', `expected a decimal number as a text, like "1.0842", with at most ${scale} decimals`)
  }
}

/** Other attributes of a source. Kept as they are, so the object itself is passed on. */
export const readMap: Read<unknown, Readonly<Record<string, string>>> = value => {
  if (!isPlainObject(value)) return new Refusal('wrong_type', 'expected an object of texts')
  const entries = Object.entries(value)
  if (entries.length > MAX_MAP_KEYS) return new Refusal('bad_value', `expected at most ${MAX_MAP_KEYS} attributes`)
  for (const [key, item] of entries) {
    if (typeof item !== 'string') return new Refusal('wrong_type', `expected a text for ${JSON.stringify(key.slice(0, 64))}`)
    if (key === '' || key === '__proto__' || key.length > 128 || CONTROL_OR_BREAK.test(key) || !key.isWellFormed()) {
      return new Refusal('bad_value', 'expected attribute names of 1 to 128 characters')
    }
    if (text(item) instanceof Refusal)
      return new Refusal('bad_value', `expected text without control characters for ${JSON.stringify(key)}`)
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, String(item)]))
}

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
