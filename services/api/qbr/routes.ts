import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, Problem, problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { queryOf, timeParameters } from '../parameters.ts'
import { badParameter, conflict } from '../problems.ts'
import { readBackfill } from '../settings.ts'
import { type Writer, writtenResponses } from '../write.ts'
import { askAsOf } from './ask.ts'
import { changesSince } from './changes.ts'
import { NOTE_KINDS } from './notes.ts'
import { Pack, reviewIdOf } from './pack.ts'
import { PARTS } from './parts.ts'
import { reviewSlides } from './slides.ts'
import { computePack, type HeldPacks, openReview, packPeriodOf, previousSha256, type Review, signedReview } from './review.ts'

const Params = z.object({ quarter: z.string().max(16).describe('A fiscal quarter: 2026-Q3') })
const Query = queryOf({
  fresh: z.enum(['true', 'false']).default('false').describe('Computed as of as_of, whatever is signed'),
  ...timeParameters,
})
const WriteQuery = queryOf({ after: timeParameters.after })

const SignatureRow = z.object({ function: z.string(), member: z.string(), on_behalf_of: z.string(), signed_at: z.string() })

const ReviewAnswer = z
  .object({
    state: z
      .enum(['open', 'proposed', 'signed'])
      .describe('open: computed; proposed: one function has signed these bytes; signed: both have'),
    sha256: z.string().describe('Of the canonical bytes, which GET …/document gives'),
    signatures: z.array(SignatureRow),
    pack: Pack,
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'Review', description: 'The quarterly review' })

const Changes = z
  .object({
    signed_as_of: z.string(),
    rows: z.array(
      z.object({
        part: z.string(),
        figure: z.string(),
        metric: z.string(),
        dimensions: z.record(z.string(), z.union([z.string(), z.number()])),
        unit: z.string(),
        signed: z.number().nullable(),
        now: z.number().nullable(),
      }),
    ),
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'ReviewChanges', description: 'What is otherwise now than when it was signed' })

const PLACES = [...PARTS.map(({ part }) => part), 'asks'] as const
const Note = z.strictObject({
  place: z.enum(PLACES, { error: () => `expected one of ${PLACES.join(', ')}` }),
  kind: z.enum(NOTE_KINDS, { error: () => `expected one of ${NOTE_KINDS.join(', ')}` }),
  text: z.string().max(4_000).describe('Empty: as computed'),
})
const SignOff = z.strictObject({
  as_of: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Knowledge time of the pack; default: of the version that is proposed, else now'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
    .optional()
    .describe('What the signer has seen: refused where the bytes are others'),
  on_behalf_of: z.string().max(128).optional().describe('The approver whose delegate signs'),
})

export type ReviewRouteOptions = FigureRouteOptions & { readonly writer: Writer }

const SLIDES = 'application/vnd.openxmlformats-officedocument.presentationml.presentation'

