import type { EventType } from '../../schemas/events/generated/types.ts'
import type { Member } from '../access/permissions.ts'
import type { EventProblem } from './problem.ts'

/** Events in which a member acts: who it is follows from the credential, never from the body (design D8). */
const ACTING: ReadonlySet<EventType> = new Set([
  'definition-published',
  'definition-approved',
  'definition-refused',
  'review-signed',
  'audit-signed',
  'review-noted',
  'sla-clock-excused',
  'view-saved',
  'view-removed',
])

/** The member of the credential, and the one acted for by name; null where the tenant knows no such member. */
export type Actors = { readonly memberId: string | null; readonly find: (memberId: string) => Member | null }

/** Writes the acting member and the function spoken for into the event, or says why they cannot be what the body claims. */
export const bindActor = (type: EventType, event: Record<string, unknown>, { memberId, find }: Actors): EventProblem | null => {
  if (!ACTING.has(type) || memberId === null) return null
  if (event['member_id'] !== '' && event['member_id'] !== memberId) {
    return { code: 'not_permitted', path: 'data.member_id', message: `expected ${memberId}, the member of the credential, or nothing` }
  }
  event['member_id'] = memberId
  if (!('function' in event)) return null
  const principal = typeof event['on_behalf_of'] === 'string' && event['on_behalf_of'] !== '' ? event['on_behalf_of'] : null
  if (principal !== null && find(principal)?.delegates.includes(memberId) !== true) {
    return { code: 'not_permitted', path: 'data.on_behalf_of', message: `expected a member who named ${memberId} as a delegate` }
  }
  const speaksFor = find(principal ?? memberId)?.function ?? ''
  if (event['function'] !== '' && event['function'] !== speaksFor) {
    return {
      code: 'not_permitted',
      path: 'data.function',
      message: `expected ${speaksFor || 'nothing'}: the function of the member who acts`,
    }
  }
  event['function'] = speaksFor
  return null
}
