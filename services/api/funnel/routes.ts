import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { POLICIES } from '../../domain/figures/funnel-conversion.ts'
import type { FunnelStagesQuestion } from '../../domain/figures/funnel-stages.ts'
import { FUNNEL_DIMENSIONS, type FunnelDimension } from '../../domain/figures/funnel-dimensions.ts'
import { type Counted, COUNTED } from '../../domain/figures/stage-paths.ts'
import { monthsOf, nextMonth, startOfDay } from '../../domain/periods.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
  filterParameter,
  filtersOf,
  formatParameter,
  listOf,
  type Period,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { conversionAnswer, countedFrom, MEASURES } from './conversion.ts'
import { slicingParameters } from './question.ts'
import { stageMapName, stagesAnswer } from './stages.ts'
import { assertStage, fromStage, together, transitionsOf } from './together.ts'

const StagesQuery = queryOf({
  by: severalOf(FUNNEL_DIMENSIONS),
  ...periodParameters,
  ...currencyParameter,
  ...slicingParameters,
  stage: filterParameter,
  ...timeParameters,
  ...formatParameter,
})

const ConversionQuery = queryOf({
  stage_from: z.string().optional().describe('With stage_to; without both: from each stage to the next'),
  stage_to: z.string().optional(),
  horizon_days: z.coerce.number().int().min(1).max(3650).optional().describe('Default: that of the step in the stage map, else 90'),
  policy: z
    .enum(POLICIES)
    .optional()
    .describe(
      'implied: a later stage has passed the one asked about; strict: only that stage counts; default: what the stage map says, else implied',
    ),
  measure: z
    .enum(MEASURES)
    .default('cohort')
    .describe(
      'cohort answers M6, throughput M7, strict M8 (every stage in order), cumulative M9 (from the first stage); never two in one table',
    ),
  by: severalOf(FUNNEL_DIMENSIONS),
  ...periodParameters,
  ...slicingParameters,
  ...timeParameters,
  ...formatParameter,
})

/** Entries, volumes and conversion of the stages of the company's funnel. */
export const funnelRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/funnel/stages',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['funnel'],
        summary: 'Entries, direct share, volume and value by stage (M1–M5)',
        description:
          'Journeys through all stages, deals through those of deals. Volumes and values are those at the end of the period, or of each month of it.',
        querystring: StagesQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const period = periodOf(query, context.settings)
        const by = listOf(query.by)
        const named = filtersOf(query, [...FUNNEL_DIMENSIONS, 'stage'])
        for (const stage of named.stage ?? []) assertStage(stageMap, 'stage', stage)
        const question: Omit<FunnelStagesQuestion, 'counted'> = {
          stageMap,
          by,
          dims: query.dims,
          filters: named,
          from: period.fromMs,
          to: period.toMs,
          zone: context.settings.zone,
          currency: currencyOf(query.currency, context),
          volumesAt: volumesAt(period, by, context),
        }
        const under = { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] }
        const parts = await Promise.all(
          COUNTED.map(counted => stagesAnswer(options.store, context, { ...question, counted }, explainUnder(under))),
        )
        return { ...together(parts), under }
      }),
  )

  app.get(
    '/v1/funnel/conversion',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['funnel'],
        summary: 'Conversion from stage to stage: of a cohort within a horizon (M6, M8, M9), or throughput of a period (M7)',
        description: `The cohort is the first entries to stage_from in the period, counted as journeys, or as deals from the first stage of deals on. Horizon of the stage map by default, else 90 days. Cohorts in which some are still open are flagged immature and estimated (Aalen–Johansen).`,
        querystring: ConversionQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const period = periodOf(query, context.settings)
        const cumulative = query.measure === 'strict' || query.measure === 'cumulative'
        const transitions =
          cumulative && query.stage_from === undefined && query.stage_to === undefined
            ? fromStage(stageMap, stageMap.stages[0]?.name ?? '', query.horizon_days)
            : transitionsOf(stageMap, query.stage_from, query.stage_to, query.horizon_days)
        const question = {
          stageMap,
          measure: query.measure,
          policy: query.measure === 'strict' ? ('every' as const) : (query.policy ?? stageMap.skipping ?? 'implied'),
          by: listOf(query.by),
          dims: query.dims,
          filters: filtersOf(query, FUNNEL_DIMENSIONS),
          from: period.fromMs,
          to: period.toMs,
          zone: context.settings.zone,
          observedTo: context.observedTo,
        }
        const under = { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] }
        const byCounted = Map.groupBy(transitions, (transition): Counted => countedFrom(stageMap, transition.from))
        const parts = await Promise.all(
          [...byCounted].map(([counted, some]) =>
            conversionAnswer(options.store, context, { ...question, counted, transitions: some }, explainUnder(under)),
          ),
        )
        return { ...together(parts), under }
      }),
  )
}

/** The end of the period, or of each of its months; never later than what is known. */
const volumesAt = (
  period: Period,
  by: readonly FunnelDimension[],
  { settings, observedTo }: AnswerContext,
): FunnelStagesQuestion['volumesAt'] => {
  const known = observedTo + 1
  if (!by.includes('month')) return [{ month: '', before: Math.min(period.toMs ?? known, known) }]
  const { from, to, toMs } = period
  if (from === null || to === null || toMs === null) throw badParameter('by', 'volumes by month need a period, or from and to')
  return monthsOf({ from, to })
    .filter(month => startOfDay(`${month}-01`, settings.zone) < known)
    .map(month => ({ month, before: Math.min(startOfDay(nextMonth(month), settings.zone), toMs, known) }))
}
