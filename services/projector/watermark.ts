import { z } from 'zod'
import { sql } from '../domain/sql.ts'
import type { Position } from '../log/port.ts'
import type { Store } from '../store/port.ts'

/** How far a partition has landed. */
export type Landed = { readonly topic: string; readonly partition: number; readonly nextOffset: number; readonly appendedAt: number }

const LandedRow = z.object({
  topic: z.string(),
  partition: z.coerce.number().int(),
  next_offset: z.coerce.number().int(),
  appended_at: z.string().transform(text => Date.parse(`${text.replace(' ', 'T')}Z`)),
})

/** How far every partition has landed, by whichever instance: the greatest row of each counts. */
export const readLanded = async (store: Store): Promise<readonly Landed[]> => {
  const rows = await store.read(
    sql`SELECT topic, partition, max(next_offset) AS next_offset, max(appended_at) AS appended_at FROM landed GROUP BY topic, partition`,
  )
  return rows.map(row => {
    const { topic, partition, next_offset, appended_at } = LandedRow.parse(row)
    return { topic, partition, nextOffset: next_offset, appendedAt: appended_at }
  })
}

export type WatermarkInputs = {
  /** End of every partition of the record topics, and when they were asked for (ms, this machine's clock, before the question). */
  readonly ends: readonly Position[]
  readonly askedAt: number
  readonly landed: readonly Landed[]
  readonly clockSkewMs: number
}

/**
 * The instant up to which everything that the log ever got has landed (design D4): per partition the last landed append time less one
 * millisecond, or, where nothing is left to land, the moment of asking less the clock skew; the least over the partitions. 0 while a
 * partition with records has not landed any.
 */
export const watermarkOf = ({ ends, askedAt, landed, clockSkewMs }: WatermarkInputs): number => {
  const byName = new Map(landed.map(row => [`${row.topic}/${row.partition}`, row]))
  let watermark = askedAt - clockSkewMs
  for (const { topic, partition, offset } of ends) {
    const row = byName.get(`${topic}/${partition}`)
    const next = row?.nextOffset ?? 0
    if (next >= offset) continue
    watermark = Math.min(watermark, row === undefined ? 0 : row.appendedAt - 1)
  }
  return Math.max(0, watermark)
}
