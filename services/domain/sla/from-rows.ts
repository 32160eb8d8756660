import { z } from 'zod'
import type { Definitions } from '../definitions/definitions.ts'
import { exitStages } from '../definitions/stage-map.ts'
import { byTime, type LeadEvent, type Life, memberAt, type MemberSince, type Members, type WonDeal, type WorkTouch } from './lives.ts'

const micros = z.coerce.number()
const TouchRow = z.tuple([micros, micros, z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()])
const JourneyRow = z.object({
  person: z.string(),
  root: z.string(),
  account: z.string(),
  because: z.string(),
  opened: z.array(micros),
  opened_by: z.array(z.string()),
  ended: z.array(micros),
  outcome: z.array(z.string()),
  channel: z.array(z.string()),
  stages: z.array(z.array(z.string())),
  entered: z.array(z.array(micros)),
  stage_ids: z.array(z.array(z.string())),
})
const said = z.string()
const EventsRow = z.object({
  person: said,
  events: z.array(z.tuple([micros, micros, said, said, said, said, said, said, said, said, said, said, said])),
})
const Found = z.tuple([micros, z.tuple([micros, said])])
const TouchesRow = z.object({ root: said, work: z.array(TouchRow), engagements: z.array(Found), nurtures: z.array(Found) })
const FIELDS = ['title', 'persona', 'email', 'country', 'company', 'industry', 'employees', 'region'] as const
const KnownRow = z.object({
  subject: said,
  title: micros,
  persona: micros,
  email: micros,
  country: micros,
  company: micros,
  industry: micros,
  employees: micros,
  region: micros,
})
const BucketsRow = z.object({ subject: said, scored: z.array(z.tuple([micros, micros, said, said])) })
const WonRow = z.object({ deal_id: said, account: said, won_at: micros, event_id: said, work: z.array(TouchRow) })
const RecordRow = z.object({ type: said, at: micros, known_at: micros, event_id: said, payload: said })

type Rows = readonly unknown[]
export type LifeRows = {
  readonly journeys: Rows
  readonly events: Rows
  readonly touches: Rows
  readonly known: Rows
  readonly buckets: Rows
}

const TYPES: Readonly<Record<string, LeadEvent['type']>> = {
  'lead-created': 'created',
  'lead-stage-changed': 'stage',
  'lead-assigned': 'assigned',
  'lead-accepted': 'accepted',
  'lead-rejected': 'rejected',
  'lead-disqualified': 'disqualified',
  'lead-recycled': 'recycled',
  'lead-converted': 'converted',
  'person-erased': 'erased',
}

const CALLS = ['call', 'outbound_call', 'inbound_call']
const MEETINGS = ['meeting', 'meeting_held']
const DEVELOPMENT = ['sdr', 'bdr']

/**
 * A touch of those who work leads, as who did it stood then; null: of nobody of them (metrics, Terms). Of sales is who then had the function sales or a development
 * role, of a member who is not known the team of the touch says so.
 */
const workOf = (row: z.output<typeof TouchRow>, members: Members, responses: ReadonlySet<string>): WorkTouch | null => {
  const [at, recordedAt, id, type, channel, member, team, direction, outcome] = row
  const who = member === '' ? null : memberAt(members, member, at)
  const develops = who !== null && DEVELOPMENT.includes(who.role)
  const of = who === null ? team : develops ? 'sales' : who.function
  if (of !== 'sales' && of !== 'success') return null
  const met =
    type === 'call_connected' ||
    (CALLS.includes(type) && outcome === 'connected') ||
    (type === 'inbound_call' && outcome === '') ||
    (MEETINGS.includes(type) && ['', 'held', 'completed'].includes(outcome))
  const twoWay = met || type === 'reply'
  const outbound = direction === 'outbound' || (direction === '' && !responses.has(type))
  const side = develops ? 'development' : of
  return { at, recordedAt, id, channel: channelOf(type, channel), member, human: met || outbound, twoWay, outbound, side }
}

/** By which means somebody was tried: calls, mails and meetings are channels of their own whatever the tracking calls them. */
const channelOf = (type: string, channel: string): string => {
  if (type.includes('call')) return 'phone'
  if (type.startsWith('email') || type === 'reply') return 'email'
  if (type.startsWith('meeting')) return 'meeting'
  return channel === '' ? type : channel
}

const foundOf = (found: readonly z.output<typeof Found>[]): Life['engagements'] =>
  new Map(found.flatMap(([of, [at, id]]) => (id === '' ? [] : [[of, { at, id }] as const])))

