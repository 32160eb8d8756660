import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { byBytes } from '../../domain/bytes.ts'
import { saidOfRecords } from '../../domain/figures/records.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { instantOf } from '../answer.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, queryOf, timeParameters } from '../parameters.ts'

const FILTERS = ['kind', 'period'] as const
const Query = queryOf({
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...pageParameters,
  ...timeParameters,
})

const text = z.string().default('')
const Said = z.object({
  meeting_id: z.string(),
  kind: text,
  period: text,
  title: text,
  attendees: z.array(z.string()).default([]),
  decisions: z.array(z.string()).default([]),
  note: text,
})
const Meeting = Said.extend({ held_at: z.string() }).meta({
  id: 'Meeting',
  description: 'Both teams met; what changed since is counted from it',
})
const Row = z.object({ payload: z.string(), occurred_ms: z.coerce.number() })

/** When both teams met, and what they decided. */
export const meetingRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/meetings',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'Meetings of both teams with what was decided, the latest first',
        querystring: Query,
        response: { 200: listSchema(Meeting, 'Meetings') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const filters = filtersOf(request.query, FILTERS)
        const said = (await store.read(saidOfRecords(context.sources, ['meeting-held']))).map(row => Row.parse(row))
        // what is said of a meeting is all of it: the last word replaces the one before
        const meetings = new Map(
          said.map(({ payload, occurred_ms: ms }) => {
            const meeting = { ...Said.parse(JSON.parse(payload)), held_at: instantOf(ms) }
            return [meeting.meeting_id, meeting] as const
          }),
        )
        const found = [...meetings.values()]
          .filter(meeting => fitsFilters(meeting, filters))
          .toSorted((a, b) => byBytes(b.held_at, a.held_at) || byBytes(a.meeting_id, b.meeting_id))
        return pageOf(found, request.query, context)
      }),
  )
}
