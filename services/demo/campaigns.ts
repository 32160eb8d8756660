import { DAY } from './calendar.ts'
import type { Story } from './story.ts'

export type Channel =
  | 'paid_search'
  | 'paid_social'
  | 'organic_search'
  | 'organic_social'
  | 'email'
  | 'events'
  | 'webinars'
  | 'partner'
  | 'referral'
  | 'direct'
  | 'outbound'
  | 'content_syndication'
  | 'review_sites'

export type Campaign = {
  readonly id: string
  readonly name: string
  readonly channel: Channel
  readonly offer: string
  readonly personas: readonly string[]
  readonly owner: string
  readonly from: number
  /** The instant after its last day. */
  readonly to: number
  readonly currency: 'EUR' | 'USD'
  /** Media cost of an average day, whole currency units; 0 when the cost is a lump. */
  readonly perDay: number
  /** One cost for the whole campaign, whole currency units. */
  readonly lump: number
  readonly utmSource: string
  readonly utmMedium: string
  /** The programme that floods the bad quarter. */
  readonly automation: boolean
  /** What ad platforms call it. */
  readonly alias: string | null
}

const PLATFORM: Readonly<Record<Channel, readonly [source: string, medium: string]>> = {
  paid_search: ['google', 'cpc'],
  paid_social: ['linkedin', 'paid_social'],
  organic_search: ['google', 'organic'],
  organic_social: ['linkedin', 'social'],
  email: ['newsletter', 'email'],
  events: ['event', 'offline'],
  webinars: ['webinar', 'webinar'],
  partner: ['partner', 'partner'],
  referral: ['customer', 'referral'],
  direct: ['(direct)', '(none)'],
  outbound: ['outbound', 'sales'],
  content_syndication: ['syndication', 'content'],
  review_sites: ['review-site', 'review'],
}

/** Source and medium as a visitor's address bar would have them. */
export const platformOf = (channel: Channel): readonly [source: string, medium: string] => PLATFORM[channel]

const WEBINARS = [
  'Forecast without fear',
  'Clean data',
  'Onboarding in a week',
  'Benchmarks',
  'Security questions',
  'Planning season',
  'Customer panel',
  'Roadmap',
]
const EVENTS = ['Spring summit', 'Rhine expo', 'Harbour forum', 'Autumn fair', 'Lakeside days', 'Growth congress', 'Partner day']

