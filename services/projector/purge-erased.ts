import { z } from 'zod'
import { sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

const COUNT = z.object({ tombstones: z.coerce.number() })

/**
 * Takes erased profiles, and what tombstones left of them, out of the store's files (design D8: gone within 7 days). Under FINAL they are out from the
 * moment the tombstone lands; a merge that would remove the rows may never come. Resolves with the number of tombstones that there were.
 */
export const purgeErased = async (store: Store): Promise<number> => {
  const [row] = await store.read(sql`SELECT count() AS tombstones FROM persons WHERE gone = 1`)
  const { tombstones } = COUNT.parse(row)
  if (tombstones > 0)
    await store.write(sql`
      DELETE FROM persons WHERE (tenant, person, offset) IN (
        SELECT p.tenant, p.person, p.offset
        FROM persons AS p
        INNER JOIN (SELECT tenant, person, max(offset) AS erased FROM persons WHERE gone = 1 GROUP BY tenant, person) AS t
          ON t.tenant = p.tenant AND t.person = p.person
        WHERE p.offset <= t.erased)`)
  return tombstones
}
