import type { AccordEvent, EventOf } from '../../schemas/events/generated/types.ts'
import type { Scope } from './caller.ts'
import type { Member } from './permissions.ts'

/** What is known of a key; the key itself is nowhere. */
export type KeyRecord = {
  readonly tenant: string
  readonly keyId: string
  readonly name: string
  readonly secretHash: string
  readonly scopes: readonly Scope[]
  readonly memberId: string | null
  readonly createdAtMicros: number
  readonly expiresAtMicros: number | null
  readonly revoked: boolean
}

/** `never`: no backfill was ever opened, `open`: one is, `live`: the last one has ended. */
export type BackfillState = 'never' | 'open' | 'live'

export type TenantRecord = { readonly tenant: string; readonly name: string }

/** All that `accord.access.v1` says, folded in the order of the log. */
type AccessState = {
  readonly tenants: Map<string, TenantRecord>
  readonly keys: Map<string, KeyRecord>
  readonly members: Map<string, Member & { readonly sinceMicros: number }>
  readonly backfills: Map<string, EventOf<'backfill-opened'> | EventOf<'tenant-went-live'>>
}

export const emptyState = (): AccessState => ({ tenants: new Map(), keys: new Map(), members: new Map(), backfills: new Map() })

export const memberKey = (tenant: string, memberId: string): string => `${tenant}\u001f${memberId}`

const SCOPES: readonly Scope[] = ['ingest', 'backfill', 'read', 'admin']

/** Changes `state` by one event; returns false for a type that has no business in the access topic. */
export const applyEvent = (state: AccessState, event: AccordEvent): boolean => {
  if (event.type === 'tenant-created') {
    if (!state.tenants.has(event.tenant)) state.tenants.set(event.tenant, { tenant: event.tenant, name: event.name })
  } else if (event.type === 'key-created') {
    // A key never comes back: its creation, sent again after the revocation, changes nothing.
    if (state.keys.get(event.key_id)?.revoked !== true) state.keys.set(event.key_id, keyRecord(event))
  } else if (event.type === 'key-revoked') {
    state.keys.set(event.key_id, revoked(state.keys.get(event.key_id), event))
  } else if (event.type === 'member-changed') {
    const key = memberKey(event.tenant, event.member_id)
    const known = state.members.get(key)
    if (known === undefined || known.sinceMicros <= event.occurred_at) state.members.set(key, memberRecord(event))
  } else if (event.type === 'backfill-opened' || event.type === 'tenant-went-live') {
    state.backfills.set(event.tenant, event)
  } else return false
  return true
}

const keyRecord = (event: EventOf<'key-created'>): KeyRecord => ({
  tenant: event.tenant,
  keyId: event.key_id,
  name: event.name,
  secretHash: event.secret_hash,
  scopes: SCOPES.filter(scope => event.scopes.includes(scope)),
  memberId: event.member_id === '' ? null : event.member_id,
  createdAtMicros: event.occurred_at,
  expiresAtMicros: event.expires_at,
  revoked: false,
})

/** After compaction only the revocation is left of a key: then nothing else is known of it. */
const revoked = (known: KeyRecord | undefined, event: EventOf<'key-revoked'>): KeyRecord => ({
  ...(known?.tenant === event.tenant ? known : { name: '', createdAtMicros: event.occurred_at, expiresAtMicros: null, memberId: null }),
  tenant: event.tenant,
  keyId: event.key_id,
  secretHash: '',
  scopes: [],
  revoked: true,
})

const memberRecord = (event: EventOf<'member-changed'>): Member & { readonly sinceMicros: number } => ({
  memberId: event.member_id,
  function: event.function,
  role: event.role,
  approver: event.approver,
  delegates: event.delegates,
  permissions: event.permissions,
  active: event.active,
  sinceMicros: event.occurred_at,
})
