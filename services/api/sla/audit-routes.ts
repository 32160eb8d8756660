import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, Problem, problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { queryOf, timeParameters } from '../parameters.ts'
import { badParameter, conflict, notFound } from '../problems.ts'
import { readBackfill } from '../settings.ts'
import { agreedDocument, readSigned, type SignedDocument, sha256Of } from '../signed/signed.ts'
import { type Writer, writtenResponses } from '../write.ts'
import { auditChanges } from './audit-changes.ts'
import { Audit, auditIdOf, computeAudit, monthOf } from './audit.ts'
import { clocksIn } from './book.ts'
import type { SlaRouteOptions } from './routes.ts'

const Params = z.object({ month: z.string().max(16).describe('A calendar month: 2026-10') })
const Query = queryOf({
  fresh: z.enum(['true', 'false']).default('false').describe('Computed as of as_of, whatever is signed'),
  ...timeParameters,
})
const SignatureRow = z.object({ function: z.string(), member: z.string(), on_behalf_of: z.string(), signed_at: z.string() })

const AuditAnswer = z
  .object({
    state: z
      .enum(['open', 'proposed', 'signed'])
      .describe('open: computed; proposed: one function has signed these bytes; signed: both have'),
    sha256: z.string().describe('Of the canonical bytes, which GET …/document gives'),
    signatures: z.array(SignatureRow),
    audit: Audit,
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'SlaAuditAnswer', description: 'The audit of a month: as signed, once it is' })

const said = z.union([z.string(), z.number()]).nullable()
const Changes = z
  .object({
    signed_as_of: z.string(),
    rows: z.array(z.object({ section: z.string(), what: z.string(), signed: said, now: said })),
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'SlaAuditChanges', description: 'What is otherwise now than when it was signed' })

const SignOff = z.strictObject({
  as_of: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Knowledge time of the audit; default: of the version that is proposed, else now'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
    .optional()
    .describe('What the signer has seen: refused where the bytes are others'),
  on_behalf_of: z.string().max(128).optional().describe('The approver whose delegate signs'),
})

const Excuse = z.strictObject({
  decision: z.enum(['proposed', 'granted', 'refused']),
  reason: z.string().trim().min(1).max(1_000).describe('Why, so that the other function can judge it'),
})

type Opened = {
  readonly state: 'open' | 'proposed' | 'signed'
  readonly document: string
  readonly sha256: string
  readonly signed: SignedDocument | null
}

