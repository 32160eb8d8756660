import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { salesEffort } from '../../domain/figures/sales-effort.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { readMembers } from '../members/members.ts'
import { filterParameter, filtersOf, periodOf, periodParameters, queryOf, timeParameters } from '../parameters.ts'

const FILTERS = ['member', 'team', 'role', 'manager_id', 'region'] as const
const Query = queryOf({
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...periodParameters,
  ...pageParameters,
  ...timeParameters,
})

const counted = z.coerce.number()
const Row = z.object({
  member: z.string(),
  attempts: counted,
  connected: counted,
  replies: counted,
  meetings: counted,
  held: counted,
  no_shows: counted,
})
const Effort = z
  .object({
    member: z.string(),
    team: z.string(),
    role: z.string(),
    manager_id: z.string(),
    region: z.string(),
    attempts: z.number().describe('Touches that went out, not automatic, meetings apart'),
    connected: z.number().describe('Calls that were answered'),
    replies: z.number(),
    meetings: z.number().describe('Booked for the period, whatever became of them'),
    held: z.number(),
    no_shows: z.number(),
  })
  .meta({ id: 'SalesEffort', description: 'What one member of sales did in a period' })

/** What each member of sales did in a period: attempts, conversations, meetings booked and held. */
export const effortRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/sales/effort',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'Attempts, conversations, meetings booked and held by member of sales in a period',
        description: 'Every active member of sales, also who did nothing; counted are touches, by the day on which they took place.',
        querystring: Query,
        response: { 200: listSchema(Effort, 'SalesEfforts') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { query } = request
        const { fromMs, toMs } = periodOf(query, context.settings)
        const filters = filtersOf(query, FILTERS)
        const [members, rows] = await Promise.all([
          readMembers(store, context),
          store.read(salesEffort(context.sources, context.definitions, fromMs, toMs)),
        ])
        const done = new Map(rows.map(row => Row.parse(row)).map(row => [row.member, row]))
        const none = { attempts: 0, connected: 0, replies: 0, meetings: 0, held: 0, no_shows: 0 }
        const found = members
          .filter(member => member.function === 'sales' && (member.active || done.has(member.member_id)))
          .map(({ member_id: member, team, role, manager_id, region }) => ({
            team,
            role,
            manager_id,
            region,
            ...(done.get(member) ?? none),
            member,
          }))
          .filter(row => fitsFilters(row, filters))
        return pageOf(found, query, context)
      }),
  )
}
