/** Confluent wire format: a zero byte, the schema id as four bytes big-endian, the Avro binary. */
export const HEADER_BYTES = 5
const MAGIC = 0

/** The schema id of a framed value, or null when the value is not framed. */
export const schemaIdOf = (value: Buffer): number | null =>
  value.length >= HEADER_BYTES && value[0] === MAGIC ? value.readUInt32BE(1) : null

/** Writes the header at the start of `target`. */
export const writeHeader = (target: Buffer, schemaId: number): void => {
  target[0] = MAGIC
  target.writeUInt32BE(schemaId, 1)
}
