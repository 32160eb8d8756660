import type { Definitions } from '../definitions/definitions.ts'
import { foreverValid } from '../projections/in-force.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { dateIn } from './attribution.ts'
import { dimensionColumns } from './funnel-dimensions.ts'
import type { Facts } from './funnel-measures.ts'
import { stageName, within } from './funnel-stages.ts'
import { type WayQuestion, wonPlace } from './funnel-times.ts'
import { withMoney } from './money.ts'
import { salesOfDeals } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { qualifiedPlace, stagePaths } from './stage-paths.ts'

export const CYCLE_STARTS = ['creation', 'sqo'] as const
export type CycleStart = (typeof CYCLE_STARTS)[number]

export type DealsQuestion = WayQuestion & {
  /** Empty: every type. */
  readonly dealTypes: readonly string[]
  readonly currency: string
}

/** Why a deal was closed that never was one; the close reasons that systems use for it. */
const NO_DEALS = ['duplicate', 'duplicated', 'duplicate deal', 'error', 'entered in error', 'created in error', 'test'] as const

/**
 * One row per deal that counts: its way, and `sqo_at` when it first was qualified (far in the future: never), `sold_at` the end of its close date in the tenant's zone (metrics,
 * Close date), `mistaken` closed as a duplicate or an error, `worth` in the currency asked for: of a lost one the last amount before the closing that was not nothing.
 */
export const dealWays = (sources: FigureSources, question: DealsQuestion): Sql => {
  const { stageMap, zone, dealTypes, currency } = question
  const day = sql`coalesce(said_close_date, ${dateIn(sql`ended_at`, zone)})`
  // no two sides of a join share a name: a column would else go by its table's
  const joined = sql`
    SELECT p.*, closed_event_id, toDateTime64(addDays(${day}, 1), 6, ${bind.string(zone)}) AS next_day,
      if(outcome = 'open', ${foreverValid}, toTimeZone(next_day, 'UTC') - toIntervalMicrosecond(1)) AS sold_at,
      arrayFirst(m -> m.1 >= ${bind.int(qualifiedPlace(stageMap))}, moves).2 AS first_qualified,
      if(arrayExists(m -> m.1 >= ${bind.int(qualifiedPlace(stageMap))}, moves), first_qualified, ${foreverValid}) AS sqo_at,
      has(${bind.strings(NO_DEALS)}, lower(toString(closed_because))) AS mistaken,
      arrayLast(s -> s.1 <= ended_at, amounts) AS last_amount,
      if(outcome = 'lost', if(last_amount.3 = '', NULL, last_amount.4), last_said) AS amount,
      if(outcome = 'lost', last_amount.5, said_currency) AS currency,
      toInt32(if(outcome = 'open', ${dateIn(sql`${sources.asOf}`, zone)}, ${day})) AS rate_day
    FROM (${stagePaths(sources, question)}) AS p
    INNER JOIN (
      SELECT deal_id AS said_of, closed_event_id, close_date AS said_close_date, amount AS last_said, toString(currency) AS said_currency, if(deal_type = '', '(none)', toString(deal_type)) AS said_type
      FROM ${sources.dealJourney}
    ) AS j ON said_of = p.unit
    LEFT JOIN (SELECT event_id AS closing, reason AS closed_because FROM ${sources.dealFacts} WHERE type = 'deal-closed') AS c ON closing = closed_event_id
    LEFT JOIN (
      SELECT subject AS priced, arraySort(x -> (x.1, x.2, x.3), groupArray((occurred_at, recorded_at, event_id, amount, toString(currency)))) AS amounts
      FROM ${sources.dealFacts} WHERE isNotNull(amount) AND amount != 0 GROUP BY subject
    ) AS a ON priced = p.unit
    WHERE ${dealTypes.length === 0 ? sql`1` : sql`said_type IN (${bind.strings(dealTypes)})`}`
  return withMoney(sources, joined, currency)
}

const columns = sql`'deal' AS entity, unit, account, deal_id`

