import { addMonths, DAY, fiscalQuarterName, fiscalQuarterStart, HOUR, isoDate, MINUTE, season } from './calendar.ts'
import type { Campaign, Channel } from './campaigns.ts'
import { createChance, fixedDraw } from './chance.ts'
import type { BookedDeal, Deals } from './deals.ts'
import type { Member } from './staff.ts'
import type { Story } from './story.ts'
import type { EventData, World } from './world.ts'

/** Of nothing else in the company: what is planned and called shifts no other draw. */
const STREAM = 0xca11
const WEEK = 7 * DAY

type Say = (type: string, at: number, source: string, data: EventData) => void

/** What marketing plans to do, and what sellers and their managers say that a quarter will bring. */
export const lookAhead = (world: World, deals: Deals): void => {
  let told = 0
  const say: Say = (type, at, source, data) => void world.emit(type, at, at, source, data, `outlook-${++told}`)
  planActivities(world, say)
  callQuarters(world, deals, say)
}

/** What an activity of a channel is called, what its volume counts, and what one of them costs in whole currency units; without a cost the volume of a month. */
const ACTIVITY: Readonly<
  Partial<Record<Channel, { readonly type: string; readonly unit: string; readonly each?: number; readonly month?: number }>>
> = {
  paid_search: { type: 'ad', unit: 'clicks', each: 6 },
  paid_social: { type: 'ad', unit: 'clicks', each: 9 },
  review_sites: { type: 'listing', unit: 'clicks', each: 11 },
  content_syndication: { type: 'content', unit: 'downloads', each: 42 },
  webinars: { type: 'webinar', unit: 'attendees', each: 38 },
  events: { type: 'event', unit: 'talks', each: 210 },
  email: { type: 'mailing', unit: 'sends', month: 5_200 },
  outbound: { type: 'call-blitz', unit: 'calls', month: 900 },
  partner: { type: 'partner', unit: 'introductions', month: 24 },
  referral: { type: 'referral', unit: 'introductions', month: 18 },
  organic_social: { type: 'post', unit: 'readers', month: 6_500 },
}

const monthOf = (at: number): number => addMonths(Math.floor(at / DAY) * DAY, 0) - (new Date(at).getUTCDate() - 1) * DAY

/** How busy a month is beside a mean one. */
const seasonOf = (month: number): number => season(month + ((10 - new Date(month).getUTCDay()) % 7) * DAY) / 1.12

/** The next Tuesday that is not between the years. */
const workingTuesday = (day: number): number => {
  const tuesday = day + ((9 - new Date(day).getUTCDay()) % 7) * DAY
  const date = isoDate(tuesday).slice(5)
  return date > '12-17' || date < '01-07' ? workingTuesday(tuesday + DAY) : tuesday
}

/** Every quarter is planned three weeks before it begins; what has a day of its own is planned six weeks ahead. */
const planActivities = (world: World, say: Say): void => {
  const { story, campaigns, seed, scale } = world
  const chance = createChance(seed ^ STREAM)
  let number = 0
  const plan = (
    campaign: Pick<Campaign, 'id' | 'channel' | 'owner'>,
    starts: number,
    ends: number,
    volume: number,
    known: number,
    cancelled?: number,
  ): void => {
    const kind = ACTIVITY[campaign.channel]
    if (kind === undefined) return
    const record = {
      activity_id: `act_${++number}`,
      ...(campaign.id === '' ? {} : { campaign: campaign.id }),
      activity_type: kind.type,
      channel: campaign.channel,
      starts_on: isoDate(starts),
      ends_on: isoDate(ends - DAY),
      // plans are round, and not what comes
      volume: Math.max(5, Math.round((volume * scale * (0.85 + 0.3 * chance.float())) / 5) * 5),
      volume_unit: kind.unit,
      owner_id: campaign.owner,
      team: campaign.channel === 'outbound' ? 'sales' : campaign.channel === 'partner' ? 'partner' : 'marketing',
    }
    const at = Math.max(story.start + 6 * MINUTE, known)
    say('activity-planned', at, 'marketing-calendar', record)
    if (cancelled !== undefined) say('activity-planned', cancelled, 'marketing-calendar', { ...record, cancelled: true })
  }
  const planned = addMonths(fiscalQuarterStart(story.end - DAY), 3)
  for (const campaign of campaigns) {
    const kind = ACTIVITY[campaign.channel]
    if (kind === undefined) continue
    if (campaign.channel === 'webinars' || campaign.channel === 'events') {
      plan(campaign, campaign.from, campaign.to, campaign.lump / (kind.each ?? 1), campaign.from - 42 * DAY)
      continue
    }
    // what runs on the last day goes on
    const to = campaign.to < story.end ? campaign.to : planned
    for (let month = monthOf(campaign.from); month < to; month = addMonths(month, 1)) {
      const [from, until] = [Math.max(month, campaign.from), Math.min(addMonths(month, 1), to)]
      const days = (until - from) / DAY
      const volume = kind.each === undefined ? ((kind.month ?? 0) * days) / 30 : (campaign.perDay * days) / kind.each
      plan(campaign, from, until, volume * seasonOf(month), fiscalQuarterStart(from) - 21 * DAY)
    }
  }
  // not campaigns yet
  for (const ahead of [9, 44] as const) {
    const day = workingTuesday(story.end + ahead * DAY)
    plan({ id: '', channel: 'webinars', owner: 'demand-gen' }, day, day + DAY, 115, story.end - 5 * DAY)
  }
  const stand = workingTuesday(story.end + 26 * DAY)
  plan({ id: '', channel: 'events', owner: 'field-marketing' }, stand, stand + 3 * DAY, 130, story.end - 12 * DAY)
  const lab = story.badEnd - 14 * DAY
  plan({ id: '', channel: 'webinars', owner: 'demand-gen' }, lab, lab + DAY, 240, lab - 42 * DAY, story.badEnd - 21 * DAY + 9 * HOUR)
}

