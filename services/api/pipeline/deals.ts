import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { dateOfDay } from '../../domain/forecast/days.ts'
import { type KnownDeal, knownAtInstant } from '../../domain/forecast/known.ts'
import { isStale } from '../../domain/forecast/pipeline.ts'
import { type AccountsAt, dimOf } from '../../domain/forecast/scope.ts'
import { MOVE_KINDS, type ToldMove, toldMoves } from '../../domain/forecast/deal-moves-told.ts'
import { PERIOD_FORMS } from '../../domain/periods.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { forecasterOf, pipelineAsked } from '../forecast/routes.ts'
import { periodDaysOf, scopeParameters, termsFor } from '../forecast/question.ts'
import { listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, listOf, queryOf } from '../parameters.ts'
import { badParameter } from '../problems.ts'

const DAY_MICROS = 86_400_000_000
const SORTS = ['close_date', 'amount', 'age', 'moved', 'pushes'] as const
const STATUSES = ['open', 'won', 'lost'] as const

const { format: _format, ...scope } = scopeParameters
const Query = queryOf({
  period: z.string().optional().describe(`Only deals that are due, or closed, in it: ${PERIOD_FORMS}`),
  status: z.enum(STATUSES).default('open'),
  stage: filterParameter,
  category: filterParameter,
  stale: z.enum(['true', 'false']).optional().describe('Only those without, or with, a move or touch in stale_days (M90)'),
  stale_days: z.coerce.number().int().min(1).max(365).default(30),
  moved_since: z.string().optional().describe('Moves from this instant or day on; default: all'),
  sort: z.enum(SORTS).default('close_date'),
  ...scope,
  ...pageParameters,
})

const Value = z.union([z.string(), z.number()]).nullable()
const DealRow = z
  .object({
    deal_id: z.string(),
    account: z.string(),
    owner: z.string(),
    team: z.string(),
    region: z.string(),
    segment: z.string(),
    pipeline: z.string(),
    product: z.string(),
    deal_type: z.string(),
    status: z.enum(STATUSES),
    stage: z.string(),
    category: z.string(),
    amount: z.number().nullable().describe('Minor units of currency; null: not known, or no rate'),
    currency: z.string(),
    close_date: z.string().nullable(),
    created_at: z.string(),
    age_days: z.number(),
    stage_days: z.number().describe('In the stage it is in'),
    pushes: z.number().describe('M89: later close dates so far'),
    stale: z.boolean().describe('M90'),
    touched_at: z.string().nullable().describe('Last response of the account, or act of a human of sales'),
    moved_at: z.string(),
    moves: z
      .array(
        z.object({
          at: z.string(),
          known_at: z.string(),
          event_id: z.string(),
          kind: z.enum(MOVE_KINDS),
          from: Value,
          to: Value,
          currency: z.string(),
        }),
      )
      .describe('In order: what changed, from what to what; amounts in minor units of the currency said'),
    flags: z.array(z.string()),
  })
  .meta({ id: 'PipelineDeal' })

const iso = (micros: number): string => new Date(Math.floor(micros / 1000)).toISOString()
const dayOrNull = (day: string | number | null): string | null => (typeof day === 'number' ? dateOfDay(day) : null)

const moveOf = ({ at, recorded, eventId, kind, from, to, currency }: ToldMove) => ({
  at: iso(at),
  known_at: new Date(recorded).toISOString(),
  event_id: eventId,
  kind,
  from: kind === 'close_date' ? dayOrNull(from) : from,
  to: kind === 'close_date' ? dayOrNull(to) : to,
  currency,
})

const orderOf: Readonly<Record<(typeof SORTS)[number], (deal: KnownDeal) => number>> = {
  close_date: ({ closeDay }) => closeDay ?? Number.MAX_SAFE_INTEGER,
  amount: ({ worth }) => -(worth ?? -1),
  age: ({ state }) => state.createdAt,
  moved: ({ state }) => state.movedAt,
  pushes: ({ state }) => -state.pushes,
}

