import type { Moment } from './order.ts'
import { accountNode, personNode, type Readers } from './recorded.ts'

/** `identity` was said to be `target` (nodes) from `validFrom` until before `validTo` (µs), or that was taken back (`on` = false). */
export type LinkFact = Moment & {
  readonly identity: string
  readonly target: string
  readonly on: boolean
  /** null: since ever. */
  readonly validFrom: number | null
  /** null: for ever. */
  readonly validTo: number | null
}

/** The business email domain of a person, or the domains of an account; none where they were cleared. */
export type DomainFact = Moment & { readonly node: string; readonly domains: readonly string[] }

export const linkReaders: Readers<LinkFact> = {
  'identity-linked': ({ identity, target, valid_from, valid_to }, moment) => ({
    ...moment,
    identity,
    target,
    on: true,
    validFrom: valid_from,
    validTo: valid_to,
  }),
  // taken back as if it had never been, so it has no times of its own
  'identity-unlinked': ({ identity, target }, moment) => ({ ...moment, identity, target, on: false, validFrom: null, validTo: null }),
}

/** An empty field says nothing, unless the event names it among those that it clears. */
export const domainReaders: Readers<DomainFact> = {
  'person-created': (event, moment) =>
    event.email_domain === '' ? null : { ...moment, node: personNode(event.person_id), domains: [event.email_domain] },
  'person-updated': (event, moment) => {
    const node = personNode(event.person_id)
    if (event.email_domain !== '') return { ...moment, node, domains: [event.email_domain] }
    return event.cleared.includes('email_domain') ? { ...moment, node, domains: [] } : null
  },
  'account-updated': (event, moment) =>
    event.domains.length > 0 || event.cleared.includes('domains')
      ? { ...moment, node: accountNode(event.account_id), domains: event.domains }
      : null,
}
