import type { Definitions } from '../definitions/definitions.ts'
import { inForceAt } from '../definitions/history.ts'
import { icpKind } from '../definitions/icp.ts'
import { leavesOf, ownerOf } from '../definitions/predicate.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { closeDay, dateIn, NONE } from './attribution.ts'
import { campaignNames, campaigns, meantIn } from './campaign-names.ts'
import { saidOf } from './judging/attributes.ts'
import { withMoney } from './money.ts'
import { salesTouches } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { costs } from './spend.ts'
import { touchRules } from './touch-rules.ts'

/** What M99 looks at. All but the last are shares of what is as it should be; what is not comes first in their proofs. */
export const HEALTH_CHECKS = [
  'deals_with_contacts',
  'touches_with_account',
  'touches_with_planned_campaign',
  'events_on_time',
  'touches_logged_on_time',
  'amounts_with_rate',
  'campaigns_with_spend',
  'attributes_known',
  'source_silence',
] as const
export type HealthCheck = (typeof HEALTH_CHECKS)[number]

export type HealthQuestion = {
  readonly check: HealthCheck
  /** Of the instant that counts: created, touched, recorded, begun (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly currency: string
  readonly zone: string
  readonly definitions: Definitions
  /** ms */
  readonly observedTo: number
}

/** What comes later is late (metrics, Terms: late-logged). */
const ON_TIME_HOURS = 24

const within = (instant: Sql, { from, to }: HealthQuestion): Sql =>
  sql`(${from === null ? sql`1` : sql`${instant} >= ${bind.instant(from)}`} AND ${to === null ? sql`1` : sql`${instant} < ${bind.instant(to)}`})`
const onTime = (recorded: Sql, occurred: Sql): Sql =>
  sql`toUInt32(${recorded} <= ${occurred} + toIntervalHour(${bind.uint(ON_TIME_HOURS)}))`
const shown = (text: Sql): Sql => sql`if(${text} = '', ${bind.string(NONE)}, ${text})`

