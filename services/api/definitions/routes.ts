import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { documentDiff } from '../../domain/definitions/diff.ts'
import { documentKindOf, documentKinds } from '../../domain/definitions/documents.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext, AnswerReader } from '../as-of.ts'
import { listSchema, pageOf, pageParameters } from '../list.ts'
import { listOf, queryOf, severalOf, timeParameters } from '../parameters.ts'
import { badParameter, notFound } from '../problems.ts'
import { STATUSES, Version, versionRows } from './row.ts'

type DefinitionRoutesOptions = { readonly reader: AnswerReader }

const KINDS = documentKinds.map(({ kind }) => kind)
const kindParameter = z.string().refine(kind => KINDS.includes(kind), { error: `expected one of ${KINDS.join(', ')}` })

const ListQuery = queryOf({
  kind: z
    .union([kindParameter, z.array(kindParameter)])
    .optional()
    .describe('Kinds of documents; may be repeated'),
  status: severalOf(STATUSES),
  id: z.string().max(64).optional(),
  ...pageParameters,
  ...timeParameters,
})
const TimeQuery = queryOf(timeParameters)
const Id = z.object({ id: z.string().min(1).max(64) })
const version = z.coerce.number().int().min(1)
const DiffQuery = queryOf({
  from: version.optional().describe('Version before; default: the one that `to` follows'),
  to: version.optional().describe('Version after; default: the newest'),
  ...timeParameters,
})

const Definition = z
  .object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    in_force: z.string().nullable(),
    versions: z.array(Version),
    flags: z.array(z.string()),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'Definition', description: 'A document with all its versions, the newest first' })
const Diff = z
  .object({
    id: z.string(),
    from: z.int(),
    to: z.int(),
    words: z.array(z.string()).describe('Each change as a sentence'),
    changes: z.array(z.object({ path: z.string(), words: z.string(), before: z.unknown(), after: z.unknown() })),
    as_of: z.string(),
    watermark: z.string(),
  })
  .meta({ id: 'DefinitionDiff', description: 'What changes from one version to another, in words' })
const Kind = z.object({
  kind: z.string(),
  title: z.string(),
  many: z.boolean().describe('Several at a time, each with an id of its own'),
  shipped: z.array(z.string()),
})

/** Versions of one id, the newest first; 404 where nothing was ever known by it. */
const versionsOf = ({ definitions, asOf }: AnswerContext, id: string): readonly [Version, ...Version[]] => {
  const [newest, ...older] = versionRows(definitions.history, asOf).filter(row => row.id === id)
  if (newest === undefined) throw notFound(`there is no definition ${id}`)
  return [newest, ...older]
}

const IN_FORCE: ReadonlySet<string> = new Set(['in-force', 'shipped'])

/** What both functions agreed on, who said what of it and when, and what changes from one version to the next. */
export const definitionRoutes: FastifyPluginAsyncZod<DefinitionRoutesOptions> = async (app, { reader }) => {
  app.get(
    '/v1/definitions',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['definitions'],
        summary: 'Documents in force, proposals and history, with who and when',
        querystring: ListQuery,
        response: { 200: listSchema(Version, 'Definitions') },
      },
    },
    async request => {
      const { query } = request
      const [kinds, statuses] = [listOf(query.kind), listOf(query.status)]
      return reader.read(callerOf(request).tenant, query, async context => {
        const rows = versionRows(context.definitions.history, context.asOf).filter(
          row =>
            (kinds.length === 0 || kinds.includes(row.kind)) &&
            (statuses.length === 0 || statuses.includes(row.status)) &&
            (query.id === undefined || query.id === row.id),
        )
        return pageOf(rows, query, context)
      })
    },
  )

  app.get(
    '/v1/definitions/schemas',
    {
      onRequest: requireScope('read'),
      schema: { tags: ['definitions'], summary: 'Kinds of documents', response: { 200: z.object({ rows: z.array(Kind) }) } },
    },
    async () => ({
      rows: documentKinds.map(({ kind, title, cardinality, shipped }) => ({
        kind,
        title,
        many: cardinality === 'many',
        shipped: shipped.map(({ id }) => id),
      })),
    }),
  )

  app.get(
    '/v1/definitions/schemas/:kind',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['definitions'],
        summary: 'JSON Schema of a kind of document',
        params: z.object({ kind: z.string().max(64) }),
        response: { 200: z.record(z.string(), z.unknown()), 404: Problem },
      },
    },
    async request => {
      const kind = documentKindOf(request.params.kind)
      if (kind === null) throw notFound(`there is no kind ${request.params.kind}: there are ${KINDS.join(', ')}`)
      return { title: kind.title, ...z.toJSONSchema(kind.schema, { io: 'input' }) }
    },
  )

  app.get(
    '/v1/definitions/:id',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['definitions'],
        summary: 'One document with all its versions',
        params: Id,
        querystring: TimeQuery,
        response: { 200: Definition, 404: Problem },
      },
    },
    async request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const versions = versionsOf(context, request.params.id)
        const [{ id, kind, title }] = versions
        const inForce = versions.find(({ status }) => IN_FORCE.has(status))
        return {
          id,
          kind,
          title,
          in_force: inForce?.name ?? null,
          versions: [...versions],
          flags: [...context.flags],
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )

  app.get(
    '/v1/definitions/:id/diff',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['definitions'],
        summary: 'What changes from one version to another, in words',
        params: Id,
        querystring: DiffQuery,
        response: { 200: Diff, 404: Problem },
      },
    },
    async request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const versions = versionsOf(context, request.params.id)
        // a company's own version goes before the shipped one of the same number
        const named = (number: number, parameter: string): Version => {
          const found = versions.find(row => row.version === number)
          if (found === undefined)
            throw badParameter(parameter, `there is no version ${number}: there are ${versions.map(row => row.version).join(', ')}`)
          return found
        }
        const to = request.query.to === undefined ? versions[0] : named(request.query.to, 'to')
        const from = request.query.from === undefined ? before(versions, to) : named(request.query.from, 'from')
        const kind = documentKindOf(to.kind)
        if (kind === null) throw notFound(`there is no kind ${to.kind}`)
        const changes = documentDiff(kind, kind.schema.parse(from.document), kind.schema.parse(to.document))
        return {
          id: to.id,
          from: from.version,
          to: to.version,
          words: changes.map(({ words }) => words),
          changes: changes.map(({ path, words, before: was, after }) => ({ path, words, before: was, after })),
          as_of: instantOf(context.asOf),
          watermark: instantOf(context.watermark),
        }
      }),
  )
}

/** The version that another was made from; else the one in force; else the next older one; itself where it is the only one. */
const before = (versions: readonly [Version, ...Version[]], to: Version): Version => {
  const older = versions.slice(versions.indexOf(to) + 1)
  return older.find(({ version: number }) => number === to.based_on) ?? older.find(({ status }) => IN_FORCE.has(status)) ?? older[0] ?? to
}