/** M17 (`count`) and M18 (`value`): won over won and lost, by close date, among deals that ever were qualified. */
export const winRate = (sources: FigureSources, question: DealsQuestion, which: 'count' | 'value'): Facts => {
  const won = sql`outcome = 'won'`
  return {
    kind: 'rate',
    labels: [],
    rows: sql`
      SELECT ${columns}, [closed_event_id] AS event_ids, sold_at AS at, outcome AS note, toUInt8(0) AS young,
        multiIf(mistaken, 'duplicate_or_error', ${which === 'count' ? sql`0` : sql`isNull(amount)`}, 'amount_missing', ${which === 'count' ? sql`0` : sql`isNull(worth)`}, 'rate_missing', '') AS reason,
        ${which === 'count' ? sql`toInt128(${won})` : sql`if(${won}, ifNull(worth, toInt128(0)), toInt128(0))`} AS num,
        ${which === 'count' ? sql`toInt128(1)` : sql`ifNull(worth, toInt128(0))`} AS den${dimensionColumns(sources, question, sql`sold_at`)}
      FROM (${dealWays(sources, question)})
      WHERE outcome IN ('won', 'lost') AND sqo_at < ${foreverValid} AND ${within(sql`sold_at`, question.from, question.to)}`,
  }
}

/** M19 (from `created`) and M19s (from each stage): won within the horizon over all that began then; `young` are open and have some of it left. */
export const cohortWins = (sources: FigureSources, question: DealsQuestion, horizonDays: number): Facts => {
  const { stageMap, from, to } = question
  const observed = bind.businessInstant(question.observedTo)
  const span = sql`toIntervalSecond(${bind.int(horizonDays * 86_400)})`
  const won = bind.int(wonPlace(stageMap))
  return {
    kind: 'rate',
    labels: ['stage'],
    rows: sql`
      SELECT ${columns}, [start.3, if(num = 1, closed_event_id, '')] AS event_ids, start.2 AS at, multiIf(num = 1, 'won', young = 1, 'open', outcome) AS note,
        if(mistaken, 'duplicate_or_error', '') AS reason, if(start.1 = 0, 'created', ${stageName(stageMap, sql`start.1`)}) AS stage, start.1 AS place,
        toUInt8(outcome = 'won' AND ended_at <= start.2 + ${span}) AS num, toUInt8(1) AS den,
        toUInt8(outcome = 'open' AND start.2 + ${span} > ${observed}) AS young${dimensionColumns(sources, question, sql`start.2`)}
      FROM (${dealWays(sources, question)})
      ARRAY JOIN arrayConcat([(toInt64(0), opened_at, '')],
        arrayFilter((m, i) -> m.1 != ${won} AND arrayFirstIndex(b -> b.1 = m.1, moves) = i, moves, arrayEnumerate(moves))) AS start
      WHERE ${within(sql`start.2`, from, to)}`,
  }
}

/** M20: days from creation, or from first being qualified, to the close date, of won deals by close date. */
export const salesCycle = (sources: FigureSources, question: DealsQuestion, start: CycleStart): Facts => {
  const began = start === 'creation' ? sql`opened_at` : sql`sqo_at`
  const days = sql`toInt64(toInt32(${dateIn(sql`sold_at`, question.zone)})) - toInt64(toInt32(${dateIn(began, question.zone)}))`
  return {
    kind: 'span',
    labels: [],
    rows: sql`
      SELECT ${columns}, [closed_event_id] AS event_ids, sold_at AS at, '' AS note,
        multiIf(${began} = ${foreverValid}, 'never_qualified', ${days} < 0, 'out_of_order', '') AS reason,
        greatest(${days}, 0) * 86400000000 AS micros, toUInt8(1) AS done${dimensionColumns(sources, question, sql`sold_at`)}
      FROM (${dealWays(sources, question)})
      WHERE outcome = 'won' AND ${within(sql`sold_at`, question.from, question.to)}`,
  }
}

/**
 * What M21 is made of, one row per combination of `by` and `is_total`: `open` qualified deals just before `at`; of the deals closed in [from, to): `won`, `decided`, `valued` won
 * ones with a `value`, `cycled` won ones with `cycle_days` from the start that is asked for.
 */
