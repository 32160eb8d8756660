import type { BusinessCalendar } from '../../services/domain/definitions/calendar.ts'
import { openMinutes } from './business-time.ts'

/** A lead of one owner after the other, told plainly; instants are minutes since the epoch. */
export type Told = {
  readonly owners: readonly { readonly at: number; readonly owner: string }[]
  readonly touches: readonly number[]
  readonly end: { readonly at: number; readonly how: 'disqualified' | 'rejected' | 'recycled' | 'pulled-back' | 'merged' } | null
  readonly accepted: number | null
}
export type Limits = { readonly minutes: number; readonly restart: boolean }
export type Judged = {
  readonly start: number
  readonly due: number
  readonly state: string
  readonly delay: number | null
}

const MINUTE = 60_000

/** First touch by a human, judged by walking through the minutes: who had the lead, when the office was open, what came first. */
export const judgeFirstTouch = (
  told: Told,
  office: (owner: string) => { readonly calendar: BusinessCalendar; readonly zone: string },
  { minutes, restart }: Limits,
  asOf: number,
): Judged => {
  const over = told.end?.at ?? Number.POSITIVE_INFINITY
  const given = told.owners[0]?.at ?? 0
  const touch = told.touches.filter(at => at >= given && at <= over).toSorted((a, b) => a - b)[0] ?? null
  const late = told.touches.filter(at => at >= given).toSorted((a, b) => a - b)[0] ?? null
  const stop = Math.min(touch ?? Number.POSITIVE_INFINITY, over)
  const starter = restart
    ? told.owners.filter(({ at, owner }, i) => at <= stop && owner !== told.owners[i - 1]?.owner).at(-1)
    : told.owners[0]
  const start = starter?.at ?? given
  const { calendar, zone } = office(starter?.owner ?? '')
  const passed = (to: number): number => openMinutes(calendar, zone, start * MINUTE, to * MINUTE).length
  let due = start
  const open = openMinutes(calendar, zone, start * MINUTE, (start + 14 * 1440) * MINUTE)
  due = (open[minutes - 1] ?? 0) / MINUTE + 1
  const delay = touch === null ? null : passed(touch)
  const state = ((): Judged['state'] => {
    if (late !== null && late <= due && late <= asOf && late <= over) return 'met'
    const { end } = told
    const touched = touch !== null
    if (end !== null && end.at <= asOf) {
      const withdrawn =
        end.how === 'pulled-back' ||
        end.how === 'merged' ||
        end.how === 'rejected' ||
        (end.how === 'recycled' && told.accepted === null && !touched)
      if (!touched && !withdrawn) return 'breached'
      if (withdrawn && end.at <= due) return 'void'
    }
    return due <= asOf ? 'breached' : 'running'
  })()
  return { start, due, state, delay }
}
