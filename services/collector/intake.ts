import { uuidv7 } from 'uuidv7'
import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, EventType } from '../../schemas/events/generated/types.ts'
import type { Access } from '../access/access.ts'
import type { Caller } from '../access/caller.ts'
import type { Secrets } from '../access/secrets.ts'
import { encodePosition } from '../domain/position.ts'
import type { Codec } from '../log/codec.ts'
import { CodecError } from '../log/codec-error.ts'
import { type EventLog, type LogAppend, LogError } from '../log/port.ts'
import { DEFAULT_TOPIC_PREFIX, type TopicNames } from '../log/topics.ts'
import { type CheckContext, type Checked, checkEvent } from './check.ts'
import { subjectOf } from './fields.ts'
import type { EventProblem, Rejection } from './problem.ts'

export type IntakeOptions = {
  readonly log: Pick<EventLog, 'append'>
  readonly codec: Pick<Codec, 'encode'>
  readonly access: Pick<Access, 'refusalOf' | 'member' | 'tenant' | 'backfillOf' | 'mirror' | 'note'>
  readonly secrets: Pick<Secrets, 'pseudonym'>
  readonly topics: TopicNames
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Encoded bytes that may wait for the log at a time; above it callers are told to slow down. Default 64 MiB. */
  readonly maxBytesInFlight?: number
  /** Told of every answer, for metrics; the codes of the rejections only, nothing of the events. */
  readonly onTaken?: (tenant: string, accepted: number, refusals: readonly EventProblem['code'][]) => void
}

export type TakeOptions = {
  /** Checks only: nothing is written. */
  readonly dryRun?: boolean
}

export type Taken = {
  readonly outcome: 'taken'
  /** Events, not records: what follows from an event is not counted. */
  readonly accepted: number
  readonly rejectedCount: number
  /** One item for each thing wrong; an event can have several. */
  readonly rejected: readonly Rejection[]
  /** Shows all accepted events when projected to it; null when none was written. */
  readonly position: string | null
  /** The same as ms since the epoch. */
  readonly appendedAt: number | null
}

/** Nothing, or only a part, was written: the same events may be sent again, their event_ids make it harmless. */
export type NotTaken = {
  readonly outcome: 'overloaded' | 'log_away'
  readonly retryAfterSeconds: number
}

export type Intake = {
  /**
   * The one door for events: HTTP, imports, the demo. Resolves when the log has them. The same event_id twice in one batch is fine.
   * Throws `LogError` when somebody has to act (`LOG_MISCONFIGURED`, `LOG_CLOSED`).
   */
  readonly take: (events: readonly unknown[], caller: Caller, options?: TakeOptions) => Promise<Taken | NotTaken>
}

/** Encoded size of one event; more is a document that belongs elsewhere. */
const MAX_EVENT_BYTES = 64 * 1024
/** What both sides sign is in its signature as a whole; a broker takes a message of a megabyte. */
const MAX_SIGNED_BYTES = 896 * 1024
const SIGNING: ReadonlySet<unknown> = new Set<EventType>(['review-signed', 'audit-signed'])
/** A definition is published as a whole, too: a score model brings some thousand parameters. */
const MAX_DEFINITION_BYTES = 256 * 1024
const maxBytesOf = (type: unknown): number =>
  SIGNING.has(type) ? MAX_SIGNED_BYTES : type === ('definition-published' satisfies EventType) ? MAX_DEFINITION_BYTES : MAX_EVENT_BYTES
const DEFAULT_MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024
const RETRY_OVERLOADED_SECONDS = 1
const RETRY_LOG_AWAY_SECONDS = 5

