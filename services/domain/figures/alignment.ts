import type { BuyingGroup } from '../definitions/buying-group.ts'
import { channelKey } from '../definitions/channel-map.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'
import { deals, isOfType } from './attribution.ts'
import { type DealsQuestion as SourcedQuestion, withDimensions } from './deal-dimensions.ts'
import { dimensionColumns } from './funnel-dimensions.ts'
import { dealWays, type DealsQuestion } from './funnel-deals.ts'
import type { Facts } from './funnel-measures.ts'
import { within } from './funnel-stages.ts'
import { ofContacts, salesOfDeals } from './sales-touches.ts'
import type { FigureSources } from './sources.ts'
import { qualifiedPlace, stagePaths } from './stage-paths.ts'

/**
 * M101: what deals that became SQOs are worth, and of those with a response to marketing and a touch by a human of sales before. `question` is on pipeline × sqo; marketing's responses
 * are those that are eligible for its model's window.
 */
export const jointTouch = (sources: FigureSources, question: SourcedQuestion, definitions: Definitions): Facts => {
  const { by, filters, ...rest } = question
  const { columns, joins, filtered } = withDimensions(sources, { by, filters })
  return {
    kind: 'rate',
    labels: [],
    rows: sql`
      SELECT * FROM (
        SELECT 'deal' AS entity, x.deal_id AS unit, x.account AS account, x.deal_id AS deal_id, x.converted_at AS at, x.excluded AS reason, toUInt8(0) AS young,
          arrayFirst((id, team) -> team = 'marketing', x.touch_ids, x.teams) AS responded,
          arrayFirst(t -> t.5 = 1 AND t.1 <= x.converted_at, ${ofContacts(sql`s.sales`)}).3 AS touched,
          [responded, touched, x.conversion_event_id] AS event_ids,
          multiIf(responded != '' AND touched != '', 'both', responded != '', 'marketing alone', touched != '', 'sales alone', 'neither') AS note,
          if(note = 'both', x.money, toInt128(0)) AS num, x.money AS den
          ${columns}
        FROM (${deals(sources, { ...rest, by: [], filters: {} })}) AS x
        LEFT JOIN (${salesOfDeals(sources, definitions)}) AS s ON s.deal_id = x.deal_id
        ${joins}
      )
      WHERE ${filtered}`,
  }
}

/** A word of the source as a key: `Finance lead` and `finance-lead` are one. */
const keyed = (column: Sql): Sql => sql`replaceRegexpAll(lower(trimBoth(${column})), '[ \\t-]+', '_')`

/** (covered, before, roles, ids): the buying roles of each deal's contacts just before each of some instants: what the link said, else those that the person's persona fills. */
const rolesBefore = ({ dealFacts, recordFacts }: FigureSources, { roles }: BuyingGroup, instants: Sql): Sql => {
  const personas = roles.flatMap(({ role, personas: names }) => names.map(name => [channelKey(name), role] as const))
  const persona = sql`arrayLast(s -> s.1 < l.before, p.said).4`
  return sql`
    SELECT covered, before, arraySort(groupUniqArrayIf(role, role != '')) AS roles, arraySort(groupArray(linked_by)) AS ids
    FROM (
      SELECT l.covered AS covered, l.before AS before, l.last.3 AS linked_by,
        if(l.last.5 != '', ${keyed(sql`l.last.5`)}, ${keyed(sql`transform(${keyed(persona)}, ${bind.strings(personas.map(([name]) => name))}, ${bind.strings(personas.map(([, role]) => role))}, '')`)}) AS role
      FROM (
        SELECT subject AS covered, person AS whom, before, max((occurred_at, recorded_at, event_id, toString(type), toString(buying_role))) AS last
        FROM (SELECT * FROM ${dealFacts} WHERE type IN ('deal-contact-linked', 'deal-contact-unlinked') AND person != '')
        ARRAY JOIN ${instants} AS before
        WHERE occurred_at < before
        GROUP BY covered, whom, before
      ) AS l
      LEFT JOIN (
        SELECT subject AS known, arraySort(groupArrayIf((occurred_at, recorded_at, event_id, JSONExtractString(payload, 'persona')), JSONExtractString(payload, 'persona') != '')) AS said
        FROM ${recordFacts}
        WHERE type IN ('person-created', 'person-updated')
        GROUP BY known
      ) AS p ON p.known = if(startsWith(l.whom, 'person:'), l.whom, concat('person:', l.whom))
      WHERE l.last.4 = 'deal-contact-linked'
    )
    GROUP BY covered, before`
}

