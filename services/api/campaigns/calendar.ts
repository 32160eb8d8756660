import ical, { ICalEventStatus } from 'ical-generator'
import { addDays } from '../../domain/periods.ts'
import type { Campaign } from './campaigns.ts'

/**
 * Campaigns as an iCalendar file (RFC 5545): one whole-day event each, from its first day to its last. `stampedAt` (ms): what the file knows;
 * the same campaigns at the same instant give the same bytes.
 */
export const campaignCalendar = (campaigns: readonly Campaign[], stampedAt: number): string => {
  const calendar = ical({ name: 'Campaigns', prodId: { company: 'Accord', product: 'Campaigns' } })
  for (const campaign of campaigns) {
    if (campaign.starts_on === null) continue
    calendar.createEvent({
      id: `${campaign.campaign}@campaigns.accord`,
      stamp: new Date(stampedAt),
      start: wholeDay(campaign.starts_on),
      // the day after the last
      end: wholeDay(addDays(campaign.ends_on ?? campaign.starts_on, 1)),
      allDay: true,
      timezone: 'UTC',
      summary: campaign.name === '' ? campaign.campaign : campaign.name,
      description: describe(campaign),
      status: campaign.state === 'cancelled' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
      ...(campaign.url === '' ? {} : { url: campaign.url }),
      ...(campaign.channel === '' ? {} : { categories: [{ name: campaign.channel }] }),
    })
  }
  return calendar.toString()
}

const wholeDay = (date: string): Date => new Date(`${date}T00:00:00Z`)

const describe = ({ offer, description, talking_points, quote, owner_id, cancelled_because }: Campaign): string =>
  [
    cancelled_because === null ? '' : `Cancelled: ${cancelled_because}`,
    offer === '' ? '' : `Offer: ${offer}`,
    description,
    ...talking_points.map(point => `• ${point}`),
    quote === '' ? '' : `“${quote}”`,
    owner_id === '' ? '' : `Owner: ${owner_id}`,
  ]
    .filter(line => line !== '')
    .join('\n')
