import { z } from 'zod'
import { lastTouches, leadList, type LeadListQuestion, saidOf } from '../../domain/figures/lead-list.ts'
import { foldRecord } from '../../domain/records/fold.ts'
import { STEPS, stateAt } from '../../domain/sla/clock.ts'
import { bind } from '../../domain/sql.ts'
import type { Store } from '../../store/port.ts'
import { instantOf, isoOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { SlaBooks } from '../sla/book.ts'

const instant = z.string().nullable()

const Touch = z.object({
  touch: z.string(),
  at: z.string(),
  type: z.string(),
  channel: z.string(),
  direction: z.string(),
  outcome: z.string(),
  member: z.string(),
})

export const LeadRow = z.object({
  person: z.string(),
  journey: z.number().describe('Which qualification cycle of the person, from 1'),
  account: z.string(),
  company: z.string(),
  bucket: z.string().describe('fit/readiness now, or as the journey ended'),
  fit: z.enum(['good', 'bad', 'unknown']),
  readiness: z.string(),
  computed_mql_at: instant.describe('When the rule in force was first satisfied (M23b)'),
  mql_at: instant.describe('When it was declared an MQL (M23a)'),
  stage: z.string(),
  stage_since: instant,
  outcome: z.string(),
  opened_at: z.string(),
  ended_at: instant,
  owner: z.string(),
  channel: z.string(),
  campaign: z.string(),
  deal_id: z.string(),
  inputs: z
    .object({
      title: z.string(),
      seniority: z.string(),
      persona: z.string(),
      country: z.string(),
      industry: z.string(),
      employees: z.number().nullable(),
      segment: z.string(),
      region: z.string(),
      score: z.number().nullable().describe('Points that a source gave last'),
      inbound_touches: z.number(),
      outbound_touches: z.number(),
    })
    .describe('What fit and readiness are judged from'),
  touches: z.array(Touch).describe('The last ones, newest first'),
  clocks: z.array(
    z.object({ id: z.string(), step: z.enum(STEPS), handoff: z.string(), state: z.enum(['running', 'breached']), due_at: z.string() }),
  ),
})
export type LeadRow = z.output<typeof LeadRow>

const Listed = z.object({
  person: z.string(),
  root: z.string(),
  n: z.coerce.number(),
  account: z.string(),
  opened_ms: z.coerce.number(),
  ended_ms: z.coerce.number(),
  outcome: z.string(),
  stage: z.string(),
  stage_ms: z.coerce.number(),
  mql_ms: z.coerce.number(),
  satisfied_ms: z.coerce.number(),
  bucket: z.string(),
  fit: z.coerce.number(),
  owner: z.string(),
  channel: z.string(),
  campaign: z.string(),
  deal_id: z.string(),
  all_rows: z.coerce.number(),
})
const Said = z.object({ subject: z.string(), type: z.string(), payload: z.string() })
const Touched = z.object({
  root: z.string(),
  inbound: z.coerce.number(),
  outbound: z.coerce.number(),
  recent: z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()])),
})

const LAST_TOUCHES = 5

/** One page of leads with what they are judged from, who turned to them last, and which clocks run. */
export const leadRowsOf = async (
  store: Store,
  books: SlaBooks,
  context: AnswerContext,
  question: LeadListQuestion,
): Promise<{ readonly rows: LeadRow[]; readonly count: number }> => {
  const { sources, definitions, observedTo } = context
  const found = (await store.read(leadList({ sources, definitions, question }))).map(row => Listed.parse(row))
  if (found.length === 0) return { rows: [], count: 0 }
  const roots = [...new Set(found.map(({ root }) => root))]
  const accounts = [...new Set(found.flatMap(({ account }) => (account === '' ? [] : [`account:${account}`])))]
  const [touched, said, book] = await Promise.all([
    store.read(lastTouches(sources, definitions, bind.strings(roots), LAST_TOUCHES)),
    store.read(saidOf(sources, bind.strings([...roots, ...accounts]))),
    books.of(context),
  ])
  const touchesOf = new Map(touched.map(row => Touched.parse(row)).map(row => [row.root, row]))
  const records = Map.groupBy(
    said.map(row => Said.parse(row)),
    ({ subject, type }) => (type === 'score-recorded' ? `score ${subject}` : subject),
  )
  const record = (key: string): Readonly<Record<string, unknown>> =>
    foldRecord(
      (records.get(key) ?? []).map(({ type, payload }) => ({
        type,
        payload: z.record(z.string(), z.unknown()).parse(JSON.parse(payload)),
      })),
    )
  const at = observedTo * 1000
  const rows = found.map((lead): LeadRow => {
    const person = record(lead.root)
    const account = record(`account:${lead.account}`)
    const score = record(`score ${lead.root}`)
    const touches = touchesOf.get(lead.root)
    const clocks = (book.people.get(`person:${lead.person}`)?.clocks ?? []).flatMap(clock => {
      const state = stateAt(clock, at, book.excused)
      const ofThis = clock.startAt >= lead.opened_ms * 1000 && clock.startAt <= lead.ended_ms * 1000
      if (!ofThis || (state !== 'running' && state !== 'breached') || (state === 'breached' && clock.metAt !== null && clock.metAt <= at))
        return []
      return [{ id: clock.id, step: clock.step, handoff: clock.handoff, state, due_at: instantOf(Math.floor(clock.dueAt / 1000)) }]
    })
    return {
      person: lead.person,
      journey: lead.n,
      account: lead.account,
      company: text(account['name']),
      bucket: lead.bucket,
      fit: lead.fit === 2 ? 'good' : lead.fit === 1 ? 'unknown' : 'bad',
      readiness: lead.bucket.split('/')[1] ?? '',
      computed_mql_at: msOrNull(lead.satisfied_ms),
      mql_at: msOrNull(lead.mql_ms > observedTo ? 0 : lead.mql_ms),
      stage: lead.stage,
      stage_since: msOrNull(lead.stage_ms),
      outcome: lead.outcome,
      opened_at: instantOf(lead.opened_ms),
      ended_at: lead.ended_ms > observedTo ? null : instantOf(lead.ended_ms),
      owner: lead.owner,
      channel: lead.channel,
      campaign: lead.campaign,
      deal_id: lead.deal_id,
      inputs: {
        title: text(person['title']),
        seniority: text(person['seniority']),
        persona: text(person['persona']),
        country: text(person['country']) || text(account['country']),
        industry: text(account['industry']),
        employees: number(account['employees']),
        segment: text(account['segment']),
        region: text(account['region']) || text(person['region']),
        score: number(score['points']),
        inbound_touches: touches?.inbound ?? 0,
        outbound_touches: touches?.outbound ?? 0,
      },
      touches: (touches?.recent ?? []).map(([when, touch, type, channel, direction, outcome, member]) => ({
        touch,
        at: isoOf(when),
        type,
        channel,
        direction,
        outcome,
        member,
      })),
      clocks: clocks.toSorted((a, b) => (a.due_at < b.due_at ? -1 : a.due_at > b.due_at ? 1 : a.id < b.id ? -1 : 1)),
    }
  })
  return { rows, count: found[0]?.all_rows ?? 0 }
}

const msOrNull = (ms: number): string | null => (ms === 0 ? null : instantOf(ms))
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
