import { type AvroRecord, type AvroType, fullName, isOptional } from './avro.ts'

const canonicalType = (type: AvroType): unknown => {
  if (isOptional(type)) return ['null', canonicalType(type[1])]
  if (typeof type === 'string') return type
  if ('logicalType' in type) {
    return type.logicalType === 'decimal'
      ? { type: type.type, logicalType: type.logicalType, precision: type.precision, scale: type.scale }
      : { type: type.type, logicalType: type.logicalType }
  }
  if (type.type === 'array') return { type: 'array', items: canonicalType(type.items) }
  if (type.type === 'map') return { type: 'map', values: canonicalType(type.values) }
  return canonicalRecord(type)
}

const canonicalRecord = (record: AvroRecord): unknown => ({
  name: fullName(record),
  type: 'record',
  fields: record.fields.map(field => ({ name: field.name, type: canonicalType(field.type) })),
})

/**
 * What decides the bytes of a record, as text: names, order and types of the fields. Avro's Parsing Canonical Form with the logical
 * types kept, because they decide what the bytes mean; prose, defaults and our own attributes are left out.
 */
export const canonicalText = (schema: AvroRecord): string => JSON.stringify(canonicalRecord(schema))
