import type { DealFact } from './deal-facts.ts'
import { exclusionsAt } from './exclusions.ts'
import { type Facts, knownAt } from './facts.ts'
import { asSet, earliest, inOrder, latest, type Moment } from './order.ts'

export type StageEntry = { readonly stage: string; readonly enteredAt: number; readonly recordedAt: number; readonly eventId: string }

/** One deal as it is known. A name that nobody gave is ''. */
export type DealJourney = {
  readonly dealId: string
  readonly counted: boolean
  /** '', 'not_created', 'deleted', 'merged', or the reason of an exclusion of the deal or its account. */
  readonly excludedBecause: string
  /** µs; null of a deal whose creation nobody reported. */
  readonly createdAt: number | null
  readonly account: string
  readonly pipeline: string
  readonly dealType: string
  readonly product: string
  readonly leadSource: string
  readonly owner: string
  readonly team: string
  readonly amount: bigint | null
  readonly currency: string
  readonly closeDate: string | null
  readonly stages: readonly StageEntry[]
  readonly outcome: 'open' | 'won' | 'lost'
  /** The close in force; null while the deal is open. */
  readonly closed: Moment | null
  /** The date that the close itself, or a change of date after it, gave; null: the day of the close. */
  readonly closedOn: string | null
  /** Linked persons, nodes. */
  readonly contacts: readonly string[]
}

const PRICED = new Set(['deal-created', 'deal-amount-changed', 'deal-closed'])
const TURNED = new Set(['deal-closed', 'deal-reopened'])
const CONTACT = new Set(['deal-contact-linked', 'deal-contact-unlinked'])

/** Every deal that anybody spoke of, as known at `asOf` (ms), in byte order of its id. */
export const dealJourneysAt = (facts: Facts, asOf: number): readonly DealJourney[] => {
  const spoken = Map.groupBy(knownAt(facts.deals, asOf), fact => fact.dealId)
  const because = exclusionsAt(facts, asOf)
  return asSet(spoken.keys()).map(dealId => journeyOf(dealId, inOrder(spoken.get(dealId) ?? []), because))
}

const journeyOf = (dealId: string, facts: readonly DealFact[], because: (node: string) => string): DealJourney => {
  const created = earliest(facts.filter(fact => fact.type === 'deal-created'))
  const turn = latest(facts.filter(fact => TURNED.has(fact.type)))
  const closed = turn?.type === 'deal-closed' ? turn : undefined
  // an event about nothing but the amount says, with none in it, that there is none
  const priced = latest(facts.filter(fact => PRICED.has(fact.type) && (fact.amount !== null || fact.type === 'deal-amount-changed')))
  const account = lastSaid(facts, fact => fact.account) ?? ''
  const excludedBecause = exclusionOf(facts) || because(`deal:${dealId}`) || (account === '' ? '' : because(account))
  const sinceClose = closed === undefined ? [] : facts.slice(facts.indexOf(closed))
  return {
    dealId,
    counted: excludedBecause === '',
    excludedBecause,
    createdAt: created?.occurredAt ?? null,
    account,
    pipeline: lastSaid(facts, fact => fact.pipeline) ?? '',
    dealType: lastSaid(facts, fact => fact.dealType) ?? '',
    product: lastSaid(facts, fact => fact.product) ?? '',
    leadSource: lastSaid(facts, fact => fact.leadSource) ?? '',
    owner: lastSaid(facts, fact => fact.owner) ?? '',
    team: lastSaid(facts, fact => fact.team) ?? '',
    amount: priced?.amount ?? null,
    currency: priced?.amount == null ? '' : (priced.currency ?? ''),
    closeDate: lastSaid(facts, fact => fact.closeDate) || null,
    stages: stagesOf(facts),
    outcome: closed?.outcome ?? 'open',
    closed: closed ?? null,
    closedOn: lastSaid(sinceClose, fact => fact.closeDate) || null,
    contacts: contactsOf(facts),
  }
}

const exclusionOf = (facts: readonly DealFact[]): string => {
  const types = new Set(facts.map(fact => fact.type))
  if (!types.has('deal-created')) return 'not_created'
  if (types.has('deal-deleted')) return 'deleted'
  return types.has('deal-merged') ? 'merged' : ''
}

/** The last value that anybody gave; silence changes nothing. */
const lastSaid = <T>(facts: readonly DealFact[], read: (fact: DealFact) => T | null): T | null =>
  facts.map(read).findLast(value => value !== null) ?? null

/**
 * Some CRMs re-save a deal in the stage it is in; that is no move. A close may put the deal into a stage of its own, and a reopening
 * that names none puts it back into the last one before.
 */
const stagesOf = (facts: readonly DealFact[]): readonly StageEntry[] => {
  const entries: StageEntry[] = []
  let lastOpen: string | null = null
  for (const { type, stage: named, occurredAt, recordedAt, eventId } of facts) {
    const stage: string | null = named ?? (type === 'deal-reopened' ? lastOpen : null)
    if (type !== 'deal-closed') lastOpen = stage ?? lastOpen
    if (stage === null || stage === entries.at(-1)?.stage) continue
    entries.push({ stage, enteredAt: occurredAt, recordedAt, eventId })
  }
  return entries
}

const contactsOf = (facts: readonly DealFact[]): readonly string[] => {
  const words = Map.groupBy(
    facts.filter(fact => CONTACT.has(fact.type)),
    fact => fact.person ?? '',
  )
  const linked = [...words].filter(([, said]) => latest(said)?.type === 'deal-contact-linked')
  return asSet(linked.map(([person]) => person).filter(person => person !== ''))
}
