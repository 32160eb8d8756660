import type { FastifyRequest, preSerializationAsyncHookHandler } from 'fastify'
import { z } from 'zod'
import { bind, identifier, joinSql, type Sql, sql } from '../domain/sql.ts'
import type { Store, StreamFormat } from '../store/port.ts'
import { Answer, type FigureRow, isDimension } from './answer.ts'
import { type Format, FORMATS } from './parameters.ts'
import { badParameter, tooLarge } from './problems.ts'

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.file',
}
export const PRODUCES: readonly string[] = Object.values(MEDIA_TYPES)

/** `format` goes before Accept; what Accept names and nobody knows is answered as JSON. */
const formatOf = (request: FastifyRequest, format: Format | undefined): Format => {
  if (format !== undefined) return format
  const accepted = (request.headers.accept ?? '').split(',').map(part => part.split(';')[0]?.trim() ?? '')
  for (const type of accepted) {
    const found = FORMATS.find(name => MEDIA_TYPES[name] === type)
    if (found !== undefined) return found
  }
  return 'json'
}

/** Of a row that is not a dimension; the order of the columns of a table. */
const VALUE_COLUMNS = ['metric', 'value', 'unit', 'numerator', 'denominator', 'interval_low', 'interval_high', 'flags', 'explain'] as const

export type Cell = string | number | null
export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** The rows as a table: dimensions first; without the totals, which would be counted twice. */
const tableOf = (rows: readonly FigureRow[]): Table => {
  const dimensions = [...new Set(rows.flatMap(row => Object.keys(row)))].filter(isDimension)
  return {
    columns: [...dimensions, ...VALUE_COLUMNS],
    rows: rows.map(row => [
      ...dimensions.map(name => cellOf(row[name])),
      row.metric,
      row.value,
      row.unit,
      row.numerator ?? null,
      row.denominator ?? null,
      row.interval?.[0] ?? null,
      row.interval?.[1] ?? null,
      row.flags.join(' '),
      row.explain ?? '',
    ]),
  }
}

const cellOf = (value: unknown): Cell => (typeof value === 'string' || typeof value === 'number' ? value : null)

/**
 * RFC 4180: CRLF, quotes where needed. Text that a spreadsheet would take for a formula gets a `'` in front, so that a campaign named
 * `=cmd()` stays a name.
 */
export const csvOf = ({ columns, rows }: Table): string => [columns, ...rows].map(row => `${row.map(csvCell).join(',')}\r\n`).join('')

const csvCell = (cell: Cell): string => {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The same rows again as a statement, for the engine to write in its own binary formats. */
const rowsStatement = ({ columns, rows }: Table): Sql => {
  const numbers = new Set(['value', 'numerator', 'denominator', 'interval_low', 'interval_high'])
  const types = columns.map(name => (numbers.has(name) ? 'Nullable(Float64)' : 'Nullable(String)'))
  const named = columns.map((name, i) => sql`row.${{ parts: [String(i + 1)] }} AS ${identifier(name)}`)
  const objects = rows.map(row =>
    JSON.stringify(row.map((cell, i) => (typeof cell === 'number' && types[i] === 'Nullable(String)' ? String(cell) : cell))),
  )
  return sql`
    SELECT ${joinSql(named, ', ')}
    FROM (SELECT JSONExtract(arrayJoin(${bind.strings(objects)}), ${bind.string(`Tuple(${types.join(', ')})`)}) AS row)`
}

/** The rows go to the engine as one bound value, which it takes up to a megabyte of. */
const MAX_BOUND = 900_000
const sizeOf = ({ rows }: Table): number => rows.reduce((sum, row) => sum + encodeURIComponent(JSON.stringify(row)).length, 0)

const ENGINE_FORMATS: Readonly<Record<'parquet' | 'arrow', StreamFormat>> = { parquet: 'Parquet', arrow: 'Arrow' }

const Asked = z.looseObject({ format: z.enum(FORMATS).optional() })

/**
 * A route's `preSerialization` hook: turns the answer into the form that was asked for. Tables carry what the answer rests on in headers.
 */
export const inFormatAsked =
  (store: Store): preSerializationAsyncHookHandler =>
  async (request, reply, payload) => {
    const format = formatOf(request, Asked.parse(request.query).format)
    if (format === 'json' || reply.statusCode !== 200) return payload
    const answer = Answer.parse(payload)
    const table = tableOf(answer.rows)
    reply.headers({
      'accord-as-of': answer.as_of,
      'accord-watermark': answer.watermark,
      'accord-definition': answer.definition,
      'accord-flags': answer.flags.join(' '),
    })
    reply.serializer((ready: string) => ready)
    if (format === 'csv') {
      reply.type('text/csv; charset=utf-8; header=present')
      return csvOf(table)
    }
    if (table.rows.length === 0) throw badParameter('format', 'there are no rows; ask for json or csv to see why')
    if (sizeOf(table) > MAX_BOUND)
      throw tooLarge(`${format} takes less than these ${table.rows.length} rows: ask for csv, or narrow the question`)
    reply.type(MEDIA_TYPES[format])
    return await store.stream(rowsStatement(table), ENGINE_FORMATS[format])
  }
