import { uuidv7 } from 'uuidv7'
import type { AccordEvent, EventOf, EventType } from '../../schemas/events/generated/types.ts'
import type { Codec } from '../log/codec.ts'
import type { EventLog, LogAppend, LogRecord } from '../log/port.ts'
import type { TopicNames } from '../log/topics.ts'
import { hashApiKey, newApiKey, parseApiKey, verifyApiKey } from './api-key.ts'
import type { Caller, Scope } from './caller.ts'
import type { OidcVerifier } from './oidc.ts'
import { type Member, refusalOf } from './permissions.ts'
import type { Secrets } from './secrets.ts'
import { applyEvent, type BackfillState, emptyState, type KeyRecord, memberKey, type TenantRecord } from './state.ts'

type AccessOptions = {
  readonly log: EventLog
  readonly codec: Pick<Codec, 'encode' | 'decode'>
  readonly secrets: Secrets
  readonly topics: Pick<TopicNames, 'access' | 'definitions'>
  /** null: API keys only. */
  readonly oidc?: OidcVerifier | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Told of a record in the access topic that cannot be read; it is passed over. */
  readonly onUnreadable?: (record: Pick<LogRecord, 'partition' | 'offset'>, cause: unknown) => void
}

export type AccessRefusal = {
  readonly code: 'unknown_tenant' | 'bad_tenant' | 'bad_name' | 'bad_scopes' | 'unknown_key' | 'already_live' | 'no_backfill'
  readonly message: string
}
type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AccessRefusal }

type NewKey = {
  readonly tenant: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly member?: string | null
  readonly expiresAtMs?: number | null
  readonly actor: string
}

/** Tenants, keys, members and who may do what: the access topic, read whole at the start and followed. */
export type Access = {
  /** Who a bearer credential is; null when it is nobody. Rejects with `OidcUnavailable` when the issuer cannot be asked. */
  readonly authenticate: (bearer: string) => Promise<Caller | null>
  /** Null when the caller may send the type now, else what would be needed. */
  readonly refusalOf: (type: EventType, caller: Caller) => string | null
  readonly member: (tenant: string, memberId: string) => Member | null
  readonly tenant: (tenant: string) => TenantRecord | null
  readonly tenants: () => readonly TenantRecord[]
  readonly keys: (tenant: string) => readonly KeyRecord[]
  readonly backfillOf: (tenant: string) => BackfillState
  /** Whether anybody could authenticate at all: see `assertSafeBinding`. */
  readonly hasCredentials: () => boolean
  /** Creates the tenant; one that is there stays as it is. Names: lower case letters, digits, - and _. */
  readonly createTenant: (tenant: string, name: string, actor: string) => Promise<Outcome<TenantRecord>>
  /** The one time that the key can be read. A backfill key opens the backfill; after `tenant-went-live` it first has to be reopened. */
  readonly createKey: (key: NewKey) => Promise<Outcome<{ readonly keyId: string; readonly text: string }>>
  readonly revokeKey: (tenant: string, keyId: string, reason: string, actor: string) => Promise<Outcome<null>>
  /** `reopen`: although the tenant went live; only for an administrator, it moves `live_from`. */
  readonly openBackfill: (
    tenant: string,
    options: { readonly actor: string; readonly reason: string; readonly reopen: boolean },
  ) => Promise<Outcome<null>>
  /**
   * Ends the backfill. First the door is shut for every collector, then, `graceMs` later (2 s: followers learn within one), the fact that
   * dates `live_from` is written, so that no backfilled event comes after it. Running it again after a failure ends the same.
   * The value is the append time, ms, of `tenant-went-live`.
   */
  readonly goLive: (
    tenant: string,
    options: { readonly actor: string; readonly note: string; readonly graceMs?: number },
  ) => Promise<Outcome<number>>
  /** Copies for the access topic of events that permissions follow from, to append together with the events themselves. */
  readonly mirror: (event: AccordEvent) => LogAppend | null
  /** Applies at once what this process appended itself; the log brings it again. */
  readonly note: (event: AccordEvent) => void
  readonly close: () => Promise<void>
}

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/
const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/
const DEFAULT_GRACE_MS = 2000

