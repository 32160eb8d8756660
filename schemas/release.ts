import type { NamedSchema, ReleasedSchema } from './avro.ts'
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
