import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import { BASES, type Basis, type Conversion, DEAL_CONVERSIONS } from '../../domain/figures/attribution.ts'
import { DEAL_DIMENSIONS, type DealsQuestion } from '../../domain/figures/deal-dimensions.ts'
import { isOfJourneys } from '../../domain/figures/terms.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { conversionOf } from '../attribution/routes.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, type Under } from '../figure-route.ts'
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
import { NEW_BUSINESS } from '../roi/question.ts'
import { sourcedAnswer } from './figure.ts'
import { overlapAnswer } from './overlap.ts'
import { channelMapName, influenceRestsOn, sourcedName, sourcedRestsOn, windowModel } from './question.ts'

const FILTERS = ['month', 'owner', 'team', 'region', 'pipeline', 'product'] as const

/** What deals as a whole may be asked for. */
export const dealsParameters = {
  ...periodParameters,
  ...currencyParameter,
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  deal_type: filterParameter.describe('Default: new business; * for every type'),
  ...timeParameters,
  ...formatParameter,
}

const shared = {
  basis: z.enum(BASES).default('pipeline').describe('pipeline: what entered it; revenue: what was won; conversions: how many'),
  conversion: z.string().optional().describe('won, deal or sqo; default sqo for pipeline, else won; pipeline on won is what is open'),
  ...dealsParameters,
}

const SourcedQuery = queryOf({ by: severalOf(DEAL_DIMENSIONS), ...shared })
const OverlapQuery = queryOf(shared)

/** Leads and MQLs are no deals: 400. */
const dealConversionOf = (basis: Basis, asked: string | undefined): Conversion => {
  const found = conversionOf(basis, asked)
  if (isOfJourneys(found)) throw badParameter('conversion', `deals are answered for by ${DEAL_CONVERSIONS.join(', ')}, not by ${found}`)
  return found
}

type Query = Omit<z.output<typeof SourcedQuery>, 'by'>

export const dealsQuestionOf = (query: Query, by: DealsQuestion['by'], context: AnswerContext): DealsQuestion => {
  const { from, to } = periodOf(query, context.settings)
  return {
    basis: query.basis,
    conversion: dealConversionOf(query.basis, query.conversion),
    model: modelName(windowModel(context.definitions)),
    by,
    filters: filtersOf(query, FILTERS),
    dealTypes: filtersOf(query, ['deal_type']).deal_type ?? NEW_BUSINESS,
    from,
    to,
    currency: currencyOf(query.currency, context),
    zone: context.settings.zone,
  }
}

const sourcedUnder = (context: AnswerContext): Under => ({ definition: sourcedName(context), definitions: sourcedRestsOn(context) })
const overlapUnder = (context: AnswerContext): Under => ({
  definition: channelMapName(context.definitions),
  definitions: influenceRestsOn(context),
})

/** Who brought the deals, and where both teams say something else. */
export const sourcedRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  const figure = { onRequest: requireScope('read'), preSerialization: inFormatAsked(options.store) }

  app.get(
    '/v1/sourced',
    {
      ...figure,
      schema: {
        tags: ['attribution'],
        summary: 'Sourced pipeline and revenue by three definitions (M57), influenced (M58), dispute gap (M36)',
        description:
          'Every deal has one of marketing, sales, partner, success and unknown under each rule: source_field (the source at creation, through the channel map), first_touch (team of the first eligible touch) and first_response (a marketing response before the first human sales touch), both of 365 days before creation. One of them may be locked for a fiscal year: its rows are flagged locked, and the rule locked judges each deal by what is locked for its year. M58 is the full amount of deals with a marketing response. M36: what both teams claim under one of the rules, or neither.',
        querystring: SourcedQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const under = sourcedUnder(context)
        const { by, ...query } = request.query
        return { ...(await sourcedAnswer(options.store, context, dealsQuestionOf(query, listOf(by), context), explain(under))), under }
      }),
  )

  app.get(
    '/v1/sourced/overlap',
    {
      ...figure,
      schema: {
        tags: ['attribution'],
        summary: 'Which campaigns influenced the same deals (M58)',
        description:
          'One row per two campaigns: the full amount of the deals in which both had a marketing response; a campaign beside itself is its influenced amount. Campaigns overlap, so they are never added up: in total every deal is there once.',
        querystring: OverlapQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const under = overlapUnder(context)
        return { ...(await overlapAnswer(options.store, context, dealsQuestionOf(request.query, [], context), explain(under))), under }
      }),
  )
}
