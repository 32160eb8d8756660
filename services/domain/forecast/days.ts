import { dateAt, startOfDay } from '../periods.ts'

export const DAY_MS = 86_400_000

export const dayOfDate = (isoDate: string): number => Date.parse(`${isoDate}T00:00:00Z`) / DAY_MS
export const dateOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** Days since the epoch on the wall of a zone, by instants in ms; a day of UTC in which the zone's clock stands still is looked up once. */
export type Days = { readonly of: (ms: number) => number; readonly start: (day: number) => number }

const daysByZone = new Map<string, Days>()

export const daysIn = (zone: string): Days => {
  const known = daysByZone.get(zone)
  if (known !== undefined) return known
  const turns = new Map<number, number | null>() // day of UTC → instant at which the zone's date changes in it; null: ask
  const starts = new Map<number, number>()
  const start = (day: number): number => {
    const found = starts.get(day) ?? startOfDay(dateOfDay(day), zone)
    starts.set(day, found)
    return found
  }
  const of = (ms: number): number => {
    const utc = Math.floor(ms / DAY_MS)
    let turn = turns.get(utc)
    if (turn === undefined) {
      const first = dayOfDate(dateAt(utc * DAY_MS, zone))
      const last = dayOfDate(dateAt(utc * DAY_MS + DAY_MS - 1, zone))
      turn = first === last ? utc * DAY_MS : first + 1 === last ? start(last) : null
      turns.set(utc, turn)
      if (first === last) offsets.set(utc, first)
      else offsets.set(utc, last)
    }
    if (turn === null) return dayOfDate(dateAt(ms, zone))
    const day = offsets.get(utc) ?? utc
    return ms >= turn ? day : day - 1
  }
  const offsets = new Map<number, number>()
  const days = { of, start }
  daysByZone.set(zone, days)
  return days
}
