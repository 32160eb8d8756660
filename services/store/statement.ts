import type { BoundValue, Rendered } from '../domain/sql.ts'
import { type ReadOptions, StoreError } from './port.ts'

export type Limits = { readonly maxSeconds: number; readonly maxMemoryBytes: number }

const GIBIBYTE = 2 ** 30
export const READ_LIMITS: Limits = { maxSeconds: 30, maxMemoryBytes: 2 * GIBIBYTE }
/** Projections over everything take their time; a rebuild passes more. */
export const WRITE_LIMITS: Limits = { maxSeconds: 600, maxMemoryBytes: 4 * GIBIBYTE }

/** Rows that repeat are made one when they are read or merged; looking for them at every insert costs a third of its time. */
export const APPEND_SETTINGS = 'optimize_on_insert = 0'

/** An answer is handed over whole, so its size has a bound as well. */
const MAX_RESULT_BYTES = 512 * 2 ** 20

const LEADING_COMMENTS = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/
const SETTING_NAME = /^[a-z][a-z0-9_]*$/

export const limitsOf = (options: ReadOptions | undefined, defaults: Limits): Limits => ({
  maxSeconds: options?.maxSeconds ?? defaults.maxSeconds,
  maxMemoryBytes: options?.maxMemoryBytes ?? defaults.maxMemoryBytes,
})

const settingText = (name: string, value: string | number): string => {
  if (!SETTING_NAME.test(name)) throw new RangeError(`not a setting's name: ${JSON.stringify(name)}`)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${name} must be finite, got ${value}`)
    return `${name} = ${value}`
  }
  return `${name} = ${quoted(value)}`
}

/** A string literal of ClickHouse's SQL. NUL would end the text where it passes through C. */
export const quoted = (text: string): string => {
  // oxlint-disable-next-line no-control-regex -- NUL is what is looked for
  const escaped = text.replace(/[\\'\0]/g, character => (character === '\0' ? '\\0' : `\\${character}`))
  return `'${escaped}'`
}

/**
 * The statement with its limits as a `SETTINGS` clause in the text, which holds for this statement only, on both connections.
 * Of statements that take none (DDL, SHOW, DESCRIBE, INSERT … VALUES) the text comes back as it is.
 */
export const withLimits = (
  query: string,
  kind: 'read' | 'write',
  limits: Limits,
  settings: Readonly<Record<string, string | number>> = {},
): string => {
  const text = query.replace(/[\s;]+$/, '')
  const start = text.slice(LEADING_COMMENTS.exec(text)?.[0].length ?? 0)
  const selects = /^(?:SELECT|WITH|\()/i.test(start)
  if (kind === 'read' && !selects) {
    if (!/^(?:SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN)\b/i.test(start))
      throw new StoreError('STORE_REJECTED', `a read only reads, got ${start.slice(0, 20)}…`)
    return text
  }
  const insertsSelected = /^INSERT\b/i.test(start) && /\bSELECT\b/i.test(start)
  if (!selects && !insertsSelected) return text
  const all: Record<string, string | number> = {
    max_execution_time: limits.maxSeconds,
    max_memory_usage: limits.maxMemoryBytes,
    // this pass walks nested queries again and again: without it the credit projection is planned in half the time (445 → 229 ms)
    optimize_and_compare_chain: 0,
    // a question must not change anything, whatever its text says
    ...(kind === 'read' ? { max_result_bytes: MAX_RESULT_BYTES, result_overflow_mode: 'throw', readonly: 2 } : {}),
    ...settings,
  }
  // on a line of its own: the text may end in a comment
  return `${text}\nSETTINGS ${Object.entries(all)
    .map(([name, value]) => settingText(name, value))
    .join(', ')}`
}

const escapedText = (value: string): string =>
  // oxlint-disable-next-line no-control-regex -- the characters that ClickHouse's text form of a value reserves
  value.replace(/[\\'\t\n\r\0]/g, character => {
    if (character === '\t') return '\\t'
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\0') return '\\0'
    return `\\${character}`
  })

const nestedText = (value: BoundValue): string => {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${escapedText(value)}'`
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (Array.isArray(value)) return `[${value.map(nestedText).join(',')}]`
  return String(value)
}

