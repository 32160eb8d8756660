import { z } from 'zod'
import { sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

/** Every tenant that any event belongs to, in byte order. */
export const allTenants = async (store: Store): Promise<readonly string[]> => {
  const rows = await store.read(sql`SELECT DISTINCT tenant FROM changes ORDER BY tenant`)
  return rows.map(row => z.object({ tenant: z.string() }).parse(row).tenant)
}
