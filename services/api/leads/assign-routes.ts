import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { HANDOFFS } from '../../domain/definitions/sla-policy.ts'
import { leadsNow } from '../../domain/figures/lead-now.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerReader } from '../as-of.ts'
import type { SaidEvent, Writer } from '../write.ts'
import { ActionQuery, withoutNothing } from './action-routes.ts'

const MOST_LEADS = 200
const text = z.string().trim().min(1).max(500)

const AssignSeveral = z
  .strictObject({
    leads: z.array(z.string().min(1).max(512)).min(1).max(MOST_LEADS).describe('Ids of persons, with or without person:'),
    owner_id: text.optional(),
    queue: text.optional(),
    team: text.optional(),
    reason: text.optional(),
    handoff: z.enum(HANDOFFS).default('marketing-sdr'),
    event_id: z
      .string()
      .regex(/^[!-~]{1,90}$/, 'expected up to 90 printable characters')
      .optional()
      .describe('The same for every attempt: said twice it counts once'),
  })
  .refine(body => (body.owner_id === undefined) !== (body.queue === undefined), {
    path: ['owner_id'],
    message: 'expected either owner_id or queue',
  })

const OUTCOMES = ['assigned', 'already', 'not_open', 'unknown'] as const
const Assigned = z
  .object({
    position: z.string().nullable().describe('For after=<position> on a read; null where nothing was written'),
    assigned: z.number(),
    rows: z.array(
      z.object({
        person: z.string(),
        outcome: z
          .enum(OUTCOMES)
          .describe('already: it is the owner’s; not_open: its last journey has ended; unknown: there is no such lead'),
        previous_owner_id: z.string(),
        event_id: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'AssignedLeads', description: 'What became of each lead, in the order in which they were named' })

const Now = z.object({ person: z.string(), is_open: z.coerce.number(), owner: z.string(), lead_id: z.string() })

/** A desk is cleared, or a queue shared out: several leads to one member or queue at once. */
export const leadAssignRoutes: FastifyPluginAsyncZod<{
  readonly store: Store
  readonly reader: AnswerReader
  readonly writer: Writer
}> = async (app, { store, reader, writer }) => {
  app.post(
    '/v1/leads/assign',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['leads'],
        summary: 'Gives several leads to a member or a queue; each says what became of it',
        querystring: ActionQuery,
        body: AssignSeveral,
        response: { 202: Assigned, 400: Problem, 403: Problem, 422: Problem, 429: Problem, 503: Problem },
      },
    },
    async (request, reply) => {
      const { leads, event_id: base, owner_id, queue, team, reason, handoff } = request.body
      const persons = [...new Set(leads.map(named => named.replace(/^person:/, '')))]
      const found = await reader.read(callerOf(request).tenant, request.query, async ({ sources }) =>
        (
          await store.read(
            leadsNow(
              sources,
              persons.map(person => `person:${person}`),
            ),
          )
        ).map(row => Now.parse(row)),
      )
      const known = new Map(found.map(row => [row.person.replace(/^person:/, ''), row]))
      const judged = persons.map(person => {
        const now = known.get(person)
        const outcome: (typeof OUTCOMES)[number] =
          now === undefined
            ? 'unknown'
            : now.is_open === 0
              ? 'not_open'
              : owner_id !== undefined && now.owner === owner_id
                ? 'already'
                : 'assigned'
        return { person, now, outcome }
      })
      const going = judged.filter(({ outcome }) => outcome === 'assigned')
      const events = going.map(({ person, now }): SaidEvent => {
        const said = { owner_id, queue, team, reason, previous_owner_id: now?.owner, lead_id: now?.lead_id }
        return {
          type: 'lead-assigned',
          event_id: base === undefined ? undefined : `${base}:${leads.findIndex(named => named.replace(/^person:/, '') === person)}`,
          data: withoutNothing({ person_id: person, handoff, ...said }),
        }
      })
      const written = events.length === 0 ? null : await writer.write(request, events)
      const ids = new Map(going.map(({ person }, index) => [person, written?.event_ids[index] ?? null]))
      return reply.code(202).send({
        position: written?.position ?? null,
        assigned: going.length,
        rows: judged.map(({ person, now, outcome }) => ({
          person,
          outcome,
          previous_owner_id: now?.owner ?? '',
          event_id: ids.get(person) ?? null,
        })),
      })
    },
  )
}
