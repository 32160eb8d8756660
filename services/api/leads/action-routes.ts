import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { EventType } from '../../../schemas/events/generated/types.ts'
import { HANDOFFS } from '../../domain/definitions/sla-policy.ts'
import { leadNow } from '../../domain/figures/lead-now.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerReader } from '../as-of.ts'
import { queryOf } from '../parameters.ts'
import { conflict, notFound } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'

type LeadActionOptions = { readonly store: Store; readonly reader: AnswerReader; readonly writer: Writer }

const text = z.string().trim().min(1).max(500)
const common = {
  event_id: z.string().min(1).max(128).optional().describe('The same for every attempt: said twice it counts once'),
}
const handoff = z.enum(HANDOFFS).default('marketing-sdr')

const Accept = z.strictObject({ handoff, ...common })
const Reject = z.strictObject({
  reason_class: z
    .enum(['procedural', 'clerical', 'definitional'])
    .describe('definitional ends the journey; after the others it may be handed over again'),
  reason: text,
  handoff,
  ...common,
})
const Disqualify = z.strictObject({
  reason: z.enum(['unreachable', 'bad-data', 'no-need', 'no-budget', 'no-fit', 'timing']),
  sub_reason: text.optional(),
  ...common,
})
const Assign = z
  .strictObject({ owner_id: text.optional(), queue: text.optional(), team: text.optional(), reason: text.optional(), handoff, ...common })
  .refine(body => (body.owner_id === undefined) !== (body.queue === undefined), {
    path: ['owner_id'],
    message: 'expected either owner_id or queue',
  })

const Params = z.object({ person: z.string().min(1).max(512).describe('Id of the person, with or without person:') })
export const ActionQuery = queryOf({
  after: z.string().optional().describe('Position of an earlier write that this one follows: waits up to 5 s until it shows'),
})
const Now = z.object({ is_open: z.coerce.number(), owner: z.string(), lead_id: z.string() })

/** What sales says to a lead. Each becomes an event through the same door as everything else, so that it counts like one from the CRM. */
export const leadActionRoutes: FastifyPluginAsyncZod<LeadActionOptions> = async (app, { store, reader, writer }) => {
  type Said = { readonly type: EventType; readonly data: Readonly<Record<string, unknown>>; readonly event_id: string | undefined }

  const say = async (request: FastifyRequest, named: string, after: string | undefined, { type, data, event_id }: Said) => {
    const { tenant, member } = callerOf(request)
    const person = named.replace(/^person:/, '')
    const found = await reader.read(tenant, { after }, async ({ sources }) => (await store.read(leadNow(sources, `person:${person}`)))[0])
    if (found === undefined) throw notFound('there is no such lead')
    const { is_open: isOpen, owner, lead_id: leadId } = Now.parse(found)
    if (isOpen === 0) throw conflict('the lead is not open: its last journey has ended')
    const whose = type === 'lead-assigned' ? { previous_owner_id: owner } : { owner_id: member ?? owner }
    return writer.write(request, [{ type, event_id, data: withoutNothing({ person_id: person, lead_id: leadId, ...whose, ...data }) }])
  }

  const schema = { tags: ['leads'], params: Params, querystring: ActionQuery, response: writtenResponses }
  const onRequest = requireScope('read', 'ingest')

  app.post(
    '/v1/leads/:person/accept',
    { onRequest, schema: { ...schema, summary: 'Accepts a lead that was handed over (M25)', body: Accept } },
    async (request, reply) => {
      const { event_id, ...data } = request.body
      return reply.code(202).send(await say(request, request.params.person, request.query.after, { type: 'lead-accepted', data, event_id }))
    },
  )
  app.post(
    '/v1/leads/:person/reject',
    { onRequest, schema: { ...schema, summary: 'Refuses a lead before contact, with the class of the reason (M27)', body: Reject } },
    async (request, reply) => {
      const { event_id, ...data } = request.body
      return reply.code(202).send(await say(request, request.params.person, request.query.after, { type: 'lead-rejected', data, event_id }))
    },
  )
  app.post(
    '/v1/leads/:person/disqualify',
    { onRequest, schema: { ...schema, summary: 'Gives a lead up after contact, with the reason (M28)', body: Disqualify } },
    async (request, reply) => {
      const { event_id, ...data } = request.body
      return reply
        .code(202)
        .send(await say(request, request.params.person, request.query.after, { type: 'lead-disqualified', data, event_id }))
    },
  )
  app.post(
    '/v1/leads/:person/assign',
    { onRequest, schema: { ...schema, summary: 'Gives a lead to a member or a queue', body: Assign } },
    async (request, reply) => {
      const { event_id, ...data } = request.body
      return reply.code(202).send(await say(request, request.params.person, request.query.after, { type: 'lead-assigned', data, event_id }))
    },
  )
}

/** Fields that say nothing are left out: the door takes an absent one for that. */
export const withoutNothing = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))
