import type { Readable } from 'node:stream'
import type { Sql } from '../domain/sql.ts'

/** One row of an answer: 64-bit integers and decimals arrive as strings; parse rows with zod, never cast. */
export type Row = Readonly<Record<string, unknown>>

export type ReadOptions = {
  /** Statement limit, written into the SQL text (chDB keeps settings that are passed beside it). Default 30. */
  readonly maxSeconds?: number
  /** Default 2 GiB. */
  readonly maxMemoryBytes?: number
  /** Further settings of this one statement (`max_threads`, `optimize_on_insert` …), in its text as well. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** Formats that the engine writes itself. */
export type StreamFormat = 'CSVWithNames' | 'Parquet' | 'Arrow' | 'JSONEachRow'

/**
 * The port to ClickHouse. Three lanes, so that a long projection never blocks landing or a question:
 * `append` lands, `write` projects and migrates, `read` and `stream` answer.
 * Every method rejects with `StoreError` only.
 */
export type Store = {
  readonly read: (statement: Sql, options?: ReadOptions) => Promise<readonly Row[]>
  readonly stream: (statement: Sql, format: StreamFormat, options?: ReadOptions) => Promise<Readable>
  /** DDL and INSERT … SELECT. Two at a time, begun in order of call. Limits here: 600 s and 4 GiB unless said otherwise. */
  readonly write: (statement: Sql, options?: ReadOptions) => Promise<void>
  /** Rows as TabSeparated text (see tsv.ts), made once. Resolves when the engine has stored them. */
  readonly append: (table: string, columns: readonly string[], tsv: string | Buffer) => Promise<void>
  readonly ping: () => Promise<{ readonly version: string }>
  readonly close: () => Promise<void>
}

export type StoreErrorCode =
  | 'STORE_UNAVAILABLE' // unreachable, timed out, closed: wait and try again
  | 'STORE_OVERLOADED' // too many parts (252), memory, too many queries: slow down and try again
  | 'STORE_LIMIT' // this question is too large (time or memory limit of the statement)
  | 'STORE_REJECTED' // syntax, types, unknown table: a bug or a wrong row, never retried as it is

export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly retriable: boolean
  /** ClickHouse's own error number, where it gave one. */
  readonly clickhouseCode: number | null
  constructor(code: StoreErrorCode, message: string, options: { readonly cause?: unknown; readonly clickhouseCode?: number | null } = {}) {
    super(message, { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.retriable = code === 'STORE_UNAVAILABLE' || code === 'STORE_OVERLOADED'
    this.clickhouseCode = options.clickhouseCode ?? null
  }
}
