import type { NoticeRules } from '../domain/definitions/notice-rules.ts'

const MINUTE = 60_000
const LONGEST_WAIT = 6 * 60 * MINUTE

/** How long to wait after an attempt failed: 1, 2, 4 … minutes, six hours at most. */
export const waitAfter = (attempt: number): number => Math.min(LONGEST_WAIT, MINUTE * 2 ** (attempt - 1))

/** Time of the day (`20:15`) and day of the week (1 Monday to 7 Sunday) on a clock of the zone. */
export const wallClock = (at: number, zone: string): { readonly time: string; readonly weekday: number; readonly date: string } => {
  const parts = new Map(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const of = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? ''
  const date = `${of('year')}-${of('month')}-${of('day')}`
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return { time: `${of('hour')}:${of('minute')}`, weekday: weekday === 0 ? 7 : weekday, date }
}

/** Whether the recipient's clock shows quiet hours; from 20:00 to 07:00 goes over midnight. Ex Friday 19:59 no, 20:00 yes; Saturday noon only where weekends are quiet. */
export const isQuiet = (quiet: NoticeRules['quiet_hours'], at: number, zone: string): boolean => {
  if (quiet === null) return false
  const { time, weekday } = wallClock(at, zone)
  if (quiet.weekends && weekday >= 6) return true
  return quiet.from < quiet.to ? time >= quiet.from && time < quiet.to : time >= quiet.from || time < quiet.to
}

/** ISO week (`2026-W47`) that a date is in. */
export const isoWeek = (date: string): string => {
  const day = new Date(`${date}T00:00:00Z`)
  const thursday = new Date(day.getTime() + (4 - (day.getUTCDay() === 0 ? 7 : day.getUTCDay())) * 24 * 60 * MINUTE)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = 1 + Math.floor((thursday.getTime() - first) / (7 * 24 * 60 * MINUTE))
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}
