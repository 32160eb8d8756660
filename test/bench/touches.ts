import type { EventOf } from '../../schemas/events/generated/types.ts'
import { diceOf } from '../support/dice.ts'
import { event } from '../support/event.ts'

const CHANNELS = ['paid-search', 'organic-search', 'email', 'webinar', 'event', 'outbound', 'partner', 'social']
const TYPES = ['session', 'form', 'download', 'email-opened', 'email-clicked', 'ad-click', 'call', 'meeting']
const TEAMS = ['marketing', 'marketing', 'marketing', 'sales', 'partner']
const START = Date.UTC(2025, 0, 1) * 1000
const YEAR_SECONDS = 31_536_000

/** Touches as a site, an ad platform and a sales team would send them: about a dozen fields filled, eight touches a subject. */
export const touches = function* (rows: number, seed = 1): Generator<EventOf<'touch-recorded'>> {
  const dice = diceOf(seed)
  const subjects = Math.max(1, Math.floor(rows / 8))
  for (let index = 0; index < rows; index += 1) {
    const channel = dice.pick(CHANNELS)
    const number = dice.between(1, subjects)
    const web = dice.chance(70)
    yield event('touch-recorded', {
      // ids as producers send them: unique, of one length, in no order
      event_id: `web-${((index * 7919) % 1_000_003).toString(36).padStart(4, '0')}-${index.toString(36).padStart(5, '0')}`,
      occurred_at: START + dice.between(0, YEAR_SECONDS) * 1_000_000 + (index % 1_000_000),
      source: web ? 'website' : 'crm',
      subject: dice.chance(60) ? `person:p_${number}` : `anonymous:${number.toString(16).padStart(12, '0')}`,
      touch_type: dice.pick(TYPES),
      channel,
      campaign: `2025-${channel}-${dice.between(1, 5)}`,
      team: dice.pick(TEAMS),
      direction: dice.chance(80) ? 'inbound' : 'outbound',
      ...(web
        ? {
            utm_source: dice.pick(['google', 'linkedin', 'newsletter', 'partner-site']),
            utm_medium: dice.pick(['cpc', 'social', 'email', 'referral']),
            content_id: `asset-${dice.between(1, 60)}`,
            session_id: `s_${dice.between(1, 2 ** 30).toString(36)}`,
            page_url: `https://www.example.com/product/${dice.between(1, 200)}`,
            page_views: dice.between(1, 12),
          }
        : { member_id: `m_${dice.between(1, 25)}`, outcome: 'connected', duration_seconds: dice.between(10, 3600) }),
    })
  }
}
