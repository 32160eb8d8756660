/** Days, seasons and office hours of the demo. Instants are milliseconds since the epoch, days are UTC midnights. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type Region = 'emea' | 'americas' | 'apac'
export const REGIONS: readonly Region[] = ['emea', 'americas', 'apac']
export const ZONE_OF: Readonly<Record<Region, string>> = { emea: 'Europe/Berlin', americas: 'America/New_York', apac: 'Asia/Singapore' }

/** The fiscal year begins on 1 February. */
export const FISCAL_YEAR_START_MONTH = 2

export const isoDate = (instant: number): string => new Date(instant).toISOString().slice(0, 10)

/** UTC midnight of a `YYYY-MM-DD`; throws `RangeError` on anything else. */
export const dayOf = (date: string): number => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(day) || isoDate(day) !== date) throw new RangeError(`not a date: ${JSON.stringify(date)}`)
  return day
}

/** The same day of the month, `months` away, or that month's last day. */
export const addMonths = (day: number, months: number): number => {
  const date = new Date(day)
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 1)
  return Math.min(first + (date.getUTCDate() - 1) * DAY, next - DAY)
}

/** First day of the fiscal quarter that `instant` is in. */
export const fiscalQuarterStart = (instant: number): number => {
  const date = new Date(instant)
  const month = date.getUTCMonth()
  const intoQuarter = (month - (FISCAL_YEAR_START_MONTH - 1) + 12) % 3
  return Date.UTC(date.getUTCFullYear(), month - intoQuarter, 1)
}

/** `2026-Q3` of the fiscal quarter that starts at `quarterStart`; a fiscal year is named after the calendar year that it ends in. */
export const fiscalQuarterName = (quarterStart: number): string => {
  const date = new Date(quarterStart)
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() - (FISCAL_YEAR_START_MONTH - 1)
  return `${Math.floor(months / 12) + 1}-Q${Math.floor((months % 12) / 3) + 1}`
}

const MONTH_FACTOR = [0.95, 1.02, 1.1, 1.02, 1.0, 1.02, 0.86, 0.74, 1.12, 1.16, 1.12, 0.72]
const WEEKDAY_FACTOR = [0.1, 0.95, 1.12, 1.15, 1.08, 0.82, 0.08]

/** How busy a day is, 1 on an average working day. */
export const season = (day: number): number => {
  const date = new Date(day)
  return (MONTH_FACTOR[date.getUTCMonth()] ?? 1) * (WEEKDAY_FACTOR[date.getUTCDay()] ?? 1)
}

export const isWeekend = (day: number): boolean => {
  const weekday = new Date(day).getUTCDay()
  return weekday === 0 || weekday === 6
}

const offsets = new Map<string, number>()

/** Milliseconds that the zone is ahead of UTC at noon of this day. */
export const zoneOffset = (zone: string, day: number): number => {
  const key = `${zone}${day}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    const name = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
      .formatToParts(day + 12 * HOUR)
      .find(part => part.type === 'timeZoneName')?.value
    const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name ?? '') ?? []
    offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE)
    offsets.set(key, offset)
  }
  return offset
}

const OPENS = 9 * HOUR
const CLOSES = 18 * HOUR

/** `instant` itself when the region's office is open then, else the next opening. */
export const officeOpen = (region: Region, instant: number): number => {
  let day = Math.floor(instant / DAY) * DAY
  const offset = zoneOffset(ZONE_OF[region], day)
  let local = instant + offset
  day = Math.floor(local / DAY) * DAY
  if (local - day >= CLOSES) {
    day += DAY
    local = day + OPENS
  }
  while (isWeekend(day)) {
    day += DAY
    local = day + OPENS
  }
  if (local - day < OPENS) local = day + OPENS
  return local - offset
}

/** The instant when `worked` milliseconds of office time have passed since `instant`. */
export const afterOfficeTime = (region: Region, instant: number, worked: number): number => {
  let left = worked
  let at = officeOpen(region, instant)
  for (;;) {
    const offset = zoneOffset(ZONE_OF[region], Math.floor(at / DAY) * DAY)
    const untilClose = CLOSES - ((at + offset) % DAY)
    if (left < untilClose) return at + left
    left -= untilClose
    at = officeOpen(region, at + untilClose)
  }
}
