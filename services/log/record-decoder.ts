import { type AvroRecord, type AvroType, type EventSchema, isOptional } from '../../schemas/avro.ts'
import { backwardProblems } from '../../schemas/compatibility.ts'
import { eventOf, recordOf } from '../../schemas/events/generated/records.ts'
import type { AccordEvent, EventType } from '../../schemas/events/generated/types.ts'
import type { AvroReader } from './avro-reader.ts'
import { dateText, decimalText } from './avro-values.ts'
import { CodecError } from './codec-error.ts'

type Read = (from: AvroReader) => unknown
type Fields = Record<string, unknown>

const readDate: Read = from => {
  const text = dateText(from.integer())
  if (text === null) throw new CodecError('CODEC_GARBAGE', 'a date outside the years 1 to 9999')
  return text
}

const readArray = (readItem: Read): Read => {
  return from => {
    const items: unknown[] = []
    for (let count = from.blockCount(); count > 0; count = from.blockCount()) {
      for (let index = 0; index < count; index += 1) items.push(readItem(from))
    }
    return items
  }
}

const readMap = (readValue: Read): Read => {
  return from => {
    const entries: Fields = {}
    for (let count = from.blockCount(); count > 0; count = from.blockCount()) {
      for (let index = 0; index < count; index += 1) {
        const key = from.string()
        const value = readValue(from)
        // an assignment to __proto__ is no entry
        if (key === '__proto__') Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true })
        else entries[key] = value
      }
    }
    return entries
  }
}

const readOptional = (read: Read): Read => {
  return from => {
    const branch = from.integer()
    if (branch === 0) return null
    if (branch !== 1) throw new CodecError('CODEC_GARBAGE', 'a union branch that is not there')
    return read(from)
  }
}

/** `reader` decides what a value becomes, `writer` what the bytes are; they were found compatible before. */
const readerOf = (reader: AvroType, writer: AvroType): Read => {
  if (isOptional(writer)) return readOptional(readerOf(isOptional(reader) ? reader[1] : reader, writer[1]))
  if (isOptional(reader)) return readerOf(reader[1], writer)
  if (typeof reader === 'string') {
    if (reader === 'string') return from => from.string()
    if (reader === 'boolean') return from => from.boolean()
    if (reader === 'int') return from => from.integer()
    if (reader === 'long') return from => from.bigint()
    return from => from.octets()
  }
  if ('logicalType' in reader) {
    if (reader.logicalType === 'timestamp-micros') return from => from.integer()
    if (reader.logicalType === 'date') return readDate
    const { scale } = reader
    return from => decimalText(from.octets(), scale)
  }
  if (typeof writer !== 'string' && 'type' in writer) {
    if (reader.type === 'array' && writer.type === 'array') return readArray(readerOf(reader.items, writer.items))
    if (reader.type === 'map' && writer.type === 'map') return readMap(readerOf(reader.values, writer.values))
    if (reader.type === 'record' && writer.type === 'record') {
      // a record of the future is only read to get past it
      return recordReader(reader, writer, recordOf[reader.name] ?? (values => values))
    }
  }
  throw new RangeError(`no way to read ${JSON.stringify(writer)} as ${JSON.stringify(reader)}`)
}

const defaultOf = (type: AvroType, value: unknown): unknown => {
  if (type === 'long' && typeof value === 'number') return BigInt(value)
  if (type === 'bytes') return new Uint8Array()
  return value
}

const recordReader = <R>(reader: AvroRecord, writer: AvroRecord, build: (values: readonly unknown[]) => R): ((from: AvroReader) => R) => {
  // one step a written field; a field that we do not have any more is read and dropped
  const steps = writer.fields.map(written => {
    const at = reader.fields.findIndex(field => field.name === written.name)
    const field = reader.fields[at]
    return { name: written.name, at, read: readerOf(field === undefined ? written.type : field.type, written.type) }
  })
  const template = reader.fields.map(field => (field.default === undefined ? null : defaultOf(field.type, field.default)))
  const empty = reader.fields.flatMap((field, at) => {
    const missing = steps.every(step => step.at !== at) && typeof field.default === 'object' && field.default !== null
    return missing ? [{ at, make: Array.isArray(field.default) ? () => [] : () => ({}) }] : []
  })
  return from => {
    const values = template.slice()
    let index = 0
    try {
      for (; index < steps.length; index += 1) {
        const step = steps[index]
        if (step === undefined) break
        const value = step.read(from)
        if (step.at >= 0) values[step.at] = value
      }
    } catch (error) {
      throw error instanceof CodecError ? error.within(steps[index]?.name ?? '') : error
    }
    for (const { at, make } of empty) values[at] = make()
    return build(values)
  }
}

/**
 * Reads records that were written with `writer` as events of `type`, the current `reader`'s fields and defaults, `type` first.
 * Throws `CodecError` `CODEC_INCOMPATIBLE_SCHEMA` when that cannot be.
 */
export const decoderFor = (type: EventType, reader: EventSchema, writer: AvroRecord): ((from: AvroReader) => AccordEvent) => {
  const problems = backwardProblems(reader, writer)
  if (problems.length > 0) throw new CodecError('CODEC_INCOMPATIBLE_SCHEMA', `${type}: ${problems.join('; ')}`)
  return recordReader<AccordEvent>(reader, writer, eventOf[type])
}
