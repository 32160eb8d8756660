import { MQL } from '../definitions/qualification.ts'
import { foreverValid } from '../projections/in-force.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { dealConformance, ruledDealStages } from './deal-conformance.ts'
import { dimensionColumns, dimensionsOf, FUNNEL_DIMENSIONS, withSayings } from './funnel-dimensions.ts'
import { periodOf, whereAll, within } from './funnel-stages.ts'
import { bucketOf, codeAt, fitOf, instantOf, nextBusinessDay, ruleTruth, satisfiedAt } from './judging/codes.ts'
import { judgedJourneys } from './judging/judged-journeys.ts'
import { leadJourneys } from './lead-journeys.ts'
import { ruledStages } from './judging/rulings.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { LEAD_DIMENSIONS, type LeadMetric, type LeadQuestion } from './lead-question.ts'
import { salesTouches } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'

export type LeadInputs = { readonly sources: FigureSources; readonly definitions: Definitions; readonly question: LeadQuestion }

const DAY_MS = 86_400_000

/** (whose, decided): what sales said of a lead: [(ms, event id, what, class, reason)], in order. */
const decisions = ({ leadFacts }: FigureSources): Sql => sql`
  SELECT subject AS whose, arraySort(groupArray((toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(recorded_at), event_id, toString(type), toString(reason_class), toString(reason)))) AS decided
  FROM ${leadFacts}
  WHERE type IN ('lead-assigned', 'lead-accepted', 'lead-rejected', 'lead-disqualified', 'lead-recycled')
  GROUP BY whose`

/** (whom, acts): when humans of sales turned to somebody: [(ms, touch)], in order. */
const humanActs = (sources: FigureSources, definitions: Definitions): Sql => sql`
  SELECT arrayJoin(persons) AS whom, arraySort(groupUniqArray((toUnixTimestamp64Milli(occurred_at), touch_id))) AS acts
  FROM (${salesTouches(sources, definitions, 'anywhere')})
  WHERE human = 1
  GROUP BY whom`

/** (fed, deal_ms, first_of): when deals were created, and the earliest journey that feeds each. */
const fedDeals = ({ dealJourney, personJourney }: FigureSources): Sql => sql`
  SELECT d.deal_id AS fed, toUnixTimestamp64Milli(d.created_at) AS deal_ms, f.first_of AS first_of
  FROM (SELECT deal_id, created_at FROM ${dealJourney} WHERE counted = 1) AS d
  INNER JOIN (
    SELECT j.2 AS deal_id, min((j.1, person, n)) AS first_of
    FROM (SELECT person, arrayZip(opened_at, deal_id) AS journeys FROM ${personJourney} WHERE excluded_because = '')
    ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n
    WHERE j.2 != ''
    GROUP BY deal_id
  ) AS f ON f.deal_id = d.deal_id`

const stageMs = (name: string): Sql => sql`entered_ms[indexOf(stages, ${bind.string(name)})]`
const eventOf = (name: string): Sql => sql`stage_event_ids[indexOf(stages, ${bind.string(name)})]`

/** First stage of deals that qualifies one. */
const sqoName = ({ stageMap }: Definitions): string => stageMap.stages.find(stage => stage.deal_stages.length > 0)?.name ?? 'sqo'

const BANDS = [
  [3_600_000, '1 within 1 h'],
  [4 * 3_600_000, '2 within 4 h'],
  [DAY_MS, '3 within 24 h'],
  [3 * DAY_MS, '4 within 72 h'],
] as const

/** What nobody has to be judged for: the rules of the company do not matter to it. */
const UNJUDGED: ReadonlySet<LeadMetric> = new Set(['M23a', 'M25', 'M25f', 'M27', 'M28', 'M29', 'M33', 'M33d', 'M105', 'M107r'])

const isJudged = ({ metrics, by, filters }: LeadQuestion): boolean =>
  by.includes('bucket') || filters.bucket !== undefined || metrics.some(metric => !UNJUDGED.has(metric))

