import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { DEAL_DIMENSIONS } from '../../domain/figures/deal-dimensions.ts'
import { requireScope } from '../../http/caller.ts'
import { responsesName } from '../attribution/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { listOf, queryOf, severalOf } from '../parameters.ts'
import { dealsParameters, dealsQuestionOf } from '../sourced/routes.ts'
import { journeysAnswer, journeysRestOn } from './figure.ts'

const Query = queryOf({ by: severalOf(DEAL_DIMENSIONS), ...dealsParameters })

/** What it took to win. */
export const journeyRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/attribution/journeys',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['attribution'],
        summary: 'Touches and contacts to win, pre-sales and personal share, breadth (M62, M62b, M63, M63b, M37)',
        description:
          'Of deals won in the period, median, p75 and p90 over deals: eligible touches (M62), two-way sales contacts (M62b), the share of the time from first touch to close before the first of them, without lookback (M63), and persons who had a part (M37). M63b is the share of touches by humans of sales, by the stage in which the deal was. Deals without such a number are counted among excluded, with the metric and the reason.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const under = { definition: responsesName(context.definitions), definitions: journeysRestOn(context) }
        const { by, ...query } = request.query
        const question = dealsQuestionOf({ ...query, basis: 'conversions', conversion: 'won' }, listOf(by), context)
        return { ...(await journeysAnswer(options.store, context, question, explain(under))), under }
      }),
  )
}
