import { currencyCodes, currencyExponent } from '../money.ts'
import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** Rates are recorded with up to 18 places (fx-rate-recorded); here they are integers of that scale. */
const RATE_SCALE: Sql = sql`toInt256('1000000000000000000')`

const UNUSUAL = currencyCodes().filter(code => currencyExponent(code) !== 2)
const EXPONENT_OF: ReadonlyMap<string, number> = new Map(UNUSUAL.map(code => [code, currencyExponent(code) ?? 2]))

/** Decimals of the minor unit of a currency column; 2 where nothing else is known. */
const exponentOf = (currency: Sql): Sql =>
  sql`transform(toString(${currency}), ${bind.strings([...EXPONENT_OF.keys()])}, ${bind.ints([...EXPONENT_OF.values()])}, toInt64(2))`

/**
 * (currency, day, num, den): what a minor unit of `currency` is worth in minor units of `target` from that day on, as an exact fraction
 * (metrics C5). Of several records of one pair and day the last said counts; a rate quoted in the target goes before its inverse.
 */
export const ratesInto = ({ recordFacts }: FigureSources, target: string): Sql => {
  const wanted = bind.string(target)
  return sql`
    SELECT currency, day, best.1 AS num, best.2 AS den
    FROM (
      SELECT currency, day, argMax((num, den), (direct, occurred_at, recorded_at, event_id)) AS best
      FROM (
        SELECT
          quote = ${wanted} AS direct,
          if(direct, base, quote) AS currency,
          day, occurred_at, recorded_at, event_id,
          toInt64(${exponentOf(sql`${wanted}`)}) - ${exponentOf(sql`currency`)} AS shift,
          if(direct, units, ${RATE_SCALE}) * toInt256(intExp10(greatest(shift, 0))) AS num,
          if(direct, ${RATE_SCALE}, units) * toInt256(intExp10(greatest(-shift, 0))) AS den
        FROM (
          SELECT occurred_at, recorded_at, event_id,
            JSONExtractString(payload, 'base_currency') AS base,
            JSONExtractString(payload, 'quote_currency') AS quote,
            -- a date is written as text, or as days since the epoch
            if(JSONType(payload, 'rate_on') = 'String',
              toInt32(toDate32OrZero(JSONExtractString(payload, 'rate_on'))), toInt32(JSONExtractInt(payload, 'rate_on'))) AS day,
            toInt256(toDecimal256OrZero(JSONExtractString(payload, 'rate'), 18) * ${RATE_SCALE}) AS units
          FROM ${recordFacts}
          WHERE type = 'fx-rate-recorded'
        )
        WHERE (quote = ${wanted} OR base = ${wanted}) AND base != quote AND units > 0
      )
      GROUP BY currency, day
    )`
}

/** n/d to the nearest integer, halves to the even one; n is Int256 and not negative, d is Int256 and positive. */
const halfEven = (n: Sql, d: Sql): Sql => {
  const rest = sql`(${n} % ${d})`
  const whole = sql`intDiv(${n}, ${d})`
  return sql`(${whole} + if(2 * ${rest} > ${d} OR (2 * ${rest} = ${d} AND ${whole} % 2 = 1), 1, 0))`
}

/**
 * Amount (Nullable(Int64) minor units of `currency`) in minor units of `target`, as Nullable(Int128). NULL where there is no
 * amount, or no rate: then `den` is 0, as an outer join leaves it.
 */
export const convertedAmount = (columns: {
  readonly amount: Sql
  readonly currency: Sql
  readonly num: Sql
  readonly den: Sql
  readonly target: string
}): Sql => {
  const { amount, currency, num, den, target } = columns
  const size = sql`(abs(toInt256(assumeNotNull(${amount}))) * ${num})`
  // the divisor is only ever 1 where the branch is not taken: ClickHouse evaluates both
  const divisor = sql`greatest(${den}, toInt256(1))`
  return sql`multiIf(
    isNull(${amount}), NULL,
    ${currency} = ${bind.string(target)}, toInt128(assumeNotNull(${amount})),
    ${den} = 0, NULL,
    if(${amount} < 0, -1, 1) * toInt128(${halfEven(size, divisor)}))`
}

/**
 * Array(Int128): an amount split by credit in millionths, by largest remainder, ties to the earliest, negatives by absolute value
 * (metrics M53). `amount` is Int128, `credit` an Array(UInt32) that adds up to a million.
 */
export const splitByCredit = (amount: Sql, credit: Sql): Sql => {
  const size = sql`abs(${amount})`
  const floors = sql`arrayMap(share -> intDiv(${size} * share, 1000000), ${credit})`
  const rests = sql`arrayMap(share -> (${size} * share) % 1000000, ${credit})`
  const byRest = sql`arraySort((i, rest) -> (-rest, i), arrayEnumerate(${credit}), ${rests})`
  const ranks = sql`arraySort((rank, i) -> i, arrayEnumerate(${credit}), ${byRest})`
  return sql`arrayMap((whole, rank, spare) -> if(${amount} < 0, -1, 1) * (whole + (rank <= spare)),
    ${floors}, ${ranks}, arrayWithConstant(length(${credit}), ${size} - arraySum(${floors})))`
}
