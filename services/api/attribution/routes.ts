import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import { modelName } from '../../domain/definitions/attribution-model.ts'
import {
  ATTRIBUTION_DIMENSIONS,
  type AttributionQuestion,
  BASES,
  type Basis,
  type Conversion,
  CONVERSIONS_OF,
} from '../../domain/figures/attribution.ts'
import type { Linkage } from '../../domain/projections/unit-credit.ts'
import { type CreditTerms, LINKAGES } from '../../domain/figures/terms.ts'
import { ACCOUNT_SCOPES, type AccountScope } from '../../domain/projections/families.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
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
import { DATA_DRIVEN, dataDrivenModel } from './data-driven.ts'
import { attributionAnswer, findModel, responsesName, restsOn } from './figure.ts'

const filters = {
  channel: filterParameter,
  campaign: filterParameter,
  source: filterParameter,
  content: filterParameter,
  team: filterParameter,
  month: filterParameter,
  deal_type: filterParameter.describe('Default: all but renewals; * for every type'),
}

export const termsParameters = {
  linkage: z
    .enum(LINKAGES)
    .optional()
    .describe(
      'Whose touches count: the contacts’ where they have any, else everybody’s (hybrid, default), only theirs (explicit), all of the account (implicit), or theirs and those of the personas of the buying group (buying_group)',
    ),
  account_scope: z
    .enum(ACCOUNT_SCOPES)
    .optional()
    .describe('Of which accounts: the deal’s own (default), or its subsidiaries’ as well, as they were when it happened (family)'),
  lookback_days: z.coerce.number().int().min(1).max(3650).optional().describe('In place of the model’s own lookback'),
}

/** Terms of credit as a question has them. */
export const termsOf = ({
  linkage,
  account_scope,
  lookback_days,
}: {
  readonly linkage?: Linkage | undefined
  readonly account_scope?: AccountScope | undefined
  readonly lookback_days?: number | undefined
}): CreditTerms => ({
  ...(linkage === undefined ? {} : { linkage }),
  ...(account_scope === undefined ? {} : { accountScope: account_scope }),
  ...(lookback_days === undefined ? {} : { lookbackDays: lookback_days }),
})

export const orderParameter = {
  order: z.coerce.number().int().min(1).max(4).optional().describe('Touches in a state of the model markov, 1 to 4; default 1'),
}

/** What credit may be asked for, whatever the model. */
export const creditParameters = {
  basis: z.enum(BASES).default('conversions').describe('conversions answers M56, pipeline M55, revenue M54'),
  conversion: z
    .string()
    .optional()
    .describe('won, deal, sqo, mql or lead; default won, for pipeline sqo; pipeline on won is what is open, provisional'),
  ...orderParameter,
  ...termsParameters,
  by: severalOf(ATTRIBUTION_DIMENSIONS),
  ...periodParameters,
  ...currencyParameter,
  ...filters,
  ...timeParameters,
  ...formatParameter,
}

const Query = queryOf({
  model: z.string().default('linear').describe('Attribution model, id or id@version; also markov, shapley and shapley-simple'),
  ...creditParameters,
})

/** What is set side by side when no model is named. */
export const DEFAULT_MODELS = ['first', 'last', 'linear', 'w-shaped'] as const

/** A model whose weights are published, as `id@version`. */
export const modelOf = (definitions: Definitions, asked: string): string => findModel(definitions, asked) ?? noModel(definitions, asked, [])

/** The same, or a data-driven model. */
export const anyModelOf = (definitions: Definitions, asked: string): string =>
  dataDrivenModel(asked) ?? findModel(definitions, asked) ?? noModel(definitions, asked, DATA_DRIVEN)

const noModel = ({ models }: Definitions, asked: string, more: readonly string[]): never => {
  throw badParameter('model', `there is no model ${asked.slice(0, 64)}: there are ${[...models.map(modelName), ...more].join(', ')}`)
}

/** Of markov 1 when nothing else was asked for; no other model has one. */
export const orderOf = (model: string | undefined, order: number | undefined): number | undefined => {
  if (model === 'markov@1') return order ?? 1
  if (order !== undefined) throw badParameter('order', 'only model markov has an order')
  return undefined
}

export const conversionOf = (basis: Basis, asked: string | undefined): Conversion => {
  const allowed = CONVERSIONS_OF[basis]
  if (asked === undefined) return allowed[0]
  const found = allowed.find(conversion => conversion === asked)
  if (found === undefined)
    throw badParameter('conversion', `basis ${basis} is answered for ${allowed.join(', ')}, not for ${asked.slice(0, 64)}`)
  return found
}

type CreditQuery = z.output<z.ZodObject<typeof creditParameters>>

/** What is asked about, but for the model. */
export const creditQuestionOf = (query: CreditQuery, context: AnswerContext): Omit<AttributionQuestion, 'model' | 'order'> => {
  const { from, to } = periodOf(query, context.settings)
  return {
    basis: query.basis,
    conversion: conversionOf(query.basis, query.conversion),
    ...termsOf(query),
    by: listOf(query.by),
    filters: filtersOf(query, ATTRIBUTION_DIMENSIONS),
    dealTypes: filtersOf(query, ['deal_type']).deal_type ?? [],
    from,
    to,
    currency: currencyOf(query.currency, context),
    zone: context.settings.zone,
  }
}

/** Credit by dimension under one model. */
export const attributionRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/attribution',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['attribution'],
        summary: 'Attributed conversions, pipeline or revenue by dimension (M54–M56, M59)',
        description:
          'Dated by close date (deals: creation; sqo: pipeline entry, pipeline value when it was first known). Rows add up to the total; what no touch earned is under (unattributed), with the reason among its flags.',
        querystring: Query,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const model = anyModelOf(context.definitions, request.query.model)
        const question = { ...creditQuestionOf(request.query, context), model, order: orderOf(model, request.query.order) }
        const responses = responsesName(context.definitions)
        const under = { definition: responses, model, definitions: restsOn(context.definitions, model) }
        return { ...(await attributionAnswer(options.store, context, question, explainUnder(under))), under }
      }),
  )
}
