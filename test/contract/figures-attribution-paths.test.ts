import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readTenantAt } from '../../services/api/settings.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import type { AttributionQuestion, Conversion } from '../../services/domain/figures/attribution.ts'
import { attributionPaths, pathModel } from '../../services/domain/figures/attribution-paths.ts'
import { figureSources, type ProjectionsAsOf } from '../../services/domain/figures/sources.ts'
import { underTerms } from '../../services/domain/figures/terms.ts'
import { keptProjections, travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { type DealCredit, dealConversionsAt, RESPONSES, SHIPPED } from '../oracles/deal-credit.ts'
import { dealJourneysAt } from '../oracles/deal-journeys.ts'
import { factsOf } from '../oracles/facts.ts'
import { leadPathsAt } from '../oracles/lead-paths.ts'
import { identitiesAt } from '../oracles/identities.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { accountTouchesAt } from '../oracles/touches.ts'
import { generateCompany } from '../support/company.ts'
import { event, TENANT, topicOf } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const recorded = generateCompany({ seed: 22, size: 1_200 })
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
const middle = recorded[Math.floor((recorded.length * 4) / 5)]?.appended_at ?? last

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

/** How often each path was walked: to a conversion, without one, and of these how often it goes on. */
type Walked = Readonly<Record<string, readonly [conversions: number, nulls: number, open: number]>>

const Row = z.object({
  channels: z.array(z.string()),
  conversions: z.coerce.number(),
  nulls: z.coerce.number(),
  open_nulls: z.coerce.number(),
})

const walkedInStore = async (
  conversion: Conversion,
  asOf: number,
  projections: ProjectionsAsOf,
  definitions = shippedDefinitions,
): Promise<Walked> => {
  const attribution: AttributionQuestion = {
    basis: 'conversions',
    conversion,
    model: 'markov@1',
    by: [],
    filters: {},
    dealTypes: ['*'],
    from: null,
    to: null,
    currency: 'EUR',
    zone: 'UTC',
  }
  const { sources } = underTerms(
    { sources: figureSources({ tenant: TENANT, asOf, projections }), definitions },
    { tenant: TENANT, terms: {}, models: [pathModel(definitions)], conversions: [conversion], kept: true },
  )
  const question = { attribution, order: 2, tenant: TENANT, definitions }
  const walked: Record<string, [number, number, number]> = {}
  for (const statement of attributionPaths(sources, question)) {
    for (const row of await api.store.read(statement)) {
      const { channels, conversions, nulls, open_nulls } = Row.parse(row)
      const before = walked[channels.join(' > ')] ?? [0, 0, 0]
      walked[channels.join(' > ')] = [before[0] + conversions, before[1] + nulls, before[2] + open_nulls]
    }
  }
  return walked
}

/** The same history, but every deal that was lost was won. */
const nothingLost = (history: readonly Recorded[]): readonly Recorded[] =>
  history.map(one =>
    one.event.type === 'deal-closed' && one.event.outcome === 'lost' ? { ...one, event: { ...one.event, outcome: 'won' } } : one,
  )

/** And every account that never had a deal closed one with its last touch. */
const aDealForEach = (history: readonly Recorded[], accounts: ReadonlyMap<string, number>, asOf: number): readonly Recorded[] => [
  ...history,
  ...[...accounts].flatMap(([account, at]) => {
    const deal_id = `of ${account}`
    const about = { occurred_at: at, deal_id }
    return [
      event('deal-created', { ...about, event_id: `${deal_id}-created`, account_id: account.slice('account:'.length), stage: 'x' }),
      event('deal-closed', { ...about, event_id: `${deal_id}-closed`, outcome: 'won' }),
    ].map((told, offset): Recorded => ({ event: told, appended_at: asOf, topic: topicOf(told.type), partition: 99, offset }))
  }),
]

const walkedAsTold = (conversion: Conversion, asOf: number): Walked => {
  const known = recorded.filter(({ appended_at }) => appended_at <= asOf)
  const facts = factsOf(known, TENANT)
  const deals = dealJourneysAt(facts, asOf).filter(({ counted }) => counted)
  const { root } = identitiesAt(facts, asOf)
  const taken = new Set(deals.map(({ account }) => (account === '' ? '' : root(account))))
  const without = new Map<string, number>()
  for (const { account, touchType, automatic, touchedAt } of accountTouchesAt(facts, asOf))
    if (account !== '' && !taken.has(account) && RESPONSES.has(touchType) && !automatic)
      without.set(account, Math.max(touchedAt, without.get(account) ?? 0))

  const walked: Record<string, [number, number, number]> = {}
  const count = ({ touches }: DealCredit, more: readonly [number, number, number]): void => {
    if (touches.length === 0) return
    const path = touches.map(({ channel }) => (channel === '' ? '(none)' : channel)).join(' > ')
    const before = walked[path] ?? [0, 0, 0]
    walked[path] = [before[0] + more[0], before[1] + more[1], before[2] + more[2]]
  }
  const linear = (history: readonly Recorded[]): readonly DealCredit[] =>
    dealConversionsAt(factsOf(history, TENANT), asOf).filter(({ model }) => model === 'linear')

  for (const credit of linear(known)) if (credit.conversion === conversion && !credit.provisional) count(credit, [1, 0, 0])
  const outcomes = new Map(deals.map(deal => [deal.dealId, deal]))
  for (const credit of linear(aDealForEach(nothingLost(known), without, asOf))) {
    const deal = outcomes.get(credit.dealId)
    if (credit.conversion !== 'won') continue
    if (deal === undefined) count(credit, [0, 1, 1])
    else if (conversion === 'won' && deal.outcome !== 'won') count(credit, [0, 1, deal.outcome === 'open' ? 1 : 0])
    else if (conversion === 'sqo' && !deal.stages.some(({ stage }) => SHIPPED.qualified.has(stage)))
      count(credit, [0, 1, deal.outcome === 'open' ? 1 : 0])
  }
  return walked
}

describe('paths to a conversion, and journeys without one', () => {
  it.each([
    ['won', last, 'kept', keptProjections],
    ['sqo', last, 'kept', keptProjections],
    ['deal', last, 'kept', keptProjections],
    ['won', middle, 'as of the past', travelledProjections(shippedDefinitions)],
  ] as const)('%s at %d, %s: as the oracle tells them', async (conversion, asOf, _, projections) => {
    const told = walkedAsTold(conversion, asOf)
    expect(await walkedInStore(conversion, asOf, projections)).toEqual(told)
    const sums = Object.values(told).reduce((sum, one) => [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]] as const, [0, 0, 0] as const)
    // or the comparison says nothing
    expect([sums[0] > 3, sums[1] > 3, sums[2] > 1]).toEqual([true, true, true])
  })

  it.each([
    ['lead', last],
    ['mql', last],
    ['mql', middle],
  ] as const)('%s at %d: of journeys of persons, and of visitors who never had one', async (conversion, asOf) => {
    const told: Record<string, [number, number, number]> = {}
    for (const { channels, converted, open } of leadPathsAt(factsOf(recorded, TENANT), asOf, conversion)) {
      const before = told[channels.join(' > ')] ?? [0, 0, 0]
      told[channels.join(' > ')] = [before[0] + Number(converted), before[1] + Number(!converted), before[2] + Number(open)]
    }
    const { definitions } = await readTenantAt(api.store, TENANT, asOf)
    const projections = asOf === last ? keptProjections : travelledProjections(definitions)
    expect(await walkedInStore(conversion, asOf, projections, definitions)).toEqual(told)
    const sums = Object.values(told).reduce((sum, one) => [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]] as const, [0, 0, 0] as const)
    expect([sums[0] > 3, sums[1] > 3, sums[2] > 3]).toEqual([true, true, true])
  })
})
