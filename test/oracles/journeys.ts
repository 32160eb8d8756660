import { dealConversionsAt, SHIPPED } from './deal-credit.ts'
import { type DealJourney, dealJourneysAt } from './deal-journeys.ts'
import type { Facts } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { type MemberFact, salesTouchesAt, withDeal } from './sales-touches.ts'

/** What it took to win one deal; null, or a reason in words, where it has no such number. */
export type WonJourney = {
  readonly dealId: string
  readonly deal: DealJourney
  readonly touches: number
  readonly contacts: number
  /** µs over µs. */
  readonly preSales: { readonly part: number; readonly whole: number } | 'no_touch' | 'no_sales_contact' | 'sales_first'
  readonly persons: number
  /** Every touch that is eligible or an act of sales, by the stage in which the deal was. */
  readonly touched: readonly { readonly stage: string; readonly personal: boolean }[]
}

const DAY = 86_400_000_000
/** A hundred years are no lookback. */
const EVER = 36_500

/** Every counted won deal as known at `asOf` (ms). */
export const wonJourneysAt = (facts: Facts, members: readonly MemberFact[], asOf: number): readonly WonJourney[] => {
  const { root } = identitiesAt(facts, asOf)
  const won = (lookbackDays: number) =>
    dealConversionsAt(facts, asOf, { ...SHIPPED, lookbackDays }).filter(
      ({ model, conversion, provisional }) => model === 'linear' && conversion === 'won' && !provisional,
    )
  const ever = new Map(won(EVER).map(one => [one.dealId, one]))
  const selling = salesTouchesAt(facts, members, asOf, SHIPPED.responses)
  const journeys = new Map(dealJourneysAt(facts, asOf).map(deal => [deal.dealId, deal]))
  return won(365).flatMap(({ dealId, account, touches, convertedAt }) => {
    const deal = journeys.get(dealId)
    if (deal === undefined || deal.createdAt === null) return []
    const contacts = new Set(deal.contacts.map(root))
    const since = deal.createdAt - 365 * DAY
    const untilWon = selling.filter(touch => touch.account === account && touch.touchedAt <= convertedAt)
    const lately = withDeal(
      untilWon.filter(touch => since <= touch.touchedAt),
      contacts,
    )
    const acts = lately.filter(({ human }) => human)
    const first = ever.get(dealId)?.touches[0]?.touchedAt
    const contact = withDeal(untilWon, contacts).find(({ twoWay }) => twoWay)?.touchedAt
    const known = new Set([...touches, ...acts].flatMap(touch => (touch.persons.length > 0 ? touch.persons : [touch.subject])))
    const all = new Map([...touches, ...acts].map(touch => [touch.touchId, touch.touchedAt]))
    return {
      dealId,
      deal,
      touches: touches.length,
      contacts: lately.filter(({ twoWay }) => twoWay).length,
      preSales: preSalesOf(first, contact, convertedAt),
      persons: [...known].filter(person => person.startsWith('person:')).length,
      touched: [...all].map(([id, at]) => ({
        stage: deal.stages.findLast(({ enteredAt }) => enteredAt <= at)?.stage ?? '(before the deal)',
        personal: acts.some(({ touchId }) => touchId === id),
      })),
    }
  })
}

/** M63: who was first, and how much of the way was gone when sales came in. */
const preSalesOf = (first: number | undefined, contact: number | undefined, close: number): WonJourney['preSales'] => {
  if (first === undefined) return 'no_touch'
  if (contact === undefined) return 'no_sales_contact'
  return contact <= first ? 'sales_first' : { part: contact - first, whole: close - first }
}

/** C10: the ⌈p·n⌉-th smallest, p in hundredths; null of none. */
export const percentile = (values: readonly number[], hundredths: number): number | null =>
  values.toSorted((a, b) => a - b)[Math.ceil((hundredths * values.length) / 100) - 1] ?? null
