import { type AvroField, type AvroRecord, type AvroType, isOptional, type NamedSchema } from './avro.ts'
import { COMMON_FIELDS } from './house-rules.ts'

const HEADER = '// Generated from schemas/events/*.avsc by `node schemas/generate.ts`. Do not edit.\n'

const typeText = (type: AvroType): string => {
  if (isOptional(type)) return `${typeText(type[1])} | null`
  if (typeof type === 'string') {
    return { string: 'string', boolean: 'boolean', int: 'number', long: 'bigint', bytes: 'Uint8Array' }[type]
  }
  if ('logicalType' in type) {
    return { 'timestamp-micros': 'Micros', date: 'IsoDate', decimal: 'DecimalText' }[type.logicalType]
  }
  if (type.type === 'array') {
    const item = typeText(type.items)
    return `readonly ${item.includes(' ') ? `(${item})` : item}[]`
  }
  if (type.type === 'map') return `Readonly<Record<string, ${typeText(type.values)}>>`
  return type.name
}

const fieldsText = (fields: readonly AvroField[]): string =>
  fields.map(field => `  /** ${field.doc ?? ''} */\n  readonly ${field.name}: ${typeText(field.type)}\n`).join('')

export const nestedRecords = (type: AvroType): readonly AvroRecord[] => {
  if (isOptional(type)) return nestedRecords(type[1])
  if (typeof type === 'string' || 'logicalType' in type) return []
  if (type.type === 'array') return nestedRecords(type.items)
  if (type.type === 'map') return nestedRecords(type.values)
  return [type, ...type.fields.flatMap(field => nestedRecords(field.type))]
}

/** The text of `generated/types.ts`: one interface per event type and the unions over them. */
export const renderTypes = (schemas: readonly NamedSchema[]): string => {
  const nested = new Map(
    schemas.flatMap(({ schema }) => schema.fields.flatMap(field => nestedRecords(field.type))).map(record => [record.name, record]),
  )
  const interfaces = [...nested.values()].map(
    record => `/** ${record.doc ?? ''} */\nexport interface ${record.name} {\n${fieldsText(record.fields)}}\n`,
  )
  interfaces.push(
    `/** What every event has. */\nexport interface CommonFields {\n${fieldsText(schemas[0]?.schema.fields.slice(0, COMMON_FIELDS) ?? [])}}\n`,
  )
  for (const { type, schema } of schemas) {
    const own = fieldsText(schema.fields.slice(COMMON_FIELDS))
    interfaces.push(
      `/** ${schema.doc ?? ''} */\nexport interface ${schema.name} extends CommonFields {\n  readonly type: '${type}'\n${own}}\n`,
    )
  }
  const byType = schemas.map(({ type, schema }) => `  readonly '${type}': ${schema.name}\n`).join('')
  const required = schemas.map(({ type, schema }) => {
    const names = schema.fields.slice(COMMON_FIELDS).filter(field => field.default === undefined)
    return `  readonly '${type}': ${names.map(field => `'${field.name}'`).join(' | ') || 'never'}\n`
  })
  return [
    HEADER,
    '/** Microseconds since the epoch, UTC; exact to the year 2255. */\nexport type Micros = number\n',
    '/** `YYYY-MM-DD`. */\nexport type IsoDate = string\n',
    '/** A decimal number as text, without an exponent. */\nexport type DecimalText = string\n',
    ...interfaces,
    `export interface EventsByType {\n${byType}}\n`,
    '/** Fields of the type itself that producers have to give: the others have a default. */\n' +
      `export interface RequiredFields {\n${required.join('')}}\n`,
    'export type EventType = keyof EventsByType\n',
    'export type EventOf<T extends EventType> = EventsByType[T]\n',
    '/** Any event, told apart by `type`. */\nexport type AccordEvent = EventsByType[EventType]\n',
    '/** An event as a producer may write it: fields with a default may be left out. */\n' +
      "export type NewEvent<T extends EventType> = Pick<EventOf<T>, (RequiredFields[T] | 'type' | Exclude<keyof CommonFields, 'known_at'>) & keyof EventOf<T>> &\n" +
      '  Partial<EventOf<T>>\n',
    'export type WritableEvent = { [T in EventType]: NewEvent<T> }[EventType]\n',
  ].join('\n')
}
