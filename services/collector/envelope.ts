import type { EventType } from '../../schemas/events/generated/types.ts'
import { EVENT_ID, readInstant } from './formats.ts'
import { nearest } from './nearest.ts'
import { scrubText } from './personal.ts'
import { type EventProblem, Refusal } from './problem.ts'

/** What every event carries: from the producer, as far as it is the producer's to say, else from the credential. */
export type Envelope = {
  readonly type: EventType
  readonly event_id: string
  readonly tenant: string
  readonly occurred_at: number
  readonly known_at: number | null
  readonly source: string
  readonly actor: string
}

export type EnvelopeContext = {
  readonly tenant: string
  readonly actor: string
  /** Source of events that name none. */
  readonly source: string
  /** On a backfill credential events carry `known_at`; on any other it is refused. */
  readonly backfill: boolean
  readonly nowMicros: number
  /** `email:<hmac>` of an address of this tenant. */
  readonly pseudonym: (email: string) => string
  readonly newEventId: () => string
}

const ENVELOPE: readonly string[] = ['type', 'event_id', 'occurred_at', 'source', 'known_at', 'data']
const ENVELOPE_FIELDS: ReadonlySet<string> = new Set(ENVELOPE)
const EARLIEST_MICROS = Date.UTC(1990, 0, 1) * 1000
/** Clocks differ, and a date may be the end of a day elsewhere. */
export const LATEST_AHEAD_MICROS = 86_400_000_000

/** The envelope, with every problem of it added to `problems`; what could not be read has a value of its type. */
export const readEnvelope = (
  type: EventType,
  raw: Readonly<Record<string, unknown>>,
  context: EnvelopeContext,
  problems: EventProblem[],
): Envelope => {
  for (const name of Object.keys(raw)) {
    if (ENVELOPE_FIELDS.has(name)) continue
    const near = nearest(name, ENVELOPE)
    problems.push({
      code: 'unknown_field',
      path: scrubText(name, context.pseudonym).slice(0, 64),
      message: `unknown field${near === null ? '; fields of the event belong in data' : `; did you mean ${near}?`}`,
    })
  }
  const occurredAt = instantOf(raw['occurred_at'], 'occurred_at', problems)
  if (occurredAt !== null) push(problems, absurd(occurredAt, context.nowMicros + LATEST_AHEAD_MICROS, 'occurred_at'))
  return {
    type,
    event_id: eventIdOf(raw['event_id'], context, problems),
    tenant: context.tenant,
    occurred_at: occurredAt ?? 0,
    known_at: knownAtOf(raw['known_at'], occurredAt, context, problems),
    source: sourceOf(raw['source'], context, problems),
    actor: context.actor,
  }
}

const push = (problems: EventProblem[], problem: EventProblem | null): void => {
  if (problem !== null) problems.push(problem)
}

const instantOf = (value: unknown, path: string, problems: EventProblem[]): number | null => {
  if (value === undefined || value === null) {
    problems.push({ code: 'missing_field', path, message: `expected ${path}: when it happened, like 2026-03-01T09:30:00Z` })
    return null
  }
  const micros =
    typeof value === 'string' ? readInstant(value) : new Refusal('wrong_type', 'expected an instant as a text, like 2026-03-01T09:30:00Z')
  if (!(micros instanceof Refusal)) return micros
  problems.push({ code: micros.code, path, message: micros.message })
  return null
}

export const absurd = (micros: number, latest: number, path: string): EventProblem | null => {
  if (micros < EARLIEST_MICROS) return { code: 'absurd_date', path, message: 'expected an instant after 1990' }
  if (micros > latest) return { code: 'absurd_date', path, message: 'expected an instant that is not more than a day ahead' }
  return null
}

const eventIdOf = (value: unknown, { newEventId, pseudonym }: EnvelopeContext, problems: EventProblem[]): string => {
  if (value === undefined || value === null) return newEventId()
  const id = typeof value === 'string' ? scrubText(value, pseudonym) : ''
  if (!EVENT_ID.test(id))
    problems.push({ code: 'bad_event_id', path: 'event_id', message: 'expected 1 to 128 printable ASCII characters without blanks' })
  return id
}

const sourceOf = (value: unknown, { source, pseudonym }: EnvelopeContext, problems: EventProblem[]): string => {
  if (value === undefined || value === null) return source
  const name = typeof value === 'string' ? scrubText(value, pseudonym) : ''
  if (!/^[^\p{Cc}]{1,128}$/u.test(name) || !name.isWellFormed()) {
    problems.push({ code: 'bad_value', path: 'source', message: 'expected the name of a system, 1 to 128 characters' })
  }
  return name
}

/** On a backfill credential a missing `known_at` is `occurred_at`, as far as that is not ahead (design D4). */
const knownAtOf = (
  value: unknown,
  occurredAt: number | null,
  { backfill, nowMicros }: EnvelopeContext,
  problems: EventProblem[],
): number | null => {
  if (value === undefined || value === null) return backfill && occurredAt !== null ? Math.min(occurredAt, nowMicros) : null
  if (!backfill) {
    problems.push({
      code: 'backfill_only',
      path: 'known_at',
      message: 'expected no known_at: only a backfill key may say when something was known',
    })
    return null
  }
  const knownAt = instantOf(value, 'known_at', problems)
  if (knownAt === null) return null
  if (knownAt < EARLIEST_MICROS) push(problems, absurd(knownAt, nowMicros, 'known_at'))
  else if (knownAt > nowMicros)
    problems.push({
      code: 'absurd_date',
      path: 'known_at',
      message: 'expected an instant that is not ahead: nothing is known before it is known',
    })
  return knownAt
}
