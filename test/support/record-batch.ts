import { gzipSync, zstdCompressSync } from 'node:zlib'

/** A record batch as brokers send it, written by the specification: https://kafka.apache.org/documentation/#recordbatch. */
export type BatchToWrite = {
  readonly baseOffset: number
  /** Offset within the batch, key and value; gaps are what compaction left. */
  readonly records: readonly {
    readonly delta: number
    readonly key: string | null
    readonly value: Buffer | null
    readonly headers?: number
  }[]
  /** Offsets that the batch spans, also when records are gone. */
  readonly span: number
  readonly appendTime?: number
  readonly createTime?: number
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'zstd'
  readonly producerId?: number
  readonly transactional?: boolean
  readonly control?: boolean
  readonly magic?: number
}

export const varint = (value: number): Buffer => {
  let left = (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)
  const bytes: number[] = []
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)])
}
const sized = (bytes: Buffer | null): Buffer => (bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]))

const COMPRESSION = { none: 0, gzip: 1, snappy: 2, zstd: 4 } as const

export const writeBatch = (batch: BatchToWrite): Buffer => {
  const records = batch.records.map(({ delta, key, value, headers = 0 }) => {
    const head = [
      Buffer.of(0),
      varint(delta * 3),
      varint(delta),
      sized(key === null ? null : Buffer.from(key)),
      sized(value),
      varint(headers),
    ]
    const tail = Array.from({ length: headers }, (_, index) => Buffer.concat([sized(Buffer.from(`h${index}`)), sized(Buffer.from('x'))]))
    const body = Buffer.concat([...head, ...tail])
    return Buffer.concat([varint(body.length), body])
  })
  const plain = Buffer.concat(records)
  const compression = batch.compression ?? 'none'
  const body = compression === 'gzip' ? gzipSync(plain) : compression === 'zstd' ? zstdCompressSync(plain) : plain

  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(batch.baseOffset), 0)
  head.writeInt32BE(49 + body.length, 8)
  head.writeInt8(batch.magic ?? 2, 16)
  const flags = (batch.appendTime === undefined ? 0 : 8) | (batch.transactional === true ? 16 : 0) | (batch.control === true ? 32 : 0)
  head.writeInt16BE(COMPRESSION[compression] | flags, 21)
  head.writeInt32BE(batch.span - 1, 23)
  head.writeBigInt64BE(BigInt(batch.createTime ?? 0), 27)
  head.writeBigInt64BE(BigInt(batch.appendTime ?? 0), 35)
  head.writeBigInt64BE(BigInt(batch.producerId ?? -1), 43)
  head.writeInt32BE(batch.records.length, 57)
  return Buffer.concat([head, body])
}
