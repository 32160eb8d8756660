import type { Moment } from './order.ts'
import { personNode, type Readers } from './recorded.ts'

/** What a person said that may be done from `occurredAt` on. `channel` '' is every channel, `expiresAt` (µs) null for ever. */
export type ConsentFact = Moment & {
  readonly person: string
  readonly purpose: string
  readonly channel: string
  readonly granted: boolean
  readonly expiresAt: number | null
}

export const consentReaders: Readers<ConsentFact> = {
  'consent-changed': ({ person_id, purpose, channel, granted, expires_at }, moment) => ({
    ...moment,
    person: personNode(person_id),
    purpose,
    channel,
    granted,
    expiresAt: expires_at,
  }),
}
