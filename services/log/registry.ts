import type { AvroRecord } from '../../schemas/avro.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import { released } from '../../schemas/events/generated/released.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { schemaId, subjectName } from './schema-id.ts'

/** A schema as the Confluent REST read paths give it. */
export type RegisteredSchema = {
  readonly id: number
  readonly subject: string
  /** From 1, per subject. */
  readonly version: number
  readonly schema: AvroRecord
  /** The schema as text. */
  readonly text: string
}

/** A schema that can be read, or why it cannot. */
export type KnownSchema = { readonly ok: true; readonly schema: AvroRecord } | { readonly ok: false; readonly reason: string }

/** What the codec asks. */
export type SchemaRegistry = {
  /** The id that events of a type are written under. */
  readonly writerId: (type: EventType) => number
  /** What is known of an id here and now; undefined: nothing. */
  readonly schemaOf: (id: number) => KnownSchema | undefined
  /** Learns what the ids mean, where that can be learnt; afterwards `schemaOf` knows them, or nobody does. Rejects with `RegistryError`. */
  readonly prepare: (ids: readonly number[]) => Promise<void>
}

/** The registry's read paths, answered from the schemas that this build knows. */
export type OwnRegistry = SchemaRegistry & {
  /** In order of name. */
  readonly listSubjects: () => readonly string[]
  /** Version numbers, rising; undefined when there is no such subject. */
  readonly versions: (subject: string) => readonly number[] | undefined
  readonly byId: (id: number) => RegisteredSchema | undefined
  readonly bySubjectVersion: (subject: string, version: number | 'latest') => RegisteredSchema | undefined
}

/** Ids of our own, from the released versions and the current schemas; asks nobody. */
export const createOwnRegistry = (): OwnRegistry => {
  const byId = new Map<number, RegisteredSchema>()
  const bySubject = new Map<string, RegisteredSchema[]>()
  const add = (topic: string, schema: AvroRecord, version: number): void => {
    const id = schemaId(schema)
    if (byId.has(id)) return
    const entry = { id, subject: subjectName(topic, schema), version, schema, text: JSON.stringify(schema) }
    byId.set(id, entry)
    bySubject.set(entry.subject, [...(bySubject.get(entry.subject) ?? []), entry])
  }
  for (const { version, schema } of released) add(schema.topic, schema, version)
  const writerIds = new Map<EventType, number>()
  for (const type of eventTypes) {
    const { topic, schema } = catalogue[type]
    // a schema that is not released yet counts as the next version
    add(topic, schema, (bySubject.get(subjectName(topic, schema))?.at(-1)?.version ?? 0) + 1)
    writerIds.set(type, schemaId(schema))
  }
  const subjects = [...bySubject.keys()].toSorted()
  return {
    writerId: type => {
      const id = writerIds.get(type)
      if (id === undefined) throw new RangeError(`no such event type: ${type}`)
      return id
    },
    schemaOf: id => {
      const entry = byId.get(id)
      return entry === undefined ? undefined : { ok: true, schema: entry.schema }
    },
    prepare: async () => {},
    listSubjects: () => subjects,
    versions: subject => bySubject.get(subject)?.map(entry => entry.version),
    byId: id => byId.get(id),
    bySubjectVersion: (subject, version) => {
      const entries = bySubject.get(subject)
      return version === 'latest' ? entries?.at(-1) : entries?.find(entry => entry.version === version)
    },
  }
}
