import { type AvroField, type AvroRecord, type EventSchema, fullName, type NamedSchema, type ReleasedSchema } from './avro.ts'
import { nestedRecords } from './render-types.ts'

const HEADER = '// Generated from schemas/events by `node schemas/generate.ts`. Do not edit.\n'

const schemaText = (schema: EventSchema, field: (field: AvroField) => string): string => {
  const { fields, ...head } = schema
  return `{ ...${JSON.stringify(head)}, fields: [\n${fields.map(item => `    ${field(item)},\n`).join('')}  ] }`
}

/** The text of `generated/catalogue.ts`: topic, key and schema of every event type. */
export const renderCatalogue = (schemas: readonly NamedSchema[]): string => {
  const entries = schemas.map(
    ({ type, schema }) =>
      `  '${type}': { topic: ${JSON.stringify(schema.topic)}, key: ${JSON.stringify(schema.key)}, schema: ${schemaText(schema, item => JSON.stringify(item))} },\n`,
  )
  const types = schemas.map(({ type }) => `  '${type}',\n`)
  const names = schemas.map(({ type, schema }) => `  ['${fullName(schema)}', '${type}'],\n`)
  return [
    HEADER,
    "import type { EventSchema } from '../../avro.ts'\nimport type { EventType } from './types.ts'\n",
    '/** `key` is a template of the subject: `{deal_id}`, `person:{person_id}`. */\n' +
      'export type CatalogueEntry = { readonly topic: string; readonly key: string; readonly schema: EventSchema }\n',
    `export const catalogue: { readonly [T in EventType]: CatalogueEntry } = {\n${entries.join('')}}\n`,
    `export const eventTypes: readonly EventType[] = [\n${types.join('')}]\n`,
    `/** Event type by full name of its record. */\nexport const typeOfRecord: ReadonlyMap<string, EventType> = new Map<string, EventType>([\n${names.join('')}])\n`,
    'export const isEventType = (value: string): value is EventType => Object.hasOwn(catalogue, value)\n',
  ].join('\n')
}

const objectLiteral = (record: AvroRecord, first: string): string =>
  `{ ${first}${record.fields.map((field, index) => `${field.name}: v[${index}]`).join(', ')} }`

/**
 * The text of `generated/records.ts`: makes an object of a record's values. Literals, because V8 gives objects that are filled by name in a
 * loop no fixed shape: 77,000 touches a second instead of 650,000.
 */
export const renderRecords = (schemas: readonly NamedSchema[]): string => {
  const nested = new Map(
    schemas.flatMap(({ schema }) => schema.fields.flatMap(field => nestedRecords(field.type))).map(record => [record.name, record]),
  )
  const records = [...nested.values()].map(record => `  ${record.name}: v => (${objectLiteral(record, '')}),\n`)
  const events = schemas.map(
    ({ type, schema }) => `  '${type}': v => (${objectLiteral(schema, `type: '${type}', `)} as EventOf<'${type}'>),\n`,
  )
  return [
    HEADER,
    "import type { EventOf, EventType } from './types.ts'\n",
    '/** The values of a record in order of its fields, as its schema has them → the event. */\n' +
      `export const eventOf: { readonly [T in EventType]: (v: readonly unknown[]) => EventOf<T> } = {\n${events.join('')}}\n`,
    '/** The same for the records inside events, by name. */\n' +
      `export const recordOf: Readonly<Record<string, (v: readonly unknown[]) => object>> = {\n${records.join('')}}\n`,
  ].join('\n')
}

const withoutDoc = ({ doc: _doc, ...field }: AvroField): string => JSON.stringify(field)

/** The text of `generated/released.ts`: every released version without its prose. */
export const renderReleased = (released: readonly ReleasedSchema[]): string => {
  const entries = released.map(({ type, version, schema: { doc: _doc, ...schema } }) => {
    return `  { type: '${type}', version: ${version}, schema: ${schemaText(schema, withoutDoc)} },\n`
  })
  return [
    HEADER,
    "import type { EventSchema } from '../../avro.ts'\nimport type { EventType } from './types.ts'\n",
    'export type Released = { readonly type: EventType; readonly version: number; readonly schema: EventSchema }\n',
    `/** In order of type and version: everything that a record in the log may have been written with. */\nexport const released: readonly Released[] = [\n${entries.join('')}]\n`,
  ].join('\n')
}
