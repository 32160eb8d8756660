import type { FastifyRequest } from 'fastify'
import type { Caller, Scope } from '../access/caller.ts'
import { isLoopback } from '../access/binding.ts'

export type Authenticator = { readonly authenticate: (bearer: string) => Promise<Caller | null> }

/** The embedded demo lets in who sits at the machine, as an administrator of one tenant who may act as any member of it. */
export type LoopbackDemo = { readonly tenant: string; readonly scopes?: readonly Scope[] }

const ACT_AS_HEADER = 'accord-act-as'
const DEMO_SCOPES: readonly Scope[] = ['ingest', 'read', 'admin']
/** Acting as a member is to see what the member may do, which is not an administrator's. */
const ACT_AS_SCOPES: readonly Scope[] = ['ingest', 'read']

/**
 * The caller of a request, or null. A credential goes before the demo's open door. A page of another site must not get in
 * through the visitor's own browser, so without a credential both Host and Origin have to name this machine.
 */
export const authenticateRequest = async (
  request: FastifyRequest,
  access: Authenticator,
  loopbackDemo: LoopbackDemo | null,
): Promise<Caller | null> => {
  const header = request.headers.authorization
  if (header !== undefined) {
    const bearer = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1]
    return bearer === undefined ? null : access.authenticate(bearer)
  }
  if (loopbackDemo === null || !isFromThisMachine(request)) return null
  const actAs = request.headers[ACT_AS_HEADER]
  const member = typeof actAs === 'string' && /^[!-~]{1,128}$/.test(actAs) ? actAs : null
  return {
    tenant: loopbackDemo.tenant,
    actor: member === null ? 'key:demo' : `member:${member}`,
    keyName: 'demo',
    scopes: member === null ? (loopbackDemo.scopes ?? DEMO_SCOPES) : ACT_AS_SCOPES,
    member,
  }
}

/** By the connection itself and by what the browser says; a forwarding proxy in front makes it somebody else's machine. */
export const isFromThisMachine = (request: FastifyRequest): boolean => {
  const peer = request.socket.remoteAddress
  if (peer === undefined || !isLoopback(peer) || request.headers['x-forwarded-for'] !== undefined) return false
  const origin = request.headers.origin
  return isLoopback(hostName(request.headers.host ?? '')) && (origin === undefined || isLoopback(originHost(origin)))
}

const hostName = (host: string): string => host.replace(/:\d+$/, '').replaceAll(/^\[|\]$/g, '')

const originHost = (origin: string): string => (URL.canParse(origin) ? hostName(new URL(origin).host) : '')
