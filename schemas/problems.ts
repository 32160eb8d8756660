import { schemaId } from '../services/log/schema-id.ts'
import type { NamedSchema, ReleasedSchema } from './avro.ts'
import { canonicalText } from './canonical.ts'
import { incompatibilities } from './compatibility.ts'
import { generatedFiles } from './generated-files.ts'
import { houseProblems } from './house-rules.ts'
import { collisions, unreleased } from './release.ts'

/**
 * Everything that would break the log or its readers, one sentence a problem: house rules, compatibility with every released version,
 * changes that are not released, colliding ids, generated files that are not current. `generatedText` gives what is committed, '' for nothing.
 */
export const schemaProblems = (
  schemas: readonly NamedSchema[],
  released: readonly ReleasedSchema[],
  generatedText: (name: string) => string,
): readonly string[] => [
  ...schemas.flatMap(houseProblems),
  ...incompatibilities(schemas, released),
  ...unreleased(schemas, released).map(
    ({ type, version }) => `${type}: differs from its released versions; \`node schemas/generate.ts --release\` makes v${version}`,
  ),
  ...collisions(
    [...released, ...schemas].map(({ schema }) => schema),
    schemaId,
    canonicalText,
  ),
  ...generatedFiles(schemas, released)
    .filter(({ name, text }) => generatedText(name) !== text)
    .map(({ name }) => `generated/${name}: is not what the schemas say; run \`node schemas/generate.ts\``),
]