/** Lives of leads from what the store answered. */
export const livesOf = (rows: LifeRows, members: Members, definitions: Definitions): readonly Life[] => {
  const responses = new Set(definitions.responses.touch_types)
  const stageNames = new Map(definitions.stageMap.stages.flatMap(({ name, lead_stages }) => lead_stages.map(lead => [lead, name] as const)))
  const exits = new Map(exitStages(definitions.stageMap))
  const events = new Map(rows.events.map(row => EventsRow.parse(row)).map(row => [row.person, row.events]))
  const touches = new Map(rows.touches.map(row => TouchesRow.parse(row)).map(row => [row.root, row]))
  const known = new Map(rows.known.map(row => KnownRow.parse(row)).map(row => [row.subject, row]))
  const buckets = new Map(rows.buckets.map(row => BucketsRow.parse(row)).map(row => [row.subject, row.scored]))
  return rows.journeys.map(row => {
    const { person, root, account, because, ...journeys } = JourneyRow.parse(row)
    const found = touches.get(root)
    return {
      person,
      account,
      excluded: because,
      journeys: journeys.opened.map((openedAt, j) => ({
        openedAt,
        openedBy: journeys.opened_by[j] ?? '',
        endedAt: journeys.ended[j] ?? openedAt,
        outcome: journeys.outcome[j] ?? '',
        channel: journeys.channel[j] ?? '',
        stages: (journeys.stages[j] ?? []).map((name, s) => ({
          name,
          at: journeys.entered[j]?.[s] ?? openedAt,
          id: journeys.stage_ids[j]?.[s] ?? '',
        })),
      })),
      events: (events.get(person) ?? []).flatMap(
        ([at, recordedAt, id, type, stage, owner, reasonClass, reason, source, handoff, team, queue, leadId]): LeadEvent[] => {
          // a lead stage that is an end of the funnel ends what is owed as the event of its name does
          const is = TYPES[type === 'lead-stage-changed' && exits.has(stage) ? `lead-${exits.get(stage) ?? ''}` : type]
          if (is === undefined) return []
          return [
            {
              at,
              recordedAt,
              id,
              type: is,
              stage: stageNames.get(stage) ?? stage,
              owner,
              reasonClass,
              reason,
              source,
              handoff,
              team,
              queue,
              leadId,
            },
          ]
        },
      ),
      touches: (found?.work ?? []).flatMap(touch => workOf(touch, members, responses) ?? []).toSorted(byTime),
      engagements: foundOf(found?.engagements ?? []),
      nurtures: foundOf(found?.nurtures ?? []),
      buckets: (buckets.get(person) ?? []).map(([at, , , bucket]) => ({ at, bucket })),
      known: knownOf([known.get(person), account === '' ? undefined : known.get(`account:${account}`)]),
    }
  })
}

const knownOf = (rows: readonly (z.output<typeof KnownRow> | undefined)[]): Life['known'] =>
  new Map(
    FIELDS.flatMap(field => {
      const since = rows.flatMap(row => (row === undefined || row[field] === 0 ? [] : [row[field]]))
      return since.length === 0 ? [] : [[field, Math.min(...since)] as const]
    }),
  )

export const wonDealsOf = (rows: Rows, members: Members, definitions: Definitions): readonly WonDeal[] => {
  const responses = new Set(definitions.responses.touch_types)
  return rows
    .map(row => WonRow.parse(row))
    .map(({ deal_id, account, won_at, event_id, work }) => ({
      dealId: deal_id,
      account,
      wonAt: won_at,
      eventId: event_id,
      owner: '',
      touches: work.flatMap(touch => workOf(touch, members, responses) ?? []),
    }))
}

const Member = z.object({
  member_id: said,
  function: said.default(''),
  role: said.default(''),
  team: said.default(''),
  manager_id: said.default(''),
  zone: said.default(''),
  calendar: said.default(''),
  region: said.default(''),
})
const Excuse = z.object({
  clock_id: said,
  decision: z.enum(['proposed', 'granted', 'refused']),
  reason: said.default(''),
  function: said.default(''),
  member_id: said.default(''),
})
const Escalated = z.object({ clock_id: said, level: z.number(), to_member_id: said.default('') })
const Signed = z.object({
  audit_id: said,
  period: said.default(''),
  function: said.default(''),
  member_id: said.default(''),
  on_behalf_of: said.default(''),
  as_of: z.number(),
  sha256: said,
  document: said.default(''),
  previous_sha256: said.default(''),
})

export type Excuse = z.output<typeof Excuse> & { readonly at: number; readonly eventId: string }
export type Escalation = z.output<typeof Escalated> & { readonly at: number; readonly eventId: string }
export type AuditSigned = z.output<typeof Signed> & { readonly at: number; readonly eventId: string }
export type SlaRecords = {
  readonly members: Members
  readonly excuses: readonly Excuse[]
  readonly escalations: readonly Escalation[]
  readonly signatures: readonly AuditSigned[]
}

/** Members, excuses, escalations and signatures, each list in the order in which they were said. */
export const slaRecordsOf = (rows: Rows): SlaRecords => {
  const members = new Map<string, MemberSince[]>()
  const [excuses, escalations, signatures]: [Excuse[], Escalation[], AuditSigned[]] = [[], [], []]
  for (const row of rows) {
    const { type, at, event_id: eventId, payload } = RecordRow.parse(row)
    const content: unknown = JSON.parse(payload)
    if (type === 'member-changed') {
      const { member_id, manager_id: manager, ...rest } = Member.parse(content)
      members.set(member_id, [...(members.get(member_id) ?? []), { since: at, manager, ...rest }])
    } else if (type === 'sla-clock-excused') excuses.push({ ...Excuse.parse(content), at, eventId })
    else if (type === 'sla-escalated') escalations.push({ ...Escalated.parse(content), at, eventId })
    else signatures.push({ ...Signed.parse(content), at, eventId })
  }
  return { members, excuses, escalations, signatures }
}

/** Clocks whose breach is excused: proposed by one function, granted after that by another member of the other, and not refused since. */
export const excusedClocks = (excuses: readonly Excuse[]): ReadonlySet<string> => {
  const proposed = new Map<string, Excuse[]>()
  const excused = new Set<string>()
  for (const excuse of excuses) {
    const { clock_id: id, decision } = excuse
    if (decision === 'proposed') proposed.set(id, [...(proposed.get(id) ?? []), excuse])
    else if (decision === 'refused') excused.delete(id)
    else if (
      (proposed.get(id) ?? []).some(one => one.function !== excuse.function && (one.member_id === '' || one.member_id !== excuse.member_id))
    )
      excused.add(id)
  }
  return excused
}