export const createCampaigns = (story: Story): readonly Campaign[] => {
  const campaigns: Campaign[] = []
  const days = (story.end - story.start) / DAY
  const add = (
    channel: Channel,
    name: string,
    from: number,
    to: number,
    cost: { readonly perDay?: number; readonly lump?: number; readonly currency?: 'EUR' | 'USD' },
    more: { readonly offer?: string; readonly automation?: boolean; readonly personas?: readonly string[] } = {},
  ): void => {
    const number = campaigns.length + 1
    const [utmSource, utmMedium] = PLATFORM[channel]
    campaigns.push({
      id: `c_${number}`,
      name,
      channel,
      offer: more.offer ?? 'product tour',
      personas: more.personas ?? ['operations lead', 'finance lead'],
      owner:
        channel === 'events' || channel === 'partner'
          ? 'field-marketing'
          : channel === 'content_syndication'
            ? 'content-lead'
            : 'demand-gen',
      from: Math.max(story.start, from),
      to: Math.min(story.end, to),
      currency: cost.currency ?? 'EUR',
      perDay: cost.perDay ?? 0,
      lump: cost.lump ?? 0,
      utmSource,
      utmMedium,
      automation: more.automation ?? false,
      alias: cost.perDay === undefined ? null : `${utmSource}:${7_000_000 + number * 131}`,
    })
  }
  const { start, end } = story
  const on = (day: number): number => start + Math.round((day / 545) * days) * DAY

  add('paid_search', 'Search brand EMEA', start, end, { perDay: 95 })
  add('paid_search', 'Search brand Americas', start, end, { perDay: 110, currency: 'USD' })
  add('paid_search', 'Search category EMEA', start, end, { perDay: 420 }, { offer: 'pricing' })
  add('paid_search', 'Search category Americas', start, end, { perDay: 480, currency: 'USD' }, { offer: 'pricing' })
  add('paid_search', 'Search competitors', on(90), on(400), { perDay: 160, currency: 'USD' }, { offer: 'comparison' })
  add('paid_social', 'Social finance leads EMEA', start, on(300), { perDay: 260 }, { offer: 'buyer guide', personas: ['finance lead'] })
  add(
    'paid_social',
    'Social operations leads Americas',
    start,
    on(250),
    { perDay: 280, currency: 'USD' },
    { offer: 'buyer guide', personas: ['operations lead'] },
  )
  add('paid_social', 'Social retargeting', start, end, { perDay: 75 })
  add('paid_social', 'Social APAC launch', on(200), on(420), { perDay: 120, currency: 'USD' }, { offer: 'buyer guide' })
  add('paid_social', 'Social proof', on(400), end, { perDay: 230 }, { offer: 'case study' })
  const floodFrom = story.badStart + 7 * DAY
  const floodTo = story.badEnd - 21 * DAY
  add(
    'paid_social',
    'Automation for everyone',
    floodFrom,
    floodTo,
    { perDay: 1_150, currency: 'USD' },
    { offer: 'free automation kit', automation: true, personas: ['anyone'] },
  )
  for (const [index, title] of ['first steps', 'live lab'].entries())
    add(
      'webinars',
      `Automation for everyone: ${title}`,
      floodFrom + (14 + index * 28) * DAY,
      floodFrom + (21 + index * 28) * DAY,
      { lump: 9_000, currency: 'USD' },
      { offer: 'free automation kit', automation: true, personas: ['anyone'] },
    )
  for (const [index, title] of WEBINARS.entries())
    add('webinars', `Webinar: ${title}`, on(25 + index * 65), on(33 + index * 65), { lump: 3_200 + 350 * index }, { offer: 'webinar' })
  for (const [index, title] of EVENTS.entries())
    add(
      'events',
      title,
      on(40 + index * 73),
      on(43 + index * 73),
      { lump: 21_000 + 4_500 * ((index * 3) % 5), currency: index % 3 === 1 ? 'USD' : 'EUR' },
      { offer: 'meeting at the stand' },
    )
  add('content_syndication', 'Syndicated buyer guide EMEA', on(60), on(240), { perDay: 140 }, { offer: 'buyer guide' })
  add('content_syndication', 'Syndicated benchmark Americas', on(180), on(380), { perDay: 165, currency: 'USD' }, { offer: 'benchmark' })
  add('content_syndication', 'Syndicated case studies', on(390), end, { perDay: 120 }, { offer: 'case study' })
  add('email', 'Nurture: welcome', start, end, {}, { offer: 'guide' })
  add('email', 'Nurture: second look', on(120), end, {}, { offer: 'case study' })
  add('email', 'Customer letter', start, end, {}, { offer: 'news' })
  add('review_sites', 'Review profiles', start, end, { perDay: 85, currency: 'USD' }, { offer: 'comparison' })
  add('partner', 'Partner co-selling', start, end, { lump: 38_000 }, { offer: 'joint workshop' })
  add('partner', 'Marketplace listing', on(260), end, { lump: 12_000, currency: 'USD' }, { offer: 'trial' })
  add('referral', 'Customers bring customers', on(30), end, { lump: 9_500 }, { offer: 'referral' })
  add('outbound', 'Named accounts programme', start, end, { lump: 26_000 }, { offer: 'executive briefing' })
  add('organic_social', 'Founders write', start, end, {}, { offer: 'article' })
  return campaigns
}

/** What people read and download: id, kind and the stage of the way it is meant for. */
export const CONTENT = [
  ['guide-buyers', 'guide', 'lead'],
  ['benchmark-report', 'report', 'lead'],
  ['case-logistics', 'case_study', 'qualified'],
  ['case-finance', 'case_study', 'qualified'],
  ['comparison-sheet', 'comparison', 'discovery'],
  ['security-paper', 'paper', 'proposal'],
  ['return-calculator', 'tool', 'discovery'],
  ['automation-kit', 'kit', 'lead'],
  ['onboarding-plan', 'guide', 'negotiation'],
  ['price-list', 'sheet', 'proposal'],
] as const
