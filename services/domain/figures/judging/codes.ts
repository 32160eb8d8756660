import { bind, type Sql, sql } from '../../sql.ts'

/** What a code of `judgedJourneys` says: fit and readiness two bits each, then two bits for each ruled stage. */
export const fitOf = (code: Sql): Sql => sql`bitAnd(${code}, 3)`
const readinessOf = (code: Sql): Sql => sql`bitAnd(bitShiftRight(${code}, 2), 3)`
/** 0 false, 1 unknown, 2 true, 3 no rule in force. */
export const ruleTruth = (code: Sql, place: number): Sql => sql`bitAnd(bitShiftRight(${code}, ${bind.uint(4 + place * 2)}), 3)`

/** `good/hand-raiser`; a fit that is not known counts as bad. */
export const bucketOf = (code: Sql): Sql =>
  sql`concat(if(${fitOf(code)} = 2, 'good/', 'bad/'), ['unready', 'sales-ready', 'hand-raiser'][${readinessOf(code)} + 1])`

/** Of two sides the second has the upper half of a code. */
const ofSide = (code: Sql, side: number): Sql => sql`bitAnd(bitShiftRight(${code}, ${bind.uint(side * 32)}), 4294967295)`

/** The code of a side at an instant (ms): marks begin with the beginning of time. */
export const codeAt = (ms: Sql, side = 0): Sql => ofSide(sql`mark_code[arrayLastIndex(x -> x <= ${ms}, mark_at)]`, side)

/**
 * When a rule first held while the journey was open (metrics M23b), ms; 0: never up to `observed`. A rule that holds as the journey opens is satisfied then.
 */
export const satisfiedAt = (place: number, observedMs: number, side = 0): Sql => {
  const observed = bind.int(observedMs)
  return sql`multiIf(opened_ms >= ended_ms OR opened_ms > ${observed}, toInt64(0), ${ruleTruth(codeAt(sql`opened_ms`, side), place)} = 2, opened_ms,
    arrayFirst((x, c) -> x > opened_ms AND x < ended_ms AND x <= ${observed} AND ${ruleTruth(ofSide(sql`c`, side), place)} = 2, mark_at, mark_code))`
}

/** An instant (ms) as DateTime64. */
export const instantOf = (ms: Sql): Sql => sql`fromUnixTimestamp64Milli(${ms}, 'UTC')`

/** The same time on the next business day, Monday to Friday in a zone; what begins on a weekend is as if it began on Monday. */
export const nextBusinessDay = (ms: Sql, zone: string): Sql =>
  sql`(${ms} + 86400000 * multiIf(toDayOfWeek(fromUnixTimestamp64Milli(${ms}, ${bind.string(zone)})) = 5, 3, toDayOfWeek(fromUnixTimestamp64Milli(${ms}, ${bind.string(zone)})) = 6, 3, toDayOfWeek(fromUnixTimestamp64Milli(${ms}, ${bind.string(zone)})) = 7, 2, 1))`
