import type { Definitions } from '../../definitions/definitions.ts'
import { countedTouches } from '../../projections/counted-touches.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../../sql.ts'
import type { FigureSources } from '../sources.ts'
import { touchRules } from '../touch-rules.ts'
import { type Chunk, saidSql } from './attributes.ts'
import { MOST_TOUCHES_BITS, type Plan, selectorSql } from './tracks.ts'

/** Bits for the conditions that a touch fulfils. */
export const MASK_BITS = 20
/** Bits for the number of a chunk. */
export const CHUNK_BITS = 6

/** An instant in whole milliseconds: sorted to the microsecond, judged to the millisecond. */
export const msOf = (column: Sql): Sql => sql`greatest(toInt64(0), toUnixTimestamp64Milli(${column}))`

/** The touches that any condition speaks of: (root, touched): instant and mask of the conditions, in order; `seen_0` …: channel and instant. */
export const touchesOf = (sources: FigureSources, definitions: Definitions, plan: Plan): Sql => {
  if (plan.selectors.length > MASK_BITS)
    throw new RangeError(
      `these definitions speak of ${plan.selectors.length} kinds of touches, at most ${MASK_BITS} can be judged together`,
    )
  const mask = joinSql(
    plan.selectors.map((selector, place) => sql`${selectorSql(selector)} * ${bind.uint(2 ** place)}`),
    ' + ',
  )
  const seen = plan.channels.map(
    ({ selector }, place) =>
      sql`, arraySort(groupUniqArrayIf((via, toInt64(bitShiftRight(hit, ${bind.uint(MASK_BITS)}))), via != '' AND bitTest(hit, ${bind.uint(selector)}))) AS ${identifier(`seen_${place}`)}`,
  )
  const { excluded } = touchRules(sources, definitions)
  const types = [...new Set(plan.selectors.flatMap(selector => selector.types))]
  const wanted = sql`automatic = 0 AND touch_type IN (${bind.strings(types)}) AND notEmpty(persons)`
  const hits = (where: Sql): Sql => sql`
    SELECT persons, toUInt64(${msOf(sql`occurred_at`)}) * ${bind.uint(2 ** MASK_BITS)} + toUInt64(${mask}) AS hit, ${seen.length > 0 ? sql`toString(channel)` : sql`''`} AS via
    FROM ${countedTouches({ accountTouches: sources.accountTouches, where: sql`${wanted} AND ${where}`, rules: { excluded, campaigns: null } })}`
  // a touch of somebody in several accounts has a row for each: the first of them stands for it
  const several = sql`accounts > 1 AND (touch_id, account) IN (SELECT touch_id, min(account) FROM ${sources.accountTouches} WHERE accounts > 1 GROUP BY touch_id)`
  return sql`
    SELECT root, arraySlice(arraySort(groupArray(hit)), -${bind.int(2 ** MOST_TOUCHES_BITS)}) AS touched${joinSql(seen, '')}
    FROM (SELECT arrayJoin(persons) AS root, hit, via FROM (${hits(sql`accounts <= 1`)} UNION ALL ${hits(several)}))
    WHERE bitAnd(hit, ${bind.uint(2 ** MASK_BITS - 1)}) > 0
    GROUP BY root`
}

type Placed = { readonly chunk: Chunk; readonly place: number }

/** (whose, times, states_0 …): what each event said of the conditions of each chunk, folded to what holds from it on. */
const statesOf = ({ recordFacts, roots }: FigureSources, types: readonly string[], chunks: readonly Placed[]): Sql => {
  const saids = chunks.map(
    ({ chunk }, place) =>
      sql`, toUInt64(${joinSql(
        chunk.leaves.map((leaf, index) => sql`bitShiftLeft(toUInt64(${saidSql(leaf)}), ${bind.uint(index * 2)})`),
        ' + ',
      )}) AS said_${{ parts: [String(place)] }}`,
  )
  const inOrder = (what: Sql): Sql =>
    sql`arraySort((x, us, ms, id) -> (us, ms, id), groupArray(${what}), groupArray(said_us), groupArray(known_ms), groupArray(event_id))`
  const folded = chunks.map(
    (_, place) =>
      sql`, arrayPopFront(arrayFold((acc, s) -> arrayPushBack(acc, ${stateAfter(sql`acc[-1]`, sql`s`)}), ${inOrder(identifier(`said_${place}`))}, [toUInt64(0)])) AS ${identifier(`states_${place}`)}`,
  )
  return sql`
    SELECT whose, arrayMap(us -> greatest(toInt64(0), intDiv(us, 1000)), arraySort(groupArray(said_us))) AS times${joinSql(folded, '')}
    FROM (
      SELECT if(r.node = '', f.subject, r.root) AS whose, f.said_us AS said_us, f.known_ms AS known_ms, f.event_id AS event_id${joinSql(
        chunks.map((_, place) => sql`, f.said_${{ parts: [String(place)] }} AS said_${{ parts: [String(place)] }}`),
        '',
      )}
      FROM (
        SELECT subject, toUnixTimestamp64Micro(occurred_at) AS said_us, toUnixTimestamp64Milli(recorded_at) AS known_ms, event_id${joinSql(saids, '')}
        FROM ${recordFacts} WHERE type IN (${bind.strings(types)})
      ) AS f
      LEFT JOIN ${roots} AS r ON r.node = f.subject
    )
    GROUP BY whose`
}

