/**
 * Refuses schemas that would break the log: `node schemas/check.ts`, part of `npm run check`. Exit 1 with one sentence a problem:
 * house rules, compatibility with every released version, unreleased changes, colliding ids, generated files that are not current.
 */
import { readFileSync } from 'node:fs'
import { schemaId } from '../services/log/schema-id.ts'
import { canonicalText } from './canonical.ts'
import { incompatibilities } from './compatibility.ts'
import { generatedDirectory, readCurrentSchemas, readReleasedSchemas } from './event-schema-files.ts'
import { generatedFiles } from './generated-files.ts'
import { houseProblems } from './house-rules.ts'
import { collisions, unreleased } from './release.ts'

const textOf = (file: URL): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // a missing file is not current either
  }
}

const schemas = readCurrentSchemas()
const released = readReleasedSchemas()
const problems = [
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
    .filter(({ name, text }) => textOf(new URL(name, generatedDirectory)) !== text)
    .map(({ name }) => `generated/${name}: is not what the schemas say; run \`node schemas/generate.ts\``),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${schemas.length} event types, ${released.length} released versions: compatible, and what is generated is current`)
