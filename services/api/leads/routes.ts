import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { LEAD_DIMENSIONS, type LeadMetric } from '../../domain/figures/lead-question.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  filterParameter,
  filtersOf,
  formatParameter,
  listOf,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { bucketParameter } from './filters.ts'
import { leadAnswer, type LeadAsked, leadsUnder, metricsShownAs, QUALITY_METRICS } from './quality.ts'

/** Days in which a lead may become a deal or an SQO where nothing else is asked for (metrics M33). */
const DEFAULT_HORIZON_DAYS = 90

/** A filter for every dimension of leads. */
const leadFilters = Object.fromEntries(LEAD_DIMENSIONS.map(name => [name, filterParameter])) as Record<
  (typeof LEAD_DIMENSIONS)[number],
  typeof filterParameter
>

const shared = {
  by: severalOf(LEAD_DIMENSIONS),
  horizon_days: z.coerce.number().int().min(1).max(3650).default(DEFAULT_HORIZON_DAYS),
  definition: z
    .string()
    .optional()
    .describe('qualification@2: everybody judged by that version; default: by the one in force at the instant'),
  ...periodParameters,
  ...leadFilters,
  bucket: bucketParameter,
  ...timeParameters,
  ...formatParameter,
}

const QualityQuery = queryOf({ metric: severalOf(QUALITY_METRICS), ...shared })
const MatrixQuery = queryOf(shared)

const MATRIX: readonly LeadMetric[] = ['M31', 'M32']

/** What becomes of leads, and whether both teams mean the same by one. */
export const leadRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  const askedOf = (query: z.output<typeof MatrixQuery>, metrics: readonly LeadMetric[], context: AnswerContext): LeadAsked => {
    const { fromMs, toMs } = periodOf(query, context.settings)
    return {
      metrics,
      horizonDays: query.horizon_days,
      by: listOf(query.by),
      filters: filtersOf(query, LEAD_DIMENSIONS),
      from: fromMs,
      to: toMs,
      definition: query.definition ?? null,
    }
  }

  app.get(
    '/v1/leads/matrix',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['leads'],
        summary:
          'The six buckets of fit and readiness: how many MQLs are in each (M31), how they convert to SQO and by how much better than all (M32)',
        description:
          'A lead is in the bucket that it was in when it became an MQL, by the definitions in force then; a fit that is not known counts as bad and is flagged insufficient_data. Lift rows are flagged not_monotone where a bucket that should convert better converts worse beyond chance.',
        querystring: MatrixQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const asked = askedOf(request.query, MATRIX, context)
        const under = leadsUnder(context, asked.definition)
        return { ...(await leadAnswer(options.store, context, asked, explainUnder(under))), under }
      }),
  )

  app.get(
    '/v1/leads/quality',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['leads'],
        summary: 'Conformance, acceptance, rejections, disqualifications, deals and second lives of leads (M23a–M29, M33, M34, M105, M107)',
        description:
          'Each is counted at its own instant: MQLs as they entered, decisions as they were made, leads as they opened. M24: of the declared MQLs those that the rule in force had made one by the next business day; M24b: computed MQLs that nobody declared within one.',
        querystring: QualityQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { metric, ...query } = request.query
        const named = listOf(metric)
        const asked = askedOf(query, metricsShownAs(named.length === 0 ? QUALITY_METRICS : named), context)
        const under = leadsUnder(context, asked.definition)
        return { ...(await leadAnswer(options.store, context, asked, explainUnder(under))), under }
      }),
  )
}
