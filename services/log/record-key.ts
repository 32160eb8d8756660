import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import type { EventType, WritableEvent } from '../../schemas/events/generated/types.ts'

/** Between tenant and subject: no identifier has it. */
const SEPARATOR = '\u001f'

type SubjectOf = (event: WritableEvent) => string

const fieldText = (event: WritableEvent, name: string): string => {
  const value: unknown = Reflect.get(event, name)
  if (typeof value !== 'string' || value === '') throw new RangeError(`${event.type}: ${name} decides the key and has to be given`)
  return value
}

const compile = (template: string): SubjectOf => {
  const parts = template.split(/\{([a-z0-9_]+)\}/) // text, name, text, name … text
  const [before = '', name = '', after = ''] = parts
  if (parts.length === 3) return event => before + fieldText(event, name) + after
  return event => parts.map((part, index) => (index % 2 === 0 ? part : fieldText(event, part))).join('')
}

const subjects = new Map<EventType, SubjectOf>(eventTypes.map(type => [type, compile(catalogue[type].key)]))

/**
 * What an event is about: a node for touches and identities, `person:<id>`, `account:<id>`, `member:<id>`, otherwise the thing's own id.
 * Throws `RangeError` when the field that says so is empty.
 */
export const subjectOf = (event: WritableEvent): string => {
  const subject = subjects.get(event.type)
  if (subject === undefined) throw new RangeError(`no such event type: ${event.type}`)
  return subject(event)
}

/** Key of the record in the log: facts about one thing of one tenant lie in one partition, in order. */
export const recordKey = (tenant: string, subject: string): string => tenant + SEPARATOR + subject

/** Tenant and subject of a record key, or null when it is none. */
export const parseRecordKey = (key: string): { readonly tenant: string; readonly subject: string } | null => {
  const at = key.indexOf(SEPARATOR)
  return at < 1 ? null : { tenant: key.slice(0, at), subject: key.slice(at + SEPARATOR.length) }
}
