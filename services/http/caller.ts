import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Caller, Scope } from '../access/caller.ts'
import { HttpProblem, problem } from './problem.ts'

const callers = new WeakMap<FastifyRequest, Caller>()

/** Only the app's own authentication hook calls this. */
export const setCaller = (request: FastifyRequest, caller: Caller): void => {
  callers.set(request, caller)
}

/** Who is asking; null only on public routes. */
export const callerIfAny = (request: FastifyRequest): Caller | null => callers.get(request) ?? null

/** Who is asking. On a public route there may be nobody: that is a bug of the route, and throws. */
export const callerOf = (request: FastifyRequest): Caller => {
  const caller = callers.get(request)
  if (caller === undefined) throw new Error(`no caller on ${request.method} ${request.routeOptions.url ?? ''}: the route is public`)
  return caller
}

/** Refuses, as a 403, a caller whose credential has none of the scopes. `admin` opens reading too, never writing of events. */
const assertScope = (caller: Caller, ...scopes: readonly Scope[]): void => {
  if (scopes.some(scope => caller.scopes.includes(scope) || (scope === 'read' && caller.scopes.includes('admin')))) return
  throw new HttpProblem(
    problem(403, 'Not permitted', `this needs the scope ${scopes.join(' or ')}; the credential has ${caller.scopes.join(', ') || 'none'}`),
  )
}

/** A route's `onRequest` hook: one of the scopes is enough. */
export const requireScope =
  (...scopes: readonly Scope[]): onRequestHookHandler =>
  (request, _reply, done) => {
    assertScope(callerOf(request), ...scopes)
    done()
  }
