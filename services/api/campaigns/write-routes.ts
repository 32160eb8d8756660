import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { currencyExponent } from '../../domain/money.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext, AnswerReader } from '../as-of.ts'
import { readMembers } from '../members/members.ts'
import { queryOf, timeParameters } from '../parameters.ts'
import { conflict, notFound } from '../problems.ts'
import { type SaidEvent, type Writer, writtenResponses } from '../write.ts'
import { Audience, matchAudience, Matched } from './audience.ts'
import { type Campaign, readCampaigns } from './campaigns.ts'

/** Whoever plans campaigns; a key without a member sends what its scopes allow. */
const EDITORS = ['marketing', 'operations', 'executive']

const line = z.string().trim().max(500)
const lines = z.array(z.string().trim().min(1).max(1_000)).max(50)
const day = z.iso.date().nullable()
/** Null or an empty text takes away what was said. */
const Plan = z.strictObject({
  name: line.optional(),
  channel: line.optional(),
  campaign_type: line.optional(),
  objective: z.string().max(2_000).optional(),
  offer: line.optional(),
  url: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).optional(),
  description: z.string().max(10_000).optional(),
  talking_points: lines.optional(),
  quote: z.string().max(2_000).optional(),
  follow_up_template: z.string().max(10_000).optional(),
  personas: lines.optional(),
  stage: line.optional(),
  owner_id: line.optional(),
  parent: line.optional(),
  starts_on: day.optional(),
  ends_on: day.optional(),
  budget_minor: z.int().min(0).nullable().optional(),
  currency: z
    .string()
    .refine(code => code === '' || currencyExponent(code) !== null, 'expected an ISO 4217 code such as EUR')
    .optional(),
  team: line.optional(),
  region: line.optional(),
  segment: line.optional(),
  product: line.optional(),
  partner: line.optional(),
  content_ids: lines.optional(),
})
type Plan = z.output<typeof Plan>

const id = z.string().trim().min(1).max(256).regex(/^\S+$/, 'expected an id without blanks')
const said = { event_id: z.string().min(1).max(128).optional().describe('The same for every attempt: said twice it counts once') }
const Create = Plan.extend({ campaign: id.describe('As touches and costs name it'), name: line.min(1), ...said })
const Change = Plan.extend(said)
const Alias = z.strictObject({
  system: line.min(1).describe('utm, google-ads, salesforce …; * for any'),
  alias: z.string().trim().min(1).max(512),
  remove: z.boolean().default(false),
  ...said,
})
const Cancel = z.strictObject({ reason: z.string().trim().max(500).default(''), ...said })

const Params = z.object({ id: z.string().min(1).max(256) })
const isNothing = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** What is said, and what is taken away. */
const changeOf = (plan: Plan): Record<string, unknown> => {
  const given = Object.entries(plan).filter(([, value]) => value !== undefined)
  const cleared = given.filter(([, value]) => isNothing(value)).map(([name]) => name)
  return {
    ...Object.fromEntries(
      given.filter(([, value]) => !isNothing(value)).map(([name, value]) => [name, name === 'budget_minor' ? String(value) : value]),
    ),
    ...(cleared.length === 0 ? {} : { cleared }),
  }
}

const refused = (detail: string, path: string): HttpProblem =>
  new HttpProblem(problem(422, 'Not accepted', `${path}: ${detail}`, { errors: [{ path, message: detail }] }))

const assertInOrder = (known: Pick<Campaign, 'starts_on' | 'ends_on'>, plan: Plan): void => {
  const starts = plan.starts_on === undefined ? known.starts_on : plan.starts_on
  const ends = plan.ends_on === undefined ? known.ends_on : plan.ends_on
  if (starts !== null && ends !== null && ends < starts) throw refused(`expected a day on or after ${starts}, the first`, 'ends_on')
}

export type CampaignWriteOptions = {
  readonly store: Store
  readonly reader: AnswerReader
  readonly writer: Writer
  /** `email:<hash>` of an address; without it lists with addresses are refused. */
  readonly pseudonym: ((tenant: string, email: string) => string) | null
}

