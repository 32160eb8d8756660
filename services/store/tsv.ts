/**
 * Rows as TabSeparated text, made once and kept as text on every further try.
 * A row is its cells joined by `\t` and ended by `\n`; numbers and instants go in as they are, text through `tsvText`.
 */

// oxlint-disable-next-line no-control-regex -- these are the characters that the format reserves, and NUL, which C strings end at
const RESERVED = /[\\\t\n\r\0\b\f]/
// oxlint-disable-next-line no-control-regex -- as above
const RESERVED_ALL = /[\\\t\n\r\0\b\f]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
}
const escapeOf = (character: string): string => ESCAPES[character] ?? character

/** One cell of text; null is `\N`, for Nullable columns. Most text needs no escape, so it is looked for before it is replaced. */
export const tsvText = (value: string | null): string => {
  if (value === null) return '\\N'
  return RESERVED.test(value) ? value.replace(RESERVED_ALL, escapeOf) : value
}

/**
 * One cell of an `Array(String)`. Inside an array the items are quoted, and ClickHouse undoes the escapes of an item once
 * (a cell that holds an array is not unescaped as a whole first).
 */
export const tsvTexts = (values: readonly string[]): string => {
  if (values.length === 0) return '[]'
  let cell = "['"
  values.forEach((value, index) => {
    if (index > 0) cell += "','"
    const text = tsvText(value)
    cell += text.includes("'") ? text.replaceAll("'", "\\'") : text
  })
  return `${cell}']`
}

/**
 * Instants of 2001–2286 go in as seconds since the epoch with their fraction, which ClickHouse reads twice as fast as a
 * calendar date; with fewer or more than ten digits it would take them for something else, so those are written out.
 */
const isTenDigits = (seconds: number): boolean => seconds >= 1_000_000_000 && seconds < 10_000_000_000

const calendarText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

/** `DateTime64(3, 'UTC')` from milliseconds since the epoch, in [1900-01-01, 2299-12-31]. */
export const tsvMillis = (ms: number): string => {
  const seconds = Math.floor(ms / 1000)
  if (!isTenDigits(seconds)) return calendarText(ms)
  return `${seconds}.${String(ms - seconds * 1000).padStart(3, '0')}`
}

/** `DateTime64(6, 'UTC')` from microseconds since the epoch, in [1900-01-01, 2299-12-31]. */
export const tsvMicros = (micros: number): string => {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = micros - seconds * 1_000_000
  if (!isTenDigits(seconds)) return `${calendarText(seconds * 1000).slice(0, -3)}${String(fraction).padStart(6, '0')}`
  return `${seconds}.${String(fraction).padStart(6, '0')}`
}
