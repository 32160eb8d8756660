import { z } from 'zod'
import { everKnown, everValid } from '../projections/in-force.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { AttributionModel } from './attribution-model.ts'
import { ChannelMap } from './channel-map.ts'
import { type Definitions, type Exception, shippedDefinitions } from './definitions.ts'
import { ResponseList } from './responses.ts'
import { StageMap } from './stage-map.ts'

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
    SELECT tenant, type, payload
    FROM (
      SELECT tenant, toString(type) AS type, payload, occurred_at, recorded_at, event_id
      FROM record_facts FINAL
      WHERE ${own} AND type IN ('tenant-configured', 'definition-published', 'definition-approved', 'record-excluded', 'campaign-alias-added') AND recorded_at <= ${asOf}
      LIMIT 1 BY tenant, if(type IN ('record-excluded', 'campaign-alias-added'), type, event_id)
      UNION ALL
      SELECT DISTINCT tenant, 'consent-changed', '', ${everValid}, ${everKnown}, '' FROM consent_facts WHERE ${own}
    )
    ORDER BY occurred_at, recorded_at, event_id`
}

const EventRow = z.object({ tenant: z.string(), type: z.string(), payload: z.string() })
const Configured = z.object({ zone: z.string().min(1).optional(), lawful_basis: z.string().min(1).optional() })
const Published = z.object({ definition_id: z.string(), version: z.int(), kind: z.string(), document: z.string() })
const Approved = z.object({ definition_id: z.string(), version: z.int(), function: z.string() })

/** Who has to approve a document before it is in force (design D5). */
const APPROVING = ['marketing', 'sales'] as const

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A published document laid over what is in force; one that is no valid document changes nothing (the collector refuses it; the log may be older). */
const withDocument = (definitions: Definitions, kind: string, document: string): Definitions => {
  let content: unknown
  try {
    content = JSON.parse(document)
  } catch {
    return definitions
  }
  switch (kind) {
    case 'attribution-model': {
      const model = AttributionModel.safeParse(content)
      return model.success
        ? { ...definitions, models: [...definitions.models.filter(other => other.id !== model.data.id), model.data] }
        : definitions
    }
    case 'responses': {
      const responses = ResponseList.safeParse(content)
      return responses.success ? { ...definitions, responses: responses.data } : definitions
    }
    case 'stage-map': {
      const stageMap = StageMap.safeParse(content)
      return stageMap.success ? { ...definitions, stageMap: stageMap.data } : definitions
    }
    case 'channel-map': {
      const channelMap = ChannelMap.safeParse(content)
      return channelMap.success ? { ...definitions, channelMap: channelMap.data } : definitions
    }
    default:
      return definitions
  }
}

/** What is in force per tenant: the shipped definitions, and over them what was published and approved by both functions, in the order of approval. */
export const definitionsInForce = (rows: readonly unknown[]): ReadonlyMap<string, Definitions> => {
  const inForce = new Map<string, Definitions>()
  const published = new Map<string, z.infer<typeof Published>>()
  const approvals = new Map<string, Set<string>>()
  for (const row of rows) {
    const { tenant, type, payload: text } = EventRow.parse(row)
    const current = inForce.get(tenant) ?? shippedDefinitions
    const exception = EXCEPTION_OF.get(type)
    if (exception !== undefined) {
      inForce.set(tenant, { ...current, exceptions: { ...current.exceptions, [exception]: true } })
      continue
    }
    const payload: unknown = JSON.parse(text)
    if (type === 'tenant-configured') {
      const configured = Configured.safeParse(payload)
      if (!configured.success) continue
      const { zone = '', lawful_basis: lawfulBasis = shippedDefinitions.lawfulBasis } = configured.data
      inForce.set(tenant, { ...current, lawfulBasis, zone: isZone(zone) ? zone : current.zone })
    } else if (type === 'definition-published') {
      const document = Published.safeParse(payload)
      if (document.success) published.set(`${tenant}\u001f${document.data.definition_id}\u001f${document.data.version}`, document.data)
    } else {
      const approval = Approved.safeParse(payload)
      if (!approval.success) continue
      const key = `${tenant}\u001f${approval.data.definition_id}\u001f${approval.data.version}`
      const functions = approvals.get(key) ?? new Set()
      approvals.set(key, functions.add(approval.data.function))
      const document = published.get(key)
      if (document !== undefined && APPROVING.every(name => functions.has(name))) {
        inForce.set(tenant, withDocument(current, document.kind, document.document))
      }
    }
  }
  return inForce
}

/** The tenant's definitions, the shipped ones where it published nothing. */
export const definitionsOf = (inForce: ReadonlyMap<string, Definitions>, tenant: string): Definitions =>
  inForce.get(tenant) ?? shippedDefinitions
