import { readdirSync, readFileSync } from 'node:fs'
import type { EventSchema, NamedSchema, ReleasedSchema } from './avro.ts'
import { parseEventSchema } from './house-rules.ts'

export const eventsDirectory = new URL('./events/', import.meta.url)
export const releasedDirectory = new URL('./events/released/', import.meta.url)
export const generatedDirectory = new URL('./events/generated/', import.meta.url)

const RELEASED_NAME = /^(?<type>[a-z0-9-]+)\.v(?<version>[1-9]\d*)\.avsc$/

const readSchema = (file: URL): EventSchema => {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const result = parseEventSchema(parsed)
  if (!result.ok) throw new RangeError(`${file.pathname}: ${result.reason}`)
  return result.schema
}

const filesIn = (directory: URL): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter(name => name.endsWith('.avsc'))
      .toSorted()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Every event type's schema as it is now, by type. Throws `RangeError` naming the file of a schema that is none. */
export const readCurrentSchemas = (directory: URL = eventsDirectory): readonly NamedSchema[] =>
  filesIn(directory).map(name => ({ type: name.slice(0, -'.avsc'.length), schema: readSchema(new URL(name, directory)) }))

/** Every released version, by type and version. */
export const readReleasedSchemas = (directory: URL = releasedDirectory): readonly ReleasedSchema[] =>
  filesIn(directory)
    .map(name => {
      const match = RELEASED_NAME.exec(name)
      const type = match?.groups?.['type']
      if (type === undefined) throw new RangeError(`released schemas are named <type>.v<N>.avsc, got ${name}`)
      return { type, version: Number(match?.groups?.['version']), schema: readSchema(new URL(name, directory)) }
    })
    .toSorted((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1))