/** When something is read: just before an instant (ms). */
export type ReadAt = { readonly name: string; readonly before: number }

/** M102, by `period`: of the qualified deals that are open just before each instant those with at least `min_roles` buying roles among their contacts. */
export const roleCoverage = (sources: FigureSources, question: DealsQuestion, group: BuyingGroup, at: readonly ReadAt[]): Facts => {
  const { stageMap, dealTypes } = question
  const instants = sql`[${joinSql(
    at.map(({ before }) => sql`${bind.businessInstant(before)}`),
    ', ',
  )}]`
  const qualified = bind.int(qualifiedPlace(stageMap))
  return {
    kind: 'rate',
    labels: ['period'],
    rows: sql`
      SELECT 'deal' AS entity, unit, account, deal_id, ids AS event_ids, sqo_at AS at, arrayStringConcat(roles, ', ') AS note, '' AS reason, toUInt8(0) AS young, period,
        toUInt8(length(roles) >= ${bind.uint(group.min_roles)}) AS num, toUInt8(1) AS den${dimensionColumns(sources, question, sql`(open_before - toIntervalMicrosecond(1))`)}
      FROM (
        SELECT *, open_before, period, arrayFirst(m -> m.1 >= ${qualified}, moves).2 AS sqo_at
        FROM (${stagePaths(sources, question)})
        ARRAY JOIN ${instants} AS open_before, ${bind.strings(at.map(({ name }) => name))} AS period
        WHERE arrayExists(m -> m.1 >= ${qualified} AND m.2 < open_before, moves) AND ended_at >= open_before
          AND unit IN (SELECT deal_id FROM ${sources.dealJourney} WHERE ${dealTypes.length === 0 ? sql`1` : isOfType(dealTypes)})
      ) AS d
      LEFT JOIN (${rolesBefore(sources, group, instants)}) AS r ON r.covered = d.unit AND r.before = d.open_before`,
  }
}

/** M103: lost deals by close date, by the reason that was given (`of` = reason) and by who won instead (`of` = competitor). Each adds up to all that were lost. */
export const lossMix = (sources: FigureSources, question: DealsQuestion): Facts => ({
  kind: 'mix',
  labels: ['of', 'outcome'],
  rows: sql`
    SELECT 'deal' AS entity, unit, account, deal_id, [closed_event_id] AS event_ids, sold_at AS at, why.2 AS note, if(mistaken, 'duplicate_or_error', '') AS reason, why.1 AS of,
      if(why.2 = '', '(none)', why.2) AS outcome, toUInt8(1) AS num, toUInt8(1) AS den, toUInt8(0) AS young${dimensionColumns(sources, question, sql`sold_at`)}
    FROM (
      SELECT d.*, [('reason', toString(l.given)), ('competitor', toString(l.against))] AS whys
      FROM (SELECT * EXCEPT (outcome) FROM (${dealWays(sources, question)}) WHERE outcome = 'lost' AND ${within(sql`sold_at`, question.from, question.to)}) AS d
      LEFT JOIN (SELECT event_id AS by_event, reason AS given, competitor AS against FROM ${sources.dealFacts} WHERE type = 'deal-closed') AS l ON l.by_event = d.closed_event_id
    )
    ARRAY JOIN whys AS why`,
})