/** The audit of each month: computed, signed by one of each function, opened again as it was; and excuses of single clocks. */
export const slaAuditRoutes: FastifyPluginAsyncZod<SlaRouteOptions & { readonly writer: Writer }> = async (
  app,
  { store, reader, books, writer },
) => {
  const compute = async (context: AnswerContext, month: string): Promise<Audit> =>
    computeAudit(store, context, await books.of(context), month)

  /** As signed, else as the one function signed it that did, else as computed. */
  const open = async (context: AnswerContext, month: string, fresh: boolean): Promise<Opened> => {
    monthOf(month, context)
    const versions = fresh ? [] : await readSigned(store, context.sources, { type: 'audit-signed', id: auditIdOf(month) })
    const signed = agreedDocument(versions) ?? versions.at(-1) ?? null
    if (signed !== null) return { state: signed.complete ? 'signed' : 'proposed', document: signed.document, sha256: signed.sha256, signed }
    const document = canonicalJson(await compute(context, month))
    return { state: 'open', document, sha256: sha256Of(document), signed: null }
  }
  const opened = <T>(
    request: FastifyRequest<{ Params: z.output<typeof Params>; Querystring: z.output<typeof Query> }>,
    use: (audit: Opened, context: AnswerContext) => T | Promise<T>,
  ): Promise<T> =>
    reader.read(callerOf(request).tenant, request.query, async context =>
      use(await open(context, request.params.month, request.query.fresh === 'true'), context),
    )

  app.get(
    '/v1/sla/audit/:month',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'The two-sided audit of a month: leads, MQLs and conversion against plan, attainment, breaches, every clock',
        params: Params,
        querystring: Query,
        response: { 200: AuditAnswer, 400: Problem },
      },
    },
    request =>
      opened(request, ({ state, document, sha256, signed }, context) => ({
        state,
        sha256,
        signatures: (signed?.signatures ?? []).map(signature => ({
          function: signature.function,
          member: signature.member,
          on_behalf_of: signature.onBehalfOf,
          signed_at: instantOf(signature.signedAt),
        })),
        audit: Audit.parse(JSON.parse(document)),
        flags: [...context.flags, ...(monthOf(request.params.month, context).toMs > context.observedTo ? ['month_running'] : [])],
        as_of: instantOf(context.asOf),
        watermark: instantOf(context.watermark),
      })),
  )

  app.get(
    '/v1/sla/audit/:month/document',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'The canonical bytes of the audit, whose digest is signed',
        params: Params,
        querystring: Query,
        response: { 200: z.string(), 400: Problem },
        produces: ['application/json'],
      },
    },
    async (request, reply) => {
      const { document, sha256 } = await opened(request, audit => audit)
      reply
        .type('application/json')
        .header('etag', `"${sha256}"`)
        .serializer((text: string) => text)
      return document
    },
  )

  app.get(
    '/v1/sla/audit/:month/changes',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['sla'],
        summary: 'What has changed since the audit was signed: figures by name, clocks by state',
        params: Params,
        querystring: queryOf(timeParameters),
        response: { 200: Changes, 400: Problem, 409: Problem },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { month } = request.params
        const { state, document } = await open(context, month, false)
        if (state === 'open') throw conflict(`nobody has signed the audit of ${month}: there is nothing to compare with`)
        const signed = Audit.parse(JSON.parse(document))
        return {
          signed_as_of: signed.as_of,
          rows: [...auditChanges(signed, await compute(context, month))],
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )

  app.post(
    '/v1/sla/audit/:month/sign-off',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['sla'],
        summary: 'Signs the audit for the function of the caller: the version that is proposed, or a new one as of as_of',
        params: Params,
        querystring: queryOf({ after: timeParameters.after }),
        body: SignOff,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { month } = request.params
      const { as_of, sha256: seen, on_behalf_of } = request.body
      const { tenant, member } = callerOf(request)
      if (member === null) throw new HttpProblem(problem(403, 'Not permitted', 'members sign: the credential is bound to none'))
      const proposed = await reader.read(tenant, request.query, async context => (await open(context, month, false)).signed)
      if (proposed?.complete === true) throw conflict(`the audit of ${month} is signed by both functions: it stays as it is`)
      const at = as_of ?? (proposed === null ? undefined : instantOf(proposed.asOf))
      const audit = await reader.read(tenant, { ...request.query, as_of: at }, async context => {
        const { asOf, observedTo } = context
        if (asOf > observedTo) throw badParameter('as_of', `expected an instant up to ${instantOf(observedTo)}`)
        const { toMs } = monthOf(month, context)
        if (asOf < toMs) throw conflict(`${month} is not over at ${instantOf(asOf)}: sign as of ${instantOf(toMs)} or later`)
        const { liveFrom } = await readBackfill(store, tenant, observedTo)
        if (liveFrom !== null && asOf < liveFrom)
          throw conflict(`what was known at ${instantOf(asOf)} is reconstructed: sign as of ${instantOf(liveFrom)} or later`)
        if (proposed !== null && proposed.asOf === asOf) return { document: proposed.document, sha256: proposed.sha256, asOf }
        const { document, sha256 } = await open(context, month, true)
        return { document, sha256, asOf }
      })
      if (seen !== undefined && seen !== audit.sha256)
        throw conflict(`the audit as of ${instantOf(audit.asOf)} has the digest ${audit.sha256}: look at it again before you sign`)
      const content = Audit.parse(JSON.parse(audit.document))
      const written = await writer.write(request, [
        {
          type: 'audit-signed',
          event_id: `${auditIdOf(month)}:${audit.sha256.slice(0, 32)}:${member}`.slice(0, 128),
          data: {
            audit_id: auditIdOf(month),
            period: month,
            as_of: instantOf(audit.asOf),
            sha256: audit.sha256,
            // an earlier signature of the same bytes carries them
            document: audit.sha256 === proposed?.sha256 ? '' : audit.document,
            previous_sha256: content.previous_sha256,
            definitions: Object.fromEntries(
              content.definitions.map(name => [name.slice(0, name.indexOf('@')), name.slice(name.indexOf('@') + 1)]),
            ),
            ...(on_behalf_of === undefined ? {} : { on_behalf_of }),
          },
        },
      ])
      return reply.code(202).send(written)
    },
  )

  app.post(
    '/v1/sla/clocks/:id/excuse',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['sla'],
        summary: 'Proposes that a breach is excused, or grants or refuses what the other function proposed',
        params: z.object({ id: z.string().min(1).max(300) }),
        querystring: queryOf({ after: timeParameters.after }),
        body: Excuse,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { tenant, member } = callerOf(request)
      if (member === null) throw new HttpProblem(problem(403, 'Not permitted', 'members excuse: the credential is bound to none'))
      const clock = await reader.read(tenant, request.query, async context => {
        const book = await books.of(context)
        const found = clocksIn(book).find(each => each.id === id)
        if (found === undefined) throw notFound(`there is no clock ${id}`)
        const of = book.records.excuses.filter(excuse => excuse.clock_id === id)
        const own = book.under.members.get(member)?.at(-1)?.function
        if (
          request.body.decision !== 'proposed' &&
          !of.some(excuse => excuse.decision === 'proposed' && excuse.function !== own && excuse.member_id !== member)
        )
          throw conflict('nobody of the other function has proposed to excuse it')
        return found
      })
      const written = await writer.write(request, [
        {
          type: 'sla-clock-excused',
          data: {
            clock_id: id,
            policy: clock.policy,
            handoff: clock.handoff,
            step: clock.step,
            person_id: clock.person.replace(/^person:/, ''),
            lead_id: clock.lead,
            deal_id: clock.deal,
            ...request.body,
          },
        },
      ])
      return reply.code(202).send(written)
    },
  )
}
