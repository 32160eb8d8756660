import { type AvroField, type AvroRecord, type AvroType, isOptional } from '../../schemas/avro.ts'
import { daysOf, decimalBytes } from './avro-values.ts'
import type { AvroWriter } from './avro-writer.ts'
import { CodecError } from './codec-error.ts'

type Write = (to: AvroWriter, value: unknown) => void

const INT_MAX = 2 ** 31 - 1
const LONG_MAX = 2n ** 63n - 1n

const invalid = (expected: string): CodecError => new CodecError('CODEC_INVALID_EVENT', `expected ${expected}`)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const writeString: Write = (to, value) => {
  // a lone surrogate has no UTF-8: it would come back as another string
  if (typeof value !== 'string' || !value.isWellFormed()) throw invalid('well-formed text')
  to.string(value)
}

const writeInt: Write = (to, value) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value > INT_MAX || value < -INT_MAX - 1) throw invalid('a 32-bit integer')
  to.integer(value)
}

const writeMicros: Write = (to, value) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalid('microseconds since the epoch as a safe integer')
  to.integer(value)
}

const writeLong: Write = (to, value) => {
  if (typeof value !== 'bigint' || value > LONG_MAX || value < -LONG_MAX - 1n) throw invalid('a 64-bit bigint')
  to.bigint(value)
}

const writeBoolean: Write = (to, value) => {
  if (typeof value !== 'boolean') throw invalid('true or false')
  to.boolean(value)
}

const writeBytes: Write = (to, value) => {
  if (!(value instanceof Uint8Array)) throw invalid('bytes')
  to.octets(value)
}

const writeDate: Write = (to, value) => {
  const days = typeof value === 'string' ? daysOf(value) : null
  if (days === null) throw invalid('a date as YYYY-MM-DD')
  to.integer(days)
}

const writeDecimal = (scale: number, precision: number): Write => {
  return (to, value) => {
    const bytes = typeof value === 'string' ? decimalBytes(value, scale, precision) : null
    if (bytes === null) throw invalid(`a decimal as text with up to ${scale} places and ${precision} digits`)
    to.octets(bytes)
  }
}

const writeArray = (writeItem: Write): Write => {
  return (to, value) => {
    if (!Array.isArray(value)) throw invalid('an array')
    if (value.length > 0) {
      to.integer(value.length)
      for (const item of value) writeItem(to, item)
    }
    to.integer(0)
  }
}

const writeMap = (writeValue: Write): Write => {
  return (to, value) => {
    if (!isObject(value)) throw invalid('an object')
    // in order of the keys: the same facts are the same bytes
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    if (entries.length > 0) {
      to.integer(entries.length)
      for (const [key, item] of entries) {
        writeString(to, key)
        writeValue(to, item)
      }
    }
    to.integer(0)
  }
}

const writeOptional = (write: Write): Write => {
  return (to, value) => {
    if (value === null) {
      to.integer(0)
      return
    }
    to.integer(1)
    write(to, value)
  }
}

const writerOf = (type: AvroType): Write => {
  if (isOptional(type)) return writeOptional(writerOf(type[1]))
  if (typeof type === 'string') {
    return { string: writeString, boolean: writeBoolean, int: writeInt, long: writeLong, bytes: writeBytes }[type]
  }
  if ('logicalType' in type) {
    if (type.logicalType === 'timestamp-micros') return writeMicros
    return type.logicalType === 'date' ? writeDate : writeDecimal(type.scale, type.precision)
  }
  if (type.type === 'array') return writeArray(writerOf(type.items))
  return type.type === 'map' ? writeMap(writerOf(type.values)) : encoderFor(type)
}

const withDefault = ({ type, default: value }: AvroField, write: Write): Write => {
  if (value === undefined) return write
  const stated = type === 'long' && typeof value === 'number' ? BigInt(value) : type === 'bytes' ? new Uint8Array() : value
  return (to, given) => write(to, given === undefined ? stated : given)
}

/** Writes objects as records of `schema`; a field that is undefined is written as its default. Throws `CodecError` `CODEC_INVALID_EVENT` with the field's path. */
export const encoderFor = (schema: AvroRecord): Write => {
  const steps = schema.fields.map(field => ({ name: field.name, write: withDefault(field, writerOf(field.type)) }))
  return (to, value) => {
    if (!isObject(value)) throw invalid('an object')
    let at = ''
    try {
      for (const { name, write } of steps) {
        at = name
        write(to, value[name])
      }
    } catch (error) {
      throw error instanceof CodecError ? error.within(at) : error
    }
  }
}
