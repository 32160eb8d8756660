import { z } from 'zod'
import type { AvroField, AvroRecord, AvroType } from '../../schemas/avro.ts'
import type { KnownSchema } from './registry.ts'

/** Schemas of other producers: the same part of Avro as ours, less strict about what does not decide the bytes. */

const Primitive = z.enum(['string', 'boolean', 'int', 'long', 'bytes'])

// Java writes {"type": "string", "avro.java.string": "String"}
const Wrapped = z.object({ type: Primitive, logicalType: z.never().optional() }).transform(({ type }) => type)

const Logical = z.union([
  z.object({ type: z.literal('long'), logicalType: z.literal('timestamp-micros') }),
  z.object({ type: z.literal('int'), logicalType: z.literal('date') }),
  z.object({ type: z.literal('bytes'), logicalType: z.literal('decimal'), precision: z.int(), scale: z.int().default(0) }),
])

const Type: z.ZodType<AvroType> = z.lazy(() =>
  z.union([
    Primitive,
    Logical,
    Wrapped,
    z.object({ type: z.literal('array'), items: Type }),
    z.object({ type: z.literal('map'), values: Type }),
    Record,
    z.tuple([z.literal('null'), Type]),
  ]),
)
const Field: z.ZodType<AvroField> = z.object({ name: z.string(), type: Type })
const Record: z.ZodType<AvroRecord> = z
  .object({
    type: z.literal('record'),
    name: z.string(),
    namespace: z.string().exactOptional(),
    fields: z.array(Field),
  })
  .transform(record => {
    // the name may carry the namespace
    const dot = record.name.lastIndexOf('.')
    return dot < 0 ? record : { ...record, namespace: record.name.slice(0, dot), name: record.name.slice(dot + 1) }
  })

/** The schema in a text, or why we could not read records written with it. Enums, floats and unions other than null-or-something are not ours. */
export const foreignSchema = (text: string): KnownSchema => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'not JSON' }
  }
  const result = Record.safeParse(parsed)
  if (result.success) return { ok: true, schema: result.data }
  return { ok: false, reason: result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') }
}
