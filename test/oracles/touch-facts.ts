import type { TouchCorrected, TouchRecorded } from '../../schemas/events/generated/types.ts'
import type { Moment } from './order.ts'
import type { Readers } from './recorded.ts'

/** What a touch is said to have been. */
export type TouchContent = {
  /** µs. */
  readonly touchedAt: number
  readonly touchType: string
  readonly channel: string
  readonly campaign: string
  readonly utmSource: string
  readonly utmMedium: string
  readonly content: string
  readonly outcome: string
  readonly direction: string
  readonly team: string
  readonly automatic: boolean
  readonly member: string
}

/** `content` is null when the touch was retracted. `amends` is true of corrections and retractions. */
export type TouchFact = Moment & {
  readonly touchId: string
  readonly subject: string
  readonly amends: boolean
  readonly content: TouchContent | null
}

const contentOf = (touch: TouchRecorded | TouchCorrected, touchedAt: number): TouchContent => ({
  touchedAt,
  touchType: touch.touch_type,
  channel: touch.channel,
  campaign: touch.campaign,
  utmSource: touch.utm_source,
  utmMedium: touch.utm_medium,
  content: touch.content_id,
  outcome: touch.outcome,
  direction: touch.direction,
  team: touch.team,
  automatic: touch.automatic,
  member: touch.member_id,
})

export const touchReaders: Readers<TouchFact> = {
  'touch-recorded': (event, moment) => ({
    ...moment,
    touchId: event.event_id,
    subject: event.subject,
    amends: false,
    content: contentOf(event, event.occurred_at),
  }),
  'touch-corrected': (event, moment) => ({
    ...moment,
    touchId: event.touch_id,
    subject: event.subject,
    amends: true,
    content: contentOf(event, event.touched_at),
  }),
  'touch-retracted': ({ touch_id, subject }, moment) => ({ ...moment, touchId: touch_id, subject, amends: true, content: null }),
}
