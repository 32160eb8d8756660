/** Refuses schemas that would break the log: `node schemas/check.ts`, part of `npm run check`. Exit 1 with one sentence a problem. */
import { readFileSync } from 'node:fs'
import { generatedDirectory, readCurrentSchemas, readReleasedSchemas } from './event-schema-files.ts'
import { schemaProblems } from './problems.ts'

const committed = (name: string): string => {
  try {
    return readFileSync(new URL(name, generatedDirectory), 'utf8')
  } catch {
    return '' // a missing file is not current either
  }
}

const schemas = readCurrentSchemas()
const released = readReleasedSchemas()
const problems = schemaProblems(schemas, released, committed)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${schemas.length} event types, ${released.length} released versions: compatible, and what is generated is current`)
