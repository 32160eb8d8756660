import { z } from 'zod'
import { addDays, type FiscalYear, isIsoDate } from '../periods.ts'
import { documentVersion, ownDocument } from './document-kind.ts'

const PATTERNS = { '4-4-5': [4, 4, 5], '4-5-4': [4, 5, 4], '5-4-4': [5, 4, 4] } as const
type Pattern = keyof typeof PATTERNS

const Year = z.strictObject({
  fiscal_year: z.int().min(1901).max(2289),
  starts_on: z.string().refine(isIsoDate, { message: 'expected a date (YYYY-MM-DD) that exists' }),
  weeks: z.union([z.literal(52), z.literal(53)]),
})

const lengthDays = ({ weeks }: { readonly weeks: number }): number => weeks * 7

/**
 * Fiscal years of whole weeks (metrics C1): each year has 52 weeks or 53, its quarters are of three months by the pattern, and a 53rd week belongs to the last month.
 * A company whose fiscal months are those of the calendar needs none: `tenant-configured` says the month in which its year begins.
 */
export const FiscalCalendarDocument = z
  .strictObject({
    id: z.literal('fiscal-calendar'),
    version: documentVersion,
    pattern: z.enum(['4-4-5', '4-5-4', '5-4-4']),
    years: z.array(Year).min(1).max(300),
  })
  .superRefine(({ years }, context) => {
    for (const [index, year] of years.entries()) {
      const before = years[index - 1]
      if (before === undefined) continue
      if (year.fiscal_year !== before.fiscal_year + 1)
        context.addIssue({
          code: 'custom',
          path: ['years', index, 'fiscal_year'],
          message: `expected ${before.fiscal_year + 1}: years one after the other`,
        })
      const expected = isIsoDate(before.starts_on) ? addDays(before.starts_on, lengthDays(before)) : ''
      if (expected !== '' && year.starts_on !== expected)
        context.addIssue({
          code: 'custom',
          path: ['years', index, 'starts_on'],
          message: `expected ${expected}, the day after the year before ends`,
        })
    }
  })
export type FiscalCalendarDocument = z.infer<typeof FiscalCalendarDocument>

export const fiscalCalendarKind = ownDocument({ kind: 'fiscal-calendar', title: 'Fiscal calendar', schema: FiscalCalendarDocument })

const weeksOf = (pattern: Pattern, weeks: number): readonly number[] => {
  const months = [1, 2, 3, 4].flatMap(() => PATTERNS[pattern])
  return months.map((length, index) => (index === 11 ? length + weeks - 52 : length))
}

/**
 * The years of a calendar, each with the first days of its twelve fiscal months and the day after the last.
 * Ex 4-4-5 from 2025-12-28: 2025-12-28, 2026-01-25, 2026-02-22, 2026-03-29 …
 */
export const fiscalYears = ({ pattern, years }: FiscalCalendarDocument): readonly FiscalYear[] =>
  years.map(year => {
    const days = [year.starts_on]
    for (const weeks of weeksOf(pattern, year.weeks)) days.push(addDays(days.at(-1) ?? year.starts_on, weeks * 7))
    return { year: year.fiscal_year, days }
  })
