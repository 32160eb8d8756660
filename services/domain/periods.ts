/**
 * Days and periods of a tenant (metrics C1). A period is [from, to): dates in the tenant's IANA zone, `to` exclusive, turned into
 * instants only where events are compared. No clock here: whoever asks brings the instant.
 */

/** `from` and `to` are ISO dates; null is unbounded. */
export type DateRange = { readonly from: string | null; readonly to: string | null }

export type PeriodError = { readonly code: 'invalid_period' | 'invalid_date' | 'empty_period'; readonly message: string }
export type PeriodResult = { readonly ok: true; readonly value: DateRange } | { readonly ok: false; readonly error: PeriodError }

export type FiscalCalendar = {
  /** 1 to 12. A fiscal year is named after the calendar year it ends in: with 2 (February), 2026-Q1 begins on 2025-02-01. */
  readonly startMonth: number
  /**
   * Years that begin on days of their own, of whole weeks, one after the other: the first days of their twelve months and the day after the last. All other years
   * follow `startMonth`; the ones next to these give up or take the days between, so that every day is in one quarter.
   */
  readonly years?: readonly FiscalYear[] | undefined
}

export type FiscalYear = { readonly year: number; readonly days: readonly string[] }

export const PERIOD_FORMS = '2026, 2026-Q3 or 2026-09 (fiscal), cal:2026 or cal:2026-Q3 (calendar)'

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const PERIOD = /^(cal:)?(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/
const FIRST_YEAR = 1900
const LAST_YEAR = 2289

/** A date of the proleptic calendar between 1900 and 2289 that exists: `2026-02-30` does not. */
export const isIsoDate = (text: string): boolean => {
  const match = DATE.exec(text)
  if (match === null) return false
  const year = Number(match[1])
  return year >= FIRST_YEAR && year <= LAST_YEAR && toIsoDate(utcMidnight(text)) === text
}

/** The range that a period names. Months are the calendar's in both forms; years and quarters follow the fiscal year unless `cal:` leads. */
export const parsePeriod = (text: string, { startMonth, years = [] }: FiscalCalendar): PeriodResult => {
  const match = PERIOD.exec(text)
  const [, calendar, yearText = '', quarter, month] = match ?? []
  const year = Number(yearText)
  if (match === null || year < FIRST_YEAR || year >= LAST_YEAR) {
    return { ok: false, error: { code: 'invalid_period', message: `expected a period such as ${PERIOD_FORMS}` } }
  }
  if (month !== undefined) return range(year, Number(month), 1)
  const first = calendar === undefined ? startMonth : 1
  const startYear = first === 1 ? year : year - 1
  const [place, months] = quarter === undefined ? [0, 12] : [(Number(quarter) - 1) * 3, 3]
  const byMonths = range(startYear, first + place, months)
  if (calendar !== undefined || !byMonths.ok) return byMonths
  const own = years.find(each => each.year === year)?.days
  if (own !== undefined) return { ok: true, value: { from: own[place] ?? null, to: own[place + months] ?? null } }
  const { from, to } = byMonths.value
  const [earliest, latest] = [years[0], years.at(-1)]
  return {
    ok: true,
    value: {
      from: latest !== undefined && year === latest.year + 1 && place === 0 ? (latest.days[12] ?? from) : from,
      to: earliest !== undefined && year === earliest.year - 1 && place + months === 12 ? (earliest.days[0] ?? to) : to,
    },
  }
}

const range = (year: number, month: number, months: number): PeriodResult => ({
  ok: true,
  value: { from: firstOfMonth(year, month), to: firstOfMonth(year, month + months) },
})

/** The fiscal quarter in which a day of the tenant lies: `2026-Q4`. */
export const quarterOf = (isoDate: string, { startMonth, years = [] }: FiscalCalendar): string => {
  const own = years.find(({ days }) => (days[0] ?? '') <= isoDate && isoDate < (days[12] ?? ''))
  if (own !== undefined) return `${own.year}-Q${[3, 6, 9].filter(place => (own.days[place] ?? '') <= isoDate).length + 1}`
  const [earliest, latest] = [years[0], years.at(-1)]
  const [year, month] = [Number(isoDate.slice(0, 4)), Number(isoDate.slice(5, 7))]
  const place = (month - startMonth + 12) % 12
  const fiscalYear = startMonth > 1 && month >= startMonth ? year + 1 : year
  // days between the months of one year and the weeks of the next
  if (earliest !== undefined && isoDate < (earliest.days[0] ?? '') && fiscalYear >= earliest.year) return `${earliest.year - 1}-Q4`
  if (latest !== undefined && isoDate >= (latest.days[12] ?? '') && fiscalYear <= latest.year) return `${latest.year + 1}-Q1`
  return `${fiscalYear}-Q${Math.floor(place / 3) + 1}`
}

/** The same with its first day and the day after its last. */
export const quarterAround = (
  isoDate: string,
  fiscal: FiscalCalendar,
): { readonly name: string; readonly from: string; readonly to: string } => {
  const name = quarterOf(isoDate, fiscal)
  const found = parsePeriod(name, fiscal)
  if (!found.ok || found.value.from === null || found.value.to === null) throw new RangeError(`no such quarter: ${name}`)
  return { name, from: found.value.from, to: found.value.to }
}

/** `2026-Q4` and 1 → `2027-Q1`. */
export const quarterAfter = (quarter: string, by: number): string => {
  const index = Number(quarter.slice(0, 4)) * 4 + Number(quarter.slice(6)) - 1 + by
  return `${Math.floor(index / 4)}-Q${(index % 4) + 1}`
}

/** A range from `from` and `to` as they were given; refuses dates that do not exist and ranges without a day. */
export const parseRange = (from: string | null, to: string | null): PeriodResult => {
  for (const date of [from, to]) {
    if (date !== null && !isIsoDate(date))
      return { ok: false, error: { code: 'invalid_date', message: `not a date (YYYY-MM-DD): ${date}` } }
  }
  if (from !== null && to !== null && from >= to) {
    return { ok: false, error: { code: 'empty_period', message: `to is exclusive and must be after from: ${from} to ${to} has no day` } }
  }
  return { ok: true, value: { from, to } }
}

/** Months (YYYY-MM) that a bounded range touches. */
export const monthsOf = ({ from, to }: { readonly from: string; readonly to: string }): readonly string[] => {
  const months: string[] = []
  let next = firstOfMonth(Number(from.slice(0, 4)), Number(from.slice(5, 7)))
  while (next < to) {
    months.push(next.slice(0, 7))
    next = firstOfMonth(Number(next.slice(0, 4)), Number(next.slice(5, 7)) + 1)
  }
  return months
}

export const nextMonth = (month: string): string => firstOfMonth(Number(month.slice(0, 4)), Number(month.slice(5, 7)) + 1)

const firstOfMonth = (year: number, month: number): string => toIsoDate(Date.UTC(year, month - 1, 1))
const utcMidnight = (isoDate: string): number => Date.parse(`${isoDate}T00:00:00Z`)
const toIsoDate = (ms: number): string => (Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 10))

