import { foreverValid } from '../projections/in-force.ts'
import { bind, type Bound, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { withMoney, withParts } from './money.ts'
import type { FigureSources } from './sources.ts'
import { type CreditTerms, isOfJourneys } from './terms.ts'

export const ATTRIBUTION_DIMENSIONS = ['channel', 'campaign', 'source', 'content', 'team', 'month', 'day'] as const
export type AttributionDimension = (typeof ATTRIBUTION_DIMENSIONS)[number]

export const BASES = ['conversions', 'pipeline', 'revenue'] as const
export type Basis = (typeof BASES)[number]
export const DEAL_CONVERSIONS = ['won', 'deal', 'sqo'] as const
export const CONVERSIONS = [...DEAL_CONVERSIONS, 'mql', 'lead'] as const
export type Conversion = (typeof CONVERSIONS)[number]

/**
 * Which conversions each basis is answered for (metrics, Basis × conversion); the first is the default. Anything else is refused. Pipeline on won is
 * the open deals, under the credit that they would have if they were won now.
 */
export const CONVERSIONS_OF: Readonly<Record<Basis, readonly [Conversion, ...Conversion[]]>> = {
  conversions: ['won', 'deal', 'sqo', 'mql', 'lead'],
  pipeline: ['sqo', 'won'],
  revenue: ['won'],
}

export const METRIC_OF: Readonly<Record<Basis, 'M54' | 'M55' | 'M56'>> = { conversions: 'M56', pipeline: 'M55', revenue: 'M54' }

export const NONE = '(none)'
export const UNATTRIBUTED = '(unattributed)'
/** A credit of 1: credit is counted in millionths (metrics M53). */
export const MILLION = 1_000_000

export type AttributionQuestion = CreditTerms & {
  readonly basis: Basis
  readonly conversion: Conversion
  /** `id@version`, as `deal_conversions.models` has it. */
  readonly model: string
  /** Touches in a state of the model markov; of no other. */
  readonly order?: number | undefined
  readonly by: readonly AttributionDimension[]
  /** Values as they are shown: `(none)` where a touch has none. */
  readonly filters: Readonly<Partial<Record<AttributionDimension, readonly string[]>>>
  /** Empty: new business and expansion, that is everything but renewals; `*`: every type. */
  readonly dealTypes: readonly string[]
  /** Dates in the tenant's zone, `to` exclusive. */
  readonly from: string | null
  readonly to: string | null
  readonly currency: string
  readonly zone: string
}

/** Deals that are not in M54–M56 unless they are asked for (metrics, Deal types). */
export const RENEWAL = 'renewal'
export const EVERY_TYPE = '*'
/** Whether a deal is of one of the types, '(none)' being that of a deal that says none. */
export const isOfType = (types: readonly string[]): Sql =>
  sql`if(deal_type = '', ${bind.string(NONE)}, toString(deal_type)) IN (${bind.strings(types)})`

/** The day of an instant in a zone, Date32. */
export const dateIn = (instant: Sql, zone: string): Sql => sql`toDate32(toTimeZone(${instant}, ${bind.string(zone)}))`

/** Business date of a close: its close date, else the date of the closing in the tenant's zone (metrics, Close date). */
export const closeDay = (zone: string): Sql => sql`coalesce(close_date, ${dateIn(sql`closed_at`, zone)})`

/** What does not count is not converted, but its row says when it would have been. */
const countedWhen = (converted: Sql): Sql =>
  sql`(${converted} OR (counted = 0 AND converted_at > toDateTime64(0, 6, 'UTC') AND converted_at < ${foreverValid}))`

/** Which deals are asked about, and the day that dates each. */
const population = (
  { dealCredit }: FigureSources,
  { basis, conversion, zone }: AttributionQuestion,
): { readonly which: Sql; readonly day: Sql } => {
  if (conversion === 'lead' || conversion === 'mql') return { which: countedWhen(sql`converted = 1`), day: dateIn(sql`converted_at`, zone) }
  if (conversion === 'deal') return { which: sql`1`, day: dateIn(sql`created_at`, zone) }
  if (conversion === 'sqo') {
    return { which: countedWhen(sql`converted = 1`), day: dateIn(basis === 'pipeline' ? sql`valued_at` : sql`converted_at`, zone) }
  }
  // pipeline counts deals from their first entry to a qualified stage
  if (basis === 'pipeline')
    return {
      which: sql`(outcome = 'open' AND deal_id IN (SELECT deal_id FROM ${dealCredit} WHERE conversion = 'sqo' AND converted = 1))`,
      day: sql`close_date`,
    }
  return { which: sql`outcome = 'won'`, day: closeDay(zone) }
}

/**
 * M55 on sqo: the amount in force at pipeline entry, else the first one after, and when the deal had both. Since it was said to be no longer
 * known there is none; an event that says nothing about it leaves it as it was.
 */
const entryAmounts = ({ dealFacts, dealCredit }: FigureSources, model: Bound): Sql => sql`
  SELECT deal_id, valued.4 AS entry_amount, valued.5 AS entry_currency, greatest(valued.1, entered) AS entry_valued_at
  FROM (
    SELECT c.deal_id AS deal_id, c.converted_at AS entered,
      arraySort(said -> (said.1, said.2, said.3), groupArray((f.occurred_at, f.recorded_at, f.event_id, f.amount, f.currency))) AS amounts,
      arrayFilter(said -> said.1 <= entered, amounts) AS until_entry,
      if(isNotNull(until_entry[-1].4), until_entry[-1], arrayFilter(said -> said.1 > entered AND isNotNull(said.4), amounts)[1]) AS valued
    FROM (SELECT deal_id, converted_at FROM (${creditUnder(dealCredit, 'sqo', model)}) WHERE converted = 1) AS c
    INNER JOIN (SELECT * FROM ${dealFacts} WHERE isNotNull(amount) OR type = 'deal-amount-changed') AS f ON f.subject = c.deal_id
    GROUP BY deal_id, entered
  )`

/** Rows of `deal_conversions` for one conversion under one model: its `credit`, and the `reason` why it gives none. */
export const creditUnder = (dealCredit: Sql, conversion: Conversion, model: Bound): Sql => sql`
  SELECT * EXCEPT (models, credits, reasons), credits[indexOf(models, ${model})] AS credit, toString(reasons[indexOf(models, ${model})]) AS reason
  FROM ${dealCredit}
  WHERE conversion = ${bind.string(conversion)} AND has(models, ${model})`

/** Those rows under each of the models, one a model. */
const creditUnderEach = (dealCredit: Sql, conversion: Conversion, models: Sql): Sql => sql`
  SELECT * EXCEPT (models, credits, reasons, each_model), each_model.1 AS model, each_model.2 AS credit, toString(each_model.3) AS reason
  FROM (SELECT *, arrayFilter(m -> has(${models}, m.1), arrayZip(models, credits, reasons)) AS each_model FROM ${dealCredit} WHERE conversion = ${bind.string(conversion)})
  ARRAY JOIN each_model`

/** The event that made the deal convert: the closing, the entry to the stage, or the creation, which enters the first stage. */
const conversionEvent = (basis: Basis, conversion: Conversion): Sql => {
  // an open deal is where its last stage put it
  if (basis === 'pipeline' && conversion === 'won') return sql`j.stage_event_ids[-1]`
  if (conversion === 'won') return sql`j.closed_event_id`
  return conversion === 'deal' ? sql`j.stage_event_ids[1]` : sql`j.stage_event_ids[indexOf(j.entered_at, c.converted_at)]`
}

/** Models that stand side by side: rows are of one of them each, and say which in the column `model`. Null: those of the question's alone. */
type SideBySide = readonly string[] | null
const modelColumn = (each: SideBySide): Sql => (each === null ? sql`` : sql`model, `)

/**
 * One row per deal that the question is about: its day, its amount in the answer's currency (`money`, 0 where conversions are asked for) and
 * why it does not count, if so: `excluded` is '' for the deals that do. Deals outside the period are not here.
 */
export const deals = (sources: FigureSources, question: AttributionQuestion, each: SideBySide = null): Sql => {
  const { basis, conversion, currency, zone, from, to, dealTypes } = question
  const { which, day } = population(sources, question)
  const model = bind.string(question.model)
  const atEntry = basis === 'pipeline' && conversion === 'sqo'
  const byMoney = basis !== 'conversions'
  const ofTypes = dealTypes.length === 0 || dealTypes.includes(EVERY_TYPE) ? sql`1` : isOfType(dealTypes)
  const journeys =
    each === null ? sources.dealJourney : sql`(SELECT *, arrayJoin(${bind.strings(each)}) AS model FROM ${sources.dealJourney})`
  const credit =
    each === null
      ? creditUnder(sources.dealCredit, conversion, model)
      : creditUnderEach(sources.dealCredit, conversion, sql`${bind.strings(each)}`)
  const joined = sql`
    SELECT ${each === null ? sql`` : sql`j.model AS model, `}j.deal_id AS deal_id, toString(if(c.account = '', j.account, c.account)) AS account, toString(j.deal_type) AS deal_type, j.counted AS counted,
      toString(j.excluded_because) AS excluded_because, toString(j.outcome) AS outcome, j.close_date AS close_date, j.closed_at AS closed_at, j.created_at AS created_at,
      ${conversionEvent(basis, conversion)} AS conversion_event_id,
      c.converted AS converted, c.converted_at AS converted_at, c.touch_ids AS touch_ids, c.touched_at AS touched_at, c.channels AS channels,
      c.campaigns AS campaigns, c.sources AS touch_sources, c.contents AS contents, c.teams AS teams, c.credit AS credit, c.reason AS reason,
      ${
        atEntry
          ? sql`e.entry_amount AS amount, toString(e.entry_currency) AS currency, if(e.deal_id = '', c.converted_at, e.entry_valued_at) AS valued_at`
          : sql`j.amount AS amount, toString(j.currency) AS currency`
      }
    FROM ${journeys} AS j
    LEFT JOIN (${credit}) AS c ON c.deal_id = j.deal_id${each === null ? sql`` : sql` AND c.model = j.model`}
    ${atEntry ? sql`LEFT JOIN (${entryAmounts(sources, model)}) AS e ON e.deal_id = j.deal_id` : sql``}`
  const dated = sql`
    SELECT *,
      -- closed deals at the rate of their close date, open ones at that of as_of (metrics C5)
      toInt32(assumeNotNull(if(outcome = 'open', ${dateIn(sql`${sources.asOf}`, zone)}, ${closeDay(zone)}))) AS rate_day
    FROM (SELECT *, ${day} AS day FROM (${joined}) WHERE ${which})
    WHERE ${ofTypes} AND ${from === null ? sql`1` : sql`(isNull(day) OR day >= ${bind.date(from)})`} AND ${to === null ? sql`1` : sql`(isNull(day) OR day < ${bind.date(to)})`}`
  return sql`
    SELECT ${modelColumn(each)}deal_id, account, if(isNull(day), '', toString(assumeNotNull(day))) AS date, substring(date, 1, 7) AS month, conversion_event_id, converted_at,
      touch_ids, touched_at, channels, campaigns, touch_sources, contents, teams,
      if(reason != '' OR empty(credit), [toUInt32(${bind.uint(MILLION)})], credit) AS shares,
      multiIf(reason != '', reason, notEmpty(credit), '', 'no_credit') AS missing,
      ${byMoney ? sql`ifNull(worth, toInt128(0))` : sql`toInt128(0)`} AS money,
      multiIf(
        counted = 0, if(excluded_because = '', 'excluded', excluded_because),
        ${dealTypes.length === 0 ? sql`deal_type = ${bind.string(RENEWAL)}, 'renewal',` : sql``}
        isNull(day), 'undated',
        ${byMoney ? sql`isNull(amount), 'amount_missing', isNull(worth), 'rate_missing',` : sql``}
        '') AS excluded
    FROM (${byMoney ? withMoney(sources, dated, currency) : dated})`
}

const shown = (column: string): Sql =>
  sql`if(missing = '', arrayMap(value -> if(value = '', ${bind.string(NONE)}, toString(value)), ${identifier(column)}), [${bind.string(UNATTRIBUTED)}])`

/**
 * One row per deal and credited touch: `credit` in millionths, `money` in minor units of the answer's currency, and the values of
 * every dimension. A deal without an eligible touch is one row under `(unattributed)`, with the reason in `missing`.
 */
export const pieces = (sources: FigureSources, question: AttributionQuestion, each: SideBySide = null): Sql => {
  const counting = sql`SELECT * FROM (${deals(sources, question, each)}) WHERE excluded = ''`
  const split =
    question.basis === 'conversions'
      ? sql`SELECT *, arrayMap(share -> toInt128(0), shares) AS parts FROM (${counting})`
      : withParts(counting)
  const filters = Object.entries(question.filters).map(([name, values]) => sql`${identifier(name)} IN (${bind.strings(values)})`)
  return sql`
    SELECT ${modelColumn(each)}deal_id, account, date AS day, month, conversion_event_id, missing, place, piece.1 AS touch_id, piece.2 AS touched_at, piece.3 AS channel, piece.4 AS campaign,
      piece.5 AS source, piece.6 AS content, piece.7 AS team, piece.8 AS credit, piece.9 AS money
    FROM (
      SELECT ${modelColumn(each)}deal_id, account, date, month, conversion_event_id, missing,
        arrayZip(if(missing = '', touch_ids, ['']), if(missing = '', touched_at, [toDateTime64(0, 6, 'UTC')]),
          ${shown('channels')}, ${shown('campaigns')}, ${shown('touch_sources')}, ${shown('contents')}, ${shown('teams')}, shares, parts) AS touches
      FROM (${split})
    )
    ARRAY JOIN touches AS piece, arrayEnumerate(touches) AS place
    WHERE piece.8 > 0${filters.length === 0 ? sql`` : sql` AND ${joinSql(filters, ' AND ')}`}`
}

/**
 * Attributed conversions, pipeline or revenue (metrics M54–M56): one row per combination of `by`, and the total with `is_total` = 1.
 * `credit` is in millionths, `money` in minor units, `deals` counts distinct deals, `unattributed_*` are the parts without a touch. Of several models all that
 * once for each, by the column `model`.
 */
export const attributionFigure = (sources: FigureSources, question: AttributionQuestion, each: SideBySide = null): Sql => {
  const dims = question.by.map(identifier)
  const model = each === null ? [] : [identifier('model')]
  const columns = joinSql(
    [...model, ...dims].map(column => sql`${column}, `),
    '',
  )
  const sets =
    dims.length === 0 ? sql`((${joinSql(model, ', ')}))` : sql`((${joinSql([...model, ...dims], ', ')}), (${joinSql(model, ', ')}))`
  return sql`
    SELECT ${columns}
      toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total,
      sum(toInt64(p.credit)) AS credit, sum(p.money) AS money, uniqExact(deal_id) AS deals,
      sumIf(toInt64(p.credit), missing != '') AS unattributed_credit, sumIf(p.money, missing != '') AS unattributed_money,
      arraySort(groupUniqArrayIf(missing, missing != '')) AS reasons
    FROM (${pieces(sources, question, each)}) AS p
    GROUP BY GROUPING SETS ${sets}
    ORDER BY ${joinSql([...model, sql`is_total`, ...dims], ', ')}`
}

/** Which deals are won or created, and which of them do not count, is all the same without credit; computing that takes the longest. */
const withoutCredit = (sources: FigureSources): FigureSources => ({ ...sources, dealCredit: sql`(SELECT * FROM deal_conversions WHERE 0)` })

/** Open pipeline, SQOs and journeys are who their credit says they are. */
const asksCredit = ({ basis, conversion }: AttributionQuestion): boolean =>
  basis === 'pipeline' || (conversion !== 'won' && conversion !== 'deal')

/** (reason, deals): what is left out, and why. */
export const attributionExcluded = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT excluded AS reason, uniqExact(deal_id) AS deals
  FROM (${deals(asksCredit(question) ? sources : withoutCredit(sources), question)})
  WHERE excluded != ''
  GROUP BY reason
  ORDER BY reason`

/** One deal's credit touch by touch, with its money, in the order of the touches. */
export const creditByTouch = (sources: FigureSources, question: AttributionQuestion): Sql => sql`
  SELECT deal_id, touch_id, toString(touched_at) AS touched_at, channel, campaign, source, content, team, missing, toString(credit) AS credit, toString(money) AS money
  FROM (${pieces(sources, question)})
  ORDER BY deal_id, place`

/** What adds up to a value: credit in millionths, money in minor units, or (M59) credit and money without a touch beside all of it. */
export type AttributionMeasure = 'credit' | 'money' | 'unattributed_credit' | 'unattributed_money'

export const attributionProof = (sources: FigureSources, question: AttributionQuestion, measure: AttributionMeasure): Sql => {
  const whole = measure === 'credit' || measure === 'unattributed_credit' ? sql`toInt128(credit)` : sql`money`
  const share = measure === 'credit' || measure === 'money'
  return sql`
    SELECT ${isOfJourneys(question.conversion) ? sql`'journey'` : sql`'deal'`} AS entity, deal_id AS id, account, deal_id, arrayFilter(id -> id != '', [touch_id, conversion_event_id]) AS event_ids, missing AS note,
      if(touch_id = '', '', toString(touched_at)) AS at,
      toString(${share ? whole : sql`if(missing != '', ${whole}, toInt128(0))`}) AS contribution, toString(${share ? sql`toInt128(0)` : whole}) AS base
    FROM (${pieces(sources, question)})
    ORDER BY deal_id, place`
}
