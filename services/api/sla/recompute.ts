import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import { createAnswerReader } from '../as-of.ts'
import { agreedDocument, readSigned, sha256Of } from '../signed/signed.ts'
import { computeAudit } from './audit.ts'
import { createSlaBooks } from './book.ts'

const SignedRow = z.object({ tenant: z.string(), subject: z.string() })
const Named = z.object({ month: z.string() })

/** An audit that both functions signed, beside what today's code computes as of the same instant. */
export type RecomputedAudit = { readonly audit: string; readonly asOf: string; readonly isSame: boolean }

/**
 * Computes every agreed audit of all tenants anew, as of the instant that it was signed for, from what the store has: no service has to run. What is signed stays as it is; where today's code
 * would say something else whoever verifies should know (design D7).
 */
export const recomputeAudits = async (store: Store): Promise<readonly RecomputedAudit[]> => {
  const reader = createAnswerReader({ store })
  const books = createSlaBooks({ store })
  const found: RecomputedAudit[] = []
  const rows = await store.read(
    sql`SELECT DISTINCT tenant, subject FROM record_facts FINAL WHERE type = 'audit-signed' ORDER BY tenant, subject`,
  )
  for (const row of rows) {
    const { tenant, subject } = SignedRow.parse(row)
    const agreed = await reader.read(tenant, {}, async ({ sources }) =>
      agreedDocument(await readSigned(store, sources, { type: 'audit-signed', id: subject })),
    )
    if (agreed === null) continue
    const { month } = Named.parse(JSON.parse(agreed.document))
    const asOf = instantOf(agreed.asOf)
    const document = await reader.read(tenant, { as_of: asOf }, async context =>
      canonicalJson(await computeAudit(store, context, await books.of(context), month)),
    )
    found.push({ audit: `${tenant} ${subject}`, asOf, isSame: sha256Of(document) === agreed.sha256 })
  }
  return found
}