/** The quarterly review: computed, commented, signed by one of each function, and opened again as it was. */
export const reviewRoutes: FastifyPluginAsyncZod<ReviewRouteOptions> = async (app, { store, reader, writer }) => {
  const held: HeldPacks = new Map()
  const opened = <T>(
    request: FastifyRequest<{ Params: z.output<typeof Params>; Querystring: z.output<typeof Query> }>,
    use: (review: Review, context: AnswerContext) => T | Promise<T>,
  ): Promise<T> =>
    reader.read(callerOf(request).tenant, request.query, async context => {
      const { quarter } = request.params
      packPeriodOf(quarter, context)
      const ask = askAsOf(app, request, instantOf(context.observedTo))
      return use(
        await openReview(store, context, {
          ask,
          quarter,
          fresh: request.query.fresh === 'true',
          exact: request.query.as_of !== undefined,
          held,
        }),
        context,
      )
    })

  app.get(
    '/v1/qbr/:quarter',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'The quarterly review: part by part, each with its figures and one sentence; as signed, once it is',
        params: Params,
        querystring: Query,
        response: { 200: ReviewAnswer, 400: Problem },
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
        pack: Pack.parse(JSON.parse(document)),
        flags: [...context.flags],
        as_of: instantOf(context.asOf),
        watermark: instantOf(context.watermark),
      })),
  )

  app.get(
    '/v1/qbr/:quarter/document',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'The canonical bytes of the review, whose digest is signed',
        params: Params,
        querystring: Query,
        response: { 200: z.string(), 400: Problem },
        produces: ['application/json'],
      },
    },
    async (request, reply) => {
      const { document, sha256 } = await opened(request, review => review)
      reply
        .type('application/json')
        .header('etag', `"${sha256}"`)
        .serializer((text: string) => text)
      return document
    },
  )

  app.get(
    '/v1/qbr/:quarter/slides',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'The review as slides, with charts that can be edited and notes that say what they rest on',
        params: Params,
        querystring: Query,
        response: { 200: z.unknown().describe('A PowerPoint file'), 400: Problem },
        produces: [SLIDES],
      },
    },
    async (request, reply) => {
      const { document } = await opened(request, review => review)
      const { quarter } = request.params
      reply.type(SLIDES).header('content-disposition', `attachment; filename="review-${quarter}.pptx"`)
      return reviewSlides(Pack.parse(JSON.parse(document)))
    },
  )

  app.get(
    '/v1/qbr/:quarter/changes',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reviews'],
        summary: 'What has changed since the review was signed, figure by figure',
        params: Params,
        querystring: queryOf(timeParameters),
        response: { 200: Changes, 400: Problem, 409: Problem },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const { quarter } = request.params
        packPeriodOf(quarter, context)
        const ask = askAsOf(app, request, instantOf(context.observedTo))
        const { state, document } = await openReview(store, context, { ask, quarter, fresh: false, exact: false, held })
        if (state === 'open') throw conflict(`nobody has signed the review of ${quarter}: there is nothing to compare with`)
        const signed = Pack.parse(JSON.parse(document))
        return {
          signed_as_of: signed.as_of,
          rows: [...changesSince(signed, await computePack(store, context, { ask, quarter }))],
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )

  app.post(
    '/v1/qbr/:quarter/notes',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['reviews'],
        summary: 'Writes a takeaway, a comment or an ask into the review',
        params: Params,
        querystring: WriteQuery,
        body: Note,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { quarter } = request.params
      await reader.read(callerOf(request).tenant, request.query, async context => packPeriodOf(quarter, context))
      const written = await writer.write(request, [{ type: 'review-noted', data: { review_id: reviewIdOf(quarter), ...request.body } }])
      return reply.code(202).send(written)
    },
  )

  app.post(
    '/v1/qbr/:quarter/sign-off',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['reviews'],
        summary: 'Signs the review for the function of the caller: the version that is proposed, or a new one as of as_of',
        params: Params,
        querystring: WriteQuery,
        body: SignOff,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { quarter } = request.params
      const { as_of, sha256: seen, on_behalf_of } = request.body
      const caller = callerOf(request)
      if (caller.member === null) throw new HttpProblem(problem(403, 'Not permitted', 'members sign: the credential is bound to none'))
      const proposed = await reader.read(caller.tenant, request.query, async context => {
        packPeriodOf(quarter, context)
        return signedReview(store, context, quarter)
      })
      if (proposed?.complete === true) throw conflict(`the review of ${quarter} is signed by both functions: it stays as it is`)
      const at = as_of ?? (proposed === null ? undefined : instantOf(proposed.asOf))
      const review = await reader.read(caller.tenant, { ...request.query, as_of: at }, async context => {
        if (context.asOf > context.observedTo) throw badParameter('as_of', `expected an instant up to ${instantOf(context.observedTo)}`)
        const { liveFrom } = await readBackfill(store, caller.tenant, context.observedTo)
        if (liveFrom !== null && context.asOf < liveFrom)
          throw conflict(`what was known at ${instantOf(context.asOf)} is reconstructed: sign as of ${instantOf(liveFrom)} or later`)
        if (proposed !== null && proposed.asOf === context.asOf)
          return { document: proposed.document, sha256: proposed.sha256, asOf: context.asOf, previous: proposed.previousSha256 }
        const ask = askAsOf(app, request, instantOf(context.observedTo))
        const { document, sha256 } = await openReview(store, context, { ask, quarter, fresh: true, exact: true, held })
        return { document, sha256, asOf: context.asOf, previous: await previousSha256(store, context, quarter) }
      })
      if (seen !== undefined && seen !== review.sha256)
        throw conflict(`the review as of ${instantOf(review.asOf)} has the digest ${review.sha256}: look at it again before you sign`)
      const written = await writer.write(request, [
        {
          type: 'review-signed',
          event_id: `${reviewIdOf(quarter)}:${review.sha256.slice(0, 32)}:${caller.member}`.slice(0, 128),
          data: {
            review_id: reviewIdOf(quarter),
            period: quarter,
            as_of: instantOf(review.asOf),
            sha256: review.sha256,
            // an earlier signature of the same bytes carries them
            document: review.sha256 === proposed?.sha256 ? '' : review.document,
            previous_sha256: review.previous,
            definitions: Pack.parse(JSON.parse(review.document)).definitions,
            ...(on_behalf_of === undefined ? {} : { on_behalf_of }),
          },
        },
      ])
      return reply.code(202).send(written)
    },
  )
}
