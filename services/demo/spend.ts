import { DAY, HOUR, isoDate, season } from './calendar.ts'
import type { Campaign, Channel } from './campaigns.ts'
import type { World } from './world.ts'

/** Media by day, lump costs when they fall due, people and tools by month; a few bills are put right weeks later. */
export const tellSpend = (world: World, day: number): void => {
  for (const campaign of world.campaigns) {
    if (campaign.perDay > 0 && campaign.from <= day && day < campaign.to) tellMedia(world, campaign, day)
    if (campaign.lump > 0 && campaign.from === day) tellLump(world, campaign)
  }
  if (new Date(day).getUTCDate() === 1) tellMonth(world, day)
}

const tellMedia = ({ chance, emit, scale, story }: World, campaign: Campaign, day: number): void => {
  // platforms spend less on weekends, and never exactly what was planned
  const cents = Math.round(campaign.perDay * scale * 100 * (0.35 + 0.65 * season(day)) * (0.85 + 0.3 * chance.float()))
  const [platform = 'ads', account = ''] = (campaign.alias ?? '').split(':')
  const clicks = Math.max(1, Math.round(cents / (campaign.channel === 'paid_social' ? 620 : 390)))
  const bill = {
    spend_id: `spend-${campaign.id}-${isoDate(day)}`,
    amount_minor: cents,
    currency: campaign.currency,
    starts_on: isoDate(day),
    ends_on: isoDate(day),
    // half of the bills name the campaign as the platform does: the alias ties them
    campaign: campaign.alias !== null && day % (2 * DAY) === 0 ? account : campaign.id,
    channel: campaign.channel,
    category: 'media',
    team: 'marketing',
    system: `${platform}-ads`,
    utm_source: campaign.utmSource,
    utm_medium: campaign.utmMedium,
    impressions: clicks * chance.int(60, 140),
    clicks,
  }
  const known = day + DAY + 4 * HOUR + chance.int(0, HOUR)
  if (known < story.end) emit('spend-recorded', day, known, 'ad-platform', bill)
  if (chance.happens(0.006)) {
    const restated = known + chance.int(6, 40) * DAY
    emit('spend-restated', restated, restated, 'ad-platform', {
      ...bill,
      amount_minor: Math.round(cents * (0.9 + 0.16 * chance.float())),
      reason: 'invalid clicks',
    })
  }
}

const CATEGORY_OF: Partial<Record<Channel, string>> = {
  events: 'event',
  webinars: 'content',
  partner: 'partner',
  referral: 'content',
  outbound: 'agency',
}

const tellLump = ({ emit, scale }: World, campaign: Campaign): void => {
  const category = CATEGORY_OF[campaign.channel] ?? 'content'
  const bill = {
    currency: campaign.currency,
    starts_on: isoDate(campaign.from),
    ends_on: isoDate(campaign.to - DAY),
    campaign: campaign.id,
    channel: campaign.channel,
    category,
    team: campaign.channel === 'outbound' ? 'sales' : 'marketing',
    system: 'erp',
  }
  const known = campaign.from + 9 * HOUR
  emit('spend-recorded', campaign.from, known, 'erp', {
    ...bill,
    spend_id: `spend-${campaign.id}`,
    amount_minor: campaign.lump * scale * 100,
  })
}

const MONTHLY = [
  ['payroll', 'marketing', 43_000, 'EUR'],
  ['payroll', 'sales', 118_000, 'EUR'],
  ['payroll', 'sales', 71_000, 'USD'],
  ['tools', 'marketing', 8_400, 'USD'],
  ['tools', 'sales', 9_900, 'USD'],
  ['agency', 'marketing', 6_500, 'EUR'],
] as const

const tellMonth = ({ emit, scale }: World, day: number): void => {
  const next = new Date(day)
  next.setUTCMonth(next.getUTCMonth() + 1)
  for (const [index, [category, team, amount, currency]] of MONTHLY.entries())
    emit('spend-recorded', day, day + (6 + index) * HOUR, 'erp', {
      spend_id: `spend-${category}-${team}-${currency}-${isoDate(day).slice(0, 7)}`.toLowerCase(),
      amount_minor: amount * scale * 100,
      currency,
      starts_on: isoDate(day),
      ends_on: isoDate(next.getTime() - DAY),
      category,
      team,
      system: 'erp',
    })
}
