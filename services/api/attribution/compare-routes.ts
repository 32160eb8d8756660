import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { requireScope } from '../../http/caller.ts'
import type { Explain } from '../explain/figure.ts'
import { answerFigure, figureSchema, type FigureRouteOptions, type Under } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { listOf, queryOf } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { allRestOn, compareAnswer, lookbackOf, type Variant } from './compare.ts'
import { responsesName } from './figure.ts'
import { anyModelOf, creditParameters, creditQuestionOf, orderOf, DEFAULT_MODELS } from './routes.ts'

/** What marketing, sales and both together would each show. */
const DEFAULT_LOOKBACKS = [30, 90, 180, 365] as const

const { order, lookback_days, ...shared } = creditParameters

const CompareQuery = queryOf({
  model: z
    .union([z.string(), z.array(z.string()).max(20)])
    .optional()
    .describe(`Attribution models, id or id@version, each once; may be repeated. Default ${DEFAULT_MODELS.join(', ')}`),
  ...shared,
  order,
  lookback_days,
})

const days = z.coerce.number().int().min(1).max(3650)
const LookbackQuery = queryOf({
  model: z.string().default('linear').describe('Attribution model, id or id@version; also markov, shapley and shapley-simple'),
  ...shared,
  order,
  lookback_days: z
    .union([days, z.array(days).max(8)], { error: () => 'expected days from 1 to 3650; may be repeated up to 8 times' })
    .optional()
    .describe(`Lookbacks in days; may be repeated. Default ${DEFAULT_LOOKBACKS.join(', ')}`),
})

const atLeastTwo = <T>(parameter: string, items: readonly T[]): readonly T[] => {
  if (items.length < 2) throw badParameter(parameter, 'give at least two, to stand side by side')
  return items
}

/** The same credit under several models, or under several lookbacks. */
export const compareRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  const figure = { onRequest: requireScope('read'), preSerialization: inFormatAsked(options.store) }

  app.get(
    '/v1/attribution/compare',
    {
      ...figure,
      schema: {
        tags: ['attribution'],
        summary: 'Models side by side by dimension, with the divergence of each pair (M54–M56, M59, M60)',
        description:
          'Rows as of /v1/attribution, one per dimensions and model; by channel unless asked otherwise. In total: each model’s total and unattributed share, and for each pair the part of the whole that would have to move to make them agree.',
        querystring: CompareQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const { query } = request
        const asked = listOf(query.model)
        const models = [...new Set((asked.length === 0 ? DEFAULT_MODELS : asked).map(name => anyModelOf(context.definitions, name)))]
        atLeastTwo('model', models)
        if (query.order !== undefined && !models.includes('markov@1')) throw badParameter('order', 'only model markov has an order')
        const question = creditQuestionOf(query, context)
        const by = question.by.length === 0 ? (['channel'] as const) : question.by
        const variants = models.map((model): Variant => {
          const of = orderOf(model, model === 'markov@1' ? query.order : undefined)
          return { name: model, question: { ...question, by, model, order: of } }
        })
        const under = (rests: readonly string[]): Under => ({
          definition: responsesName(context.definitions),
          model: models.join(', '),
          definitions: allRestOn(context.definitions, rests),
        })
        const explainUnder = (rests: readonly string[]): Explain => explain(under(rests))
        const { pairs, ...compared } = await compareAnswer(options.store, context, { variants, told: 'model', metric: 'M60', explainUnder })
        return { ...compared, total: [...compared.total, ...pairs], under: under(models) }
      }),
  )

  app.get(
    '/v1/attribution/lookback',
    {
      ...figure,
      schema: {
        tags: ['attribution'],
        summary: 'How much credit depends on the lookback (M61)',
        description:
          'One row per pair of lookbacks: the part of the whole that would have to move between dimensions (channels, unless asked otherwise). In total: what each lookback gives, and leaves unattributed.',
        querystring: LookbackQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explain) => {
        const { lookback_days: asked, ...query } = request.query
        const model = anyModelOf(context.definitions, query.model)
        const question = { ...creditQuestionOf({ ...query, lookback_days: undefined }, context), model, order: orderOf(model, query.order) }
        const by = question.by.length === 0 ? (['channel'] as const) : question.by
        const lookbacks = asked === undefined ? DEFAULT_LOOKBACKS : typeof asked === 'number' ? [asked] : [...new Set(asked)]
        const own = lookbackOf(context.definitions, { model })
        const variants = atLeastTwo('lookback_days', lookbacks).map((name): Variant => {
          // what the model says itself is kept, and need not be computed
          return { name, question: { ...question, by, ...(name === own ? {} : { lookbackDays: name }) } }
        })
        const under: Under = {
          definition: responsesName(context.definitions),
          model,
          definitions: allRestOn(context.definitions, [model]),
        }
        const compared = await compareAnswer(options.store, context, {
          variants,
          told: 'lookback_days',
          metric: 'M61',
          explainUnder: () => explain(under),
        })
        const { pairs, rows: _rows, ...answer } = compared
        return { ...answer, rows: pairs, under }
      }),
  )
}
