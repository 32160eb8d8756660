import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { rankOf } from '../../domain/figures/stage-paths.ts'
import { addDays, dateAt, startOfDay } from '../../domain/periods.ts'
import { daysBetween, shiftMonths } from '../../domain/plan/days.ts'
import { requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
  filtersOf,
  formatParameter,
  listOf,
  type Period,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { readTargets } from '../plan/target-list.ts'
import { leaksAnswer, type LeaksAsked } from './leaks.ts'
import { slicingParameters } from './question.ts'
import { stageMapName } from './stages.ts'
import { assertStage, fromStage } from './together.ts'

const BASELINES = ['trailing', 'target'] as const

const LeaksQuery = queryOf({
  stage_from: z.string().optional().describe('Whoever first enters it is the cohort; default: the second stage of the map'),
  horizon_days: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('For each transition; default: those of the stage map, else 90'),
  baseline: z
    .enum(BASELINES)
    .default('trailing')
    .describe(
      'trailing: the four periods of the same length before; target: the rates of target-set with metric M6:<from>:<to>, else trailing',
    ),
  baseline_periods: z.coerce.number().int().min(1).max(12).default(4),
  by: severalOf(FUNNEL_DIMENSIONS),
  ...periodParameters,
  ...currencyParameter,
  ...slicingParameters,
  ...timeParameters,
  ...formatParameter,
})

const DAY_MS = 86_400_000

/** The nth period of the same length before: whole months go back by months, others by days. */
const before = (
  { from, to }: { readonly from: string; readonly to: string },
  n: number,
): { readonly from: string; readonly to: string } => {
  if (from.slice(8) === '01' && to.slice(8) === '01') {
    const months = (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7))
    return { from: shiftMonths(from, -n * months), to: shiftMonths(to, -n * months) }
  }
  const days = daysBetween(from, to)
  return { from: addDays(from, -n * days), to: addDays(to, -n * days) }
}

/** Agreed rates of the company as a whole for a period, by `from>to`, in millionths. */
const agreedRates = async ({ store }: FigureRouteOptions, context: AnswerContext, { from, to }: Period): Promise<LeaksAsked['agreed']> => {
  const { targets } = await readTargets(store, context)
  return Object.fromEntries(
    targets
      .filter(
        target =>
          target.unit === 'ratio' && Object.keys(target.dims).length === 0 && target.from <= (from ?? '') && (to ?? '9999') <= target.to,
      )
      .flatMap(({ metric, value }) => {
        const [name, a, b] = metric.split(':')
        return name === 'M6' && a !== undefined && b !== undefined ? [[`${a}>${b}`, Math.round(value * 1_000_000)] as const] : []
      }),
  )
}

/** Where the money is lost. */
export const funnelLeaksRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/funnel/leaks',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['funnel'],
        summary: 'Leaks of the funnel ranked by money (M22)',
        description:
          'The journeys that first entered stage_from in the period are followed; each transition is compared with the same of the periods before, observed as long. Positive: lost; negative: gained. Over all transitions the money is (baseline wins − actual wins) × mean won value. From the first stage of deals on a deal counts once, in its earliest journey. too_young: observed for less than the usual time to get there.',
        querystring: LeaksQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const { settings, observedTo } = context
        const start = query.stage_from ?? stageMap.stages[1]?.name ?? ''
        assertStage(stageMap, 'stage_from', start)
        const chain = stageMap.stages.slice(rankOf(stageMap, start) - 1).map(stage => stage.name)
        if (chain.length < 2) throw badParameter('stage_from', 'nothing comes after the last stage')
        const period = periodOf(query, settings)
        const { from, to, fromMs, toMs } = period
        if (from === null || to === null || fromMs === null || toMs === null)
          throw badParameter('period', 'a leak is that of a period, or of from and to')
        const end = Math.min(toMs, observedTo + 1)
        const cohorts = [
          { from: fromMs, to: end, part: 0 },
          ...Array.from({ length: query.baseline_periods }, (_, n) => before({ from, to }, n + 1)).map(range => ({
            from: startOfDay(range.from, settings.zone),
            to: startOfDay(range.to, settings.zone),
            part: 1,
          })),
        ]
        const horizons = fromStage(stageMap, start, query.horizon_days).map(({ horizonDays }) => horizonDays * DAY_MS)
        const age = Math.max(0, observedTo - end)
        const question: LeaksAsked = {
          stageMap,
          counted: 'journeys',
          by: listOf(query.by),
          filters: filtersOf(query, FUNNEL_DIMENSIONS),
          dims: query.dims,
          from: null,
          to: null,
          zone: settings.zone,
          observedTo,
          chain,
          cohorts,
          within: horizons.map(horizon => Math.min(horizon, age)),
          horizons,
          currency: currencyOf(query.currency, context),
          wonFrom: startOfDay(shiftMonths(dateAt(end - 1, settings.zone), -12), settings.zone),
          wonTo: end,
          agreed: query.baseline === 'target' ? await agreedRates(options, context, period) : {},
        }
        const under = { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] }
        return { ...(await leaksAnswer(options.store, context, question, explainUnder(under))), under }
      }),
  )
}
