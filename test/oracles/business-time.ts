import type { BusinessCalendar } from '../../services/domain/definitions/calendar.ts'

/** What the wall of a zone shows at an instant (ms): date, weekday 0 = Sunday, minutes since midnight. Read from the formatter's text, minute by minute. */
const wallAt = (ms: number, zone: string): { readonly date: string; readonly weekday: string; readonly minute: number } => {
  const text = format(zone).format(ms) // Mon, 2026-03-29, 01:30
  const [weekday = '', date = '', time = ''] = text.split(', ')
  return { date, weekday: weekday.toLowerCase(), minute: Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) }
}
const formats = new Map<string, Intl.DateTimeFormat>()
const format = (zone: string): Intl.DateTimeFormat => {
  const known =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  formats.set(zone, known)
  return known
}
const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/**
 * Whether each minute of [from, to) is open, by looking at the wall in every one of them. What an hour that is shown twice belongs to is told by memory: a stretch
 * opens when its time is first reached on a day, and closes when its end is first reached.
 */
export const openMinutes = (calendar: BusinessCalendar, zone: string, from: number, to: number): readonly number[] => {
  const open: number[] = []
  let date = ''
  let furthest = -1
  // from the midnight before, so that the memory of the first day is whole
  for (let ms = from - 27 * 3_600_000 - (from % 60_000); ms < to; ms += 60_000) {
    const wall = wallAt(ms, zone)
    if (wall.date !== date) {
      date = wall.date
      furthest = -1
    }
    furthest = Math.max(furthest, wall.minute)
    const half = calendar.half_days.findLast(day => day.date === date)
    const holiday = calendar.holidays.some(day => day.date === date)
    const week: Readonly<Record<string, BusinessCalendar['hours']['mon']>> = calendar.hours
    const hours = holiday ? [] : (half?.hours ?? week[wall.weekday] ?? [])
    if (ms >= from && hours.some(stretch => minutesOf(stretch.from) <= furthest && furthest < minutesOf(stretch.to))) open.push(ms)
  }
  return open
}
