import { isUtf8 } from 'node:buffer'
import { CodecError } from './codec-error.ts'

/**
 * Reading position in an Avro binary. Every read checks the end: a record that lies about a length is refused at once.
 * (avsc checks only after the record: five bytes that claim an array of 30 million items cost it seconds and gigabytes.)
 */
export class AvroReader {
  private bytes: Buffer = Buffer.alloc(0)
  private latin1 = ''
  private start = 0
  at = 0
  end = 0

  open(bytes: Buffer, start: number): void {
    this.bytes = bytes
    this.start = start
    this.at = start
    this.end = bytes.length
    // one call into C++ a record instead of one a string; ASCII strings are cut out of it
    this.latin1 = bytes.toString('latin1', start, this.end)
  }

  private truncated(): CodecError {
    return new CodecError('CODEC_TRUNCATED', 'the record ends too early')
  }

  byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw this.truncated()
    this.at += 1
    return value
  }

  boolean(): boolean {
    const value = this.byte()
    if (value > 1) throw new CodecError('CODEC_GARBAGE', 'neither true nor false')
    return value === 1
  }

  /** A zigzag varint as a number. Throws beyond 2^53: our ints, lengths and instants are smaller. */
  integer(): number {
    const { bytes, end } = this
    let at = this.at
    let low = 0
    let shift = 0
    for (;;) {
      if (at >= end) throw this.truncated()
      const value = bytes[at] ?? 0
      at += 1
      low |= (value & 0x7f) << shift
      if (value < 0x80) {
        this.at = at
        return (low >>> 1) ^ -(low & 1)
      }
      shift += 7
      if (shift === 28) break
    }
    return this.wideInteger(low, at)
  }

  /** Goes on where 28 bits were not enough: the sign stays in `low`, so that 53 bits of magnitude are exact. */
  private wideInteger(low: number, from: number): number {
    let at = from
    let high = 0
    let scale = 1
    for (;;) {
      const value = this.bytes[at]
      if (value === undefined) throw this.truncated()
      at += 1
      high += (value & 0x7f) * scale
      if (value < 0x80) break
      scale *= 128
      if (scale > 2 ** 35) throw new CodecError('CODEC_GARBAGE', 'an integer of more than 64 bits')
    }
    const magnitude = high * 2 ** 27 + (low >>> 1)
    if (magnitude > Number.MAX_SAFE_INTEGER) throw new CodecError('CODEC_GARBAGE', 'an integer beyond 2^53 where none can be')
    this.at = at
    return (low & 1) === 1 ? -magnitude - 1 : magnitude
  }

  /** A zigzag varint as a bigint, exact over all 64 bits. */
  bigint(): bigint {
    let zigzag = 0n
    let shift = 0n
    for (;;) {
      const value = this.byte()
      zigzag |= BigInt(value & 0x7f) << shift
      if (value < 0x80) break
      shift += 7n
      if (shift > 63n) throw new CodecError('CODEC_GARBAGE', 'an integer of more than 64 bits')
    }
    return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
  }

  private take(): number {
    const length = this.integer()
    if (length < 0) throw new CodecError('CODEC_GARBAGE', 'a negative length')
    const from = this.at
    if (length > this.end - from) throw this.truncated()
    this.at = from + length
    return from
  }

  string(): string {
    const from = this.take()
    const to = this.at
    const { bytes } = this
    for (let at = from; at < to; at += 1) {
      if ((bytes[at] ?? 0) > 0x7f) return this.utf8(from, to)
    }
    return this.latin1.substring(from - this.start, to - this.start)
  }

  private utf8(from: number, to: number): string {
    // decoding would put replacement characters in, and a fact would have changed
    if (!isUtf8(this.bytes.subarray(from, to))) throw new CodecError('CODEC_GARBAGE', 'a string that is not UTF-8')
    return this.bytes.toString('utf8', from, to)
  }

  octets(): Uint8Array {
    const from = this.take()
    return new Uint8Array(this.bytes.subarray(from, this.at)) // a copy: the batch that it came in is not kept for it
  }

  /** Items of the next block of an array or a map, 0 at its end. Every item of ours takes at least one byte. */
  blockCount(): number {
    const count = this.integer()
    if (count < 0) this.integer() // the block's size in bytes
    const items = Math.abs(count)
    if (items > this.end - this.at) throw this.truncated()
    return items
  }

  skipBytes(): void {
    this.take()
  }
}
