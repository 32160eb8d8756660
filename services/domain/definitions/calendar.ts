import { z } from 'zod'
import { isIsoDate, isZone } from '../periods.ts'
import { documentId, documentsById, documentVersion } from './document-kind.ts'

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/
const clock = z.string().regex(CLOCK, { message: 'expected a time of the day such as 09:00, at most 24:00' })
const date = z.string().refine(isIsoDate, { message: 'expected a date (YYYY-MM-DD) that exists' })

/** Stretches of a day on the clock of the zone, in order; none: closed. A night shift is two stretches, one a day. */
const Hours = z
  .array(z.strictObject({ from: clock, to: clock }))
  .max(8)
  .refine(hours => hours.every(({ from, to }, i) => from < to && (i === 0 || (hours[i - 1]?.to ?? '') <= from)), {
    message: 'expected stretches that end after they begin, one after the other',
  })

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/**
 * When an office works. Whose: members name it by its id; those who name none have the one of their region, or the default. Its hours are meant on the clock of
 * the member's zone, else of `zone`, else of the tenant's.
 */
export const BusinessCalendar = z.strictObject({
  id: documentId,
  version: documentVersion,
  zone: z.string().refine(isZone, { message: 'expected an IANA zone such as Europe/Berlin' }).nullable(),
  /** Sales regions whose members have it where they name none. */
  regions: z.array(z.string().min(1).max(64)).max(100).default([]),
  hours: z
    .strictObject({ mon: Hours, tue: Hours, wed: Hours, thu: Hours, fri: Hours, sat: Hours, sun: Hours })
    .refine(week => WEEKDAYS.some(day => week[day].length > 0), { message: 'expected hours on one day of the week at least' }),
  /** Days on which nobody works. */
  holidays: z
    .array(z.strictObject({ date, name: z.string().max(120).default('') }))
    .max(2_000)
    .default([]),
  /** Days with hours of their own in place of those of the weekday. */
  half_days: z
    .array(z.strictObject({ date, name: z.string().max(120).default(''), hours: Hours }))
    .max(2_000)
    .default([]),
})
export type BusinessCalendar = z.infer<typeof BusinessCalendar>

/** Of members whose calendar was never published. */
export const DEFAULT_CALENDAR = 'business-hours'

const nineToSix = [{ from: '09:00', to: '18:00' }]
const shipped: BusinessCalendar = {
  id: DEFAULT_CALENDAR,
  version: 1,
  zone: null,
  regions: [],
  hours: { mon: nineToSix, tue: nineToSix, wed: nineToSix, thu: nineToSix, fri: nineToSix, sat: [], sun: [] },
  holidays: [],
  half_days: [],
}

export const calendarKind = documentsById({ kind: 'calendar', title: 'Business calendar', schema: BusinessCalendar, shipped: [shipped] })
