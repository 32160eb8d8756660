import { modelCredit, SHIPPED_MODELS } from './attribution-models.ts'
import { type DealJourney, dealJourneysAt } from './deal-journeys.ts'
import { type Facts, knownAt } from './facts.ts'
import { consentsAt } from './consents.ts'
import { ancestorsAt } from './families.ts'
import { personasAt } from './personas.ts'
import { exclusionsAt } from './exclusions.ts'
import { identitiesAt } from './identities.ts'
import { latest } from './order.ts'
import { type AccountTouch, byTouch, countedTouchesAt } from './touches.ts'
import { endOfDay } from './zone.ts'

export type Model = keyof typeof SHIPPED_MODELS
export const MODELS = Object.keys(SHIPPED_MODELS) as Model[]
export type Conversion = 'deal' | 'sqo' | 'won'

export type CreditTerms = {
  /** The stages from which a deal is an SQO. */
  readonly qualified: ReadonlySet<string>
  /** Touch types by which a person acted. Anything else earns nothing. */
  readonly responses: ReadonlySet<string>
  readonly lookbackDays: number
  /** Whose touches count; the contacts', where they have any, unless said otherwise. */
  readonly linkage?: Linkage
  /** Personas of the buying group, as sources write them. */
  readonly group?: ReadonlySet<string>
  /** Touches of subsidiaries count too. */
  readonly family?: boolean
}

export type Linkage = 'hybrid' | 'explicit' | 'implicit' | 'buying_group'

/** The list that Accord ships; a tenant may publish another. */
export const RESPONSES: ReadonlySet<string> = new Set([
  'form',
  'download',
  'event_attended',
  'webinar_attended',
  'reply',
  'meeting',
  'inbound_call',
  'call_connected',
  'chat',
  'ad_click_session',
  'web_session',
  'demo_request',
  'contact_request',
  'trial_start',
  'referral',
])

export const SHIPPED: CreditTerms = {
  responses: RESPONSES,
  lookbackDays: 365,
  qualified: new Set(['qualified', 'proposal', 'negotiation']),
}

export type CreditedTouch = AccountTouch & {
  /** Millionths of the deal. */
  readonly credit: number
}

/** One conversion of a deal under one model. `account` is the deal's root account ('' when it has none), `convertedAt` µs. */
export type DealCredit = {
  readonly dealId: string
  readonly conversion: Conversion
  /** The deal is open, and this is its credit if it were won now. */
  readonly provisional: boolean
  readonly model: Model
  readonly account: string
  readonly convertedAt: number
  /** Every eligible touch in order, those that the model gives nothing included. */
  readonly touches: readonly CreditedTouch[]
  readonly missing: '' | 'no_touch' | 'milestone_absent'
}

const DAY = 86_400_000_000
const HALF_HOUR = 1_800_000_000

/** The credit of every counted won deal under every model, as known at `asOf` (ms). */
export const dealCreditAt = (facts: Facts, asOf: number, terms: CreditTerms = SHIPPED): readonly DealCredit[] =>
  dealConversionsAt(facts, asOf, terms).filter(({ conversion, provisional }) => conversion === 'won' && !provisional)

/** Business time for ever: an open deal may be won at any time. */
const NEVER = Number.MAX_SAFE_INTEGER

type Converted = { readonly conversion: Conversion; readonly convertedAt: number; readonly provisional: boolean }

const conversionsOf = ({ createdAt, stages, outcome, closed, closedOn }: DealJourney, qualified: ReadonlySet<string>, zone: string) => {
  const found: Converted[] = []
  if (createdAt !== null) found.push({ conversion: 'deal', convertedAt: createdAt, provisional: false })
  const entry = stages.find(({ stage }) => qualified.has(stage))
  if (entry !== undefined) found.push({ conversion: 'sqo', convertedAt: entry.enteredAt, provisional: false })
  if (outcome === 'won' && closed !== null)
    found.push({ conversion: 'won', convertedAt: conversionOf(closed.occurredAt, closedOn, zone), provisional: false })
  if (closed === null) found.push({ conversion: 'won', convertedAt: NEVER, provisional: true })
  return found
}

