import { DAY, HOUR, MINUTE, type Region, ZONE_OF, isWeekend, zoneOffset } from './calendar.ts'
import { type Campaign, type Channel, platformOf } from './campaigns.ts'
import { type Chance, weighted } from './chance.ts'
import type { Member } from './staff.ts'
import { aliasOf } from './foundations.ts'
import type { EventData, World } from './world.ts'

export type TouchType =
  | 'form'
  | 'download'
  | 'event_attended'
  | 'webinar_attended'
  | 'reply'
  | 'meeting'
  | 'inbound_call'
  | 'call_connected'
  | 'chat'
  | 'ad_click_session'
  | 'web_session'
  | 'demo_request'
  | 'contact_request'
  | 'trial_start'
  | 'referral'
  // what the company did, or what only a machine did: no response
  | 'email_sent'
  | 'email_delivered'
  | 'email_opened'
  | 'email_clicked'
  | 'impression'
  | 'call_attempt'
  | 'call_voicemail'

export type Touch = {
  readonly subject: string
  readonly type: TouchType
  readonly at: number
  readonly channel: Channel
  readonly campaign?: Campaign | null
  readonly member?: Member | null
  readonly team?: string
  readonly outbound?: boolean
  readonly automatic?: boolean
  readonly outcome?: string
  readonly content?: string
  readonly deal?: string
  readonly participants?: readonly string[]
  readonly pages?: number
  readonly minutes?: number
  /** When it became known at the earliest: a touch by a person is not known before the person is. */
  readonly notKnownBefore?: number
}

const SOURCE_OF: Partial<Record<TouchType, string>> = {
  web_session: 'web-analytics',
  ad_click_session: 'web-analytics',
  impression: 'ad-platform',
  email_sent: 'marketing-automation',
  email_delivered: 'marketing-automation',
  email_opened: 'marketing-automation',
  email_clicked: 'marketing-automation',
  form: 'marketing-automation',
  download: 'marketing-automation',
  webinar_attended: 'webinar-platform',
}

/** Hand-logged things: these come late when somebody forgets. */
const LOGGED_BY_HAND: ReadonlySet<TouchType> = new Set([
  'meeting',
  'inbound_call',
  'call_connected',
  'call_attempt',
  'call_voicemail',
  'referral',
])

const knownAfter = (chance: Chance, type: TouchType, region: Region | null): number => {
  if (LOGGED_BY_HAND.has(type)) {
    // one hand-logged touch in sixteen is written down days later
    if (chance.happens(0.0625)) return 26 * HOUR + chance.exponential(2.2 * DAY)
    return chance.int(1, region === 'apac' ? 50 : 25) * MINUTE
  }
  if (type === 'event_attended') return chance.int(2, 44) * HOUR // the list is loaded after the event
  if (type === 'webinar_attended') return chance.int(20, 90) * MINUTE
  return chance.int(3, 600) * 1_000
}

/** As the ad platform would name the click; by it a conversion is told back to where it was paid for. */
const clickIdOf = ({ subject, at }: Touch): string => `gclid:Cj0KCQ${at.toString(36)}_${subject.replaceAll(/[^A-Za-z0-9]/g, '')}`

