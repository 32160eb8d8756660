import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import type { StageMap } from '../../domain/definitions/stage-map.ts'
import { dateAt, parsePeriod, PERIOD_FORMS, quarterOf } from '../../domain/periods.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { stageMapName } from '../funnel/stages.ts'
import { currencyOf, currencyParameter, formatParameter, listOf, queryOf, timeParameters } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { withTokens } from './derived.ts'
import { reverseFunnelQuestion, revenueTerms, revenueTargets } from './derived-explained.ts'
import { reverseFunnelAnswer } from './reverse-funnel.ts'
import { readTargets } from './target-list.ts'

const money = (what: string) => z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe(`${what}, in minor units`)

const ReverseQuery = queryOf({
  period: z.string().optional().describe(`${PERIOD_FORMS}; default: the fiscal quarter of as_of`),
  target: money('Revenue to reach; default: the targets for revenue of the period added up'),
  rate: z
    .union([z.string().max(200), z.array(z.string().max(200)).max(20)])
    .optional()
    .describe('A rate to see instead of the observed one, as mql>sal=0.5; may be repeated'),
  mean_value: money('Mean value of a won deal; default: of new business won in the history'),
  open: money('What open deals will bring; default: the open part of M81, or those due in the period, weighted'),
  renewals: money('Renewals that the target counts').default(0),
  fed_share: z.coerce
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Share of qualified deals that has to come from leads; what it was is in the total'),
  history_days: z.coerce.number().int().min(30).max(1825).default(365).describe('Length of the cohort that rates are taken from'),
  horizon_days: z.coerce
    .number()
    .int()
    .min(1)
    .max(730)
    .default(90)
    .describe('Days that a journey is given; of deals it is the p90 of their cycle'),
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
})

const boundedPeriod = (
  text: string | undefined,
  { settings, observedTo }: AnswerContext,
): { readonly name: string; readonly from: string; readonly to: string } => {
  const name = text ?? quarterOf(dateAt(observedTo, settings.zone), settings.fiscal)
  const range = parsePeriod(name, settings.fiscal)
  if (!range.ok || range.value.from === null || range.value.to === null)
    throw badParameter('period', range.ok ? `expected a period such as ${PERIOD_FORMS}` : range.error.message)
  return { name, from: range.value.from, to: range.value.to }
}

const ratesOf = (asked: string | readonly string[] | undefined, map: StageMap): ReadonlyMap<string, number> => {
  const steps = map.stages.slice(1).map((stage, i) => `${map.stages[i]?.name ?? ''}>${stage.name}`)
  return new Map(
    listOf(asked).map(text => {
      const [step = '', value = ''] = text.split('=')
      const rate = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN
      if (!steps.includes(step)) throw badParameter('rate', `there is no step ${step.slice(0, 64)}: there are ${steps.join(', ')}`)
      if (!(rate > 0 && rate <= 100)) throw badParameter('rate', `expected a rate above 0 such as ${step}=0.25`)
      return [step, rate]
    }),
  )
}

/** From a revenue target to what marketing and sales have to do for it. */
export const planRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/plan/reverse-funnel',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['plan'],
        summary: 'What a revenue target asks of every stage of the funnel, by when, and of each channel (M96)',
        description:
          'What is missing of the target after what is won, open and renewed, over the mean won value, and up the funnel by the rates of cohorts that are old enough; deals per journey where persons become deals. Windows are those of the period less the median time straight to won; too_late: that window has passed. Ranges are from the rates’ 95 % intervals. Every rate and value can be set to see what it would ask.',
        querystring: ReverseQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const { name, from, to } = boundedPeriod(query.period, context)
        const currency = currencyOf(query.currency, context)
        const under = { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] }
        const { targets } = await readTargets(options.store, context)
        const named = revenueTargets(targets, { from, to })
        if (query.target === undefined && named.length === 0)
          throw badParameter('target', `nobody has set a target for revenue of ${from} to ${to}: say one`)
        if (query.target === undefined && named.some(each => each.currency !== currency))
          throw badParameter('currency', `targets of the period are in ${[...new Set(named.map(each => each.currency))].join(', ')}`)
        const asked = {
          stageMap,
          period: name,
          from,
          to,
          target: query.target ?? null,
          renewals: query.renewals,
          open: query.open ?? null,
          meanValue: query.mean_value ?? null,
          rates: ratesOf(query.rate, stageMap),
          fedShare: query.fed_share,
          historyDays: query.history_days,
          horizonDays: query.horizon_days,
          currency,
        }
        const explain = explainUnder(under)
        const derived = await reverseFunnelAnswer(options.store, context, asked, revenueTerms(named, asked.target), explain)
        return { ...withTokens(derived, explain, reverseFunnelQuestion(asked)), under }
      }),
  )
}
