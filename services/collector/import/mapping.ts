import { z } from 'zod'
import { isZone } from '../../domain/periods.ts'
import { currencyExponent } from '../../domain/money.ts'
import type { CellStyle } from './cells.ts'

/** How the columns of a file become the fields of events; `accord import … --mapping <file>` reads it as JSON. */
export const Mapping = z.strictObject({
  /** Column → field; a column that is called like a field needs none. */
  columns: z.record(z.string(), z.string()).default({}),
  /** Field → what it is in every row whose own cell is empty. */
  set: z.record(z.string(), z.string()).default({}),
  /** Field → what a cell says → what it means. */
  values: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  dates: z.enum(['iso', 'dmy', 'mdy']).default('iso'),
  decimal: z.enum(['.', ',']).default('.'),
  zone: z.string().refine(isZone, 'expected an IANA zone such as Europe/Berlin').default('UTC'),
  /** Of amounts in rows that do not say. */
  currency: z
    .string()
    .refine(code => currencyExponent(code) !== null, 'expected an ISO 4217 code such as EUR')
    .optional(),
})
export type Mapping = z.output<typeof Mapping>

export type UnmappedValue = { readonly field: string; readonly value: string; readonly rows: number }

/** A file's header laid over a mapping. */
export type Columns = {
  /** What a row says of a field, mapped and trimmed; '' for nothing. */
  readonly of: (cells: readonly string[], field: string) => string
  /** What a field is called in the file; its own name where no column is. */
  readonly nameOf: (field: string) => string
  readonly has: (field: string) => boolean
  readonly style: CellStyle
  /** Columns that nothing is made of. */
  readonly ignored: readonly string[]
}

export type ColumnsResult = { readonly ok: true; readonly value: Columns } | { readonly ok: false; readonly reason: string }

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')

/** Refuses a mapping that names a field that there is not, or a column that the file has not. `onUnmapped` hears of values without a meaning. */
export const columnsOf = (
  header: readonly string[],
  { columns, set, values, currency, ...style }: Mapping,
  fields: readonly string[],
  onUnmapped: (field: string, value: string) => void,
): ColumnsResult => {
  const asked = [...Object.values(columns), ...Object.keys(set), ...Object.keys(values)]
  const unknown = asked.find(field => !fields.includes(field))
  if (unknown !== undefined) return { ok: false, reason: `there is no field ${unknown}: there are ${fields.join(', ')}` }
  const names = header.map(name => name.trim())
  const missing = Object.keys(columns).find(column => !names.some(name => plain(name) === plain(column)))
  if (missing !== undefined) return { ok: false, reason: `there is no column ${missing}: there are ${names.join(', ')}` }
  const mapped = new Map(Object.entries(columns).map(([column, field]) => [plain(column), field]))
  const places = new Map<string, number>()
  const ignored: string[] = []
  for (const [place, name] of names.entries()) {
    const field = mapped.get(plain(name)) ?? plain(name)
    if (!fields.includes(field)) ignored.push(name)
    else if (!places.has(field) || mapped.has(plain(name))) places.set(field, place)
  }
  const fixed: Readonly<Record<string, string>> = { ...(currency === undefined ? {} : { currency }), ...set }
  const said = (cells: readonly string[], field: string): string => {
    const place = places.get(field)
    return place === undefined ? '' : (cells[place] ?? '').trim()
  }
  return {
    ok: true,
    value: {
      of: (cells, field) => {
        const text = said(cells, field)
        if (text === '') return fixed[field] ?? ''
        const meanings = values[field]
        const meaning = meanings?.[text]
        if (meanings !== undefined && meaning === undefined) onUnmapped(field, text)
        return meaning ?? text
      },
      nameOf: field => names[places.get(field) ?? -1] ?? field,
      has: field => places.has(field) || fixed[field] !== undefined,
      style,
      ignored,
    },
  }
}
