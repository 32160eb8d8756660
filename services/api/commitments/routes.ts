import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, periodOf, periodParameters, queryOf, severalOf, timeParameters } from '../parameters.ts'
import { Commitment, COMMITMENT_STATES, readCommitments } from './commitments.ts'

const FILTERS = ['owner_id', 'function', 'counterpart_id', 'meeting_id', 'review_id', 'metric'] as const
const Query = queryOf({
  status: severalOf(COMMITMENT_STATES),
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...periodParameters,
  ...pageParameters,
  ...timeParameters,
})

/** Who promised what. */
export const commitmentRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/commitments',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'Commitments of both teams with what became of them; with a period those due in it',
        querystring: Query,
        response: { 200: listSchema(Commitment, 'Commitments') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { query } = request
        const { from, to } = periodOf(query, context.settings)
        const filters = filtersOf(query, [...FILTERS, 'status'])
        const found = (await readCommitments(store, context)).filter(
          commitment =>
            fitsFilters(commitment, filters) &&
            (from === null || (commitment.due_on !== null && commitment.due_on >= from)) &&
            (to === null || (commitment.due_on !== null && commitment.due_on < to)),
        )
        return pageOf(found, query, context)
      }),
  )
}
