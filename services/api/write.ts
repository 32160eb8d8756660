import type { FastifyRequest } from 'fastify'
import { uuidv7 } from 'uuidv7'
import { z } from 'zod'
import type { EventType } from '../../schemas/events/generated/types.ts'
import type { Caller } from '../access/caller.ts'
import { callerOf } from '../http/caller.ts'
import { HttpProblem, Problem, type ProblemError, problem } from '../http/problem.ts'

type Refused = { readonly index: number; readonly code: string; readonly path: string; readonly message: string }

/**
 * The one door for events, as this service sees it (the collector's intake; whoever starts the process brings it): checks who may send what, and every field, and
 * answers when the log has them.
 */
export type EventDoor = {
  readonly take: (
    events: readonly unknown[],
    caller: Caller,
    options?: { readonly dryRun?: boolean },
  ) => Promise<
    | { readonly outcome: 'taken'; readonly rejected: readonly Refused[]; readonly position: string | null }
    | { readonly outcome: 'overloaded' | 'log_away'; readonly retryAfterSeconds: number }
  >
}

/** An event that a caller says through a route of its own. `data` as in `POST /v1/events`; member and function follow from the credential. */
export type SaidEvent = {
  readonly type: EventType
  readonly event_id?: string | undefined
  /** Default: now. */
  readonly occurred_at?: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** Answer of every route that writes, with 202. */
export const Written = z
  .object({
    position: z.string().describe('For after=<position> on a read: waits until it shows'),
    event_ids: z.array(z.string()).describe('Ids of what was written, in order'),
    name: z.string().optional().describe('Of a document: id@version'),
  })
  .meta({ id: 'Written', description: 'The log has it' })
type Written = z.infer<typeof Written>

/** `response` of a route that writes. */
export const writtenResponses = {
  202: Written,
  400: Problem,
  403: Problem,
  404: Problem,
  409: Problem,
  422: Problem,
  429: Problem,
  503: Problem,
}

export type Writer = {
  /**
   * Says events in the name of the caller of a request, now; all of them or none. `fieldOf` turns the path of a refused field of an event (`document.stages[0].name`) into the
   * name that the caller knows it by. Throws problems: 403 (the type is not this caller's to send), 422 naming each field, 429 and 503 with Retry-After.
   */
  readonly write: (request: FastifyRequest, events: readonly SaidEvent[], fieldOf?: (path: string) => string) => Promise<Written>
}

export type WriterOptions = {
  readonly door: EventDoor
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createWriter = ({ door, now }: WriterOptions): Writer => ({
  write: async (request, events, fieldOf = path => path) => {
    const caller = callerOf(request)
    const at = new Date(now()).toISOString()
    const said = events.map(({ type, event_id = uuidv7(), occurred_at = at, data }) => ({ type, event_id, occurred_at, data }))
    const take = async (options: { readonly dryRun?: boolean }): Promise<string | null> => {
      const taken = await door.take(said, caller, options)
      if (taken.outcome !== 'taken') throw tryAgain(taken.outcome, taken.retryAfterSeconds)
      if (taken.rejected.length > 0) throw refused(taken.rejected, fieldOf)
      return taken.position
    }
    // the door takes the good ones of several: here they belong together
    if (said.length > 1) await take({ dryRun: true })
    const position = await take({})
    if (position === null) throw new Error('the door took events and gave no position')
    return { position, event_ids: said.map(({ event_id }) => event_id) }
  },
})

const refused = (rejected: readonly Refused[], fieldOf: (path: string) => string): HttpProblem => {
  const notPermitted = rejected.find(({ code }) => code === 'not_permitted' || code === 'backfill_closed')
  const errors: ProblemError[] = rejected.map(({ path, message }) => ({ path: fieldOf(path.replace(/^data\.?/, '')), message }))
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return notPermitted === undefined
    ? new HttpProblem(problem(422, 'Not accepted', detail, { errors }))
    : new HttpProblem(problem(403, 'Not permitted', notPermitted.message, { errors }))
}

const tryAgain = (outcome: 'overloaded' | 'log_away', seconds: number): HttpProblem =>
  outcome === 'overloaded'
    ? new HttpProblem(problem(429, 'Too fast', 'nothing was written: try again in a moment'), { 'retry-after': String(seconds) })
    : new HttpProblem(problem(503, 'Log away', 'nothing was written: the log does not answer'), { 'retry-after': String(seconds) })

/** Of a process that takes no events. */
export const closedDoor: EventDoor = { take: async () => ({ outcome: 'log_away', retryAfterSeconds: 60 }) }
