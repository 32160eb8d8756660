import type { AvroType } from '../../schemas/avro.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'
import type { Envelope } from './envelope.ts'
import { absentValue } from './event-schema.ts'
import { dataFields, type DataField, describe } from './fields.ts'
import { isPlainObject, type Read, stringReader } from './formats.ts'
import { Refusal } from './problem.ts'
import { MAX_ITEMS, readingOf } from './reading.ts'

/** Anything that is refused here is read again by the zod schema, which says why. */
const NO = new Refusal('bad_value', 'refused')

type Reader = (value: unknown) => unknown

/** Fields of an event by name, for one type: writes into `target` what was given; false when something is wrong. */
type Compiled = {
  readonly read: (data: unknown, target: Record<string, unknown>) => boolean
  /** A new event of the type: the envelope, then every field with its default, in the schema's order; empty arrays and maps are shared and frozen. */
  readonly blank: (envelope: Envelope) => Record<string, unknown>
}

/**
 * The hot path: looks only at the fields that are there (a touch has 35, a producer sends ten), and builds no issues. It agrees with
 * `dataSchema` (a property test holds it to that) and is about four times as fast.
 */
export const compile = (type: EventType): Compiled => {
  const known = compiled.get(type)
  if (known !== undefined) return known
  const { read, defaults } = compileFields(dataFields(type))
  // One literal spread of one object is a copy by the engine; a second spread would go field by field, and was a third of all the work.
  const template: Record<string, unknown> = {
    type,
    event_id: '',
    tenant: '',
    occurred_at: 0,
    known_at: null,
    source: '',
    actor: '',
    ...defaults,
  }
  const blank = ({ event_id, tenant, occurred_at, known_at, source, actor }: Envelope): Record<string, unknown> => {
    const event = { ...template }
    event['event_id'] = event_id
    event['tenant'] = tenant
    event['occurred_at'] = occurred_at
    event['known_at'] = known_at
    event['source'] = source
    event['actor'] = actor
    return event
  }
  const made = { read, blank }
  compiled.set(type, made)
  return made
}
const compiled = new Map<EventType, Compiled>()

type CompiledField = { readonly read: Reader; readonly required: boolean; readonly nullable: boolean }

type CompiledFields = { readonly read: Compiled['read']; readonly defaults: Readonly<Record<string, unknown>> }

const compileFields = (fields: readonly DataField[]): CompiledFields => {
  const byName = new Map<string, CompiledField>()
  const defaults: Record<string, unknown> = {}
  let required = 0
  for (const data of fields) {
    byName.set(data.field.name, { read: fieldReader(data), required: data.required, nullable: data.nullable })
    const absent = data.required ? null : absentValue(data.field.default ?? null)
    defaults[data.field.name] = typeof absent === 'object' && absent !== null ? Object.freeze(absent) : absent
    if (data.required) required += 1
  }
  const read = (data: unknown, target: Record<string, unknown>): boolean => {
    if (!isPlainObject(data)) return false
    let given = 0
    for (const name of Object.keys(data)) {
      const field = byName.get(name)
      if (field === undefined) return false
      const value = data[name]
      if (value === null || value === undefined) {
        if (!field.required) continue // left out
        if (value === undefined || !field.nullable) return false
        target[name] = null
      } else {
        const result = field.read(value)
        if (result instanceof Refusal) return false
        target[name] = result
      }
      if (field.required) given += 1
    }
    return given === required
  }
  return { read, defaults }
}

const fieldReader = ({ type, field, isKey }: DataField): Reader =>
  type === 'string' ? ifText(stringReader(field, isKey)) : typeReader(type, field.format)

const typeReader = (type: AvroType, format: string | undefined): Reader => {
  const reading = readingOf(type, format)
  if (reading.kind === 'boolean') return value => (typeof value === 'boolean' ? value : NO)
  if (reading.kind === 'text') return ifText(reading.read)
  if (reading.kind === 'any') return reading.read
  if (reading.kind === 'array') return arrayReader(typeReader(reading.items, format))
  const { read, defaults } = compileFields(reading.fields.map(field => describe(field, false)))
  return value => {
    const target = { ...defaults }
    return read(value, target) ? target : NO
  }
}

const arrayReader =
  (item: Reader): Reader =>
  value => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) return NO
    const items: unknown[] = []
    for (const one of value) {
      const result = item(one)
      if (result instanceof Refusal) return NO
      items.push(result)
    }
    return items
  }

const ifText =
  (read: Read<string, unknown>): Reader =>
  value =>
    typeof value === 'string' ? read(value) : NO
