import { bind, type Sql, sql } from '../sql.ts'
import { type AttributionMeasure, type AttributionQuestion, deals, NONE } from './attribution.ts'
import type { FigureSources } from './sources.ts'
import { isOfJourneys } from './terms.ts'

export type ChannelWeights = {
  /** `id@version` of the model that gives the weights. */
  readonly model: string
  /** The model whose eligible touches they are laid over. */
  readonly over: string
  readonly channels: readonly string[]
  /** 0..1, one a channel. Empty: all channels weigh alike. */
  readonly weights: readonly number[]
}

/** Weights in the SQL are whole numbers of this part of the greatest. */
const PRECISION = 1e12

/**
 * The sources with `deal_conversions` under a model that weighs channels: per conversion each of its distinct channels earns by its weight (metrics M64), what a
 * channel earns is shared alike among its touches, in millionths by largest remainder, ties to the earliest (M53). A touch in several accounts weighs
 * the less (M53b): that is what makes touches unequal under the model that weighs them all alike.
 */
export const withChannelWeights = (sources: FigureSources, { model, over, channels, weights }: ChannelWeights): FigureSources => {
  const greatest = Math.max(0, ...weights)
  const whole = weights.map(weight => Math.max(1, Math.round((weight / greatest) * PRECISION)))
  const ofChannel =
    greatest === 0
      ? sql`toUInt64(1)`
      : sql`toUInt64(transform(if(channel = '', ${bind.string(NONE)}, toString(channel)), ${bind.strings(channels)}, ${bind.ints(whole)}, toInt64(1)))`
  return {
    ...sources,
    dealCredit: sql`(
      SELECT * EXCEPT (weights, whole, floors, by_remainder) REPLACE (
        [${bind.string(model)}] AS models,
        [arrayMap((f, i) -> toUInt32(f + has(arraySlice(by_remainder, 1, 1000000 - arraySum(floors)), i)), floors, arrayEnumerate(floors))] AS credits,
        [reasons[indexOf(models, ${bind.string(over)})]] AS reasons)
      FROM (
        SELECT *, arrayMap(w -> toUInt32(intDiv(w * 1000000, whole)), weights) AS floors,
          arraySort((i, w) -> (-toInt128((w * 1000000) % whole), i), arrayEnumerate(weights), weights) AS by_remainder
        FROM (
          SELECT *, greatest(arraySum(weights), toUInt128(1)) AS whole
          FROM (
            SELECT * EXCEPT (alike, smallest, greatest_of), arrayMap((channel, of) -> intDiv(toUInt128(${ofChannel}) * 1000000, countEqual(channels, channel))
                -- one more is what was left over when all are alike
                * if(greatest_of - smallest <= 1, 1, greatest(of, 1)), channels, alike) AS weights
            FROM (
              SELECT *, credits[indexOf(models, ${bind.string(over)})] AS alike, arraySort(alike)[1] AS smallest, arraySort(alike)[-1] AS greatest_of
              FROM ${sources.dealCredit}
              WHERE has(models, ${bind.string(over)})
            )
          )
        )
      )
    )`,
  }
}

/**
 * What adds up to global credit: every conversion with a touch gives the same share of itself, of money the same share of its amount, so `total` is laid out along
 * them, exactly; and where asked for, the conversions without a touch, whole.
 */
export const globalProof = (
  sources: FigureSources,
  question: AttributionQuestion,
  { total, unattributed, measure }: { readonly total: bigint; readonly unattributed: boolean; readonly measure: AttributionMeasure },
): Sql => {
  const million = sql`toInt256(1000000)`
  const weight = question.basis === 'conversions' ? million : sql`toInt256(money)`
  const share = measure === 'credit' || measure === 'money'
  const part = sql`if(missing != '', weight, if(whole = 0, toInt256(0), intDiv(total * upto, whole) - intDiv(total * (upto - weight), whole)))`
  return sql`
    SELECT ${isOfJourneys(question.conversion) ? sql`'journey'` : sql`'deal'`} AS entity, deal_id AS id, account, deal_id, arrayFilter(id -> id != '', arrayPushBack(if(missing = '', touch_ids, emptyArrayString()), conversion_event_id)) AS event_ids,
      missing AS note, '' AS at, toString(${share ? part : sql`if(missing != '', weight, toInt256(0))`}) AS contribution, toString(${share ? sql`toInt256(0)` : part}) AS base
    FROM (
      SELECT *, toInt256(${bind.string(total.toString())}) AS total,
        sum(if(missing = '', weight, toInt256(0))) OVER (ORDER BY deal_id) AS upto, sum(if(missing = '', weight, toInt256(0))) OVER () AS whole
      FROM (SELECT *, ${weight} AS weight FROM (${deals(sources, question)}) WHERE excluded = ''${unattributed ? sql`` : sql` AND missing = ''`})
    )
    ORDER BY deal_id`
}
