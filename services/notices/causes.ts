import { z } from 'zod'
import type { NoticeRule } from '../domain/definitions/notice-rules.ts'
import { addDays, startOfDay } from '../domain/periods.ts'
import type { Cause } from './notice.ts'
import { isoWeek, wallClock } from './timing.ts'

/** Reads a figure or a list of the API; rejects when it does not answer. */
export type Ask = (path: string) => Promise<unknown>

export type Looking = { readonly ask: Ask; readonly now: number; readonly zone: string; readonly currency: string }

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** How far back is looked: quiet weekends must not swallow what happened before them. */
export const LOOK_BACK_MS = 4 * DAY

const Clocks = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      step: z.string(),
      handoff: z.string(),
      lead: z.string(),
      person: z.string(),
      bucket: z.string(),
      source: z.string(),
      owner: z.string(),
      due_at: z.string(),
      remaining_seconds: z.number().nullable(),
      overdue_seconds: z.number().nullable(),
      policy: z.string(),
      escalations: z.array(z.object({ level: z.number(), to: z.enum(['owner', 'manager', 'function']), at: z.string() })),
    }),
  ),
})
export type ClockSeen = z.infer<typeof Clocks>['rows'][number]
const Campaigns = z.object({
  rows: z.array(
    z.object({
      campaign: z.string(),
      name: z.string(),
      channel: z.string(),
      offer: z.string(),
      url: z.string(),
      talking_points: z.array(z.string()),
      follow_up_template: z.string(),
      owner_id: z.string(),
      starts_on: z.string().nullable(),
      cancelled_because: z.string().nullable(),
    }),
  ),
})
const Leads = z.object({ rows: z.array(z.looseObject({ person: z.string() })), count: z.number() })
const Rows = z.object({
  rows: z.array(
    z.looseObject({
      metric: z.string(),
      value: z.number().nullable(),
      unit: z.string(),
      numerator: z.number().nullable().optional(),
      denominator: z.number().nullable().optional(),
      measure: z.string().optional(),
      sign: z.string().optional(),
      period: z.string().optional(),
      stage_from: z.string().optional(),
      stage_to: z.string().optional(),
      flags: z.array(z.string()).default([]),
    }),
  ),
})
const Proposals = z.object({
  rows: z.array(
    z.object({
      name: z.string(),
      id: z.string(),
      title: z.string(),
      note: z.string(),
      proposed_at: z.string().nullable(),
      proposed_by: z.string(),
      missing: z.array(z.string()),
    }),
  ),
})
const Diff = z.object({ words: z.array(z.string()) })
const Members = z.object({
  rows: z.array(
    z.object({
      member_id: z.string(),
      function: z.string(),
      manager_id: z.string(),
      zone: z.string(),
      approver: z.boolean(),
      active: z.boolean(),
    }),
  ),
})
export type MemberSeen = z.infer<typeof Members>['rows'][number]

export const membersSeen = async (ask: Ask): Promise<readonly MemberSeen[]> => Members.parse(await ask('/v1/members?limit=1000')).rows

