import { z } from 'zod'
import { modelName } from '../domain/definitions/attribution-model.ts'
import { definitionEvents, definitionsInForce, definitionsOf } from '../domain/definitions/in-force.ts'
import { ATTRIBUTION_DIMENSIONS, type AttributionQuestion, EVERY_TYPE, pieces } from '../domain/figures/attribution.ts'
import { figureSources, type FigureSources } from '../domain/figures/sources.ts'
import { keptProjections } from '../domain/figures/time-travel.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'
import { backfillsAt } from './backfill.ts'
import { PROJECT_LIMITS } from './compute.ts'
import { allTenants } from './tenants.ts'

/** What differs, by name, and how many answers were looked at. */
type Discrepancies = { readonly money: readonly string[]; readonly dimensions: readonly string[]; readonly checked: number }

const Amounts = z.object({ currency: z.string(), deals: z.coerce.number() })
const Sums = z.object({
  grouped_by: z.coerce.number(),
  money: z.string(),
  credit: z.string(),
  nameless: z.coerce.number(),
  found: z.coerce.number(),
  broken: z.coerce.number(),
  first: z.string(),
})

const DIMENSIONS = [...ATTRIBUTION_DIMENSIONS, 'deal_id'] as const

/** Won deals that have an amount in the currency asked for, so that no rate is between what they say and what is split. */
const valued = ({ dealJourney }: FigureSources, currency: string): Sql =>
  sql`SELECT deal_id, toInt128(assumeNotNull(amount)) AS whole FROM ${dealJourney} WHERE counted = 1 AND outcome = 'won' AND isNotNull(amount) AND currency = ${bind.string(currency)}`

/**
 * One row per dimension, one for the deals and one for the total: what it adds up to, how many of its values have no name; of the deals how many were found
 * whose amount is known, and of how many what their touches are given is another sum.
 */
const sumsByDimension = (sources: FigureSources, question: AttributionQuestion): Sql => {
  const dims = DIMENSIONS.map(identifier)
  const sets = joinSql([...dims.map(dim => sql`(${dim})`), sql`()`], ', ')
  const isBroken = sql`d.deal_id != '' AND (r.money != d.whole OR r.credit != 1000000)`
  return sql`
    SELECT grouped_by, toString(sum(r.money)) AS money, toString(sum(r.credit)) AS credit, countIf(nameless) AS nameless,
      countIf(d.deal_id != '') AS found, countIf(${isBroken}) AS broken, minIf(d.deal_id, ${isBroken}) AS first
    FROM (
      SELECT grouping(${joinSql(dims, ', ')}) AS grouped_by, deal_id, sum(p.money) AS money, sum(toInt64(p.credit)) AS credit,
        ${joinSql(
          dims.map(dim => sql`(grouping(${dim}) = 0 AND ${dim} = '')`),
          ' OR ',
        )} AS nameless
      FROM (${pieces(sources, question)}) AS p
      GROUP BY GROUPING SETS (${sets})
    ) AS r
    LEFT JOIN (${valued(sources, question.currency)}) AS d ON d.deal_id = r.deal_id
    GROUP BY grouped_by`
}

/** `grouping` has a bit for each dimension that a row is not grouped by, the first of them highest. */
const groupedBy = (bits: number): (typeof DIMENSIONS)[number] | 'total' =>
  DIMENSIONS.find((_, index) => (bits & (1 << (DIMENSIONS.length - 1 - index))) === 0) ?? 'total'

const check = async (
  store: Store,
  sources: FigureSources,
  question: AttributionQuestion,
  name: string,
  deals: number,
): Promise<Omit<Discrepancies, 'checked'>> => {
  const sums = (await store.read(sumsByDimension(sources, question), PROJECT_LIMITS)).map(row => Sums.parse(row))
  const of = (wanted: string) => sums.find(({ grouped_by }) => groupedBy(grouped_by) === wanted)
  const total = of('total')
  const split = of('deal_id') ?? { found: 0, broken: 0, first: '' }
  const money = [
    ...(split.broken === 0 ? [] : [`${name}: ${split.broken} of ${deals} deals, first ${split.first}`]),
    ...(split.found === deals ? [] : [`${name}: ${deals - split.found} of ${deals} deals are given to nobody`]),
  ]
  const dimensions = sums
    .filter(sum => sum.money !== total?.money || sum.credit !== total.credit || sum.nameless > 0)
    .map(sum => `${name} by ${groupedBy(sum.grouped_by)}: ${sum.money} of ${total?.money ?? '0'}`)
  return { money, dimensions }
}

/**
 * Money and dimensions of revenue under every model of every tenant that is projected (metrics C11, M53): what touches are given of a deal is its amount, to
 * the minor unit, and the values of a dimension, (none) and (unattributed) among them, add up to the total. To be asked while no step is under way.
 */
export const verifyFigures = async (store: Store, projectedTo: number): Promise<Discrepancies> => {
  const skip = new Set((await backfillsAt(store, projectedTo)).filter(({ open }) => open).map(({ tenant }) => tenant))
  const inForce = definitionsInForce(await store.read(definitionEvents(sql`${bind.instant(projectedTo)}`)), projectedTo)
  const found = { money: [] as string[], dimensions: [] as string[], checked: 0 }
  for (const tenant of await allTenants(store)) {
    if (skip.has(tenant)) continue
    const { models, zone } = definitionsOf(inForce, tenant)
    const sources = figureSources({ tenant, asOf: projectedTo, projections: keptProjections })
    const amounts = await store.read(sql`
      SELECT toString(currency) AS currency, count() AS deals FROM ${sources.dealJourney}
      WHERE counted = 1 AND outcome = 'won' AND isNotNull(amount) GROUP BY currency ORDER BY deals DESC, currency`)
    // every model in the currency of most deals, the first model in the others too: money is split alike in all
    for (const [index, { currency, deals }] of amounts.map(row => Amounts.parse(row)).entries())
      for (const model of index === 0 ? models : models.slice(0, 1)) {
        const question: AttributionQuestion = {
          basis: 'revenue',
          conversion: 'won',
          model: modelName(model),
          by: [],
          filters: {},
          dealTypes: [EVERY_TYPE],
          from: null,
          to: null,
          currency,
          zone,
        }
        const { money, dimensions } = await check(store, sources, question, `${tenant} ${question.model} ${currency}`, deals)
        found.money.push(...money)
        found.dimensions.push(...dimensions)
        found.checked += 1
      }
  }
  return found
}
