import { z } from 'zod'
import { ratio, wilson } from '../domain/figures/rates.ts'
import { tooLarge } from './problems.ts'

/** n below which a figure says `low_n` (metrics C4). */
const LOW_N = 30
/** More rows than this are nobody's reading: the question is refused and asks to be narrowed. */
const MAX_ROWS = 20_000

/** One value: its dimensions, then what it is. */
export const FigureRow = z
  .object({
    metric: z.string().describe('Number of the metric in the metric dictionary: M54 …'),
    value: z.number().nullable().describe('Money in minor units, ratios 0..1; null where there is nothing to divide by'),
    unit: z.string().describe('count, ratio, or <currency> minor'),
    numerator: z.number().optional(),
    denominator: z.number().optional(),
    interval: z.tuple([z.number(), z.number()]).nullable().optional().describe('Wilson, 95 %'),
    flags: z.array(z.string()),
    explain: z.string().optional().describe('Token for GET /v1/explain/{token}'),
  })
  .catchall(z.unknown().describe('A dimension by its name: text, or a number'))
  .meta({ id: 'FigureRow', description: 'One row per combination of dimensions and metric' })
export type FigureRow = z.output<typeof FigureRow>

/** What a row says of its value; everything else in it is a dimension. */
const OF_THE_VALUE: ReadonlySet<string> = new Set(Object.keys(FigureRow.shape))
export const isDimension = (name: string): boolean => !OF_THE_VALUE.has(name)
/** What tells a row of an answer from the others of its metric. */
export const dimensionsOf = (row: FigureRow): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => isDimension(name)))

const Share = z.number().nullable()

/** What a data-driven model learned (metrics M64). */
export const Fit = z
  .object({
    order: z.number().describe('Touches in a state'),
    states: z.number(),
    paths: z.object({
      distinct: z.number(),
      conversions: z.number(),
      nulls: z.number().describe('Journeys without the conversion by as_of'),
    }),
    open_null_share: Share.describe('Of the journeys without the conversion those that may still convert'),
    p_convert: z.number(),
    value_per_path: Share.describe('In minor units; null where paths have no value'),
    sampled: z
      .object({ orders: z.number(), seed: z.number() })
      .nullable()
      .describe('Orders of arrival that were sampled; null where every coalition was counted'),
    channels: z
      .array(
        z.object({
          channel: z.string(),
          removal_effect: Share.describe('Part of P(convert) that is lost without the channel'),
          removal_effect_value: Share.describe('The same of the value of a path'),
          share: z.number().describe('Of the conversions with a touch'),
          standard_error: Share.describe('Of share, where it was sampled'),
        }),
      )
      .describe('The state map: a state is the last `order` touches, each of them one of these channels'),
  })
  .meta({ id: 'Fit', description: 'What a data-driven attribution model learned from the journeys' })
export type Fit = z.output<typeof Fit>

export const Answer = z
  .object({
    rows: z.array(FigureRow),
    total: z.array(FigureRow),
    excluded: z.record(z.string(), z.number()).describe('What is left out, by reason'),
    definition: z.string().describe('Definition that the figure was computed under, id@version'),
    model: z.string().optional().describe('Attribution model, id@version'),
    fit: Fit.optional().describe('Of a data-driven model'),
    flags: z.array(z.string()).describe('not_final: as_of is later than the watermark; reconstructed: before the tenant went live'),
    as_of: z.string(),
    watermark: z.string().describe('What was recorded until then is in the answer'),
  })
  .meta({ id: 'Answer', description: 'A figure with what it rests on' })
export type Answer = z.output<typeof Answer>

export const instantOf = (ms: number): string => new Date(ms).toISOString()

/** `2026-03-10 12:00:00.123456` as ClickHouse writes it → UTC ISO 8601, microseconds kept. */
export const isoOf = (text: string): string => `${text.replace(' ', 'T')}Z`

/** An exact integer as JSON can carry it. Refuses what a JSON number would round. */
export const exact = (value: bigint): number => {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw tooLarge('a value is beyond 2^53 and would be rounded: narrow the question')
  return number
}

/** A whole number of a fact as the store gives it: 64 bits may come as text. */
export const Whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(digits => exact(BigInt(digits))),
])

/** A rate of counts with its interval. `low_n` and the flags given are added up. */
export const rateOf = (
  numerator: number,
  denominator: number,
  flags: readonly string[],
): Pick<FigureRow, 'value' | 'unit' | 'numerator' | 'denominator' | 'interval' | 'flags'> => {
  const interval = numerator <= denominator ? wilson(numerator, denominator) : null
  return {
    value: ratio(numerator, denominator),
    unit: 'ratio',
    numerator,
    denominator,
    interval: interval === null ? null : [interval[0], interval[1]],
    flags: flagsOf(denominator, flags),
  }
}

/** What one of something costs: money over a count in whole minor units, halves up; null where there is nothing to divide by (metrics C3). */
export const moneyEach = (money: number, count: number): number | null => {
  const each = ratio(money, count)
  return each === null ? null : Math.round(each)
}

/** In the order of their bytes, so that equal answers are equal bytes. */
export const flagsOf = (n: number, flags: readonly string[]): string[] => [...new Set(n < LOW_N ? [...flags, 'low_n'] : flags)].toSorted()

export const assertNotTooMany = (rows: number): void => {
  if (rows > MAX_ROWS) throw tooLarge(`the answer has more than ${MAX_ROWS} rows: ask by fewer dimensions, a shorter period, or filter`)
}
