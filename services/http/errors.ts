import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from '@fastify/type-provider-zod'
import { OidcUnavailable } from '../access/oidc.ts'
import { LogError } from '../log/port.ts'
import { StoreError } from '../store/port.ts'
import { HttpProblem, problem, type ProblemDocument, type ProblemError, sendProblem } from './problem.ts'

const RETRY_AFTER_SECONDS = 2

/** The one place where failures become HTTP: what the caller can mend is explained, what is ours is only logged. */
export const handleError =
  (logger: FastifyBaseLogger) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof HttpProblem) return sendProblem(reply, error.document, error.headers)
    const { document, headers } = translate(error)
    if (document.status >= 500) logger.error({ err: error, reqId: request.id, route: request.routeOptions.url }, document.title)
    return sendProblem(reply, document, headers)
  }

type Translated = { readonly document: ProblemDocument; readonly headers: Readonly<Record<string, string>> }

const translate = (error: unknown): Translated => {
  const retry = { 'retry-after': String(RETRY_AFTER_SECONDS) }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(
      (issue): ProblemError => ({ path: pathOf(error.validationContext, issue.instancePath), message: issue.message ?? 'not valid' }),
    )
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return { document: problem(400, 'Invalid request', detail, { errors }), headers: {} }
  }
  if (error instanceof LogError) {
    return error.retriable
      ? {
          document: problem(503, 'Log unavailable', 'the log of record does not answer; nothing was written, try again', {
            code: error.code,
          }),
          headers: retry,
        }
      : { document: problem(500, 'Log failure', 'the log of record refuses this; see the server log', { code: error.code }), headers: {} }
  }
  if (error instanceof StoreError) {
    if (error.retriable)
      return { document: problem(503, 'Store unavailable', 'the store does not answer, try again', { code: error.code }), headers: retry }
    if (error.code === 'STORE_LIMIT') {
      return {
        document: problem(422, 'Question too large', 'this needs more time or memory than one question may take: narrow it', {
          code: error.code,
        }),
        headers: {},
      }
    }
    return { document: problem(500, 'Store failure', 'the store refuses this; see the server log', { code: error.code }), headers: {} }
  }
  if (error instanceof OidcUnavailable) {
    return {
      document: problem(503, 'Issuer unavailable', 'the OIDC issuer does not answer, so the token cannot be checked; try again'),
      headers: retry,
    }
  }
  const status = statusOf(error)
  if (status === 413) return { document: problem(413, 'Too large', messageOf(error)), headers: {} }
  if (status === 415) return { document: problem(415, 'Unsupported media type', messageOf(error)), headers: {} }
  if (status !== null && status < 500) return { document: problem(status, 'Bad request', messageOf(error)), headers: {} }
  return { document: problem(500, 'Internal error', 'an error of the server; it is in its log under this instance'), headers: {} }
}

/** `/from` in the query becomes `from`; in the body `/events/0/type` becomes `body.events.0.type`. */
const pathOf = (context: string | undefined, instancePath: string): string => {
  const path = instancePath.split('/').filter(Boolean).join('.')
  if (context !== 'body' && context !== 'headers') return path || (context ?? '')
  return path === '' ? context : `${context}.${path}`
}

const statusOf = (error: unknown): number | null => {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : null
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'the request could not be read')
