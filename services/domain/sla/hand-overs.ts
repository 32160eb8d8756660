import { type Handoff, HANDOFFS } from '../definitions/sla-policy.ts'
import { type Journey, type LeadEvent, type Life, memberAt } from './lives.ts'
import type { SlaUnder } from './under.ts'

export type Moment = { readonly at: number; readonly id: string }
export type Holder = Moment & { readonly owner: string; readonly team: string }

/** Why a hand-over came to its end. */
export type Ended = Moment & {
  readonly why: 'rejected' | 'disqualified' | 'recycled' | 'pulled-back' | 'merged' | 'erased' | 'closed'
  readonly reason: string
}

/** A lead in the hands of one side, from the hand-over on; what was refused and is given again is another. */
export type HandOver = {
  readonly handoff: Handoff
  readonly journey: Journey
  readonly leadId: string
  readonly source: string
  /** The hand-over: first assignment of the hand-off at or after the entry of MQL. */
  readonly given: Moment
  /** First entry of MQL in the journey; null: never said. */
  readonly mql: Moment | null
  /** Who had it since when, the first from the hand-over on. */
  readonly holders: readonly Holder[]
  /** First and last word about taking it. A later stage, a conversion or handing it on says yes. */
  readonly decided: (Moment & { readonly yes: boolean }) | null
  readonly last: (Moment & { readonly yes: boolean; readonly reasonClass: string; readonly reason: string; readonly said: boolean }) | null
  readonly accepted: Moment | null
  readonly qualified: Moment | null
  readonly ended: Ended | null
}

/** A lead that came back to marketing. */
export type Returned = Moment & {
  readonly journey: Journey
  readonly leadId: string
  readonly source: string
  readonly from: string
  readonly why: string
  readonly again: Moment | null
}

type Open = { -readonly [K in keyof Omit<HandOver, 'holders'>]: HandOver[K] } & { holders: Holder[] }

const ROLES_OF_DEVELOPMENT = ['sdr', 'bdr']

/** The journey that an event belongs to: the last that began by then and had not ended before. */
const journeyOf = ({ journeys }: Life, { at, id }: LeadEvent): Journey | null =>
  journeys.find(({ openedBy }) => openedBy === id) ?? journeys.findLast(({ openedAt, endedAt }) => openedAt <= at && at <= endedAt) ?? null

/** Which hand-off an assignment is, where its source does not say: by the function and role of the new owner. */
const handoffOf = ({ handoff, owner, at }: LeadEvent, held: readonly Open[], { members }: SlaUnder): Handoff => {
  const said = HANDOFFS.find(name => name === handoff)
  if (said !== undefined) return said
  const member = owner === '' ? null : memberAt(members, owner, at)
  if (member === null) return held.at(-1)?.handoff ?? 'marketing-sdr'
  if (member.function === 'marketing') return 'sales-marketing'
  if (member.function === 'success') return 'ae-success'
  // a closer who takes over from development; without development before, the first owner of sales is handed to by marketing
  const wasDevelopments = held.some(
    one =>
      one.handoff === 'marketing-sdr' &&
      one.holders.some(holder => ROLES_OF_DEVELOPMENT.includes(memberAt(members, holder.owner, holder.at)?.role ?? '')),
  )
  return wasDevelopments && !ROLES_OF_DEVELOPMENT.includes(member.role) ? 'sdr-ae' : 'marketing-sdr'
}

export type Course = { readonly handOvers: readonly HandOver[]; readonly returns: readonly Returned[]; readonly mqls: readonly Mql[] }
/** An entry of MQL, and when the lead was first given to sales after it. */
export type Mql = Moment & {
  readonly journey: Journey
  readonly leadId: string
  readonly source: string
  readonly given: Holder | null
  readonly ended: number
}

/** What became of the leads of one person: its hand-overs, its returns and its MQLs, journey by journey, in order. */
export const courseOf = (life: Life, under: SlaUnder): Course => {
  const handOvers: HandOver[] = []
  const returns: Returned[] = []
  const mqls: Mql[] = []
  const byJourney = Map.groupBy(life.events, event => journeyOf(life, event))
  for (const journey of life.journeys) {
    const walked = walk(journey, byJourney.get(journey) ?? [], under)
    handOvers.push(...walked.handOvers)
    returns.push(...walked.returns)
    if (walked.mql !== null) mqls.push(walked.mql)
  }
  return {
    handOvers,
    mqls,
    // a later journey is sales' attention again: nothing is owed to a lead that is being worked
    returns: returns.map(one => ({ ...one, again: one.again ?? handOvers.find(({ given }) => given.at > one.at)?.given ?? null })),
  }
}

