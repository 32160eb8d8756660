import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { LogError, type LogRecord, type TopicPartition } from './port.ts'

/**
 * Record batches, format 2 (https://kafka.apache.org/documentation/#recordbatch), the only one since Kafka 0.11.
 *
 *     base offset 8 · length 4 · leader epoch 4 · magic 1 · crc 4 · attributes 2 · last offset delta 4 · base timestamp 8 ·
 *     max timestamp 8 · producer id 8 · producer epoch 2 · base sequence 4 · count 4 · records
 */
const LENGTH_AT = 8
const BEHIND_LENGTH = 12
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61

const COMPRESSION = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORT = 0

export type AbortedTransaction = { readonly producerId: number; readonly firstOffset: number }

/** What a fetch brought of one partition. `next` is where to go on: behind the last whole batch, which may have no record left. */
export type DecodedBatches = { readonly records: readonly LogRecord[]; readonly next: number }

/** Exact up to 2^53: offsets, times and producer ids of the real world. */
export const readInt64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4)

/** Zigzag varints, position kept beside. Values beyond 2^53 don't occur: lengths, offset deltas, millisecond deltas. */
class VarintReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  next(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.bytes.readUInt8(this.at)
      this.at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 128
    }
  }
}

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const decompressed = (records: Buffer, attributes: number, place: TopicPartition): Buffer => {
  switch (attributes & COMPRESSION) {
    case 0:
      return records
    case 1:
      return gunzipSync(records)
    case 4:
      return zstdDecompressSync(records)
    default: {
      const codec = CODECS[attributes & COMPRESSION] ?? 'unknown'
      throw new LogError('LOG_MISCONFIGURED', `${place.topic}/${place.partition} holds ${codec} batches; use gzip, zstd or none`)
    }
  }
}

/** Decodes the whole batches in `set`; the end may be cut off, and the beginning may lie before `from`. Values are slices, not copies. */
export const decodeBatches = (set: Buffer, place: TopicPartition, from: number, aborted: readonly AbortedTransaction[]): DecodedBatches => {
  const { topic, partition } = place
  const records: LogRecord[] = []
  const ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const abortedNow = new Set<number>()
  let next = from

  for (let start = 0; start + RECORDS_AT <= set.length; ) {
    const end = start + BEHIND_LENGTH + set.readInt32BE(start + LENGTH_AT)
    if (end > set.length) break
    const magic = set.readInt8(start + MAGIC_AT)
    if (magic !== 2)
      throw new LogError('LOG_MISCONFIGURED', `${topic}/${partition} holds records of format ${magic}, from before Kafka 0.11`)
    const attributes = set.readInt16BE(start + ATTRIBUTES_AT)
    const baseOffset = readInt64(set, start)
    const lastOffset = baseOffset + set.readInt32BE(start + LAST_OFFSET_DELTA_AT)
    const producerId = readInt64(set, start + PRODUCER_ID_AT)
    const count = set.readInt32BE(start + COUNT_AT)
    const body = set.subarray(start + RECORDS_AT, end)
    const appendTime = (attributes & LOG_APPEND_TIME) === 0 ? null : readInt64(set, start + MAX_TIMESTAMP_AT)
    const baseTime = readInt64(set, start + BASE_TIMESTAMP_AT)
    start = end
    next = Math.max(next, lastOffset + 1)

    // Accord writes no transactions; what another producer took back is left out, as every Kafka consumer does
    while (ahead[0] !== undefined && ahead[0].firstOffset <= lastOffset) abortedNow.add(ahead.shift()?.producerId ?? -1)
    if ((attributes & CONTROL) !== 0) {
      if (count > 0 && controlType(body) === ABORT) abortedNow.delete(producerId)
      continue
    }
    if ((attributes & TRANSACTIONAL) !== 0 && abortedNow.has(producerId)) continue
    if (lastOffset < from || count === 0) continue

    const reader = new VarintReader(decompressed(body, attributes, place), 0)
    for (let index = 0; index < count; index += 1) {
      const length = reader.next()
      const recordEnd = reader.at + length
      reader.at += 1 // attributes of the record: unused
      const time = reader.next()
      const offset = baseOffset + reader.next()
      const keyLength = reader.next()
      const keyAt = reader.at
      if (keyLength > 0) reader.at += keyLength
      const valueLength = reader.next()
      const valueAt = reader.at
      reader.at = recordEnd // headers are passed over
      if (offset < from) continue
      records.push({
        topic,
        partition,
        offset,
        appendedAt: appendTime ?? baseTime + time,
        key: keyLength < 0 ? null : reader.bytes.toString('utf8', keyAt, keyAt + keyLength),
        value: valueLength < 0 ? null : reader.bytes.subarray(valueAt, valueAt + valueLength),
      })
    }
  }
  return { records, next }
}

/** The marker's key: version, then type. */
const controlType = (body: Buffer): number => {
  const reader = new VarintReader(body, 0)
  reader.next() // length
  reader.at += 1
  reader.next() // time
  reader.next() // offset
  reader.next() // length of the key
  return body.readInt16BE(reader.at + 2)
}
