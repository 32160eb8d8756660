import type { FastifyReply } from 'fastify'
import { z } from 'zod'

/** One thing that is wrong with a request: where, and what was expected there. */
export type ProblemError = { readonly path: string; readonly message: string }

/** A problem document (RFC 9457). Extra members are allowed, `errors` lists every parameter that was refused. */
export const Problem = z
  .looseObject({
    type: z.string().describe('What kind of problem: a URI that stays the same'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().describe('This occurrence: the request id, as in the log'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'Problem document (RFC 9457)' })

export type ProblemDocument = Readonly<Record<string, unknown>> & {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
}

/** `type` is derived from the title, so that equal titles are one kind of problem. */
export const problem = (status: number, title: string, detail: string, extra: Readonly<Record<string, unknown>> = {}): ProblemDocument => ({
  type: `urn:accord:problem:${title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}`,
  title,
  status,
  detail,
  ...extra,
})

/** A refusal that ends a request from within a hook or a handler; the app's error handler sends it as it is. */
export class HttpProblem extends Error {
  readonly document: ProblemDocument
  readonly headers: Readonly<Record<string, string>>
  constructor(document: ProblemDocument, headers: Readonly<Record<string, string>> = {}) {
    super(document.detail)
    this.name = 'HttpProblem'
    this.document = document
    this.headers = headers
  }
}

/** Sends a problem document, past the route's own serialiser. */
export const sendProblem = (reply: FastifyReply, document: ProblemDocument, headers: Readonly<Record<string, string>> = {}): FastifyReply =>
  reply
    .code(document.status)
    .headers(headers)
    .type('application/problem+json')
    .send(JSON.stringify({ ...document, instance: `urn:accord:request:${reply.request.id}` }))
