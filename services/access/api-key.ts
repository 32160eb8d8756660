import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from './secrets.ts'

/**
 * `ak_<id>_<secret>`: the id finds the record, the secret is 32 random bytes. With that much chance in it a keyed hash is as good as
 * a slow one and lets a collector check thousands of requests a second.
 */
type ApiKeyParts = { readonly id: string; readonly secret: string }

export const newApiKey = (): ApiKeyParts & { readonly text: string } => {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  return { id, secret, text: `ak_${id}_${secret}` }
}

/** Null when the text is not an API key of ours; it may then be an OIDC token. */
export const parseApiKey = (text: string): ApiKeyParts | null => {
  const match = /^ak_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/.exec(text)
  const [, id, secret] = match ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}

/** What is stored: `hmac-sha256:<version of the master key>:<hex>`, keyed per tenant. */
export const hashApiKey = (secrets: Secrets, tenant: string, { id, secret }: ApiKeyParts): string =>
  `hmac-sha256:${secrets.current}:${digest(secrets.currentKey(tenant, 'api-key'), id, secret).toString('hex')}`

/** Constant-time; false as well when the master key that made the hash is no longer listed. */
export const verifyApiKey = (secrets: Secrets, tenant: string, parts: ApiKeyParts, stored: string): boolean => {
  const [, version, hex] = /^hmac-sha256:(\d+):([0-9a-f]{64})$/.exec(stored) ?? []
  if (version === undefined || hex === undefined) return false
  const key = secrets.deriveKey(tenant, 'api-key', Number(version))
  return key !== null && timingSafeEqual(digest(key, parts.id, parts.secret), Buffer.from(hex, 'hex'))
}

const digest = (key: Buffer, id: string, secret: string): Buffer => createHmac('sha256', key).update(`${id}\u001f${secret}`).digest()
