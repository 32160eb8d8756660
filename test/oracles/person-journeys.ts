import { RESPONSES } from './deal-credit.ts'
import type { DealFact } from './deal-facts.ts'
import { type DealJourney, dealJourneysAt } from './deal-journeys.ts'
import { exclusionsAt } from './exclusions.ts'
import { type Facts, knownAt } from './facts.ts'
import { identitiesAt } from './identities.ts'
import type { LeadFact } from './lead-facts.ts'
import { asSet, byMoment, inOrder, type Moment } from './order.ts'
import { countedTouchesAt } from './touches.ts'

export type JourneyOutcome = 'open' | 'recycled' | 'rejected' | 'disqualified' | 'won' | 'lost' | 'merged' | 'erased' | 'timed_out'

export type JourneyStage = { readonly stage: string; readonly enteredAt: number; readonly eventId: string }

/** One qualification cycle. Instants µs; `endedAt` null while open. */
export type Journey = {
  readonly openedAt: number
  /** The event that opened it; of a response the touch's id. */
  readonly openedBy: string
  readonly endedAt: number | null
  readonly outcome: JourneyOutcome
  readonly stages: readonly JourneyStage[]
  /** The deal that it feeds, '' when none. */
  readonly dealId: string
}

/** `excludedBecause` is '' where the journeys count. */
export type PersonJourneys = { readonly person: string; readonly excludedBecause: string; readonly journeys: readonly Journey[] }

export type JourneyTerms = {
  readonly responses: ReadonlySet<string>
  /** Deal stages that the tenant's stage map flags `qualified`. */
  readonly qualifiedStages: ReadonlySet<string>
  /** Whether a response can open a person's first journey, or only one after a journey that ended. */
  readonly responseOpens: 'again' | 'ever'
  /** Days without a sign of the lead after which a journey in a stage has timed out. */
  readonly timeouts?: ReadonlyMap<string, number>
}

export const SHIPPED_JOURNEY: JourneyTerms = {
  responses: RESPONSES,
  qualifiedStages: new Set(['qualified', 'proposal', 'negotiation']),
  responseOpens: 'again',
}

/** What can happen to a person's qualification, in one list whatever it came from. */
type Step =
  | (Moment & { readonly kind: 'lead'; readonly fact: LeadFact })
  | (Moment & { readonly kind: 'response' })
  | (Moment & { readonly kind: 'merged' })
  | (Moment & { readonly kind: 'contact'; readonly dealId: string })
  | (Moment & { readonly kind: 'closed'; readonly dealId: string })

type Open = { readonly opener: Moment; readonly said: (JourneyStage & Moment)[]; converted: string | null; contact: string | null }

/**
 * Every person that has at least one journey, as known at `asOf` (ms), in byte order. Lead events and contact roles belong to the
 * person that they name; responses to the root person that their subject stands for, so that one who was merged away has no more.
 * A deal that is not counted feeds nobody's journey.
 */
export const personJourneysAt = (facts: Facts, asOf: number, terms: JourneyTerms = SHIPPED_JOURNEY): readonly PersonJourneys[] => {
  const deals = new Map(
    dealJourneysAt(facts, asOf)
      .filter(deal => deal.counted)
      .map(deal => [deal.dealId, deal]),
  )
  const because = outAt(facts, asOf)
  const stepsOf = Map.groupBy(stepsAt(facts, asOf, terms, deals), ({ person }) => person)
  return asSet(stepsOf.keys())
    .map(person => {
      const own = (stepsOf.get(person) ?? []).map(({ step }) => step)
      return {
        person,
        excludedBecause: because(person),
        journeys: cyclesOf([...own, ...closesOf(own, deals)].toSorted(byMoment), deals, terms),
      }
    })
    .filter(({ journeys }) => journeys.length > 0)
}

/** A person is out when it is excluded itself, or when every account that it is in now is. */
const outAt = (facts: Facts, asOf: number): ((person: string) => string) => {
  const because = exclusionsAt(facts, asOf)
  const { at } = identitiesAt(facts, asOf)
  return person => {
    const { accounts } = at(person, Number.MAX_SAFE_INTEGER)
    const reasons = accounts.map(because)
    return because(person) || (reasons.every(reason => reason !== '') ? (reasons[0] ?? '') : '')
  }
}

