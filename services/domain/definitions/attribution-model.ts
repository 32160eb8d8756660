import { z } from 'zod'

/** Shares of milestone touches and of the middle, in millionths; weights are data, never an enumeration (metric dictionary, "Attribution models"). */
export const AttributionModel = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  version: z.int().min(1),
  weights: z
    .strictObject({
      /** FT: the first eligible touch. */
      first: z.int().min(0).max(1_000_000),
      /** CW: the last eligible touch up to the conversion. */
      last: z.int().min(0).max(1_000_000),
      /** Every other eligible touch, in equal shares. */
      middle: z.int().min(0).max(1_000_000),
    })
    .refine(weights => weights.first + weights.last + weights.middle === 1_000_000, { message: 'weights must add up to 1000000' }),
  /** Days before deal creation in which touches count; null: no limit. */
  lookback_days: z.int().min(1).max(3650).nullable(),
})
export type AttributionModel = z.infer<typeof AttributionModel>

/** `linear@1`: how a figure names the model that it was computed by. */
export const modelName = (model: AttributionModel): string => `${model.id}@${model.version}`

const shipped = (id: string, first: number, last: number, middle: number): AttributionModel => ({
  id,
  version: 1,
  weights: { first, last, middle },
  lookback_days: 365,
})

export const shippedModels: readonly AttributionModel[] = [
  shipped('first', 1_000_000, 0, 0),
  shipped('last', 0, 1_000_000, 0),
  shipped('linear', 0, 0, 1_000_000),
]
