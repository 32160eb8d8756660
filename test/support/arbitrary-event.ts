import * as fc from 'fast-check'
import { type AvroRecord, type AvroType, isOptional } from '../../schemas/avro.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import { eventOf, recordOf } from '../../schemas/events/generated/records.ts'
import type { AccordEvent, EventType } from '../../schemas/events/generated/types.ts'

const LONG_MAX = 2n ** 63n - 1n

const anyDate = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map(date => date.toISOString().slice(0, 10))

const anyDecimal = (precision: number, scale: number): fc.Arbitrary<string> =>
  fc.bigInt(-(10n ** BigInt(precision)) + 1n, 10n ** BigInt(precision) - 1n).map(unscaled => {
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
    const places = digits.slice(digits.length - scale).replace(/0+$/, '')
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${places === '' ? '' : `.${places}`}`
  })

const anyText = fc.oneof(
  fc.constant(''),
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ minLength: 60, maxLength: 200 }),
)

const anyRecord = (record: AvroRecord): fc.Arbitrary<readonly unknown[]> =>
  fc.tuple(...record.fields.map(field => anyValue(field.type))).map(values => values)

const anyValue = (type: AvroType): fc.Arbitrary<unknown> => {
  if (isOptional(type)) return fc.oneof(fc.constant(null), anyValue(type[1]))
  if (typeof type === 'string') {
    return {
      string: anyText,
      boolean: fc.boolean(),
      int: fc.integer(),
      long: fc.oneof(fc.bigInt(-LONG_MAX - 1n, LONG_MAX), fc.bigInt(-1000n, 1000n)),
      bytes: fc.uint8Array(),
    }[type]
  }
  if ('logicalType' in type) {
    if (type.logicalType === 'timestamp-micros')
      return fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: 0, max: 9_007_199_254_740_991 }))
    return type.logicalType === 'date' ? anyDate : anyDecimal(type.precision, type.scale)
  }
  if (type.type === 'array') return fc.array(anyValue(type.items), { maxLength: 5 })
  if (type.type === 'map') return fc.dictionary(anyText, anyValue(type.values), { maxKeys: 5, noNullPrototype: true })
  const build = recordOf[type.name]
  if (build === undefined) throw new RangeError(`no record ${type.name}`)
  return anyRecord(type).map(build)
}

/** Any event that the schema of its type can hold, extremes included. */
export const anyEventOf = (type: EventType): fc.Arbitrary<AccordEvent> => anyRecord(catalogue[type].schema).map<AccordEvent>(eventOf[type])

export const anyEvent: fc.Arbitrary<AccordEvent> = fc.constantFrom(...eventTypes).chain(anyEventOf)