/** Tells one touch and, for a few, what was found wrong with it later. Returns its id, the event's. */
export const tellTouch = (world: World, touch: Touch, region: Region | null = null): string => {
  const { chance, emit } = world
  const [utmSource, utmMedium] = platformOf(touch.channel)
  const digital =
    touch.type === 'web_session' || touch.type === 'ad_click_session' || touch.type === 'form' || touch.type === 'email_clicked'
  const source = SOURCE_OF[touch.type] ?? 'crm'
  const known = Math.max(touch.at + knownAfter(chance, touch.type, region), touch.notKnownBefore ?? 0)
  const data: EventData = {
    subject: touch.subject,
    touch_type: touch.type,
    channel: touch.channel,
    // ad links carry the alias, everything else the id: both lead to the campaign
    ...(touch.campaign ? { campaign: digital ? aliasOf(touch.campaign.name) : touch.campaign.id } : {}),
    ...(digital ? { utm_source: utmSource, utm_medium: utmMedium } : {}),
    ...(touch.type === 'ad_click_session' && touch.channel === 'paid_search' ? { click_id: clickIdOf(touch) } : {}),
    ...(touch.content === undefined ? {} : { content_id: touch.content }),
    ...(touch.outcome === undefined ? {} : { outcome: touch.outcome }),
    direction: touch.outbound === true ? 'outbound' : 'inbound',
    team: touch.team ?? 'marketing',
    ...(touch.automatic === true ? { automatic: true } : {}),
    ...(touch.member ? { member_id: touch.member.id } : {}),
    ...(touch.participants === undefined ? {} : { participants: touch.participants }),
    ...(touch.pages === undefined ? {} : { page_views: touch.pages }),
    ...(touch.minutes === undefined ? {} : { duration_seconds: touch.minutes * 60 }),
    ...(touch.deal === undefined ? {} : { deal_id: touch.deal }),
  }
  const id = emit('touch-recorded', touch.at, known, source, data)
  const fate = chance.float()
  if (fate < 0.0035) {
    // taken back: a bot, a colleague, a test
    const at = known + chance.exponential(9 * DAY) + HOUR
    emit('touch-retracted', at, at, source, {
      subject: touch.subject,
      touch_id: id,
      reason: chance.pick(['bot', 'internal', 'logged on the wrong record']),
    })
  } else if (fate < 0.009) {
    // corrected: it happened earlier, or another campaign brought it
    const at = known + chance.exponential(12 * DAY) + HOUR
    const another = chance.happens(0.5)
      ? chance.pick(world.campaigns.filter(campaign => campaign.channel === touch.channel || campaign.channel === 'email'))
      : null
    emit('touch-corrected', at, at, source, {
      ...data,
      ...(another === null ? {} : { campaign: another.id }),
      touch_id: id,
      touched_at: new Date(Math.round(touch.at - chance.int(0, 90) * MINUTE)).toISOString(),
      reason: another === null ? 'time of the visit' : 'campaign of the visit',
    })
  }
  return id
}

const OFFICE_HOURS = weighted<number>([
  [7, 2],
  [8, 6],
  [9, 11],
  [10, 13],
  [11, 12],
  [12, 7],
  [13, 9],
  [14, 12],
  [15, 11],
  [16, 9],
  [17, 5],
  [18, 2],
  [20, 2],
  [21, 1],
])
const VISITOR_HOURS = weighted<number>([
  [0, 1],
  [6, 2],
  [7, 4],
  [8, 8],
  [9, 11],
  [10, 12],
  [11, 11],
  [12, 9],
  [13, 9],
  [14, 11],
  [15, 10],
  [16, 9],
  [17, 7],
  [18, 5],
  [19, 5],
  [20, 6],
  [21, 5],
  [22, 3],
  [23, 1],
])

/** An instant of this UTC day when people of the region are about: at work, or on the web (evenings too). */
export const momentOf = (chance: Chance, day: number, region: Region, where: 'office' | 'web'): number => {
  const hour = where === 'office' ? OFFICE_HOURS(chance) : VISITOR_HOURS(chance)
  const local = hour * HOUR + chance.int(0, HOUR - 1)
  // instants before the UTC day began (an early morning in Asia) belong to its end
  return day + ((((local - zoneOffset(ZONE_OF[region], day)) % DAY) + DAY) % DAY)
}

/** The working day at or after `instant`'s day, as a UTC midnight. */
export const workingDay = (instant: number): number => {
  let day = Math.floor(instant / DAY) * DAY
  while (isWeekend(day)) day += DAY
  return day
}

/** A campaign of the channel that runs on the day, if any. */
export const campaignOf = ({ campaigns, chance }: World, channel: Channel, day: number, automation = false): Campaign | null => {
  const running = campaigns.filter(
    campaign => campaign.channel === channel && campaign.from <= day && day < campaign.to && campaign.automation === automation,
  )
  return running.length === 0 ? null : chance.pick(running)
}
