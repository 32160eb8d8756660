import { z } from 'zod'
import { qualifyingDealStages } from '../../domain/definitions/stage-map.ts'
import { daysIn, dayOfDate } from '../../domain/forecast/days.ts'
import type { Terms } from '../../domain/forecast/known.ts'
import type { PeriodDays } from '../../domain/forecast/periods-of.ts'
import { FORECAST_DIMENSIONS, type ScopeFilters } from '../../domain/forecast/scope.ts'
import { type FiscalCalendar, parsePeriod } from '../../domain/periods.ts'
import type { AnswerContext } from '../as-of.ts'
import { currencyParameter, filterParameter, formatParameter, severalOf, timeParameters } from '../parameters.ts'
import { badParameter } from '../problems.ts'

/** Of every question about the open pipeline. */
export const scopeParameters = {
  team: filterParameter,
  owner: filterParameter,
  pipeline: filterParameter,
  product: filterParameter,
  region: filterParameter,
  segment: filterParameter,
  deal_type: filterParameter.describe('Only these types; without it all but renewals'),
  stage_floor: z
    .string()
    .optional()
    .describe('Least deal stage that counts as pipeline; default: the first that qualifies; any: every stage'),
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
}

export const byParameter = { by: severalOf(FORECAST_DIMENSIONS) }

const valuesAsked = z.array(z.string()).readonly().optional()

/** As it stands in tokens. */
export const PipelineAsked = z.strictObject({
  filters: z.strictObject({
    team: valuesAsked,
    owner: valuesAsked,
    pipeline: valuesAsked,
    product: valuesAsked,
    deal_type: valuesAsked,
    region: valuesAsked,
    segment: valuesAsked,
  }),
  stages: z.array(z.string()),
  floor: z.number(),
  currency: z.string(),
  zone: z.string(),
  fiscal: z.object({
    startMonth: z.number(),
    years: z
      .array(z.object({ year: z.number(), days: z.array(z.string()).readonly() }))
      .readonly()
      .optional(),
  }),
})
export type PipelineAsked = z.output<typeof PipelineAsked>

/** Filters without those that were not given. */
export const filtersIn = (filters: PipelineAsked['filters']): ScopeFilters =>
  Object.fromEntries(Object.entries(filters).filter(([, values]) => values !== undefined))

export const termsFor = ({ filters, stages, currency, zone }: PipelineAsked): Terms => ({
  scope: { filters: filtersIn(filters) },
  currency,
  days: daysIn(zone),
  stages,
})

/** Place of the stage that is asked for among those that qualify, from 1; 0 for `any`. */
export const floorOf = (asked: string | undefined, { definitions }: AnswerContext): number => {
  const stages = qualifyingDealStages(definitions.stageMap)
  if (asked === undefined) return stages.length === 0 ? 0 : 1
  if (asked === 'any') return 0
  const place = stages.indexOf(asked) + 1
  if (place === 0) throw badParameter('stage_floor', `expected any, or a deal stage that qualifies: ${stages.join(', ')}`)
  return place
}

/** The days of a fiscal or calendar period by its name. */
export const periodDaysOf = (name: string, fiscal: FiscalCalendar): PeriodDays | null => {
  const found = parsePeriod(name, fiscal)
  if (!found.ok || found.value.from === null || found.value.to === null) return null
  return { from: dayOfDate(found.value.from), to: dayOfDate(found.value.to) }
}

/** Whether a name is that of a period. A forecast asks it of every call at every past instant, so a name is read once. */
export const periodNames = (fiscal: FiscalCalendar): ((name: string, period: PeriodDays) => boolean) => {
  const read = new Map<string, PeriodDays | null>()
  return (name, { from, to }) => {
    if (!read.has(name)) read.set(name, periodDaysOf(name, fiscal))
    const days = read.get(name)
    return days?.from === from && days.to === to
  }
}
