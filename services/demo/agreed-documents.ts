import { icpKind } from '../domain/definitions/icp.ts'
import { type Predicate, TouchSelector } from '../domain/definitions/predicate.ts'
import { qualificationKind } from '../domain/definitions/qualification.ts'
import { quarterPlanId } from '../domain/definitions/quarter-plan.ts'
import { slaKind } from '../domain/definitions/sla-policy.ts'
import { shippedStageMap } from '../domain/definitions/stage-map.ts'
import { recyclingKind } from '../domain/definitions/recycling.ts'
import { glossaryKind } from '../domain/definitions/glossary.ts'
import { type Region, REGIONS, ZONE_OF } from './calendar.ts'
import { FITTING } from './market.ts'

/** What the demo company has agreed on, without id and version. */
type Content = Readonly<Record<string, unknown>>

const contentOf = ({ id: _id, version: _version, ...content }: { readonly id: string; readonly version: number }): Content => content

export const icp: Content = {
  ...contentOf(icpKind.standard),
  fit: {
    op: 'all',
    of: [
      { op: 'compare', attribute: 'account.employees', is: '>=', value: 40 },
      { op: 'in', attribute: 'account.industry', values: [...FITTING] },
      { op: 'not', of: { op: 'contains', attribute: 'person.title', values: ['student', 'intern'] } },
    ],
  },
}

const touched = (types: readonly string[], at_least: number): Predicate => ({
  op: 'touches',
  touches: TouchSelector.parse({ types }),
  within_days: 30,
  at_least,
  once_a_day: false,
})

/** One kit or one webinar was enough, of whatever company: what flooded the sales floor. */
export const looseQualification: Content = {
  hand_raiser: qualificationKind.standard.hand_raiser,
  sales_ready: { op: 'any', of: [touched(['download', 'form'], 1), touched(['webinar_attended', 'event_attended'], 1)] },
  entry: [
    { stage: 'mql', rule: { op: 'bucket', values: ['good/hand-raiser', 'good/sales-ready', 'bad/hand-raiser', 'bad/sales-ready'] } },
    ...qualificationKind.standard.entry.filter(({ unit }) => unit === 'deal'),
  ],
}

/** A bad fit has to ask for sales by itself. */
export const strictQualification: Content = {
  ...looseQualification,
  sales_ready: { op: 'any', of: [touched(['download', 'form'], 2), touched(['webinar_attended', 'event_attended'], 1)] },
  entry: [
    { stage: 'mql', rule: { op: 'bucket', values: ['good/hand-raiser', 'good/sales-ready', 'bad/hand-raiser'] } },
    ...qualificationKind.standard.entry.filter(({ unit }) => unit === 'deal'),
  ],
}

export const sla: Content = contentOf(slaKind.standard)
export const stageMap: Content = contentOf(shippedStageMap)
export const recycling: Content = { ...contentOf(recyclingKind.standard), most_times: 2 }

export const glossary: Content = {
  terms: [
    ...glossaryKind.standard.terms,
    {
      term: 'Kit',
      meaning: 'A package of templates that is given away for an address: shows interest, not a need.',
      also: [],
      metric: null,
    },
  ],
}

const HOLIDAYS: Readonly<Record<Region, readonly (readonly [date: string, name: string])[]>> = {
  emea: [
    ['01-01', 'New Year’s Day'],
    ['05-01', 'Labour Day'],
    ['10-03', 'Day of German Unity'],
    ['12-25', 'Christmas Day'],
    ['12-26', 'Second day of Christmas'],
  ],
  americas: [
    ['01-01', 'New Year’s Day'],
    ['06-19', 'Juneteenth'],
    ['07-04', 'Independence Day'],
    ['11-11', 'Veterans Day'],
    ['12-25', 'Christmas Day'],
  ],
  apac: [
    ['01-01', 'New Year’s Day'],
    ['05-01', 'Labour Day'],
    ['08-09', 'National Day'],
    ['12-25', 'Christmas Day'],
  ],
}
const nineToSix = [{ from: '09:00', to: '18:00' }]

