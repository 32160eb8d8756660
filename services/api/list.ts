import { z } from 'zod'
import { instantOf } from './answer.ts'
import type { AnswerContext } from './as-of.ts'
import { cursorOf, offsetOf } from './cursor.ts'

const MOST_ROWS = 1_000

/** Parameters of a list that is read page by page. */
export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(200),
  cursor: z.string().optional().describe('From the answer before; with the same as_of'),
}

/** A list with what it rests on; `id` names the shape in the API's description. */
export const listSchema = <T extends z.ZodType>(row: T, id: string) =>
  z
    .object({
      rows: z.array(row),
      count: z.number().describe('Rows on all pages'),
      cursor: z.string().nullable().describe('Of the next page; null on the last'),
      flags: z.array(z.string()),
      as_of: z.string(),
      watermark: z.string(),
    })
    .meta({ id, description: 'A list as it was known at an instant' })

export type List<T> = {
  readonly rows: T[]
  readonly count: number
  readonly cursor: string | null
  readonly flags: string[]
  readonly as_of: string
  readonly watermark: string
}

/** One page of what there is. */
export const pageOf = <T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  { flags, asOf, watermark }: Pick<AnswerContext, 'flags' | 'asOf' | 'watermark'>,
): List<T> => {
  const offset = offsetOf(cursor)
  return {
    rows: all.slice(offset, offset + limit),
    count: all.length,
    cursor: offset + limit < all.length ? cursorOf(offset + limit) : null,
    flags: [...flags],
    as_of: instantOf(asOf),
    watermark: instantOf(watermark),
  }
}

/** What a row says under a name, as filters compare it; `(none)` where it says nothing. */
export const saidIn = (row: object, name: string): string => {
  const value = new Map<string, unknown>(Object.entries(row)).get(name)
  return typeof value === 'string' && value !== '' ? value : '(none)'
}

/** Whether a row says one of the values of each filter. */
export const fitsFilters = (row: object, filters: Readonly<Record<string, readonly string[] | undefined>>): boolean =>
  Object.entries(filters).every(([name, values]) => values?.includes(saidIn(row, name)) ?? true)
