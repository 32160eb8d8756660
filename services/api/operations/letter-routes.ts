import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Problem } from '../../http/problem.ts'
import { instantOf } from '../answer.ts'
import { cursorOf, offsetOf } from '../cursor.ts'
import { fitsFilters } from '../list.ts'
import { filterParameter, filtersOf, queryOf } from '../parameters.ts'
import { badParameter, notFound } from '../problems.ts'
import { chosenLetters, type Letter, type Operator } from './operator.ts'

const micros = (at: number): string => instantOf(Math.floor(at / 1_000))

const LetterRow = z
  .object({
    id: z.string().describe('Topic, partition and offset of the record'),
    reason_code: z.string(),
    reason: z.string(),
    path: z.string().describe('Field that is wrong; empty where it is the record as a whole'),
    type: z.string().describe('Event type; empty where nobody can tell'),
    event_id: z.string(),
    schema_id: z.number().nullable(),
    topic: z.string(),
    partition: z.number(),
    offset: z.string(),
    appended_at: z.string().describe('When the log took the record'),
    written_at: z.string().describe('When it became a letter'),
    redriven_at: z.string().nullable(),
  })
  .meta({ id: 'DeadLetter', description: 'A record of the log that could not be processed, and why' })

const rowOf = (letter: Letter): z.output<typeof LetterRow> => ({
  id: letter.event_id,
  reason_code: letter.reason_code,
  reason: letter.reason,
  path: letter.path,
  type: letter.event_type,
  event_id: letter.origin_event_id,
  schema_id: letter.schema_id,
  topic: letter.origin_topic,
  partition: letter.origin_partition,
  offset: String(letter.origin_offset),
  appended_at: micros(letter.origin_appended_at),
  written_at: micros(letter.occurred_at),
  redriven_at: letter.redriven_at === null ? null : micros(letter.redriven_at),
})

const FILTERS = ['reason_code', 'type', 'topic'] as const
const Query = queryOf({
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  state: z.enum(['waiting', 'redriven', 'all']).default('waiting').describe('waiting: not yet back in the log'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().optional().describe('From the answer before'),
})

const Letters = z
  .object({
    rows: z.array(LetterRow),
    count: z.number().describe('Letters on all pages'),
    by_reason: z
      .array(z.object({ reason_code: z.string(), waiting: z.number(), redriven: z.number() }))
      .describe('Of all letters, whatever is asked for'),
    cursor: z.string().nullable(),
  })
  .meta({ id: 'DeadLetters', description: 'Newest first' })

const Redrive = z
  .strictObject({
    ids: z.array(z.string().min(1).max(512)).max(10_000).default([]),
    reason_code: z.string().min(1).max(128).optional().describe('Every waiting letter with this reason'),
    all: z.boolean().default(false).describe('Every waiting letter'),
  })
  .refine(({ ids, reason_code, all }) => all || ids.length > 0 || reason_code !== undefined, {
    path: ['ids'],
    message: 'expected ids of letters, reason_code or all',
  })

/** What could not be processed: why, and back into the log. */
export const letterRoutes: FastifyPluginAsyncZod<{ readonly operator: Operator }> = async (app, { operator }) => {
  const onRequest = requireScope('admin')
  const tags = ['operations']
  const mine = async (tenant: string): Promise<readonly Letter[]> =>
    (await operator.letters.read()).filter(letter => letter.tenant === tenant).toReversed()

  app.get(
    '/v1/dead-letters',
    {
      onRequest,
      schema: { tags, summary: 'Records that could not be processed, with the reason', querystring: Query, response: { 200: Letters } },
    },
    async request => {
      const { query } = request
      const letters = await mine(callerOf(request).tenant)
      const filters = filtersOf(query, FILTERS)
      const offset = offsetOf(query.cursor)
      const rows = letters
        .map(rowOf)
        .filter(row => (query.state === 'all' || (row.redriven_at === null) === (query.state === 'waiting')) && fitsFilters(row, filters))
      return {
        rows: rows.slice(offset, offset + query.limit),
        count: rows.length,
        by_reason: [...Map.groupBy(letters, letter => letter.reason_code)].map(([reason_code, of]) => {
          const redriven = of.filter(letter => letter.redriven_at !== null).length
          return { reason_code, waiting: of.length - redriven, redriven }
        }),
        cursor: offset + query.limit < rows.length ? cursorOf(offset + query.limit) : null,
      }
    },
  )

  app.get(
    '/v1/dead-letters/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'One of them with the bytes of the record',
        params: z.object({ id: z.string().min(1).max(512).describe('Topic, partition and offset, as the list gives it, escaped') }),
        querystring: queryOf({}),
        response: { 200: LetterRow.extend({ key: z.string().nullable(), payload_base64: z.string() }), 404: Problem },
      },
    },
    async request => {
      const { id } = request.params
      const letter = (await mine(callerOf(request).tenant)).find(each => each.event_id === id)
      if (letter === undefined) throw notFound('there is no such dead letter')
      return { ...rowOf(letter), key: letter.origin_key, payload_base64: Buffer.from(letter.payload).toString('base64') }
    },
  )

  app.post(
    '/v1/dead-letters/redrive',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Puts them back into the log: what was counted meanwhile counts once, what still cannot be read stays',
        body: Redrive,
        response: {
          200: z
            .object({
              redriven: z.number(),
              unreadable: z.number().describe('Still no events: they stay'),
              waiting: z.number().describe('History for a backfill that is closed'),
            })
            .meta({ id: 'Redriven' }),
        },
      },
    },
    async request => {
      const { ids, reason_code: reason = null, all } = request.body
      const letters = await mine(callerOf(request).tenant)
      const { chosen, missing } = chosenLetters(letters, { ids, reason, all })
      if (missing.length > 0) throw badParameter('ids', `there is no dead letter ${missing.join(', ')}`)
      // in the order in which the log had them
      return operator.letters.redrive(chosen.toReversed())
    },
  )
}
