import { type DealJourney, dealJourneysAt } from './deal-journeys.ts'
import { type Facts, knownAt } from './facts.ts'
import { consentsAt } from './consents.ts'
import { identitiesAt } from './identities.ts'
import { latest } from './order.ts'
import { millionths, reciprocals } from './share.ts'
import { type AccountTouch, byTouch, countedTouchesAt } from './touches.ts'
import { endOfDay } from './zone.ts'

export const MODELS = ['first', 'last', 'linear'] as const
export type Model = (typeof MODELS)[number]

export type CreditTerms = {
  /** Touch types by which a person acted. Anything else earns nothing. */
  readonly responses: ReadonlySet<string>
  readonly lookbackDays: number
}

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

export const SHIPPED: CreditTerms = { responses: RESPONSES, lookbackDays: 365 }

export type CreditedTouch = AccountTouch & {
  /** Millionths of the deal. */
  readonly credit: number
}

/** One deal under one model. `account` is the deal's root account ('' when it has none), `convertedAt` µs. */
export type DealCredit = {
  readonly dealId: string
  readonly model: Model
  readonly account: string
  readonly convertedAt: number
  /** Every eligible touch in order, those that the model gives nothing included. */
  readonly touches: readonly CreditedTouch[]
  readonly missing: '' | 'no_touch'
}

const DAY = 86_400_000_000
const HALF_HOUR = 1_800_000_000

/** The credit of every counted won deal under every model, as known at `asOf` (ms): conversion `won`, linkage `hybrid`. */
export const dealCreditAt = (facts: Facts, asOf: number, terms: CreditTerms = SHIPPED): readonly DealCredit[] => {
  const { root } = identitiesAt(facts, asOf)
  const zone = latest(knownAt(facts.zones, asOf))?.zone ?? 'UTC'
  const touches = Map.groupBy(countedTouchesAt(facts, asOf).filter(consentsAt(facts, asOf)), touch => touch.account)
  return dealJourneysAt(facts, asOf).flatMap(deal => {
    if (!deal.counted || deal.outcome !== 'won' || deal.closed === null || deal.createdAt === null) return []
    const account = deal.account === '' ? '' : root(deal.account)
    const convertedAt = conversionOf(deal.closed.occurredAt, deal.closedOn, zone)
    const since = deal.createdAt - terms.lookbackDays * DAY
    // '' is where touches of nobody's account lie; a deal without an account has no claim to them
    const ofAccount = account === '' ? [] : (touches.get(account) ?? [])
    const candidates = ofAccount.filter(
      ({ touchedAt, touchType, automatic }) =>
        since <= touchedAt && touchedAt <= convertedAt && terms.responses.has(touchType) && !automatic,
    )
    const eligible = withoutDirect(oncePerSession(linked(candidates, deal, root))).toSorted(byTouch)
    return MODELS.map(model => ({
      dealId: deal.dealId,
      model,
      account,
      convertedAt,
      touches: eligible.length === 0 ? [] : credited(eligible, model),
      missing: eligible.length === 0 ? ('no_touch' as const) : ('' as const),
    }))
  })
}

/** A deal clicked won on 2 October with the close date 30 September converts as September ends. */
const conversionOf = (closedAt: number, closedOn: string | null, zone: string): number =>
  closedOn === null ? closedAt : Math.min(closedAt, endOfDay(closedOn, zone))

/** Hybrid linkage: what the deal's contacts did, if they did anything; else what anybody in the account did. */
const linked = (touches: readonly AccountTouch[], deal: DealJourney, root: (node: string) => string): readonly AccountTouch[] => {
  const contacts = new Set(deal.contacts.map(root))
  const explicit = touches.filter(touch => touch.persons.some(person => contacts.has(person)))
  return explicit.length > 0 ? explicit : touches
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

/** Coming straight to the site earns credit only where nothing else does. */
const withoutDirect = (touches: readonly AccountTouch[]): readonly AccountTouch[] => {
  const others = touches.filter(touch => touch.channel !== 'direct')
  return others.length > 0 ? others : touches
}

const credited = (touches: readonly AccountTouch[], model: Model): readonly CreditedTouch[] => {
  const shared = reciprocals(touches.map(touch => touch.accounts))
  const raw = shared.map((weight, index) => (counts[model](index, touches.length) ? weight : 0n))
  const credit = millionths(raw)
  return touches.map((touch, index) => ({ ...touch, credit: credit[index] ?? 0 }))
}

const counts: Readonly<Record<Model, (index: number, length: number) => boolean>> = {
  first: index => index === 0,
  last: (index, length) => index === length - 1,
  linear: () => true,
}