/** What marketing says of its campaigns: each becomes an event, so that the calendar of any day can be read. */
export const campaignWriteRoutes: FastifyPluginAsyncZod<CampaignWriteOptions> = async (app, { store, reader, writer, pseudonym }) => {
  const known = <T>(
    request: FastifyRequest,
    after: string | undefined,
    use: (campaigns: readonly Campaign[], context: AnswerContext) => T | Promise<T>,
  ): Promise<T> => {
    const { tenant, member } = callerOf(request)
    return reader.read(tenant, { after }, async context => {
      if (member !== null) {
        const own = (await readMembers(store, context)).find(({ member_id }) => member_id === member)
        // of whom nothing is known here the door says whether the credential is enough
        if (own !== undefined && !EDITORS.includes(own.function))
          throw new HttpProblem(problem(403, 'Not permitted', 'members of marketing, operations or executive change campaigns'))
      }
      return use(await readCampaigns(store, context), context)
    })
  }
  const one = (campaigns: readonly Campaign[], name: string): Campaign => {
    const found = campaigns.find(({ campaign }) => campaign === name)
    if (found === undefined) throw notFound('there is no such campaign')
    return found
  }
  const schema = { tags: ['campaigns'], querystring: queryOf({ after: timeParameters.after }), response: writtenResponses }
  const onRequest = requireScope('read', 'ingest')

  app.post('/v1/campaigns', { onRequest, schema: { ...schema, summary: 'Plans a campaign', body: Create } }, async (request, reply) => {
    const { event_id, campaign, ...plan } = request.body
    await known(request, request.query.after, campaigns => {
      const before = campaigns.find(each => each.campaign === campaign)
      if (before !== undefined && before.state !== 'cancelled') throw conflict(`there is a campaign ${campaign}: change it`)
      assertInOrder({ starts_on: null, ends_on: null }, plan)
    })
    const { cleared: _nothing, ...data } = changeOf(plan)
    return reply.code(202).send(await writer.write(request, [{ type: 'campaign-planned', event_id, data: { campaign, ...data } }]))
  })

  app.patch(
    '/v1/campaigns/:id',
    {
      onRequest,
      schema: { ...schema, summary: 'Changes what is named; null or an empty text takes it away', params: Params, body: Change },
    },
    async (request, reply) => {
      const { event_id, ...plan } = request.body
      const data = changeOf(plan)
      if (Object.keys(data).length === 0) throw refused('expected something to change', 'body')
      await known(request, request.query.after, campaigns => assertInOrder(one(campaigns, request.params.id), plan))
      return reply
        .code(202)
        .send(await writer.write(request, [{ type: 'campaign-changed', event_id, data: { campaign: request.params.id, ...data } }]))
    },
  )

  app.post(
    '/v1/campaigns/:id/cancel',
    { onRequest, schema: { ...schema, summary: 'Calls a campaign off; planning it again takes that back', params: Params, body: Cancel } },
    async (request, reply) => {
      const { event_id, ...data } = request.body
      await known(request, request.query.after, campaigns => {
        if (one(campaigns, request.params.id).state === 'cancelled') throw conflict('it is cancelled')
      })
      return reply
        .code(202)
        .send(await writer.write(request, [{ type: 'campaign-cancelled', event_id, data: { campaign: request.params.id, ...data } }]))
    },
  )

  app.post(
    '/v1/campaigns/:id/aliases',
    {
      onRequest,
      schema: {
        ...schema,
        summary: 'Ties a name in another system to the campaign, or unties it: touches and costs under it count for it',
        params: Params,
        body: Alias,
      },
    },
    async (request, reply) => {
      const { event_id, remove, ...alias } = request.body
      const campaign = request.params.id
      await known(request, request.query.after, campaigns => {
        const own = one(campaigns, campaign).aliases.some(each => each.system === alias.system && each.alias === alias.alias)
        if (own !== remove) throw conflict(remove ? 'the campaign has no such name' : 'the campaign has that name')
        const other = campaigns.find(each => each.aliases.some(name => name.system === alias.system && name.alias === alias.alias))
        if (!remove && other !== undefined)
          throw conflict(`${alias.alias} (${alias.system}) is a name of ${other.campaign}: untie it there first`)
      })
      const type = remove ? 'campaign-alias-removed' : 'campaign-alias-added'
      return reply.code(202).send(await writer.write(request, [{ type, event_id, data: { campaign, ...alias } }]))
    },
  )

  app.post(
    '/v1/campaigns/:id/audience',
    {
      onRequest,
      bodyLimit: 20 * 1024 * 1024,
      schema: {
        ...schema,
        summary: 'Puts a list of people or accounts on the campaign, or shows first whom it would match',
        description:
          'Rows are known by person, account, domain or email, the first that is given. Addresses are looked for by their pseudonym and never kept here. preview: true writes nothing.',
        params: Params,
        body: Audience,
        response: { ...writtenResponses, 200: Matched },
      },
    },
    async (request, reply) => {
      const { rows, list, preview, remove, event_id: base } = request.body
      const campaign = request.params.id
      const { tenant } = callerOf(request)
      const { subjects, ...matched } = await known(request, request.query.after, (campaigns, context) => {
        one(campaigns, campaign)
        return matchAudience({ store, pseudonym: pseudonym === null ? null : email => pseudonym(tenant, email) }, context, campaign, rows)
      })
      if (preview) return reply.code(200).send({ ...matched, list })
      if (subjects.length === 0) throw refused('nobody of it is known here', 'rows')
      const type = remove ? 'campaign-audience-removed' : 'campaign-audience-added'
      const parts = Array.from({ length: Math.ceil(subjects.length / MOST_SUBJECTS) }, (_, part) =>
        subjects.slice(part * MOST_SUBJECTS, (part + 1) * MOST_SUBJECTS),
      )
      const events = parts.map(
        (part, index): SaidEvent => ({
          type,
          event_id: base === undefined ? undefined : `${base}:${index}`,
          data: { campaign, list, subjects: part },
        }),
      )
      return reply.code(202).send(await writer.write(request, events))
    },
  )
}

/** An event is at most 64 KiB. */
const MOST_SUBJECTS = 500
