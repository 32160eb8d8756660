import { z } from 'zod'
import { type AvroField, type AvroType, type EventSchema, isOptional, type NamedSchema, recordName } from './avro.ts'

/** What every schema of an event must be. Each rule says what breaks without it. */

const TOPICS = new Set([
  'accord.leads.v1',
  'accord.deals.v1',
  'accord.touches.v1',
  'accord.campaigns.v1',
  'accord.definitions.v1',
  'accord.persons.v1',
  'accord.access.v1',
  'accord.dead-letters.v1',
])

const FORMATS = new Set(['node', 'currency', 'url', 'json', 'zone', 'country', 'domain', 'email', 'event-id'])

const Logical = z.union([
  z.strictObject({ type: z.literal('long'), logicalType: z.literal('timestamp-micros') }),
  z.strictObject({ type: z.literal('int'), logicalType: z.literal('date') }),
  z.strictObject({
    type: z.literal('bytes'),
    logicalType: z.literal('decimal'),
    precision: z.int().positive().max(38),
    scale: z.int().nonnegative().max(38),
  }),
])
const Type: z.ZodType<AvroType> = z.lazy(() =>
  z.union([
    z.enum(['string', 'boolean', 'int', 'long', 'bytes']),
    Logical,
    z.strictObject({ type: z.literal('array'), items: Type }),
    z.strictObject({ type: z.literal('map'), values: Type }),
    z.strictObject({ type: z.literal('record'), name: z.string(), doc: z.string(), fields: z.array(Field) }),
    z.tuple([z.literal('null'), Type]),
  ]),
)
const Field: z.ZodType<AvroField> = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]*$/),
  type: Type,
  doc: z.string().min(1),
  default: z.union([z.null(), z.string(), z.boolean(), z.int(), z.tuple([]), z.strictObject({})]).exactOptional(),
  format: z.string().exactOptional(),
  values: z.array(z.string()).min(1).exactOptional(),
})
const Schema: z.ZodType<EventSchema> = z.strictObject({
  type: z.literal('record'),
  name: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  namespace: z.literal('accord.events'),
  doc: z.string().min(1),
  topic: z.string(),
  key: z.string(),
  fields: z.array(Field).min(1),
})

/** A parsed file as a schema of the kind that this project writes, or why it is none. */
export const parseEventSchema = (
  parsed: unknown,
): { readonly ok: true; readonly schema: EventSchema } | { readonly ok: false; readonly reason: string } => {
  const result = Schema.safeParse(parsed)
  if (result.success) return { ok: true, schema: result.data }
  return { ok: false, reason: result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') }
}

const COMMON: readonly (readonly [string, string, boolean])[] = [
  ['event_id', '"string"', false],
  ['tenant', '"string"', false],
  ['occurred_at', '{"type":"long","logicalType":"timestamp-micros"}', false],
  ['known_at', '["null",{"type":"long","logicalType":"timestamp-micros"}]', true],
  ['source', '"string"', false],
  ['actor', '"string"', false],
]

/** How many fields every event begins with. */
export const COMMON_FIELDS = COMMON.length

const acceptsDefault = (type: AvroType, value: unknown): boolean => {
  if (isOptional(type)) return value === null
  if (type === 'string') return typeof value === 'string'
  if (type === 'boolean') return typeof value === 'boolean'
  if (type === 'int' || type === 'long') return typeof value === 'number' && Number.isSafeInteger(value)
  if (type === 'bytes') return value === ''
  if (type.type === 'array') return Array.isArray(value)
  if (type.type === 'map') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return false // an invented instant, date or decimal would be a fact nobody stated
}

/** Names of the fields in a key template: `{base}/{quote}` → base, quote. */
const fieldsOfKey = (key: string): readonly string[] => [...key.matchAll(/\{([a-z0-9_]+)\}/g)].map(match => match[1] ?? '')

const fieldProblems = (field: AvroField): readonly string[] => {
  const problems: string[] = []
  if (field.name === 'type') problems.push('`type` is added on decoding: it cannot be a field')
  if (field.default !== undefined && !acceptsDefault(field.type, field.default)) problems.push('the default does not fit the type')
  if (isOptional(field.type) && isOptional(field.type[1])) problems.push('an optional of an optional')
  if (field.format !== undefined && !FORMATS.has(field.format)) problems.push(`unknown format ${field.format}`)
  if (field.values !== undefined && typeof field.default === 'string' && !field.values.includes(field.default)) {
    problems.push('the default is not one of the values')
  }
  return problems.map(problem => `${field.name}: ${problem}`)
}

const keyProblems = (schema: EventSchema): readonly string[] => {
  const names = fieldsOfKey(schema.key)
  if (names.length === 0) return ['key: names no field, so all facts of the type would share one partition']
  return names.flatMap(name => {
    const field = schema.fields.find(candidate => candidate.name === name)
    if (field === undefined) return [`key: there is no field ${name}`]
    // two facts about nothing would count as being about the same thing
    return field.type === 'string' && field.default === undefined ? [] : [`key: ${name} has to be a string that producers must give`]
  })
}

/** What is wrong with a schema, one sentence a problem; empty when nothing is. */
export const houseProblems = ({ type, schema }: NamedSchema): readonly string[] => {
  const problems: string[] = []
  if (schema.name !== recordName(type)) problems.push(`the record is called ${schema.name}, the file asks for ${recordName(type)}`)
  if (!TOPICS.has(schema.topic)) problems.push(`unknown topic ${schema.topic}`)
  COMMON.forEach(([name, shape, defaulted], index) => {
    const field = schema.fields[index]
    if (field?.name !== name || JSON.stringify(field.type) !== shape || (field.default !== undefined) !== defaulted) {
      problems.push(`field ${index + 1} has to be the common field ${name} of type ${shape}`)
    }
  })
  const names = schema.fields.map(field => field.name)
  for (const name of names.filter((candidate, index) => names.indexOf(candidate) !== index)) problems.push(`${name}: is there twice`)
  problems.push(...schema.fields.flatMap(fieldProblems), ...keyProblems(schema))
  return problems.map(problem => `${type}: ${problem}`)
}
