import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import type { KeyRecord } from '../../access/state.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, Problem, problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import { fitsFilters } from '../list.ts'
import { filterParameter, filtersOf, queryOf, severalOf } from '../parameters.ts'
import { badParameter, notFound } from '../problems.ts'
import type { Operator } from './operator.ts'

const STATES = ['active', 'expired', 'revoked'] as const

const Key = z
  .object({
    key_id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    member: z.string().nullable().describe('Whom the key acts for; null: a producer'),
    state: z.enum(STATES),
    created_at: z.string(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: 'Key', description: 'What is known of an API key; the key itself is nowhere' })

const Created = Key.extend({ key: z.string().describe('Shown here and never again') }).meta({ id: 'CreatedKey' })

const Create = z.strictObject({
  name: z.string().trim().min(1).max(64).describe('Becomes the source of what the key sends'),
  scopes: z
    .array(z.enum(['ingest', 'read', 'admin']))
    .min(1)
    .describe('A key that fills history in is made on the command line (accord keys create), because it stops projecting'),
  member: z.string().min(1).max(128).optional(),
  expires_on: z.iso.date().optional().describe('The first day on which it opens nothing any more, UTC'),
})
const Revoke = z.strictObject({ reason: z.string().trim().max(500).default('') })

/** API keys of the caller's tenant: made, listed, revoked. `now`: milliseconds since the epoch. */
export const keyRoutes: FastifyPluginAsyncZod<{ readonly operator: Operator; readonly now: () => number }> = async (
  app,
  { operator, now },
) => {
  const { access } = operator
  const onRequest = requireScope('admin')
  const tags = ['operations']
  const rowOf = ({ keyId, name, scopes, memberId, createdAtMicros, expiresAtMicros, revoked }: KeyRecord): z.output<typeof Key> => ({
    key_id: keyId,
    name,
    scopes: [...scopes],
    member: memberId,
    state: revoked ? 'revoked' : expiresAtMicros !== null && expiresAtMicros <= now() * 1_000 ? 'expired' : 'active',
    created_at: instantOf(Math.floor(createdAtMicros / 1_000)),
    expires_at: expiresAtMicros === null ? null : instantOf(Math.floor(expiresAtMicros / 1_000)),
  })

  app.get(
    '/v1/keys',
    {
      onRequest,
      schema: {
        tags,
        summary: 'API keys, newest first',
        querystring: queryOf({ state: severalOf(STATES), member: filterParameter }),
        response: { 200: z.object({ rows: z.array(Key), count: z.number() }).meta({ id: 'Keys' }) },
      },
    },
    async request => {
      const asked = filtersOf(request.query, ['state', 'member'])
      const rows = access
        .keys(callerOf(request).tenant)
        .toSorted((a, b) => b.createdAtMicros - a.createdAtMicros || (a.keyId < b.keyId ? -1 : 1))
        .map(rowOf)
        .filter(row => fitsFilters(row, asked))
      return { rows, count: rows.length }
    },
  )

  app.post(
    '/v1/keys',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Makes a key: the one time that it can be read',
        body: Create,
        response: { 201: Created, 400: Problem, 422: Problem },
      },
    },
    async (request, reply) => {
      const { tenant, actor } = callerOf(request)
      const { name, scopes, member = null, expires_on: day } = request.body
      const expiresAtMs = day === undefined ? null : Date.parse(`${day}T00:00:00Z`)
      if (expiresAtMs !== null && expiresAtMs <= now()) throw badParameter('expires_on', 'expected a day to come')
      if (member !== null && access.member(tenant, member)?.active !== true)
        throw badParameter('member', `there is no active member ${member}`)
      const created = await access.createKey({ tenant, name, scopes: [...new Set(scopes)], member, expiresAtMs, actor })
      if (!created.ok) throw new HttpProblem(problem(422, 'Not accepted', created.error.message))
      const { keyId, text } = created.value
      const known = access.keys(tenant).find(key => key.keyId === keyId)
      if (known === undefined) throw new Error('a key that was made is not known')
      // no cache and no history keeps it
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...rowOf(known), key: text })
    },
  )

  app.post(
    '/v1/keys/:id/revoke',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Takes a key away, for ever: it opens nothing on any instance within a second',
        params: z.object({ id: z.string().min(1).max(128) }),
        body: Revoke,
        response: { 200: Key, 404: Problem },
      },
    },
    async request => {
      const { tenant, actor } = callerOf(request)
      const { id } = request.params
      if (!access.keys(tenant).some(key => key.keyId === id)) throw notFound('there is no such key')
      const revoked = await access.revokeKey(tenant, id, request.body.reason, actor)
      if (!revoked.ok) throw new HttpProblem(problem(422, 'Not accepted', revoked.error.message))
      const known = access.keys(tenant).find(key => key.keyId === id)
      if (known === undefined) throw notFound('there is no such key')
      return rowOf(known)
    },
  )
}
