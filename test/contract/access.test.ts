import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assertSafeBinding, isLoopback, opensLoopbackDemo } from '../../services/access/binding.ts'
import type { Caller } from '../../services/access/caller.ts'
import { createOidcVerifier, OidcUnavailable } from '../../services/access/oidc.ts'
import { type Member, refusalOf } from '../../services/access/permissions.ts'
import { createSecrets, newSecretFile, readOrCreateSecretFile, readSecretFile } from '../../services/access/secrets.ts'
import { type CollectorParts, collectorParts, TOPICS } from '../support/collector-parts.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
const parts = async (): Promise<CollectorParts> => {
  const made = await collectorParts()
  cleanups.push(made.close)
  return made
}
const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'accord-secrets-'))
  cleanups.push(() => rm(made, { recursive: true, force: true }))
  return made
}

describe('API keys', () => {
  it('open what they were made for, and are kept as a hash only', async () => {
    const { access, key, records } = await parts()
    const text = await key(['ingest'], { name: 'web' })
    expect(text).toMatch(/^ak_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/)
    expect(await access.authenticate(text)).toMatchObject({
      tenant: 'acme',
      keyName: 'web',
      scopes: ['ingest'],
      member: null,
      actor: `key:${text.slice(3, 19)}`,
    })
    const secret = text.slice(20)
    for (const { value } of await records(TOPICS.access)) expect(value?.includes(secret)).toBe(false)
  })

  it('are nobody with one letter changed, another secret, or as garbage', async () => {
    const { access, key } = await parts()
    const [one, other] = [await key(['read']), await key(['read'])]
    const changed = `${one.slice(0, 30)}${one[30] === 'A' ? 'B' : 'A'}${one.slice(31)}`
    for (const bearer of [changed, `${one.slice(0, 20)}${other.slice(20)}`, 'ak_', '', 'x'.repeat(5000)])
      expect(await access.authenticate(bearer)).toBeNull()
    expect(await access.authenticate(one)).not.toBeNull()
  })

  it('work on another instance within a second, and stop within a second of being revoked', async () => {
    const { access, key, anotherAccess } = await parts()
    const other = await anotherAccess()
    const text = await key(['read'])
    await vi.waitFor(async () => expect(await other.authenticate(text)).not.toBeNull(), { timeout: 1000, interval: 20 })
    expect(await other.revokeKey('acme', text.slice(3, 19), 'left', 'key:test')).toMatchObject({ ok: true })
    expect(await other.authenticate(text)).toBeNull()
    await vi.waitFor(async () => expect(await access.authenticate(text)).toBeNull(), { timeout: 1000, interval: 20 })
    expect(await (await anotherAccess()).authenticate(text)).toBeNull()
  })

  it('end when they expire, are not revoked by another tenant, and stay revoked', async () => {
    const { access, key, log, records, anotherAccess } = await parts()
    await key(['read'], { tenant: 'other' })
    const expired = await access.createKey({
      tenant: 'other',
      name: 'old',
      scopes: ['read'],
      expiresAtMs: Date.now() - 1,
      actor: 'key:test',
    })
    expect(expired.ok && (await access.authenticate(expired.value.text))).toBeNull()
    const text = await key(['read'])
    expect(await access.revokeKey('other', text.slice(3, 19), '', 'key:test')).toMatchObject({ ok: false, error: { code: 'unknown_key' } })
    await access.revokeKey('acme', text.slice(3, 19), '', 'key:test')
    const created = access.keys('acme').find(({ keyId }) => keyId === text.slice(3, 19))
    expect(created).toMatchObject({ revoked: true, scopes: [], secretHash: '' })
    const again = (await records(TOPICS.access)).filter(record => record.key?.endsWith(text.slice(3, 19)))
    await log.append(again.slice(0, 1).map(({ topic, key: recordKey, value }) => ({ topic, key: recordKey ?? '', value })))
    expect(await (await anotherAccess()).authenticate(text)).toBeNull()
  })

  it('either backfill or ingest, and need a tenant, a scope and a plain name', async () => {
    const { access } = await parts()
    const make = (over: object) => access.createKey({ tenant: 'acme', name: 'web', scopes: ['read'], actor: 'key:test', ...over })
    expect(await make({})).toMatchObject({ error: { code: 'unknown_tenant' } })
    await access.createTenant('acme', 'Acme', 'key:test')
    expect(await make({ scopes: ['ingest', 'backfill'] })).toMatchObject({ error: { code: 'bad_scopes' } })
    expect(await make({ scopes: [] })).toMatchObject({ error: { code: 'bad_scopes' } })
    expect(await make({ name: 'ada@example.com' })).toMatchObject({ error: { code: 'bad_name' } })
    expect(await access.createTenant('Acme Inc', '', 'key:test')).toMatchObject({ error: { code: 'bad_tenant' } })
  })
})

