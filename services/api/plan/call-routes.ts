import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { currencyExponent } from '../../domain/money.ts'
import { type FiscalCalendar, parsePeriod } from '../../domain/periods.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { currencyOf, currencyParameter, formatParameter, queryOf, timeParameters } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'
import { CALLS_DEFINITION, callsAnswer } from './call-list.ts'
import { withTokens } from './derived.ts'
import { type Known, readSellers } from './seller-list.ts'

const Call = z
  .strictObject({
    amount_minor: z.int().min(0).describe('Amount called, in minor units of currency'),
    currency: z.string().optional().describe('ISO 4217; default: the tenant’s'),
    category: z.string().max(64).optional().describe('commit, best-case, closed …; without it: the call'),
    low_minor: z.int().min(0).optional(),
    high_minor: z.int().min(0).optional(),
    team: z.string().max(256).optional().describe('Team that it is for: only its managers, executives and operations call for a team'),
    pipeline: z.string().max(256).optional(),
    segment: z.string().max(256).optional(),
    note: z.string().max(4_000).optional(),
    event_id: z.string().min(1).max(128).optional().describe('The same one twice counts once'),
  })
  .refine(call => (call.low_minor ?? 0) <= call.amount_minor, { path: ['low_minor'], message: 'must not be above amount_minor' })
  .refine(call => call.high_minor === undefined || call.high_minor >= call.amount_minor, {
    path: ['high_minor'],
    message: 'must not be below amount_minor',
  })

const Params = z.object({ period: z.string().min(1).max(16).describe('Fiscal: 2026-Q3, 2026-09, 2026') })

/** Who calls for everybody, whatever the team. */
const FOR_ALL: readonly string[] = ['executive', 'operations', 'finance']

/** A team is called by who leads it: a manager in it, or the manager of somebody in it. */
const leads = (members: readonly Known[], who: Known, team: string): boolean =>
  FOR_ALL.includes(who.function) ||
  (who.role === 'manager' && who.team === team) ||
  members.some(member => member.team === team && member.manager_id === who.member)

const periodIn = (name: string, fiscal: FiscalCalendar) => {
  const range = parsePeriod(name, fiscal)
  if (!range.ok || name.startsWith('cal:'))
    throw badParameter('period', range.ok ? 'calls are for fiscal periods: 2026, 2026-Q3 or 2026-09' : range.error.message)
  return range.value
}

/** A member's own forecast, and what calls come to up the lines of reporting. */
export const callRoutes: FastifyPluginAsyncZod<FigureRouteOptions & { readonly writer: Writer }> = async (app, options) => {
  const { store, reader, writer } = options
  app.post(
    '/v1/forecast/:period/call',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['forecast'],
        summary: 'Submits a call: what the caller expects of a period (M80)',
        description:
          'In the name of the member that the credential is bound to. The last call of a member for a period, team and category is in force; earlier ones stay in the log.',
        params: Params,
        body: Call,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { tenant, member } = callerOf(request)
      if (member === null) throw new HttpProblem(problem(403, 'Not permitted', 'members call: the credential is bound to none'))
      const { event_id, currency, team, ...call } = request.body
      const { settings, members } = await reader.read(tenant, {}, async context => ({
        settings: context.settings,
        members: (await readSellers(store, context)).members,
      }))
      periodIn(request.params.period, settings.fiscal)
      const code = currency ?? settings.currency
      if (currencyExponent(code) === null) throw badParameter('currency', 'expected an ISO 4217 code such as EUR')
      if (team !== undefined) {
        if (!members.some(each => each.team === team)) throw badParameter('team', `nobody is in a team ${team.slice(0, 64)}`)
        const who = members.find(each => each.member === member)
        if (who === undefined || !leads(members, who, team))
          throw new HttpProblem(problem(403, 'Not permitted', `only who leads ${team}, executives, operations and finance call for it`))
      }
      const data = {
        member_id: member,
        period: request.params.period,
        currency: code,
        ...(team === undefined ? {} : { team }),
        ...withoutNothing(call),
      }
      return reply.code(202).send(await writer.write(request, [{ type: 'forecast-call-submitted', event_id, data }]))
    },
  )

  app.get(
    '/v1/forecast/:period/calls',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(store),
      schema: {
        tags: ['forecast'],
        summary: 'Calls of a period by member, and their roll-up by manager (M80)',
        description:
          'A roll-up adds the calls of everybody who reports to the manager: the own call, or of a manager who called nothing what his people call. Calls of one category, pipeline or segment are shown and not added.',
        params: Params,
        querystring: queryOf({ ...currencyParameter, ...timeParameters, ...formatParameter }),
        ...figureSchema,
      },
    },
    request =>
      answerFigure(options, request, request.query, async (context, explainUnder) => {
        const { from, to } = periodIn(request.params.period, context.settings.fiscal)
        const asked = { from, to, currency: currencyOf(request.query.currency, context) }
        const under = { definition: CALLS_DEFINITION, definitions: [CALLS_DEFINITION] }
        const derived = await callsAnswer(store, context, asked)
        return { ...withTokens(derived, explainUnder(under), { answer: 'calls', ...asked }), under }
      }),
  )
}

const withoutNothing = (call: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined))
