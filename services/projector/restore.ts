import { type AvroType, isOptional } from '../../schemas/avro.ts'
import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, EventType, WritableEvent } from '../../schemas/events/generated/types.ts'
import type { Codec } from '../log/codec.ts'

/** A row of `events`, instants as epoch numbers. */
export type StoredEvent = {
  readonly tenant: string
  readonly event_id: string
  readonly type: string
  readonly source: string
  readonly actor: string
  /** µs */
  readonly occurred_at: number
  /** ms; differs from `appended_at` only on a backfill */
  readonly recorded_at: number
  readonly appended_at: number
  readonly payload: string
}

const isLong = (type: AvroType): boolean => (isOptional(type) ? isLong(type[1]) : type === 'long')

const longs = new Map(
  Object.entries(catalogue).map(([type, { schema }]) => [
    type,
    new Set(schema.fields.filter(field => isLong(field.type)).map(({ name }) => name)),
  ]),
)

/** `writePayload` undone: the fields that said nothing come back as the schema's defaults, 64-bit numbers exactly. */
export const eventOf = (stored: StoredEvent, codec: Codec): AccordEvent => {
  const { type } = stored
  if (!(type in catalogue)) throw new RangeError(`no such event type: ${type}`)
  const long = longs.get(type)
  const reviver = (name: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && long?.has(name) === true ? BigInt(context?.source ?? value) : value
  const fields = JSON.parse(stored.payload, reviver) as Readonly<Record<string, unknown>>
  const event = {
    ...emptyRequired(type as EventType),
    ...fields,
    type,
    event_id: stored.event_id,
    tenant: stored.tenant,
    occurred_at: stored.occurred_at,
    known_at: stored.recorded_at === stored.appended_at ? null : stored.recorded_at * 1000,
    source: stored.source,
    actor: stored.actor,
  } as unknown as WritableEvent
  return codec.decode(codec.encode(event)).event
}

/** Required fields that were left out of the payload because they say nothing. */
const emptyRequired = (type: EventType): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    catalogue[type].schema.fields.filter(field => field.default === undefined).map(field => [field.name, emptyOf(field.type)]),
  )

const emptyOf = (type: AvroType): unknown => {
  if (isOptional(type)) return null
  if (type === 'string') return ''
  if (type === 'boolean') return false
  if (type === 'int') return 0
  if (type === 'long') return 0n
  if (typeof type === 'object' && type.type === 'array') return []
  if (typeof type === 'object' && type.type === 'map') return {}
  return undefined
}