/** One row per journey with everything that its measures are made from; instants are ms, 0 where there is none. */
const leadRows = ({ sources, definitions, question }: LeadInputs): Sql => {
  const { rulings, observedTo } = question
  const place = ruledStages(rulings).indexOf(MQL)
  const sqo = sqoName(definitions)
  const wants = (...metrics: readonly LeadMetric[]): boolean => metrics.some(metric => question.metrics.includes(metric))
  const deals = wants('M33', 'M33d')
  const acts = wants('M107r', 'M107b')
  const judged = isJudged(question)
  const journeys = judged ? judgedJourneys({ sources, definitions, sides: [rulings] }) : leadJourneys(sources)
  return sql`
    SELECT *, ${stageMs(MQL)} AS mql_ms, ${stageMs(sqo)} AS sqo_ms, ${eventOf(MQL)} AS mql_event, ${eventOf(sqo)} AS sqo_event,
      ${judged ? satisfiedAt(place, observedTo) : sql`toInt64(0)`} AS satisfied_ms, ${judged ? sql`if(mql_ms = 0, toUInt64(0), ${codeAt(sql`mql_ms`)})` : sql`toUInt64(0)`} AS mql_code,
      arrayFilter(d -> d.1 >= opened_ms AND d.1 <= ended_ms, decided) AS said,
      arrayFirst(d -> d.4 = 'lead-assigned' AND d.1 >= mql_ms AND mql_ms > 0, said) AS handed,
      arrayLast(d -> d.4 IN ('lead-accepted', 'lead-rejected'), said) AS verdict,
      ${acts ? sql`arrayFirst(a -> a.1 >= mql_ms AND mql_ms > 0 AND a.1 < ended_ms, acts)` : sql`(toInt64(0), '')`} AS contact
    FROM (
      SELECT j.*, concat(j.person, '#', toString(j.n)) AS unit, ${instantOf(sql`j.opened_ms`)} AS opened_at, least(${instantOf(sql`j.ended_ms`)}, ${foreverValid}) AS ended_at,
        if(j.channel = '', '(none)', j.channel) AS way_channel, if(j.campaign = '', '(none)', j.campaign) AS way_campaign, d.decided AS decided${
          deals ? sql`, f.deal_ms AS deal_ms, f.first_of AS first_of` : sql`, toInt64(0) AS deal_ms`
        }${acts ? sql`, s.acts AS acts` : sql``}
      FROM (${journeys}) AS j
      LEFT JOIN (${decisions(sources)}) AS d ON d.whose = j.person
      ${deals ? sql`LEFT JOIN (${fedDeals(sources)}) AS f ON f.fed = j.deal_id` : sql``}
      ${acts ? sql`LEFT JOIN (${humanActs(sources, definitions)}) AS s ON s.whom = j.root` : sql``}
    )`
}

/**
 * What each journey contributes to each metric: (metric, ms that counts, part, whole, note, event ids, still open, insufficient data). `note` is what a mix is a mix of.
 */
