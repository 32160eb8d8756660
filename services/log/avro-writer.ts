const SLAB_BYTES = 256 * 1024

/** Writes Avro binary. Records are cut out of slabs, so that nothing is copied; a slab lives as long as the last of its records. */
export class AvroWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  private start = 0
  private at = 0

  /** Leaves room for `header` bytes before the record. */
  open(header: number): void {
    this.start = this.at
    this.reserve(header)
    this.at += header
  }

  /** The bytes since `open`. */
  close(): Buffer {
    const value = this.slab.subarray(this.start, this.at)
    this.start = this.at
    return value
  }

  /** Forgets what was written since `open`. */
  abandon(): void {
    this.at = this.start
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.slab.length) return
    const written = this.at - this.start
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (written + bytes)))
    this.slab.copy(slab, 0, this.start, this.at)
    this.slab = slab
    this.start = 0
    this.at = written
  }

  boolean(value: boolean): void {
    this.reserve(1)
    this.slab[this.at++] = value ? 1 : 0
  }

  /** Zigzag varint of a safe integer. */
  integer(value: number): void {
    this.reserve(10)
    const { slab } = this
    let at = this.at
    let low: number
    let high = 0
    if (value >= -0x40000000 && value < 0x40000000) {
      low = ((value << 1) ^ (value >> 31)) >>> 0
    } else {
      const magnitude = value < 0 ? -(value + 1) : value
      low = ((magnitude % 2 ** 27) * 2 + (value < 0 ? 1 : 0)) >>> 0
      high = Math.floor(magnitude / 2 ** 27)
      // four groups of seven bits in `low`, the rest in `high`
      for (let group = 0; group < 4; group += 1) {
        slab[at++] = (low & 0x7f) | 0x80
        low >>>= 7
      }
      for (; high > 0x7f; high = Math.floor(high / 128)) slab[at++] = (high % 128) | 0x80
      slab[at++] = high
      this.at = at
      return
    }
    for (; low > 0x7f; low >>>= 7) slab[at++] = (low & 0x7f) | 0x80
    slab[at++] = low
    this.at = at
  }

  /** Zigzag varint of a 64-bit integer. */
  bigint(value: bigint): void {
    this.reserve(10)
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    for (; zigzag > 0x7fn; zigzag >>= 7n) this.slab[this.at++] = Number(zigzag & 0x7fn) | 0x80
    this.slab[this.at++] = Number(zigzag)
  }

  string(value: string): void {
    const { length } = value
    if (length < 64) {
      this.reserve(length + 1)
      const { slab } = this
      const lengthAt = this.at
      let at = lengthAt + 1
      let index = 0
      for (; index < length; index += 1) {
        const code = value.charCodeAt(index)
        if (code > 0x7f) break
        slab[at++] = code
      }
      if (index === length) {
        slab[lengthAt] = length << 1 // one byte says lengths up to 63
        this.at = at
        return
      }
    }
    const bytes = Buffer.byteLength(value)
    this.integer(bytes)
    this.reserve(bytes)
    this.at += this.slab.write(value, this.at)
  }

  octets(value: Uint8Array): void {
    this.integer(value.length)
    this.reserve(value.length)
    this.slab.set(value, this.at)
    this.at += value.length
  }
}
