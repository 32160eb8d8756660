import type { EventType } from '../../schemas/events/generated/types.ts'
import type { Caller } from './caller.ts'

/** A member as of now, as far as permission goes. */
export type Member = {
  readonly memberId: string
  readonly function: string
  readonly role: string
  readonly approver: boolean
  readonly delegates: readonly string[]
  /** Event types that this member may send beyond those of the role. */
  readonly permissions: readonly string[]
  readonly active: boolean
}

/**
 * Who may send an event type:
 * - `facts`: producers (ingest), a backfill, administrators
 * - `planning`: as facts, and members who plan: operations, finance, executive
 * - `working`: as facts, and any active member
 * - `running`: administrators, a backfill, members of operations: these change who counts and what is counted
 * - `agreeing`: any active member, a backfill, administrators
 * - `approving`: a member who approves for the function or is the delegate of one, a backfill
 * - `signing`: such a member, in person, never a backfill
 * - `deciding`: any active member of marketing or sales, a backfill
 * - `system`: administrators, which Accord's own services are, and a backfill
 * - `command`: nobody through events; commands of Accord write them
 */
type Permission = 'facts' | 'planning' | 'working' | 'running' | 'agreeing' | 'approving' | 'signing' | 'deciding' | 'system' | 'command'

const PERMISSIONS: { readonly [T in EventType]: Permission } = {
  'account-merged': 'facts',
  'account-parent-changed': 'facts',
  'account-plan-set': 'working',
  'account-unmerged': 'facts',
  'account-updated': 'facts',
  'activity-planned': 'working',
  'audit-signed': 'signing',
  'backfill-opened': 'command',
  'campaign-alias-added': 'working',
  'campaign-alias-removed': 'working',
  'campaign-audience-added': 'working',
  'campaign-audience-removed': 'working',
  'campaign-cancelled': 'working',
  'campaign-changed': 'working',
  'campaign-planned': 'working',
  'commitment-changed': 'agreeing',
  'commitment-made': 'agreeing',
  'consent-changed': 'facts',
  'content-published': 'working',
  'content-retired': 'working',
  'crm-snapshot-taken': 'facts',
  'dead-letter': 'command',
  'deal-account-changed': 'facts',
  'deal-amount-changed': 'facts',
  'deal-attributes-changed': 'facts',
  'deal-close-date-changed': 'facts',
  'deal-closed': 'facts',
  'deal-contact-linked': 'facts',
  'deal-contact-unlinked': 'facts',
  'deal-created': 'facts',
  'deal-deleted': 'facts',
  'deal-forecast-category-changed': 'facts',
  'deal-merged': 'facts',
  'deal-owner-changed': 'facts',
  'deal-reopened': 'facts',
  'deal-split-changed': 'facts',
  'deal-stage-changed': 'facts',
  'definition-approved': 'approving',
  'definition-published': 'agreeing',
  'definition-refused': 'approving',
  'feedback-recorded': 'working',
  'finance-input-recorded': 'planning',
  'forecast-call-submitted': 'working',
  'fx-rate-recorded': 'planning',
  'identity-linked': 'facts',
  'identity-unlinked': 'facts',
  'key-created': 'command',
  'key-revoked': 'command',
  'lead-accepted': 'working',
  'lead-assigned': 'working',
  'lead-converted': 'working',
  'lead-created': 'facts',
  'lead-disqualified': 'working',
  'lead-recycled': 'working',
  'lead-rejected': 'working',
  'lead-stage-changed': 'working',
  'meeting-held': 'agreeing',
  'member-changed': 'running',
  'notice-sent': 'system',
  'person-created': 'facts',
  'person-erased': 'running',
  'person-merged': 'facts',
  'person-profile': 'command',
  'person-unmerged': 'facts',
  'person-updated': 'facts',
  'record-excluded': 'running',
  'review-noted': 'agreeing',
  'review-signed': 'signing',
  'score-recorded': 'facts',
  'sla-clock-excused': 'deciding',
  'sla-escalated': 'system',
  'spend-recorded': 'planning',
  'spend-restated': 'planning',
  'subscription-changed': 'facts',
  'subscription-ended': 'facts',
  'subscription-started': 'facts',
  'target-set': 'planning',
  'tenant-configured': 'running',
  'tenant-created': 'command',
  'tenant-went-live': 'command',
  'touch-corrected': 'facts',
  'touch-recorded': 'working',
  'touch-retracted': 'facts',
  'training-completed': 'facts',
  'view-removed': 'agreeing',
  'view-saved': 'agreeing',
}

const PLANNERS: readonly string[] = ['operations', 'finance', 'executive']

type Asking = {
  readonly facts: boolean
  readonly admin: boolean
  readonly backfill: boolean
  readonly member: Member | null
  readonly approves: () => boolean
}
type Rule = { readonly allows: (asking: Asking) => boolean; readonly otherwise: string }

const RULES: { readonly [P in Permission]: Rule } = {
  facts: { allows: asking => asking.facts, otherwise: 'needs a key with the scope ingest' },
  planning: {
    allows: ({ facts, member }) => facts || isOf(member, PLANNERS),
    otherwise: 'needs a key with the scope ingest, or a member of operations, finance or executive',
  },
  working: {
    allows: ({ facts, member }) => facts || member !== null,
    otherwise: 'needs a key with the scope ingest, or a key of an active member',
  },
  running: {
    allows: ({ admin, backfill, member }) => admin || backfill || isOf(member, ['operations']),
    otherwise: 'needs the scope admin, or a member of operations',
  },
  agreeing: {
    allows: ({ admin, backfill, member }) => admin || backfill || member !== null,
    otherwise: 'needs a key of an active member: producers do not make agreements',
  },
  approving: {
    allows: ({ backfill, approves }) => backfill || approves(),
    otherwise: 'needs a key of an approver or of the delegate of one',
  },
  signing: { allows: ({ approves }) => approves(), otherwise: 'needs a key of an approver or of the delegate of one: nobody else signs' },
  deciding: {
    allows: ({ backfill, member }) => backfill || isOf(member, ['marketing', 'sales']),
    otherwise: 'needs a key of a member of marketing or sales',
  },
  system: { allows: ({ admin, backfill }) => admin || backfill, otherwise: 'is written by Accord itself' },
  command: { allows: () => false, otherwise: 'is written by a command of Accord, not as an event' },
}

const isOf = (member: Member | null, functions: readonly string[]): boolean => member !== null && functions.includes(member.function)

/**
 * Null when the caller may send events of this type, else what would be needed. `member` is the one that the credential is bound
 * to (null: none, or not known any more), `isDelegate` whether an approver named that member.
 */
export const refusalOf = (type: EventType, caller: Caller, member: Member | null, isDelegate: () => boolean): string | null => {
  const permission = PERMISSIONS[type]
  const active = member?.active === true ? member : null
  if (permission !== 'command' && active?.permissions.includes(type) === true) return null
  if (type === 'person-profile') return 'is made from the personal fields of person-created and person-updated: send those'
  const { scopes } = caller
  const { allows, otherwise } = RULES[permission]
  const allowed = allows({
    facts: scopes.includes('ingest') || scopes.includes('backfill') || scopes.includes('admin'),
    admin: scopes.includes('admin'),
    backfill: scopes.includes('backfill'),
    member: active,
    approves: () => active !== null && (active.approver || isDelegate()),
  })
  return allowed ? null : otherwise
}