describe('a backfill', () => {
  it('opens with its key, ends with live, and opens again only on purpose', async () => {
    const { access, key, events, anotherAccess } = await parts()
    await key(['backfill'])
    expect(access.backfillOf('acme')).toBe('open')
    const live = await access.goLive('acme', { actor: 'key:test', note: '', graceMs: 0 })
    expect(live).toMatchObject({ ok: true, value: expect.any(Number) })
    expect(access.backfillOf('acme')).toBe('live')
    expect(await access.createKey({ tenant: 'acme', name: 'late', scopes: ['backfill'], actor: 'key:test' })).toMatchObject({
      error: { code: 'already_live' },
    })
    expect((await anotherAccess()).backfillOf('acme')).toBe('live')
    expect(await access.openBackfill('acme', { actor: 'key:test', reason: 'forgot a year', reopen: true })).toMatchObject({ ok: true })
    expect(access.backfillOf('acme')).toBe('open')
    expect((await events(TOPICS.definitions)).map(({ type }) => type)).toEqual(['backfill-opened', 'tenant-went-live', 'backfill-opened'])
  })

  it('ends with the same fact when the command is run again after a failure', async () => {
    const { access, key, events } = await parts()
    await key(['backfill'])
    await access.goLive('acme', { actor: 'key:test', note: '', graceMs: 0 })
    await access.goLive('acme', { actor: 'key:test', note: '', graceMs: 0 })
    const ids = (await events(TOPICS.definitions)).filter(({ type }) => type === 'tenant-went-live').map(({ event_id }) => event_id)
    expect(new Set(ids).size).toBe(1)
  })

  it('cannot end where none was', async () => {
    const { access } = await parts()
    await access.createTenant('acme', '', 'key:test')
    expect(await access.goLive('acme', { actor: 'key:test', note: '', graceMs: 0 })).toMatchObject({ error: { code: 'no_backfill' } })
  })
})

