import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { HEALTH_CHECKS } from '../../domain/figures/data-health.ts'
import { requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
  formatParameter,
  listOf,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { dataHealthAnswer, healthUnder } from './figure.ts'

const Query = queryOf({
  check: severalOf(HEALTH_CHECKS).describe('Default: all; may be repeated'),
  ...periodParameters,
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
})

/** How far figures can be trusted. */
export const dataHealthRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/data-health',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['operations'],
        summary: 'How complete, linked and timely the records are that figures rest on (M99)',
        description:
          'Each check is a share of what is as it should be: denominator − numerator is what is missing, example the latest of it, explain lists it first. of: what a check is told apart by (pipeline, touch type, source, owner, currency, channel, attribute). source_silence: seconds since a source last said anything. total: each check as a whole.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { fromMs, toMs } = periodOf(query, context.settings)
        const checks = listOf(query.check)
        const under = healthUnder(context)
        const question = { from: fromMs, to: toMs, currency: currencyOf(query.currency, context) }
        return {
          ...(await dataHealthAnswer(options.store, context, checks.length === 0 ? HEALTH_CHECKS : checks, question, explainUnder(under))),
          under,
        }
      }),
  )
}
