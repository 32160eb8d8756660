import { createHash } from 'node:crypto'
import { type AvroRecord, fullName } from '../../schemas/avro.ts'
import { canonicalText } from '../../schemas/canonical.ts'

/**
 * The id of a schema: 31 bits of the SHA-256 of its canonical text, never 0. The same on every machine and after every restart, without
 * anybody to ask; `schemas/check.ts` refuses a collision.
 */
export const schemaId = (schema: AvroRecord): number => {
  const id = createHash('sha256').update(canonicalText(schema)).digest().readUInt32BE(0) & 0x7fffffff
  return id === 0 ? 1 : id
}

/** The registry's name of what a schema is a version of, by TopicRecordName: one topic carries many event types. */
export const subjectName = (topic: string, schema: AvroRecord): string => `${topic}-${fullName(schema)}`
