import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { dateAt, parsePeriod, PERIOD_FORMS, quarterOf } from '../../domain/periods.ts'
import { isDealStage, rankOf } from '../../domain/figures/stage-paths.ts'
import { requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { stageMapName } from '../funnel/stages.ts'
import {
  currencyOf,
  currencyParameter,
  filterParameter,
  filtersOf,
  formatParameter,
  listOf,
  queryOf,
  timeParameters,
} from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { CAPACITY_DEFINITION, capacityAnswer } from './capacity.ts'
import { withTokens } from './derived.ts'
import { mqlQuestion, plannedFunnel } from './derived-explained.ts'
import { mqlAnswer } from './mql.ts'
import { readTargets, TARGET_DIMENSIONS } from './target-list.ts'
import { targetDefinitions, targetsAnswer } from './targets.ts'
import { varianceAnswer } from './variance.ts'

const TargetsQuery = queryOf({
  period: z.string().optional().describe(`${PERIOD_FORMS}: targets that lie in it; default: the fiscal quarter of as_of`),
  goal: filterParameter.describe('What is aimed at: revenue, pipeline, won, sqo, deals, or a stage of persons such as mql'),
  ...Object.fromEntries(TARGET_DIMENSIONS.map(name => [name, filterParameter])),
  ...currencyParameter,
  ...timeParameters,
  ...formatParameter,
})

const MqlQuery = queryOf({
  stage: z.string().default('mql').describe('Stage of persons that is foretold'),
  months: z.coerce.number().int().min(1).max(24).default(6),
  history_months: z.coerce.number().int().min(1).max(60).default(12),
  base_months: z.coerce.number().int().min(1).max(24).default(6).describe('Months that are over which the unplanned base is the mean of'),
  max_lag: z.coerce.number().int().min(0).max(12).default(3).describe('Months after its own in which an activity may bring MQLs'),
  yield: z
    .union([z.string().max(200), z.array(z.string().max(200)).max(50)])
    .optional()
    .describe('A yield to see instead of the learned one, as webinar=0.08; may be repeated'),
  ...timeParameters,
  ...formatParameter,
})

const CapacityQuery = queryOf({
  leads: z.coerce.number().int().min(0).max(100_000_000).describe('Leads that have to be worked, for example those of the MQL forecast'),
  touches_per_lead: z.coerce.number().gt(0).max(100).default(7).describe('6 to 7 are expected (M47)'),
  minutes_per_touch: z.coerce.number().gt(0).max(1_000).default(10),
  weeks: z.coerce.number().gt(0).max(520).default(4),
  ...timeParameters,
  ...formatParameter,
})

const yieldsOf = (asked: string | readonly string[] | undefined): ReadonlyMap<string, number> =>
  new Map(
    listOf(asked).map(text => {
      const cut = text.lastIndexOf('=')
      const value = /^\d*\.?\d+$/.test(text.slice(cut + 1)) ? Number(text.slice(cut + 1)) : Number.NaN
      if (cut < 1 || Number.isNaN(value)) throw badParameter('yield', 'expected a type of activity and its yield, such as webinar=0.08')
      return [text.slice(0, cut), value]
    }),
  )

/** Targets and where they stand, MQLs to come, and who can work on them. */
export const targetRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.get(
    '/v1/targets',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['plan'],
        summary: 'Targets by quarter, team, segment and region, and attainment to date (M98)',
        description:
          'Each target in force with what has come (actual), the share attained, and what should have come by the even pace and by that of up to eight earlier periods of the same length, together. The team of a target for a stage of persons says who answers for it and is no filter.',
        querystring: TargetsQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { settings, observedTo } = context
        const name = query.period ?? quarterOf(dateAt(observedTo, settings.zone), settings.fiscal)
        const range = parsePeriod(name, settings.fiscal)
        if (!range.ok) throw badParameter('period', range.error.message)
        const { from, to } = range.value
        const filters = filtersOf(query, [...TARGET_DIMENSIONS, 'goal'])
        const { targets, excluded } = await readTargets(options.store, context)
        const asked = targets.filter(
          target =>
            (from === null || target.from >= from) &&
            (to === null || target.to <= to) &&
            (filters.goal?.includes(target.metric) ?? true) &&
            TARGET_DIMENSIONS.every(dim => filters[dim]?.includes(target.dims[dim] ?? '(none)') ?? true),
        )
        const definitions = targetDefinitions(context)
        const under = { definition: definitions[0] ?? '', definitions }
        const figures = await targetsAnswer(
          options.store,
          context,
          asked,
          currencyOf(query.currency, context),
          explainUnder(under),
          TARGET_DIMENSIONS.every(dim => filters[dim] === undefined),
        )
        return { ...figures, excluded, under }
      }),
  )

  app.get(
    '/v1/plan/mql',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['plan'],
        summary: 'MQLs to come, from planned activities and their yield so far, and the unplanned base (M97)',
        description:
          'MQLs of a campaign are those of its latest activity; yields are learned by type and month of lag from activities old enough to have shown it. What no activity explains is the base. The total has the months that are over.',
        querystring: MqlQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { stageMap } = context.definitions
        const stages = stageMap.stages.map(({ name }) => name).filter(name => !isDealStage(stageMap, name))
        if (rankOf(stageMap, query.stage) === 0 || isDealStage(stageMap, query.stage))
          throw badParameter('stage', `there is no stage of persons ${query.stage.slice(0, 64)}: there are ${stages.join(', ')}`)
        const under = { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] }
        const asked = {
          stageMap,
          stage: query.stage,
          months: query.months,
          historyMonths: query.history_months,
          baseMonths: query.base_months,
          maxLag: query.max_lag,
          yields: yieldsOf(query.yield),
        }
        const explain = explainUnder(under)
        return { ...withTokens(await mqlAnswer(options.store, context, asked, explain), explain, mqlQuestion(asked)), under }
      }),
  )

  app.get(
    '/v1/plan/variance',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['plan'],
        summary: 'What came of a quarter against its plan: entries, yields and deal size, adding up (M104)',
        description:
          'Against the quarter-plan in force at as_of, if it says how many entries of each stage it is made of. 404 where no plan of the quarter is in force.',
        querystring: queryOf({
          period: z.string().optional().describe('Fiscal quarter such as 2026-Q3; default: that of as_of'),
          ...timeParameters,
          ...formatParameter,
        }),
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { settings, observedTo, definitions } = context
        const { stageMap } = definitions
        const name = request.query.period ?? quarterOf(dateAt(observedTo, settings.zone), settings.fiscal)
        const range = parsePeriod(name, settings.fiscal)
        if (!range.ok || range.value.from === null || range.value.to === null || !/^\d{4}-Q[1-4]$/.test(name))
          throw badParameter('period', 'expected a fiscal quarter such as 2026-Q3')
        const plan = plannedFunnel(context, name)
        const under = { definition: plan.name, definitions: [stageMapName(stageMap)] }
        const explain = explainUnder(under)
        const { from, to } = range.value
        return {
          ...withTokens(
            await varianceAnswer(options.store, context, { stageMap, plan: plan.document, from, to }, { entries: explain, won: explain }),
            explain,
            { answer: 'variance', period: name, from, to },
          ),
          under,
        }
      }),
  )

  app.get(
    '/v1/plan/capacity',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['plan'],
        summary: 'Leads per seller, and the hours that their touches need, against places and hours that there are',
        querystring: CapacityQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { leads, touches_per_lead: touchesPerLead, minutes_per_touch: minutesPerTouch, weeks } = request.query
        const under = { definition: CAPACITY_DEFINITION, definitions: [CAPACITY_DEFINITION] }
        const need = { leads, touchesPerLead, minutesPerTouch, weeks }
        const derived = await capacityAnswer(options.store, context, need)
        return { ...withTokens(derived, explainUnder(under), { answer: 'capacity', ...need }), under }
      }),
  )
}
