import { DAY, HOUR, MINUTE, REGIONS, type Region } from './calendar.ts'
import { CONTENT, type Channel } from './campaigns.ts'
import { weighted } from './chance.ts'
import { NO_ACCOUNT, accountId, personId } from './market.ts'
import { addPerson } from './records.ts'
import { campaignOf, momentOf, tellTouch } from './touches.ts'
import type { World } from './world.ts'

/**
 * What happens whether or not anybody becomes a lead: newsletters and their opens, scanners that click on everything, visitors who
 * never say who they are, impressions on named accounts, customers at the help desk. `wanted` is how many touches this day should have.
 */
export const everydayTouches = (world: World, day: number, wanted: number): void => {
  let left = wanted
  while (left > 0) left -= KINDS(world.chance)(world, day)
}

type Kind = (world: World, day: number) => number

const regionOf: (world: World) => Region = ({ chance }) => chance.pick(REGIONS)
const SEND_HOURS = [6, 8, 9, 13] as const

/** A mail to one person: sent, delivered, perhaps opened, perhaps clicked; some mail servers' scanners click within seconds. */
const newsletter: Kind = (world, day) => {
  const { chance, market } = world
  const person = chance.int(1, market.persons())
  if (!market.isReachable(person, day)) return 0.2
  const subject = `person:${personId(person)}`
  const campaign = campaignOf(world, 'email', day)
  const mail = { subject, channel: 'email' as const, campaign }
  const at = day + chance.pick(SEND_HOURS) * HOUR + chance.int(0, 40 * MINUTE)
  tellTouch(world, { ...mail, type: 'email_sent', at, outbound: true, automatic: true })
  if (chance.happens(0.025)) return 1
  const delivered = at + chance.int(1, 30) * 1_000
  tellTouch(world, { ...mail, type: 'email_delivered', at: delivered, outbound: true, automatic: true })
  let told = 2
  if (chance.happens(0.05)) {
    tellTouch(world, { ...mail, type: 'email_clicked', at: delivered + chance.int(1, 9) * 1_000, automatic: true })
    told++
  }
  if (!chance.happens(0.29)) return told
  const opened = delivered + chance.exponential(5 * HOUR)
  tellTouch(world, { ...mail, type: 'email_opened', at: opened })
  told++
  if (!chance.happens(0.16)) return told
  tellTouch(world, { ...mail, type: 'email_clicked', at: opened + chance.int(5, 90) * 1_000 })
  tellTouch(world, { ...mail, type: 'web_session', at: opened + chance.int(95, 180) * 1_000, pages: chance.int(1, 6) })
  told += 2
  if (chance.happens(0.3)) {
    tellTouch(world, { ...mail, type: 'download', at: opened + chance.int(4, 15) * MINUTE, content: chance.pick(CONTENT)[0] })
    told++
  }
  return told
}

const VISITOR_CHANNELS = weighted<Channel>([
  ['organic_search', 34],
  ['direct', 22],
  ['paid_search', 17],
  ['paid_social', 10],
  ['organic_social', 7],
  ['review_sites', 3],
  ['referral', 3],
  ['content_syndication', 4],
])
const PAID: ReadonlySet<Channel> = new Set(['paid_search', 'paid_social', 'review_sites', 'content_syndication'])

/** A visitor who never says a name; comes back now and then. */
const visitor: Kind = (world, day) => {
  const { chance } = world
  const subject = `anonymous:v${world.count('visitor').toString(36)}`
  const region = regionOf(world)
  const visits = 1 + Math.min(4, Math.floor(chance.exponential(0.7)))
  let at = momentOf(chance, day, region, 'web')
  for (let visit = 0; visit < visits; visit++) {
    const channel = visit > 0 && chance.happens(0.4) ? 'direct' : VISITOR_CHANNELS(chance)
    const paid = PAID.has(channel)
    const campaign = paid || channel === 'organic_social' ? campaignOf(world, channel, at) : null
    tellTouch(world, {
      subject,
      type: paid ? 'ad_click_session' : 'web_session',
      at,
      channel,
      campaign,
      pages: chance.happens(0.55) ? 1 : chance.int(2, 9),
    })
    at += chance.exponential(9 * DAY)
  }
  return 1
}

/** An ad seen at a named account, as the ad platform reports it. */
const impression: Kind = (world, day) => {
  const { chance, market } = world
  const account = chance.int(1, market.accountsBy(day))
  const channel = chance.pick(['paid_social', 'outbound'] as const)
  tellTouch(world, {
    subject: `account:${accountId(account)}`,
    type: 'impression',
    at: momentOf(chance, day, market.region(account), 'web'),
    channel,
    campaign: campaignOf(world, channel, day),
    outbound: true,
    automatic: true,
  })
  return 1
}

/** A customer talks to success or support. */
const customerCare: Kind = (world, day) => {
  const { chance, market, staff } = world
  const account = chance.int(1, market.accountsBy(day))
  if (!market.isCustomer(account)) return 0.05
  const colleagues = market.colleagues(account, day)
  const person = colleagues[chance.int(0, colleagues.length - 1)]
  if (person === undefined) return 0.05
  const region = market.region(account)
  tellTouch(
    world,
    {
      subject: `person:${personId(person)}`,
      type: chance.pick(['chat', 'call_connected', 'meeting', 'web_session'] as const),
      at: momentOf(chance, day, region, 'office'),
      channel: 'direct',
      member: staff.onDuty(chance, 'am', region, day),
      team: chance.happens(0.6) ? 'success' : 'support',
      minutes: chance.int(5, 45),
    },
    region,
  )
  return 1
}

/** A known person looks around: nothing comes of it. */
const browsing: Kind = (world, day) => {
  const { chance, market } = world
  const person = chance.int(1, market.persons())
  if (!market.isReachable(person, day)) return 0.2
  const account = market.accountOf(person)
  const region = account === NO_ACCOUNT ? regionOf(world) : market.region(account)
  const channel = VISITOR_CHANNELS(chance)
  tellTouch(world, {
    subject: `person:${personId(person)}`,
    type: PAID.has(channel) ? 'ad_click_session' : 'web_session',
    at: momentOf(chance, day, region, 'web'),
    channel,
    campaign: PAID.has(channel) ? campaignOf(world, channel, day) : null,
    pages: chance.int(1, 5),
  })
  return 1
}

const KINDS = weighted<Kind>([
  [newsletter, 30],
  [visitor, 22],
  [impression, 16],
  [customerCare, 26],
  [browsing, 9],
])

/** People who get into the database without being leads: lists, colleagues on a mail, business cards. */
export const everydayPersons = (world: World, day: number, wanted: number): void => {
  const { chance, market } = world
  for (let n = 0; n < wanted; n++) {
    const account = chance.happens(0.03) ? NO_ACCOUNT : chance.int(1, market.accountsBy(day))
    const at = momentOf(chance, day, account === NO_ACCOUNT ? 'emea' : market.region(account), 'office')
    addPerson(world, {
      account,
      occurred: at,
      known: at + chance.int(1, 15) * 1_000,
      source: 'crm',
      leadSource: chance.pick(['list', 'colleague', 'business card']),
    })
  }
}
