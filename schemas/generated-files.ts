import type { NamedSchema, ReleasedSchema } from './avro.ts'
import { renderCatalogue, renderRecords, renderReleased } from './render-catalogue.ts'
import { renderTypes } from './render-types.ts'

/** Everything in `events/generated`, by file name: what `generate` writes and `check` compares. */
export const generatedFiles = (
  schemas: readonly NamedSchema[],
  released: readonly ReleasedSchema[],
): readonly { readonly name: string; readonly text: string }[] => [
  { name: 'types.ts', text: renderTypes(schemas) },
  { name: 'catalogue.ts', text: renderCatalogue(schemas) },
  { name: 'records.ts', text: renderRecords(schemas) },
  { name: 'released.ts', text: renderReleased(released) },
]
