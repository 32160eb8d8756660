import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { currencyParameter, filterParameter, formatParameter, periodParameters, queryOf, timeParameters } from '../parameters.ts'
import { reconcile, ReconcileBody } from './ask.ts'

const ReconcileQuery = queryOf({
  ...periodParameters,
  ...currencyParameter,
  deal_type: filterParameter.describe('Default: new business and expansion; * for every type'),
  ...timeParameters,
  ...formatParameter,
})

/** Why this is not what the CRM shows. */
export const reconcileRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.post(
    '/v1/reconcile',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['reconcile'],
        summary: 'Won, open pipeline and counts by month against the deals of a CRM, every difference named',
        description:
          'The rows of the CRM are read, compared and forgotten. Open pipeline is dated by the planned close date, won by the close date; a period asks for months of those. what: crm, here, difference (here − crm), because (its pieces by reason, which add up to it exactly) and deal (each piece by its deal).',
        querystring: ReconcileQuery,
        body: ReconcileBody,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async context => {
        const { figures, under } = await reconcile(options, callerOf(request).tenant, context, request.query, request.body)
        return { ...figures, under }
      }),
  )
}
