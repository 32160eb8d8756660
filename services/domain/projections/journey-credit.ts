import { type AttributionModel, modelName } from '../definitions/attribution-model.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { WHOLE } from './credit-by-model.ts'
import { creditableTouch, type EligibleInputs, eligibleTouches } from './eligible-touches.ts'
import { foreverValid } from './in-force.ts'
import { unitCredit } from './unit-credit.ts'

export type JourneyConversion = 'lead' | 'mql'

export type JourneyCreditInputs = EligibleInputs & {
  /** Rows of `person_journey` as of `asOf`. */
  readonly personJourney: Sql
  readonly models: readonly AttributionModel[]
  /** Other units in place of the journeys, as `journeyUnits` has them; whom nobody knows is a `person` of its own then, by its subject. */
  readonly units?: Sql
}

/** The stage that makes a journey one; '' where the company has none. */
export const stageOf = ({ stageMap }: Definitions, conversion: JourneyConversion): string =>
  stageMap.stages.find(stage => (conversion === 'lead' ? stage.on === 'created' : stage.name === 'mql'))?.name ?? ''

/** (tenant, unit, person, account, counted, excluded_because, opened_at, stages, entered_at, stage_event_ids), one row a journey: `person:p#1` is the first of p. */
export const journeyUnits = (personJourney: Sql): Sql => sql`
  SELECT tenant, concat(person, '#', toString(n)) AS unit, person, account, toUInt8(because = '') AS counted, because AS excluded_because,
    j.1 AS opened_at, j.2 AS stages, j.3 AS entered_at, j.4 AS stage_event_ids
  FROM (
    SELECT tenant, person, toString(account) AS account, toString(excluded_because) AS because, arrayZip(opened_at, stages, entered_at, stage_event_ids) AS journeys
    FROM ${personJourney}
  )
  ARRAY JOIN journeys AS j, arrayEnumerate(journeys) AS n`

/** By whom a touch is: persons, or a visitor whom nobody knows. */
export const WHO: Sql = sql`if(empty(persons), [subject], persons)`

/**
 * Credit of leads and MQLs (see unitCredit): the unit is the journey, what may count are the touches of its person, in whatever account; nothing is
 * shared among accounts, because a person is one.
 */
export const journeyCredit = (inputs: JourneyCreditInputs): Sql => {
  const [lead, mql] = (['lead', 'mql'] as const).map(
    conversion => sql`indexOf(stages, ${bind.string(stageOf(inputs.definitions, conversion))})`,
  )
  const at = (place: Sql): Sql => sql`if(${place} = 0, ${foreverValid}, entered_at[${place}])`
  const reached = (place: Sql): Sql => sql`toUInt8(counted = 1 AND ${place} > 0)`
  const own = bind.string(inputs.tenant)
  const gathered = sql`
    SELECT j.tenant AS tenant, j.unit AS unit, j.account AS account, j.opened_at AS created_at, ${foreverValid} AS deal_at, [j.person] AS contact_roots,
      [('lead', j.is_lead, j.lead_at), ('mql', j.is_mql, j.mql_at)] AS conversions, t.in_order AS in_order,
      if(j.is_lead = 1, [(j.lead_at, toDateTime64(j.lead_at, 3, 'UTC'), [j.person])], arrayResize([(j.lead_at, toDateTime64(j.lead_at, 3, 'UTC'), [j.person])], 0)) AS leads
    FROM (
      SELECT tenant, unit, person, account, opened_at, ${reached(lead ?? sql`0`)} AS is_lead, ${at(lead ?? sql`0`)} AS lead_at,
        ${reached(mql ?? sql`0`)} AS is_mql, ${at(mql ?? sql`0`)} AS mql_at
      FROM (${inputs.units ?? journeyUnits(sql`(SELECT * FROM ${inputs.personJourney} WHERE tenant = ${own})`)})
    ) AS j
    LEFT JOIN (
      SELECT tenant, person, arraySort(groupUniqArray(touch)) AS in_order
      FROM (SELECT tenant, ${inputs.units === undefined ? sql`persons` : WHO} AS whose, ${creditableTouch(inputs.definitions, sql`${bind.uint(WHOLE)}`)} AS touch
        FROM ${eligibleTouches(inputs, inputs.units === undefined ? sql`notEmpty(persons)` : sql`NOT startsWith(subject, 'account:')`)})
      ARRAY JOIN whose AS person
      GROUP BY tenant, person
    ) AS t ON t.tenant = j.tenant AND t.person = j.person`
  return unitCredit({ gathered, linkage: 'implicit' }, inputs.models)
}

/** The models of those names. */
export const modelsNamed = ({ models }: Definitions, names: readonly string[]): readonly AttributionModel[] =>
  models.filter(model => names.includes(modelName(model)))