/** Two bits a condition: 2 says nothing, so that what was before stays. */
const EVERY_SECOND_BIT = 0x5555_5555_5555_5555n
const stateAfter = (before: Sql, said: Sql): Sql => {
  const quiet = sql`(bitAnd(bitAnd(bitNot(${said}), bitShiftRight(${said}, 1)), toUInt64(${bind.uint(EVERY_SECOND_BIT)})) * 3)`
  return sql`bitOr(bitAnd(${before}, ${quiet}), bitAnd(${said}, bitNot(${quiet})))`
}

const move = (by: Sql, place: number): Sql => sql`(${by}) * ${bind.int(2 ** CHUNK_BITS)} + ${bind.int(place)}`
const differences = (states: Sql): Sql =>
  sql`arrayMap((after, before) -> toInt64(after) - toInt64(before), ${states}, arrayPopBack(arrayPushFront(${states}, toUInt64(0))))`

/** (root, own_at, own_what): when the states of a person's own conditions change, and by how much; the number of the chunk is in the lowest bits. */
export const ownStates = (sources: FigureSources, chunks: readonly Placed[]): Sql => sql`
  SELECT whose AS root, arrayConcat(${joinSql(
    chunks.map(() => sql`times`),
    ', ',
  )}) AS own_at, arrayConcat(${joinSql(
    chunks.map(({ place }, index) => sql`arrayMap(d -> ${move(sql`d`, place)}, ${differences(identifier(`states_${index}`))})`),
    ', ',
  )}) AS own_what
  FROM (${statesOf(sources, ['person-created', 'person-updated'], chunks)})`

/**
 * (root, account_at, account_what): how the states of the conditions on accounts change in the life of a person: the state of the account that it comes to, what
 * changes there, and back to nothing as it leaves.
 */
export const accountStates = (sources: FigureSources, chunks: readonly Placed[]): Sql => {
  const { identities } = sources
  const states = (chunk: number): Sql => identifier(`a.states_${chunk}`)
  const within = sql`x > since AND x < until`
  const at = chunks.map(() => sql`[since], arrayFilter(x -> ${within}, a.times), [until]`)
  const what = chunks.map(({ place }, chunk) => {
    const stateAt = (ms: Sql): Sql =>
      sql`toInt64(if(arrayLastIndex(x -> x <= ${ms}, a.times) = 0, toUInt64(0), ${states(chunk)}[arrayLastIndex(x -> x <= ${ms}, a.times)]))`
    return sql`[${move(stateAt(sql`since`), place)}], arrayFilter((d, x) -> ${within}, arrayMap(d -> ${move(sql`d`, place)}, ${differences(states(chunk))}), a.times), [${move(sql`-${stateAt(sql`until - 1`)}`, place)}]`
  })
  return sql`
    SELECT root, arraySort(groupArrayArray(at)) AS account_at, arraySort((w, t) -> t, groupArrayArray(what), groupArrayArray(at)) AS account_what
    FROM (
      SELECT i.subject AS root, arrayConcat(${joinSql(at, ', ')}) AS at, arrayConcat(${joinSql(what, ', ')}) AS what
      FROM (
        SELECT subject, concat('account:', account) AS of, ${msOf(sql`valid_from`)} AS since, ${msOf(sql`valid_to`)} AS until
        FROM ${identities}
        WHERE startsWith(subject, 'person:') AND account != ''
          AND (accounts <= 1 OR (subject, valid_from, account) IN (SELECT subject, valid_from, min(account) FROM ${identities} WHERE accounts > 1 GROUP BY subject, valid_from))
      ) AS i
      INNER JOIN (${statesOf(sources, ['account-updated'], chunks)}) AS a ON a.whose = i.of
    )
    GROUP BY root`
}
