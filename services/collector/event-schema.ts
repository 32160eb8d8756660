import { z } from 'zod'
import type { AvroType } from '../../schemas/avro.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { dataFields, type DataField, describe } from './fields.ts'
import { type Read, stringReader } from './formats.ts'
import { Refusal } from './problem.ts'
import { MAX_ITEMS, readingOf } from './reading.ts'

/**
 * What `data` of an event must be, as zod schemas built from the Avro catalogue: unknown fields are errors, null means "left out",
 * what is left out gets the schema's default. The compiled path (`compiled.ts`) must accept exactly the same and give the same.
 */
export const dataSchema = (type: EventType): z.ZodType<Readonly<Record<string, unknown>>> => {
  const known = schemas.get(type)
  if (known !== undefined) return known
  const schema = z.strictObject(Object.fromEntries(dataFields(type).map(data => [data.field.name, fieldSchema(data)])))
  schemas.set(type, schema)
  return schema
}
const schemas = new Map<EventType, z.ZodType<Readonly<Record<string, unknown>>>>()

const fieldSchema = (data: DataField): z.ZodType => {
  const inner = valueSchema(data)
  if (data.required) return data.nullable ? inner.nullable() : inner
  const absent = data.field.default ?? null
  return inner.nullish().transform(value => value ?? absentValue(absent))
}

/** Fresh arrays and maps, so that no two events share one. */
export const absentValue = (value: NonNullable<DataField['field']['default']> | null): unknown => {
  if (Array.isArray(value)) return []
  return typeof value === 'object' && value !== null ? {} : value
}

const valueSchema = ({ type, field, isKey }: DataField): z.ZodType => {
  if (type === 'string') return read(z.string(), stringReader(field, isKey))
  return typeSchema(type, field.format)
}

const typeSchema = (type: AvroType, format: string | undefined): z.ZodType => {
  const reading = readingOf(type, format)
  if (reading.kind === 'boolean') return z.boolean()
  if (reading.kind === 'text') return read(z.string(), reading.read)
  if (reading.kind === 'any') return read(z.unknown(), reading.read)
  if (reading.kind === 'array') return z.array(typeSchema(reading.items, format)).max(MAX_ITEMS)
  return z.strictObject(Object.fromEntries(reading.fields.map(field => [field.name, fieldSchema(describe(field, false))])))
}

const read = <In, Out>(input: z.ZodType<In>, reader: Read<In, Out>): z.ZodType<Out> =>
  input.transform((value, context) => {
    const result = reader(value)
    if (!(result instanceof Refusal)) return result
    context.addIssue({ code: 'custom', message: result.message, params: { code: result.code } })
    return z.NEVER
  })
