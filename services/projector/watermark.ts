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

/** The end of every partition of the record topics at a moment: everything that was appended before `at` (ms, this machine's clock, before the question) has a lower offset. */
export type Ends = { readonly at: number; readonly offsets: ReadonlyMap<string, number> }

const nameOf = ({ topic, partition }: Pick<Position, 'topic' | 'partition'>): string => `${topic}/${partition}`

export const endsOf = (at: number, ends: readonly Position[]): Ends => ({
  at,
  offsets: new Map(ends.map(end => [nameOf(end), end.offset])),
})

export type WatermarkInputs = {
  /** The newest last. */
  readonly asked: readonly Ends[]
  readonly landed: readonly Landed[]
  readonly clockSkewMs: number
}

/**
 * The instant up to which everything that the log ever got has landed (design D4): per partition the last landed append time less one millisecond, or the last moment at which its end was
 * asked for that landing has reached, less the clock skew, whichever is later; the least over the partitions. 0 while a partition with records has not landed any. Without the moments a
 * partition that hears something twice a second would hold everything back to what it heard before, each time that something has just come.
 */
export const watermarkOf = ({ asked, landed, clockSkewMs }: WatermarkInputs): number => {
  const byName = new Map(landed.map(row => [nameOf(row), row]))
  const newest = asked.at(-1)
  if (newest === undefined) return 0
  let watermark = newest.at - clockSkewMs
  for (const name of newest.offsets.keys()) {
    const row = byName.get(name)
    const next = row?.nextOffset ?? 0
    const reached = asked.findLast(({ offsets }) => (offsets.get(name) ?? Infinity) <= next)
    watermark = Math.min(
      watermark,
      Math.max(row === undefined ? 0 : row.appendedAt - 1, reached === undefined ? 0 : reached.at - clockSkewMs),
    )
  }
  return Math.max(0, watermark)
}