const walk = (
  journey: Journey,
  events: readonly LeadEvent[],
  under: SlaUnder,
): { readonly handOvers: readonly HandOver[]; readonly returns: readonly Returned[]; readonly mql: Mql | null } => {
  const all: Open[] = []
  const returns: (Returned & { again: Moment | null })[] = []
  let source = ''
  let leadId = ''
  let mql: Moment | null = null
  let waiting: Holder | null = null // assigned before it was an MQL
  const open = (): Open[] => all.filter(({ ended }) => ended === null)
  const current = (said: string): Open | null => {
    const running = open()
    return running.find(({ handoff }) => handoff === said) ?? running.findLast(({ decided }) => decided === null) ?? running.at(-1) ?? null
  }
  const moment = ({ at, id }: Moment): Moment => ({ at, id })
  const decide = (one: Open, yes: boolean, event: LeadEvent, said: boolean): void => {
    one.decided ??= { ...moment(event), yes }
    if (said || one.last === null) one.last = { ...moment(event), yes, reasonClass: event.reasonClass, reason: event.reason, said }
    if (yes) one.accepted ??= moment(event)
  }
  const end = (one: Open, event: LeadEvent, why: Ended['why']): void => {
    one.ended = { ...moment(event), why, reason: event.reason }
  }
  const give = (handoff: Handoff, holder: Holder): void => {
    all.push({
      handoff,
      journey,
      leadId,
      source,
      given: moment(holder),
      mql,
      holders: [holder],
      decided: null,
      last: null,
      accepted: null,
      qualified: null,
      ended: null,
    })
    for (const one of returns) if (one.again === null && one.at <= holder.at) one.again = moment(holder)
  }
  const qualify = (event: LeadEvent): void => {
    for (const one of open()) {
      if (one.decided === null) decide(one, true, event, false)
      one.accepted ??= moment(event)
      one.qualified ??= moment(event)
    }
  }

  for (const event of events) {
    if (event.leadId !== '') leadId = event.leadId
    switch (event.type) {
      case 'created':
        source = event.source === '' ? source : event.source
        break
      case 'assigned': {
        const handoff = handoffOf(event, all, under)
        const holder = {
          ...moment(event),
          owner: event.owner,
          team: event.team === '' ? (memberAt(under.members, event.owner, event.at)?.team ?? '') : event.team,
        }
        if (handoff === 'sales-marketing') {
          for (const one of open()) end(one, event, 'pulled-back')
          break
        }
        const running = open().find(one => one.handoff === handoff)
        if (running !== undefined) {
          // a CRM that saves a lead under the owner that it has gives it to nobody: no clock begins anew by that
          const { owner, team } = running.holders.at(-1) ?? holder
          if (running.holders.length === 0 || owner !== holder.owner || team !== holder.team) running.holders.push(holder)
        } else if (mql === null && handoff === 'marketing-sdr') waiting = holder
        else {
          if (handoff === 'sdr-ae') qualify(event)
          give(handoff, holder)
        }
        break
      }
      case 'stage':
        if (event.stage === under.stages.mql && mql === null) {
          mql = moment(event)
          if (waiting !== null) give('marketing-sdr', { ...waiting, at: event.at })
        } else if (event.stage === under.stages.accepted) {
          const one = current('')
          if (one !== null && one.decided === null) decide(one, true, event, false)
        } else if (under.stages.qualified.has(event.stage)) qualify(event)
        break
      case 'accepted': {
        const one = current(event.handoff)
        if (one !== null) decide(one, true, event, true)
        break
      }
      case 'rejected': {
        const one = current(event.handoff)
        if (one === null) break
        decide(one, false, event, true)
        end(one, event, 'rejected')
        returns.push({
          ...moment(event),
          journey,
          leadId,
          source,
          from: one.holders.at(-1)?.owner ?? '',
          why: `rejected: ${event.reasonClass}`,
          again: null,
        })
        break
      }
      case 'disqualified':
        for (const one of open()) end(one, event, 'disqualified')
        break
      case 'recycled': {
        const one = open().at(-1)
        for (const running of open()) end(running, event, 'recycled')
        if (one !== undefined)
          returns.push({ ...moment(event), journey, leadId, source, from: one.holders.at(-1)?.owner ?? '', why: 'recycled', again: null })
        break
      }
      case 'converted':
        qualify(event)
        break
      case 'erased':
        for (const one of open()) end(one, event, 'erased')
        break
    }
  }
  const handOvers = all.map(one => closed(one, journey, under))
  const first = all.find(({ handoff }) => handoff === 'marketing-sdr')?.holders[0] ?? null
  return {
    handOvers,
    returns,
    mql: mql === null ? null : { at: mql.at, id: mql.id, journey, leadId, source, given: first, ended: journey.endedAt },
  }
}

/** What the journey itself says of a hand-over that nothing else ended: its deal's stages qualify it, its end ends it. */
const closed = (one: Open, journey: Journey, { stages }: SlaUnder): HandOver => {
  const entered = journey.stages.find(({ name, at }) => stages.qualified.has(name) && at >= one.given.at)
  const earlier = one.qualified === null || (entered !== undefined && entered.at < one.qualified.at)
  const qualified =
    entered !== undefined && earlier && (one.ended === null || entered.at <= one.ended.at)
      ? { at: entered.at, id: entered.id }
      : one.qualified
  const why = journey.outcome === 'merged' ? 'merged' : journey.outcome === 'erased' ? 'erased' : 'closed'
  const ended = one.ended ?? (journey.outcome === 'open' ? null : { at: journey.endedAt, id: '', why, reason: journey.outcome })
  const decided = one.decided ?? (qualified === null ? null : { ...qualified, yes: true })
  return { ...one, qualified, decided, accepted: one.accepted ?? (qualified === null ? null : qualified), ended }
}