/** Deals of a quarter as those who sell them see them on a day: what is won, and what they think will be. */
type Sight = { readonly won: number; readonly hoped: number }

const EUROS_STEP = 1_000
const rounded = (euros: number): number => Math.max(0, Math.round(euros / EUROS_STEP)) * EUROS_STEP * 100

/** A share that belongs to a name for ever. */
const share = (seed: number, name: string, purpose: number): number => {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003
  return (fixedDraw(seed, sum, purpose) % 10_000) / 10_000
}

/** Managers know each other's habits: one is careful, one hopes, one is about right; the VP believes them, mostly. */
const habitOf = (story: Story, team: string, day: number): number =>
  team === `sales-${story.badRegion}` ? (day >= story.badStart && day < story.hangoverEnd ? 1.28 : 1.1) : team === 'sales-emea' ? 0.93 : 1

/**
 * Sellers call every second Monday, managers every Monday for their teams, and their head for the company. A call is what was won, and of the open deals those
 * that the caller believes in: mostly the ones that will be won, and some that will not, more of them with those who hope.
 */
const callQuarters = (world: World, deals: Deals, say: Say): void => {
  const { story, seed, staff, onDay } = world
  const monday = story.start + ((8 - new Date(story.start).getUTCDay()) % 7) * DAY
  const sellers = staff.members.filter(({ role }) => role === 'ae' || role === 'am')
  const managers = staff.members.filter(({ id }) => id.startsWith('manager-'))
  const see = (booked: readonly BookedDeal[], day: number, quarter: number, end: number, caller: string): Sight => {
    // late in a quarter there is less to hope for
    const hope = (0.03 + 0.12 * share(seed, caller, 31)) * (0.15 + (0.85 * (end - day)) / (end - quarter))
    let [won, hoped] = [0, 0]
    for (const deal of booked) {
      if (deal.told > day || deal.closes < quarter) continue
      if (deal.known <= day) {
        if (deal.won && deal.closes < end) won += deal.euros
        continue
      }
      const willBe = deal.won && deal.closes < end
      // the nearer its end, the better it is known
      const weeks = Math.max(0, (deal.known - day) / WEEK)
      const seen = willBe ? Math.max(0.35, 0.95 - 0.06 * weeks) : deal.closes < end + 35 * DAY ? hope : hope / 3
      if (share(seed, `${caller} ${deal.id}`, 32) < seen) hoped += deal.euros
    }
    return { won, hoped }
  }
  const call = (member: Member, at: number, period: string, { won, hoped }: Sight, team: string | null): void =>
    say('forecast-call-submitted', at, 'crm', {
      member_id: member.id,
      period,
      amount_minor: rounded(won + hoped),
      currency: 'EUR',
      low_minor: Math.min(rounded(won + hoped), rounded(won + 0.75 * hoped)),
      high_minor: Math.max(rounded(won + hoped), rounded(won + 1.2 * hoped)),
      ...(team === null ? {} : { team }),
    })
  for (let first = monday, week = 0; first < story.end; first += WEEK, week++)
    onDay(first, day => {
      const quarter = fiscalQuarterStart(day)
      const end = addMonths(quarter, 3)
      const period = fiscalQuarterName(quarter)
      const left = (end - day) / (end - quarter)
      const booked = deals.booked()
      const byOwner = Map.groupBy(booked, deal => deal.owner)
      const byTeam = Map.groupBy(booked, deal => deal.team)
      for (const [index, seller] of sellers.entries())
        if (week % 2 === 0 && seller.from <= day && day < seller.to)
          call(seller, day + 8 * HOUR + index * MINUTE, period, see(byOwner.get(seller.id) ?? [], day, quarter, end, seller.id), null)
      let all: Sight = { won: 0, hoped: 0 }
      for (const [index, manager] of managers.entries()) {
        const { won, hoped } = see(byTeam.get(manager.team) ?? [], day, quarter, end, manager.id)
        // and what is not there yet: as much as came so late in the quarter before
        const before = addMonths(quarter, -3)
        const late = (byTeam.get(manager.team) ?? []).filter(
          deal => deal.won && deal.told >= quarter - left * (quarter - before) && deal.closes < quarter && deal.known < day,
        )
        const fresh = late.reduce((sum, deal) => sum + deal.euros, 0)
        const sight = { won, hoped: (hoped + fresh) * habitOf(story, manager.team, day) }
        all = { won: all.won + sight.won, hoped: all.hoped + sight.hoped }
        call(manager, day + 11 * HOUR + index * MINUTE, period, sight, manager.team)
      }
      const head = staff.members.find(({ id }) => id === 'vp-sales')
      if (head !== undefined) call(head, day + 14 * HOUR, period, { won: all.won, hoped: all.hoped * 0.97 }, null)
    })
}
