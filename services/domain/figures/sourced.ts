import { type ChannelMap, SOURCING_TEAMS, teamsBySource } from '../definitions/channel-map.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { SourcedRule } from '../definitions/sourced.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { creditUnder, deals, NONE } from './attribution.ts'
import { type DealsQuestion, withDimensions } from './deal-dimensions.ts'
import { ofContacts, salesOfDeals } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'

/** Which rule both functions report for the deals dated in [from, to), a fiscal year (metrics M57). */
export type SourcedLock = { readonly from: string; readonly to: string; readonly rule: SourcedRule }

/** Of deals of a year for which no rule is locked. */
const NOT_LOCKED = '(not locked)'

/** Days before its creation in which something may have brought a deal. */
export const SOURCING_DAYS = 365

const UNKNOWN = 'unknown'

const teamOf = (column: Sql): Sql => sql`if(${column} IN (${bind.strings(SOURCING_TEAMS)}), ${column}, ${bind.string(UNKNOWN)})`

/** The team of a raw source by the channel map, its value taken as the map's keys are. */
const teamOfSource = (map: ChannelMap, column: Sql): Sql => {
  const { keys, teams } = teamsBySource(map)
  return sql`transform(replaceRegexpAll(lower(trimBoth(${column})), '[ \\t-]+', '_'), ${bind.strings(keys)}, ${bind.strings(teams)}, ${bind.string(UNKNOWN)})`
}

/** What was done before a deal was created, by the touches that are eligible for it: the first, and the first that marketing earned. */
const origins = ({ dealCredit }: FigureSources, model: string): Sql => sql`
  SELECT deal_id, touch_ids[1] AS first_touch, toString(teams[1]) AS first_team, indexOf(teams, 'marketing') AS responded,
    touch_ids[responded] AS marketing_touch, touched_at[responded] AS responded_at
  FROM (${creditUnder(dealCredit, 'deal', bind.string(model))})
  WHERE converted = 1`

/**
 * One row per deal that counts: its worth (`money`, and 1 in `one`), who brought it by each of the three definitions, whether marketing had a part in it, who of both
 * teams claims it, and the dimensions asked for. A team claims what any of the three definitions gives it (metrics M36).
 */
const sourcedDeals = (
  sources: FigureSources,
  { by, filters, ...question }: DealsQuestion,
  definitions: Definitions,
  locks: readonly SourcedLock[],
): Sql => {
  const { columns, joins, filtered } = withDimensions(sources, { by, filters })
  const span = sql`toIntervalSecond(${bind.int(SOURCING_DAYS * 86_400)})`
  // each level names what the next one reads more than once: a name within one SELECT stands for its whole expression every time that the statement is planned
  const joined = sql`
    SELECT x.deal_id AS deal_id, x.account AS account, toString(x.date) AS day, x.money AS money, x.conversion_event_id AS conversion_event_id, x.converted_at AS converted_at,
      x.touch_ids AS touch_ids, x.teams AS teams, x.campaigns AS campaigns, f.creation.1 AS created_event, o.first_touch AS first_touch, o.marketing_touch AS marketing_touch,
      o.responded AS responded, o.responded_at AS responded_at, s.sales AS sales, arrayFilter(t -> t.1 >= s.created_at - ${span} AND t.1 <= s.created_at, s.sales) AS around,
      ${teamOfSource(definitions.channelMap, sql`f.creation.2`)} AS source_field, ${teamOf(sql`o.first_team`)} AS first_touch_team
      ${columns}
    FROM (SELECT * FROM (${deals(sources, { ...question, by: [], filters: {} })}) WHERE excluded = '') AS x
    LEFT JOIN (${origins(sources, question.model)}) AS o ON o.deal_id = x.deal_id
    LEFT JOIN (${salesOfDeals(sources, definitions)}) AS s ON s.deal_id = x.deal_id
    ${joins}`
  const touched = sql`
    SELECT * EXCEPT (sales, around, touch_ids, teams, campaigns), arrayFirst(t -> t.5 = 1, ${ofContacts(sql`around`)}) AS first_sales,
      arrayExists(t -> t.5 = 1 AND t.1 <= converted_at, ${ofContacts(sql`sales`)}) AS sold_to,
      arrayFilter((id, team) -> team = 'marketing', touch_ids, teams) AS marketing_touches,
      arraySort(arrayDistinct(arrayMap(c -> if(c.1 = '', ${bind.string(NONE)}, toString(c.1)), arrayFilter(c -> c.2 = 'marketing', arrayZip(campaigns, teams))))) AS marketing_campaigns
    FROM (${joined})`
  const brought = sql`
    SELECT *, toInt128(1) AS one, ${lockedRule(locks)} AS locked_rule,
      -- marketing only when it was earlier; without either of both it is who was first at all
      multiIf(responded > 0 AND (first_sales.3 = '' OR responded_at < first_sales.1), 'marketing', first_sales.3 != '', 'sales', first_touch_team IN ('partner', 'success'), first_touch_team, ${bind.string(UNKNOWN)}) AS first_response
    FROM (${touched})`
  const said = sql`
    SELECT *, [source_field, first_touch_team, first_response] AS said_to_be,
      multiIf(locked_rule = 'source_field', source_field, locked_rule = 'first_touch', first_touch_team, locked_rule = 'first_response', first_response, ${bind.string(NOT_LOCKED)}) AS locked
    FROM (${brought})`
  return sql`
    SELECT *, multiIf(has(said_to_be, 'marketing') AND has(said_to_be, 'sales'), 'both', has(said_to_be, 'marketing'), 'marketing', has(said_to_be, 'sales'), 'sales', 'neither') AS claimed
    FROM (${said})
    WHERE ${filtered}`
}

