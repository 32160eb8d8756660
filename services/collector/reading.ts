import type { AvroField, AvroType } from '../../schemas/avro.ts'
import { decimalReader, itemReader, type Read, readDate, readInstant, readInt, readLong, readMap } from './formats.ts'

export const MAX_ITEMS = 1000

/** How a value of an Avro type is read from JSON: the one table behind the zod schemas and the compiled path. */
export type Reading =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text'; readonly read: Read<string, unknown> }
  | { readonly kind: 'any'; readonly read: Read<unknown, unknown> }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'record'; readonly fields: readonly AvroField[] }

/** Throws `RangeError` for what no producer can send (raw bytes). */
export const readingOf = (type: AvroType, format: string | undefined): Reading => {
  if (type === 'boolean') return { kind: 'boolean' }
  if (type === 'string') return { kind: 'text', read: itemReader(format) }
  if (type === 'int') return { kind: 'any', read: readInt }
  if (type === 'long') return { kind: 'any', read: readLong }
  if (type === 'bytes' || !('type' in type)) throw new RangeError('events from outside hold neither raw bytes nor unions inside arrays')
  if ('logicalType' in type) {
    if (type.logicalType === 'decimal') return { kind: 'any', read: decimalReader(type.precision, type.scale) }
    return { kind: 'text', read: type.logicalType === 'date' ? readDate : readInstant }
  }
  if (type.type === 'array') return { kind: 'array', items: type.items }
  if (type.type === 'map') return { kind: 'any', read: readMap }
  return { kind: 'record', fields: type.fields }
}
