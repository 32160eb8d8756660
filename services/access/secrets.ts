import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/**
 * The secret file: `{"current": 2, "pseudonym": 1, "keys": {"1": "<32 bytes base64url>", "2": "…"}}`.
 * `current` makes new hashes; older versions stay readable as long as they are listed. `pseudonym` is the version that turns
 * e-mail addresses into pseudonyms: it never changes, or the same person would become another one.
 */
const SecretFile = z.strictObject({
  current: z.int().positive(),
  pseudonym: z.int().positive(),
  keys: z.record(
    z.string().regex(/^[1-9]\d*$/, 'versions are whole numbers'),
    z.string().refine(text => Buffer.from(text, 'base64url').length >= 32, 'each key is at least 32 bytes, base64url'),
  ),
})
type SecretFile = z.infer<typeof SecretFile>

export type Secrets = {
  /** Version that new hashes and tokens are made with. */
  readonly current: number
  /** Every version that still verifies, newest first. */
  readonly versions: readonly number[]
  /** 32 bytes for one tenant and one use; null for a version that is no longer listed. */
  readonly deriveKey: (tenant: string, use: string, version: number) => Buffer | null
  /** 32 bytes for one tenant and one use, of the current version. */
  readonly currentKey: (tenant: string, use: string) => Buffer
  /** `email:<32 hex>` of an address: the same for ever, whatever its case and the blanks around it. */
  readonly pseudonym: (tenant: string, email: string) => string
}

/** Throws `RangeError` when `current` or `pseudonym` name a version that is not there. */
export const createSecrets = (file: SecretFile): Secrets => {
  const { current, pseudonym, keys } = SecretFile.parse(file)
  const masters = new Map(Object.entries(keys).map(([version, text]) => [Number(version), Buffer.from(text, 'base64url')]))
  for (const [name, version] of Object.entries({ current, pseudonym })) {
    if (!masters.has(version))
      throw new RangeError(`secret file: "${name}" is ${version}, which is not among its keys (${[...masters.keys()].join(', ')})`)
  }
  const derived = new Map<string, Buffer>()
  const deriveKey = (tenant: string, use: string, version: number): Buffer | null => {
    const cacheKey = `${version}\u001f${use}\u001f${tenant}`
    const known = derived.get(cacheKey)
    if (known !== undefined) return known
    const master = masters.get(version)
    if (master === undefined) return null
    const key = Buffer.from(hkdfSync('sha256', master, 'accord', `${use}\u001f${tenant}`, 32))
    derived.set(cacheKey, key)
    return key
  }
  const keyOf = (tenant: string, use: string, version: number): Buffer => {
    const key = deriveKey(tenant, use, version)
    if (key === null) throw new RangeError(`secret file: no key ${version}`)
    return key
  }
  return {
    current,
    versions: [...masters.keys()].toSorted((a, b) => b - a),
    deriveKey,
    currentKey: (tenant, use) => keyOf(tenant, use, current),
    pseudonym: (tenant, email) =>
      `email:${createHmac('sha256', keyOf(tenant, 'pseudonym', pseudonym))
        .update(normaliseEmail(email))
        .digest('hex')
        .slice(0, 32)}`,
  }
}

/** Two spellings of one mailbox are one: blanks around and upper case do not count. Dots and plus parts do (they are the provider's matter). */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase().normalize('NFC')

/** Reads the file. Throws `RangeError`, naming the file, when it is absent, open to others, or not as described above. */
export const readSecretFile = (path: string): Secrets => {
  let text: string
  let mode: number
  try {
    text = readFileSync(path, 'utf8')
    mode = statSync(path).mode & 0o077
  } catch (cause) {
    throw new RangeError(`ACCORD_SECRET_FILE: cannot read ${path}; it holds the master keys and is needed to start`, { cause })
  }
  if (mode !== 0 && process.platform !== 'win32') {
    // Orchestrators mount secrets readable by the group of the process: only "others" is refused.
    if ((mode & 0o007) !== 0) throw new RangeError(`ACCORD_SECRET_FILE: ${path} can be read by everybody; chmod 600 it`)
  }
  try {
    return createSecrets(SecretFile.parse(JSON.parse(text)))
  } catch (cause) {
    if (cause instanceof RangeError) throw cause
    // zod's issues name paths only, never the keys themselves.
    const detail =
      cause instanceof z.ZodError ? cause.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') : 'not JSON'
    throw new RangeError(`ACCORD_SECRET_FILE: ${path}: ${detail}`, { cause: undefined })
  }
}

export const newSecretFile = (): SecretFile => ({ current: 1, pseudonym: 1, keys: { '1': randomBytes(32).toString('base64url') } })

/** Embedded only: creates the file (0600) when it is not there. Two processes at once end with the same file. */
export const readOrCreateSecretFile = (path: string): Secrets => {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    statSync(path)
  } catch {
    writeFileSync(draft, `${JSON.stringify(newSecretFile(), null, 2)}\n`, { mode: 0o600 })
    chmodSync(draft, 0o600)
    try {
      linkSync(draft, path) // fails when another process was first: then theirs counts
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    } finally {
      unlinkSync(draft)
    }
  }
  return readSecretFile(path)
}
