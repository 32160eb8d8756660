import type { Definitions } from '../definitions/definitions.ts'
import type { Leaf, Predicate } from '../definitions/predicate.ts'
import { foreverValid } from '../projections/in-force.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { dimensionColumns, dimensionsOf, FUNNEL_DIMENSIONS, withSayings } from './funnel-dimensions.ts'
import { whereAll, within } from './funnel-stages.ts'
import type { Ruling } from './judging/rulings.ts'
import { type AttributeLeaf, COMPARE, holdsText } from './judging/attributes.ts'
import type { LeadQuestion } from './lead-question.ts'
import type { FigureSources } from './sources.ts'

type Inputs = { readonly sources: FigureSources; readonly definitions: Definitions; readonly question: LeadQuestion }

/** Stages of deals that any ruling has a rule for. */
export const ruledDealStages = (rulings: readonly Ruling[]): readonly string[] => [
  ...new Set(rulings.flatMap(({ qualification }) => qualification.entry.flatMap(({ stage, unit }) => (unit === 'deal' ? [stage] : [])))),
]

const joined = (parts: readonly Sql[], way: 'least' | 'greatest'): Sql => {
  const [first = sql`2`] = parts
  return parts.length === 1 ? first : sql`${identifier(way)}(${joinSql(parts, ', ')})`
}

/** Kleene truth (0 false, 1 unknown, 2 true) of what is known as the stage is entered. */
const truthOf = (predicate: Predicate): Sql => {
  if (predicate.op === 'all') return joined(predicate.of.map(truthOf), 'least')
  if (predicate.op === 'any') return joined(predicate.of.map(truthOf), 'greatest')
  if (predicate.op === 'not') return sql`toUInt8(2 - ${truthOf(predicate.of)})`
  return leafTruth(predicate)
}

const leafTruth = (leaf: Leaf): Sql => {
  if (!('attribute' in leaf)) throw new RangeError(`a stage of deals is judged by attributes, not by ${leaf.op}`)
  const [owner = '', ...rest] = leaf.attribute.split('.')
  const name = rest.join('.')
  return owner === 'deal' ? ofDeal(leaf, name) : ofAccount(leaf, name)
}

const decided = (known: Sql, holds: Sql): Sql => sql`toUInt8(multiIf(NOT (${known}), 1, ${holds}, 2, 0))`
const isKnown = (known: Sql): Sql => sql`toUInt8(if(${known}, 2, 0))`

const textTruth = (leaf: AttributeLeaf, text: Sql): Sql => {
  if (leaf.op === 'known') return isKnown(sql`${text} != ''`)
  if (leaf.op === 'compare') {
    const number = sql`toInt64OrNull(${text})`
    return decided(sql`isNotNull(${number})`, sql`assumeNotNull(${number}) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)
  }
  return decided(sql`${text} != ''`, holdsText(leaf, text))
}

/** Places in the tuples of `said`. */
const TEXTS: Readonly<Record<string, number>> = {
  product: 7,
  deal_type: 8,
  pipeline: 9,
  owner: 10,
  team: 11,
  lead_source: 12,
  close_date: 13,
  competitor: 14,
}

const ofDeal = (leaf: AttributeLeaf, name: string): Sql => {
  const until = sql`s.1 <= entered`
  if (name === 'amount') {
    const last = sql`arrayLast(s -> ${until} AND (isNotNull(s.5) OR s.4 = 'deal-amount-changed'), said)`
    if (leaf.op !== 'compare') return isKnown(sql`isNotNull(${last}.5)`)
    const same = leaf.currency === undefined ? sql`1` : sql`${last}.6 = ${bind.string(leaf.currency)}`
    return decided(sql`isNotNull(${last}.5) AND ${same}`, sql`assumeNotNull(${last}.5) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)
  }
  if (name === 'contacts' || name === 'buying_role') {
    // whoever is linked by the last word about them
    const links = sql`arrayFilter(s -> ${until} AND s.15 != '', said)`
    const linked = sql`arrayFilter(s -> s.4 = 'deal-contact-linked' AND NOT arrayExists(o -> o.15 = s.15 AND (o.1, o.2, o.3) > (s.1, s.2, s.3), ${links}), ${links})`
    if (name === 'contacts') {
      const count = sql`toInt64(length(${linked}))`
      return leaf.op === 'compare' ? decided(sql`1`, sql`${count} ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`) : isKnown(sql`${count} > 0`)
    }
    const roles = sql`arrayFilter(x -> x != '', arrayMap(s -> s.16, ${linked}))`
    if (leaf.op === 'known' || leaf.op === 'compare') return isKnown(sql`notEmpty(${roles})`)
    return decided(sql`notEmpty(${roles})`, sql`arrayExists(x -> ${holdsText(leaf, sql`x`)}, ${roles})`)
  }
  const place: Sql = { parts: [String(TEXTS[name] ?? 7)] }
  return textTruth(leaf, sql`arrayLast(s -> ${until} AND (s.${place} != '' OR has(s.17, ${bind.string(name)})), said).${place}`)
}

