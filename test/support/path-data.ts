import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** Public reference data that are no part of the project: beside the checkout, where they are there at all. */
export const PATH_DATA_FOLDER = join(import.meta.dirname, '../../../shared/data/pathdata')
export const PATH_DATA_FILE = join(PATH_DATA_FOLDER, 'PathData.csv')
export const PATH_DATA_IS_THERE = existsSync(PATH_DATA_FILE)

const Row = z.object({
  path: z.string(),
  total_conversions: z.coerce.number(),
  total_conversion_value: z.coerce.number(),
  total_null: z.coerce.number(),
})

export type PathDataRow = {
  readonly channels: readonly string[]
  readonly conversions: number
  readonly value: number
  readonly nulls: number
}

/** The rows of the file, as they are: some paths stand in it more than once. */
export const readPathData = (): readonly PathDataRow[] =>
  z
    .array(Row)
    .parse(parse(readFileSync(PATH_DATA_FILE), { columns: true, delimiter: ';' }))
    .map(row => ({
      channels: row.path.split(' > '),
      conversions: row.total_conversions,
      value: row.total_conversion_value,
      nulls: row.total_null,
    }))

const Reference = z.object({
  p_conversion_from_start: z.number(),
  expected_value_from_start: z.number(),
  result: z.record(
    z.string(),
    z.object({
      total_conversions: z.number(),
      total_conversion_value: z.number(),
      removal_effect_conversion: z.number(),
      removal_effect_value: z.number(),
    }),
  ),
})

/** The published closed-form answer of order 1. */
export const readMarkovReference = (): z.output<typeof Reference> =>
  Reference.parse(JSON.parse(readFileSync(join(PATH_DATA_FOLDER, 'markov-order1.json'), 'utf8')))
