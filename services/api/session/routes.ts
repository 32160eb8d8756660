import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { dateAt } from '../../domain/periods.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { instantOf } from '../answer.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { queryOf, timeParameters } from '../parameters.ts'
import { readBackfill } from '../settings.ts'
import { offeredPeriods } from './periods.ts'

const Session = z
  .object({
    tenant: z.string(),
    actor: z.string(),
    member: z.string().nullable().describe('The member that the credential is bound to'),
    scopes: z.array(z.string()),
    may_act: z.boolean().describe('The open demo: whoever sits here may act as any member'),
    zone: z.string(),
    currency: z.string(),
    fiscal_year_start_month: z.int(),
    today: z.string().describe('The day of as_of in the tenant’s zone'),
    live_from: z.string().nullable().describe('Answers as of earlier instants are reconstructed'),
    backfill_open: z.boolean(),
    periods: z.array(
      z.object({
        period: z.string(),
        kind: z.enum(['year', 'quarter', 'month']),
        from: z.string(),
        to: z.string().describe('Day after the last'),
        state: z.enum(['closed', 'running', 'coming']),
      }),
    ),
    models: z.array(z.string()).describe('Attribution models in force, id@version'),
    stages: z.array(z.string()).describe('Of the funnel, in order'),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'Session', description: 'Who asks, and in whose calendar and words' })

/** What a page needs before its first question. */
export const sessionRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/session',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['operations'],
        summary: 'Who is asking, the tenant’s calendar and currency, and the periods that can be asked for',
        querystring: queryOf(timeParameters),
        response: { 200: Session },
      },
    },
    async request => {
      const { tenant, actor, member, scopes, keyName } = callerOf(request)
      return reader.read(tenant, request.query, async context => {
        const { settings, definitions, asOf, watermark } = context
        const backfill = await readBackfill(store, tenant, watermark)
        const today = dateAt(asOf, settings.zone)
        return {
          tenant,
          actor,
          member,
          scopes: [...scopes],
          may_act: keyName === 'demo',
          zone: settings.zone,
          currency: settings.currency,
          fiscal_year_start_month: settings.fiscalYearStartMonth,
          today,
          live_from: backfill.liveFrom === null ? null : instantOf(backfill.liveFrom),
          backfill_open: backfill.open,
          periods: offeredPeriods(today, settings.fiscal).map(period => ({ ...period })),
          models: definitions.models.map(({ id, version }) => `${id}@${version}`),
          stages: definitions.stageMap.stages.map(({ name }) => name),
          as_of: instantOf(asOf),
          watermark: instantOf(watermark),
        }
      })
    },
  )
}
