import { z } from 'zod'
import { documentsById } from './document-kind.ts'

const share = z.int().min(0).max(1_000_000).default(0)

/** Shares in millionths; each is of the touch that holds the milestone, `middle` of all others in equal parts. */
const Shares = z
  .strictObject({
    /** FT: the first eligible touch. */
    first: share,
    /** LC: the last eligible touch up to an hour after the earliest creation of a lead among the linked persons. */
    lead_creation: share,
    /** OC: the last eligible touch up to the creation of the deal. */
    deal_creation: share,
    /** CW: the last eligible touch up to the closing; of the conversion won alone, and of an open deal the latest so far. */
    closed_won: share,
    /** The last eligible touch up to the conversion, whatever the conversion is. */
    last: share,
    middle: share,
  })
  .refine(shares => Object.values(shares).reduce((sum, part) => sum + part, 0) === 1_000_000, {
    message: 'shares must add up to 1000000',
  })

/**
 * How credit is split: data, never an enumeration (metric dictionary, "Attribution models"). `position`: shares of milestone touches and of the middle; an absent
 * milestone or an empty middle goes to the others pro rata. `decay`: 2^(−age / half-life), the age of a touch being its time to the conversion.
 */
export const AttributionModel = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  version: z.int().min(1),
  weights: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('position'), shares: Shares }),
    z.strictObject({ kind: z.literal('decay'), half_life_days: z.number().min(0.01).max(3650) }),
  ]),
  /** Days before the anchor in which touches count; null: no limit. */
  lookback_days: z.int().min(1).max(3650).nullable(),
  /** `creation`: days before the deal's creation, and everything from then on; `conversion`: days before the conversion. */
  lookback_anchor: z.enum(['creation', 'conversion']).default('creation'),
  /** Do the touches of sales count beside those of everybody else? */
  sales_touches: z.boolean().default(true),
})
export type AttributionModel = z.infer<typeof AttributionModel>

/** `linear@1`: how a figure names the model that it was computed by. */
export const modelName = (model: Pick<AttributionModel, 'id' | 'version'>): string => `${model.id}@${model.version}`

const shipped = (id: string, weights: z.input<typeof AttributionModel>['weights']): AttributionModel =>
  AttributionModel.parse({ id, version: 1, weights, lookback_days: 365 })
const position = (id: string, shares: z.input<typeof Shares>): AttributionModel => shipped(id, { kind: 'position', shares })

export const shippedModels: readonly AttributionModel[] = [
  position('first', { first: 1_000_000 }),
  position('last', { last: 1_000_000 }),
  position('lead-creation', { lead_creation: 1_000_000 }),
  position('deal-creation', { deal_creation: 1_000_000 }),
  position('linear', { middle: 1_000_000 }),
  position('u-shaped', { first: 400_000, lead_creation: 400_000, middle: 200_000 }),
  position('position-based', { first: 400_000, last: 400_000, middle: 200_000 }),
  position('w-shaped', { first: 300_000, lead_creation: 300_000, deal_creation: 300_000, middle: 100_000 }),
  position('full-path', { first: 225_000, lead_creation: 225_000, deal_creation: 225_000, closed_won: 225_000, middle: 100_000 }),
  position('j-shaped', { first: 200_000, last: 600_000, middle: 200_000 }),
  position('inverse-j', { first: 600_000, last: 200_000, middle: 200_000 }),
  shipped('time-decay', { kind: 'decay', half_life_days: 7 }),
]

export const attributionModelKind = documentsById({
  kind: 'attribution-model',
  title: 'Attribution model',
  schema: AttributionModel,
  shipped: shippedModels,
  kept: true,
})
