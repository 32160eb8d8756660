import { eventTypes, isEventType } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, EventOf, EventType } from '../../schemas/events/generated/types.ts'
import { type Actors, bindActor } from './acting.ts'
import { compile } from './compiled.ts'
import { absurd, type EnvelopeContext, LATEST_AHEAD_MICROS, readEnvelope } from './envelope.ts'
import { dataSchema } from './event-schema.ts'
import { isPlainObject } from './formats.ts'
import { problemsOf } from './issues.ts'
import { nearest } from './nearest.ts'
import { documentProblems, personalProblems, scrub, scrubText, SPLIT_TYPES, splitProfile } from './personal.ts'
import type { EventProblem } from './problem.ts'
import { readProfile } from './profile.ts'
import { publishedProblems } from './published.ts'
import { senseProblem } from './sense.ts'

export type CheckContext = EnvelopeContext & {
  /** Null when the caller may send the type, else what would be needed. */
  readonly refusalOf: (type: EventType) => string | null
  readonly actors: Actors
}

export type Checked =
  | {
      readonly ok: true
      readonly event: AccordEvent
      /** What follows from it: links of e-mail addresses to the person. */
      readonly links: readonly EventOf<'identity-linked'>[]
      /** The person's data, for the persons topic alone. */
      readonly profile: EventOf<'person-profile'> | null
    }
  | { readonly ok: false; readonly problems: readonly EventProblem[] }

/**
 * One event as it came from outside → what the log gets, or every reason why not. Pure but for `newEventId`. Raw addresses are replaced
 * before anything else looks at a field, so neither the log nor an error message can hold one.
 */
export const checkEvent = (raw: unknown, context: CheckContext): Checked => {
  if (!isPlainObject(raw)) return refused('not_an_event', '', 'expected an object with type, occurred_at and data')
  const { type } = raw
  if (typeof type !== 'string' || !isEventType(type)) return unknownType(type, context)
  const notPermitted = context.refusalOf(type)
  if (notPermitted !== null) return refused('not_permitted', 'type', `${type} ${notPermitted}`)

  const problems: EventProblem[] = []
  const envelope = readEnvelope(type, raw, context, problems)
  const given = raw['data'] ?? {}
  if (!isPlainObject(given)) return refused('wrong_type', 'data', 'expected an object with the fields of the event')
  const split = SPLIT_TYPES.has(type) ? splitProfile(given) : null
  if (split !== null) problems.push(...split.problems)
  const data = scrub(split === null ? given : split.data, context.pseudonym)
  if (isPlainObject(data)) problems.push(...personalProblems(type, data), ...documentProblems(type, given))

  const { blank, read: readFields } = compile(type)
  const event = blank(envelope)
  if (!readFields(data, event)) {
    const result = dataSchema(type).safeParse(data)
    if (result.success) Object.assign(event, result.data)
    else problems.push(...problemsOf(type, data, result.error.issues))
  }
  if (problems.length === 0) {
    const problem =
      senseProblem(type, event) ?? touchedAtProblem(event, context) ?? (context.backfill ? null : bindActor(type, event, context.actors))
    if (problem !== null) problems.push(problem)
    else if (type === 'definition-published') problems.push(...publishedProblems(event))
  }
  if (problems.length > 0) return { ok: false, problems }
  if (split === null || split.profile === null) return { ok: true, event: asEvent(event), links: [], profile: null }
  const read = readProfile(envelope, String(event['person_id']), split.profile, context)
  if (!read.ok) return read
  if (read.email !== null) Object.assign(event, { email_domain: read.email.domain, email_hash: read.email.hash })
  return { ok: true, event: asEvent(event), links: read.links, profile: read.profile }
}

const asEvent = (fields: unknown): AccordEvent => {
  if (!isEvent(fields)) throw new TypeError('the schema of an event does not give an event')
  return fields
}

/** Its fields were just read one by one by the schemas that the types are generated from. */
const isEvent = (fields: unknown): fields is AccordEvent =>
  isPlainObject(fields) && typeof fields['type'] === 'string' && isEventType(fields['type'])

const refused = (code: EventProblem['code'], path: string, message: string): Checked => ({ ok: false, problems: [{ code, path, message }] })

const unknownType = (type: unknown, { pseudonym }: CheckContext): Checked => {
  if (typeof type !== 'string')
    return refused(type === undefined ? 'missing_field' : 'wrong_type', 'type', 'expected the event type, like touch-recorded')
  const near = nearest(type, eventTypes)
  return refused(
    'unknown_type',
    'type',
    `unknown event type ${JSON.stringify(scrubText(type, pseudonym).slice(0, 64))}${near === null ? '' : `; did you mean ${near}?`}`,
  )
}

const touchedAtProblem = (event: Readonly<Record<string, unknown>>, { nowMicros }: CheckContext): EventProblem | null => {
  const touchedAt = event['touched_at']
  return typeof touchedAt === 'number' ? absurd(touchedAt, nowMicros + LATEST_AHEAD_MICROS, 'data.touched_at') : null
}
