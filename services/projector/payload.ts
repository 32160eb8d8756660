import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import type { RowBuffer } from '../store/row-buffer.ts'
import { tsvText } from '../store/tsv.ts'

const COMMON = new Set(['type', 'event_id', 'tenant', 'occurred_at', 'known_at', 'source', 'actor'])

type Value = string | number | boolean | bigint | null | readonly Value[] | { readonly [name: string]: Value }

const isEmpty = (value: Value): boolean => {
  if (value === '' || value === null || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

const json = (value: Value): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint': // exact: ClickHouse reads all 64 bits of it
      return value.toString()
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
      return `{${Object.entries(value)
        .map(([name, item]) => `${JSON.stringify(name)}:${json(item)}`)
        .join(',')}}`
    default:
      return String(value)
  }
}

/** The names of fields are few: what stands in front of their values is made once. */
const labels = new Map<string, string>()
const labelOf = (name: string): string => {
  let label = labels.get(name)
  if (label === undefined) {
    label = `"${name}":`
    labels.set(name, label)
  }
  return label
}

/**
 * Writes what the event says besides the common fields as one cell: JSON in the order of the schema; fields that say nothing ('', null,
 * false, empty lists) are left out, which is what readers take a missing field for.
 */
export const writePayload = (to: RowBuffer, event: AccordEvent): void => {
  const fields = event as unknown as Readonly<Record<string, Value>>
  let before = '{'
  for (const name in fields) {
    const value = fields[name] ?? null
    if (isEmpty(value) || COMMON.has(name)) continue
    to.raw(before)
    to.raw(labelOf(name))
    before = ','
    if (typeof value === 'string') to.jsonText(value)
    else if (typeof value === 'number') to.raw(String(value))
    else to.raw(tsvText(json(value)))
  }
  to.raw(before === '{' ? '{}' : '}')
}
