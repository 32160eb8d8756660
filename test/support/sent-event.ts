import { type AvroType, isOptional } from '../../schemas/avro.ts'
import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { instantText } from '../../services/collector/instant.ts'

const COMMON = new Set(['event_id', 'tenant', 'occurred_at', 'known_at', 'source', 'actor'])
const DAY_MICROS = 86_400_000_000

const isInstant = (type: AvroType): boolean =>
  isOptional(type) ? isInstant(type[1]) : typeof type === 'object' && 'logicalType' in type && type.logicalType === 'timestamp-micros'

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

/**
 * A generated event as a producer would send it, `daysEarlier` days earlier than it was told; a hashed address becomes an address again, because
 * that is what the collector hashes.
 */
export const sentEvent = (said: AccordEvent, daysEarlier = 0): Readonly<Record<string, unknown>> => {
  const instant = (micros: number): string => instantText(micros - daysEarlier * DAY_MICROS)
  const text = (name: string, value: unknown, type: AvroType): unknown => {
    if (typeof value === 'number' && isInstant(type)) return instant(value)
    if (typeof value === 'bigint') return value.toString()
    if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) return instant(Date.parse(value) * 1000).slice(0, 10)
    if (typeof value === 'string' && (name === 'subject' || name === 'identity'))
      return value.replace(/^email:0*([0-9a-f]+)$/, 'email:box-$1@mail.example')
    return value
  }
  const data = catalogue[said.type].schema.fields
    .filter(field => !COMMON.has(field.name))
    .map(field => ({ field, value: Reflect.get(said, field.name) as unknown }))
    .filter(({ value }) => !isEmpty(value))
    .map(({ field, value }) => [field.name, text(field.name, value, field.type)] as const)
  return {
    type: said.type,
    event_id: said.event_id,
    occurred_at: instant(said.occurred_at),
    ...(said.known_at === null ? {} : { known_at: instant(said.known_at) }),
    data: Object.fromEntries(data),
  }
}