/** By the day that dates a deal; '' where none is locked. */
const lockedRule = (locks: readonly SourcedLock[]): Sql =>
  locks.length === 0
    ? sql`''`
    : sql`multiIf(${joinSql(
        locks.map(({ from, to, rule }) => sql`day >= ${bind.string(from)} AND day < ${bind.string(to)}, ${bind.string(rule)}`),
        ', ',
      )}, '')`

/**
 * (…by, is_total, kind, name, deals, money, locked_deals): deals and their worth by each definition's verdict, by what is locked for their year, by influence and by claim;
 * `locked_deals` are those for which the definition is the locked one.
 */
export const sourcedFigure = (
  sources: FigureSources,
  question: DealsQuestion,
  definitions: Definitions,
  locks: readonly SourcedLock[],
): Sql => {
  const dims = question.by.map(identifier)
  const list = joinSql(dims, ', ')
  return sql`
    SELECT ${dims.length === 0 ? sql`` : sql`${list}, `}toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total,
      verdict.1 AS kind, verdict.2 AS name, uniqExact(deal_id) AS deals, sum(d.money) AS money, countIf(locked_rule = verdict.1) AS locked_deals
    FROM (${sourcedDeals(sources, question, definitions, locks)}) AS d
    ARRAY JOIN [('source_field', source_field), ('first_touch', first_touch_team), ('first_response', first_response),${locks.length === 0 ? sql`` : sql` ('locked', locked),`}
      ('influenced', if(empty(marketing_touches), 'no', 'yes')), ('claimed', claimed)] AS verdict
    GROUP BY GROUPING SETS (${dims.length === 0 ? sql`` : sql`(${list}, kind, name), `}(kind, name))
    ORDER BY is_total${dims.length === 0 ? sql`` : sql`, ${list}`}, kind, name`
}

/** Dates, `to` exclusive. */
export type DatedPeriod = { readonly name: string; readonly from: string; readonly to: string }

/**
 * (…by, is_total, period, kind, name, deals, money): of several periods, none of them in another, in one reading: who claims the deals (`claimed`, metrics M36), and whether a response to marketing
 * and a touch by a human of sales came before they converted (`touched`, metrics M101).
 */
export const jointFigure = (
  sources: FigureSources,
  question: DealsQuestion,
  definitions: Definitions,
  periods: readonly DatedPeriod[],
): Sql => {
  const dims = question.by.map(identifier)
  const list = joinSql(dims, ', ')
  const from = periods.map(period => period.from).toSorted()[0] ?? null
  const to =
    periods
      .map(period => period.to)
      .toSorted()
      .at(-1) ?? null
  const period = sql`multiIf(${joinSql(
    periods.map(each => sql`day >= ${bind.string(each.from)} AND day < ${bind.string(each.to)}, ${bind.string(each.name)}`),
    ', ',
  )}, '')`
  return sql`
    SELECT ${dims.length === 0 ? sql`` : sql`${list}, `}toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total, period,
      verdict.1 AS kind, verdict.2 AS name, uniqExact(d.deal_id) AS deals, sum(d.money) AS money, toUInt64(0) AS locked_deals
    FROM (
      SELECT ${dims.length === 0 ? sql`` : sql`${list}, `}deal_id, money, ${period} AS period,
        [('claimed', claimed), ('touched', multiIf(notEmpty(marketing_touches) AND sold_to, 'both', notEmpty(marketing_touches), 'marketing alone', sold_to, 'sales alone', 'neither'))] AS verdicts
      FROM (${sourcedDeals(sources, { ...question, from, to }, definitions, [])})
    ) AS d
    ARRAY JOIN verdicts AS verdict
    GROUP BY GROUPING SETS (${dims.length === 0 ? sql`` : sql`(${list}, period, kind, name), `}(period, kind, name))
    ORDER BY is_total${dims.length === 0 ? sql`` : sql`, ${list}`}, period, kind, name`
}

