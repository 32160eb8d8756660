import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { pathModel } from '../../domain/figures/attribution-paths.ts'
import { requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { queryOf } from '../parameters.ts'
import { responsesName, restsOn } from './figure.ts'
import { creditParameters, creditQuestionOf } from './routes.ts'
import { waysAnswer } from './ways.ts'

const { basis, conversion, linkage, account_scope, lookback_days, from, to, period, currency, deal_type, as_of, after, format } =
  creditParameters

const Query = queryOf({
  steps: z.coerce.number().int().min(1).max(8).default(3).describe('Channels told apart, each where it first appears; what follows is …'),
  most: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(25)
    .describe('Ways answered, the most frequent first; steps and total count all of them'),
  basis,
  conversion,
  linkage,
  account_scope,
  lookback_days,
  from,
  to,
  period,
  currency,
  deal_type,
  as_of,
  after,
  format,
})

/** By which channels those who converted came, and how long it took them. */
export const waysRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/attribution/paths',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['attribution'],
        summary: 'The ways to a conversion, step by step, and the time from the first touch (M56, M54 or M55, M13)',
        description:
          'A way is the channels of the eligible touches in the order in which each first appeared. Rows with `way` add up to the total when all are asked for; rows with `step`, `here` and `next` say how many went from one channel to the next, `(converted)` at the end: what arrives at a channel in a step leaves it in the next. Conversions count whole, whatever a model credits.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const { steps, most, ...query } = request.query
        const model = pathModel(context.definitions)
        const attribution = { ...creditQuestionOf(query, context), model }
        const under = { definition: responsesName(context.definitions), definitions: restsOn(context.definitions, model) }
        return { ...(await waysAnswer(options.store, context, { attribution, steps }, { explain: explain(under), most })), under }
      }),
  )
}