describe('secrets', () => {
  it('are created once, readable by the owner only, and the same for everybody who asks at once', async () => {
    const path = join(await folder(), 'secrets.json')
    const made = await Promise.all([1, 2, 3, 4].map(async () => readOrCreateSecretFile(path).pseudonym('acme', 'ada@example.com')))
    expect(new Set(made).size).toBe(1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('are required where they are not embedded, must be closed to others, and name what is wrong without showing a key', async () => {
    const path = join(await folder(), 'secrets.json')
    expect(() => readSecretFile(path)).toThrow(/ACCORD_SECRET_FILE: cannot read/)
    await writeFile(path, JSON.stringify({ current: 1, pseudonym: 1, keys: { '1': 'c2hvcnQ' } }), { mode: 0o600 })
    expect(() => readSecretFile(path)).toThrow(/keys\.1: each key is at least 32 bytes/)
    expect(() => readSecretFile(path)).not.toThrow(/c2hvcnQ/)
    await writeFile(path, JSON.stringify({ ...newSecretFile(), current: 2 }))
    expect(() => readSecretFile(path)).toThrow(/"current" is 2, which is not among its keys \(1\)/)
    await chmod(path, 0o644)
    expect(() => readSecretFile(path)).toThrow(/can be read by everybody/)
    expect(await readFile(path, 'utf8')).toContain('"current":2')
  })

  it('rotate without changing a pseudonym or closing out a key', async () => {
    const before = newSecretFile()
    const after = { ...before, current: 2, keys: { ...before.keys, '2': newSecretFile().keys['1'] ?? '' } }
    const [old, rotated] = [createSecrets(before), createSecrets(after)]
    expect(rotated.pseudonym('acme', ' Ada@Example.com ')).toBe(old.pseudonym('acme', 'ada@example.com'))
    expect(rotated.deriveKey('acme', 'api-key', 1)).toEqual(old.currentKey('acme', 'api-key'))
    expect(rotated.currentKey('acme', 'api-key')).not.toEqual(old.currentKey('acme', 'api-key'))
    expect(rotated.deriveKey('acme', 'api-key', 3)).toBeNull()
  })

  it('differ by tenant and by use', () => {
    const secrets = createSecrets(newSecretFile())
    expect(secrets.pseudonym('acme', 'ada@example.com')).not.toBe(secrets.pseudonym('other', 'ada@example.com'))
    expect(secrets.currentKey('acme', 'a')).not.toEqual(secrets.currentKey('acme', 'b'))
    expect(secrets.pseudonym('acme', 'ada@example.com')).toMatch(/^email:[0-9a-f]{32}$/)
  })
})

describe('listening', () => {
  it('is loopback for 127/8, ::1 and localhost only', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', 'localhost.example', ''].some(isLoopback)).toBe(false)
  })

  it('elsewhere than on loopback is refused without authentication, and the demo stays closed there even with it', () => {
    expect(() => assertSafeBinding({ host: '0.0.0.0', embeddedDemo: false, hasCredentials: false })).toThrow(
      /ACCORD_HOST is 0\.0\.0\.0 and no authentication/,
    )
    expect(() => assertSafeBinding({ host: '0.0.0.0', embeddedDemo: true, hasCredentials: false })).toThrow(
      /may only listen on 127\.0\.0\.1/,
    )
    expect(() => assertSafeBinding({ host: '127.0.0.1', embeddedDemo: false, hasCredentials: false })).toThrow(
      /no authentication is configured/,
    )
    expect(() => assertSafeBinding({ host: '127.0.0.1', embeddedDemo: true, hasCredentials: false })).not.toThrow()
    expect(() => assertSafeBinding({ host: '0.0.0.0', embeddedDemo: false, hasCredentials: true })).not.toThrow()
    expect(opensLoopbackDemo({ host: '0.0.0.0', embeddedDemo: true })).toBe(false)
  })
})

describe('permission', () => {
  const producer: Caller = { tenant: 'acme', actor: 'key:1', keyName: 'web', scopes: ['ingest'], member: null }
  const backfill: Caller = { ...producer, scopes: ['backfill'] }
  const admin: Caller = { ...producer, scopes: ['admin'] }
  const reader: Caller = { ...producer, scopes: ['read'] }
  const member: Member = {
    memberId: 'm',
    function: 'marketing',
    role: 'manager',
    approver: false,
    delegates: [],
    permissions: [],
    active: true,
  }
  const asMember: Caller = { ...reader, member: 'm', actor: 'member:m' }
  const approver = { ...member, approver: true }
  const ops = { ...member, function: 'operations' }

  it.each<[string, Parameters<typeof refusalOf>[0], Caller, Member | null, boolean]>([
    ['a producer records a touch', 'touch-recorded', producer, null, true],
    ['a reader does not', 'touch-recorded', reader, null, false],
    ['a member does', 'touch-recorded', asMember, member, true],
    ['one who left does not', 'touch-recorded', asMember, { ...member, active: false }, false],
    ['a member closes no deal past the CRM', 'deal-closed', asMember, member, false],
    ['unless the tenant says so', 'deal-closed', asMember, { ...member, permissions: ['deal-closed'] }, true],
    ['a producer makes no members', 'member-changed', producer, null, false],
    ['an administrator does', 'member-changed', admin, null, true],
    ['operations does', 'member-changed', asMember, ops, true],
    ['a producer erases nobody', 'person-erased', producer, null, false],
    ['a producer approves nothing', 'definition-approved', producer, null, false],
    ['not even an administrator does', 'definition-approved', admin, null, false],
    ['a member who is no approver does not', 'definition-approved', asMember, member, false],
    ['an approver does', 'definition-approved', asMember, approver, true],
    ['history has approvals', 'definition-approved', backfill, null, true],
    ['but no signatures', 'review-signed', backfill, null, false],
    ['an approver signs', 'audit-signed', asMember, approver, true],
    ['finance plans', 'target-set', asMember, { ...member, function: 'finance' }, true],
    ['marketing does not', 'target-set', asMember, member, false],
    ['an excuse is decided by marketing or sales', 'sla-clock-excused', asMember, member, true],
    ['not by finance', 'sla-clock-excused', asMember, { ...member, function: 'finance' }, false],
    ['nobody creates keys by events', 'key-created', admin, approver, false],
    ['nor with a permission for it', 'tenant-went-live', asMember, { ...member, permissions: ['tenant-went-live'] }, false],
    ['profiles come with persons', 'person-profile', admin, null, false],
  ])('%s', (_name, type, caller, bound, allowed) => {
    expect(refusalOf(type, caller, bound, () => false) === null).toBe(allowed)
  })

  it('lets a delegate approve', () => {
    expect(refusalOf('definition-approved', asMember, member, () => true)).toBeNull()
  })
})

describe('OIDC', () => {
  const issuer = 'https://issuer.example'
  const setup = async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
    const sign = (claims: Record<string, unknown>, over: { issuer?: string; audience?: string; expires?: string } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuer(over.issuer ?? issuer)
        .setAudience(over.audience ?? 'accord')
        .setSubject('ada@example.com')
        .setExpirationTime(over.expires ?? '5m')
        .sign(privateKey)
    vi.stubGlobal('fetch', async (url: string | URL) =>
      String(url).endsWith('/jwks') ? Response.json({ keys: [jwk] }) : Response.json({ jwks_uri: `${issuer}/jwks` }),
    )
    cleanups.push(async () => vi.unstubAllGlobals())
    return { sign, verify: createOidcVerifier({ issuer, audience: 'accord' }, (input, init) => fetch(input, init)) }
  }

  it('takes tenant, member and scopes from the claims, and keeps an address out of the actor', async () => {
    const { sign, verify } = await setup()
    expect(await verify(await sign({ accord_tenant: 'acme', accord_member: 'ann', accord_scopes: 'read admin backfill' }))).toEqual({
      tenant: 'acme',
      actor: 'member:ann',
      keyName: 'oidc',
      scopes: ['read', 'admin'],
      member: 'ann',
    })
    const caller = await verify(await sign({ accord_tenant: 'acme' }))
    expect(caller).toMatchObject({ scopes: ['read'], member: null })
    expect(caller?.actor).toMatch(/^oidc:[0-9a-f]{32}$/)
  })

  it('refuses another issuer, audience, signature, an expired token and one without a tenant', async () => {
    const { sign, verify } = await setup()
    const good = await sign({ accord_tenant: 'acme' })
    const refused = [
      await sign({ accord_tenant: 'acme' }, { issuer: 'https://other.example' }),
      await sign({ accord_tenant: 'acme' }, { audience: 'other' }),
      await sign({ accord_tenant: 'acme' }, { expires: '-5m' }),
      await sign({}),
      `${good.slice(0, -8)}AAAAAAAA`,
      'a.b.c',
      'no token',
    ]
    for (const token of refused) expect(await verify(token)).toBeNull()
  })

  it('says that the issuer is away instead of refusing the token, and asks it again', async () => {
    const { sign } = await setup()
    const token = await sign({ accord_tenant: 'acme' })
    let away = true
    const verify = createOidcVerifier({ issuer, audience: 'accord' }, async (input, init) =>
      away ? new Response('', { status: 502 }) : fetch(input, init),
    )
    await expect(verify(token)).rejects.toBeInstanceOf(OidcUnavailable)
    away = false
    expect(await verify(token)).toMatchObject({ tenant: 'acme' })
  })
})