/** `office-emea` and its like, which the members name. */
export const calendars = (years: readonly number[]): readonly (readonly [id: string, content: Content])[] =>
  REGIONS.map(region => [
    `office-${region}`,
    {
      zone: ZONE_OF[region],
      regions: [region],
      hours: { mon: nineToSix, tue: nineToSix, wed: nineToSix, thu: nineToSix, fri: nineToSix, sat: [], sun: [] },
      holidays: years.flatMap(year => HOLIDAYS[region].map(([day, name]) => ({ date: `${year}-${day}`, name }))),
      half_days: years.map(year => ({ date: `${year}-12-24`, name: 'Christmas Eve', hours: [{ from: '09:00', to: '13:00' }] })),
    },
  ])

export const fundamentals: Content = {
  markets: [
    {
      name: 'Companies that move goods',
      description: 'Manufacturing, retail and logistics with several sites',
      segments: ['mid_market', 'enterprise'],
      industries: ['manufacturing', 'retail', 'logistics'],
    },
    {
      name: 'Companies that are audited',
      description: 'Healthcare and financial services, where every step has to be shown',
      segments: ['mid_market', 'enterprise'],
      industries: ['healthcare', 'financial_services'],
    },
    {
      name: 'Software companies',
      description: 'Fast growing teams that outgrow their spreadsheets',
      segments: ['smb', 'mid_market'],
      industries: ['software'],
    },
  ],
  why_we_win: [
    { claim: 'In use within four weeks', proof: 'the last forty projects, from order to first live process' },
    { claim: 'One record of who did what', proof: 'audits passed without a finding' },
  ],
  value_proposition: 'Work that runs from order to invoice without being typed twice.',
  messages: [
    { persona: 'operations-lead', stage: 'lead', message: 'See where your orders wait.' },
    { persona: 'operations-lead', stage: 'sqo', message: 'Run your own orders through it for two weeks.' },
    { persona: 'finance-lead', stage: 'lead', message: 'Know what each order costs before it is invoiced.' },
    { persona: 'finance-lead', stage: 'sqo', message: 'It pays for itself within nine months, or you may leave.' },
    { persona: 'it-lead', message: 'Fits beside what you have; nothing is replaced.' },
  ],
}

export const buyingGroup: Content = {
  roles: [
    { role: 'economic-buyer', personas: ['finance lead', 'executive'] },
    { role: 'champion', personas: ['operations lead'] },
    { role: 'technical-evaluator', personas: ['it lead'] },
    { role: 'influencer', personas: ['influencer'] },
  ],
  min_roles: 2,
}

export const routing: Content = {
  rules: [
    { name: 'customers', to: { by: 'account-owner' } },
    ...REGIONS.map(region => ({ name: region, regions: [region], to: { by: 'round-robin', team: `sales-${region}`, role: 'sdr' } })),
    { name: 'unknown region', to: { by: 'queue', queue: 'inbound-emea' } },
  ],
  pass_on_after_minutes: null,
}

/** Both sides of a quarter: what finance aims at, split over what it takes. `revenue` in whole euros. */
export const quarterPlan = (period: string, revenue: number, mqls: number): readonly [id: string, content: Content] => {
  const minor = (euros: number): number => Math.round(euros / 1_000) * 1_000 * 100
  const won = Math.max(1, Math.round(revenue / 38_000))
  return [
    quarterPlanId(period),
    {
      period,
      currency: 'EUR',
      revenue_goal_minor: minor(revenue),
      marketing: { mqls, pipeline_minor: minor(revenue * 2.2), spend_minor: minor(revenue * 0.22) },
      sales: { bookings_minor: minor(revenue), spend_minor: minor(revenue * 0.3), pipeline_minor: minor(revenue * 1.8) },
      funnel: [
        { stage: 'mql', entries: mqls },
        { stage: 'sal', entries: Math.round(mqls * 0.72) },
        { stage: 'sqo', entries: won * 4 },
        { stage: 'won', entries: won },
      ],
      mean_won_minor: minor(38_000),
      assumptions: ['no new product in the quarter', 'one of four qualified deals is won'],
    },
  ]
}
