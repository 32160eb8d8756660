/**
 * Writes what follows from the schemas: `node schemas/generate.ts`. With `--release` it first snapshots every schema that differs
 * from its newest released version; it refuses when the change is incompatible.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { incompatibilities } from './compatibility.ts'
import { eventsDirectory, generatedDirectory, readCurrentSchemas, readReleasedSchemas, releasedDirectory } from './event-schema-files.ts'
import { generatedFiles } from './generated-files.ts'
import { houseProblems } from './house-rules.ts'
import { unreleased } from './release.ts'

const schemas = readCurrentSchemas()
const problems = [...schemas.flatMap(houseProblems), ...incompatibilities(schemas, readReleasedSchemas())]
if (problems.length > 0) {
  for (const problem of problems) console.error(problem)
  process.exit(1)
}

if (process.argv.includes('--release')) {
  mkdirSync(releasedDirectory, { recursive: true })
  for (const { type, version } of unreleased(schemas, readReleasedSchemas())) {
    writeFileSync(new URL(`${type}.v${version}.avsc`, releasedDirectory), readFileSync(new URL(`${type}.avsc`, eventsDirectory)))
    console.log(`released ${type} v${version}`)
  }
}

mkdirSync(generatedDirectory, { recursive: true })
for (const { name, text } of generatedFiles(schemas, readReleasedSchemas())) {
  writeFileSync(new URL(name, generatedDirectory), text)
}
console.log(`${schemas.length} event types`)
