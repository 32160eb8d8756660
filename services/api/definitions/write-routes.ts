import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { documentKindOf, documentKinds, readDocument } from '../../domain/definitions/documents.ts'
import type { DefinitionHistory, DefinitionVersion } from '../../domain/definitions/history.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import type { AnswerReader } from '../as-of.ts'
import { queryOf } from '../parameters.ts'
import { badParameter, conflict, notFound } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'

type WriteRoutesOptions = { readonly reader: AnswerReader; readonly writer: Writer }

const KINDS = documentKinds.map(({ kind }) => kind)
const text = z.string().max(4_000)

const Proposal = z.strictObject({
  kind: z.string().describe(`One of ${KINDS.join(', ')}`),
  document: z
    .record(z.string(), z.unknown())
    .describe('As its JSON Schema says; without a version the next one, without an id that of its kind'),
  title: text.optional(),
  note: text.optional().describe('What changes and why'),
  effective_at: z.iso.datetime({ offset: true }).optional().describe('In force from; default: from the last approval'),
  based_on: z.int().min(1).optional().describe('The version it was made from: refused when another is in force since'),
  event_id: z.string().min(1).max(128).optional().describe('The same for every attempt: a proposal sent twice counts once'),
})

const Decision = z.strictObject({
  version: z.int().min(1).optional().describe('Default: the one open proposal'),
  on_behalf_of: z.string().max(128).optional().describe('The approver who named the caller as a delegate'),
  tie_break: z.boolean().optional().describe('The functions disagree, and a third one decides; needs a reason'),
  reason: text.optional(),
  event_id: z.string().min(1).max(128).optional(),
})

const Query = queryOf({
  after: z.string().optional().describe('Position of an earlier write that this one follows: waits up to 5 s until it shows'),
})

const nextVersion = (history: DefinitionHistory, id: string): number =>
  Math.max(
    0,
    ...history.versions.filter(one => one.id === id).map(({ version }) => version),
    ...documentKinds.flatMap(({ shipped }) => shipped.filter(one => one.id === id).map(({ version }) => version)),
  ) + 1

/** Proposals and what the functions say to them. All is written through the door of events, so that permission and checks are those of `POST /v1/events`. */
export const definitionWriteRoutes: FastifyPluginAsyncZod<WriteRoutesOptions> = async (app, { reader, writer }) => {
  app.post(
    '/v1/definitions',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags: ['definitions'],
        summary: 'Proposes a version of a document; it is in force when an approver of each function has approved it',
        querystring: Query,
        body: Proposal,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { body } = request
      const kind = documentKindOf(body.kind)
      if (kind === null) throw badParameter('kind', `expected one of ${KINDS.join(', ')}`)
      const history = await reader.read(callerOf(request).tenant, request.query, async ({ definitions }) => definitions.history)
      const given = body.document['id'] ?? (kind.cardinality === 'one' ? kind.kind : undefined)
      if (typeof given !== 'string') throw badParameter('document.id', `expected an id: there are many documents of the kind ${kind.kind}`)
      const id = given
      const other = history.versions.find(one => one.id === id && one.kind !== kind.kind)
      if (other !== undefined) throw conflict(`${id} is a document of the kind ${other.kind}`)
      const next = nextVersion(history, id)
      const version = body.document['version'] ?? next
      if (typeof version !== 'number') throw badParameter('document.version', 'expected a number')
      if (history.versions.some(one => one.id === id && one.version === version))
        throw conflict(`there is a version ${version} of ${id}: the next is ${next}`)
      const newer = history.versions.find(
        one => one.id === id && one.decidedAt !== null && one.version > (body.based_on ?? Number.POSITIVE_INFINITY),
      )
      if (newer !== undefined) throw conflict(`it is based on version ${body.based_on}, and version ${newer.version} was agreed since`)
      const document = { ...body.document, id, version }
      const read = readDocument(kind, document, { id, version })
      if (!read.ok) throw wrongDocument(read.problems)
      const said = await writer.write(request, [
        {
          type: 'definition-published',
          event_id: body.event_id,
          data: {
            definition_id: id,
            version,
            kind: kind.kind,
            document: JSON.stringify(document),
            ...(body.title === undefined ? {} : { title: body.title }),
            ...(body.note === undefined ? {} : { note: body.note }),
            ...(body.effective_at === undefined ? {} : { effective_at: body.effective_at }),
            ...(body.based_on === undefined ? {} : { based_on: body.based_on }),
          },
        },
      ])
      return reply.code(202).send({ ...said, name: `${id}@${version}` })
    },
  )

  for (const [verb, type, summary] of [
    ['approve', 'definition-approved', 'Approves a proposal for the function of the caller, or breaks a tie'],
    ['refuse', 'definition-refused', 'Refuses a proposal for the function of the caller'],
  ] as const)
    app.post(
      `/v1/definitions/:id/${verb}`,
      {
        onRequest: requireScope('read', 'ingest'),
        schema: {
          tags: ['definitions'],
          summary,
          params: z.object({ id: z.string().min(1).max(64) }),
          querystring: Query,
          body: Decision.nullish(),
          response: writtenResponses,
        },
      },
      async (request, reply) => {
        const { params } = request
        const body: z.infer<typeof Decision> = request.body ?? {}
        const caller = callerOf(request)
        const history = await reader.read(caller.tenant, request.query, async ({ definitions }) => definitions.history)
        const { version, proposed } = openVersion(history, params.id, body.version)
        if (body.tie_break === true && (body.reason ?? '').trim() === '')
          throw badParameter('reason', 'expected the reason of the tie-break')
        if (verb === 'refuse' && (body.reason ?? '').trim() === '') throw badParameter('reason', 'expected why it is refused')
        const own = proposed.by !== '' && (caller.member === proposed.by || body.on_behalf_of === proposed.by)
        if (verb === 'approve' && own)
          throw conflict('nobody approves their own proposal, nor has it approved in their name: another approver has to')
        const { version: _asked, event_id, ...said } = body
        const written = await writer.write(request, [{ type, event_id, data: { definition_id: params.id, version, ...said } }])
        return reply.code(202).send({ ...written, name: `${params.id}@${version}` })
      },
    )
}

/** The version that is decided on: the one named, else the only one that is open. */
const openVersion = (history: DefinitionHistory, id: string, asked: number | undefined): DefinitionVersion => {
  const versions = history.versions.filter(one => one.id === id)
  if (versions.length === 0) throw notFound(`nothing that shows yet was proposed for ${id}: after a write give its position as after=`)
  const open = versions.filter(({ decidedAt }) => decidedAt === null)
  if (asked !== undefined) {
    const found = versions.find(({ version }) => version === asked)
    if (found === undefined) throw notFound(`there is no version ${asked} of ${id}`)
    if (found.decidedAt !== null) throw conflict(`version ${asked} was agreed already: a change is a new version`)
    return found
  }
  const [only] = open
  if (only === undefined) throw conflict(`no proposal for ${id} is open`)
  if (open.length > 1) throw badParameter('version', `expected one of the open versions ${open.map(({ version }) => version).join(', ')}`)
  return only
}

const wrongDocument = (problems: readonly { readonly path: string; readonly message: string }[]): HttpProblem => {
  const errors = problems.map(({ path, message }) => ({ path: path === '' ? 'document' : `document.${path}`, message }))
  return new HttpProblem(problem(422, 'Not accepted', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors }))
}