export const addDays = (isoDate: string, days: number): string => toIsoDate(utcMidnight(isoDate) + days * 86_400_000)

/** Whether the zone is one that this runtime knows (`Europe/Berlin`, `UTC`). */
export const isZone = (zone: string): boolean => {
  try {
    clockOf(zone)
    return true
  } catch {
    return false
  }
}

/** First instant (ms since the epoch) of a day in a zone; where midnight is skipped by a change of clocks, the instant of the change. */
export const startOfDay = (isoDate: string, zone: string): number => {
  const asUtc = utcMidnight(isoDate)
  if (Number.isNaN(asUtc)) throw new RangeError(`not a date: ${isoDate}`)
  // No zone was ever further from UTC than 16 hours: the day begins between these two.
  let before = asUtc - 16 * 3_600_000
  let after = asUtc + 16 * 3_600_000
  for (const offset of [offsetAt(before, zone), offsetAt(after, zone)]) {
    const candidate = asUtc - offset
    if (offsetAt(candidate, zone) === offset && dateAt(candidate - 1, zone) < isoDate) return candidate
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dateAt(middle, zone) < isoDate) before = middle
    else after = middle
  }
  return after
}

/** Last millisecond of a day in a zone: what `as_of=<date>` means (metrics C2). */
export const endOfDay = (isoDate: string, zone: string): number => startOfDay(addDays(isoDate, 1), zone) - 1

/**
 * Instant (ms) at which a clock on the wall shows a day and the time since midnight; the first of two that a change of clocks repeats, and for one that
 * it skips what the clock before the change would have shown.
 */
export const instantAt = (isoDate: string, sinceMidnightMs: number, zone: string): number => {
  const wall = utcMidnight(isoDate) + sinceMidnightMs
  const [before, after] = [wall - offsetAt(wall - 86_400_000, zone), wall - offsetAt(wall + 86_400_000, zone)]
  const shown = [before, after].filter(instant => instant + offsetAt(instant, zone) === wall)
  return shown.length === 0 ? before : Math.min(...shown)
}

/**
 * First instant (ms) of a day at which the wall shows a time since midnight, or a later one: where a change of clocks skips it, the instant of the change; of two
 * that a change repeats the first. The changes of all zones are at whole minutes.
 */
export const firstShown = (isoDate: string, sinceMidnightMs: number, zone: string): number => {
  const wall = utcMidnight(isoDate) + sinceMidnightMs
  const [ahead, behind] = [offsetAt(wall - 86_400_000, zone), offsetAt(wall + 86_400_000, zone)]
  const [early, late] = [wall - Math.max(ahead, behind), wall - Math.min(ahead, behind)]
  if (early + offsetAt(early, zone) === wall) return early
  if (ahead > behind || late === early) return late
  // skipped: the clock jumped from before the wall's time to after it, between these two
  let [before, after] = [early, late]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (middle + offsetAt(middle, zone) < wall) before = middle
    else after = middle
  }
  return after
}

/** The date on the wall in a zone. */
export const dateAt = (ms: number, zone: string): string => toIsoDate(ms + offsetAt(ms, zone))

const clocks = new Map<string, Intl.DateTimeFormat>()

const clockOf = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone)
  if (known !== undefined) return known
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  clocks.set(zone, clock)
  return clock
}

/** Milliseconds that the zone's wall clock is ahead of UTC. */
const offsetAt = (ms: number, zone: string): number => {
  const parts = new Map<string, string>(
    clockOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  )
  const part = (type: string): number => Number(parts.get(type))
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return wall - Math.floor(ms / 1000) * 1000
}
