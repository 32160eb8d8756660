import { z } from 'zod'
import { bind, type Sql, sql } from '../sql.ts'
import { AttributionModel } from './attribution-model.ts'
import { type Definitions, shippedDefinitions } from './definitions.ts'
import { ResponseList } from './responses.ts'
import { StageMap } from './stage-map.ts'

/** The events that say what a tenant's figures are computed under, as known at `asOf`, in the order in which they were said. */
export const definitionEvents = (asOf: Sql, tenant?: string): Sql => sql`
  SELECT tenant, type, payload
  FROM record_facts FINAL
  WHERE type IN ('tenant-configured', 'definition-published', 'definition-approved') AND recorded_at <= ${asOf}
    ${tenant === undefined ? sql`` : sql`AND tenant = ${bind.string(tenant)}`}
  ORDER BY occurred_at, recorded_at, event_id`

const EventRow = z.object({ tenant: z.string(), type: z.string(), payload: z.string().transform(text => JSON.parse(text) as unknown) })
const Configured = z.object({ zone: z.string().min(1).optional() })
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
    const { tenant, type, payload } = EventRow.parse(row)
    const current = inForce.get(tenant) ?? shippedDefinitions
    if (type === 'tenant-configured') {
      const configured = Configured.safeParse(payload)
      const zone = configured.success ? configured.data.zone : undefined
      if (zone !== undefined && isZone(zone)) inForce.set(tenant, { ...current, zone })
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
