/** The part of Avro that event schemas use. `schemas/check.ts` refuses anything else. */

export type AvroType = AvroPrimitive | AvroLogical | AvroArray | AvroMap | AvroRecord | AvroOptional
export type AvroPrimitive = 'string' | 'boolean' | 'int' | 'long' | 'bytes'
export type AvroLogical =
  | { readonly type: 'long'; readonly logicalType: 'timestamp-micros' }
  | { readonly type: 'int'; readonly logicalType: 'date' }
  | { readonly type: 'bytes'; readonly logicalType: 'decimal'; readonly precision: number; readonly scale: number }
export type AvroArray = { readonly type: 'array'; readonly items: AvroType }
export type AvroMap = { readonly type: 'map'; readonly values: AvroType }
export type AvroOptional = readonly ['null', AvroType]

export type AvroDefault = null | string | boolean | number | readonly [] | Readonly<Record<string, never>>

export type AvroField = {
  readonly name: string
  readonly type: AvroType
  readonly doc?: string
  /** Absent: producers must give the field. */
  readonly default?: AvroDefault
  /** What a string is, beyond text: `node`, `currency` (ISO 4217), `url`, `json`, `zone` (IANA), `country`, `domain`, `email`, `event-id`. */
  readonly format?: string
  /** Closed set of values of a string. */
  readonly values?: readonly string[]
}

export type AvroRecord = {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

/** The schema of an event type: a record that knows its topic and what it is keyed by. */
export type EventSchema = AvroRecord & {
  readonly topic: string
  /** Template of the subject: `{deal_id}`, `person:{person_id}`. */
  readonly key: string
}

/** A `.avsc` file, by event type (the file's name). */
export type NamedSchema = { readonly type: string; readonly schema: EventSchema }
/** A snapshot of a schema that events were, or may have been, written with. */
export type ReleasedSchema = NamedSchema & { readonly version: number }

export const isOptional = (type: AvroType): type is AvroOptional => Array.isArray(type)

/** Full name of the record, as in the registry's subjects. */
export const fullName = (schema: AvroRecord): string =>
  schema.namespace === undefined ? schema.name : `${schema.namespace}.${schema.name}`

/** `touch-recorded` → `TouchRecorded`. */
export const recordName = (type: string): string =>
  type
    .split('-')
    .map(part => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