const measures = ({ definitions: { zone }, question }: LeadInputs): Sql => {
  const { observedTo, horizonDays, rulings } = question
  const observed = sql`toInt64(${bind.int(observedTo)})`
  const horizon = sql`toInt64(${bind.int(horizonDays * DAY_MS)})`
  const converted = sql`(sqo_ms >= mql_ms AND sqo_ms > 0 AND sqo_ms - mql_ms <= ${horizon} AND sqo_ms <= ${observed})`
  const stillOpen = sql`(NOT ${converted} AND ended_ms > ${observed} AND ${observed} - mql_ms < ${horizon})`
  const late = (ms: Sql): Sql => nextBusinessDay(ms, zone)
  const conforms = sql`(satisfied_ms > 0 AND satisfied_ms <= ${late(sql`mql_ms`)})`
  const none = sql`arrayResize([''], 0)`
  const one = (
    metric: LeadMetric,
    when: Sql,
    ms: Sql,
    part: Sql,
    whole: Sql,
    note: Sql,
    ids: Sql,
    open: Sql = sql`0`,
    unknown: Sql = sql`0`,
  ): Sql =>
    sql`if(${when}, [('${{ parts: [metric] }}', ${ms}, toInt64(${part}), toInt64(${whole}), ${note}, ${ids}, toUInt8(${open}), toUInt8(${unknown}))], ${NO_MEASURE})`
  const isMql = sql`mql_ms > 0 AND mql_ms <= ${observed}`
  const band = sql`multiIf(contact.1 = 0, '6 untouched', ${joinSql(
    BANDS.map(([within_, name]) => sql`contact.1 - mql_ms <= ${bind.int(within_)}, ${bind.string(name)}`),
    ', ',
  )}, '5 later')`
  const all: Readonly<Record<LeadMetric, Sql>> = {
    M23a: one('M23a', isMql, sql`mql_ms`, sql`1`, sql`0`, sql`''`, sql`[mql_event]`),
    M23b: one('M23b', sql`satisfied_ms > 0`, sql`satisfied_ms`, sql`1`, sql`0`, sql`''`, none),
    M24: sql`arrayConcat(${joinSql(
      ruledStages(rulings).map((stage, place) => {
        const entered = stageMs(stage)
        const truth = ruleTruth(codeAt(entered), place)
        const when = sql`${entered} > 0 AND ${entered} <= ${observed} AND ${truth} != 3`
        const holds = stage === MQL ? conforms : sql`${truth} = 2`
        return one('M24', when, entered, holds, sql`1`, sql`${bind.string(stage)}`, sql`[${eventOf(stage)}]`, sql`0`, sql`${truth} = 1`)
      }),
      ', ',
    )}, ${NO_MEASURE})`,
    M24b: one(
      'M24b',
      sql`satisfied_ms > 0 AND ${late(sql`satisfied_ms`)} <= ${observed}`,
      sql`satisfied_ms`,
      sql`mql_ms = 0 OR mql_ms > ${late(sql`satisfied_ms`)}`,
      sql`1`,
      sql`''`,
      sql`if(mql_ms = 0, ${none}, [mql_event])`,
    ),
    M25: one(
      'M25',
      sql`verdict.1 > 0`,
      sql`verdict.1`,
      sql`verdict.4 = 'lead-accepted'`,
      sql`1`,
      sql`substring(verdict.4, 6)`,
      sql`[verdict.3]`,
    ),
    M25f: one(
      'M25f',
      sql`handed.1 > 0`,
      sql`handed.1`,
      sql`verdict.4 = 'lead-accepted'`,
      sql`1`,
      sql`if(verdict.1 = 0, 'undecided', substring(verdict.4, 6))`,
      sql`arrayFilter(id -> id != '', [handed.3, verdict.3])`,
    ),
    M27: sql`arrayMap(d -> ('M27', d.1, toInt64(1), toInt64(0), concat(if(d.5 = '', '(none)', d.5), ': ', if(d.6 = '', '(none)', d.6)), [d.3], toUInt8(0), toUInt8(0)), arrayFilter(d -> d.4 = 'lead-rejected', said))`,
    M28: sql`arrayMap(d -> ('M28', d.1, toInt64(1), toInt64(0), if(d.6 = '', '(none)', d.6), [d.3], toUInt8(0), toUInt8(0)), arrayFilter(d -> d.4 = 'lead-disqualified', said))`,
    M29: sql`arrayMap(d -> ('M29', d.1, toInt64(d.6 = ''), toInt64(1), substring(d.4, 6), [d.3], toUInt8(0), toUInt8(0)), arrayFilter(d -> d.4 IN ('lead-rejected', 'lead-disqualified'), said))`,
    M31: one(
      'M31',
      isMql,
      sql`mql_ms`,
      sql`1`,
      sql`0`,
      bucketOf(sql`mql_code`),
      sql`[mql_event]`,
      sql`0`,
      sql`${fitOf(sql`mql_code`)} = 1`,
    ),
    M32: one(
      'M32',
      isMql,
      sql`mql_ms`,
      converted,
      sql`1`,
      bucketOf(sql`mql_code`),
      sql`if(${converted}, [mql_event, sqo_event], [mql_event])`,
      stillOpen,
      sql`${fitOf(sql`mql_code`)} = 1`,
    ),
    M33: one(
      'M33',
      sql`1`,
      sql`opened_ms`,
      sql`deal_id != '' AND deal_ms > 0 AND deal_ms - opened_ms <= ${horizon} AND deal_ms <= ${observed}`,
      sql`1`,
      sql`''`,
      none,
      sql`deal_id = '' AND ended_ms > ${observed} AND ${observed} - opened_ms < ${horizon}`,
    ),
    M33d: one(
      'M33d',
      sql`1`,
      sql`opened_ms`,
      question.metrics.includes('M33d')
        ? sql`deal_id != '' AND deal_ms > 0 AND deal_ms - opened_ms <= ${horizon} AND deal_ms <= ${observed} AND first_of.2 = person AND first_of.3 = n`
        : sql`0`,
      sql`1`,
      sql`''`,
      none,
      sql`deal_id = '' AND ended_ms > ${observed} AND ${observed} - opened_ms < ${horizon}`,
    ),
    M34: one(
      'M34',
      sql`outcome = 'recycled' AND ended_ms <= ${observed}`,
      sql`ended_ms`,
      sql`again_ms > 0 AND again_ms <= ${observed}`,
      sql`1`,
      sql`''`,
      sql`[said[-1].3]`,
    ),
    M105: one(
      'M105',
      isMql,
      sql`mql_ms`,
      converted,
      sql`1`,
      sql`''`,
      sql`if(${converted}, [mql_event, sqo_event], [mql_event])`,
      stillOpen,
    ),
    M107r: one(
      'M107r',
      isMql,
      sql`mql_ms`,
      converted,
      sql`1`,
      band,
      sql`if(contact.1 = 0, [mql_event], [mql_event, contact.2])`,
      stillOpen,
    ),
    M107b: one(
      'M107b',
      sql`contact.1 > 0`,
      sql`mql_ms`,
      converted,
      sql`1`,
      bucketOf(codeAt(sql`contact.1`)),
      sql`[mql_event, contact.2]`,
      stillOpen,
    ),
  }
  return sql`arrayConcat(${joinSql(
    question.metrics.map(metric => all[metric]),
    ', ',
  )}, ${NO_MEASURE})`
}

