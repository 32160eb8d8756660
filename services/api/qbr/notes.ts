import { z } from 'zod'
import type { FigureSources } from '../../domain/figures/sources.ts'
import { bind, sql } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'

export const NOTE_KINDS = ['takeaway', 'comment', 'ask'] as const

export type PackNote = {
  readonly place: string
  readonly kind: string
  /** '' : as computed. */
  readonly text: string
  readonly member: string
  readonly eventId: string
}

const Row = z.object({ event_id: z.string(), payload: z.string() })
const Noted = z.object({
  place: z.string(),
  kind: z.string().default('comment'),
  text: z.string().default(''),
  member_id: z.string().default(''),
})

/** What members wrote into one review, in order. */
export const readNotes = async (store: Store, { recordFacts }: FigureSources, reviewId: string): Promise<readonly PackNote[]> => {
  const rows = await store.read(sql`
    SELECT event_id, payload FROM ${recordFacts}
    WHERE type = 'review-noted' AND subject = ${bind.string(reviewId)}
    ORDER BY occurred_at, recorded_at, event_id`)
  return rows
    .map(row => Row.parse(row))
    .map(({ event_id, payload }) => {
      const { place, kind, text, member_id } = Noted.parse(JSON.parse(payload))
      return { place, kind, text, member: member_id, eventId: event_id }
    })
}
