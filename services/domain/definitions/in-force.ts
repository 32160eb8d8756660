import { z } from 'zod'
import { isZone } from '../periods.ts'
import { everKnown, everValid } from '../projections/in-force.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { attributionModelKind } from './attribution-model.ts'
import { channelMapKind } from './channel-map.ts'
import { type Definitions, type Exception, shippedDefinitions } from './definitions.ts'
import { allInForceAt, type DefinitionHistory, inForceAt } from './history.ts'
import { type DefinitionEvent, historyOf } from './history-of.ts'
import { responsesKind } from './responses.ts'
import { stageMapKind } from './stage-map.ts'

/** Which events make an exception. */
const EXCEPTION_OF: ReadonlyMap<string, Exception> = new Map([
  ['record-excluded', 'exclusions'],
  ['campaign-alias-added', 'aliases'],
  ['consent-changed', 'consents'],
])

/**
 * The events that say what a tenant's figures are computed under, as known at `asOf`, in the order in which they were said; of those that make an
 * exception one of each kind.
 */
export const definitionEvents = (asOf: Sql, tenant?: string): Sql => {
  const own = tenant === undefined ? sql`1` : sql`tenant = ${bind.string(tenant)}`
  return sql`
    SELECT tenant, type, payload, event_id, toUnixTimestamp64Milli(recorded_at) AS known_ms
    FROM (
      SELECT tenant, toString(type) AS type, payload, occurred_at, recorded_at, event_id
      FROM record_facts FINAL
      WHERE ${own} AND type IN ('tenant-configured', 'definition-published', 'definition-approved', 'definition-refused', 'record-excluded', 'campaign-alias-added') AND recorded_at <= ${asOf}
      LIMIT 1 BY tenant, if(type IN ('record-excluded', 'campaign-alias-added'), type, event_id)
      UNION ALL
      SELECT DISTINCT tenant, 'consent-changed', '', ${everValid}, ${everKnown}, '' FROM consent_facts WHERE ${own}
    )
    ORDER BY occurred_at, recorded_at, event_id`
}

const EventRow = z.object({ tenant: z.string(), type: z.string(), payload: z.string(), event_id: z.string(), known_ms: z.coerce.number() })
const Configured = z.object({ zone: z.string().min(1).optional(), lawful_basis: z.string().min(1).optional() })

/** What a tenant says about itself and what makes an exception, as read so far; its definitions come from their history. */
type Plain = Pick<Definitions, 'zone' | 'lawfulBasis' | 'exceptions'>

const plainFrom = (plain: Plain, type: string, payload: unknown): Plain => {
  const exception = EXCEPTION_OF.get(type)
  if (exception !== undefined) return { ...plain, exceptions: { ...plain.exceptions, [exception]: true } }
  const configured = type === 'tenant-configured' ? Configured.safeParse(payload) : null
  if (configured?.success !== true) return plain
  const { zone = '', lawful_basis: lawfulBasis = shippedDefinitions.lawfulBasis } = configured.data
  return { ...plain, lawfulBasis, zone: isZone(zone) ? zone : plain.zone }
}

/**
 * What is in force per tenant at an instant (ms), as known then: the shipped definitions, and over them what was published and approved by both functions; beside
 * it the whole history, so that an entity can be judged by what was in force at its own instant. `rows` are those of `definitionEvents`.
 */
export const definitionsInForce = (rows: readonly unknown[], asOf: number): ReadonlyMap<string, Definitions> => {
  const plains = new Map<string, Plain>()
  const events = new Map<string, DefinitionEvent[]>()
  for (const row of rows) {
    const { tenant, type, payload: text, event_id: eventId, known_ms: at } = EventRow.parse(row)
    const payload: unknown = text === '' ? null : JSON.parse(text)
    plains.set(tenant, plainFrom(plains.get(tenant) ?? shippedDefinitions, type, payload))
    if (type.startsWith('definition-')) {
      const said = events.get(tenant) ?? []
      said.push({ type, eventId, at, payload })
      events.set(tenant, said)
    }
  }
  return new Map(
    [...plains].map(([tenant, { zone, lawfulBasis, exceptions }]) => [
      tenant,
      { ...documentsAt(historyOf(events.get(tenant) ?? []), asOf), zone, lawfulBasis, exceptions },
    ]),
  )
}

/** The documents that kept tables are computed from, and the history that all others are looked up in. */
const documentsAt = (
  history: DefinitionHistory,
  asOf: number,
): Pick<Definitions, 'models' | 'responses' | 'stageMap' | 'channelMap' | 'history'> => ({
  models: allInForceAt(history, attributionModelKind, asOf).map(({ document }) => document),
  responses: inForceAt(history, responsesKind, asOf).document,
  stageMap: inForceAt(history, stageMapKind, asOf).document,
  channelMap: inForceAt(history, channelMapKind, asOf).document,
  history,
})

/** The tenant's definitions, the shipped ones where it published nothing. */
export const definitionsOf = (inForce: ReadonlyMap<string, Definitions>, tenant: string): Definitions =>
  inForce.get(tenant) ?? shippedDefinitions
