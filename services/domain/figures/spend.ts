import type { Definitions } from '../definitions/definitions.ts'
import { channelOfCost } from '../projections/meant-channel.ts'
import { type FiscalCalendar, parsePeriod } from '../periods.ts'
import { bind, type Bound, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { NONE } from './attribution.ts'
import { campaignNames, campaigns, meantIn } from './campaign-names.ts'
import { withMoney } from './money.ts'
import type { FigureSources } from './sources.ts'

/** What costs are for (metrics M66). */
export const CATEGORIES: readonly string[] = ['media', 'event', 'content', 'agency', 'partner', 'tools', 'payroll', 'commission']
const MEDIA = 'media'

/** `program`: what was bought for programmes. `loaded`: with the tools, the people and their commissions. */
export const SPEND_SCOPES = ['program', 'loaded'] as const
export type SpendScope = (typeof SPEND_SCOPES)[number]
const OVERHEAD: readonly string[] = ['tools', 'payroll', 'commission']

/** Dimensions that the budget of a campaign has as well. */
const BUDGET_DIMENSIONS = ['channel', 'campaign', 'team', 'region', 'segment', 'product', 'month', 'day'] as const
/** `match` is `matched` where the campaign of a cost is planned or an alias of one, `unmatched` where nobody planned it, `(none)` where the cost names none. */
export const SPEND_DIMENSIONS = [...BUDGET_DIMENSIONS, 'category', 'source', 'system', 'vendor', 'match'] as const
export type SpendDimension = (typeof SPEND_DIMENSIONS)[number]

export type SpendQuestion = {
  readonly by: readonly SpendDimension[]
  /** Values as they are shown: `(none)` where a cost has none. */
  readonly filters: Readonly<Partial<Record<SpendDimension, readonly string[]>>>
  readonly scope: SpendScope
  /** Dates of the ad account's own calendar, `to` exclusive. */
  readonly from: string | null
  readonly to: string | null
  readonly currency: string
}

const dayNumber = (date: Sql | Bound): Sql => sql`toInt32(toDate32(${date}))`

/** The days of a cost or budget that are asked about, as places from 0. */
const places = ({ from, to }: SpendQuestion): Sql => sql`range(
  ${from === null ? sql`toUInt32(0)` : sql`toUInt32(greatest(0, ${dayNumber(bind.date(from))} - first_day))`},
  ${to === null ? sql`days` : sql`toUInt32(least(days, greatest(0, ${dayNumber(bind.date(to))} - first_day)))`})`

/** What a lump is on one of its days: even, the remainder to the earliest. */
const SHARE: Sql = sql`toNullable(if(lump < 0, -1, 1) * toInt64(intDiv(abs(lump), days) + (place < abs(lump) % days)))`

/** One row per cost as it is known: the last restatement, else the last recording (ties as in metrics C9). */
export const costs = ({ spendFacts }: FigureSources): Sql => sql`
  SELECT subject AS cost,
    argMax((event_id, amount, toString(currency), toInt32(starts_on), toInt32(ends_on), committed, toString(category), toString(campaign), toString(channel), toString(team),
      toString(system), toString(utm_source), toString(vendor), toString(product), toString(region), toString(segment)),
      (type = 'spend-restated', occurred_at, recorded_at, event_id)) AS said
  FROM ${spendFacts}
  GROUP BY cost`

const NONE_TEXT = bind.string(NONE)
const shown = (value: Sql): Sql => sql`if(${value} = '', ${NONE_TEXT}, ${value})`
/** What the cost says of its channel, else its campaign, else the channel map of its first day. */
const channelTold = (definitions: Definitions): Sql =>
  shown(
    channelOfCost(definitions, {
      channel: sql`if(said.9 = '', meant.3, said.9)`,
      source: sql`said.12`,
      system: sql`if(said.7 = ${bind.string(MEDIA)}, said.11, '')`,
      on: sql`toDate32(said.4)`,
    }),
  )

/** What the cost says, else what its campaign says. */
const told = (own: Sql, ofCampaign: Sql): Sql => shown(sql`if(${own} = '', ${ofCampaign}, ${own})`)

/**
 * One row per cost and day (metrics M66): `amount` in minor units of `currency` on `rate_day`, and the values of every dimension. A cost whose
 * campaign nobody knows keeps the name that it came with.
 */
const costDays = (sources: FigureSources, question: SpendQuestion, definitions: Definitions): Sql => sql`
  SELECT cost, said.1 AS event_id, said.6 AS kind, ${SHARE} AS amount, said.3 AS currency, first_day + toInt32(place) AS rate_day,
    said.7 AS category, ${channelTold(definitions)} AS channel, if(meant.2 = '', ${shown(sql`said.8`)}, meant.2) AS campaign,
    ${told(sql`said.10`, sql`meant.4`)} AS team, ${told(sql`said.15`, sql`meant.5`)} AS region, ${told(sql`said.16`, sql`meant.6`)} AS segment,
    ${told(sql`said.14`, sql`meant.7`)} AS product, ${shown(sql`said.12`)} AS source, ${shown(sql`said.11`)} AS system, ${shown(sql`said.13`)} AS vendor,
    multiIf(said.8 = '', ${NONE_TEXT}, meant.2 = '', 'unmatched', 'matched') AS match
  FROM (
    SELECT c.cost AS cost, c.said AS said, c.said.2 AS lump, c.said.4 AS first_day, toUInt32(greatest(1, c.said.5 - c.said.4 + 1)) AS days,
      ${meantIn(sql`c.said.11`)} AS meant
    FROM (
      SELECT * FROM (${costs(sources)})
      WHERE ${question.scope === 'loaded' ? sql`1` : sql`said.7 NOT IN (${bind.strings(OVERHEAD)})`}
        AND ${question.to === null ? sql`1` : sql`said.4 < ${dayNumber(bind.date(question.to))}`}
        AND ${question.from === null ? sql`1` : sql`said.5 >= ${dayNumber(bind.date(question.from))}`}
    ) AS c
    LEFT JOIN (${campaignNames(sources)}) AS n ON n.name = c.said.8
  )
  ARRAY JOIN ${places(question)} AS place`

/** Kinds of a row of `moneyDays`. */
const SPENT = 0
const COMMITTED = 1
const BUDGET = 2
const TARGET = 3

/** One row per campaign and day of it, with its part of the budget, spread like a lump cost: what M66b divides by. Columns as in `costDays`. */
const budgetDays = (sources: FigureSources, question: SpendQuestion): Sql => sql`
  SELECT campaign AS cost, '' AS event_id, toUInt8(${{ parts: [String(BUDGET)] }}) AS kind, ${SHARE} AS amount, currency, first_day + toInt32(place) AS rate_day,
    ${NONE_TEXT} AS category, ${shown(sql`channel`)} AS channel, campaign, ${shown(sql`team`)} AS team, ${shown(sql`region`)} AS region, ${shown(sql`segment`)} AS segment,
    ${shown(sql`product`)} AS product, ${NONE_TEXT} AS source, ${NONE_TEXT} AS system, ${NONE_TEXT} AS vendor, 'matched' AS match
  FROM (
    SELECT *, budget AS lump, toInt32(assumeNotNull(first_date)) AS first_day, toUInt32(greatest(1, toInt32(ifNull(last_date, toDate32('1900-01-01'))) - first_day + 1)) AS days
    FROM (${campaigns(sources)})
    WHERE budget > 0 AND isNotNull(first_date)
  )
  ARRAY JOIN ${places(question)} AS place`

/** Dimensions that a target of spend can be cut by. */
const TARGET_CUTS = ['channel', 'team', 'region', 'segment', 'product'] as const
/** What a target of spend calls what it aims at. */
const TARGET_METRICS: readonly string[] = ['spend', 'budget', 'M66']

/**
 * One row per target of spend and day of it, spread like a lump cost. Targets may be set for all and again by channel: of those that are cut at least as the question asks
 * one set counts, the one with the fewest cuts, so that nothing is counted twice. A target without dates is of its period, fiscal unless it says `cal:`.
 */
const targetDays = (sources: FigureSources, question: SpendQuestion, fiscal: FiscalCalendar): Sql => {
  const own = ownPeriods(fiscal)
  const ownDay = (day: 'from' | 'to'): Sql =>
    own.length === 0
      ? sql``
      : sql`, toDate32OrNull(${bind.strings(own.map(period => period[day]))}[indexOf(${bind.strings(own.map(({ name }) => name))}, t.period)])`
  const asked = TARGET_CUTS.filter(name => question.by.includes(name) || question.filters[name] !== undefined)
  const first = sql`makeDate(toUInt16OrZero(substring(plain, 1, 4)) - (begins > 1), begins, 1)`
  return sql`
    SELECT cost, event_id, toUInt8(${{ parts: [String(TARGET)] }}) AS kind, ${SHARE} AS amount, currency, first_day + toInt32(place) AS rate_day,
      ${NONE_TEXT} AS category, ${shown(sql`channel`)} AS channel, ${NONE_TEXT} AS campaign, ${shown(sql`team`)} AS team, ${shown(sql`region`)} AS region, ${shown(sql`segment`)} AS segment,
      ${shown(sql`product`)} AS product, ${NONE_TEXT} AS source, ${NONE_TEXT} AS system, ${NONE_TEXT} AS vendor, 'matched' AS match
    FROM (
      SELECT *, toInt32(from_on) AS first_day, toUInt32(greatest(1, toInt32(to_on) - toInt32(from_on))) AS days, cuts = min(cuts) OVER () AS chosen
      FROM (
        SELECT subject AS cost, said.1 AS event_id, t.amount_minor AS lump, t.currency AS currency, t.channel AS channel, t.team AS team, t.region AS region, t.segment AS segment, t.product AS product,
          replaceOne(t.period, 'cal:', '') AS plain, toUInt8(if(startsWith(t.period, 'cal:'), 1, ${bind.uint(fiscal.startMonth)})) AS begins,
          coalesce(toDate32OrNull(t.from_on)${ownDay('from')}, toDate32(multiIf(length(plain) = 4, ${first}, substring(plain, 6, 1) = 'Q', addMonths(${first}, 3 * (toUInt8OrZero(substring(plain, 7, 1)) - 1)),
            makeDate(toUInt16OrZero(substring(plain, 1, 4)), toUInt8OrZero(substring(plain, 6, 2)), 1)))) AS from_on,
          coalesce(toDate32OrNull(t.to_on)${ownDay('to')}, addMonths(from_on, multiIf(length(plain) = 4, 12, substring(plain, 6, 1) = 'Q', 3, 1))) AS to_on,
          -- the number first: the fewest win, ties by name
          (length(named), named) AS cuts, arrayFilter((name, value) -> value != '', ${bind.strings(TARGET_CUTS)}, [t.channel, t.team, t.region, t.segment, t.product]) AS named
        FROM (
          SELECT subject, argMax((event_id, payload), (occurred_at, recorded_at, event_id)) AS said,
            JSONExtract(said.2, ${{ parts: [TARGET_FIELDS] }}) AS t
          FROM ${sources.recordFacts} WHERE type = 'target-set' GROUP BY subject
        )
        WHERE t.metric IN (${bind.strings(TARGET_METRICS)}) AND t.withdrawn = 0 AND t.amount_minor > 0 AND t.owner_id = '' AND t.pipeline = ''
          AND hasAll(named, ${bind.strings(asked)})
          AND ${question.from === null ? sql`1` : sql`to_on > ${bind.date(question.from)}`} AND ${question.to === null ? sql`1` : sql`from_on < ${bind.date(question.to)}`}
      )
    )
    ARRAY JOIN ${places(question)} AS place
    WHERE chosen`
}

/** Periods whose days are those of a calendar of weeks, and of the years beside them. */
const ownPeriods = (fiscal: FiscalCalendar): readonly { readonly name: string; readonly from: string; readonly to: string }[] => {
  const { years = [] } = fiscal
  const [first, last] = [years[0]?.year ?? 1, years.at(-1)?.year ?? 0]
  return Array.from({ length: years.length === 0 ? 0 : last - first + 3 }, (_, n) => String(first - 1 + n)).flatMap(year =>
    [year, ...[1, 2, 3, 4].map(quarter => `${year}-Q${quarter}`)].flatMap(name => {
      const range = parsePeriod(name, fiscal)
      return range.ok ? [{ name, from: range.value.from ?? '', to: range.value.to ?? '' }] : []
    }),
  )
}

const TARGET_FIELDS = `'Tuple(metric String, period String, from_on String, to_on String, amount_minor Int64, currency String, withdrawn Bool, owner_id String, pipeline String, ${TARGET_CUTS.map(name => `${name} String`).join(', ')})'`

/** Targets are of whole campaigns' channels, teams and so on, never of a campaign. */
const withTargets = (question: SpendQuestion): boolean =>
  withBudget(question) && !question.by.includes('campaign') && question.filters.campaign === undefined

const withBudget = ({ by, filters }: SpendQuestion): boolean =>
  [...by, ...Object.keys(filters)].every(name => BUDGET_DIMENSIONS.some(dimension => dimension === name))

/** `budgets`: budgets beside the costs, where the dimensions allow it. Definitions say what raw sources mean. */
type SpendOptions = {
  readonly budgets: boolean
  readonly definitions: Definitions
  /** When fiscal periods are, for targets of one; without it no targets stand beside the costs. */
  readonly fiscal?: FiscalCalendar | undefined
}

/** Costs and, where the dimensions allow, budgets by day, with `worth` in the question's currency: NULL where there is no rate. */
const moneyDays = (sources: FigureSources, question: SpendQuestion, { budgets, definitions, fiscal }: SpendOptions): Sql => {
  const costsOnly = costDays(sources, question, definitions)
  const rows = joinSql(
    [
      costsOnly,
      ...(budgets ? [budgetDays(sources, question)] : []),
      ...(budgets && fiscal !== undefined && withTargets(question) ? [targetDays(sources, question, fiscal)] : []),
    ],
    ' UNION ALL ',
  )
  const filters = Object.entries(question.filters).map(([name, values]) => sql`${identifier(name)} IN (${bind.strings(values)})`)
  return sql`
    SELECT * FROM (
      SELECT *, toString(toDate32(rate_day)) AS day, substring(day, 1, 7) AS month
      FROM (${withMoney(sources, rows, question.currency)})
    )
    ${filters.length === 0 ? sql`` : sql`WHERE ${joinSql(filters, ' AND ')}`}`
}

/**
 * Spend (metrics M66) by the question's dimensions and in total (`is_total` = 1): `spent`, `media` of it, `unmatched` of it, and beside it `committed` (promised,
 * not spent) and `budget`, all in minor units; `costs` counts what is in it, `rate_missing` the costs left out for want of a rate.
 */
export const spendFigure = (sources: FigureSources, question: SpendQuestion, options: SpendOptions): Sql => {
  const dims = question.by.map(identifier)
  const list = joinSql(dims, ', ')
  const budgets = options.budgets && withBudget(question)
  const of = (kind: number): Sql => ({ parts: [`kind = ${kind}`] })
  return sql`
    SELECT ${dims.length === 0 ? sql`` : sql`${list}, `}
      toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total, toUInt8(${budgets ? sql`1` : sql`0`}) AS has_budget,
      sumIf(money, ${of(SPENT)}) AS spent, sumIf(money, ${of(SPENT)} AND category = ${bind.string(MEDIA)}) AS media, sumIf(money, ${of(SPENT)} AND match = 'unmatched') AS unmatched,
      sumIf(money, ${of(COMMITTED)}) AS committed, sumIf(money, ${of(BUDGET)}) AS budget, sumIf(money, ${of(TARGET)}) AS target,
      uniqExactIf(cost, ${of(SPENT)}) AS costs, uniqExactIf(cost, kind < ${{ parts: [String(BUDGET)] }} AND isNull(worth)) AS rate_missing
    FROM (SELECT *, ifNull(worth, toInt128(0)) AS money FROM (${moneyDays(sources, question, { ...options, budgets })}))
    GROUP BY GROUPING SETS ${dims.length === 0 ? sql`(())` : sql`((${list}), ())`}
    ORDER BY is_total${dims.length === 0 ? sql`` : sql`, ${list}`}`
}

/**
 * The same days added up by the dimensions that credit has too: (day, channel, campaign, source, team, overhead, spent, media, missing), `missing` the
 * costs that have no rate. For all of the time, both scopes and no filter of the question.
 */
export const spendCells = (sources: FigureSources, question: SpendQuestion, definitions: Definitions): Sql => sql`
  SELECT day, channel, campaign, source, team, category IN (${bind.strings(OVERHEAD)}) AS overhead,
    toString(sumIf(m.money, kind = ${{ parts: [String(SPENT)] }})) AS spent, toString(sumIf(m.money, kind = ${{ parts: [String(SPENT)] }} AND category = ${bind.string(MEDIA)})) AS media,
    arraySort(groupUniqArrayIf(cost, isNull(worth))) AS missing
  FROM (SELECT *, ifNull(worth, toInt128(0)) AS money FROM (${moneyDays(sources, { ...question, by: [], filters: {}, scope: 'loaded', from: null, to: null }, { budgets: false, definitions })})) AS m
  GROUP BY day, channel, campaign, source, team, overhead
  ORDER BY day, channel, campaign, source, team, overhead`

/** What adds up to a value of spend: what was spent, the media of it, or (M66b) what was spent beside the budgets of campaigns, or beside targets. */
export type SpendMeasure = 'spent' | 'media' | 'budget_used' | 'target_used'

/** One row per cost, and per campaign for its budget, as explain lists them: `contribution` and `base` in minor units. */
export const spendProof = (
  sources: FigureSources,
  question: SpendQuestion,
  measure: SpendMeasure,
  definitions: Definitions,
  fiscal?: FiscalCalendar,
): Sql => {
  const of = measure === 'budget_used' ? BUDGET : measure === 'target_used' ? TARGET : null
  const which = sql`kind IN (${{ parts: [of === null ? String(SPENT) : `${SPENT}, ${of}`] }})`
  return sql`
    SELECT multiIf(kind = ${{ parts: [String(BUDGET)] }}, 'campaign', kind = ${{ parts: [String(TARGET)] }}, 'target', 'cost') AS entity, cost AS id, '' AS account, '' AS deal_id, if(event_id = '', [], [event_id]) AS event_ids, campaign AS note,
      concat(min(day), ' 00:00:00') AS at,
      toString(sumIf(m.money, kind = ${{ parts: [String(SPENT)] }})) AS contribution, toString(sumIf(m.money, kind != ${{ parts: [String(SPENT)] }})) AS base
    FROM (
      SELECT *, ifNull(worth, toInt128(0)) AS money FROM (${moneyDays(sources, question, { budgets: of !== null, definitions, fiscal })})
      WHERE isNotNull(worth) AND ${which} ${measure === 'media' ? sql`AND category = ${bind.string(MEDIA)}` : sql``}
    ) AS m
    GROUP BY kind, cost, event_id, campaign
    ORDER BY entity, id, note`
}
