import { z } from 'zod'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, operation } from './operation.ts'
import { untilShown } from './until-shown.ts'

const ACTOR = 'key:command-line'
const Tenant = z.string().default(DEFAULT_TENANT)

/** Ends a backfill, or opens another one. */
export const live = operation({
  name: 'live',
  input: z.object({ tenant: Tenant, reopen: z.boolean().default(false), wait: z.boolean().default(true) }),
  needs: 'figures',
  run: async ({ tenant, reopen, wait }, workplace) => {
    const access = await workplace.installation.access()
    if (reopen) {
      const opened = await access.openBackfill(tenant, { actor: ACTOR, reason: 'accord live --reopen', reopen: true })
      if (!opened.ok) throw new Refused(opened.error.message)
      return { tenant, backfill: 'open' as const, live_from: null }
    }
    const ended = await access.goLive(tenant, { actor: ACTOR, note: 'accord live' })
    if (!ended.ok) throw new Refused(ended.error.message)
    if (wait) await untilShown(ended.value, workplace)
    return { tenant, backfill: 'live' as const, live_from: new Date(ended.value).toISOString() }
  },
})

const Scopes = z.array(z.enum(['ingest', 'backfill', 'read', 'admin'])).min(1)

/** A key is shown here and never again. */
export const createKey = operation({
  name: 'keys-create',
  input: z.object({
    tenant: Tenant,
    name: z.string(),
    scopes: Scopes,
    member: z.string().nullable().default(null),
    expires: z.iso.date().nullable().default(null),
  }),
  needs: 'log',
  run: async ({ tenant, name, scopes, member, expires }, { installation }) => {
    const access = await installation.access()
    const created = await access.createTenant(tenant, tenant, ACTOR)
    if (!created.ok) throw new Refused(created.error.message)
    const expiresAtMs = expires === null ? null : Date.parse(`${expires}T00:00:00Z`)
    if (expiresAtMs !== null && expiresAtMs <= Date.now()) throw new Refused(`--expires: expected a day to come, got ${expires}`)
    const key = await access.createKey({ tenant, name, scopes, member, expiresAtMs, actor: ACTOR })
    if (!key.ok) throw new Refused(key.error.message)
    return { tenant, key_id: key.value.keyId, name, scopes, member, key: key.value.text }
  },
})

export const listKeys = operation({
  name: 'keys-list',
  input: z.object({ tenant: z.string().nullable().default(null) }),
  needs: 'log',
  run: async ({ tenant }, { installation }) => {
    const access = await installation.access()
    const tenants = tenant === null ? access.tenants().map(known => known.tenant) : [tenant]
    return tenants.flatMap(name =>
      access.keys(name).map(key => ({
        tenant: name,
        key_id: key.keyId,
        name: key.name,
        scopes: key.scopes,
        member: key.memberId,
        revoked: key.revoked,
        expires_at: key.expiresAtMicros === null ? null : new Date(key.expiresAtMicros / 1_000).toISOString(),
      })),
    )
  },
})

export const revokeKey = operation({
  name: 'keys-revoke',
  input: z.object({ tenant: z.string().nullable().default(null), keyId: z.string(), reason: z.string().default('') }),
  needs: 'log',
  run: async ({ tenant, keyId, reason }, { installation }) => {
    const access = await installation.access()
    const owner = tenant ?? access.tenants().find(known => access.keys(known.tenant).some(key => key.keyId === keyId))?.tenant
    if (owner === undefined) throw new Refused(`there is no key ${keyId}`)
    const revoked = await access.revokeKey(owner, keyId, reason, ACTOR)
    if (!revoked.ok) throw new Refused(revoked.error.message)
    return { tenant: owner, key_id: keyId, revoked: true }
  },
})
