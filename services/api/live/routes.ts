import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import { HttpProblem, Problem, problem } from '../../http/problem.ts'
import { queryOf } from '../parameters.ts'
import { createLiveFeed, type LiveFeedOptions, type LiveState, NO_CLOCKS } from './feed.ts'

export type LiveOptions = LiveFeedOptions & {
  /** Open streams of one credential; 12. */
  readonly mostOfOne?: number
  /** Of one tenant; 500. */
  readonly mostOfTenant?: number
  /** A comment so that nobody on the way takes the line for dead; 15 s. */
  readonly beatMs?: number
  /** After it a stream ends, so that a credential that is revoked meanwhile opens none again; 15 min. */
  readonly longestMs?: number
}

/** What waits for a client that does not read; more, and the stream ends. */
const MOST_WAITING_BYTES = 64 * 1024
const RETRY_MS = 3_000

const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** As one listener sees it: of the clocks of others only how many there are. */
const saidTo = (member: string | null, state: LiveState): string => {
  switch (state.kind) {
    case 'freshness': {
      const { kind, ...data } = state
      return event(kind, data)
    }
    case 'clocks':
      return event('clocks', { as_of: state.as_of, ...state.all, mine: member === null ? null : (state.owners.get(member) ?? NO_CLOCKS) })
    case 'away':
      return event('state', { state: state.away ? 'away' : 'live' })
    default:
      return event('state', { state: 'away' })
  }
}

/** Server-sent events, so that pages move without being asked for again. */
export const liveRoutes: FastifyPluginAsyncZod<LiveOptions> = async (
  app,
  { mostOfOne = 12, mostOfTenant = 500, beatMs = 15_000, longestMs = 900_000, ...options },
) => {
  const feed = createLiveFeed(options)
  const open = new Map<Readable, { readonly tenant: string; readonly key: string }>()
  // a stream would keep the server from closing
  app.addHook('preClose', async () => {
    feed.close()
    for (const stream of open.keys()) stream.push(null)
  })

  app.get(
    '/v1/live',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['operations'],
        summary: 'Server-sent events: freshness, and how many clocks run, whenever they change',
        description:
          'freshness {watermark, changed_at, lag_seconds}: changed_at moves when anything of the tenant was recorded; clocks {as_of, running, due_within_hour, overdue, mine}: mine of the member of the credential; state {state: away | live} when the store goes or comes. A comment every 15 s; the stream ends after 15 minutes and is opened again by whoever still listens.',
        querystring: queryOf({}),
        produces: ['text/event-stream'],
        response: { 200: z.unknown().describe('Events, one after the other'), 429: Problem },
      },
    },
    async (request, reply) => {
      const { tenant, actor, keyName, member } = callerOf(request)
      const key = `${tenant}\u001f${actor}\u001f${keyName}`
      const ofTenant = [...open.values()].filter(each => each.tenant === tenant)
      if (ofTenant.length >= mostOfTenant || ofTenant.filter(each => each.key === key).length >= mostOfOne)
        throw new HttpProblem(
          problem(
            429,
            'Too many streams',
            `at most ${mostOfOne} streams of one credential and ${mostOfTenant} of a tenant: close one first`,
          ),
          {
            'retry-after': '30',
          },
        )
      const stream = new Readable({ read: () => undefined, encoding: 'utf8' })
      const say = (text: string): void => {
        if (stream.readableLength > MOST_WAITING_BYTES) stream.destroy()
        else if (!stream.destroyed && !stream.readableEnded) stream.push(text)
      }
      open.set(stream, { tenant, key })
      say(`retry: ${RETRY_MS}\n\n`)
      const callOff = feed.listen(tenant, state => {
        say(saidTo(member, state))
        if (state.kind === 'over') stream.push(null)
      })
      const beat = setInterval(() => say(': beat\n\n'), beatMs).unref()
      const end = setTimeout(() => stream.push(null), longestMs).unref()
      stream.on('close', () => {
        callOff()
        clearInterval(beat)
        clearTimeout(end)
        open.delete(stream)
      })
      // nobody on the way may keep it back or keep it; its connection ends with it, or a service that stops would wait for the client's
      const headers = { 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' }
      return reply.type('text/event-stream; charset=utf-8').headers(headers).send(stream)
    },
  )
}