export const velocityParts = (sources: FigureSources, question: DealsQuestion, start: CycleStart, at: number): Sql => {
  const { from, to, zone, by } = question
  const began = start === 'creation' ? sql`opened_at` : sql`sqo_at`
  const when = bind.businessInstant(at)
  const keys = joinSql(
    by.map(name => ({ parts: [name] })),
    ', ',
  )
  return sql`
    SELECT ${by.length === 0 ? sql`` : sql`${keys},`} ${by.length === 0 ? sql`toUInt8(1)` : sql`toUInt8(grouping(${{ parts: [by[0] ?? ''] }}))`} AS is_total,
      countIf(standing = 1) AS open, countIf(closed = 1 AND d.outcome = 'won') AS won, countIf(closed = 1) AS decided,
      countIf(closed = 1 AND d.outcome = 'won' AND isNotNull(d.worth)) AS valued, sumIf(assumeNotNull(d.worth), closed = 1 AND d.outcome = 'won' AND isNotNull(d.worth)) AS value,
      countIf(closed = 1 AND d.outcome = 'won' AND d.days >= 0) AS cycled, sumIf(d.days, closed = 1 AND d.outcome = 'won' AND d.days >= 0) AS cycle_days
    FROM (
      SELECT *, toInt64(toInt32(${dateIn(sql`sold_at`, zone)})) - toInt64(toInt32(${dateIn(began, zone)})) AS days${dimensionColumns(sources, question, sql`seen`)}
      FROM (
        SELECT *, toUInt8(sqo_at < ${when} AND ended_at >= ${when}) AS standing, toUInt8(outcome IN ('won', 'lost') AND ${within(sql`sold_at`, from, to)}) AS closed,
          if(standing = 1, ${when} - toIntervalMicrosecond(1), sold_at) AS seen
        FROM (${dealWays(sources, question)})
        WHERE NOT mistaken AND sqo_at < ${foreverValid}
      )
      WHERE standing = 1 OR closed = 1
    ) AS d
    ${by.length === 0 ? sql`` : sql`GROUP BY GROUPING SETS ((${keys}), ())`}
    ORDER BY is_total${by.length === 0 ? sql`` : sql`, ${keys}`}`
}

/** M90: of the qualified deals that are open those to which nothing happened for so many days: no stage, amount or date moved, no human of sales touched, nobody responded. */
export const staleDeals = (sources: FigureSources, question: DealsQuestion, definitions: Definitions, staleDays: number): Facts => {
  const observed = bind.businessInstant(question.observedTo)
  return {
    kind: 'rate',
    labels: [],
    rows: sql`
      SELECT ${columns}, [last.3, arrayLast(t -> t.5 = 1, sales).3] AS event_ids,
        greatest(last.1, arrayLast(t -> t.5 = 1, sales).1, responded) AS moved_at, ${observed} AS at, toString(moved_at) AS note, '' AS reason,
        toUInt8(moved_at < ${observed} - toIntervalSecond(${bind.int(staleDays * 86_400)})) AS num, toUInt8(1) AS den, toUInt8(0) AS young${dimensionColumns(sources, question, sql`${observed}`)}
      FROM (SELECT * FROM (${dealWays(sources, question)}) WHERE outcome = 'open' AND sqo_at <= ${observed}) AS p
      LEFT JOIN (
        SELECT subject, max((occurred_at, recorded_at, event_id)) AS last
        FROM ${sources.dealFacts}
        WHERE type IN ('deal-created', 'deal-stage-changed', 'deal-amount-changed', 'deal-close-date-changed', 'deal-reopened')
        GROUP BY subject
      ) AS f ON f.subject = p.unit
      LEFT JOIN (SELECT deal_id AS sold, sales FROM (${salesOfDeals(sources, definitions)})) AS s ON s.sold = p.unit
      LEFT JOIN (
        SELECT account AS theirs, max(occurred_at) AS responded FROM ${sources.accountTouches}
        WHERE automatic = 0 AND account != '' AND touch_type IN (${bind.strings(definitions.responses.touch_types)}) GROUP BY account
      ) AS r ON r.theirs = p.account`,
  }
}
