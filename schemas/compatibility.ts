import { type AvroField, type AvroRecord, type AvroType, isOptional, type NamedSchema, type ReleasedSchema } from './avro.ts'

const typeText = (type: AvroType): string => {
  if (isOptional(type)) return `null or ${typeText(type[1])}`
  if (typeof type === 'string') return type
  if ('logicalType' in type) return type.logicalType === 'decimal' ? `decimal(${type.precision}, ${type.scale})` : type.logicalType
  if (type.type === 'record') return type.name
  return type.type === 'array' ? `array of ${typeText(type.items)}` : `map of ${typeText(type.values)}`
}

const changed = (path: string, from: AvroType, to: AvroType, why: string): readonly string[] => [
  `${path}: changed from ${typeText(from)} to ${typeText(to)}; ${why}`,
]

const typeProblems = (path: string, reader: AvroType, writer: AvroType): readonly string[] => {
  if (isOptional(reader)) return typeProblems(path, reader[1], isOptional(writer) ? writer[1] : writer)
  if (isOptional(writer)) return changed(path, writer, reader, 'records that have null there could not be read')
  if (typeof reader === 'string' || typeof writer === 'string') {
    if (reader === writer || (reader === 'long' && writer === 'int')) return []
    return changed(path, writer, reader, 'the bytes of old records mean something else')
  }
  if ('logicalType' in reader || 'logicalType' in writer) {
    return typeText(reader) === typeText(writer) ? [] : changed(path, writer, reader, 'the numbers of old records mean something else')
  }
  if (reader.type === 'array' && writer.type === 'array') return typeProblems(`${path}[]`, reader.items, writer.items)
  if (reader.type === 'map' && writer.type === 'map') return typeProblems(`${path}{}`, reader.values, writer.values)
  if (reader.type === 'record' && writer.type === 'record') return recordProblems(`${path}.`, reader, writer)
  return changed(path, writer, reader, 'the bytes of old records mean something else')
}

const recordProblems = (prefix: string, reader: AvroRecord, writer: AvroRecord): readonly string[] => {
  if (reader.name !== writer.name) return [`${prefix}name: changed from ${writer.name} to ${reader.name}; old records could not be told`]
  const written = new Map<string, AvroField>(writer.fields.map(field => [field.name, field]))
  return reader.fields.flatMap(field => {
    const before = written.get(field.name)
    if (before !== undefined) return typeProblems(prefix + field.name, field.type, before.type)
    return field.default === undefined ? [`${prefix}${field.name}: is new and has no default, so old records could not be read`] : []
  })
}

/**
 * Why records written with `writer` could not be read with `reader`, one sentence a field; empty when they can (Avro schema resolution,
 * less the promotions that would change what a value means).
 */
export const backwardProblems = (reader: AvroRecord, writer: AvroRecord): readonly string[] => recordProblems('', reader, writer)

/** BACKWARD_TRANSITIVE: what in the current schemas could not read what any released version wrote, or would key it elsewhere. */
export const incompatibilities = (schemas: readonly NamedSchema[], released: readonly ReleasedSchema[]): readonly string[] =>
  released.flatMap(({ type, version, schema: before }) => {
    const now = schemas.find(candidate => candidate.type === type)?.schema
    if (now === undefined) return [`${type}: was released as v${version} and is gone; its records are in the log for ever`]
    const problems = [...backwardProblems(now, before)]
    for (const attribute of ['topic', 'key'] as const) {
      if (now[attribute] !== before[attribute]) {
        problems.push(`${attribute}: changed from ${before[attribute]} to ${now[attribute]}; facts about one thing would lie in two places`)
      }
    }
    return problems.map(problem => `${type}: not compatible with v${version}: ${problem}`)
  })
