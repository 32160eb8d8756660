import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { AnswerContext } from '../as-of.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, periodOf, periodParameters, queryOf, severalOf, timeParameters } from '../parameters.ts'
import { campaignCalendar } from './calendar.ts'
import { Campaign, CAMPAIGN_STATES, readCampaigns } from './campaigns.ts'

const FILTERS = ['campaign', 'channel', 'team', 'owner_id', 'region', 'segment', 'product', 'parent'] as const
const filters = {
  state: severalOf(CAMPAIGN_STATES),
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...periodParameters,
  ...timeParameters,
}
const ListQuery = queryOf({ ...filters, ...pageParameters })
const CalendarQuery = queryOf(filters)
type Query = z.output<typeof CalendarQuery>

/** The campaigns that are asked for; with a period those with a day in it. */
const wanted = (campaigns: readonly Campaign[], query: Query, { settings }: AnswerContext): readonly Campaign[] => {
  const { from, to } = periodOf(query, settings)
  const asked = filtersOf(query, [...FILTERS, 'state'])
  return campaigns.filter(
    campaign =>
      fitsFilters(campaign, asked) &&
      (to === null || (campaign.starts_on !== null && campaign.starts_on < to)) &&
      (from === null || (campaign.starts_on !== null && (campaign.ends_on ?? '9999') >= from)),
  )
}

/** The shared calendar of campaigns: what runs, what is offered, what to say. */
export const campaignRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/campaigns',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['campaigns'],
        summary: 'Campaigns with their plan, names in other systems and audience, as of any day',
        querystring: ListQuery,
        response: { 200: listSchema(Campaign, 'Campaigns') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context =>
        pageOf(wanted(await readCampaigns(store, context), request.query, context), request.query, context),
      ),
  )

  app.get(
    '/v1/campaigns.ics',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['campaigns'],
        summary: 'The same as a calendar to subscribe to',
        querystring: CalendarQuery,
        response: { 200: z.string() },
        produces: ['text/calendar'],
      },
    },
    async (request, reply) => {
      const file = await reader.read(callerOf(request).tenant, request.query, async context =>
        campaignCalendar(wanted(await readCampaigns(store, context), request.query, context), context.observedTo),
      )
      reply.type('text/calendar; charset=utf-8').serializer((text: string) => text)
      return file
    },
  )
}
