import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { HANDOFFS } from '../../domain/definitions/sla-policy.ts'
import { SIDES, stateAt, STEPS } from '../../domain/sla/clock.ts'
import { SLA_DIMENSIONS, SLA_METRICS } from '../../domain/sla/entries.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { listSchema, pageOf, pageParameters } from '../list.ts'
import {
  filterParameter,
  filtersOf,
  formatParameter,
  listOf,
  periodOf,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { attainmentAnswer, slaPolicyName } from './attainment.ts'
import { clocksIn, type SlaBooks } from './book.ts'
import { holderAt, isOpen, LiveClockRow, liveClockRow, STATES } from './clocks.ts'

const OF_CLOCK = ['bucket', 'source', 'person', 'account', 'handoff', 'step', 'side'] as const
const OF_HOLDER = ['owner', 'team', 'region'] as const

const ClocksQuery = queryOf({
  state: severalOf(STATES),
  open: z.enum(['true', 'false']).optional().describe('true: only what is still to be done, running or breached'),
  handoff: severalOf(HANDOFFS),
  step: severalOf(STEPS),
  side: severalOf(SIDES),
  owner: filterParameter,
  team: filterParameter,
  region: filterParameter,
  bucket: filterParameter,
  source: filterParameter,
  person: filterParameter,
  account: filterParameter,
  ...periodParameters,
  ...pageParameters,
  ...timeParameters,
})

const AttainmentQuery = queryOf({
  metric: severalOf(SLA_METRICS).describe('Default: all; may be repeated'),
  by: severalOf(SLA_DIMENSIONS),
  handoff: severalOf(HANDOFFS),
  step: severalOf(STEPS),
  side: severalOf(SIDES),
  owner: filterParameter,
  team: filterParameter,
  region: filterParameter,
  bucket: filterParameter,
  source: filterParameter,
  month: filterParameter,
  ...periodParameters,
  ...timeParameters,
  ...formatParameter,
})

export type SlaRouteOptions = FigureRouteOptions & { readonly books: SlaBooks }

/** Service levels of both sides: the clocks themselves, and what they come to. */
export const slaRoutes: FastifyPluginAsyncZod<SlaRouteOptions> = async (app, options) => {
  const { reader, books } = options
  app.get(
    '/v1/sla/clocks',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'Clocks of every hand-off, live or as of any day: due, state and who has the lead',
        description:
          'In the order of due instants; without a state what is still to be done: running clocks and breaches that nobody made good. A period is one of due instants.',
        querystring: ClocksQuery,
        response: { 200: listSchema(LiveClockRow, 'SlaClocks') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { query } = request
        const book = await books.of(context)
        const at = context.observedTo * 1000
        const { fromMs, toMs } = periodOf(query, context.settings)
        const states = listOf(query.state)
        const open = query.open === undefined ? states.length === 0 : query.open === 'true'
        const named = filtersOf(query, [...OF_CLOCK, ...OF_HOLDER])
        const rows = clocksIn(book)
          .filter(
            clock =>
              clock.startAt <= at &&
              (fromMs === null || clock.dueAt >= fromMs * 1000) &&
              (toMs === null || clock.dueAt < toMs * 1000) &&
              OF_CLOCK.every(name => isAmong(named[name], clock[name])),
          )
          .map(clock => ({ clock, state: stateAt(clock, at, book.excused) }))
          .filter(({ clock, state }) => {
            if ((states.length > 0 && !states.includes(state)) || (open && !isOpen(clock, state, at))) return false
            const holder = holderAt(clock, state, at)
            return OF_HOLDER.every(name => isAmong(named[name], holder[name]))
          })
        const page = pageOf(rows, query, context)
        return { ...page, rows: page.rows.map(({ clock, state }) => liveClockRow(clock, state, at, book.under)) }
      }),
  )

  app.get(
    '/v1/sla/attainment',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(options.store),
      schema: {
        tags: ['sla'],
        summary: 'What clocks come to, both sides: attainment, speed, effort, decisions (M25–M27, M30, M39–M52)',
        description:
          'Clocks count in the period in which they were due, hand-overs in the one in which they were made. A statistic of spans is a percentile of those that are over; km_median counts those that still run. Spans are in whole seconds.',
        querystring: AttainmentQuery,
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { query } = request
        const { fromMs, toMs } = periodOf(query, context.settings)
        const metrics = listOf(query.metric)
        const under = { definition: slaPolicyName(context), definitions: [slaPolicyName(context)] }
        const question = {
          by: [...listOf(query.by)],
          filters: Object.fromEntries(Object.entries(filtersOf(query, SLA_DIMENSIONS)).map(([name, values]) => [name, [...values]])),
          metrics: [...(metrics.length === 0 ? SLA_METRICS : metrics)],
          from: fromMs,
          to: toMs,
        }
        return { ...attainmentAnswer(await books.of(context), context, question, explainUnder(under)), under }
      }),
  )
}

const isAmong = (values: readonly string[] | undefined, value: string): boolean =>
  values === undefined || values.includes(value === '' ? '(none)' : value)
