import { z } from 'zod'
import { currencyExponent } from '../domain/money.ts'
import { parsePeriod, parseRange, PERIOD_FORMS, startOfDay } from '../domain/periods.ts'
import type { AnswerContext } from './as-of.ts'
import { badParameter } from './problems.ts'
import type { TenantSettings } from './settings.ts'

export const FORMATS = ['json', 'csv', 'parquet', 'arrow'] as const
export type Format = (typeof FORMATS)[number]

/** Knowledge time and form, on every read. */
export const timeParameters = {
  as_of: z.string().optional().describe('As it was known then: an instant, or a date (its end in the tenant’s zone); default: now'),
  after: z.string().optional().describe('Position from a write: waits up to 5 s until it shows'),
}
export const formatParameter = { format: z.enum(FORMATS).optional().describe('Default json, or by Accept') }

export const periodParameters = {
  from: z.string().optional().describe('First day, YYYY-MM-DD in the tenant’s zone'),
  to: z.string().optional().describe('Day after the last'),
  period: z.string().optional().describe(PERIOD_FORMS),
}

export const currencyParameter = { currency: z.string().optional().describe('ISO 4217; default: the tenant’s') }

/** A parameter that may be repeated, each time one of `values`. */
export const severalOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z
    .union([z.enum(values), z.array(z.enum(values))], { error: () => `expected one of ${values.join(', ')}; may be repeated` })
    .optional()
    .describe('May be repeated')

/** A filter by name; repeated: any of the values. */
export const filterParameter = z
  .union([z.string().max(512), z.array(z.string().max(512)).max(100)])
  .optional()
  .describe('Only these values; (none) for those without')

/** A query that names every parameter it refuses, and those that there are. */
export const queryOf = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? `unknown parameter ${issue.keys.join(', ')}: there are ${Object.keys(shape).join(', ')}`
        : undefined,
  })

export const listOf = <T extends string>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : [...new Set(typeof value === 'string' ? [value] : value)]

/** Only the filters that were given. */
export const filtersOf = <K extends string>(
  query: Readonly<Record<string, unknown>>,
  names: readonly K[],
): Partial<Record<K, readonly string[]>> => {
  const filters: Partial<Record<K, readonly string[]>> = {}
  for (const name of names) {
    const value = query[name]
    if (typeof value === 'string') filters[name] = [value]
    else if (Array.isArray(value)) filters[name] = [...new Set(value.map(String))].toSorted()
  }
  return filters
}

export type PeriodQuery = { readonly from?: string | undefined; readonly to?: string | undefined; readonly period?: string | undefined }
export type Period = {
  /** Dates in the tenant's zone, `to` exclusive. */
  readonly from: string | null
  readonly to: string | null
  /** The same as instants (ms). */
  readonly fromMs: number | null
  readonly toMs: number | null
}

export const periodOf = (query: PeriodQuery, { zone, fiscal }: TenantSettings): Period => {
  if (query.period !== undefined && (query.from !== undefined || query.to !== undefined)) {
    throw badParameter('period', 'give either period, or from and to')
  }
  const range = query.period === undefined ? parseRange(query.from ?? null, query.to ?? null) : parsePeriod(query.period, fiscal)
  if (!range.ok) throw badParameter(query.period === undefined ? nameOf(range.error.message, query) : 'period', range.error.message)
  const { from, to } = range.value
  return { from, to, fromMs: from === null ? null : startOfDay(from, zone), toMs: to === null ? null : startOfDay(to, zone) }
}

/** Both ends of a period, of which nothing counts that is later than what is known. Throws 400 naming `period` where one is missing; `why`: what needs them. */
export const knownPeriodOf = (
  query: PeriodQuery,
  { settings, observedTo }: AnswerContext,
  why: string,
): { readonly from: number; readonly to: number } => {
  const { fromMs, toMs } = periodOf(query, settings)
  if (fromMs === null || toMs === null) throw badParameter('period', `${why}: give one, or from and to`)
  return { from: fromMs, to: Math.min(toMs, observedTo + 1) }
}

const nameOf = (message: string, { from }: PeriodQuery): string => (from !== undefined && message.endsWith(`: ${from}`) ? 'from' : 'to')

export const currencyOf = (currency: string | undefined, { settings }: AnswerContext): string => {
  const code = currency ?? settings.currency
  if (currencyExponent(code) === null) throw badParameter('currency', `expected an ISO 4217 code such as EUR, got ${code.slice(0, 16)}`)
  return code
}