const nobody = { owner: '', approvers: [] }
const dayOf = (at: number, zone: string): string => wallClock(at, zone).date
const percent = (value: number): string => `${Math.round(value * 1000) / 10} %`
const minutes = (seconds: number): string =>
  seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 360) / 10} hours`

const clocksOf = async ({ ask, now, zone }: Looking, query: string): Promise<readonly ClockSeen[]> => {
  const [from, to] = [dayOf(now - LOOK_BACK_MS, zone), addDays(dayOf(now, zone), 8)]
  return Clocks.parse(await ask(`/v1/sla/clocks?${query}&from=${from}&to=${to}&limit=1000`)).rows
}

const breaches = async (looking: Looking): Promise<readonly ClockSeen[]> => clocksOf(looking, 'state=breached&side=sales&open=true')

const leadLine = ({ lead, person, bucket, source }: ClockSeen): string =>
  `lead ${lead === '' ? person : lead}, ${bucket === '' ? 'no bucket' : bucket}, from ${source === '' ? 'an unknown source' : source}`

type Causes = (rule: NoticeRule, looking: Looking, members: readonly MemberSeen[]) => Promise<readonly Cause[]>

const nearLimit: Causes = async ({ minutes_before }, looking) =>
  (await clocksOf(looking, 'state=running&step=first-touch&side=sales'))
    .filter(
      ({ bucket, remaining_seconds: left }) =>
        (bucket.endsWith('/hand-raiser') || bucket === 'good/sales-ready') && left !== null && left <= minutes_before * 60,
    )
    .map(clock => ({
      ...nobody,
      cause: 'lead-near-limit',
      causeId: `near-limit:${clock.id}:${clock.due_at}`,
      at: Date.parse(clock.due_at) - (clock.remaining_seconds ?? 0) * 1000,
      title: `A hot lead waits: ${minutes(clock.remaining_seconds ?? 0)} left`,
      lines: [leadLine(clock), `first touch due ${clock.due_at}`],
      path: `/v1/sla/clocks?person=${encodeURIComponent(clock.person)}`,
      owner: clock.owner,
    }))

const STEP_WORDS: Readonly<Record<string, string>> = {
  'first-touch': 'no first touch',
  decide: 'neither accepted nor rejected',
  cadence: 'too few attempts',
  disposition: 'no outcome',
}

const breach: Causes = async (_rule, looking) =>
  (await breaches(looking)).map(clock => ({
    ...nobody,
    cause: 'sla-breach',
    causeId: `breach:${clock.id}:${clock.due_at}`,
    at: Date.parse(clock.due_at),
    title: `Overdue: ${STEP_WORDS[clock.step] ?? clock.step} in time`,
    lines: [leadLine(clock), `was due ${clock.due_at}, by ${clock.policy}`],
    path: `/v1/sla/clocks?state=breached&person=${encodeURIComponent(clock.person)}`,
    owner: clock.owner,
  }))

export type Escalation = {
  readonly clock: ClockSeen
  readonly level: number
  readonly to: 'owner' | 'manager' | 'function'
  readonly at: number
}

/** Steps of the escalation that breached clocks have reached, each in business time of who owes; warnings before the limit are notices of their own. */
export const escalationsOf = async (looking: Looking): Promise<readonly Escalation[]> =>
  (await breaches(looking)).flatMap(clock =>
    clock.escalations.flatMap(({ level, to, at }) => {
      const reached = Date.parse(at)
      return reached <= looking.now ? [{ clock, level, to, at: reached }] : []
    }),
  )

const escalation: Causes = async (_rule, looking) =>
  (await escalationsOf(looking)).map(({ clock, level, to, at }) => ({
    ...nobody,
    cause: 'sla-escalation',
    causeId: `escalation:${clock.id}:${clock.due_at}:${level}`,
    at,
    title: `Escalation, step ${level}: ${STEP_WORDS[clock.step] ?? clock.step}`,
    lines: [leadLine(clock), `was due ${clock.due_at}; this step is for the ${to}`],
    path: `/v1/sla/clocks?state=breached&person=${encodeURIComponent(clock.person)}`,
    owner: clock.owner,
    step: to,
  }))

const campaignLive: Causes = async (_rule, { ask, now, zone }) => {
  const [today, since] = [dayOf(now, zone), dayOf(now - LOOK_BACK_MS, zone)]
  const { rows } = Campaigns.parse(await ask('/v1/campaigns?state=running&limit=1000'))
  const live = rows.filter(
    ({ starts_on: on, cancelled_because }) => on !== null && on <= today && on >= since && cancelled_because === null,
  )
  return Promise.all(
    live.map(async (campaign): Promise<Cause> => {
      const path = `/v1/leads?campaign=${encodeURIComponent(campaign.campaign)}`
      const leads = Leads.parse(await ask(`${path}&limit=20`))
      return {
        ...nobody,
        cause: 'campaign-live',
        causeId: `campaign-live:${campaign.campaign}:${campaign.starts_on ?? ''}`,
        at: startOfDay(campaign.starts_on ?? today, zone),
        title: `Live: ${campaign.name === '' ? campaign.campaign : campaign.name}`,
        lines: [
          `${campaign.channel}, since ${campaign.starts_on ?? ''}`,
          ...(campaign.offer === '' ? [] : [`offer: ${campaign.offer}${campaign.url === '' ? '' : ` (${campaign.url})`}`]),
          ...campaign.talking_points.map(point => `say: ${point}`),
          ...(campaign.follow_up_template === '' ? [] : [`follow up with ${campaign.follow_up_template}`]),
          `${leads.count} ${leads.count === 1 ? 'lead' : 'leads'} so far${leads.rows.length === 0 ? '' : `: ${leads.rows.map(({ person }) => person.replace(/^person:/, '')).join(', ')}`}${leads.count > leads.rows.length ? ' …' : ''}`,
        ],
        path: `${path}&format=csv`,
        owner: campaign.owner_id,
      }
    }),
  )
}

const outsideBand: Causes = async ({ id, metric, weeks, low_ppm, high_ppm, at_least }, { ask, now, zone }) => {
  const today = dayOf(now, zone)
  const path = `/v1/sla/attainment?metric=${metric}&from=${addDays(today, -7 * weeks)}&to=${addDays(today, 1)}`
  const row = Rows.parse(await ask(path)).rows.find(one => one.metric === metric && (metric !== 'M25' || one.measure === 'decided'))
  const { value = null, numerator, denominator } = row ?? {}
  if (value === null || (denominator ?? 0) < at_least || (value * 1e6 >= low_ppm && value * 1e6 <= high_ppm)) return []
  const side = value * 1e6 < low_ppm ? 'below' : 'above'
  return [
    {
      ...nobody,
      cause: 'rate-outside-band',
      causeId: `band:${id}:${metric}:${side}:${isoWeek(today)}`,
      at: now,
      title: `${metric === 'M25' ? 'Acceptance' : metric === 'M26' ? 'Decisions in time' : 'SLA attainment'} ${side} its band: ${percent(value)}`,
      lines: [
        `${numerator ?? 0} of ${denominator ?? 0} in ${weeks} weeks; agreed is ${percent(low_ppm / 1e6)} to ${percent(high_ppm / 1e6)}`,
      ],
      path,
    },
  ]
}

/** Quarters of a year that are looked at, the latest first: of a late step only an older cohort has had the time that it takes. */
const LEAK_WINDOWS = 4
const LEAK_DAYS = 91

/** Of each step the latest cohort that is old enough to be judged. */
const leaks: Causes = async ({ over_minor }, { ask, now, zone, currency }) => {
  const today = dayOf(now, zone)
  const judged = new Map<string, Cause | null>()
  for (let window = 0; window < LEAK_WINDOWS; window += 1) {
    const [from, to] = [addDays(today, -LEAK_DAYS * (window + 1)), addDays(today, -LEAK_DAYS * window)]
    const path = `/v1/funnel/leaks?from=${from}&to=${to}&currency=${currency}`
    const rows = Rows.parse(await ask(path)).rows.filter(({ metric, stage_from: named }) => metric === 'M22' && named !== undefined)
    for (const { value, unit, stage_from: first = '', stage_to: next = '' } of rows) {
      const step = `${first}:${next}`
      if (value === null || judged.has(step)) continue
      judged.set(
        step,
        value <= over_minor
          ? null
          : {
              ...nobody,
              cause: 'leak',
              causeId: `leak:${step}:${isoWeek(today)}`,
              at: now,
              title: `A leak from ${first} to ${next}`,
              lines: [
                `fewer come on than before: about ${Math.round(value / 100).toLocaleString('en')} ${unit.replace(' minor', '')} of won business, of those who were there from ${from} to ${addDays(to, -1)}`,
              ],
              path,
            },
      )
    }
    // a step that was too young is looked for in the quarter before
    if (rows.every(({ stage_from: first = '', stage_to: next = '' }) => judged.has(`${first}:${next}`))) break
  }
  return [...judged.values()].filter(cause => cause !== null)
}

const waiting: Causes = async ({ hours }, { ask, now }, members) =>
  Promise.all(
    Proposals.parse(await ask('/v1/definitions?status=proposed&limit=1000')).rows.map(async (proposal): Promise<Cause> => {
      const at = proposal.proposed_at === null ? now : Date.parse(proposal.proposed_at)
      const times = Math.floor((now - at) / (hours * HOUR))
      const { words } = Diff.parse(
        await ask(`/v1/definitions/${encodeURIComponent(proposal.id)}/diff?to=${proposal.name.split('@')[1] ?? ''}`),
      )
      return {
        cause: 'definition-waiting',
        causeId: `waiting:${proposal.name}:${times}`,
        at: at + times * hours * HOUR,
        title: `${proposal.title} waits for ${proposal.missing.join(' and ')}`,
        lines: [...(proposal.note === '' ? [] : [proposal.note]), ...words.slice(0, 10)],
        path: `/v1/definitions/${encodeURIComponent(proposal.id)}`,
        owner: proposal.proposed_by,
        approvers: members
          .filter(one => one.active && one.approver && proposal.missing.includes(one.function) && one.member_id !== proposal.proposed_by)
          .map(one => one.member_id),
      }
    }),
  )

type Sign = z.infer<typeof Rows>['rows'][number]
/** Above it numerator and denominator are money, which says nothing without its currency. */
const MOST_CASES = 1_000_000

/** `acceptance: 83.9 % (135 of 161), -4.1 points`. */
const signLine = (sign: string, { value, unit, numerator, denominator }: Sign, change: number | null): string => {
  const amount = value ?? 0
  const shown =
    unit === 'ratio'
      ? percent(amount)
      : unit === 'seconds'
        ? minutes(amount)
        : unit.endsWith(' minor')
          ? `${Math.round(amount / 100).toLocaleString('en')} ${unit.replace(' minor', '')}`
          : String(amount)
  const cases =
    typeof numerator === 'number' && typeof denominator === 'number' && denominator < MOST_CASES ? ` (${numerator} of ${denominator})` : ''
  const moved =
    unit === 'ratio' && change !== null && change !== 0 ? `, ${change > 0 ? '+' : ''}${Math.round(change * 1000) / 10} points` : ''
  return `${sign.replaceAll(/[-_]/g, ' ')}: ${shown}${unit === 'ratio' ? cases : ''}${moved}`
}

const digest: Causes = async ({ id, weekday, at: from }, { ask, now, zone }) => {
  const { time, weekday: today, date } = wallClock(now, zone)
  if (today !== weekday || time < from) return []
  const { rows } = Rows.parse(await ask('/v1/alignment'))
  // the first of a sign is the running period
  const first = (sign: string, measure: string): Sign | undefined => rows.find(row => row.sign === sign && row.measure === measure)
  const lines = [...new Set(rows.flatMap(({ sign }) => sign ?? []))].flatMap(sign => {
    const row = first(sign, 'value')
    return row === undefined || row.value === null ? [] : [signLine(sign, row, first(sign, 'change')?.value ?? null)]
  })
  if (lines.length === 0) return []
  return [
    {
      ...nobody,
      cause: 'weekly-digest',
      causeId: `digest:${id}:${isoWeek(date)}`,
      at: now,
      title: `The week in figures, ${date}`,
      lines: lines.slice(0, 20),
      path: '/v1/alignment',
    },
  ]
}

/** What there is to be told by a rule, now. */
export const CAUSES: Readonly<Record<NoticeRule['cause'], Causes>> = {
  'lead-near-limit': nearLimit,
  'sla-breach': breach,
  'sla-escalation': escalation,
  'campaign-live': campaignLive,
  'rate-outside-band': outsideBand,
  leak: leaks,
  'definition-waiting': waiting,
  'weekly-digest': digest,
}

/** Rates and leaks move by the week: they are looked at every hour, the others in every round. */
export const SLOW: ReadonlySet<NoticeRule['cause']> = new Set(['rate-outside-band', 'leak', 'weekly-digest', 'campaign-live'])
