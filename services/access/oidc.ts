import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { createHash } from 'node:crypto'
import type { Caller, Scope } from './caller.ts'

/**
 * Claims that Accord reads from an OIDC bearer token:
 * - `accord_tenant` (string): the tenant; without it the token opens nothing
 * - `accord_member` (string, optional): the member that the token speaks for
 * - `accord_scopes` (array or blank-separated string, optional): ingest, read, admin; default `read`
 */
const OIDC_CLAIMS = { tenant: 'accord_tenant', member: 'accord_member', scopes: 'accord_scopes' } as const

type OidcOptions = {
  readonly issuer: string
  readonly audience: string
  /** Where the keys are; default: what the issuer's discovery document says. */
  readonly jwksUri?: string
}

export type OidcVerifier = (token: string) => Promise<Caller | null>

/** An outage of the issuer is not a wrong token: it rejects, so that the caller hears 503 and not 401. */
export class OidcUnavailable extends Error {
  constructor(issuer: string, options: { readonly cause?: unknown } = {}) {
    super(`the OIDC issuer ${issuer} cannot be asked for its keys`, options)
    this.name = 'OidcUnavailable'
  }
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const GRANTABLE: readonly Scope[] = ['ingest', 'read', 'admin'] // a backfill is always a key, made for one purpose

/** Verifies signature, issuer, audience and times. Null: not a token that opens anything. */
export const createOidcVerifier = ({ issuer, audience, jwksUri }: OidcOptions, fetcher: typeof fetch = fetch): OidcVerifier => {
  let keys: Promise<JWTVerifyGetKey> | null = null
  const findKeys = (): Promise<JWTVerifyGetKey> => {
    keys ??= discover(issuer, jwksUri, fetcher).catch((error: unknown) => {
      keys = null // asked again with the next token
      throw error
    })
    return keys
  }
  return async token => {
    if (token.split('.').length !== 3) return null
    try {
      const { payload } = await jwtVerify(token, await findKeys(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: 30,
        requiredClaims: ['exp', 'sub'],
      })
      return callerOf(payload)
    } catch (error) {
      if (error instanceof OidcUnavailable) throw error
      if (error instanceof errors.JWKSTimeout) throw new OidcUnavailable(issuer, { cause: error })
      if (error instanceof errors.JOSEError) {
        if (error.code === 'ERR_JOSE_GENERIC') throw new OidcUnavailable(issuer, { cause: error }) // JWKS answered with an error
        return null
      }
      throw new OidcUnavailable(issuer, { cause: error })
    }
  }
}

const discover = async (issuer: string, jwksUri: string | undefined, fetcher: typeof fetch): Promise<JWTVerifyGetKey> => {
  if (jwksUri !== undefined) return createRemoteJWKSet(new URL(jwksUri))
  try {
    const response = await fetcher(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    const document: unknown = await response.json()
    if (typeof document !== 'object' || document === null || !('jwks_uri' in document) || typeof document.jwks_uri !== 'string') {
      throw new Error('no jwks_uri')
    }
    return createRemoteJWKSet(new URL(document.jwks_uri))
  } catch (cause) {
    throw new OidcUnavailable(issuer, { cause })
  }
}

const callerOf = (payload: JWTPayload): Caller | null => {
  const tenant = payload[OIDC_CLAIMS.tenant]
  if (typeof tenant !== 'string' || tenant === '') return null
  const member = payload[OIDC_CLAIMS.member]
  const memberId = typeof member === 'string' && /^[!-~]{1,128}$/.test(member) ? member : null
  const subject = pseudonymousSubject(payload.sub ?? '')
  return {
    tenant,
    actor: memberId === null ? `oidc:${subject}` : `member:${memberId}`,
    keyName: 'oidc',
    scopes: scopesOf(payload[OIDC_CLAIMS.scopes]),
    member: memberId,
  }
}

const scopesOf = (claim: unknown): readonly Scope[] => {
  const named: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : ['read']
  return GRANTABLE.filter(scope => named.includes(scope))
}

/** Some issuers use the address as subject: what stands in events and logs must not be one (design D8). */
const pseudonymousSubject = (subject: string): string =>
  /^[A-Za-z0-9._|:-]{1,100}$/.test(subject) ? subject : createHash('sha256').update(subject).digest('hex').slice(0, 32)
