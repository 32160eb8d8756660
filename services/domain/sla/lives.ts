/** What clocks are computed from: the lives of leads, as known at an instant. All instants are microseconds since the epoch. */

export type LeadEvent = {
  readonly at: number
  readonly recordedAt: number
  readonly id: string
  readonly type: 'created' | 'stage' | 'assigned' | 'accepted' | 'rejected' | 'disqualified' | 'recycled' | 'converted' | 'erased'
  readonly owner: string
  readonly queue: string
  readonly team: string
  /** As the source said it; empty: by the roles of the owners. */
  readonly handoff: string
  /** Name in the stage map. */
  readonly stage: string
  readonly reasonClass: string
  readonly reason: string
  readonly source: string
  readonly leadId: string
}

/** A touch by somebody of the selling or succeeding side. */
export type WorkTouch = {
  readonly at: number
  readonly recordedAt: number
  readonly id: string
  readonly channel: string
  readonly member: string
  /** Something that the member did, not what a machine sent or the person wrote. */
  readonly human: boolean
  readonly twoWay: boolean
  readonly outbound: boolean
  readonly side: 'development' | 'sales' | 'success'
}

export type Journey = {
  readonly openedAt: number
  readonly openedBy: string
  readonly endedAt: number
  readonly outcome: string
  readonly channel: string
  /** Entries of stages, in order, those of the deal it feeds included. */
  readonly stages: readonly { readonly name: string; readonly at: number; readonly id: string }[]
}

export type Life = {
  readonly person: string
  readonly account: string
  /** Why it does not count; empty: it does. */
  readonly excluded: string
  readonly journeys: readonly Journey[]
  /** In order of (at, recordedAt, id). */
  readonly events: readonly LeadEvent[]
  readonly touches: readonly WorkTouch[]
  /** The last response up to each entry of MQL: by the instant of the entry. */
  readonly engagements: ReadonlyMap<number, { readonly at: number; readonly id: string }>
  /** The first touch of marketing from each return of the lead on: by the instant of the return. */
  readonly nurtures: ReadonlyMap<number, { readonly at: number; readonly id: string }>
  /** Buckets as scored, in order. */
  readonly buckets: readonly { readonly at: number; readonly bucket: string }[]
  /** Since when each piece of information is known. */
  readonly known: ReadonlyMap<string, number>
}

/** A deal that was won and goes over to customer success. */
export type WonDeal = {
  readonly dealId: string
  readonly account: string
  readonly wonAt: number
  readonly eventId: string
  readonly owner: string
  readonly touches: readonly WorkTouch[]
}

export type MemberSince = {
  readonly since: number
  readonly function: string
  readonly role: string
  readonly team: string
  readonly manager: string
  readonly zone: string
  readonly calendar: string
  readonly region: string
}

/** Stretches of each member, in order. */
export type Members = ReadonlyMap<string, readonly MemberSince[]>

/** As whom a member stood at an instant; before the first word about a member the first one holds. */
export const memberAt = (members: Members, member: string, at: number): MemberSince | null => {
  const said = members.get(member)
  return said?.findLast(({ since }) => since <= at) ?? said?.[0] ?? null
}

export const byTime = (a: { at: number; recordedAt: number; id: string }, b: { at: number; recordedAt: number; id: string }): number =>
  a.at - b.at || a.recordedAt - b.recordedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
