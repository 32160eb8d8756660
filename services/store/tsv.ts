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

const twoDigits = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

let lastDay = Number.NaN
let lastDayText = ''

/** `YYYY-MM-DD ` of a day since the epoch; neighbouring rows mostly share it. */
const dayText = (day: number): string => {
  if (day !== lastDay) {
    lastDayText = `${new Date(day * 86_400_000).toISOString().slice(0, 10)} `
    lastDay = day
  }
  return lastDayText
}

const clockText = (secondsOfDay: number): string => {
  const hours = Math.floor(secondsOfDay / 3600)
  const minutes = Math.floor((secondsOfDay % 3600) / 60)
  return `${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(secondsOfDay % 60)}`
}

/** `DateTime64(3, 'UTC')` from milliseconds since the epoch: `2026-03-01 09:30:00.123`. */
export const tsvMillis = (ms: number): string => {
  const day = Math.floor(ms / 86_400_000)
  const rest = ms - day * 86_400_000
  return `${dayText(day)}${clockText(Math.floor(rest / 1000))}.${String(rest % 1000).padStart(3, '0')}`
}

/** `DateTime64(6, 'UTC')` from microseconds since the epoch: `2026-03-01 09:30:00.123456`. */
export const tsvMicros = (micros: number): string => {
  const day = Math.floor(micros / 86_400_000_000)
  const rest = micros - day * 86_400_000_000
  return `${dayText(day)}${clockText(Math.floor(rest / 1_000_000))}.${String(rest % 1_000_000).padStart(6, '0')}`
}
