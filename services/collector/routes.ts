import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { eventTypes } from '../../schemas/events/generated/catalogue.ts'
import { callerOf, requireScope } from '../http/caller.ts'
import { HttpProblem, Problem, problem } from '../http/problem.ts'
import type { Intake, NotTaken } from './intake.ts'
import { takeLines } from './ndjson.ts'
import type { Rejection } from './problem.ts'

type CollectorRoutesOptions = { readonly intake: Intake }

const MAX_EVENTS = 1000
/** More than these are counted and not listed, so that a stream of any length needs constant memory. */
const MAX_LISTED = 1000
const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']

const EventInput = z
  .object({
    type: z.enum(eventTypes),
    event_id: z.string().optional().describe('The idempotency key: your own id, unique per tenant; send it if you ever retry'),
    occurred_at: z.string().describe('When it happened: ISO 8601 with a zone'),
    source: z.string().optional().describe('Default: the name of the key'),
    known_at: z.string().optional().describe('When the source knew it; only on a backfill key'),
    data: z.record(z.string(), z.unknown()).describe('The fields of the type, see schemas/events'),
  })
  .meta({ id: 'EventInput' })

/** Only for the description of the API: events are checked one by one, so that good ones get in beside bad ones. */
const Body = z.object({ events: z.array(EventInput).min(1).max(MAX_EVENTS) })
const Envelope = z.strictObject({ events: z.array(z.unknown()).min(1) })

const Answer = z
  .object({
    accepted: z.int().describe('Events that the log has'),
    rejected: z.array(z.object({ index: z.int(), code: z.string(), path: z.string(), message: z.string() })),
    rejected_count: z.int().describe('Events that were refused; more than a thousand reasons are not listed'),
    position: z.string().nullable().describe('For after=<position> on a read: waits until these events show'),
  })
  .meta({ id: 'EventsAnswer' })

/** `POST /v1/events`: JSON up to 1,000 events and 5 MiB, or NDJSON of any length. */
export const collectorRoutes: FastifyPluginAsyncZod<CollectorRoutesOptions> = async (app, { intake }) => {
  app.addContentTypeParser(NDJSON_TYPES, (_request, payload, done) => {
    done(null, payload)
  })

  app.post(
    '/v1/events',
    {
      onRequest: requireScope('ingest', 'backfill', 'admin'),
      validatorCompiler: () => value => ({ value }),
      schema: {
        tags: ['events'],
        summary: 'Events in: answered when the log has them',
        description:
          'Up to 1,000 events and 5 MiB as JSON; or, as application/x-ndjson, any number of lines with one event each, written per 1,000 lines.',
        body: Body,
        response: { 202: Answer, 400: Problem, 413: Problem, 422: Answer, 429: Problem, 503: Problem },
      },
    },
    async (request, reply) => {
      const body: unknown = request.body
      const caller = callerOf(request)
      if (body instanceof Readable) {
        const listed: Rejection[] = []
        const taken = await takeLines(body.iterator({ destroyOnReturn: false }), intake, caller, {
          onRejected: rejected => listed.push(...rejected.slice(0, MAX_LISTED - listed.length)),
        })
        if (taken.stopped !== null) {
          // What the client still sends has to go somewhere, or it never reads the answer.
          body.resume()
          throw tryAgain(
            taken.stopped,
            { lines: taken.lines, accepted: taken.accepted, rejected_count: taken.rejectedCount },
            { connection: 'close' },
          )
        }
        return reply.code(taken.accepted > 0 ? 202 : 422).send(answer(taken, listed))
      }
      const { events } = eventsOf(body)
      const taken = await intake.take(events, caller)
      if (taken.outcome !== 'taken') throw tryAgain(taken, { lines: 0, accepted: 0, rejected_count: 0 }, {})
      return reply.code(taken.accepted > 0 ? 202 : 422).send(answer(taken, taken.rejected.slice(0, MAX_LISTED)))
    },
  )
}

type Counted = { readonly accepted: number; readonly rejectedCount: number; readonly position: string | null }

const answer = ({ accepted, rejectedCount, position }: Counted, rejected: readonly Rejection[]): z.infer<typeof Answer> => ({
  accepted,
  rejected: [...rejected],
  rejected_count: rejectedCount,
  position,
})

const eventsOf = (body: unknown): z.infer<typeof Envelope> => {
  const parsed = Envelope.safeParse(body)
  if (!parsed.success) {
    throw new HttpProblem(
      problem(400, 'Invalid request', 'expected {"events":[…]} with at least one event, or NDJSON as application/x-ndjson', {
        errors: parsed.error.issues.map(({ path, message }) => ({ path: ['body', ...path].join('.'), message })),
      }),
    )
  }
  if (parsed.data.events.length > MAX_EVENTS) {
    throw new HttpProblem(
      problem(
        413,
        'Too large',
        `expected at most ${MAX_EVENTS} events, got ${parsed.data.events.length}: send more as application/x-ndjson`,
      ),
    )
  }
  return parsed.data
}

/** `lines`: how many lines of the stream are dealt with; the rest has to be sent again. */
const tryAgain = (
  { outcome, retryAfterSeconds }: NotTaken,
  counts: { readonly lines: number; readonly accepted: number; readonly rejected_count: number },
  headers: Readonly<Record<string, string>>,
): HttpProblem => {
  const isFast = outcome === 'overloaded'
  const from = counts.lines === 0 ? 'send the same again' : `${counts.lines} lines are in: send again from line ${counts.lines + 1}`
  return new HttpProblem(
    isFast
      ? problem(429, 'Too fast', `more is waiting for the log than it takes; ${from} in ${retryAfterSeconds} s`, counts)
      : problem(503, 'Log unavailable', `the log of record does not answer; ${from} in ${retryAfterSeconds} s`, counts),
    { ...headers, 'retry-after': String(retryAfterSeconds) },
  )
}
