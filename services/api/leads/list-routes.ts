import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { preSerializationAsyncHookHandler } from 'fastify'
import { z } from 'zod'
import { LEAD_FILTERS, LEAD_STATES } from '../../domain/figures/lead-list.ts'
import { rulingsOf } from '../../domain/figures/judging/rulings.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { instantOf } from '../answer.ts'
import { cursorOf, offsetOf } from '../cursor.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { csvOf } from '../format.ts'
import { listSchema, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, periodOf, periodParameters, queryOf, timeParameters } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import type { SlaBooks } from '../sla/book.ts'
import { assertStages, bucketParameter, outcomeParameter } from './filters.ts'
import { LeadRow, leadRowsOf } from './list.ts'

/** As the caller says it of its own leads. */
const ME = 'me'

const Query = queryOf({
  state: z.enum(LEAD_STATES).default('open').describe('open: journeys that have not ended'),
  ...periodParameters,
  bucket: bucketParameter,
  stage: filterParameter,
  owner: filterParameter,
  channel: filterParameter,
  campaign: filterParameter,
  account: filterParameter,
  outcome: outcomeParameter,
  person: filterParameter,
  ...pageParameters,
  ...timeParameters,
  format: z.enum(['json', 'csv']).default('json').describe('csv: this page as a plain lead list'),
})

type LeadListOptions = FigureRouteOptions & { readonly books: SlaBooks }

const Leads = listSchema(LeadRow.meta({ id: 'Lead', description: 'One lead' }), 'Leads')
const Asked = z.looseObject({ format: z.string().optional() })

/** The page as a table, where that was asked for; what it rests on is in headers. */
const asTable: preSerializationAsyncHookHandler = async (request, reply, payload) => {
  if (reply.statusCode !== 200 || Asked.parse(request.query).format !== 'csv') return payload
  const { rows, as_of, watermark, cursor } = Leads.parse(payload)
  reply.headers({ 'accord-as-of': as_of, 'accord-watermark': watermark, ...(cursor === null ? {} : { 'accord-cursor': cursor }) })
  reply.type('text/csv; charset=utf-8; header=present')
  reply.serializer((ready: string) => ready)
  return csvOf(tableOf(rows))
}

/** Leads, the last opened first: who is in which bucket, why, whose, and by when. Names are not in it: they stay with the personal data. */
export const leadListRoutes: FastifyPluginAsyncZod<LeadListOptions> = async (app, { store, reader, books }) => {
  app.get(
    '/v1/leads',
    {
      onRequest: requireScope('read'),
      preSerialization: [asTable],
      schema: {
        tags: ['leads'],
        summary: 'Leads with bucket, what it is judged from, owner, last touches and running clocks; page by page',
        description:
          'A lead is a qualification cycle of a person. owner=me: the leads of the member whom the credential is bound to. The period is that of the opening. With campaign=… and format=csv: the lead list of a campaign.',
        querystring: Query,
        response: { 200: Leads },
        produces: ['application/json', 'text/csv'],
      },
    },
    async request => {
      const { query } = request
      const caller = callerOf(request)
      const filters = filtersOf(query, LEAD_FILTERS)
      if (filters.owner?.includes(ME) === true) {
        if (caller.member === null) throw badParameter('owner', 'me: the credential is bound to no member')
        filters.owner = filters.owner.map(owner => (owner === ME ? (caller.member ?? owner) : owner))
      }
      const offset = offsetOf(query.cursor)
      return reader.read(caller.tenant, query, async context => {
        assertStages(filters.stage, context)
        const { fromMs: from, toMs: to } = periodOf(query, context.settings)
        const rulings = rulingsOf(context.definitions, context.observedTo)
        const page = await leadRowsOf(store, books, context, {
          rulings,
          state: query.state,
          filters,
          from,
          to,
          observedTo: context.observedTo,
          limit: query.limit,
          offset,
        })
        return {
          ...page,
          cursor: offset + query.limit < page.count ? cursorOf(offset + query.limit) : null,
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      })
    },
  )
}

const tableOf = (leads: readonly z.output<typeof LeadRow>[]): Parameters<typeof csvOf>[0] => {
  const flat = leads.map(({ inputs, touches, clocks, ...lead }) => ({
    ...lead,
    ...inputs,
    last_touch_at: touches[0]?.at ?? '',
    last_touch: touches[0]?.type ?? '',
    next_due_at: clocks[0]?.due_at ?? '',
  }))
  const columns = Object.keys(flat[0] ?? { person: '' })
  return { columns, rows: flat.map(lead => Object.values(lead)) }
}