/** (entity, id, account, deal_id, event_ids, note, at, good, base, of): everything that a check looks at; `good` of `base` are as they should be. */
const items: Readonly<Record<HealthCheck, (sources: FigureSources, question: HealthQuestion) => Sql>> = {
  deals_with_contacts: ({ dealJourney }, question) => sql`
    SELECT 'deal' AS entity, deal_id AS id, toString(account) AS account, deal_id, [event_ids[1]] AS event_ids, toString(outcome) AS note, created_at AS at,
      toUInt32(notEmpty(contacts)) AS good, toUInt32(1) AS base, ${shown(sql`toString(pipeline)`)} AS of
    FROM ${dealJourney}
    WHERE excluded_because = '' AND ${within(sql`created_at`, question)}`,

  touches_with_account: (sources, question) => sql`
    SELECT 'touch' AS entity, touch AS id, max(placed) AS account, '' AS deal_id, [touch] AS event_ids, min(said_by) AS note, min(happened) AS at,
      toUInt32(max(placed != '')) AS good, toUInt32(1) AS base, min(kind) AS of
    FROM (
      SELECT touch_id AS touch, toString(account) AS placed, subject AS said_by, occurred_at AS happened, ${shown(sql`toString(touch_type)`)} AS kind
      FROM ${countedTouches({
        accountTouches: sources.accountTouches,
        where: within(sql`occurred_at`, question),
        rules: touchRules(sources, question.definitions),
      })}
    )
    GROUP BY touch`,

  touches_with_planned_campaign: (sources, question) => sql`
    SELECT 'campaign' AS entity, named AS id, '' AS account, '' AS deal_id, arraySlice(arraySort(groupUniqArray(touch_id)), 1, 20) AS event_ids, '' AS note, max(happened) AS at,
      if(is_planned, uniqExact(touch_id), 0) AS good, uniqExact(touch_id) AS base, 'touches' AS of
    FROM (
      SELECT touch_id, occurred_at AS happened, toString(campaign) AS named, named IN (SELECT subject FROM ${sources.recordFacts} WHERE type = 'campaign-planned') AS is_planned
      FROM ${countedTouches({
        accountTouches: sources.accountTouches,
        where: sql`campaign != '' AND ${within(sql`occurred_at`, question)}`,
        rules: touchRules(sources, question.definitions),
      })}
    )
    GROUP BY named, is_planned`,

  events_on_time: ({ events }, question) => sql`
    SELECT 'event' AS entity, event_id AS id, '' AS account, '' AS deal_id, [event_id] AS event_ids, concat(toString(type), ' ', subject) AS note, occurred_at AS at,
      ${onTime(sql`recorded_at`, sql`occurred_at`)} AS good, toUInt32(1) AS base, ${shown(sql`toString(source)`)} AS of
    FROM ${events}
    WHERE ${within(sql`recorded_at`, question)}`,

  touches_logged_on_time: (sources, question) => sql`
    SELECT 'touch' AS entity, touch AS id, max(placed) AS account, '' AS deal_id, [touch] AS event_ids, toString(max(recorded)) AS note, min(happened) AS at,
      min(${onTime(sql`recorded`, sql`happened`)}) AS good, toUInt32(1) AS base, ${shown(sql`max(who)`)} AS of
    FROM (
      SELECT touch_id AS touch, toString(account) AS placed, recorded_at AS recorded, occurred_at AS happened, member AS who
      FROM (${salesTouches(sources, question.definitions, 'anywhere')})
      WHERE human = 1 AND ${within(sql`occurred_at`, question)}
    )
    GROUP BY touch`,

  amounts_with_rate: (sources, question) => {
    const { zone, currency } = question
    const deals = sql`
      SELECT 'deal' AS entity, deal_id AS id, toString(account) AS account, deal_id, [event_ids[1]] AS event_ids, created_at AS at, amount, toString(currency) AS currency,
        toInt32(ifNull(if(outcome = 'open', ${dateIn(sql`${sources.asOf}`, zone)}, ${closeDay(zone)}), ${dateIn(sql`${sources.asOf}`, zone)})) AS rate_day
      FROM ${sources.dealJourney}
      WHERE excluded_because = '' AND isNotNull(amount) AND ${within(sql`created_at`, question)}`
    const spent = sql`
      SELECT 'cost' AS entity, cost AS id, '' AS account, '' AS deal_id, [said.1] AS event_ids, toDateTime64(toDate32(said.4), 6, 'UTC') AS at, toNullable(said.2) AS amount, said.3 AS currency, said.4 AS rate_day
      FROM (${costs(sources)})
      WHERE ${within(sql`toDateTime64(toDate32(said.4), 6, 'UTC')`, question)}`
    return joinSql(
      [deals, spent].map(
        rows => sql`
          SELECT entity, id, account, deal_id, event_ids, concat(currency, ' on ', toString(toDate32(rate_day))) AS note, at, toUInt32(isNotNull(worth)) AS good, toUInt32(1) AS base, ${shown(sql`currency`)} AS of
          FROM (${withMoney(sources, rows, currency)})`,
      ),
      ' UNION ALL ',
    )
  },

  campaigns_with_spend: (sources, question) => sql`
    SELECT 'campaign' AS entity, campaign AS id, '' AS account, '' AS deal_id, CAST([], 'Array(String)') AS event_ids, toString(assumeNotNull(first_date)) AS note,
      toDateTime64(assumeNotNull(first_date), 6, 'UTC') AS at,
      toUInt32(campaign IN (
        SELECT if(meant = '', named, meant)
        FROM (
          SELECT c.said.8 AS named, ${meantIn(sql`c.said.11`)}.2 AS meant
          FROM (${costs(sources)}) AS c
          LEFT JOIN (${campaignNames(sources)}) AS n ON n.name = c.said.8
        ))) AS good,
      toUInt32(1) AS base, ${shown(sql`channel`)} AS of
    FROM (${campaigns(sources)})
    WHERE planned = 1 AND isNotNull(first_date) AND assumeNotNull(first_date) <= ${dateIn(sql`${sources.asOf}`, question.zone)}
      AND ${within(sql`toDateTime64(assumeNotNull(first_date), 6, 'UTC')`, question)}
      AND campaign NOT IN (SELECT subject FROM ${sources.recordFacts} WHERE type = 'campaign-cancelled')`,

  attributes_known: (sources, { definitions, observedTo }) => {
    const { document } = inForceAt(definitions.history, icpKind, observedTo)
    const asked = leavesOf(document.fit).flatMap(leaf => ('attribute' in leaf ? [{ attribute: leaf.attribute, owner: ownerOf(leaf) }] : []))
    const of = (owner: 'person' | 'account'): readonly string[] => [
      ...new Set(asked.filter(leaf => leaf.owner === owner).map(({ attribute }) => attribute)),
    ]
    const { recordFacts, personJourney, roots } = sources
    const types = { account: ['account-updated'], person: ['person-created', 'person-updated'] }
    const wanted = {
      account: sql`subject NOT IN (SELECT node FROM ${roots} WHERE root != node)`,
      person: sql`subject IN (SELECT person FROM ${personJourney} WHERE notEmpty(outcome))`,
    }
    const parts = (['account', 'person'] as const).flatMap(owner => {
      const names = of(owner)
      if (names.length === 0) return []
      const said = sql`(occurred_at, recorded_at, event_id)`
      const known = names.map(name => {
        const { isSaid, isCleared } = saidOf(name)
        return sql`argMaxIf(toUInt32(${isSaid}), ${said}, ${isSaid} OR ${isCleared})`
      })
      return [
        sql`
        SELECT ${bind.string(owner)} AS entity, subject AS id, if(entity = 'account', substring(subject, 9), '') AS account, '' AS deal_id, [last_event] AS event_ids, '' AS note, last_at AS at,
          tupleElement(one, 2) AS good, toUInt32(1) AS base, tupleElement(one, 1) AS of
        FROM (
          SELECT subject, argMax(event_id, ${said}) AS last_event, max(occurred_at) AS last_at,
            arrayJoin(arrayZip(${bind.strings(names)}, [${joinSql(known, ', ')}])) AS one
          FROM ${recordFacts}
          WHERE type IN (${bind.strings(types[owner])}) AND ${wanted[owner]}
          GROUP BY subject
        )`,
      ]
    })
    return parts.length === 0
      ? sql`SELECT '' AS entity, '' AS id, '' AS account, '' AS deal_id, CAST([], 'Array(String)') AS event_ids, '' AS note, toDateTime64(0, 6, 'UTC') AS at, toUInt32(0) AS good, toUInt32(0) AS base, '' AS of WHERE 0`
      : joinSql(parts, ' UNION ALL ')
  },

  source_silence: ({ events, asOf }) => sql`
    SELECT 'event' AS entity, last_event AS id, '' AS account, '' AS deal_id, [last_event] AS event_ids, last_type AS note, last_at AS at,
      toUInt32(greatest(0, intDiv(toUnixTimestamp64Milli(${asOf}) - last_ms, 1000))) AS good, toUInt32(0) AS base, ${shown(sql`by_source`)} AS of
    FROM (
      SELECT toString(source) AS by_source, argMax(event_id, (recorded_at, event_id)) AS last_event, argMax(toString(type), (recorded_at, event_id)) AS last_type,
        argMax(occurred_at, (recorded_at, event_id)) AS last_at, toUnixTimestamp64Milli(max(recorded_at)) AS last_ms
      FROM ${events}
      GROUP BY by_source
    )`,
}

/** (of, good, base, example): by what a check is told apart by; `example` is the latest that is not as it should be. */
export const healthFigure = (sources: FigureSources, question: HealthQuestion): Sql => sql`
  SELECT i.of AS of, sum(i.good) AS good, sum(i.base) AS base, argMaxIf(i.id, (i.at, i.id), i.good < i.base) AS example
  FROM (${items[question.check](sources, question)}) AS i
  GROUP BY of
  ORDER BY of`

/** What is behind one number: what is not as it should be first, the latest of it first. */
export const healthProof = (sources: FigureSources, question: HealthQuestion, of: string | null): Sql => sql`
  SELECT entity, id, account, deal_id, event_ids, note, toString(at) AS at, good AS contribution, base
  FROM (${items[question.check](sources, question)})
  WHERE ${of === null ? sql`1` : sql`of = ${bind.string(of)}`}
  ORDER BY contribution >= base, at DESC, id, event_ids`
