import { subjectOf } from '../support/event.ts'
import { type CampaignFact, campaignReaders } from './campaign-facts.ts'
import { type ConsentFact, consentReaders } from './consent-facts.ts'
import { type DealFact, dealReaders } from './deal-facts.ts'
import { type ExclusionFact, exclusionReaders } from './exclusion-facts.ts'
import { type ParentFact, parentReaders } from './parent-facts.ts'
import { type PersonaFact, personaReaders } from './persona-facts.ts'
import { type DomainFact, domainReaders, type LinkFact, linkReaders } from './link-facts.ts'
import { type LeadFact, leadReaders } from './lead-facts.ts'
import { type MergeFact, mergeReaders } from './merges.ts'
import { byBytes, type Moment } from './order.ts'
import { byRecording, read, type Recorded } from './recorded.ts'
import { type TouchFact, touchReaders } from './touch-facts.ts'

/** What one tenant's events say, each told once, sorted by what it is about. */
export type Facts = {
  readonly touches: readonly TouchFact[]
  readonly links: readonly LinkFact[]
  readonly merges: readonly MergeFact[]
  readonly domains: readonly DomainFact[]
  readonly deals: readonly DealFact[]
  readonly leads: readonly LeadFact[]
  readonly zones: readonly ZoneFact[]
  readonly exclusions: readonly ExclusionFact[]
  readonly campaigns: readonly CampaignFact[]
  readonly consents: readonly ConsentFact[]
  readonly parents: readonly ParentFact[]
  readonly personas: readonly PersonaFact[]
  /** Ids that came again under another subject or type; the later recording is not counted. */
  readonly idConflicts: readonly string[]
}

/** The tenant's IANA zone, and on what touches count without consent ('' where it does not say). */
export type ZoneFact = Moment & { readonly zone: string; readonly lawfulBasis: string }

/** The facts that were known at `asOf` (ms). */
export const knownAt = <T extends Moment>(facts: readonly T[], asOf: number): readonly T[] => facts.filter(fact => fact.recordedAt <= asOf)

const about = ({ event }: Recorded): string => JSON.stringify([event.type, subjectOf(event)])

/** Reads the log of one tenant: the first recording of an event id counts, wherever in the list it stands. */
export const factsOf = (recorded: readonly Recorded[], tenant: string): Facts => {
  const own = recorded.filter(({ event }) => event.tenant === tenant).toSorted(byRecording)
  const recordings = Map.groupBy(own, ({ event }) => event.event_id)
  const first = [...recordings.values()].flatMap(same => same[0] ?? [])
  const conflicting = [...recordings].filter(([, same]) => new Set(same.map(about)).size > 1)
  return {
    touches: read(first, touchReaders),
    links: read(first, linkReaders),
    merges: read(first, mergeReaders),
    domains: read(first, domainReaders),
    deals: read(first, dealReaders),
    leads: read(first, leadReaders),
    zones: read<ZoneFact>(first, {
      'tenant-configured': ({ zone, lawful_basis }, moment) => ({ ...moment, zone, lawfulBasis: lawful_basis }),
    }),
    exclusions: read(first, exclusionReaders),
    campaigns: read(first, campaignReaders),
    consents: read(first, consentReaders),
    parents: read(first, parentReaders),
    personas: read(first, personaReaders),
    idConflicts: conflicting.map(([eventId]) => eventId).toSorted(byBytes),
  }
}
