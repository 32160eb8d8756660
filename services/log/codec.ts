import { fullName } from '../../schemas/avro.ts'
import { catalogue, eventTypes, typeOfRecord } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, WritableEvent } from '../../schemas/events/generated/types.ts'
import { AvroReader } from './avro-reader.ts'
import { AvroWriter } from './avro-writer.ts'
import { CodecError } from './codec-error.ts'
import { HEADER_BYTES, schemaIdOf, writeHeader } from './framing.ts'
import { decoderFor } from './record-decoder.ts'
import { encoderFor } from './record-encoder.ts'
import type { SchemaRegistry } from './registry.ts'

export type Decoded = { readonly event: AccordEvent; readonly schemaId: number }

export type Codec = {
  /** Framed bytes of an event; fields that are left out are written as their defaults. The same event gives the same bytes. Throws `CodecError` `CODEC_INVALID_EVENT`. */
  readonly encode: (event: WritableEvent) => Buffer
  /** The event as the current schema has it, whatever version it was written with. Throws `CodecError`. */
  readonly decode: (value: Buffer) => Decoded
  /** Learns the schemas of a batch before it is decoded; cheap when all are known. Rejects with `RegistryError` when the registry cannot be asked. */
  readonly prepare: (values: Iterable<Buffer | null>) => Promise<void>
}

type Decode = (from: AvroReader) => AccordEvent

/** Events ↔ framed Avro. Holds one decoder for each schema that it has met; not for use by several threads. */
export const createCodec = ({ registry }: { readonly registry: SchemaRegistry }): Codec => {
  const reader = new AvroReader()
  const writer = new AvroWriter()
  const decoders = new Map<number, Decode>()
  const encoders = new Map(eventTypes.map(type => [type, { id: registry.writerId(type), write: encoderFor(catalogue[type].schema) }]))

  const findDecoder = (schemaId: number): Decode => {
    const known = decoders.get(schemaId)
    if (known !== undefined) return known
    const written = registry.schemaOf(schemaId)
    if (written === undefined) throw new CodecError('CODEC_UNKNOWN_SCHEMA_ID', `no schema has the id ${schemaId}`)
    if (!written.ok) throw new CodecError('CODEC_INCOMPATIBLE_SCHEMA', `schema ${schemaId}: ${written.reason}`)
    const name = fullName(written.schema)
    const type = typeOfRecord.get(name)
    if (type === undefined) throw new CodecError('CODEC_UNKNOWN_TYPE', `${name} is no event of ours`)
    const decode = decoderFor(type, catalogue[type].schema, written.schema)
    decoders.set(schemaId, decode)
    return decode
  }

  return {
    encode: event => {
      const encoder = encoders.get(event.type)
      if (encoder === undefined) throw new CodecError('CODEC_UNKNOWN_TYPE', `no such event type: ${event.type}`)
      writer.open(HEADER_BYTES)
      try {
        encoder.write(writer, event)
      } catch (error) {
        writer.abandon()
        throw error
      }
      const value = writer.close()
      writeHeader(value, encoder.id)
      return value
    },

    decode: value => {
      const schemaId = schemaIdOf(value)
      if (schemaId === null) throw new CodecError('CODEC_NOT_FRAMED', 'does not begin with a zero byte and a schema id')
      try {
        const decode = findDecoder(schemaId)
        reader.open(value, HEADER_BYTES)
        const event = decode(reader)
        if (reader.at !== reader.end) throw new CodecError('CODEC_TRAILING_BYTES', `${reader.end - reader.at} bytes after the record`)
        return { event, schemaId }
      } catch (error) {
        throw error instanceof CodecError ? error.withSchema(schemaId) : error
      }
    },

    prepare: async values => {
      const unknown = new Set<number>()
      for (const value of values) {
        const id = value === null ? null : schemaIdOf(value)
        if (id !== null && !decoders.has(id) && registry.schemaOf(id) === undefined) unknown.add(id)
      }
      if (unknown.size > 0) await registry.prepare([...unknown])
    },
  }
}
