import type { FastifyRequest, preSerializationAsyncHookHandler } from 'fastify'
import { z } from 'zod'
import { identifier, joinSql, type Sql, sql } from '../domain/sql.ts'
import type { Store, StreamFormat } from '../store/port.ts'
import { Answer, type FigureRow, isDimension } from './answer.ts'
import { type Format, FORMATS, listOf } from './parameters.ts'

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

/** All others are text. */
const NUMBERS: ReadonlySet<string> = new Set(['value', 'numerator', 'denominator', 'interval_low', 'interval_high'])

export type Cell = string | number | null
export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** The rows as a table: dimensions first, those that were asked for even where there are no rows; without the totals, which would be counted twice. */
const tableOf = (rows: readonly FigureRow[], by: readonly string[]): Table => {
  const dimensions = [...new Set([...(rows.length === 0 ? by : []), ...rows.flatMap(row => Object.keys(row))])].filter(isDimension)
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

/** The same rows again as a statement, column by column, for the engine to write in its own binary formats; of no rows the columns. */
const rowsStatement = ({ columns, rows }: Table): Sql => {
  const named = columns.map((name, i) => {
    const type = NUMBERS.has(name) ? 'Array(Nullable(Float64))' : 'Array(Nullable(String))'
    const cells = rows.map(row => row[i] ?? null)
    const value = NUMBERS.has(name) ? cells : cells.map(cell => (typeof cell === 'number' ? String(cell) : cell))
    return sql`${{ type, value }} AS ${identifier(name)}`
  })
  return sql`SELECT ${joinSql(columns.map(identifier), ', ')} FROM (SELECT 1) ARRAY JOIN ${joinSql(named, ', ')}`
}

const ENGINE_FORMATS: Readonly<Record<'parquet' | 'arrow', StreamFormat>> = { parquet: 'Parquet', arrow: 'Arrow' }

const Asked = z.looseObject({ format: z.enum(FORMATS).optional(), by: z.union([z.string(), z.array(z.string())]).optional() })

/**
 * A route's `preSerialization` hook: turns the answer into the form that was asked for. Tables carry what the answer rests on in headers.
 */
export const inFormatAsked =
  (store: Store): preSerializationAsyncHookHandler =>
  async (request, reply, payload) => {
    const asked = Asked.parse(request.query)
    const format = formatOf(request, asked.format)
    if (format === 'json' || reply.statusCode !== 200) return payload
    const answer = Answer.parse(payload)
    const table = tableOf(answer.rows, listOf(asked.by))
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
    reply.type(MEDIA_TYPES[format])
    return await store.stream(rowsStatement(table), ENGINE_FORMATS[format])
  }
