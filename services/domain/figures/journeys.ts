import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { creditUnder, deals } from './attribution.ts'
import { type DealsQuestion, withDimensions } from './deal-dimensions.ts'
import { ofContacts, salesOfDeals } from './sales-touches.ts'
import { SOURCING_DAYS } from './sourced.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** Touches to win, two-way sales contacts, pre-sales share and buying-group breadth: one number a won deal, of which percentiles are shown. */
export const JOURNEY_METRICS = ['M62', 'M62b', 'M63', 'M37'] as const
export type JourneyMetric = (typeof JOURNEY_METRICS)[number]
/** In hundredths; ⌈p·n⌉-th smallest (metrics C10). */
export const PERCENTILES = [50, 75, 90] as const

const BEFORE_THE_DEAL = '(before the deal)'

export type JourneysInputs = {
  readonly sources: FigureSources
  /** The same with credit that looks back without limit. */
  readonly ever: FigureSources
  readonly definitions: Definitions
  readonly question: DealsQuestion
}

/** (deal_id, known): the persons of the eligible touches of won deals. */
const knownPersons = ({ sources, definitions, question }: JourneysInputs): Sql => {
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`account != '' AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT d.deal_id AS deal_id, arraySort(groupUniqArrayArray(t.persons)) AS known
    FROM (SELECT deal_id, account, arrayJoin(touch_ids) AS touch_id FROM (${creditUnder(sources.dealCredit, 'won', bind.string(question.model))}) WHERE converted = 1) AS d
    INNER JOIN (SELECT account, touch_id, persons FROM ${touches}) AS t ON t.account = d.account AND t.touch_id = d.touch_id
    GROUP BY deal_id`
}

/**
 * One row per won deal: its eligible touches, the human sales touches (`acts`) and two-way contacts (`contacts`) of the same window, the first of each without a
 * lookback, and who had a part in it.
 */
const journeys = (inputs: JourneysInputs): Sql => {
  const { sources, ever, definitions, question } = inputs
  const { by: _by, filters: _filters, ...asked } = question
  const { columns, joins, filtered } = withDimensions(sources, question)
  return sql`
    SELECT *, arrayFilter(t -> t.6 = 1, linked) AS contacts, arrayFilter(t -> t.5 = 1, linked) AS acts,
      arrayFilter(person -> startsWith(person, 'person:'), arrayDistinct(arrayConcat(known, arrayFlatten(arrayMap(t -> t.4, acts))))) AS persons
    FROM (
      SELECT x.deal_id AS deal_id, x.account AS account, x.conversion_event_id AS conversion_event_id, x.converted_at AS converted_at, x.touch_ids AS touch_ids, x.touched_at AS touched_at,
        e.touch_ids[1] AS first_touch, e.touched_at[1] AS first_at, p.known AS known,
        arrayFilter(t -> t.1 <= x.converted_at, s.sales) AS until_won,
        arrayFirst(t -> t.6 = 1, ${ofContacts(sql`until_won`)}) AS first_contact,
        arrayFilter(t -> t.1 >= s.created_at - toIntervalSecond(${bind.int(SOURCING_DAYS * 86_400)}), until_won) AS lately,
        ${ofContacts(sql`lately`)} AS linked
        ${columns}
      FROM (SELECT * FROM (${deals(sources, { ...asked, by: [], filters: {} })}) WHERE excluded = '') AS x
      LEFT JOIN (${creditUnder(ever.dealCredit, 'won', bind.string(question.model))}) AS e ON e.deal_id = x.deal_id
      LEFT JOIN (${salesOfDeals(sources, definitions, 'named')}) AS s ON s.deal_id = x.deal_id
      LEFT JOIN (${knownPersons(inputs)}) AS p ON p.deal_id = x.deal_id
      ${joins}
    )
    WHERE ${filtered}`
}

const micros = (from: Sql, to: Sql): Sql => sql`toUnixTimestamp64Micro(${to}) - toUnixTimestamp64Micro(${from})`

/** One row per won deal and metric: `part` of `whole` (1 where it is a count), or the `reason` why the deal has no such number; `ids` are the touches behind it. */
const measured = (inputs: JourneysInputs): Sql => sql`
  SELECT *, m.1 AS metric, toInt64(m.2) AS part, toInt64(m.3) AS whole, m.4 AS reason, m.5 AS ids, intDiv(toInt128(part) * 1000000000000, greatest(whole, 1)) AS size
  FROM (${journeys(inputs)})
  ARRAY JOIN [
    ('M62', toInt64(length(touch_ids)), toInt64(1), if(empty(touch_ids), 'no_touch', ''), touch_ids),
    ('M62b', toInt64(length(contacts)), toInt64(1), if(empty(contacts), 'no_sales_contact', ''), arrayMap(t -> t.3, contacts)),
    ('M63', toInt64(${micros(sql`first_at`, sql`first_contact.1`)}), toInt64(${micros(sql`first_at`, sql`converted_at`)}),
      multiIf(first_touch = '', 'no_touch', first_contact.3 = '', 'no_sales_contact', first_contact.1 <= first_at, 'sales_first', ''), [first_touch, first_contact.3]),
    ('M37', toInt64(length(persons)), toInt64(1), if(empty(persons), 'no_person', ''), arrayDistinct(arrayConcat(touch_ids, arrayMap(t -> t.3, acts))))
  ] AS m`

