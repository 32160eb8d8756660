import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, queryOf, timeParameters } from '../parameters.ts'
import { Member, readMembers } from './members.ts'

const FILTERS = ['function', 'role', 'team', 'manager_id', 'region', 'calendar'] as const
const Query = queryOf({
  active: z.enum(['true', 'false']).optional(),
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...pageParameters,
  ...timeParameters,
})

/** Who works here. */
export const memberRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/members',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['members'],
        summary: 'Members with function, role, team, manager and capacity, as of any day',
        querystring: Query,
        response: { 200: listSchema(Member, 'Members') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { query } = request
        const filters = filtersOf(query, FILTERS)
        const found = (await readMembers(store, context)).filter(
          member => (query.active === undefined || String(member.active) === query.active) && fitsFilters(member, filters),
        )
        return pageOf(found, query, context)
      }),
  )
}
