import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { byBytes } from '../../domain/bytes.ts'

/** What one number is: enough to compute it again, and nothing that changes from one answer to the next (design D7). */
export const Explained = z.strictObject({
  tenant: z.string(),
  figure: z.string(),
  metric: z.string(),
  /** The question, narrowed to this row. */
  question: z.unknown(),
  /** Knowledge time in ms. */
  as_of: z.int(),
  /** id@version of every definition that the figure rests on. */
  definitions: z.array(z.string()),
})
export type Explained = z.output<typeof Explained>

export type TokenKey = (tenant: string) => Buffer

/** JSON with the keys of every object in the order of their bytes. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => byBytes(a, b)))
      : item,
  )

const sign = (text: string, key: Buffer): Buffer => createHmac('sha256', key).update(text).digest().subarray(0, 16)

/** `<base64url of the canonical question>.<base64url of 128 bits of its HMAC-SHA-256>`; the same number has the same token, always. */
export const explainToken = (explained: Explained, tokenKey: TokenKey): string => {
  const text = canonicalJson(explained)
  return `${Buffer.from(text).toString('base64url')}.${sign(text, tokenKey(explained.tenant)).toString('base64url')}`
}

export type TokenError = { readonly code: 'malformed' | 'not_signed_here' | 'other_tenant' }
export type TokenResult = { readonly ok: true; readonly value: Explained } | { readonly ok: false; readonly error: TokenError }

export const readToken = (token: string, tenant: string, tokenKey: TokenKey): TokenResult => {
  const [body, signature, ...rest] = token.split('.')
  if (body === undefined || signature === undefined || rest.length > 0 || !/^[\w-]+$/.test(body))
    return { ok: false, error: { code: 'malformed' } }
  const text = Buffer.from(body, 'base64url').toString('utf8')
  const parsed = Explained.safeParse(jsonOrNull(text))
  if (!parsed.success) return { ok: false, error: { code: 'malformed' } }
  if (parsed.data.tenant !== tenant) return { ok: false, error: { code: 'other_tenant' } }
  const expected = sign(text, tokenKey(tenant))
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { ok: false, error: { code: 'not_signed_here' } }
  return { ok: true, value: parsed.data }
}

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