const groupings = (dims: readonly Sql[], keys: Sql): Sql =>
  dims.length === 0 ? sql`((${keys}))` : sql`((${joinSql([...dims, keys], ', ')}), (${keys}))`
const isTotal = (dims: readonly Sql[]): Sql => sql`toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total`

/** (…by, is_total, metric, deals, found, reasons): of each metric (part, whole) at each percentile, and why deals have none. */
export const journeysFigure = (inputs: JourneysInputs): Sql => {
  const dims = inputs.question.by.map(identifier)
  return sql`
    SELECT ${joinSql(
      dims.map(dim => sql`${dim}, `),
      '',
    )}${isTotal(dims)}, metric, countIf(reason = '') AS deals,
      arraySort(groupArrayIf((size, part, whole, deal_id), reason = '')) AS in_order,
      arrayMap(p -> (toString(in_order[intDiv(p * length(in_order) + 99, 100)].2), toString(in_order[intDiv(p * length(in_order) + 99, 100)].3)), ${bind.ints(PERCENTILES)}) AS found,
      arraySort(groupArrayIf(reason, reason != '')) AS reasons
    FROM (${measured(inputs)})
    GROUP BY GROUPING SETS ${groupings(dims, sql`metric`)}
    ORDER BY is_total, ${joinSql([...dims, sql`metric`], ', ')}`
}

/** The deals of a metric from the smallest; the one at the percentile is what it says. */
export const journeysProof = (inputs: JourneysInputs, metric: JourneyMetric, percentile: number): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, arraySort(arrayDistinct(arrayPushBack(ids, conversion_event_id))) AS event_ids,
    if(whole = 1, toString(part), concat(toString(part), '/', toString(whole))) AS note, '' AS at,
    toString(if(place = chosen, part, 0)) AS contribution, toString(if(place = chosen AND whole != 1, whole, 0)) AS base
  FROM (
    SELECT *, row_number() OVER (ORDER BY size, part, whole, deal_id) AS place, intDiv(${bind.int(percentile)} * count() OVER () + 99, 100) AS chosen
    FROM (${measured(inputs)})
    WHERE metric = ${bind.string(metric)} AND reason = ''
  )
  ORDER BY place`

/** One row per won deal and touch, eligible or by a human of sales: the deal's stage when it was, and whether it was by a human of sales. */
const personalTouches = (inputs: JourneysInputs): Sql => sql`
  SELECT w.*, t.1 AS touch_id, toUInt8(has(arrayMap(a -> a.3, acts), touch_id)) AS personal,
    if(arrayLastIndex(e -> e <= t.2, j.entered_at) = 0, ${bind.string(BEFORE_THE_DEAL)}, j.stages[arrayLastIndex(e -> e <= t.2, j.entered_at)]) AS stage
  FROM (SELECT *, arrayDistinct(arrayConcat(arrayZip(touch_ids, touched_at), arrayMap(a -> (a.3, a.1), acts))) AS touches FROM (${journeys(inputs)})) AS w
  LEFT JOIN ${inputs.sources.dealJourney} AS j ON j.deal_id = w.deal_id
  ARRAY JOIN touches AS t`

/** (…by, is_total, stage, personal, touches, deals): M63b by stage, and over all stages where `stage` is ''. */
export const personalFigure = (inputs: JourneysInputs): Sql => {
  const dims = inputs.question.by.map(identifier)
  const list = joinSql(dims, ', ')
  const sets = dims.length === 0 ? sql`((stage), ())` : sql`((${list}, stage), (${list}), (stage), ())`
  return sql`
    SELECT ${joinSql(
      dims.map(dim => sql`${dim}, `),
      '',
    )}${isTotal(dims)}, stage, toUInt8(grouping(stage)) AS is_whole, sum(p.personal) AS personal, count() AS touches, uniqExact(deal_id) AS deals
    FROM (${personalTouches(inputs)}) AS p
    GROUP BY GROUPING SETS ${sets}
    ORDER BY is_total, ${joinSql([...dims, sql`is_whole`, sql`stage`], ', ')}`
}

/** The touches behind M63b of a stage, or of all where it is null. */
export const personalProof = (inputs: JourneysInputs, stage: string | null): Sql => sql`
  SELECT 'deal' AS entity, deal_id AS id, account, deal_id, arraySort(groupUniqArray(touch_id)) AS event_ids, '' AS note, '' AS at,
    toString(sum(p.personal)) AS contribution, toString(count()) AS base
  FROM (${personalTouches(inputs)}) AS p
  WHERE ${stage === null ? sql`1` : sql`stage = ${bind.string(stage)}`}
  GROUP BY deal_id, account
  ORDER BY deal_id`
