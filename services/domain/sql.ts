/**
 * SQL as values: text joined with bound parameters, nothing is ever spliced.
 *
 * `` sql`… WHERE tenant = ${bind.string(tenant)} AND account IN (${accounts})` `` takes bound values and other
 * `Sql` fragments; `render` names the parameters `p0, p1 …` (equal values share a name) and gives what
 * `@clickhouse/client` takes as `query` and `query_params`.
 */
export type Bound = { readonly type: string; readonly value: BoundValue }
export type BoundValue = string | number | bigint | boolean | null | readonly BoundValue[]
export type Sql = { readonly parts: readonly (string | Bound | Derived)[] }

/**
 * Rows that follow from facts and nothing else, in the columns of a kept table: read in place as the subquery that they are, or, by whoever runs several statements over
 * them, from where they were computed once.
 */
export type Derived = {
  readonly table: string
  readonly rows: Sql
  /** Sets apart what the text of the subquery does not say: since when its facts are complete. */
  readonly epoch: string
}

/** To be read after FROM. */
export const derived = (table: string, rows: Sql, epoch: string): Sql => ({ parts: [{ table, rows, epoch }] })

export const sql = (strings: TemplateStringsArray, ...values: readonly (Sql | Bound)[]): Sql => {
  const parts: (string | Bound | Derived)[] = []
  strings.forEach((text, index) => {
    parts.push(text)
    const value = values[index]
    if (value === undefined) return
    if ('parts' in value) parts.push(...value.parts)
    else parts.push(value)
  })
  return { parts }
}

/** Fragments one after the other, with `separator` (program text, never input) between. */
export const joinSql = (fragments: readonly Sql[], separator: string): Sql => ({
  parts: fragments.flatMap((fragment, index) => (index === 0 ? fragment.parts : [separator, ...fragment.parts])),
})

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/

/** A table or column name from the program's own text; throws `RangeError` on anything that is not a plain identifier. */
export const identifier = (name: string): Sql => {
  if (!IDENTIFIER.test(name)) throw new RangeError(`not a plain identifier: ${JSON.stringify(name)}`)
  return { parts: [name] }
}

/** Milliseconds since the epoch → the text that ClickHouse takes for DateTime64(3, 'UTC'). */
export const instantText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

export const bind = {
  string: (value: string): Bound => ({ type: 'String', value }),
  strings: (value: readonly string[]): Bound => ({ type: 'Array(String)', value }),
  int: (value: number | bigint): Bound => ({ type: 'Int64', value: value.toString() }),
  uint: (value: number | bigint): Bound => ({ type: 'UInt64', value: value.toString() }),
  ints: (value: readonly (number | bigint)[]): Bound => ({ type: 'Array(Int64)', value }),
  bool: (value: boolean): Bound => ({ type: 'UInt8', value: value ? 1 : 0 }),
  /** Knowledge time, milliseconds since the epoch. */
  instant: (ms: number): Bound => ({ type: "DateTime64(3, 'UTC')", value: instantText(ms) }),
  /** Business time, milliseconds since the epoch (dates and period bounds fall on whole milliseconds). */
  businessInstant: (ms: number): Bound => ({ type: "DateTime64(6, 'UTC')", value: `${instantText(ms)}000` }),
  date: (isoDate: string): Bound => ({ type: 'Date32', value: isoDate }),
} as const

export type Rendered = { readonly query: string; readonly params: Readonly<Record<string, BoundValue>> }

/** Everything derived as the subquery that it is. */
const inPlace = ({ parts }: Sql): readonly (string | Bound)[] =>
  parts.flatMap(part => (typeof part === 'object' && 'rows' in part ? ['(', ...inPlace(part.rows), ')'] : [part]))

/** The text with `{p0:Type}` placeholders and the values to bind. */
export const render = (statement: Sql): Rendered => {
  const names = new Map<string, string>()
  const params: Record<string, BoundValue> = {}
  let query = ''
  for (const part of inPlace(statement)) {
    if (typeof part === 'string') {
      query += part
      continue
    }
    // bigints have no JSON; their digits tell them apart
    const identity = JSON.stringify([part.type, part.value], (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
    let name = names.get(identity)
    if (name === undefined) {
      name = `p${names.size}`
      names.set(identity, name)
      params[name] = part.value
    }
    query += `{${name}:${part.type}}`
  }
  return { query, params }
}
