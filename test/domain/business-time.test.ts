import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BusinessCalendar } from '../../services/domain/definitions/calendar.ts'
import { businessClock } from '../../services/domain/sla/business-time.ts'
import { openMinutes } from '../oracles/business-time.ts'

const office = (more: object = {}): BusinessCalendar => {
  const day = [{ from: '09:00', to: '18:00' }]
  return BusinessCalendar.parse({
    id: 'office',
    version: 1,
    zone: null,
    hours: { mon: day, tue: day, wed: day, thu: day, fri: day, sat: [], sun: [] },
    ...more,
  })
}
const at = (text: string): number => Date.parse(text) * 1000
const MINUTE = 60_000_000
const HOUR = 60 * MINUTE

describe('business time', () => {
  const { between, after, closeAfterDays } = businessClock(office(), 'Europe/Berlin')

  it('passes while the office is open: Friday 17:50 to Monday 9:40 are fifty minutes', () => {
    expect(between(at('2026-10-16T15:50:00Z'), at('2026-10-19T07:40:00Z'))).toBe(50 * MINUTE)
    expect(after(at('2026-10-16T15:50:00Z'), 50 * MINUTE)).toBe(at('2026-10-19T07:40:00Z'))
  })

  it('ends at the close of a day rather than at the next opening, and is exact to the microsecond', () => {
    expect(after(at('2026-10-16T15:50:00Z'), 10 * MINUTE)).toBe(at('2026-10-16T16:00:00Z'))
    expect(after(at('2026-10-16T15:50:00Z'), 10 * MINUTE + 1)).toBe(at('2026-10-19T07:00:00Z') + 1)
    expect(after(at('2026-10-17T12:00:00Z'), 0)).toBe(at('2026-10-17T12:00:00Z'))
  })

  it('counts days by their closes: the second business day after a Friday is Tuesday, after a Saturday too', () => {
    expect(closeAfterDays(at('2026-10-16T15:50:00Z'), 2)).toBe(at('2026-10-20T16:00:00Z'))
    expect(closeAfterDays(at('2026-10-17T10:00:00Z'), 2)).toBe(at('2026-10-20T16:00:00Z'))
  })

  it('knows holidays and half-days', () => {
    const clock = businessClock(
      office({ holidays: [{ date: '2026-12-25' }], half_days: [{ date: '2026-12-24', hours: [{ from: '09:00', to: '13:00' }] }] }),
      'Europe/Berlin',
    )
    expect(clock.between(at('2026-12-24T08:00:00Z'), at('2026-12-28T09:00:00Z'))).toBe(5 * HOUR)
    expect(clock.closeAfterDays(at('2026-12-23T12:00:00Z'), 1)).toBe(at('2026-12-24T12:00:00Z'))
  })

  it('is as long as the day was when clocks change, north and south', () => {
    const always = [{ from: '00:00', to: '24:00' }]
    const round = office({ hours: { mon: always, tue: always, wed: always, thu: always, fri: always, sat: always, sun: always } })
    const early = office({ hours: { ...office().hours, sun: [{ from: '01:00', to: '04:00' }] } })
    for (const [zone, spring, autumn] of [
      ['Europe/Berlin', '2026-03-29', '2026-10-25'],
      ['Australia/Sydney', '2026-10-04', '2026-04-05'],
      ['America/New_York', '2026-03-08', '2026-11-01'],
    ] as const) {
      const [from, to] = [at(`${spring}T00:00:00Z`) - 36 * HOUR, at(`${spring}T00:00:00Z`) + 60 * HOUR]
      expect([zone, businessClock(round, zone).between(from, to)]).toEqual([zone, 96 * HOUR])
      const sunday = (date: string): number =>
        businessClock(early, zone).between(at(`${date}T00:00:00Z`) - 18 * HOUR, at(`${date}T00:00:00Z`) + 9 * HOUR)
      expect([zone, sunday(spring), sunday(autumn)]).toEqual([zone, 2 * HOUR, 4 * HOUR])
    }
  })
})

const time = fc.integer({ min: 0, max: 47 }).map(half => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`)
const hours = fc.uniqueArray(time, { minLength: 0, maxLength: 4 }).map(times => {
  const sorted = times.toSorted()
  return sorted.flatMap((from, i) => (i % 2 === 0 && sorted[i + 1] !== undefined ? [{ from, to: sorted[i + 1] ?? '' }] : []))
})
const dates = fc.integer({ min: 0, max: 20 })
const zones = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Asia/Kathmandu',
  'America/Santiago',
  'UTC',
)
/** Days before and after a change of clocks in many zones, and an ordinary week. */
const starts = fc.constantFrom(
  '2026-03-06',
  '2026-03-26',
  '2026-04-02',
  '2026-09-03',
  '2026-10-01',
  '2026-10-22',
  '2026-10-30',
  '2026-06-10',
)
const dayAfter = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

const generated = fc
  .record({
    zone: zones,
    start: starts,
    week: fc.tuple(hours, hours, hours, hours, hours, hours, hours),
    holidays: fc.array(dates, { maxLength: 2 }),
    halves: fc.array(fc.tuple(dates, hours), { maxLength: 2 }),
    a: fc.integer({ min: 0, max: 5 * 1440 }),
    b: fc.integer({ min: 0, max: 5 * 1440 }),
  })
  .filter(({ week }) => week.some(day => day.length > 0))

describe('business time and the minute-by-minute oracle', () => {
  it('agree about what passed, and about when so much will have passed', () => {
    fc.assert(
      fc.property(generated, ({ zone, start, week: [mon, tue, wed, thu, fri, sat, sun], holidays, halves, a, b }) => {
        const calendar = office({
          hours: { mon, tue, wed, thu, fri, sat, sun },
          holidays: holidays.map(days => ({ date: dayAfter(start, days) })),
          half_days: halves.map(([days, of]) => ({ date: dayAfter(start, days), hours: of })),
        })
        const from = Date.parse(`${start}T00:00:00Z`)
        const [early, late] = [from + Math.min(a, b) * 60_000, from + Math.max(a, b) * 60_000]
        const open = openMinutes(calendar, zone, early, late)
        const clock = businessClock(calendar, zone)
        expect(clock.between(early * 1000, late * 1000)).toBe(open.length * MINUTE)
        const last = open.at(-1)
        expect(clock.after(early * 1000, open.length * MINUTE)).toBe(last === undefined ? early * 1000 : (last + 60_000) * 1000)
      }),
      { numRuns: 60 },
    )
  })
})
