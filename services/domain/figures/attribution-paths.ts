import { modelName } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { qualifyingDealStages } from '../definitions/stage-map.ts'
import { dealCredit } from '../projections/deal-credit.ts'
import { type FamilyInputs, familyTouches, subsidiaries } from '../projections/families.ts'
import { foreverValid } from '../projections/in-force.ts'
import { journeyCredit, stageOf, WHO } from '../projections/journey-credit.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { type AttributionQuestion, dateIn, deals, EVERY_TYPE, isOfType, NONE, RENEWAL } from './attribution.ts'
import type { FigureSources } from './sources.ts'
import { isOfJourneys, linkedBy } from './terms.ts'

/** The model whose touches data-driven models look at, whatever it weighs them: what is eligible is said once (metrics M53). */
const TOUCHES_OF = 'linear'

/** `id@version` of the model whose eligible touches make the paths; throws `RangeError` when definitions have none, which none do. */
export const pathModel = ({ models }: Definitions): string => {
  const found = models.find(({ id }) => id === TOUCHES_OF)
  if (found === undefined) throw new RangeError(`there is no model ${TOUCHES_OF}`)
  return modelName(found)
}

export type PathsQuestion = {
  readonly attribution: AttributionQuestion
  /** Touches in a state: at 1 a channel that is touched again at once says nothing new. */
  readonly order: number
  readonly tenant: string
  readonly definitions: Definitions
}

/**
 * Rows (channels Array(String), conversions, value, nulls, open_nulls) → one row per distinct path with their sums, in the order of the paths' bytes.
 * `value` is Int128, in minor units.
 */
export const aggregatedPaths = (journeys: Sql, order: number): Sql => sql`
  SELECT path AS channels, toString(sum(j.conversions)) AS conversions, toString(sum(j.value)) AS value, toString(sum(j.nulls)) AS nulls, toString(sum(j.open_nulls)) AS open_nulls
  FROM (SELECT ${order === 1 ? sql`arrayCompact(channels)` : sql`channels`} AS path, conversions, value, nulls, open_nulls FROM (${journeys})) AS j
  GROUP BY path
  ORDER BY path`

/**
 * Every path to a conversion that counts, and every journey without one (metrics M64), identical paths together in each: two statements, because one over
 * both takes longer to plan than the two of them.
 */
export const attributionPaths = (sources: FigureSources, question: PathsQuestion): readonly [converting: Sql, without: Sql] => {
  const named = sql`arrayMap(channel -> if(channel = '', ${bind.string(NONE)}, toString(channel)), channels)`
  const converting = deals(sources, { ...question.attribution, model: pathModel(question.definitions) })
  return [
    aggregatedPaths(
      sql`
        SELECT ${named} AS channels, toUInt64(1) AS conversions, money AS value, toUInt64(0) AS nulls, toUInt64(0) AS open_nulls
        FROM (${converting}) WHERE excluded = '' AND missing = ''`,
      question.order,
    ),
    aggregatedPaths(
      sql`
        SELECT ${named} AS channels, toUInt64(0) AS conversions, toInt128(0) AS value, toUInt64(1) AS nulls, toUInt64(goes_on) AS open_nulls
        FROM (${isOfJourneys(question.attribution.conversion) ? leadsWithout(sources, question) : journeysWithout(sources, question)})`,
      question.order,
    ),
  ]
}

/**
 * (channels, goes_on): journeys that had not converted by as_of. A deal without the conversion is one, and an account that has no deal at all. Their touches
 * are those that would earn credit if they still converted, or had when they ended: the same SELECT says so, over deals as if. A closed deal is in the
 * window by its closing, what goes on by its last touch, so that each is in one window.
 */
const journeysWithout = (sources: FigureSources, question: PathsQuestion): Sql => {
  const { attribution, definitions, tenant } = question
  const credit = dealCredit({
    dealJourney: sql`(${unconverted(sources, question)})`,
    accountTouches: sources.accountTouches,
    roots: sources.roots,
    recordFacts: sources.recordFacts,
    consentFacts: sources.consentFacts,
    // all that there may be among the rows above: shorter to say, and so to plan, than to say them again
    deals: sql`
      SELECT tenant, concat(kind, subject) AS deal_id FROM ${sources.dealFacts} ARRAY JOIN ['open:deal:', 'ended:deal:'] AS kind
      UNION ALL SELECT tenant, concat('open:account:', account) AS deal_id FROM ${touchesInScope(sources, question)}`,
    tenant,
    definitions: { ...definitions, models: definitions.models.filter(model => modelName(model) === pathModel(definitions)) },
    asOf: sql`${sources.asOf}`,
    conversions: ['won'],
    ...linkedBy({ sources, definitions }, attribution),
  })
  return inWindow(
    sql`SELECT deal_id AS unit, channels, touched_at, converted_at FROM (${credit}) WHERE conversion = 'won' AND converted = 1`,
    attribution,
  )
}

/** Of (unit, channels, touched_at, converted_at) the paths in the question's window; what is called `open:…` goes on, and is dated by its last touch. */
const inWindow = (units: Sql, { from, to, zone }: AttributionQuestion): Sql => sql`
  SELECT channels, goes_on
  FROM (
    SELECT channels, startsWith(unit, 'open:') AS goes_on, ${dateIn(sql`if(startsWith(unit, 'open:'), touched_at[-1], converted_at)`, zone)} AS day
    FROM (${units})
    WHERE notEmpty(channels)
  )
  WHERE ${from === null ? sql`1` : sql`day >= ${bind.date(from)}`} AND ${to === null ? sql`1` : sql`day < ${bind.date(to)}`}`

/**
 * The same of leads and MQLs (channels, goes_on): a journey without the conversion is one, and whoever acted and has no journey at all, known or not. Their touches are
 * those that would earn credit if they still converted, or had when the journey ended.
 */
