import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import {
  currencyOf,
  currencyParameter,
  filterParameter,
  filtersOf,
  formatParameter,
  periodOf,
  periodParameters,
  queryOf,
  timeParameters,
} from '../parameters.ts'
import { stageMapName } from '../funnel/stages.ts'
import { CrmRow, reconcileAnswer } from './figure.ts'

const MOST_ROWS = 20_000
const EVERY_TYPE = '*'
/** What bookings and pipeline are of, unless types are asked for: everything but renewals (metrics, Deal types). */
const COUNTED_TYPES = ['new-business', 'expansion', '(none)']

const ReconcileQuery = queryOf({
  ...periodParameters,
  ...currencyParameter,
  deal_type: filterParameter.describe('Default: new business and expansion; * for every type'),
  ...timeParameters,
  ...formatParameter,
})

const Body = z.strictObject({
  taken_at: z.iso.datetime({ offset: true }).optional().describe('When the CRM said so: what became known here later is named late'),
  rows: z.array(CrmRow).min(1).max(MOST_ROWS),
})

/** Why this is not what the CRM shows. */
export const reconcileRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, options) => {
  app.post(
    '/v1/reconcile',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['reconcile'],
        summary: 'Won, open pipeline and counts by month against the deals of a CRM, every difference named',
        description:
          'The rows of the CRM are read, compared and forgotten. Open pipeline is dated by the planned close date, won by the close date; a period asks for months of those. what: crm, here, difference (here − crm), because (its pieces by reason, which add up to it exactly) and deal (each piece by its deal).',
        querystring: ReconcileQuery,
        body: Body,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async context => {
        const { query, body } = request
        const period = periodOf(query, context.settings)
        const { stageMap } = context.definitions
        const types = filtersOf(query, ['deal_type']).deal_type ?? COUNTED_TYPES
        const question = {
          stageMap,
          zone: context.settings.zone,
          currency: currencyOf(query.currency, context),
          dealTypes: types.includes(EVERY_TYPE) ? [] : types,
        }
        const asked = (month: string): boolean =>
          (period.from === null || month >= period.from.slice(0, 7)) && (period.to === null || `${month}-01` < period.to)
        const takenAt = body.taken_at === undefined ? null : Date.parse(body.taken_at)
        const figures =
          takenAt === null || takenAt >= context.observedTo
            ? await reconcileAnswer(options.store, context, question, body.rows, null, asked)
            : await options.reader.read(callerOf(request).tenant, { as_of: new Date(takenAt).toISOString() }, then =>
                reconcileAnswer(options.store, context, question, body.rows, then, asked),
              )
        return { ...figures, under: { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] } }
      }),
  )
}
