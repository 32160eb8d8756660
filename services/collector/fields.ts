import { type AvroField, type AvroType, type EventSchema, isOptional } from '../../schemas/avro.ts'
import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'

/** The common fields come from the envelope and the credential, never from `data`. */
const COMMON_FIELDS: ReadonlySet<string> = new Set(['event_id', 'tenant', 'occurred_at', 'known_at', 'source', 'actor'])

/** One field of an event's `data`, as the checks see it. */
export type DataField = {
  readonly field: AvroField
  readonly type: Exclude<AvroType, readonly unknown[]>
  /** null is a value of its own. */
  readonly nullable: boolean
  /** Must be given. */
  readonly required: boolean
  /** Part of the record key: never empty, one line. */
  readonly isKey: boolean
}

/** Fields of `data` of one event type, in the schema's order. */
export const dataFields = (type: EventType): readonly DataField[] => fieldsOf(catalogue[type].schema, catalogue[type].key)

const fieldsOf = (schema: EventSchema, key: string): readonly DataField[] =>
  schema.fields.filter(field => !COMMON_FIELDS.has(field.name)).map(field => describe(field, key.includes(`{${field.name}}`)))

export const describe = (field: AvroField, isKey: boolean): DataField => {
  const nullable = isOptional(field.type)
  const type = isOptional(field.type) ? field.type[1] : field.type
  if (isOptional(type)) throw new RangeError(`${field.name}: an optional of an optional`)
  return { field, type, nullable, required: field.default === undefined, isKey: isKey && type === 'string' }
}

const KEY_PART = /\{([a-z0-9_]+)\}/g

/** Subject of an event by its type's key template. */
export const subjectOf = (type: EventType): ((event: object) => string) => {
  const template = catalogue[type].key
  const only = /^([^{}]*)\{([a-z0-9_]+)\}$/.exec(template)
  if (only !== null) {
    const [, prefix = '', name = ''] = only
    return event => prefix + String(Reflect.get(event, name))
  }
  return event => template.replaceAll(KEY_PART, (_match, name: string) => String(Reflect.get(event, name)))
}
