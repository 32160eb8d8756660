import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { PROJECT_LIMITS } from './compute.ts'

const Row = z.object({ tenant: z.string(), type: z.string(), subject: z.string(), payload: z.string() })
const Signed = z.object({ sha256: z.string(), document: z.string().default(''), previous_sha256: z.string().default('') })
const Chained = z.looseObject({ previous_sha256: z.string().optional() })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Signed audits and reviews, of all tenants, from what the log said alone: every digest is that of bytes that are there, the bytes name the same audit before them as the
 * signature, and what they name was signed before.
 */
export const verifySigned = async (store: Store): Promise<{ readonly checked: number; readonly broken: readonly string[] }> => {
  const rows = (
    await store.read(
      sql`
        SELECT tenant, toString(type) AS type, subject, payload FROM record_facts FINAL
        WHERE type IN ('audit-signed', 'review-signed')
        ORDER BY tenant, occurred_at, recorded_at, event_id`,
      PROJECT_LIMITS,
    )
  ).map(row => Row.parse(row))
  const broken: string[] = []
  const there = new Map<string, Set<string>>()
  const documents = new Map<string, string>()
  for (const { tenant, subject, type, payload } of rows) {
    const name = `${tenant} ${subject}`
    const signed = Signed.safeParse(jsonOf(payload))
    if (!signed.success) {
      broken.push(`${name}: not a signature`)
      continue
    }
    const { sha256, document, previous_sha256: previous } = signed.data
    if (document !== '') {
      if (createHash('sha256').update(document).digest('hex') === sha256) documents.set(`${name} ${sha256}`, document)
      else broken.push(`${name}: the bytes have another digest than ${sha256}`)
    }
    const kept = documents.get(`${name} ${sha256}`)
    if (kept === undefined && document === '') broken.push(`${name}: nobody has the bytes of ${sha256}`)
    const chained = kept === undefined ? null : Chained.safeParse(jsonOf(kept))
    if (chained !== null && (!chained.success || (chained.data.previous_sha256 ?? previous) !== previous))
      broken.push(`${name}: the bytes name another one before them than the signature`)
    const before = there.get(`${tenant} ${type}`) ?? new Set<string>()
    there.set(`${tenant} ${type}`, before)
    if (previous !== '' && !before.has(previous)) broken.push(`${name}: the one before it, ${previous}, was never signed`)
    before.add(sha256)
  }
  return { checked: rows.length, broken }
}
