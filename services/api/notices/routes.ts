import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { saidOfRecords } from '../../domain/figures/records.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { instantOf } from '../answer.ts'
import { listSchema, pageOf, pageParameters } from '../list.ts'
import { queryOf, severalOf, listOf, timeParameters } from '../parameters.ts'

const OUTCOMES = ['delivered', 'failed', 'given-up'] as const
const Query = queryOf({
  outcome: severalOf(OUTCOMES),
  recipient: z.string().max(128).optional(),
  ...pageParameters,
  ...timeParameters,
})

const text = z.string().default('')
const Payload = z.object({
  notice_id: z.string(),
  cause_id: z.string(),
  rule: text,
  channel: z.enum(['webhook', 'slack', 'smtp']),
  recipient: text.describe('Member, team or webhook by id; never an address'),
  attempt: z.int().default(1),
  outcome: z.enum(OUTCOMES),
  error: text,
})
const Attempt = Payload.extend({ at: z.string() }).meta({ id: 'NoticeAttempt', description: 'One attempt to hand over a notice' })
const Row = z.object({ payload: z.string(), occurred_ms: z.coerce.number() })

/** What was sent to whom about what, and what failed. */
export const noticeRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/notices',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['notices'],
        summary: 'Notices that were sent, attempt by attempt, the newest first',
        querystring: Query,
        response: { 200: listSchema(Attempt, 'Notices') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { query } = request
        const outcomes = listOf(query.outcome)
        const rows = (await store.read(saidOfRecords(context.sources, ['notice-sent'])))
          .map(row => Row.parse(row))
          .toSorted((a, b) => b.occurred_ms - a.occurred_ms)
          .map(({ payload, occurred_ms }) => ({ ...Payload.parse(JSON.parse(payload)), at: instantOf(occurred_ms) }))
          .filter(
            row =>
              (outcomes.length === 0 || outcomes.includes(row.outcome)) &&
              (query.recipient === undefined || row.recipient === query.recipient),
          )
        return pageOf(rows, query, context)
      }),
  )
}
