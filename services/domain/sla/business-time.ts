import { type BusinessCalendar, WEEKDAYS } from '../definitions/calendar.ts'
import { addDays, dateAt, firstShown } from '../periods.ts'

/** Instants and durations are microseconds, instants since the epoch: exact as numbers to the year 2255. */
export type BusinessClock = {
  /** bt(a, b): open time in [a, b); 0 where b is not after a. */
  readonly between: (a: number, b: number) => number
  /** The earliest instant until which so much open time has passed since `a`. */
  readonly after: (a: number, duration: number) => number
  /** The close of the n-th business day that begins after the day of `a` on the wall. */
  readonly closeAfterDays: (a: number, days: number) => number
}

/** Open stretches in order, how much was open before each, and the day that each belongs to. */
type Openings = {
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly before: readonly number[]
  readonly dates: readonly string[]
  /** What is known: everything in [start, end), whole years. */
  readonly start: number
  readonly end: number
  readonly firstYear: number
  readonly lastYear: number
  readonly total: number
}

const NOTHING: Openings = {
  from: [],
  to: [],
  before: [],
  dates: [],
  start: Number.POSITIVE_INFINITY,
  end: Number.NEGATIVE_INFINITY,
  firstYear: Number.POSITIVE_INFINITY,
  lastYear: Number.NEGATIVE_INFINITY,
  total: 0,
}

const LATEST_YEAR = 2250
const DAY = 86_400_000_000
const YEAR = 366 * DAY

/**
 * Business time of a calendar on the clock of a zone. Hours are read off the wall of each day and turned into instants, so a day on which clocks change is as long as
 * its hours were: what the change skips never was, what it repeats passes twice. A stretch begins and ends when the wall shows its time first.
 */
export const businessClock = (calendar: BusinessCalendar, zone: string): BusinessClock => {
  const special = new Map(calendar.half_days.map(({ date, hours }) => [date, hours]))
  for (const { date } of calendar.holidays) special.set(date, [])
  let known = NOTHING

  const covering = (from: number, to: number): Openings => {
    if (from < known.start || to >= known.end) {
      const first = Math.min(known.firstYear, yearOf(from) - 1)
      const last = Math.max(known.lastYear, yearOf(to) + 1)
      if (first < 1901 || last > LATEST_YEAR) throw new RangeError(`business time is known from 1902 to ${LATEST_YEAR - 1}: ${from}, ${to}`)
      known = openings(first, last)
    }
    return known
  }

  const openings = (firstYear: number, lastYear: number): Openings => {
    const [from, to, before, dates]: [number[], number[], number[], string[]] = [[], [], [], []]
    let total = 0
    const end = `${lastYear + 1}-01-01`
    const start = `${firstYear}-01-01`
    for (let date = start, day = weekdayOf(start); date < end; date = addDays(date, 1), day = (day + 1) % 7) {
      const name = WEEKDAYS[day]
      const hours = special.get(date) ?? (name === undefined ? [] : calendar.hours[name])
      for (const stretch of hours) {
        const opens = firstShown(date, msOf(stretch.from), zone) * 1000
        const closes = firstShown(date, msOf(stretch.to), zone) * 1000
        if (closes <= opens) continue
        from.push(opens)
        to.push(closes)
        before.push(total)
        dates.push(date)
        total += closes - opens
      }
    }
    const range = { start: firstShown(start, 0, zone) * 1000, end: firstShown(end, 0, zone) * 1000, firstYear, lastYear }
    return { from, to, before, dates, total, ...range }
  }

  const passed = ({ from, to, before }: Openings, instant: number): number => {
    const at = lastAtMost(from, instant)
    return at < 0 ? 0 : (before[at] ?? 0) + Math.min(instant, to[at] ?? instant) - (from[at] ?? instant)
  }

  return {
    between: (a, b) => {
      if (b <= a) return 0
      const all = covering(a, b)
      return passed(all, b) - passed(all, a)
    },
    after: (a, duration) => {
      if (duration <= 0) return a
      let all = covering(a, a + duration)
      let needed = passed(all, a) + duration
      while (all.total < needed) {
        all = covering(a, all.end + YEAR)
        needed = passed(all, a) + duration
      }
      // the last stretch that begins before so much has passed
      const at = lastBelow(all.before, needed)
      return (all.from[at] ?? a) + needed - (all.before[at] ?? 0)
    },
    closeAfterDays: (a, days) => {
      for (let all = covering(a, a + days * DAY); ; all = covering(a, all.end + YEAR)) {
        let date = dateAt(Math.floor(a / 1000), zone)
        let counted = 0
        for (let at = Math.max(0, lastAtMost(all.from, a)); at < all.from.length; at++) {
          const here = all.dates[at] ?? ''
          if (here <= date) continue
          date = here
          counted += 1
          if (counted < days) continue
          let last = at
          while (all.dates[last + 1] === here) last += 1
          return all.to[last] ?? a
        }
      }
    },
  }
}

const yearOf = (micros: number): number => new Date(Math.floor(micros / 1000)).getUTCFullYear()
/** 0 is Monday. */
const weekdayOf = (isoDate: string): number => (new Date(Date.parse(`${isoDate}T00:00:00Z`)).getUTCDay() + 6) % 7
const msOf = (time: string): number => (Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) * 60_000

/** Index of the last value ≤ wanted in an ascending list; −1 where there is none. */
const lastAtMost = (values: readonly number[], wanted: number): number => {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}

const lastBelow = (values: readonly number[], wanted: number): number => lastAtMost(values, wanted - 1)
