import type { AccordEvent } from '../../schemas/events/generated/types.ts'

const COMMON = new Set(['type', 'event_id', 'tenant', 'occurred_at', 'known_at', 'source', 'actor'])

type Value = string | number | boolean | bigint | null | readonly Value[] | { readonly [name: string]: Value }

const isEmpty = (value: Value): boolean => {
  if (value === '' || value === null || value === false) return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value) return false
  return true
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

/**
 * What the event says besides the common fields, as JSON in the order of the schema; fields that say nothing ('', null, false, empty
 * lists) are left out, which is what readers take a missing field for.
 */
export const payloadOf = (event: AccordEvent): string => {
  let text = ''
  for (const [name, value] of Object.entries(event as unknown as Readonly<Record<string, Value>>)) {
    if (COMMON.has(name) || isEmpty(value)) continue
    text += `${text === '' ? '' : ','}"${name}":${json(value)}`
  }
  return `{${text}}`
}
