import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { BASES } from '../../domain/figures/attribution.ts'
import { financeInput } from '../../domain/figures/finance.ts'
import { requireScope } from '../../http/caller.ts'
import { dataDrivenModel } from '../attribution/data-driven.ts'
import { responsesName, restsOn } from '../attribution/figure.ts'
import { anyModelOf, conversionOf, orderOf, orderParameter, termsOf, termsParameters } from '../attribution/routes.ts'
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
import { badParameter } from '../problems.ts'
import { SPEND_DEFINITION } from '../spend/figure.ts'
import { scopeParameter } from '../spend/routes.ts'
import type { CellReader } from './cells.ts'
import { roiAnswer } from './figure.ts'
import { cohortAnswer } from './cohort.ts'
import { companyFigures, lastDayOf } from './company.ts'
import { sidesOf } from './sides.ts'
import { dealTypesOf, MARGINS, ROI_DIMENSIONS, type RoiQuestion } from './question.ts'

const filters = Object.fromEntries(ROI_DIMENSIONS.map(name => [name, filterParameter]))

const Query = queryOf({
  basis: z
    .enum(BASES)
    .default('revenue')
    .describe('revenue answers M67 and M68, pipeline M67 and M76, conversions M70; each beside M66 and the credit'),
  conversion: z.string().optional().describe('won, deal, sqo, mql or lead; default won, for pipeline sqo'),
  model: z.string().default('linear').describe('Attribution model, id or id@version; also markov, shapley and shapley-simple'),
  ...orderParameter,
  ...termsParameters,
  by: severalOf(ROI_DIMENSIONS),
  dated: z
    .enum(['close', 'touch'])
    .default('close')
    .describe(
      'close: credit of what closed in the period (M67); touch: of touches in the period, whenever it closed (M69 with its maturity)',
    ),
  margin: z.enum(MARGINS).default('none').describe('gross: revenue times the gross margin that finance recorded (M67)'),
  ...scopeParameter,
  deal_type: filterParameter.describe('Default: all but renewals, for basis conversions new business; * for every type'),
  ...periodParameters,
  ...currencyParameter,
  ...filters,
  ...timeParameters,
  ...formatParameter,
})

type Cohort = { readonly basis: string; readonly margin: string }

/** What cohort ROI is not answered for: 400. */
const assertCohort = ({ basis, margin }: Cohort, model: string): void => {
  if (basis !== 'revenue') throw badParameter('dated', 'touch is answered for basis revenue')
  if (margin !== 'none') throw badParameter('dated', 'touch is answered for margin none')
  if (dataDrivenModel(model) !== null) throw badParameter('dated', `touch is answered for published models, not for ${model}`)
}

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
        const model = anyModelOf(context.definitions, query.model)
        const order = orderOf(model, query.order)
        const question: RoiQuestion = {
          basis: query.basis,
          conversion: conversionOf(query.basis, query.conversion),
          ...termsOf(query),
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
          margin: query.margin,
          marginPpm: null,
        }
        if (query.dated === 'touch') assertCohort(query, model)
        const responses = responsesName(context.definitions)
        const under = { definition: responses, model, definitions: restsOn(context.definitions, model) }
        // numbers that are spend alone open as they do from /v1/spend
        const [ofSpend, ofCredit] = [explainUnder({ definition: SPEND_DEFINITION, definitions: [SPEND_DEFINITION] }), explainUnder(under)]
        const explain: Explain = (name, metric, asked) => (name === 'spend' ? ofSpend : ofCredit)(name, metric, asked)
        if (query.dated === 'touch') return { ...(await cohortAnswer(options.store, context, question, explain)), under }
        const sides = sidesOf(options.store, options.cells, context)
        const calendar = context.settings.fiscal
        const margin =
          query.margin === 'gross'
            ? financeInput(await sides.finance(question), 'gross-margin', lastDayOf(question, context), calendar)?.ratio_ppm
            : undefined
        // what a customer costs is a figure of the whole company in a period that has an end
        const ofCompany = query.basis === 'revenue' && query.deal_type === undefined && Object.keys(question.filters).length === 0
        const [figures, company] = await Promise.all([
          roiAnswer(sides, { ...question, marginPpm: margin ?? null }, explain),
          ofCompany && from !== null && to !== null ? companyFigures(sides, { ...question, from, to }, explain) : null,
        ])
        const { rows, total, excluded, fit } = figures
        return { rows, total: [...total, ...(company?.rows ?? [])], excluded, ...(fit === undefined ? {} : { fit }), under }
      }),
  )
}