const leadsWithout = (sources: FigureSources, { attribution, definitions, tenant }: PathsQuestion): Sql => {
  const { conversion } = attribution
  const credit = journeyCredit({
    ...sources,
    tenant,
    definitions,
    asOf: sql`${sources.asOf}`,
    models: definitions.models.filter(model => modelName(model) === pathModel(definitions)),
    units: unconvertedLeads(sources, definitions, conversion === 'lead' ? 'lead' : 'mql'),
  })
  return inWindow(
    sql`SELECT unit, channels, touched_at, converted_at FROM (${credit}) WHERE conversion = ${bind.string(conversion)} AND converted = 1`,
    attribution,
  )
}

/** Units as `journeyUnits` has them, of whoever has not converted, as if they had: `open:…` or `ended:…`. */
const unconvertedLeads = (
  { personJourney, accountTouches, roots }: FigureSources,
  definitions: Definitions,
  conversion: 'lead' | 'mql',
): Sql => {
  const stage = bind.string(stageOf(definitions, conversion))
  const asIf = (at: Sql): Sql => sql`toUInt8(1) AS counted, '' AS excluded_because, ${at} AS opened_at, [${stage}] AS stages`
  return sql`
    SELECT tenant, concat(if(j.3 >= ${foreverValid}, 'open:', 'ended:'), person, '#', toString(n)) AS unit, person, account, ${asIf(sql`j.1`)}, [j.3] AS entered_at, [''] AS stage_event_ids
    FROM (
      SELECT tenant, person, toString(account) AS account, arrayZip(opened_at, stages, ended_at) AS journeys
      FROM ${personJourney} WHERE excluded_because = ''
    )
    ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n
    WHERE NOT has(j.2, ${stage})
    UNION ALL
    SELECT tenant, concat('open:', who) AS unit, who AS person, '' AS account, ${asIf(sql`last_at`)}, [last_at] AS entered_at, [''] AS stage_event_ids
    FROM (
      SELECT tenant, who, max(occurred_at) AS last_at
      FROM (SELECT tenant, occurred_at, arrayJoin(${WHO}) AS who FROM ${accountTouches}
        WHERE automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)}) AND NOT startsWith(subject, 'account:'))
      WHERE who NOT IN (
        SELECT if(r.node = '', j.person, r.root) FROM (SELECT person FROM ${personJourney} WHERE notEmpty(opened_at)) AS j LEFT JOIN ${roots} AS r ON r.node = j.person)
      GROUP BY tenant, who
    )`
}

const ofTypes = (dealTypes: readonly string[]): Sql => {
  if (dealTypes.length === 0) return sql`deal_type != ${bind.string(RENEWAL)}`
  return dealTypes.includes(EVERY_TYPE) ? sql`1` : isOfType(dealTypes)
}

const familyOf = ({ recordFacts, roots, asOf }: FigureSources, { tenant }: PathsQuestion): FamilyInputs => ({
  recordFacts,
  roots,
  tenant,
  asOf: sql`${asOf}`,
})

/** Where the touches lie that a journey without a deal is made of. */
const touchesInScope = (sources: FigureSources, question: PathsQuestion): Sql =>
  question.attribution.accountScope === 'family'
    ? familyTouches({ ...familyOf(sources, question), accountTouches: sources.accountTouches })
    : sources.accountTouches

/** Rows as `deal_journey` has them, as far as credit reads them, of journeys without the conversion, as if they had been won: `open:…` or `ended:…`. */
const unconverted = (sources: FigureSources, question: PathsQuestion): Sql => {
  const { attribution, definitions } = question
  const { conversion, dealTypes, accountScope } = attribution
  // what a subsidiary does is in the journey of whoever is above it
  const standsAlone =
    accountScope === 'family'
      ? sql`AND account NOT IN (SELECT account FROM (${subsidiaries(familyOf(sources, question))}) WHERE valid_to = ${foreverValid})`
      : sql``
  // with its table's name, or the outcome as if would be meant
  const without =
    conversion === 'won' ? sql`j.outcome != 'won'` : sql`NOT hasAny(stages, ${bind.strings(qualifyingDealStages(definitions.stageMap))})`
  const openDeals = sql`
    SELECT tenant, concat(if(j.outcome = 'open', 'open:deal:', 'ended:deal:'), j.deal_id) AS deal_id, account, created_at, counted, 'won' AS outcome,
      toNullable(ifNull(j.closed_at, ${foreverValid})) AS closed_at, if(j.outcome = 'open', NULL, j.close_date) AS close_date, stages, entered_at, contacts
    FROM ${sources.dealJourney} AS j
    WHERE counted = 1 AND ${ofTypes(dealTypes)} AND ${without}
    UNION ALL`
  return sql`
    ${conversion === 'deal' ? sql`` : openDeals}
    SELECT tenant, concat('open:account:', account) AS deal_id, account, last_at AS created_at, toUInt8(1) AS counted, 'won' AS outcome,
      toNullable(last_at) AS closed_at, CAST(NULL, 'Nullable(Date32)') AS close_date, emptyArrayString() AS stages, arrayResize([last_at], 0) AS entered_at, emptyArrayString() AS contacts
    FROM (
      SELECT tenant, account, max(occurred_at) AS last_at
      FROM ${touchesInScope(sources, question)}
      WHERE account != '' AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)}) ${standsAlone}
        AND account NOT IN (
          SELECT if(r.node = '', d.account, substring(r.root, 9))
          FROM (SELECT DISTINCT account FROM ${sources.dealJourney} WHERE counted = 1) AS d
          LEFT JOIN ${sources.roots} AS r ON r.node = concat('account:', d.account))
      GROUP BY tenant, account
    )`
}
