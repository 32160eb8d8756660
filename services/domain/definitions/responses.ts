import { z } from 'zod'
import { standingDocument } from './document-kind.ts'

/** Touch types by which a person acted. Sends, deliveries, opens and impressions are not among them; automatic touches never count. */
export const ResponseList = z.strictObject({
  id: z.literal('responses'),
  version: z.int().min(1),
  touch_types: z.array(z.string().min(1)).min(1),
})
export type ResponseList = z.infer<typeof ResponseList>

export const shippedResponses: ResponseList = {
  id: 'responses',
  version: 1,
  touch_types: [
    'form',
    'download',
    'event_attended',
    'webinar_attended',
    'reply',
    'meeting',
    'inbound_call',
    'call_connected',
    'chat',
    'ad_click_session',
    'web_session',
    'demo_request',
    'contact_request',
    'trial_start',
    'referral',
  ],
}

export const responsesKind = standingDocument({
  kind: 'responses',
  title: 'What counts as a response',
  schema: ResponseList,
  shipped: shippedResponses,
  kept: true,
})
