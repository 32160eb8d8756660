import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { uuidv7 } from 'uuidv7'
import { z } from 'zod'
import type { Caller } from '../../access/caller.ts'
import { byBytes } from '../../domain/bytes.ts'
import { saidOfRecords } from '../../domain/figures/records.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, problem } from '../../http/problem.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerContext, AnswerReader } from '../as-of.ts'
import { fitsFilters, listSchema, pageOf, pageParameters } from '../list.ts'
import { filterParameter, filtersOf, queryOf, timeParameters } from '../parameters.ts'
import { notFound } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'

const View = z
  .object({
    view_id: z.string(),
    name: z.string(),
    page: z.string(),
    query: z.string(),
    shared: z.boolean(),
    member_id: z.string().describe('Who saved it; empty: a key without a member'),
    mine: z.boolean().describe('The caller may change it and take it away'),
    saved_at: z.string(),
  })
  .meta({ id: 'View', description: 'A page in a state that somebody gave a name' })
type View = z.output<typeof View>

const Save = z.strictObject({
  view_id: z
    .string()
    .regex(/^[!-~]{1,64}$/, 'expected up to 64 printable characters')
    .optional()
    .describe('Of a view that is changed; default: a new one'),
  name: z.string().trim().min(1).max(120),
  page: z
    .string()
    .max(200)
    .regex(/^\/[\w./-]*$/, 'expected the path of a page, such as /attribution'),
  query: z
    .string()
    .max(4_000)
    .transform(text => text.replace(/^\?/, ''))
    .default(''),
  shared: z.boolean().default(false).describe('Everybody of the tenant sees it'),
})

const Row = z.object({ subject: z.string(), type: z.string(), payload: z.string(), occurred_ms: z.coerce.number() })
const Said = z.object({
  view_id: z.string(),
  name: z.string(),
  page: z.string(),
  query: z.string().default(''),
  shared: z.boolean().default(false),
  member_id: z.string().default(''),
})

/** Whoever saved a view may change it, and an administrator. */
const owns = ({ member, scopes }: Caller, memberId: string): boolean => scopes.includes('admin') || (member !== null && member === memberId)

/** Every view that stands, whoever may see it, by page and name. A view belongs to who saved it first. */
const readViews = async (store: Store, { sources }: AnswerContext, caller: Caller): Promise<readonly View[]> => {
  const rows = (await store.read(saidOfRecords(sources, ['view-saved', 'view-removed']))).map(row => Row.parse(row))
  return [...Map.groupBy(rows, ({ subject }) => subject).values()]
    .flatMap(about => {
      const last = about.at(-1)
      const first = about.find(({ type }) => type === 'view-saved')
      if (last === undefined || first === undefined || last.type === 'view-removed') return []
      const { member_id } = Said.parse(JSON.parse(first.payload))
      return [{ ...Said.parse(JSON.parse(last.payload)), member_id, mine: owns(caller, member_id), saved_at: instantOf(last.occurred_ms) }]
    })
    .toSorted((a, b) => byBytes(a.page, b.page) || byBytes(a.name, b.name) || byBytes(a.view_id, b.view_id))
}

type ViewOptions = { readonly store: Store; readonly reader: AnswerReader; readonly writer: Writer }

/** Pages as somebody left them, under a name. */
export const viewRoutes: FastifyPluginAsyncZod<ViewOptions> = async (app, { store, reader, writer }) => {
  const tags = ['views']
  const after = queryOf({ after: timeParameters.after })
  const mayChange = async (caller: Caller, id: string, position: string | undefined): Promise<View | null> => {
    const found = await reader.read(caller.tenant, { after: position }, context => readViews(store, context, caller))
    const view = found.find(({ view_id }) => view_id === id) ?? null
    if (view !== null && !view.mine)
      throw new HttpProblem(problem(403, 'Not permitted', 'whoever saved a view changes it, or an administrator'))
    return view
  }

  app.get(
    '/v1/views',
    {
      onRequest: requireScope('read'),
      schema: {
        tags,
        summary: 'Saved views: one’s own and those that are shared',
        querystring: queryOf({ page: filterParameter, ...pageParameters, ...timeParameters }),
        response: { 200: listSchema(View, 'Views') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const filters = filtersOf(request.query, ['page'])
        const { member } = callerOf(request)
        const found = (await readViews(store, context, callerOf(request))).filter(
          view => (view.shared || (member !== null && view.member_id === member)) && fitsFilters(view, filters),
        )
        return pageOf(found, request.query, context)
      }),
  )

  app.post(
    '/v1/views',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags,
        summary: 'Saves the state of a page under a name, or changes what was saved',
        querystring: after,
        body: Save,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { view_id: named, ...view } = request.body
      if (named !== undefined) await mayChange(caller, named, request.query.after)
      // nobody's own: what a key without a member saves is everybody's
      const shared = view.shared || caller.member === null
      const data = { view_id: named ?? uuidv7(), ...view, shared }
      return reply.code(202).send(await writer.write(request, [{ type: 'view-saved', data }]))
    },
  )

  app.delete(
    '/v1/views/:id',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: {
        tags,
        summary: 'Takes a saved view away',
        params: z.object({ id: z.string().min(1).max(64) }),
        querystring: after,
        response: writtenResponses,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      if ((await mayChange(callerOf(request), id, request.query.after)) === null) throw notFound('there is no such view')
      return reply.code(202).send(await writer.write(request, [{ type: 'view-removed', data: { view_id: id } }]))
    },
  )
}
