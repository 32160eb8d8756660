import { tsvMicros, tsvMillis, tsvText } from './tsv.ts'

const FIRST_BYTES = 64 * 1024
/** Digits of an instant of 2001–2286 in seconds, and of its fraction. */
const TEN_DIGITS = 1_000_000_000

/**
 * Rows of one table as TabSeparated bytes, written cell by cell. Landing makes hundreds of bytes a record: as strings that wait for their
 * batch they were most of the work of the garbage collector, and their escapes were looked for by regular expressions; here both are one loop
 * over the characters. `tsv.ts` has the same cells as strings.
 */
export class RowBuffer {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES)
  private at = 0
  private lastMillis = Number.NaN
  private lastMillisText = ''

  /** What was written so far, not copied. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at)
  }

  /** Room for `length` more bytes. */
  private ensure(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + length))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }

  tab(): void {
    this.ensure(1)
    this.bytes[this.at++] = 0x09
  }

  endRow(): void {
    this.ensure(1)
    this.bytes[this.at++] = 0x0a
  }

  /** Text that needs no escape: the program's own, numbers, or cells made by `tsv.ts`. */
  raw(text: string): void {
    const { length } = text
    this.ensure(length)
    const { bytes, at } = this
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) {
        this.encoded(text)
        return
      }
      bytes[at + index] = code
    }
    this.at = at + length
  }

  /** One cell of text. */
  text(text: string): void {
    const { length } = text
    this.ensure(length)
    const { bytes, at } = this
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === 0x5c) {
        this.encoded(tsvText(text))
        return
      }
      bytes[at + index] = code
    }
    this.at = at + length
  }

  /** A JSON string inside of a cell. */
  jsonText(text: string): void {
    const { length } = text
    this.ensure(length + 2)
    const { bytes, at } = this
    bytes[at] = 0x22
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === 0x5c || code === 0x22) {
        this.encoded(tsvText(JSON.stringify(text)))
        return
      }
      bytes[at + 1 + index] = code
    }
    bytes[at + 1 + length] = 0x22
    this.at = at + length + 2
  }

  private encoded(text: string): void {
    this.ensure(text.length * 3)
    this.at += this.bytes.write(text, this.at, 'utf8')
  }

  /** `DateTime64(3, 'UTC')` from milliseconds since the epoch. The records of a batch share few append times. */
  millis(ms: number): void {
    if (ms !== this.lastMillis) {
      this.lastMillisText = tsvMillis(ms)
      this.lastMillis = ms
    }
    this.raw(this.lastMillisText)
  }

  /** `DateTime64(6, 'UTC')` from microseconds since the epoch. */
  micros(micros: number): void {
    const seconds = Math.floor(micros / 1_000_000)
    if (seconds < TEN_DIGITS || seconds >= 10 * TEN_DIGITS) {
      this.raw(tsvMicros(micros))
      return
    }
    this.ensure(17)
    this.digits(Math.floor(seconds / 100_000), 5)
    this.digits(seconds % 100_000, 5)
    this.bytes[this.at++] = 0x2e
    this.digits(micros - seconds * 1_000_000, 6)
  }

  private digits(value: number, count: number): void {
    let rest = value
    for (let index = this.at + count - 1; index >= this.at; index -= 1) {
      const next = (rest / 10) | 0
      this.bytes[index] = 0x30 + rest - next * 10
      rest = next
    }
    this.at += count
  }
}

/** Rows of several tables. */
export class TableRows {
  private readonly tables = new Map<string, RowBuffer>()

  of(table: string): RowBuffer {
    let rows = this.tables.get(table)
    if (rows === undefined) {
      rows = new RowBuffer()
      this.tables.set(table, rows)
    }
    return rows
  }

  /** Each table with its rows; not copied. */
  written(): readonly (readonly [string, Buffer])[] {
    return [...this.tables].map(([table, rows]) => [table, rows.written()])
  }
}
