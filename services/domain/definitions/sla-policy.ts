import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'

export const HANDOFFS = ['marketing-sdr', 'sdr-ae', 'ae-success', 'sales-marketing'] as const
export type Handoff = (typeof HANDOFFS)[number]

const names = z.array(z.string().min(1).max(64)).max(100)

/** How long: minutes of business time or of calendar time, or until the close of the n-th business day after the day of the start. */
export const Within = z.discriminatedUnion('time', [
  z.strictObject({ time: z.literal('business'), minutes: z.int().min(1).max(1_000_000) }),
  z.strictObject({ time: z.literal('calendar'), minutes: z.int().min(1).max(1_000_000) }),
  z.strictObject({ time: z.literal('days'), business_days: z.int().min(1).max(400) }),
])
export type Within = z.infer<typeof Within>

/** Of which leads: buckets (`good/hand-raiser`), readiness or fit alone (`hand-raiser`, `good`), and sources or channels; an empty list is any. */
const when = { buckets: names.default([]), sources: names.default([]) }

/** The first of them that is of the lead holds; a lead that none is of has no such clock. */
const timed = z.array(z.strictObject({ ...when, within: Within })).max(100)

const attempts = z
  .array(z.strictObject({ ...when, attempts: z.int().min(1).max(100), channels: z.int().min(1).max(10), within: Within }))
  .max(100)

const Sales = z.strictObject({
  handoff: z.enum(['marketing-sdr', 'sdr-ae', 'ae-success']),
  /** Accept or reject, from the hand-over. */
  decide: timed.default([]),
  /** First touch by a human of the receiving side, from the hand-over. */
  first_touch: timed.default([]),
  /** So many attempts over so many channels, from the hand-over; met earlier by a connected call, a held meeting, a reply or a qualification. */
  cadence: attempts.default([]),
  /** Qualified, disqualified or given back, from the acceptance. */
  disposition: timed.default([]),
  /** Does a new owner get a new clock (metrics M45)? */
  restart_on_reassignment: z.boolean().default(false),
})

const Marketing = z.strictObject({
  /** From MQL to the hand-over. */
  delivery: Within.nullable(),
  /** A lead that sales gave back or refused gets a marketing touch. */
  nurture: Within.nullable(),
  /** What must be known of person and account at the hand-over. */
  information: z.array(z.enum(['title', 'persona', 'email', 'country', 'company', 'industry', 'employees', 'region'])).max(20),
  /** Conformant MQLs a calendar month; null: the target `mql` of the period, by days. */
  mqls_per_month: z.int().min(0).max(10_000_000).nullable(),
})

const Escalation = z.strictObject({
  /** Business minutes after the due instant; negative: before it, as a warning. */
  after_minutes: z.int().min(-100_000).max(1_000_000),
  to: z.enum(['owner', 'manager', 'function']),
})

/** What sales and marketing owe each other, and by when: one document, signed by both (metrics M39–M52). */
export const SlaPolicy = z.strictObject({
  id: z.literal('sla'),
  version: documentVersion,
  sales: z
    .array(Sales)
    .max(3)
    .refine(sales => new Set(sales.map(({ handoff }) => handoff)).size === sales.length, { message: 'expected each hand-off once' }),
  marketing: Marketing,
  /** The steps of a breach, and how soon after one a lead should be touched (metrics M52). */
  escalation: z.strictObject({ steps: z.array(Escalation).max(10), touched_within: Within }),
  /** Attempts below which "unreachable" is premature (metrics M50). */
  unreachable_after_attempts: z.int().min(1).max(100),
  /** Two-way contact in so many days before the engagement: the lead was being worked already (metrics M39). */
  pre_engaged_days: z.int().min(0).max(365),
})
export type SlaPolicy = z.infer<typeof SlaPolicy>
export type SalesPolicy = z.infer<typeof Sales>

const business = (minutes: number): Within => ({ time: 'business', minutes })
const days = (business_days: number): Within => ({ time: 'days', business_days })
const any = { buckets: [], sources: [] }
const handRaiser = { buckets: ['hand-raiser'], sources: [] }
const HOUR = 60
const DAY = 9 * HOUR

/**
 * What a B2B company can start from: whoever raises a hand is called within the hour, everybody else within a day; six attempts over two channels in ten days before
 * a lead is given up; marketing hands over within an hour and takes back what sales returns within five days.
 */
export const shippedSlaPolicy: SlaPolicy = {
  id: 'sla',
  version: 1,
  sales: [
    {
      handoff: 'marketing-sdr',
      decide: [{ ...any, within: business(DAY) }],
      first_touch: [
        { ...handRaiser, within: business(HOUR) },
        { ...any, within: business(DAY) },
      ],
      cadence: [{ ...any, attempts: 6, channels: 2, within: days(10) }],
      disposition: [{ ...any, within: days(20) }],
      restart_on_reassignment: false,
    },
    {
      handoff: 'sdr-ae',
      decide: [{ ...any, within: business(2 * DAY) }],
      first_touch: [{ ...any, within: business(DAY) }],
      cadence: [],
      disposition: [],
      restart_on_reassignment: false,
    },
    {
      handoff: 'ae-success',
      decide: [],
      first_touch: [{ ...any, within: days(5) }],
      cadence: [],
      disposition: [],
      restart_on_reassignment: false,
    },
  ],
  marketing: {
    delivery: business(HOUR),
    nurture: days(5),
    information: ['title', 'email', 'company', 'country', 'industry'],
    mqls_per_month: null,
  },
  escalation: {
    steps: [
      { after_minutes: -15, to: 'owner' },
      { after_minutes: 0, to: 'manager' },
      { after_minutes: DAY, to: 'function' },
    ],
    touched_within: business(DAY),
  },
  unreachable_after_attempts: 6,
  pre_engaged_days: 14,
}

export const slaKind = standingDocument({
  kind: 'sla',
  title: 'Service levels of both sides',
  schema: SlaPolicy,
  shipped: shippedSlaPolicy,
})