/** Resolves when the access topic has been read to its end. Rejects with `LogError`. */
export const createAccess = async ({ log, codec, secrets, topics, oidc = null, now, onUnreadable }: AccessOptions): Promise<Access> => {
  const state = emptyState()
  const follower = await log.follow([topics.access], records => {
    for (const record of records) {
      if (record.value === null) continue
      try {
        applyEvent(state, codec.decode(record.value).event)
      } catch (cause) {
        onUnreadable?.({ partition: record.partition, offset: record.offset }, cause)
      }
    }
  })
  await follower.caughtUp

  const common = (tenant: string, actor: string) => ({
    event_id: uuidv7(),
    tenant,
    occurred_at: now() * 1000,
    known_at: null,
    source: 'accord',
    actor,
  })
  const record = (topic: string, key: string, event: AccordEvent): LogAppend => ({
    topic,
    key: `${event.tenant}\u001f${key}`,
    value: codec.encode(event),
  })
  const write = async (key: string, event: AccordEvent): Promise<void> => {
    await log.append([record(topics.access, key, event)])
    applyEvent(state, event)
  }
  const backfillOf = (tenant: string): BackfillState => {
    const last = state.backfills.get(tenant)
    if (last === undefined) return 'never'
    return last.type === 'backfill-opened' ? 'open' : 'live'
  }
  const unknownTenant = (tenant: string): Outcome<never> | null =>
    state.tenants.has(tenant) ? null : refuse('unknown_tenant', `there is no tenant ${tenant}`)

  const openBackfill: Access['openBackfill'] = async (tenant, { actor, reason, reopen }) => {
    const unknown = unknownTenant(tenant)
    if (unknown !== null) return unknown
    const before = backfillOf(tenant)
    if (before === 'open') return { ok: true, value: null }
    if (before === 'live' && !reopen) {
      return refuse(
        'already_live',
        `${tenant} is live: an administrator may reopen the backfill (accord live --reopen), which moves live_from`,
      )
    }
    const event: EventOf<'backfill-opened'> = { type: 'backfill-opened', ...common(tenant, actor), reason }
    // The fact goes first: nothing may be backfilled that the projection does not know to be a backfill.
    await log.append([record(topics.definitions, tenant, event)])
    await write(BACKFILL_KEY, event)
    return { ok: true, value: null }
  }

  return {
    authenticate: async bearer => {
      const parts = parseApiKey(bearer)
      if (parts === null) return oidc === null ? null : oidc(bearer)
      const key = state.keys.get(parts.id)
      if (key === undefined || key.revoked || !verifyApiKey(secrets, key.tenant, parts, key.secretHash)) return null
      if (key.expiresAtMicros !== null && key.expiresAtMicros <= now() * 1000) return null
      return {
        tenant: key.tenant,
        actor: key.memberId === null ? `key:${key.keyId}` : `member:${key.memberId}`,
        keyName: key.name,
        scopes: key.scopes,
        member: key.memberId,
      }
    },
    refusalOf: (type, caller) => {
      const member = caller.member === null ? null : (state.members.get(memberKey(caller.tenant, caller.member)) ?? null)
      return refusalOf(type, caller, member, () => member !== null && isDelegate(state.members, caller.tenant, member.memberId))
    },
    member: (tenant, memberId) => state.members.get(memberKey(tenant, memberId)) ?? null,
    tenant: tenant => state.tenants.get(tenant) ?? null,
    tenants: () => [...state.tenants.values()],
    keys: tenant => [...state.keys.values()].filter(key => key.tenant === tenant),
    backfillOf,
    hasCredentials: () => oidc !== null || [...state.keys.values()].some(key => !key.revoked),

    createTenant: async (tenant, name, actor) => {
      if (!TENANT.test(tenant))
        return refuse('bad_tenant', `expected lower case letters, digits, - and _, at most 63, got ${JSON.stringify(tenant)}`)
      const known = state.tenants.get(tenant)
      if (known !== undefined) return { ok: true, value: known }
      await write(tenant, { type: 'tenant-created', ...common(tenant, actor), name })
      return { ok: true, value: { tenant, name } }
    },

    createKey: async ({ tenant, name, scopes, member = null, expiresAtMs = null, actor }) => {
      const unknown = unknownTenant(tenant)
      if (unknown !== null) return unknown
      if (!KEY_NAME.test(name)) {
        return refuse('bad_name', 'expected a name of letters, digits, blanks, dots, - and _: it becomes the source of what the key sends')
      }
      if (scopes.length === 0) return refuse('bad_scopes', 'expected at least one of ingest, backfill, read, admin')
      if (scopes.includes('backfill') && scopes.includes('ingest')) {
        return refuse('bad_scopes', 'a key either backfills or ingests: what is known from before and what happens now must not mix')
      }
      if (scopes.includes('backfill')) {
        const opened = await openBackfill(tenant, { actor, reason: `key ${name}`, reopen: false })
        if (!opened.ok) return opened
      }
      const key = newApiKey()
      await write(key.id, {
        type: 'key-created',
        ...common(tenant, actor),
        key_id: key.id,
        name,
        secret_hash: hashApiKey(secrets, tenant, key),
        scopes,
        member_id: member ?? '',
        expires_at: expiresAtMs === null ? null : expiresAtMs * 1000,
      })
      return { ok: true, value: { keyId: key.id, text: key.text } }
    },

    revokeKey: async (tenant, keyId, reason, actor) => {
      if (state.keys.get(keyId)?.tenant !== tenant) return refuse('unknown_key', `there is no key ${keyId} of ${tenant}`)
      await write(keyId, { type: 'key-revoked', ...common(tenant, actor), key_id: keyId, reason })
      return { ok: true, value: null }
    },

    openBackfill,

    goLive: async (tenant, { actor, note, graceMs = DEFAULT_GRACE_MS }) => {
      const unknown = unknownTenant(tenant)
      if (unknown !== null) return unknown
      const last = state.backfills.get(tenant)
      if (last === undefined) return refuse('no_backfill', `${tenant} has no backfill to end`)
      const event: EventOf<'tenant-went-live'> =
        last.type === 'tenant-went-live' ? last : { type: 'tenant-went-live', ...common(tenant, actor), note }
      if (last.type !== 'tenant-went-live') await write(BACKFILL_KEY, event)
      await new Promise(resolve => setTimeout(resolve, graceMs))
      const { appendedAt } = await log.append([record(topics.definitions, tenant, event)])
      return { ok: true, value: appendedAt }
    },

    mirror: event => {
      if (event.type !== 'member-changed') return null
      const known = state.members.get(memberKey(event.tenant, event.member_id))
      // The topic keeps the last record of a member: an older state must not become it.
      return known !== undefined && known.sinceMicros > event.occurred_at ? null : record(topics.access, `member:${event.member_id}`, event)
    },
    note: event => {
      applyEvent(state, event)
    },
    close: () => follower.close(),
  }
}

/** Not a possible tenant or key id, so that compaction keeps them apart. */
const BACKFILL_KEY = 'state:backfill'

const refuse = (code: AccessRefusal['code'], message: string): Outcome<never> => ({ ok: false, error: { code, message } })

const isDelegate = (members: ReadonlyMap<string, Member>, tenant: string, memberId: string): boolean => {
  for (const [key, member] of members) {
    if (key.startsWith(`${tenant}\u001f`) && member.approver && member.active && member.delegates.includes(memberId)) return true
  }
  return false
}