/** The closes of every deal that the person's steps name. */
const closesOf = (steps: readonly Step[], deals: ReadonlyMap<string, DealJourney>): readonly Step[] =>
  asSet(steps.flatMap(step => dealNamed(step) ?? [])).flatMap(dealId => {
    const closed = deals.get(dealId)?.closed ?? null
    return closed === null ? [] : { ...momentOf(closed), kind: 'closed' as const, dealId }
  })

const dealNamed = (step: Step): string | null => {
  if (step.kind === 'lead') return step.fact.dealId
  return step.kind === 'contact' ? step.dealId : null
}

type PersonStep = { readonly person: string; readonly step: Step }

const stepsAt = (facts: Facts, asOf: number, terms: JourneyTerms, deals: ReadonlyMap<string, DealJourney>): readonly PersonStep[] => {
  const leads = knownAt(facts.leads, asOf).map(fact => ({ person: fact.person, step: { ...momentOf(fact), kind: 'lead' as const, fact } }))
  // a touch of two accounts is still one response
  const touches = new Map(countedTouchesAt(facts, asOf).map(touch => [JSON.stringify([touch.subject, touch.touchId]), touch]))
  const responses = [...touches.values()]
    .filter(touch => terms.responses.has(touch.touchType) && !touch.automatic)
    .flatMap(({ persons, touchedAt, recordedAt, touchId }) =>
      persons.map(person => ({ person, step: { kind: 'response' as const, occurredAt: touchedAt, recordedAt, eventId: touchId } })),
    )
  const merges = [...identitiesAt(facts, asOf).merges].map(([person, merge]) => ({
    person,
    step: { ...momentOf(merge), kind: 'merged' as const },
  }))
  const contacts = knownAt(facts.deals, asOf)
    .filter(fact => fact.type === 'deal-contact-linked' && stillContact(fact, deals))
    .map(fact => ({ person: fact.person ?? '', step: { ...momentOf(fact), kind: 'contact' as const, dealId: fact.dealId } }))
  return [...leads, ...responses, ...merges, ...contacts]
}

const stillContact = (fact: DealFact, deals: ReadonlyMap<string, DealJourney>): boolean =>
  fact.person !== null && (deals.get(fact.dealId)?.contacts.includes(fact.person) ?? false)

const momentOf = ({ occurredAt, recordedAt, eventId }: Moment): Moment => ({ occurredAt, recordedAt, eventId })

/** Walks a person's steps in order: at most one journey is open at a time. */
const cyclesOf = (steps: readonly Step[], deals: ReadonlyMap<string, DealJourney>, terms: JourneyTerms): readonly Journey[] => {
  const journeys: Journey[] = []
  let open: Open | null = null
  let sign: number | null = null
  const timesOutBy = (at: number): number | null => {
    if (open === null || sign === null || fedBy(open) !== '') return null
    const days = terms.timeouts?.get(open.said.at(-1)?.stage ?? '')
    if (days === undefined || sign + days * DAY_MICROS >= at) return null
    return sign + days * DAY_MICROS
  }
  const timeOut = (at: number): void => {
    const due = timesOutBy(at)
    if (due === null || open === null) return
    journeys.push(written(open, { occurredAt: due, recordedAt: Number.MAX_SAFE_INTEGER, eventId: '' }, 'timed_out', deals, terms))
    open = null
  }
  for (const step of steps) {
    timeOut(step.occurredAt)
    if (isSign(step)) sign = step.occurredAt
    const again = journeys.length > 0 || terms.responseOpens === 'ever'
    const opener: boolean = open === null && opens(step, again)
    if (opener) open = { opener: step, said: [], converted: null, contact: null }
    if (open === null) continue

    const stage = stageOf(step, opener)
    if (stage !== null) open.said.push({ ...momentOf(step), stage, enteredAt: step.occurredAt })
    if (step.kind === 'lead' && step.fact.dealId !== null && deals.has(step.fact.dealId)) open.converted ??= step.fact.dealId
    if (step.kind === 'contact') open.contact ??= step.dealId

    const outcome = outcomeOf(step) ?? resultOf(step, deals.get(fedBy(open)))
    if (outcome === null) continue
    journeys.push(written(open, step, outcome, deals, terms))
    open = null
  }
  timeOut(terms.timeouts === undefined ? 0 : Number.MAX_SAFE_INTEGER)
  if (open !== null) journeys.push(written(open, null, 'open', deals, terms))
  return journeys
}

