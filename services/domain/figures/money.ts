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
const ratesInto = ({ recordFacts }: FigureSources, target: string): Sql => {
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

/**
 * `rows` with `worth` (Nullable(Int128)): the column `amount` (Nullable(Int64), minor units of the column `currency`) in minor units of `target`
 * at the last rate on or before the column `rate_day` (days since the epoch), halves to the even. NULL where there is no amount, or no
 * rate. In steps, because ClickHouse writes out an alias wherever it is used.
 */
export const withMoney = (sources: FigureSources, rows: Sql, target: string): Sql => {
  const wanted = bind.string(target)
  return sql`
    SELECT * EXCEPT (num, den, size, whole, rest),
      multiIf(
        isNull(amount), NULL,
        currency = ${wanted}, toInt128(assumeNotNull(amount)),
        den = 0, NULL,
        if(amount < 0, -1, 1) * toInt128(whole + (2 * rest > den OR (2 * rest = den AND whole % 2 = 1)))) AS worth
    FROM (
      -- den is 0 where an outer join found no rate
      SELECT *, intDiv(size, greatest(den, toInt256(1))) AS whole, size % greatest(den, toInt256(1)) AS rest
      FROM (
        SELECT a.*, r.num AS num, r.den AS den, abs(toInt256(ifNull(a.amount, 0))) * r.num AS size
        FROM (${rows}) AS a
        ASOF LEFT JOIN (${ratesInto(sources, target)}) AS r ON r.currency = a.currency AND r.day <= a.rate_day
      )
    )`
}

/**
 * `rows` with `parts` (Array(Int128)): the column `money` (Int128) split by the column `shares` (Array(UInt32), millionths that add up to a
 * million), by largest remainder, ties to the earliest, negatives by absolute value (metrics M53).
 */
export const withParts = (rows: Sql): Sql => sql`
  SELECT * EXCEPT (whole, odd, rests, extra),
    arrayMap((share, place) -> if(money < 0, -1, 1) * (whole * share + intDiv(odd * share, 1000000) + has(extra, place)), shares, arrayEnumerate(shares)) AS parts
  FROM (
    SELECT *, arraySlice(arraySort((place, rest) -> (-toInt64(rest), place), arrayEnumerate(rests), rests), 1, intDiv(arraySum(rests), 1000000)) AS extra
    FROM (
      -- what divides by a million divides exactly: only the rest below it has to be looked at, in small numbers
      SELECT *, arrayMap(share -> (odd * share) % 1000000, shares) AS rests
      FROM (SELECT *, intDiv(abs(money), 1000000) AS whole, toUInt64(abs(money) % 1000000) AS odd FROM (${rows}))
    )
  )`
