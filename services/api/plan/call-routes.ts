import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { sellers } from '../../domain/figures/targets.ts'
import { daysIn } from '../../domain/forecast/days.ts'
import { callsOf } from '../../domain/forecast/calls.ts'
import { rateTable } from '../../domain/forecast/rate-table.ts'
import { currencyExponent } from '../../domain/money.ts'
import { type FiscalCalendar, parsePeriod } from '../../domain/periods.ts'
import { rollUp } from '../../domain/plan/call-roll-up.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { readHistory } from '../forecast/histories.ts'
import { currencyOf, currencyParameter, formatParameter, queryOf, timeParameters } from '../parameters.ts'
import { badParameter } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'

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

const Row = z.object({ member: z.string(), payload: z.string() })
const Member = z.object({
  function: z.string(),
  role: z.string().default(''),
  team: z.string().default(''),
  manager_id: z.string().default(''),
  active: z.boolean().default(true),
})

type Known = z.output<typeof Member> & { readonly member: string }

const readMembers = async (store: FigureRouteOptions['store'], { sources }: AnswerContext): Promise<readonly Known[]> =>
  (await store.read(sellers(sources))).flatMap(row => {
    const { member, payload } = Row.parse(row)
    const said = Member.safeParse(JSON.parse(payload))
    return said.success && said.data.active ? [{ member, ...said.data }] : []
  })

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
        members: await readMembers(store, context),
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
      answerFigure(options, request, request.query, async context => {
        const { settings, observedTo, flags } = context
        const asked = periodIn(request.params.period, settings.fiscal)
        const currency = currencyOf(request.query.currency, context)
        const [members, history] = await Promise.all([readMembers(store, context), readHistory(store, context)])
        const isPeriod = (name: string): boolean => {
          const range = parsePeriod(name, settings.fiscal)
          return range.ok && range.value.from === asked.from && range.value.to === asked.to
        }
        const convert = rateTable(history.deals.rates, currency, observedTo)
        const today = daysIn(settings.zone).of(observedTo)
        let missing = 0
        const calls = callsOf(history.calls, observedTo, isPeriod).flatMap(call => {
          const amount = convert(call.amount, call.currency, today)
          if (amount === null) missing += 1
          return amount === null ? [] : [{ ...call, worth: amount }]
        })
        const row = (
          measure: string,
          value: number | null,
          more: Readonly<Record<string, string | number | null>>,
          said: readonly string[] = [],
        ): FigureRow => ({
          ...more,
          measure,
          metric: 'M80',
          value,
          unit: `${currency} minor`,
          flags: [...flags, ...said].toSorted(),
        })
        // of a manager who calls for his team and for himself the word on the team is the call
        const byMember = Map.groupBy(
          calls.filter(call => call.category === '' && call.pipeline === '' && call.segment === ''),
          call => call.member,
        )
        const whole = [...byMember].map(([member, some]) => {
          const forTeams = some.filter(call => call.team !== '')
          return { member, amount: (forTeams.length > 0 ? forTeams : some).reduce((sum, call) => sum + call.worth, 0) }
        })
        const reporting = members.map(({ member, manager_id: manager }) => ({ member, manager }))
        const rolled = rollUp(reporting, whole)
        return {
          rows: [
            ...calls.map(call =>
              row('call', call.worth, {
                member: call.member,
                team: call.team,
                category: call.category,
                pipeline: call.pipeline,
                segment: call.segment,
                at: new Date(call.at / 1000).toISOString(),
                event_id: call.eventId,
              }),
            ),
            ...rolled
              .filter(({ own, reports }) => own !== null || reports !== null)
              .flatMap(({ manager, own, reports, called, silent }) => [
                row('roll_up', reports, { member: manager, called, silent: silent.length }, silent.length > 0 ? ['calls_missing'] : []),
                row('over_roll_up', own === null || reports === null ? null : own - reports, { member: manager }),
              ]),
          ],
          total: [],
          excluded: missing > 0 ? { rate_missing: missing } : {},
          under: { definition: 'forecast-calls@1', definitions: ['forecast-calls@1'] },
        }
      }),
  )
}

const withoutNothing = (call: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined))
