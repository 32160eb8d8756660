import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { type AttributionQuestion, DEAL_CONVERSIONS, MILLION } from '../../domain/figures/attribution.ts'
import { offlineConversions } from '../../domain/figures/offline-conversions.ts'
import { currencyExponent } from '../../domain/money.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { assertNotTooMany, instantOf, isoOf } from '../answer.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { csvOf } from '../format.ts'
import { currencyOf, currencyParameter, periodOf, periodParameters, queryOf, timeParameters } from '../parameters.ts'
import { dataDrivenCredit } from './data-driven.ts'
import { onTerms } from './figure.ts'
import { anyModelOf, termsOf, termsParameters } from './routes.ts'

const Query = queryOf({
  conversion: z.enum(DEAL_CONVERSIONS).default('won'),
  model: z.string().default('linear').describe('Attribution model, id or id@version; also markov, shapley and shapley-simple'),
  name: z.string().min(1).max(100).optional().describe('Name of the conversion action; default: the conversion'),
  ...termsParameters,
  ...periodParameters,
  ...currencyParameter,
  ...timeParameters,
})

const Row = z.object({
  click_id: z.string(),
  deal_id: z.string(),
  converted_at: z.string(),
  credit: z.coerce.number(),
  money: z.coerce.bigint(),
})

const COLUMNS = [
  'Google Click ID',
  'Conversion Name',
  'Conversion Time',
  'Conversion Value',
  'Conversion Currency',
  'External Attribution Model',
  'External Attribution Credit',
  'Order ID',
] as const

/** Minor units as the decimal that ad platforms read, exactly. */
const decimalOf = (minor: bigint, currency: string): string => {
  const places = currencyExponent(currency) ?? 2
  const digits = (minor < 0n ? -minor : minor).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  return `${minor < 0n ? '-' : ''}${places === 0 ? whole : `${whole}.${digits.slice(-places)}`}`
}

/**
 * Credited ad clicks in the form in which Google Ads takes conversions that were attributed elsewhere: one row a click and deal, with its part of the
 * conversion. Deals without a click that is known by its id are not in it.
 */
export const offlineConversionRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/attribution/google-offline-conversions',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['attribution'],
        summary: 'Credited clicks as a CSV of offline conversions for Google Ads',
        querystring: Query,
        produces: ['text/csv'],
      },
    },
    async (request, reply) => {
      const { query } = request
      const table = await reader.read(callerOf(request).tenant, query, async given => {
        const { from, to } = periodOf(query, given.settings)
        const basis = query.conversion === 'won' ? 'revenue' : query.conversion === 'sqo' ? 'pipeline' : 'conversions'
        const question: AttributionQuestion = {
          basis,
          conversion: query.conversion,
          model: anyModelOf(given.definitions, query.model),
          by: [],
          filters: {},
          dealTypes: [],
          from,
          to,
          currency: currencyOf(query.currency, given),
          zone: given.settings.zone,
          ...termsOf(query),
        }
        const context = onTerms(given, question)
        const learned = await dataDrivenCredit(store, context, question)
        const sources = learned?.sources ?? context.sources
        const found = (await store.read(offlineConversions(sources, question))).map(row => Row.parse(row))
        assertNotTooMany(found.length)
        return {
          asOf: given.asOf,
          csv: csvOf({
            columns: COLUMNS,
            rows: found.map(({ click_id, deal_id, converted_at, credit, money }) => [
              click_id,
              query.name ?? query.conversion,
              // the platform takes ISO 8601 with an offset
              `${isoOf(converted_at).slice(0, 19)}+00:00`,
              basis === 'conversions' ? '' : decimalOf(money, question.currency),
              basis === 'conversions' ? '' : question.currency,
              question.model,
              (credit / MILLION).toFixed(6),
              deal_id,
            ]),
          }),
        }
      })
      return reply
        .header('accord-as-of', instantOf(table.asOf))
        .header('content-disposition', 'attachment; filename="offline-conversions.csv"')
        .type('text/csv; charset=utf-8; header=present')
        .send(table.csv)
    },
  )
}
