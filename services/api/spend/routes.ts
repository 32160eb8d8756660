import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { SPEND_DIMENSIONS, SPEND_SCOPES, type SpendQuestion } from '../../domain/figures/spend.ts'
import { requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
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
import { SPEND_DEFINITION, spendAnswer } from './figure.ts'

export const scopeParameter = {
  spend_scope: z
    .enum(SPEND_SCOPES)
    .default('program')
    .describe('program: media, events, content, agencies, partners; loaded: with tools, payroll and commissions'),
}

const Query = queryOf({
  by: severalOf(SPEND_DIMENSIONS),
  ...periodParameters,
  ...currencyParameter,
  ...scopeParameter,
  ...Object.fromEntries(SPEND_DIMENSIONS.map(name => [name, filterParameter])),
  ...timeParameters,
  ...formatParameter,
})

/** What was spent, on what, when. */
export const spendRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/spend',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['roi'],
        summary: 'Spend by day and dimension (M66), budget used (M66b)',
        description:
          'Costs as they are known at as_of, lump costs spread evenly over their days, each day at its own rate. match=unmatched lists spend whose campaign no plan and no alias names. Budgets are those of campaigns, spread over their days; promised costs are beside them in the column committed.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { from, to } = periodOf(query, context.settings)
        const question: SpendQuestion = {
          by: listOf(query.by),
          filters: filtersOf(query, SPEND_DIMENSIONS),
          scope: query.spend_scope,
          from,
          to,
          currency: currencyOf(query.currency, context),
        }
        const under = { definition: SPEND_DEFINITION, definitions: [SPEND_DEFINITION] }
        return { ...(await spendAnswer(options.store, context, question, explainUnder(under))), under }
      }),
  )
}
