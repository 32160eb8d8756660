import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fiscalYears } from '../../services/domain/definitions/fiscal-calendar.ts'
import {
  addDays,
  dateAt,
  endOfDay,
  isIsoDate,
  isZone,
  monthsOf,
  parsePeriod,
  parseRange,
  quarterOf,
  startOfDay,
} from '../../services/domain/periods.ts'

const january = { startMonth: 1 }
const february = { startMonth: 2 }
const october = { startMonth: 10 }

describe('periods', () => {
  it.each([
    { text: '2026-Q3', calendar: january, from: '2026-07-01', to: '2026-10-01' },
    { text: '2026-Q1', calendar: february, from: '2025-02-01', to: '2025-05-01' },
    { text: '2026-Q4', calendar: february, from: '2025-11-01', to: '2026-02-01' },
    { text: '2026-Q1', calendar: october, from: '2025-10-01', to: '2026-01-01' },
    { text: 'cal:2026-Q1', calendar: october, from: '2026-01-01', to: '2026-04-01' },
    { text: '2026', calendar: october, from: '2025-10-01', to: '2026-10-01' },
    { text: 'cal:2026', calendar: october, from: '2026-01-01', to: '2027-01-01' },
    { text: '2026-12', calendar: october, from: '2026-12-01', to: '2027-01-01' },
    { text: 'cal:2026-02', calendar: january, from: '2026-02-01', to: '2026-03-01' },
  ])('$text in a year that begins in month $calendar.startMonth is [$from, $to)', ({ text, calendar, from, to }) => {
    expect(parsePeriod(text, calendar)).toEqual({ ok: true, value: { from, to } })
  })

  it.each(['', '26-Q1', '2026-Q5', '2026-13', '2026-00', '2026Q1', 'cal:', 'fiscal:2026', '2026-q3', '9999'])('refuses %j', text => {
    expect(parsePeriod(text, january)).toMatchObject({ ok: false, error: { code: 'invalid_period' } })
  })

  it('refuses dates that do not exist and ranges without a day', () => {
    expect(parseRange('2026-02-30', null)).toMatchObject({ ok: false, error: { code: 'invalid_date' } })
    expect(parseRange('2026-02-01', '2026-02-01')).toMatchObject({ ok: false, error: { code: 'empty_period' } })
    expect(parseRange('2026-02-01', '2026-02-02')).toEqual({ ok: true, value: { from: '2026-02-01', to: '2026-02-02' } })
    expect([isIsoDate('2024-02-29'), isIsoDate('2023-02-29'), isIsoDate('2023-2-9')]).toEqual([true, false, false])
  })

  it('lists the months that a range touches', () => {
    expect(monthsOf({ from: '2025-11-15', to: '2026-02-01' })).toEqual(['2025-11', '2025-12', '2026-01'])
  })
})

describe('periods of a calendar of whole weeks', () => {
  // 2026 has 53 weeks, and what is before and after follows the months
  const years = fiscalYears({
    id: 'fiscal-calendar',
    version: 1,
    pattern: '4-4-5',
    years: [
      { fiscal_year: 2026, starts_on: '2025-12-28', weeks: 53 },
      { fiscal_year: 2027, starts_on: '2027-01-03', weeks: 52 },
    ],
  })
  const weeks = { startMonth: 1, years }

  it.each([
    { text: '2026-Q1', from: '2025-12-28', to: '2026-03-29' },
    { text: '2026-Q4', from: '2026-09-27', to: '2027-01-03' },
    { text: '2026', from: '2025-12-28', to: '2027-01-03' },
    { text: 'cal:2026-Q1', from: '2026-01-01', to: '2026-04-01' },
    { text: '2026-03', from: '2026-03-01', to: '2026-04-01' },
    { text: '2025-Q4', from: '2025-10-01', to: '2025-12-28' },
    { text: '2025', from: '2025-01-01', to: '2025-12-28' },
    { text: '2025-Q3', from: '2025-07-01', to: '2025-10-01' },
    { text: '2028-Q1', from: '2028-01-02', to: '2028-04-01' },
  ])('$text is [$from, $to)', ({ text, from, to }) => {
    expect(parsePeriod(text, weeks)).toEqual({ ok: true, value: { from, to } })
  })

  it('every day is in one quarter, which is the one that the day says', () => {
    const calendars = [weeks, { ...weeks, startMonth: 2 }, january, february, october]
    fc.assert(
      fc.property(fc.constantFrom(...calendars), fc.integer({ min: 0, max: 6 * 365 }), (calendar, after) => {
        const day = addDays('2023-06-01', after)
        const range = parsePeriod(quarterOf(day, calendar), calendar)
        expect([day, range.ok && (range.value.from ?? '') <= day && day < (range.value.to ?? '')]).toEqual([day, true])
      }),
      { seed: 4711 },
    )
  })
})

describe('days in a zone', () => {
  it.each([
    { date: '2026-01-15', zone: 'Europe/Berlin', at: '2026-01-14T23:00:00.000Z' },
    { date: '2026-03-29', zone: 'Europe/Berlin', at: '2026-03-28T23:00:00.000Z' },
    { date: '2026-03-30', zone: 'Europe/Berlin', at: '2026-03-29T22:00:00.000Z' },
    { date: '2026-11-01', zone: 'America/New_York', at: '2026-11-01T04:00:00.000Z' },
    { date: '2026-11-02', zone: 'America/New_York', at: '2026-11-02T05:00:00.000Z' },
    { date: '2026-06-01', zone: 'Asia/Kolkata', at: '2026-05-31T18:30:00.000Z' },
    { date: '2026-06-01', zone: 'Pacific/Kiritimati', at: '2026-05-31T10:00:00.000Z' },
    // clocks went from 00:00 to 01:00: that day begins at 01:00
    { date: '2018-11-04', zone: 'America/Sao_Paulo', at: '2018-11-04T03:00:00.000Z' },
    { date: '2026-06-01', zone: 'UTC', at: '2026-06-01T00:00:00.000Z' },
  ])('$date begins in $zone at $at', ({ date, zone, at }) => {
    expect(new Date(startOfDay(date, zone)).toISOString()).toBe(at)
  })

  it('a day in which clocks change has 23 or 25 hours', () => {
    const hours = (date: string, zone: string) => (endOfDay(date, zone) + 1 - startOfDay(date, zone)) / 3_600_000
    expect([hours('2026-03-29', 'Europe/Berlin'), hours('2026-10-25', 'Europe/Berlin'), hours('2026-10-26', 'Europe/Berlin')]).toEqual([
      23, 25, 24,
    ])
  })

  it('the date of the first and of the last instant of a day is that day', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'America/Sao_Paulo',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'UTC',
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), zones, (day, zone) => {
        const date = addDays('1990-01-01', day)
        fc.pre(!(zone === 'Pacific/Apia' && date === '2011-12-30')) // that day never was
        expect(dateAt(startOfDay(date, zone), zone)).toBe(date)
        expect(dateAt(startOfDay(date, zone) - 1, zone) < date).toBe(true)
        expect(dateAt(endOfDay(date, zone), zone)).toBe(date)
      }),
    )
  })

  it('knows zones from what is none', () => {
    expect([isZone('Europe/Berlin'), isZone('Mars/Olympus')]).toEqual([true, false])
  })
})
