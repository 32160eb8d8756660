import type { AccordEvent, EventOf, EventType } from '../../schemas/events/generated/types.ts'
import { byBytes, type Moment } from './order.ts'

/** An event where the log has it. `appended_at` ms. */
export type Recorded = {
  readonly event: AccordEvent
  readonly appended_at: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The order in which the log took recordings: of two of one event the first counts. */
export const byRecording = (a: Recorded, b: Recorded): number =>
  a.appended_at - b.appended_at || byBytes(a.topic, b.topic) || a.partition - b.partition || a.offset - b.offset

/** Known when the log had it; on a backfill when the source said it was (`known_at`, µs, cut to the millisecond). */
const momentOf = ({ event, appended_at }: Recorded): Moment => ({
  occurredAt: event.occurred_at,
  recordedAt: event.known_at === null ? appended_at : Math.floor(event.known_at / 1000),
  eventId: event.event_id,
})

/** What the types of event that speak of one thing say about it; null where an event says nothing after all. */
export type Readers<F> = { readonly [T in EventType]?: (event: EventOf<T>, moment: Moment) => F | null }

/** The facts that the readers find, in the order of the recordings. */
export const read = <F>(recorded: readonly Recorded[], readers: Readers<F>): readonly F[] =>
  recorded.flatMap(said => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a reader takes the events of its own type, by which it is looked up
    const reader = readers[said.event.type] as ((event: AccordEvent, moment: Moment) => F | null) | undefined
    return reader?.(said.event, momentOf(said)) ?? []
  })

export const personNode = (id: string): string => `person:${id}`
export const accountNode = (id: string): string => `account:${id}`
export const orNull = (text: string): string | null => (text === '' ? null : text)
