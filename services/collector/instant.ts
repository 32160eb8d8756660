/** ISO 8601 with a zone: `2026-03-01T09:30:00Z`, `2026-03-01T10:30:00.123456+01:00`. */
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,18}))?)?(Z|[+-]\d{2}:?\d{2})$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

export const EXPECTED_INSTANT = 'expected an instant with its zone, like 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00'
export const EXPECTED_DATE = 'expected a date, like 2026-03-01'

/** Microseconds since the epoch; further digits are cut. Null when it is no instant: no zone, no such day, hour 24, second 60. */
export const parseInstant = (text: string): number | null => {
  const match = INSTANT.exec(text)
  if (match === null) return null
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '0', fraction = '', zone = ''] = match
  const days = daysOf(Number(year), Number(month), Number(day))
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)]
  const offset = offsetMinutes(zone)
  if (days === null || offset === null || hours > 23 || minutes > 59 || seconds > 59) return null
  const wholeSeconds = days * 86_400 + hours * 3_600 + (minutes - offset) * 60 + seconds
  return wholeSeconds * 1_000_000 + (fraction === '' ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0')))
}

/** Days since the epoch, or null when there is no such day. */
export const parseDate = (text: string): number | null => {
  const match = DATE.exec(text)
  if (match === null) return null
  const [, year = '', month = '', day = ''] = match
  return daysOf(Number(year), Number(month), Number(day))
}

/** Microseconds since the epoch → ISO 8601, with as many digits as it has. */
export const instantText = (micros: number): string => {
  const wholeMs = Math.floor(micros / 1000)
  const rest = micros - wholeMs * 1000
  const text = new Date(wholeMs).toISOString()
  return rest === 0 ? text : text.replace('Z', `${String(rest).padStart(3, '0')}Z`)
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const daysOf = (year: number, month: number, day: number): number | null => {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const last = (DAYS_IN_MONTH[month - 1] ?? 0) + (leap ? 1 : 0)
  if (day < 1 || day > last) return null
  return Date.UTC(year, month - 1, day) / 86_400_000
}

const offsetMinutes = (zone: string): number | null => {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 14 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
