import { type Conversion, dealConversionsAt, SHIPPED } from './deal-credit.ts'
import { type DealJourney, dealJourneysAt } from './deal-journeys.ts'
import { type Facts, knownAt } from './facts.ts'
import { identitiesAt } from './identities.ts'
import { earliest, latest } from './order.ts'
import { type MemberFact, salesTouchesAt, withDeal } from './sales-touches.ts'

export type SourcedDeal = {
  readonly dealId: string
  readonly deal: DealJourney
  readonly owner: string
  readonly sourceField: string
  readonly firstTouch: string
  readonly firstResponse: string
  /** Campaigns of marketing's eligible touches; null where it has none. */
  readonly marketing: readonly string[] | null
}

const YEAR = 365 * 86_400_000_000
const TEAMS = new Set(['marketing', 'sales', 'partner', 'success'])

/** Who brought each counted deal with a conversion, by the three definitions of M57; `teamOfSource` is the channel map. */
export const sourcedDealsAt = (
  facts: Facts,
  members: readonly MemberFact[],
  asOf: number,
  { conversion, teamOfSource }: { readonly conversion: Conversion; readonly teamOfSource: (source: string) => string },
): readonly SourcedDeal[] => {
  const { root } = identitiesAt(facts, asOf)
  // eligible touches are the same under every model
  const credited = dealConversionsAt(facts, asOf).filter(({ model, provisional }) => model === 'linear' && !provisional)
  const selling = salesTouchesAt(facts, members, asOf, SHIPPED.responses)
  const journeys = new Map(dealJourneysAt(facts, asOf).map(deal => [deal.dealId, deal]))
  return credited
    .filter(one => one.conversion === conversion)
    .flatMap(({ dealId, account, touches, convertedAt }) => {
      const deal = journeys.get(dealId)
      if (deal === undefined || deal.createdAt === null) return []
      const { createdAt } = deal
      const before = credited.find(one => one.dealId === dealId && one.conversion === 'deal')?.touches ?? []
      const sales = withDeal(
        selling.filter(touch => touch.account === account && createdAt - YEAR <= touch.touchedAt && touch.touchedAt <= createdAt),
        new Set(deal.contacts.map(root)),
      ).find(({ human }) => human)
      const response = before.find(({ team }) => team === 'marketing')
      const first = before[0]?.team ?? ''
      const firstTouch = TEAMS.has(first) ? first : 'unknown'
      const said = knownAt(facts.deals, asOf).filter(fact => fact.dealId === dealId)
      const owners = said.filter(fact => fact.owner !== null && fact.occurredAt <= convertedAt)
      const ofMarketing = touches.filter(({ team }) => team === 'marketing')
      return {
        dealId,
        deal,
        owner: latest(owners)?.owner || '(none)',
        sourceField: teamOfSource(earliest(said.filter(({ type }) => type === 'deal-created'))?.leadSource ?? ''),
        firstTouch,
        firstResponse: firstToRespond(response?.touchedAt, sales?.touchedAt, firstTouch),
        marketing: ofMarketing.length === 0 ? null : ofMarketing.map(({ campaign }) => campaign || '(none)'),
      }
    })
}

/** (c): marketing's when its response came before sales had done anything; sales' when it had; else who was first at all, if it was neither. */
const firstToRespond = (response: number | undefined, sales: number | undefined, first: string): string => {
  if (response !== undefined && (sales === undefined || response < sales)) return 'marketing'
  if (sales !== undefined) return 'sales'
  return first === 'partner' || first === 'success' ? first : 'unknown'
}

export type Claim = 'both' | 'marketing' | 'sales' | 'neither'

/** M36: a team claims what any of the three definitions gives it. */
export const claimOf = (said: readonly string[]): Claim => {
  const [marketing, sales] = [said.includes('marketing'), said.includes('sales')]
  if (marketing && sales) return 'both'
  if (marketing) return 'marketing'
  return sales ? 'sales' : 'neither'
}
