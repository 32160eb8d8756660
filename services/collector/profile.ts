import { createHash } from 'node:crypto'
import type { EventOf } from '../../schemas/events/generated/types.ts'
import { businessDomain, EMAIL_RULE, isEmail } from './email.ts'
import type { Envelope, EnvelopeContext } from './envelope.ts'
import { dataSchema } from './event-schema.ts'
import { isPlainObject } from './formats.ts'
import { problemsOf } from './issues.ts'
import type { EventProblem } from './problem.ts'

type ReadProfile =
  | {
      readonly ok: true
      /** The person's data, for the persons topic alone. */
      readonly profile: EventOf<'person-profile'>
      /** Ties each address, as a pseudonym, to the person. */
      readonly links: readonly EventOf<'identity-linked'>[]
      /** What of the main address may stay in the event; null where none came. */
      readonly email: { readonly domain: string; readonly hash: string } | null
    }
  | { readonly ok: false; readonly problems: readonly EventProblem[] }

/** The personal fields of one person event → the whole profile. What is not given is empty: the topic keeps the last record only. */
export const readProfile = (
  envelope: Envelope,
  personId: string,
  given: Readonly<Record<string, unknown>>,
  { pseudonym }: EnvelopeContext,
): ReadProfile => {
  const data = { ...given, person_id: personId }
  const result = dataSchema('person-profile').safeParse(data)
  if (!result.success) return { ok: false, problems: problemsOf('person-profile', data, result.error.issues) }
  const profile: unknown = { ...envelope, ...result.data, type: 'person-profile' }
  if (!isProfile(profile)) throw new TypeError('the schema of person-profile does not give a profile')
  const wrong = profile.other_emails.findIndex(address => !isEmail(address))
  if (wrong !== -1) {
    return {
      ok: false,
      problems: [{ code: 'bad_value', path: `data.other_emails.${wrong}`, message: 'expected an e-mail address, like ada@example.com' }],
    }
  }
  const main = profile.email === '' ? null : pseudonym(profile.email)
  const all = [...(main === null ? [] : [main]), ...profile.other_emails.map(pseudonym)]
  return {
    ok: true,
    profile,
    links: [...new Set(all)].map(identity => emailLink(envelope, identity, personId)),
    email: main === null ? null : { domain: businessDomain(profile.email), hash: main.slice('email:'.length) },
  }
}

const isProfile = (value: unknown): value is EventOf<'person-profile'> =>
  isPlainObject(value) && typeof value['email'] === 'string' && Array.isArray(value['other_emails'])

const [RULE_NAME = '', RULE_VERSION = ''] = EMAIL_RULE.split('@')

/** The same source event makes the same link, with the same id, however often it is sent. */
const emailLink = (envelope: Envelope, pseudonym: string, personId: string): EventOf<'identity-linked'> => ({
  ...envelope,
  type: 'identity-linked',
  event_id: `email-link:${createHash('sha256').update(`${envelope.event_id}\u001f${pseudonym}\u001f${personId}`).digest('hex').slice(0, 40)}`,
  identity: pseudonym,
  target: `person:${personId}`,
  rule: RULE_NAME,
  rule_version: RULE_VERSION,
  confidence_ppm: 1_000_000,
  valid_from: null,
  valid_to: null,
})