export const createIntake = ({
  log,
  codec,
  access,
  secrets,
  topics,
  now,
  maxBytesInFlight = DEFAULT_MAX_BYTES_IN_FLIGHT,
  onTaken,
}: IntakeOptions): Intake => {
  let bytesInFlight = 0
  const topicOf = new Map(Object.values(catalogue).map(({ topic }) => [topic, renamed(topic, topics)]))

  const contextOf = (caller: Caller): CheckContext => {
    const refusals = new Map<EventType, string | null>()
    return {
      tenant: caller.tenant,
      actor: caller.actor,
      source: caller.keyName,
      backfill: caller.scopes.includes('backfill'),
      nowMicros: now() * 1000,
      pseudonym: email => secrets.pseudonym(caller.tenant, email),
      newEventId: uuidv7,
      refusalOf: type => {
        let refusal = refusals.get(type)
        if (refusal === undefined) {
          refusal = access.refusalOf(type, caller)
          refusals.set(type, refusal)
        }
        return refusal
      },
      actors: { memberId: caller.member, find: memberId => access.member(caller.tenant, memberId) },
    }
  }

  const record = (event: AccordEvent): LogAppend => {
    const { topic } = catalogue[event.type]
    return { topic: topicOf.get(topic) ?? topic, key: `${event.tenant}\u001f${subjectFor(event)}`, value: codec.encode(event) }
  }

  /** The access topic keeps the last record of a member: of several in one batch an older one must not come after. */
  const mirrorOf = (event: AccordEvent, newest: Map<string, number>): LogAppend | null => {
    if (event.type !== 'member-changed' || (newest.get(event.member_id) ?? event.occurred_at) > event.occurred_at) return null
    newest.set(event.member_id, event.occurred_at)
    return access.mirror(event)
  }

  /** What one good event becomes in the log, in order. */
  const recordsOf = ({ event, links, profile }: Extract<Checked, { ok: true }>, newest: Map<string, number>): readonly LogAppend[] => {
    const mirrored = mirrorOf(event, newest)
    if (links.length === 0 && profile === null && mirrored === null && event.type !== 'person-erased') return [record(event)]
    return [
      record(event),
      ...links.map(record),
      ...(profile === null ? [] : [record(profile)]),
      ...(event.type === 'person-erased' ? [{ topic: topics.persons, key: `${event.tenant}\u001f${event.person_id}`, value: null }] : []),
      ...(mirrored === null ? [] : [mirrored]),
    ]
  }

  const append = async (records: readonly LogAppend[], bytes: number): Promise<number | NotTaken> => {
    if (bytesInFlight > 0 && bytesInFlight + bytes > maxBytesInFlight)
      return { outcome: 'overloaded', retryAfterSeconds: RETRY_OVERLOADED_SECONDS }
    bytesInFlight += bytes
    try {
      return (await log.append(records)).appendedAt
    } catch (error) {
      if (!(error instanceof LogError) || !error.retriable) throw error
      return error.code === 'LOG_OVERLOADED'
        ? { outcome: 'overloaded', retryAfterSeconds: RETRY_OVERLOADED_SECONDS }
        : { outcome: 'log_away', retryAfterSeconds: RETRY_LOG_AWAY_SECONDS }
    } finally {
      bytesInFlight -= bytes
    }
  }

  return {
    take: async (events, caller, { dryRun = false } = {}) => {
      if (bytesInFlight >= maxBytesInFlight) return { outcome: 'overloaded', retryAfterSeconds: RETRY_OVERLOADED_SECONDS }
      const context = contextOf(caller)
      const closed = closedTo(caller, access, dryRun)
      const rejected: Rejection[] = []
      const records: LogAppend[] = []
      const members: AccordEvent[] = []
      const newest = new Map<string, number>()
      let accepted = 0
      let bytes = 0
      for (const [index, raw] of events.entries()) {
        const checked = closed === null ? checkEvent(raw, context) : closed
        const outcome = checked.ok ? encoded(maxBytesOf(checked.event.type), () => recordsOf(checked, newest)) : checked
        if (!outcome.ok) {
          for (const { code, path, message } of outcome.problems) rejected.push({ index, code, path, message })
          continue
        }
        accepted += 1
        for (const made of outcome.records) {
          records.push(made)
          bytes += made.key.length + (made.value?.length ?? 0)
        }
        if (checked.ok && checked.event.type === 'member-changed') members.push(checked.event)
      }
      const rejectedCount = events.length - accepted
      const taken = (appendedAt: number | null): Taken => {
        onTaken?.(
          caller.tenant,
          accepted,
          rejected.map(({ code }) => code),
        )
        const position = appendedAt === null ? null : encodePosition(appendedAt)
        return { outcome: 'taken', accepted, rejectedCount, rejected, position, appendedAt }
      }
      if (dryRun || records.length === 0) return taken(null)
      const appended = await append(records, bytes)
      if (typeof appended !== 'number') return appended
      for (const event of members) access.note(event)
      return taken(appended)
    },
  }
}

const closedTo = (caller: Caller, access: IntakeOptions['access'], dryRun: boolean): Extract<Checked, { ok: false }> | null => {
  // A dry run may be for a tenant that the import itself would create.
  if (access.tenant(caller.tenant) === null) return dryRun ? null : no('not_permitted', `there is no tenant ${caller.tenant}`)
  if (!caller.scopes.includes('backfill') || access.backfillOf(caller.tenant) === 'open') return null
  return no('backfill_closed', `${caller.tenant} is live: history is closed until an administrator reopens it (accord live --reopen)`)
}

const no = (code: EventProblem['code'], message: string): Extract<Checked, { ok: false }> => ({
  ok: false,
  problems: [{ code, path: '', message }],
})

type Encoded = { readonly ok: true; readonly records: readonly LogAppend[] } | Extract<Checked, { ok: false }>

const encoded = (maxBytes: number, make: () => readonly LogAppend[]): Encoded => {
  try {
    const records = make()
    const largest = records.reduce((most, record) => Math.max(most, record.value?.length ?? 0), 0)
    return largest > maxBytes ? no('too_large', `expected an event of at most ${maxBytes / 1024} KiB`) : { ok: true, records }
  } catch (error) {
    if (error instanceof CodecError && error.code === 'CODEC_INVALID_EVENT') return no('bad_value', error.message)
    throw error
  }
}

const subjects = new Map<EventType, (event: object) => string>()
const subjectFor = (event: AccordEvent): string => {
  let subject = subjects.get(event.type)
  if (subject === undefined) {
    subject = subjectOf(event.type)
    subjects.set(event.type, subject)
  }
  return subject(event)
}

/** The catalogue has the default names of the topics; an installation may have its own prefix. */
const renamed = (topic: string, topics: TopicNames): string => {
  const prefix = topics.leads.slice(0, -'.leads.v1'.length)
  return prefix + topic.slice(DEFAULT_TOPIC_PREFIX.length)
}