const ofAccount = (leaf: AttributeLeaf, name: string): Sql => {
  const field = name === 'revenue' ? 'revenue_minor' : name
  const own = field.startsWith('attributes.')
  const path = own ? sql`'attributes', ${bind.string(field.slice('attributes.'.length))}` : sql`${bind.string(field)}`
  const said = (payload: Sql): Sql => sql`JSONHas(${payload}, ${path})`
  const last = sql`arrayLast(s -> s.1 <= entered AND (${said(sql`s.4`)} OR has(JSONExtract(s.4, 'cleared', 'Array(String)'), ${bind.string(field)})), of_account).4`
  if (field === 'employees' || field === 'revenue_minor') {
    const number = sql`JSONExtract(${last}, ${path}, 'Nullable(Int64)')`
    if (leaf.op !== 'compare') return isKnown(sql`isNotNull(${number})`)
    const same = leaf.currency === undefined ? sql`1` : sql`JSONExtractString(${last}, 'currency') = ${bind.string(leaf.currency)}`
    return decided(sql`isNotNull(${number}) AND ${same}`, sql`assumeNotNull(${number}) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)
  }
  if (field === 'locations' && leaf.op !== 'known' && leaf.op !== 'compare') {
    const list = sql`JSONExtract(${last}, 'locations', 'Array(String)')`
    return decided(sql`notEmpty(${list})`, sql`arrayExists(x -> ${holdsText(leaf, sql`x`)}, ${list})`)
  }
  return textTruth(
    leaf,
    field === 'locations' ? sql`toString(JSONExtract(${last}, 'locations', 'Array(String)')[1])` : sql`JSONExtractString(${last}, ${path})`,
  )
}

/** (unit, account, deal_id, metric, at, part, whole, note, event_ids, still_open, unknown, …dimensions): first entries of deals to ruled stages, and whether the rule of that instant held. */
export const dealConformance = ({ sources, definitions, question }: Inputs): Sql => {
  const { by, filters, from, to, zone, rulings, observedTo } = question
  const sliced = {
    by: FUNNEL_DIMENSIONS.filter(name => by.includes(name)),
    filters: Object.fromEntries(Object.entries(filters).filter(([name]) => name !== 'bucket')),
    counted: 'deals' as const,
    zone,
  }
  const stages = ruledDealStages(rulings).flatMap(name => {
    const names = definitions.stageMap.stages.find(stage => stage.name === name)?.deal_stages ?? []
    return names.length === 0 ? [] : [{ name, names }]
  })
  const truths = stages.map(({ name }) => {
    const cases = rulings.toReversed().map(({ from: since, qualification }) => {
      const rule = qualification.entry.find(entry => entry.unit === 'deal' && entry.stage === name)?.rule
      return sql`stage = ${bind.string(name)} AND toUnixTimestamp64Milli(entered) >= ${bind.int(since)}, ${rule === undefined ? sql`3` : truthOf(rule)}`
    })
    return joinSql(cases, ', ')
  })
  const paths = sql`
    SELECT deal_id AS unit, '' AS person, account, deal_id, created_at AS opened_at, ifNull(closed_at, ${foreverValid}) AS ended_at, '(none)' AS way_channel, '(none)' AS way_campaign,
      stage, entered, event_id, multiIf(${truths.length === 0 ? sql`1, toUInt8(3)` : joinSql(truths, ', ')}, 3) AS truth
    FROM (
      SELECT d.deal_id AS deal_id, toString(d.account) AS account, created_at, closed_at, place.1 AS stage, entered_at[place.2] AS entered, stage_event_ids[place.2] AS event_id, f.said AS said, a.of_account AS of_account
      FROM (
        SELECT *, arrayFilter(p -> p.2 > 0, [${
          stages.length === 0
            ? sql`('', 0)`
            : joinSql(
                stages.map(({ name, names }) => sql`(${bind.string(name)}, arrayFirstIndex(s -> s IN (${bind.strings(names)}), stages))`),
                ', ',
              )
        }]) AS places
        FROM ${sources.dealJourney} WHERE counted = 1
      ) AS d
      LEFT JOIN (
        SELECT subject AS whose, arraySort(s -> (s.1, s.2, s.3), groupArray((occurred_at, recorded_at, event_id, toString(type), amount, toString(currency), toString(product), toString(deal_type), toString(pipeline),
          toString(owner), toString(team), toString(lead_source), ifNull(toString(close_date), ''), toString(competitor), person, toString(buying_role), cleared))) AS said
        FROM ${sources.dealFacts} GROUP BY whose
      ) AS f ON f.whose = d.deal_id
      LEFT JOIN (
        SELECT substring(if(r.node = '', x.subject, r.root), 9) AS whom, arraySort(s -> (s.1, s.2, s.3), groupArray((x.occurred_at, x.recorded_at, x.event_id, x.payload))) AS of_account
        FROM (SELECT * FROM ${sources.recordFacts} WHERE type = 'account-updated') AS x
        LEFT JOIN ${sources.roots} AS r ON r.node = x.subject
        GROUP BY whom
      ) AS a ON a.whom = d.account
      ARRAY JOIN places AS place
    )
    WHERE toUnixTimestamp64Milli(entered) <= ${bind.int(observedTo)}`
  return sql`
    SELECT * FROM (
      SELECT unit, account, deal_id, 'M24' AS metric, entered AS at, toInt64(truth = 2) AS part, toInt64(1) AS whole, stage AS note, [event_id] AS event_ids, toUInt8(0) AS still_open, toUInt8(truth = 1) AS unknown
        ${by.includes('bucket') || filters.bucket !== undefined ? sql`, '(none)' AS bucket` : sql``}${dimensionsOf(sliced).length === 0 ? sql`` : dimensionColumns(sources, sliced, sql`entered`)}
      FROM (${withSayings(sources, sliced, paths)})
      WHERE truth != 3 AND ${within(sql`entered`, from, to)}
    )
    WHERE ${whereAll(filters)}`
}
