import { z } from 'zod'
import { documentVersion, ownDocument } from './document-kind.ts'

/** The three definitions of who brought a deal (metrics M57): (a), (b) and (c). */
export const SOURCED_RULES = ['source_field', 'first_touch', 'first_response'] as const
export type SourcedRule = (typeof SOURCED_RULES)[number]

/**
 * Which of the three definitions holds for each fiscal year (metrics M57). All are always shown; the locked one is what both functions report. A year is named by that in
 * which it ends, as in `2026-Q3`; a year that is not here has none locked.
 */
export const Sourced = z
  .strictObject({
    id: z.literal('sourced'),
    version: documentVersion,
    locked: z
      .array(z.strictObject({ fiscal_year: z.int().min(1900).max(2200), rule: z.enum(SOURCED_RULES) }))
      .min(1)
      .max(300),
  })
  .superRefine(({ locked }, context) => {
    const years = locked.map(({ fiscal_year }) => fiscal_year)
    const twice = years.find((year, index) => years.indexOf(year) !== index)
    if (twice !== undefined) context.addIssue({ code: 'custom', path: ['locked'], message: `fiscal year ${twice} is locked twice` })
  })
export type Sourced = z.infer<typeof Sourced>

/** Nothing is locked before both functions said so. */
export const sourcedKind = ownDocument({ kind: 'sourced', title: 'Sourced by', schema: Sourced })
