import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { CYCLE_STARTS } from '../../domain/figures/funnel-deals.ts'
import { type Counted, COUNTED, isDealStage } from '../../domain/figures/stage-paths.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, type Under } from '../figure-route.ts'
import type { Explain } from '../explain/figure.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
  filtersOf,
  formatParameter,
  listOf,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { NEW_BUSINESS } from '../roi/question.ts'
import { measure, type MeasuredMetric, type MeasuredQuestion } from './measures.ts'
import { slicingParameters } from './question.ts'
import { type FunnelFigures, stageMapName } from './stages.ts'
import { together, transitionsOf } from './together.ts'
import { salesVelocity } from './sales-velocity.ts'

const parameters = {
  by: severalOf(FUNNEL_DIMENSIONS),
  ...periodParameters,
  ...slicingParameters,
  ...timeParameters,
  ...formatParameter,
}
const startParameter = {
  start: z
    .enum(CYCLE_STARTS)
    .default('creation')
    .describe('Where a sales cycle begins: creation of the deal, or its first entry to a qualified stage'),
}

const VelocityQuery = queryOf({
  stage_from: z.string().optional().describe('With stage_to, for M13; without both: from each stage to the next'),
  stage_to: z.string().optional(),
  ...startParameter,
  ...currencyParameter,
  ...parameters,
})
const OutcomesQuery = queryOf(parameters)
const WinRateQuery = queryOf({
  horizon_days: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Of M19 and M19s; default: p90 of the sales cycle (M20) of the year before'),
  stale_days: z.coerce.number().int().min(1).max(3650).default(30).describe('Of M90'),
  ...startParameter,
  ...currencyParameter,
  ...parameters,
})

type Query = z.output<typeof OutcomesQuery> & {
  readonly currency?: string | undefined
  readonly start?: MeasuredQuestion['start'] | undefined
  readonly stale_days?: number | undefined
}

const DAY_MS = 86_400_000
/** Where nothing was won from which a sales cycle could be read. */
const FALLBACK_HORIZON_DAYS = 180

const questionOf = (query: Query, context: AnswerContext): MeasuredQuestion => {
  const period = periodOf(query, context.settings)
  const filters = filtersOf(query, FUNNEL_DIMENSIONS)
  return {
    stageMap: context.definitions.stageMap,
    counted: 'journeys',
    by: listOf(query.by),
    dims: query.dims,
    filters,
    from: period.fromMs,
    to: period.toMs,
    zone: context.settings.zone,
    observedTo: context.observedTo,
    // every type when they are what is asked by, else new business (metrics, Deal types)
    dealTypes: filters.deal_type === undefined && !listOf(query.by).includes('deal_type') ? NEW_BUSINESS : [],
    currency: currencyOf(query.currency, context),
    transitions: [],
    start: query.start ?? 'creation',
    horizonDays: FALLBACK_HORIZON_DAYS,
    staleDays: query.stale_days ?? 30,
  }
}

const underOf = (map: StageMap): Under => ({ definition: stageMapName(map), definitions: [stageMapName(map)] })

/** p90 of M20 of the deals won in the year up to what is observed, in whole days upwards. */
const cycleHorizon = async (options: FigureRouteOptions, context: AnswerContext, question: MeasuredQuestion): Promise<number> => {
  const year = {
    ...question,
    counted: 'deals' as const,
    by: [],
    filters: {},
    from: question.observedTo - 365 * DAY_MS,
    to: question.observedTo + 1,
  }
  const { total } = await measure(options.store, context, 'M20', year, () => '')
  const p90 = total.find(row => row['statistic'] === 'p90')?.value ?? null
  return p90 === null ? FALLBACK_HORIZON_DAYS : Math.max(1, Math.ceil(p90 / 86_400))
}