export type SourcedPart =
  | { readonly kind: SourcedRule | 'locked'; readonly name: string }
  | { readonly kind: 'influenced'; readonly campaigns: readonly string[] }
  /** Empty names: all deals are the base, none is claimed. */
  | { readonly kind: 'claimed'; readonly names: readonly string[] }

/** The deals behind M57 or M58, or of M36 (`claimed`) the share of all that they are. */
export const sourcedProof = (
  sources: FigureSources,
  question: DealsQuestion,
  definitions: Definitions,
  locks: readonly SourcedLock[],
  part: SourcedPart,
): Sql => {
  const worth = question.basis === 'conversions' ? sql`one` : sql`money`
  const touches: Readonly<Record<SourcedPart['kind'], Sql>> = {
    source_field: sql`[created_event]`,
    first_touch: sql`[first_touch]`,
    first_response: sql`[marketing_touch, first_sales.3]`,
    locked: sql`multiIf(locked_rule = 'source_field', [created_event], locked_rule = 'first_touch', [first_touch], locked_rule = 'first_response', [marketing_touch, first_sales.3], emptyArrayString())`,
    influenced: sql`marketing_touches`,
    claimed: sql`[created_event, first_touch, marketing_touch, first_sales.3]`,
  }
  const verdict = {
    source_field: sql`source_field`,
    first_touch: sql`first_touch_team`,
    first_response: sql`first_response`,
    locked: sql`locked`,
  }
  const which =
    part.kind === 'claimed'
      ? sql`1`
      : part.kind === 'influenced'
        ? sql`notEmpty(marketing_touches) AND hasAll(marketing_campaigns, ${bind.strings(part.campaigns)})`
        : sql`${verdict[part.kind]} = ${bind.string(part.name)}`
  const share = part.kind === 'claimed' ? sql`if(claimed IN (${bind.strings(part.names)}), ${worth}, toInt128(0))` : worth
  return sql`
    SELECT 'deal' AS entity, deal_id AS id, account, deal_id,
      arraySort(arrayDistinct(arrayFilter(id -> id != '', arrayPushBack(${touches[part.kind]}, conversion_event_id)))) AS event_ids,
      ${part.kind === 'claimed' ? sql`claimed` : part.kind === 'locked' ? sql`locked_rule` : sql`''`} AS note, '' AS at, toString(${share}) AS contribution, toString(${part.kind === 'claimed' ? worth : sql`toInt128(0)`}) AS base
    FROM (${sourcedDeals(sources, question, definitions, locks)})
    WHERE ${which}
    ORDER BY deal_id`
}

/** (campaign, with_campaign, is_total, deals, money): deals in which marketing responses of both campaigns had a part, and what they are worth in full (metrics M58). */
export const overlapFigure = (sources: FigureSources, question: DealsQuestion, definitions: Definitions): Sql => sql`
  SELECT pair.1 AS campaign, pair.2 AS with_campaign, toUInt8(grouping(pair)) AS is_total, uniqExact(deal_id) AS deals,
    -- over pairs a deal is there as often as it has any, and it is worth its amount once
    if(is_total = 1, sumIf(d.money, pair = (marketing_campaigns[1], marketing_campaigns[1])), sum(d.money)) AS money
  FROM (
    SELECT *, arrayJoin(arrayFlatten(arrayMap(a -> arrayMap(b -> (a, b), marketing_campaigns), marketing_campaigns))) AS pair
    FROM (${sourcedDeals(sources, question, definitions, [])})
  ) AS d
  GROUP BY GROUPING SETS ((pair), ())
  ORDER BY is_total, campaign, with_campaign`
