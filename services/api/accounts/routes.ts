import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { accountCounts, accountExcluded, accountKnown, accountPeople, accountTimeline } from '../../domain/figures/account-journey.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import { instantOf, isoOf } from '../answer.ts'
import { responsesName } from '../attribution/figure.ts'
import { cursorOf, offsetOf } from '../cursor.ts'
import { excludedOf } from '../explain/figure.ts'
import { ACCOUNT_ATTRIBUTES } from '../../domain/figures/accounts.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { listSchema, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, queryOf, timeParameters } from '../parameters.ts'
import { notFound } from '../problems.ts'
import { Account, readAccounts } from './list.ts'

const Query = queryOf({
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
  cursor: z.string().optional().describe('From the answer before; with the same as_of'),
  ...timeParameters,
})

const LIST_FILTERS = ACCOUNT_ATTRIBUTES.filter(name => name !== 'name' && name !== 'external_url')
const ListQuery = queryOf({
  ...Object.fromEntries(LIST_FILTERS.map(name => [name, filterParameter])),
  ...pageParameters,
  ...timeParameters,
})

const Happening = z
  .object({
    at: z.string(),
    kind: z.enum(['touch', 'deal-created', 'deal-stage', 'deal-closed']),
    event_id: z.string(),
    deal_id: z.string().optional(),
    stage: z.string().optional(),
    subject: z.string().optional().describe('Whose touch: a person, an anonymous visitor, or the account'),
    persons: z.array(z.string()).optional(),
    touch_type: z.string().optional(),
    channel: z.string().optional(),
    campaign: z.string().optional(),
    direction: z.string().optional(),
    outcome: z.string().optional(),
    team: z.string().optional(),
    automatic: z.boolean().optional(),
  })
  .meta({ id: 'Happening', description: 'One thing that happened with an account' })

const Part = z
  .object({
    person: z.string(),
    title: z.string(),
    persona: z.string(),
    role: z.string().describe('Buying role on a deal of the account, as last said'),
    marketing: z.coerce.number().describe('Touches by marketing and others who do not sell'),
    sales: z.coerce.number().describe('Touches by sales, SDRs, success and support'),
    first_at: z.string(),
    last_at: z.string(),
  })
  .meta({ id: 'AccountPart', description: 'Who has a part in an account, and what each team did with them' })

const Journey = z
  .object({
    account: z.string(),
    people: z.array(Part).describe('Up to 200, whoever did most first'),
    rows: z.array(Happening),
    total: z.array(z.object({ kind: z.string(), metric: z.literal('happenings'), value: z.number(), unit: z.literal('count') })),
    cursor: z.string().nullable(),
    excluded: z.record(z.string(), z.number()),
    definition: z.string(),
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'AccountJourney', description: 'Timeline of one account' })

const Row = z.object({
  at_text: z.string(),
  kind: z.enum(['touch', 'deal-created', 'deal-stage', 'deal-closed']),
  event_id: z.string(),
  deal_id: z.string(),
  stage: z.string(),
  subject: z.string(),
  persons: z.array(z.string()),
  touch_type: z.string(),
  channel: z.string(),
  campaign: z.string(),
  direction: z.string(),
  outcome: z.string(),
  team: z.string(),
  automatic: z.coerce.number(),
})
const Count = z.object({ kind: z.string(), happened: z.coerce.number() })

export const accountRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/accounts',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['accounts'],
        summary: 'Accounts with their tier, the buying roles that open deals cover, and the last touch of each team',
        querystring: ListQuery,
        response: { 200: listSchema(Account, 'Accounts') },
      },
    },
    async request => {
      const { query } = request
      const offset = offsetOf(query.cursor)
      return reader.read(callerOf(request).tenant, query, async context => {
        const question = { filters: filtersOf(query, LIST_FILTERS), limit: query.limit, offset }
        const { rows, count } = await readAccounts(store, context, question)
        return {
          rows,
          count,
          cursor: offset + rows.length < count ? cursorOf(offset + rows.length) : null,
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      })
    },
  )

  app.get(
    '/v1/accounts/:id/journey',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['accounts'],
        summary: 'Everything that happened with one account: touches, deals and their stages, in order',
        params: z.object({ id: z.string().min(1).max(512) }),
        querystring: Query,
        response: { 200: Journey, 404: Problem },
      },
    },
    async request => {
      const { query, params } = request
      const offset = offsetOf(query.cursor)
      return reader.read(callerOf(request).tenant, query, async context => {
        const { sources } = context
        const asked = { account: params.id, definitions: context.definitions }
        const [found, counted, excluded, people] = await Promise.all([
          store.read(accountTimeline(sources, { ...asked, limit: query.limit + 1, offset })),
          store.read(accountCounts(sources, asked)),
          store.read(accountExcluded(sources, asked)),
          store.read(accountPeople(sources, asked)),
        ])
        if (counted.length === 0 && excluded.length === 0) {
          const [known] = await store.read(accountKnown(sources, params.id))
          if (Number(known?.['known'] ?? 0) === 0) throw notFound('there is no such account')
        }
        const rows = found.slice(0, query.limit).map(row => happening(Row.parse(row)))
        return {
          account: params.id,
          people: people
            .map(row => Part.parse(row))
            .map(part => ({ ...part, first_at: isoOf(part.first_at), last_at: isoOf(part.last_at) })),
          rows,
          total: counted
            .map(row => Count.parse(row))
            .map(({ kind, happened }) => ({ kind, metric: 'happenings' as const, value: happened, unit: 'count' as const })),
          cursor: found.length > query.limit ? cursorOf(offset + query.limit) : null,
          excluded: excludedOf(excluded, 'records'),
          definition: responsesName(context.definitions),
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      })
    },
  )
}

/** Without what says nothing. */
const happening = ({ at_text, kind, event_id, ...row }: z.output<typeof Row>): z.output<typeof Happening> => {
  const said = Object.fromEntries(
    (['deal_id', 'stage', 'subject', 'touch_type', 'channel', 'campaign', 'direction', 'outcome', 'team'] as const)
      .map(name => [name, row[name]] as const)
      .filter(([, value]) => value !== ''),
  )
  return {
    at: isoOf(at_text),
    kind,
    event_id,
    ...said,
    ...(kind === 'touch' ? { persons: row.persons, automatic: row.automatic === 1 } : {}),
  }
}