/** A parameter in the text form that ClickHouse parses by the placeholder's type, as the HTTP client sends it. */
const parameterText = (value: BoundValue): string => {
  if (value === null) return '\\N'
  if (typeof value === 'string') return escapedText(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  return nestedText(value)
}

/**
 * Parameters as a `SET` before the statement, for chDB: its own binding puts every bound query of the process in one queue
 * (measured: a question waited 2 s for another lane's), while `SET` is the session's own. Each statement sets all that it names.
 */
export const withSetParameters = ({ query, params }: Rendered): string => {
  const entries = Object.entries(params)
  if (entries.length === 0) return query
  return `SET ${entries.map(([name, value]) => `param_${name} = ${quoted(parameterText(value))}`).join(', ')};\n${query}`
}

/** Longer than this a value goes into the text: what a URL or a form field would carry is refused by proxies and servers. */
const MAX_BESIDE_CHARACTERS = 2048

/** A value as a literal of its type, for statements whose parameters cannot travel in a form. */
const literal = (value: BoundValue, type: string): string =>
  typeof value === 'string' ? quoted(value) : `CAST(${quoted(nestedText(value))}, ${quoted(type)})`

/** Long values as literals in the text, short ones as parameters as before. */
export const withLongValuesInText = ({ query, params }: Rendered): Rendered => {
  const long = new Map(
    Object.entries(params).filter(
      ([, value]) => (typeof value === 'string' || Array.isArray(value)) && nestedText(value).length > MAX_BESIDE_CHARACTERS,
    ),
  )
  return {
    query: query.replaceAll(/\{(\w+):([^}]*)\}/g, (placeholder, name: string, type: string) => {
      const value = long.get(name)
      return value === undefined ? placeholder : literal(value, type)
    }),
    params: Object.fromEntries(Object.entries(params).filter(([name]) => !long.has(name))),
  }
}

/** ClickHouse servers take form fields of at most 128 KiB (`http_max_field_value_size`); leave room for escapes. */
const MAX_FIELD_CHARACTERS = 100_000

/**
 * Long arrays in pieces, for HTTP: `{p0:Array(String)}` becomes `arrayConcat({p0_0:Array(String)}, {p0_1:Array(String)} …)`,
 * which the server folds into one constant.
 */
export const withSplitParameters = ({ query, params }: Rendered): Rendered => {
  let text = query
  const split: Record<string, BoundValue> = {}
  for (const [name, value] of Object.entries(params)) {
    if (!Array.isArray(value) || Buffer.byteLength(parameterText(value)) <= MAX_FIELD_CHARACTERS) {
      split[name] = value
      continue
    }
    const pieces = inPieces(value)
    pieces.forEach((piece, index) => {
      split[`${name}_${index}`] = piece
    })
    text = text.replaceAll(
      new RegExp(`\\{${name}:([^}]*)\\}`, 'g'),
      (_, type: string) => `arrayConcat(${pieces.map((_piece, index) => `{${name}_${index}:${type}}`).join(', ')})`,
    )
  }
  return { query: text, params: split }
}

const inPieces = (values: readonly BoundValue[]): readonly BoundValue[][] => {
  const pieces: BoundValue[][] = []
  let piece: BoundValue[] = []
  let size = 0
  for (const value of values) {
    const length = Buffer.byteLength(nestedText(value)) + 1
    if (piece.length > 0 && size + length > MAX_FIELD_CHARACTERS) {
      pieces.push(piece)
      piece = []
      size = 0
    }
    piece.push(value)
    size += length
  }
  pieces.push(piece)
  return pieces
}