/** Deals as they stand, with every move that brought them there. */
export const pipelineDealRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/deals',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['deals'],
        summary: 'Open pipeline with its moves: stage, amount, close date, category, pushes (M89), stale (M90)',
        description: 'Without stage_floor every open deal is listed. Renewals only when asked for by deal_type.',
        querystring: Query,
        response: { 200: listSchema(DealRow, 'PipelineDeals') },
      },
    },
    request => {
      const { query } = request
      return reader.read(callerOf(request).tenant, query, async context => {
        const asked = pipelineAsked({ ...query, stage_floor: query.stage_floor ?? 'any' }, context)
        const period = query.period === undefined ? null : periodDaysOf(query.period, asked.fiscal)
        if (query.period !== undefined && period === null) throw badParameter('period', `expected a period such as ${PERIOD_FORMS}`)
        const since = query.moved_since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.moved_since) * 1000
        if (Number.isNaN(since)) throw badParameter('moved_since', 'expected an instant or a day')
        const [history, touched] = await Promise.all([forecasterOf(store).history(context), forecasterOf(store).touched(context)])
        const known = knownAtInstant(history.deals, termsFor(asked), context.observedTo)
        const stages = new Set(listOf(query.stage))
        const categories = new Set(listOf(query.category))
        const staleOf = (deal: KnownDeal): boolean =>
          deal.state.status === 'open' && isStale(deal, touched.get(deal.state.account) ?? 0, context.observedTo, query.stale_days)
        const key = orderOf[query.sort]
        const deals = known[query.status]
          .filter(
            deal =>
              (query.status !== 'open' || deal.rank >= asked.floor) &&
              (period === null || (deal.closeDay !== null && deal.closeDay >= period.from && deal.closeDay < period.to)) &&
              (stages.size === 0 || stages.has(deal.state.stage)) &&
              (categories.size === 0 || categories.has(deal.state.category)) &&
              (query.stale === undefined || staleOf(deal) === (query.stale === 'true')),
          )
          .toSorted((a, b) => key(a) - key(b) || (a.id < b.id ? -1 : 1))
        const page = pageOf(deals, query, context)
        return {
          ...page,
          rows: page.rows.map(deal => {
            const moves = toldMoves(history.deals.deals[deal.place] ?? { id: deal.id, moves: [] }, context.observedTo).filter(
              ({ at }) => at >= since,
            )
            return rowOf(deal, known.accounts, {
              currency: asked.currency,
              now: context.observedTo,
              stale: staleOf(deal),
              touched: touched.get(deal.state.account) ?? null,
              moves,
            })
          }),
        }
      })
    },
  )
}

const rowOf = (
  deal: KnownDeal,
  accounts: AccountsAt,
  {
    currency,
    now,
    stale,
    touched,
    moves,
  }: {
    readonly currency: string
    readonly now: number
    readonly stale: boolean
    readonly touched: number | null
    readonly moves: readonly ToldMove[]
  },
): z.output<typeof DealRow> => {
  const { state } = deal
  const daysSince = (micros: number): number => Math.max(0, Math.floor((now * 1000 - micros) / DAY_MICROS))
  return {
    deal_id: deal.id,
    account: state.account,
    owner: dimOf('owner', state, accounts),
    team: dimOf('team', state, accounts),
    region: dimOf('region', state, accounts),
    segment: dimOf('segment', state, accounts),
    pipeline: dimOf('pipeline', state, accounts),
    product: dimOf('product', state, accounts),
    deal_type: dimOf('deal_type', state, accounts),
    status: state.status,
    stage: state.stage,
    category: state.category,
    amount: deal.worth,
    currency,
    close_date: dayOrNull(deal.closeDay),
    created_at: iso(state.createdAt),
    age_days: daysSince(state.createdAt),
    stage_days: daysSince(state.stints.at(-1)?.from ?? state.createdAt),
    pushes: state.pushes,
    stale,
    touched_at: touched === null ? null : iso(touched),
    moved_at: iso(Math.max(state.movedAt, state.createdAt)),
    moves: moves.map(moveOf),
    flags: deal.missing === '' ? [] : [deal.missing],
  }
}
