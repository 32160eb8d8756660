import type { EventSchema, NamedSchema, ReleasedSchema } from './avro.ts'
import { canonicalText } from './canonical.ts'

/** Schemas that events could be written with but that no released version equals, with the version they would get. */
export const unreleased = (
  schemas: readonly NamedSchema[],
  released: readonly ReleasedSchema[],
): readonly { readonly type: string; readonly version: number }[] =>
  schemas.flatMap(({ type, schema }) => {
    const versions = released.filter(candidate => candidate.type === type)
    const canonical = canonicalText(schema)
    // any of them, not only the newest: a schema that goes back to an earlier shape is that version again
    if (versions.some(candidate => canonicalText(candidate.schema) === canonical)) return []
    return [{ type, version: Math.max(0, ...versions.map(candidate => candidate.version)) + 1 }]
  })

/** Schemas that differ but would get the same id. */
export const collisions = (
  schemas: readonly EventSchema[],
  idOf: (schema: EventSchema) => number,
  textOf: (schema: EventSchema) => string,
): readonly string[] => {
  const seen = new Map<number, EventSchema>()
  return schemas.flatMap(schema => {
    const id = idOf(schema)
    const other = seen.get(id)
    seen.set(id, schema)
    if (other === undefined || textOf(other) === textOf(schema)) return []
    return [`${schema.name}: has the schema id ${id} of another schema (${other.name}); change the order of its new fields`]
  })
}
