import { z } from 'zod'
import { saidOfRecords } from '../../domain/figures/records.ts'
import { dateAt } from '../../domain/periods.ts'
import { foldRecord } from '../../domain/records/fold.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import { Whole } from '../answer.ts'
import { byBytes } from '../../domain/bytes.ts'

const PLANS = ['campaign-planned', 'campaign-changed']
const CANCELLED = 'campaign-cancelled'
const ALIASES = ['campaign-alias-added', 'campaign-alias-removed']
const AUDIENCES = ['campaign-audience-added', 'campaign-audience-removed']

export const CAMPAIGN_STATES = ['planned', 'running', 'ended', 'cancelled'] as const

const text = z.string().default('')
const texts = z.array(z.string()).default([])

export const Campaign = z
  .object({
    campaign: z.string(),
    state: z.enum(CAMPAIGN_STATES).describe('On the day of as_of in the tenant’s zone; without dates it is planned'),
    name: text,
    channel: text,
    campaign_type: text,
    objective: text,
    offer: text,
    url: text,
    description: text,
    talking_points: texts,
    quote: text,
    follow_up_template: text,
    personas: texts,
    stage: text,
    owner_id: text,
    parent: text,
    starts_on: z.string().nullable().default(null),
    ends_on: z.string().nullable().default(null).describe('Last day; null: without end'),
    budget_minor: Whole.nullable().default(null),
    currency: text,
    team: text,
    region: text,
    segment: text,
    product: text,
    partner: text,
    content_ids: texts,
    external_url: text,
    aliases: z.array(z.object({ system: z.string(), alias: z.string() })),
    audience: z.int().describe('People and accounts on its lists'),
    cancelled_because: z.string().nullable(),
  })
  .meta({ id: 'Campaign', description: 'What is known about a campaign' })
export type Campaign = z.output<typeof Campaign>

const Row = z.object({ subject: z.string(), type: z.string(), payload: z.string() })
const Payload = z.record(z.string(), z.unknown())
const Alias = z.object({ system: z.string(), alias: z.string() })
const Audience = z.object({ subjects: z.array(z.string()).default([]) })
const Cancelled = z.object({ reason: z.string().default('') })

type Said = { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }

/** Every campaign that was planned, as known at `as_of`, in the order of start and id. A plan after a cancellation takes it back. */
export const readCampaigns = async (store: Store, { sources, settings, observedTo }: AnswerContext): Promise<readonly Campaign[]> => {
  const rows = await store.read(saidOfRecords(sources, [...PLANS, CANCELLED, ...ALIASES, ...AUDIENCES]))
  const said = Map.groupBy(
    rows.map(row => Row.parse(row)),
    ({ subject }) => subject,
  )
  const today = dateAt(observedTo, settings.zone)
  return [...said]
    .map(([campaign, about]) => {
      const facts = about.map(({ type, payload }) => ({ type, payload: Payload.parse(JSON.parse(payload)) }))
      return facts.some(({ type }) => PLANS.includes(type)) ? campaignOf(campaign, facts, today) : null
    })
    .filter(campaign => campaign !== null)
    .toSorted((a, b) => byBytes(a.starts_on ?? '', b.starts_on ?? '') || byBytes(a.campaign, b.campaign))
}

const campaignOf = (campaign: string, facts: readonly Said[], today: string): Campaign => {
  const plans = facts.filter(({ type }) => PLANS.includes(type))
  const decided = facts.findLast(({ type }) => type === CANCELLED || type === 'campaign-planned')
  const cancelled = decided?.type === CANCELLED ? Cancelled.parse(decided.payload).reason : null
  const known = foldRecord(plans)
  return Campaign.parse({
    ...known,
    campaign,
    state: cancelled === null ? stateOf(known, today) : 'cancelled',
    aliases: aliasesOf(facts),
    audience: audienceOf(facts),
    cancelled_because: cancelled,
  })
}

const Dates = z.object({ starts_on: z.string().nullable().default(null), ends_on: z.string().nullable().default(null) })

const stateOf = (known: Readonly<Record<string, unknown>>, today: string): (typeof CAMPAIGN_STATES)[number] => {
  const { starts_on, ends_on } = Dates.parse(known)
  if (ends_on !== null && ends_on < today) return 'ended'
  return starts_on !== null && starts_on <= today ? 'running' : 'planned'
}

/** The last word about each name decides. */
const aliasesOf = (facts: readonly Said[]): readonly z.output<typeof Alias>[] => {
  const named = new Map<string, z.output<typeof Alias>>()
  for (const { type, payload } of facts.filter(fact => ALIASES.includes(fact.type))) {
    const alias = Alias.parse(payload)
    const key = JSON.stringify([alias.system, alias.alias])
    if (type === 'campaign-alias-added') named.set(key, alias)
    else named.delete(key)
  }
  return [...named.values()]
}

const audienceOf = (facts: readonly Said[]): number => {
  const members = new Set<string>()
  for (const { type, payload } of facts.filter(fact => AUDIENCES.includes(fact.type)))
    for (const subject of Audience.parse(payload).subjects) {
      if (type === 'campaign-audience-added') members.add(subject)
      else members.delete(subject)
    }
  return members.size
}