const DAY_MICROS = 86_400_000_000

/** What somebody did or what was said of the lead; roles in deals and their ends are none. */
const isSign = (step: Step): boolean =>
  step.kind === 'response' ||
  step.kind === 'merged' ||
  (step.kind === 'lead' &&
    (outcomeOf(step) !== null || ['lead-created', 'lead-assigned', 'lead-stage-changed', 'lead-accepted'].includes(step.fact.type)))

const opens = (step: Step, again: boolean): boolean => {
  if (step.kind === 'response') return again
  return step.kind === 'lead' && ['lead-created', 'lead-assigned', 'lead-stage-changed', 'lead-accepted'].includes(step.fact.type)
}

const stageOf = (step: Step, opener: boolean): string | null => {
  if (step.kind !== 'lead') return null
  switch (step.fact.type) {
    case 'lead-created':
      return opener ? 'lead' : null
    case 'lead-stage-changed':
      return step.fact.stage
    case 'lead-accepted':
      return 'sal'
    default:
      return null
  }
}

/** The ends that a person's own events bring. Procedural and clerical rejections end nothing. */
const outcomeOf = (step: Step): JourneyOutcome | null => {
  if (step.kind === 'merged') return 'merged'
  if (step.kind !== 'lead') return null
  switch (step.fact.type) {
    case 'lead-recycled':
      return 'recycled'
    case 'lead-rejected':
      return step.fact.reasonClass === 'definitional' ? 'rejected' : null
    case 'lead-disqualified':
      return 'disqualified'
    case 'person-erased':
      return 'erased'
    default:
      return null
  }
}

/** A conversion that names the deal goes before a contact role. */
const fedBy = (open: Open): string => open.converted ?? open.contact ?? ''

/** A journey ends as soon as both are true: it feeds the deal, and the deal is closed. */
const resultOf = (step: Step, deal: DealJourney | undefined): JourneyOutcome | null =>
  deal !== undefined && deal.closed !== null && deal.outcome !== 'open' && byMoment(deal.closed, step) <= 0 ? deal.outcome : null

const written = (
  open: Open,
  end: Moment | null,
  outcome: JourneyOutcome,
  deals: ReadonlyMap<string, DealJourney>,
  terms: JourneyTerms,
): Journey => {
  const { opener, said } = open
  const dealId = fedBy(open)
  const entered = [...said, ...dealStages(deals.get(dealId), terms)].filter(
    entry => byMoment(opener, entry) <= 0 && (end === null || byMoment(entry, end) <= 0),
  )
  const inTurn = inOrder(entered)
  return {
    openedAt: opener.occurredAt,
    openedBy: opener.eventId,
    endedAt: end?.occurredAt ?? null,
    outcome,
    stages: inTurn
      .filter((entry, index) => entry.stage !== inTurn[index - 1]?.stage)
      .map(({ stage, enteredAt, eventId }) => ({ stage, enteredAt, eventId })),
    dealId,
  }
}

/** What the fed deal adds: `sqo` at its first qualified stage, `won` at its close, at the deal's own instants. */
const dealStages = (deal: DealJourney | undefined, terms: JourneyTerms): readonly (JourneyStage & Moment)[] => {
  if (deal === undefined) return []
  const qualified = deal.stages.find(({ stage }) => terms.qualifiedStages.has(stage))
  const won = deal.outcome === 'won' ? deal.closed : null
  return [
    ...(qualified === undefined ? [] : [{ ...qualified, stage: 'sqo', occurredAt: qualified.enteredAt }]),
    ...(won === null ? [] : [{ ...momentOf(won), stage: 'won', enteredAt: won.occurredAt }]),
  ]
}
