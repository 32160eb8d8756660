import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { type Clock, stateAt } from '../../domain/sla/clock.ts'
import type { Excuse } from '../../domain/sla/from-rows.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { instantOf } from '../answer.ts'
import { listSchema, pageOf, pageParameters } from '../list.ts'
import { listOf, queryOf, severalOf, timeParameters } from '../parameters.ts'
import { clocksIn } from './book.ts'
import { ClockRow, clockRow } from './clocks.ts'
import type { SlaRouteOptions } from './routes.ts'

const STATES = ['waiting', 'granted', 'refused'] as const
type State = (typeof STATES)[number]

const ExcuseRow = z
  .object({
    clock: ClockRow,
    state: z.enum(STATES).describe('waiting: the other function has not decided; granted: the clock is excused'),
    statements: z
      .array(
        z.object({
          decision: z.enum(['proposed', 'granted', 'refused']),
          function: z.string(),
          member: z.string(),
          reason: z.string(),
          at: z.string(),
        }),
      )
      .describe('In the order in which they were said'),
  })
  .meta({ id: 'SlaExcuse', description: 'A breach that somebody asked to excuse, and what was said of it' })

const ExcusesQuery = queryOf({
  state: severalOf(STATES).describe('Default: all'),
  ...pageParameters,
  ...timeParameters,
})

const stateOf = (excused: boolean, said: readonly Excuse[]): State =>
  excused ? 'granted' : said.at(-1)?.decision === 'refused' ? 'refused' : 'waiting'

/** What both functions said of breaches that one of them asked to excuse. */
export const slaExcuseRoutes: FastifyPluginAsyncZod<SlaRouteOptions> = async (app, { reader, books }) => {
  app.get(
    '/v1/sla/excuses',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'Breaches that one function asked to excuse, and what the other decided',
        description: 'The last said first. A clock is excused when a member of the other function grants what was proposed.',
        querystring: ExcusesQuery,
        response: { 200: listSchema(ExcuseRow, 'SlaExcuses') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const book = await books.of(context)
        const at = context.observedTo * 1000
        const said = Map.groupBy(
          book.records.excuses.filter(excuse => excuse.at <= at),
          excuse => excuse.clock_id,
        )
        const clocks = new Map<string, Clock>()
        for (const clock of clocksIn(book)) if (said.has(clock.id)) clocks.set(clock.id, clock)
        const asked = listOf(request.query.state)
        const found = [...said]
          .flatMap(([id, of]) => {
            const clock = clocks.get(id)
            const state = stateOf(book.excused.has(id), of)
            return clock === undefined || (asked.length > 0 && !asked.includes(state)) ? [] : [{ clock, state, of }]
          })
          .toSorted((a, b) => (b.of.at(-1)?.at ?? 0) - (a.of.at(-1)?.at ?? 0) || (a.clock.id < b.clock.id ? -1 : 1))
        const page = pageOf(found, request.query, context)
        return {
          ...page,
          rows: page.rows.map(({ clock, state, of }) => ({
            clock: clockRow(clock, stateAt(clock, at, book.excused), at, book.under),
            state,
            statements: of.map(({ decision, function: side, member_id: member, reason, at: when }) => ({
              decision,
              function: side,
              member,
              reason,
              at: instantOf(Math.floor(when / 1000)),
            })),
          })),
        }
      }),
  )
}
