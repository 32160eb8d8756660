import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { type Basis, DEAL_CONVERSIONS, EVERY_TYPE } from '../../domain/figures/attribution.ts'
import { requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import { responsesName, restsOn } from '../attribution/figure.ts'
import { anyModelOf, DEFAULT_MODELS, orderOf, orderParameter, termsOf, termsParameters } from '../attribution/routes.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { currencyOf, currencyParameter, formatParameter, listOf, queryOf, timeParameters } from '../parameters.ts'
import { notFound } from '../problems.ts'
import { dealCreditAnswer, dealExists } from './credit.ts'

const Query = queryOf({
  model: z
    .union([z.string(), z.array(z.string()).max(20)])
    .optional()
    .describe(`Attribution models, id or id@version; may be repeated. Default ${DEFAULT_MODELS.join(', ')}`),
  ...orderParameter,
  ...termsParameters,
  conversion: z.enum(DEAL_CONVERSIONS).default('won'),
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
})

/** The money that a conversion splits. */
const BASIS_OF: Readonly<Record<(typeof DEAL_CONVERSIONS)[number], Basis>> = { won: 'revenue', sqo: 'pipeline', deal: 'conversions' }

export const dealRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/deals/:id/credit',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['deals'],
        summary: 'One deal’s credit touch by touch, per model (M53 and its money)',
        params: z.object({ id: z.string().min(1).max(512) }),
        querystring: Query,
        response: { ...figureSchema.response, 404: Problem },
        produces: figureSchema.produces,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query, params } = request
        if (!(await dealExists(options.store, context, params.id))) throw notFound('there is no such deal')
        const asked = listOf(query.model)
        const models = [...new Set((asked.length === 0 ? DEFAULT_MODELS : asked).map(name => anyModelOf(context.definitions, name)))]
        const order = orderOf(models.length === 1 ? models[0] : undefined, query.order)
        const responses = responsesName(context.definitions)
        const currency = currencyOf(query.currency, context)
        const answers = await Promise.all(
          models.map(model =>
            dealCreditAnswer(
              options.store,
              context,
              {
                dealId: params.id,
                attribution: {
                  basis: BASIS_OF[query.conversion],
                  conversion: query.conversion,
                  model,
                  order,
                  ...termsOf(query),
                  by: [],
                  filters: {},
                  dealTypes: [EVERY_TYPE],
                  from: null,
                  to: null,
                  currency,
                  zone: context.settings.zone,
                },
              },
              explainUnder({ definition: responses, definitions: restsOn(context.definitions, model) }),
            ),
          ),
        )
        const [only] = models
        return {
          rows: answers.flatMap(answer => answer.rows),
          total: answers.flatMap(answer => answer.total),
          excluded: answers[0]?.excluded ?? {},
          fit: models.length === 1 ? answers[0]?.fit : undefined,
          under: {
            definition: responses,
            definitions: [responses, ...models],
            ...(models.length === 1 && only !== undefined ? { model: only } : {}),
          },
        }
      }),
  )
}
