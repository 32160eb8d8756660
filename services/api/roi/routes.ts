import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { BASES } from '../../domain/figures/attribution.ts'
import { requireScope } from '../../http/caller.ts'
import { responsesName, restsOn } from '../attribution/figure.ts'
import { conversionOf, modelOf, orderOf, orderParameter } from '../attribution/routes.ts'
import type { Explain } from '../explain/figure.ts'
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
import { SPEND_DEFINITION } from '../spend/figure.ts'
import { scopeParameter } from '../spend/routes.ts'
import type { CellReader } from './cells.ts'
import { roiAnswer } from './figure.ts'
import { dealTypesOf, ROI_DIMENSIONS, type RoiQuestion } from './question.ts'

const filters = Object.fromEntries(ROI_DIMENSIONS.map(name => [name, filterParameter]))

const Query = queryOf({
  basis: z
    .enum(BASES)
    .default('revenue')
    .describe('revenue answers M67 and M68, pipeline M67 and M76, conversions M70; each beside M66 and the credit'),
  conversion: z.string().optional().describe('won, deal or sqo; default won, for pipeline sqo'),
  model: z.string().default('linear').describe('Attribution model: id, or id@version'),
  ...orderParameter,
  by: severalOf(ROI_DIMENSIONS),
  ...scopeParameter,
  deal_type: filterParameter.describe('Default: all but renewals, for basis conversions new business; * for every type'),
  ...periodParameters,
  ...currencyParameter,
  ...filters,
  ...timeParameters,
  ...formatParameter,
})

/** What was earned for what was spent. */
export const roiRoutes: FastifyPluginAsyncZod<FigureRouteOptions & { readonly cells: CellReader }> = async (app, options) => {
  app.get(
    '/v1/roi',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['roi'],
        summary: 'Return on marketing spend (M67, M68), pipeline per spend (M76), cost per conversion (M70)',
        description:
          'Spend of the period beside the credit of what closed in it. Spend that earned nothing stays in with a return of -1; credit without spend has none (null). Rows add up to the total, (none) and (unattributed) included.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { from, to } = periodOf(query, context.settings)
        const model = modelOf(context.definitions, query.model)
        const order = orderOf(model, query.order)
        const question: RoiQuestion = {
          basis: query.basis,
          conversion: conversionOf(query.basis, query.conversion),
          model,
          ...(order === undefined ? {} : { order }),
          by: listOf(query.by),
          filters: filtersOf(query, ROI_DIMENSIONS),
          dealTypes: dealTypesOf(query.basis, filtersOf(query, ['deal_type']).deal_type),
          from,
          to,
          currency: currencyOf(query.currency, context),
          zone: context.settings.zone,
          scope: query.spend_scope,
          marginPpm: null,
        }
        const responses = responsesName(context.definitions)
        const under = { definition: responses, model, definitions: restsOn(context.definitions, model) }
        // numbers that are spend alone open as they do from /v1/spend
        const [ofSpend, ofCredit] = [explainUnder({ definition: SPEND_DEFINITION, definitions: [SPEND_DEFINITION] }), explainUnder(under)]
        const explain: Explain = (name, metric, asked) => (name === 'spend' ? ofSpend : ofCredit)(name, metric, asked)
        return { ...(await roiAnswer(options, context, question, explain)), under }
      }),
  )
}
