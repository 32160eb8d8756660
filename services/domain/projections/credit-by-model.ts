import { type AttributionModel, modelName } from '../definitions/attribution-model.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'

/** What a touch weighs in one account alone. Divisible by every number of accounts up to 16, so that a touch in n accounts weighs exactly 1/n. */
export const WHOLE = 720_720
/** A share, or the weight of the latest touch under a decay. */
const MILLION = 1_000_000
const DECAY_ONE = 4_294_967_296
const MICROS_PER_DAY = 86_400_000_000
/** More than any conversion has touches. */
const PLACES = 4_294_967_296

const list = (items: readonly Sql[]): Sql => sql`[${joinSql(items, ', ')}]`

/** Touches by model: one array of weights a model, in the order of `models`. */
const weightsOf = (models: readonly AttributionModel[]): { readonly positions: Sql | null; readonly decays: Sql | null } => {
  const positions = models.flatMap(({ weights }) => {
    if (weights.kind !== 'position') return []
    const { first, lead_creation, deal_creation, closed_won, last, middle } = weights.shares
    return [
      sql`(${joinSql(
        [first, lead_creation, deal_creation, closed_won, last, middle].map(part => sql`${bind.uint(part)}`),
        ', ',
      )})`,
    ]
  })
  const decays = models.flatMap(({ weights }) =>
    weights.kind === 'decay' ? [sql`${bind.uint(Math.round(weights.half_life_days * MICROS_PER_DAY))}`] : [],
  )
  return { positions: positions.length === 0 ? null : list(positions), decays: decays.length === 0 ? null : list(decays) }
}

/** As `weightsOf` puts them: those of shares, then those of a decay. */
const inOrder = (models: readonly AttributionModel[]): readonly AttributionModel[] =>
  models.toSorted((a, b) => Number(a.weights.kind === 'decay') - Number(b.weights.kind === 'decay'))

/**
 * Credit of many models at once (metric M53, design D11), as columns `models`, `credits` (an array of millionths for each model, one item a touch) and `reasons` (why a model gives none).
 * Reads of `rows`, and hands on as `keep`: `eligible` (touches in order of (instant, recorded_at, id); `.1` is the instant and `.12` the weight),
 * `lead_touch` and `deal_touch` (the places of the touches that hold these milestones, 0: none), `closes` (1 where the conversion is the closing).
 *
 * The weights are integers: a share times the number of touches in the middle, so that nothing is rounded before the one division; floors, and what they
 * leave goes to the largest remainders, ties to the earliest.
 */
export const creditByModel = ({
  rows,
  keep,
  models,
}: {
  readonly rows: Sql
  readonly keep: Sql
  readonly models: readonly AttributionModel[]
}): Sql => {
  const { positions, decays } = weightsOf(models)
  // what a lambda takes from outside is copied for each of its items: so nothing from outside is longer than a number, or the work grows with the square of the touches
  const middles = sql`arrayMap(shares -> greatest(1, countEqual(shares, 0)), held_shares)`
  const byShare = sql`arrayMap((shares, model, middle) -> arrayMap((held, unit) -> unit * if(held > 0, held * middle, model.6), shares, units), held_shares, ${positions ?? sql`[]`}, ${middles})`
  const byDecay = sql`arrayMap(half_life -> arrayMap((age, unit) -> unit * toUInt64(round(exp2(-age / half_life) * ${bind.uint(DECAY_ONE)})), ages, units), ${decays ?? sql`[]`})`
  const weights = positions === null ? byDecay : decays === null ? byShare : sql`arrayConcat(${byShare}, ${byDecay})`
  // places by what their division left, the largest first, ties to the earliest
  const byRemainder = sql`arraySort((place, weight) -> toInt128(place) - toInt128((weight * ${bind.uint(MILLION)}) % greatest(whole, 1)) * ${bind.int(PLACES)}, arrayEnumerate(weighed), weighed)`
  const ranks = sql`arraySort((rank, place) -> place, arrayEnumerate(weighed), ${byRemainder})`
  return sql`
    SELECT ${keep}, eligible, ${bind.strings(inOrder(models).map(modelName))} AS models,
      arrayMap((of, whole, weighed, missing) -> if(missing = 0 OR whole = 0, of, arrayMap((part, rank) -> toUInt32(part + (rank <= missing)), of, ${ranks})),
        floors, wholes, weights, arrayMap(of -> ${bind.int(MILLION)} - toInt64(arraySum(of)), floors)) AS credits,
      arrayMap(whole -> multiIf(reached = 0, '', touches = 0, 'no_touch', whole = 0, 'milestone_absent', ''), wholes) AS reasons
    FROM (
      SELECT ${keep}, reached, eligible, touches, weights, wholes,
        arrayMap((weighed, whole) -> arrayMap(weight -> toUInt32(intDiv(weight * ${bind.uint(MILLION)}, greatest(whole, 1))), weighed), weights, wholes) AS floors
      FROM (
        SELECT ${keep}, reached, eligible, touches, weights, arrayMap(weighed -> arraySum(weighed), weights) AS wholes
        FROM (
          SELECT ${keep}, reached, eligible, touches, ${weights} AS weights
          FROM (
            SELECT ${keep}, reached, eligible, touches, arrayMap(whole -> toUInt128(whole), tupleElement(eligible, 12)) AS units,
              ${
                positions === null
                  ? sql``
                  : sql`arrayMap(model -> arrayMap(place -> if(place = 1, model.1, 0) + if(place = lead_touch, model.2, 0) + if(place = deal_touch, model.3, 0)
                + if(place = touches, model.4 * closes + model.5, 0), places), ${positions}) AS held_shares,`
              }
              ${decays === null ? sql`0` : sql`arrayMap(at -> toUnixTimestamp64Micro(latest) - toUnixTimestamp64Micro(at), instants)`} AS ages
            FROM (
              SELECT *, length(eligible) AS touches, arrayEnumerate(eligible) AS places, tupleElement(eligible, 1) AS instants, instants[-1] AS latest
              FROM (${rows})
            )
          )
        )
      )
    )`
}