const NO_MEASURE = sql`arrayResize([('', toInt64(0), toInt64(0), toInt64(0), '', [''], toUInt8(0), toUInt8(0))], 0)`

/** One row per journey and thing that counts: (unit, account, deal_id, metric, at, part, whole, note, event_ids, still_open, unknown, …dimensions). */
const ofJourneys = (inputs: LeadInputs): Sql => {
  const { sources, question } = inputs
  const { by, filters, from, to, zone, periods } = question
  const sliced = {
    by: FUNNEL_DIMENSIONS.filter(name => by.includes(name)),
    filters: Object.fromEntries(Object.entries(filters).filter(([name]) => name !== 'bucket')),
    counted: 'journeys' as const,
    zone,
  }
  const bucket = by.includes('bucket') || filters.bucket !== undefined
  return sql`
    SELECT * FROM (
      SELECT unit, toString(account) AS account, deal_id, counts.1 AS metric, ${instantOf(sql`counts.2`)} AS at, counts.3 AS part, counts.4 AS whole, counts.5 AS note, counts.6 AS event_ids, counts.7 AS still_open, counts.8 AS unknown
        ${periods === undefined ? sql`` : sql`, ${periodOf(instantOf(sql`counts.2`), periods)} AS period`}${bucket ? sql`, ${bucketOf(codeAt(sql`counts.2`))} AS bucket` : sql``}${dimensionsOf(sliced).length === 0 ? sql`` : dimensionColumns(sources, sliced, instantOf(sql`counts.2`))}
      FROM (${withSayings(sources, sliced, sql`SELECT *, ${measures(inputs)} AS measured FROM (${leadRows(inputs)})`)})
      ARRAY JOIN measured AS counts
      WHERE ${periods === undefined ? within(instantOf(sql`counts.2`), from, to) : sql`${periodOf(instantOf(sql`counts.2`), periods)} != ''`}
    )
    WHERE ${whereAll(filters)}`
}

/** The same of deals beside them, where stages of deals have rules. */
const contributions = (inputs: LeadInputs): Sql => {
  const { metrics, rulings, by, filters } = inputs.question
  if (!metrics.includes('M24') || ruledDealStages(rulings).length === 0) return ofJourneys(inputs)
  const dims = LEAD_DIMENSIONS.filter(name => by.includes(name) || filters[name] !== undefined)
  const columns = joinSql(
    [sql`unit, account, deal_id, metric, at, part, whole, note, event_ids, still_open, unknown`, ...dims.map(identifier)],
    ', ',
  )
  return sql`SELECT ${columns} FROM (${ofJourneys(inputs)}) UNION ALL SELECT ${columns} FROM (${dealConformance(inputs)})`
}

/** (…by, metric, note, part, whole, still_open, unknown, is_total): all metrics asked for in one reading, by dimension and in all; with `period` where periods are told apart. */
export const leadFigures = (inputs: LeadInputs): Sql => {
  const dims = inputs.question.by.map(identifier)
  const keys = inputs.question.periods === undefined ? sql`metric, note` : sql`period, metric, note`
  const all = joinSql([...dims, keys], ', ')
  return sql`
    SELECT ${all}, toUInt8(${dims[0] === undefined ? sql`1` : sql`grouping(${dims[0]})`}) AS is_total,
      sum(c.part) AS part, sum(c.whole) AS whole, sum(c.still_open) AS still_open, sum(c.unknown) AS unknown
    FROM (${contributions(inputs)}) AS c
    GROUP BY GROUPING SETS ((${all})${dims.length === 0 ? sql`` : sql`, (${keys})`})
    ORDER BY is_total, ${all}`
}

/** The journeys behind one number; `note`: only those of one part of a mix, whose whole is then the mix. */
export const leadProof = (inputs: LeadInputs, note: string | null, counts: 'part' | 'ratio' | 'share'): Sql => sql`
  SELECT if(startsWith(unit, 'person:'), 'journey', 'deal') AS entity, unit AS id, account, deal_id, arrayFilter(id -> id != '', event_ids) AS event_ids, note, toString(at) AS at,
    toString(${counts === 'share' ? sql`toInt64(note = ${bind.string(note ?? '')})` : sql`part`}) AS contribution,
    toString(${counts === 'part' ? sql`toInt64(0)` : counts === 'share' ? sql`toInt64(1)` : sql`whole`}) AS base
  FROM (${contributions(inputs)})
  WHERE ${note === null || counts === 'share' ? sql`1` : sql`note = ${bind.string(note)}`}
  ORDER BY at, unit, event_ids`