/** How long things take, how they end and how often deals are won. */
export const funnelWayRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  const figure = { onRequest: requireScope('read'), preSerialization: inFormatAsked(options.store) }
  const measures = (
    context: AnswerContext,
    explain: Explain,
    asked: readonly (readonly [MeasuredMetric, MeasuredQuestion])[],
  ): Promise<readonly FunnelFigures[]> =>
    Promise.all(asked.map(([metric, question]) => measure(options.store, context, metric, question, explain)))

  app.get(
    '/v1/funnel/velocity',
    {
      ...figure,
      schema: {
        tags: ['funnel'],
        summary: 'Time in stage (M11, M12), velocity (M13), sales cycle (M20) and sales velocity (M21)',
        description:
          'Median, p75 and p90 of what is over, in seconds, and the Kaplan–Meier median that counts what still runs. M11 is dated by the entry to the latest stay, M12 by the first entry, M13 by the entry to stage_to, M20 by close date (new business unless deal types are asked for). M21 is of the twelve months up to the end of the period, a day.',
        querystring: VelocityQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const question = questionOf(query, context)
        const under = underOf(stageMap)
        const explain = explainUnder(under)
        const byCounted = Map.groupBy(
          transitionsOf(stageMap, query.stage_from, query.stage_to, 1),
          (transition): Counted => (isDealStage(stageMap, transition.from) ? 'deals' : 'journeys'),
        )
        const parts = await measures(context, explain, [
          ...COUNTED.flatMap(counted => [['M11', { ...question, counted }] as const, ['M12', { ...question, counted }] as const]),
          ...[...byCounted].map(
            ([counted, transitions]) =>
              ['M13', { ...question, counted, transitions: transitions.map(({ from, to }) => ({ from, to })) }] as const,
          ),
          ['M20', { ...question, counted: 'deals' }],
        ])
        const speed = await salesVelocity(options.store, context, { ...question, counted: 'deals' })
        return { ...together([...parts, speed]), under }
      }),
  )

  app.get(
    '/v1/funnel/outcomes',
    {
      ...figure,
      schema: {
        tags: ['funnel'],
        summary: 'What became of those who entered: outcome mix (M10), skips (M14), regressions (M15), reopened deals (M16)',
        description:
          'M10 by stage twice: mix=advanced counts whoever was ever beyond the stage, mix=final how each stands now; each adds up to the cohort. M14 is dated by when the stage was reached or passed, M16 by the first closing.',
        querystring: OutcomesQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const question = questionOf(request.query, context)
        const under = underOf(question.stageMap)
        const parts = await measures(context, explainUnder(under), [
          ...COUNTED.flatMap(counted => (['M10', 'M14', 'M15'] as const).map(metric => [metric, { ...question, counted }] as const)),
          ['M16', { ...question, counted: 'deals' }],
        ])
        return { ...together(parts), under }
      }),
  )

  app.get(
    '/v1/funnel/win-rate',
    {
      ...figure,
      schema: {
        tags: ['funnel'],
        summary: 'Win rate (M17), by value (M18), of cohorts (M19, M19s), with what is stale (M90) beside',
        description:
          'M17 and M18 by close date among deals that ever were qualified, without duplicates and errors (counted in excluded); M19 of the deals created in the period, M19s by first entry to a stage, won within the horizon. New business unless deal types are asked for.',
        querystring: WinRateQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const asked = { ...questionOf(query, context), counted: 'deals' as const }
        const question = { ...asked, horizonDays: query.horizon_days ?? (await cycleHorizon(options, context, asked)) }
        const under = underOf(question.stageMap)
        const parts = await measures(
          context,
          explainUnder(under),
          (['M17', 'M18', 'M19', 'M90'] as const).map(metric => [metric, question] as const),
        )
        return { ...together(parts), under }
      }),
  )

  app.get(
    '/v1/funnel/losses',
    {
      ...figure,
      schema: {
        tags: ['funnel'],
        summary: 'Why deals were lost: by reason and by competitor (M103)',
        description:
          'Lost deals by close date, each share of all that were lost; by=segment and the like take it apart. New business unless deal types are asked for.',
        querystring: OutcomesQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const question = { ...questionOf(request.query, context), counted: 'deals' as const }
        const under = underOf(question.stageMap)
        const [figures] = await measures(context, explainUnder(under), [['M103', question]])
        return { ...(figures ?? { rows: [], total: [], excluded: {} }), under }
      }),
  )
}