/** The credit of every conversion of every counted deal under every model, as known at `asOf` (ms). */
export const dealConversionsAt = (facts: Facts, asOf: number, terms: CreditTerms = SHIPPED): readonly DealCredit[] => {
  const { root, at } = identitiesAt(facts, asOf)
  const zone = latest(knownAt(facts.zones, asOf))?.zone ?? 'UTC'
  const above = terms.family === true ? ancestorsAt(facts, asOf, root) : () => []
  const personaOf = personasAt(facts, asOf, root)
  const inGroup = (persons: readonly string[], instant: number): boolean =>
    persons.some(person => terms.group?.has(personaOf(person, instant)) === true)
  const touches = Map.groupBy(
    countedTouchesAt(facts, asOf)
      .filter(consentsAt(facts, asOf))
      .flatMap(touch => [touch.account, ...above(touch.account, touch.touchedAt)].map(scope => ({ touch, scope }))),
    ({ scope }) => scope,
  )
  const because = exclusionsAt(facts, asOf)
  const leads = knownAt(facts.leads, asOf)
    .filter(({ type, person }) => type === 'lead-created' && because(person) === '')
    .flatMap(({ person, occurredAt, recordedAt }) => {
      const { persons, accounts } = at(person, occurredAt)
      const scopes = new Set(accounts.flatMap(account => [account, ...above(account, occurredAt)]))
      return [...scopes].map(account => ({ account, persons, occurredAt, recordedAt }))
    })
    .toSorted((a, b) => a.occurredAt - b.occurredAt || a.recordedAt - b.recordedAt)
  return dealJourneysAt(facts, asOf).flatMap(deal => {
    const { createdAt } = deal
    if (!deal.counted || createdAt === null) return []
    const account = deal.account === '' ? '' : root(deal.account)
    const since = createdAt - terms.lookbackDays * DAY
    // '' is where touches of nobody's account lie; a deal without an account has no claim to them
    const inScope = account === '' ? [] : (touches.get(account) ?? []).map(({ touch }) => touch)
    // who works for two accounts of a family did it once, for both
    const times = Map.groupBy(inScope, nameOf)
    const ofAccount = [...times.values()].flatMap(same => same[0] ?? [])
    const contacts = new Set(deal.contacts.map(root))
    return conversionsOf(deal, terms.qualified, zone).flatMap(({ conversion, convertedAt, provisional }) => {
      const candidates = ofAccount.filter(
        ({ touchedAt, touchType, automatic }) =>
          since <= touchedAt && touchedAt <= convertedAt && terms.responses.has(touchType) && !automatic,
      )
      const isLinked = whoIsLinked(terms.linkage ?? 'hybrid', candidates, persons => persons.some(person => contacts.has(person)), inGroup)
      const eligible = eligibleOf(candidates.filter(touch => isLinked(touch.persons, touch.touchedAt))).toSorted(byTouch)
      const lead = leads.find(
        one => one.account === account && since <= one.occurredAt && one.occurredAt <= createdAt && isLinked(one.persons, one.occurredAt),
      )
      const converted = {
        touches: eligible.map(touch => ({
          touchId: nameOf(touch),
          at: touch.touchedAt,
          recordedAt: touch.recordedAt,
          persons: touch.persons,
          accounts: touch.accounts,
          inScope: times.get(nameOf(touch))?.length ?? 1,
        })),
        conversion,
        convertedAt,
        dealCreatedAt: createdAt,
        leadCreated: lead === undefined ? null : { person: lead.persons[0] ?? '', at: lead.occurredAt },
      }
      return MODELS.map(model => {
        const { credits, missing } = modelCredit({ ...converted, model: SHIPPED_MODELS[model] })
        return {
          dealId: deal.dealId,
          conversion,
          provisional,
          model,
          account,
          convertedAt,
          touches: missing === '' ? eligible.map(touch => ({ ...touch, credit: credits.get(nameOf(touch)) ?? 0 })) : [],
          missing,
        }
      })
    })
  })
}

/** Two subjects may have a touch of one id. */
export const nameOf = ({ touchId, subject }: AccountTouch): string => `${touchId}\0${subject}`

/** A deal clicked won on 2 October with the close date 30 September converts as September ends. */
const conversionOf = (closedAt: number, closedOn: string | null, zone: string): number =>
  closedOn === null ? closedAt : Math.min(closedAt, endOfDay(closedOn, zone))

type Linked = (persons: readonly string[], instant: number) => boolean

/** Whose touches and leads are a deal's. Hybrid: what the deal's contacts did, if they did anything; else what anybody in the account did. */
const whoIsLinked = (
  linkage: Linkage,
  touches: readonly AccountTouch[],
  isContact: (persons: readonly string[]) => boolean,
  inGroup: Linked,
): Linked => {
  if (linkage === 'implicit') return () => true
  if (linkage === 'explicit') return isContact
  if (linkage === 'buying_group') return (persons, instant) => isContact(persons) || inGroup(persons, instant)
  return touches.some(({ persons }) => isContact(persons)) ? isContact : () => true
}

const whoWhatWhy = ({ persons, subject, campaign, touchType }: AccountTouch): string =>
  JSON.stringify([persons.length > 0 ? persons : subject, campaign, touchType])

/** The same people doing the same thing for the same campaign within 30 minutes of the last time that counted did it once. */
const oncePerSession = (touches: readonly AccountTouch[]): readonly AccountTouch[] => {
  return [...Map.groupBy(touches, whoWhatWhy).values()].flatMap(alike => {
    const kept: AccountTouch[] = []
    for (const touch of alike.toSorted(byTouch)) {
      const last = kept.at(-1)
      if (last === undefined || touch.touchedAt - last.touchedAt > HALF_HOUR) kept.push(touch)
    }
    return kept
  })
}

/** Of what may count, what does. */
export const eligibleOf = (touches: readonly AccountTouch[]): readonly AccountTouch[] => withoutDirect(oncePerSession(touches))

/** Coming straight to the site earns credit only where nothing else does. */
const withoutDirect = (touches: readonly AccountTouch[]): readonly AccountTouch[] => {
  const others = touches.filter(touch => touch.channel !== 'direct')
  return others.length > 0 ? others : touches
}
