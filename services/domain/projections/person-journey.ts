import type { Definitions } from '../definitions/definitions.ts'
import { qualifyingDealStages } from '../definitions/stage-map.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { everKnown, everValid, foreverValid } from './in-force.ts'

export type PersonJourneyInputs = {
  readonly leadFacts: Sql
  readonly dealFacts: Sql
  readonly identities: Sql
  readonly accountTouches: Sql
  readonly dealJourney: Sql
  /** (tenant, person): the persons to compute; each gets a row, if an empty one. */
  readonly persons: Sql
  readonly tenant: string
  readonly definitions: Definitions
  readonly asOf: Sql
}

const stageOn = ({ stageMap }: Definitions, on: 'created' | 'accepted' | 'won'): string => stageMap.stages.find(stage => stage.on === on)?.name ?? ''

/** The company's names of lead stages as the stage map's; a stage that the map does not know keeps its name. */
const mappedStage = ({ stageMap }: Definitions): Sql => {
  const pairs = stageMap.stages.flatMap(stage => stage.lead_stages.map(lead => [lead, stage.name] as const))
  return sql`transform(toString(stage), ${bind.strings(pairs.map(([lead]) => lead))}, ${bind.strings(pairs.map(([, name]) => name))}, toString(stage))`
}

/**
 * One row per person with its journeys (metric dictionary, "Journey": one qualification cycle), arrays with one item a journey.
 *
 * What happened to the person is read in the order (occurred_at, recorded_at, event_id): an opener begins a journey while none is open (lead created,
 * a response, assigned, a stage entered, accepted); recycled, a definitional rejection, disqualified, merged, erased, or the closing of the deal that
 * it feeds end it. The deal is the one that `lead-converted` names, else the first to which the person is linked while the journey is open. A deal
 * that was qualified before counts from the moment the journey feeds it.
 */
export const personJourney = (inputs: PersonJourneyInputs): Sql => sql`
  SELECT p.tenant AS tenant, p.person AS person, p.account AS account,
    arrayMap(j -> j.1, p.journeys) AS opened_at, arrayMap(j -> j.2, p.journeys) AS opened_by, arrayMap(j -> j.3, p.journeys) AS ended_at,
    arrayMap(j -> j.4, p.journeys) AS outcome, arrayMap(j -> j.5, p.journeys) AS stages, arrayMap(j -> j.6, p.journeys) AS entered_at,
    arrayMap(j -> j.7, p.journeys) AS stage_event_ids, arrayMap(j -> j.8, p.journeys) AS channel, arrayMap(j -> j.9, p.journeys) AS campaign,
    arrayMap(j -> j.10, p.journeys) AS owner, arrayMap(j -> if(j.11 != '', j.11, j.12), p.journeys) AS deal_id
  FROM (
    SELECT tenant, person, account, if(folded.2, arrayPushBack(folded.1, folded.3), folded.1) AS journeys
    FROM (
      SELECT tenant, person, account, ${fold(inputs.definitions)} AS folded
      FROM (
        SELECT w.tenant AS tenant, w.person AS person, a.account AS account,
          arraySort(e -> (e.1, e.2, e.3, e.4), groupArrayIf(e.event, e.tenant != '')) AS events
        FROM (SELECT DISTINCT tenant, person FROM (${inputs.persons}) WHERE tenant = ${bind.string(inputs.tenant)}) AS w
        LEFT JOIN (${happened(inputs)}) AS e ON e.tenant = w.tenant AND e.person = w.person
        LEFT JOIN (
          SELECT tenant, subject, min(account) AS account
          FROM ${inputs.identities}
          WHERE tenant = ${bind.string(inputs.tenant)} AND (tenant, subject) IN (${inputs.persons}) AND known_from <= ${inputs.asOf} AND known_to > ${inputs.asOf} AND valid_to = ${foreverValid}
          GROUP BY tenant, subject
        ) AS a ON a.tenant = w.tenant AND a.subject = w.person
        GROUP BY tenant, person, account
      )
    )
  ) AS p`

/**
 * (tenant, person, event): (at, recorded_at, event_id, act, stage, outcome, deal, owner, channel, campaign, deal_qualified_at). `act`: open (begins a journey
 * where none is open), end, convert, link, stage (of the deal), close (of the deal).
 */
const happened = ({ leadFacts, dealFacts, accountTouches, dealJourney, persons, tenant, definitions, asOf }: PersonJourneyInputs): Sql => sql`
  SELECT tenant, subject AS person, (occurred_at, recorded_at, event_id,
      multiIf(type = 'lead-converted', 'convert', type IN ('lead-created', 'lead-stage-changed', 'lead-assigned', 'lead-accepted'), 'open', 'end'),
      multiIf(type = 'lead-created', ${bind.string(stageOn(definitions, 'created'))}, type = 'lead-accepted', ${bind.string(stageOn(definitions, 'accepted'))},
        type = 'lead-stage-changed', ${mappedStage(definitions)}, ''),
      multiIf(type = 'lead-recycled', 'recycled', type = 'lead-rejected', 'rejected', type = 'lead-disqualified', 'disqualified', type = 'person-merged', 'merged', type = 'person-erased', 'erased', toString(type)),
      deal_id, toString(owner), '', '', ${foreverValid}) AS event
  FROM ${leadFacts}
  WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND (tenant, subject) IN (${persons})
    AND (type IN ('lead-created', 'lead-stage-changed', 'lead-assigned', 'lead-accepted', 'lead-converted', 'lead-recycled', 'lead-disqualified', 'person-merged', 'person-erased')
      OR (type = 'lead-rejected' AND reason_class = 'definitional'))
  UNION ALL
  SELECT tenant, arrayJoin(persons) AS person, (occurred_at, recorded_at, touch_id, 'open', '', 'response', '', '', toString(channel), toString(campaign), ${foreverValid}) AS event
  FROM (
    SELECT DISTINCT tenant, persons, occurred_at, recorded_at, touch_id, channel, campaign
    FROM ${accountTouches}
    WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})
      AND hasAny(persons, (SELECT groupUniqArray(person) FROM (${persons})))
  )
  UNION ALL
  SELECT f.tenant AS tenant, f.person AS person, arrayJoin(arrayFilter(x -> x.4 != '', [
      (f.at, f.said, f.event_id, f.act, '', '', f.deal_id, '', '', '', d.qualified_at),
      (d.qualified_at, ${everKnown}, d.qualified_event_id, if(d.qualified_at < ${foreverValid}, 'stage', ''), 'sqo', '', f.deal_id, '', '', '', d.qualified_at),
      (d.closed, ${everKnown}, d.closed_event_id, if(d.outcome = 'open', '', 'close'), if(d.outcome = 'won', ${bind.string(stageOn(definitions, 'won'))}, ''), toString(d.outcome), f.deal_id, '', '', '', d.qualified_at)
    ])) AS event
  FROM (
    SELECT tenant, person, deal_id, min(at) AS at, argMin(said, (at, said, event_id)) AS said, argMin(event_id, (at, said, event_id)) AS event_id, argMin(act, (at, said, event_id)) AS act
    FROM (
      SELECT tenant, person, subject AS deal_id, occurred_at AS at, recorded_at AS said, event_id, 'link' AS act
      FROM ${dealFacts}
      WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND type = 'deal-contact-linked' AND (tenant, person) IN (${persons})
      UNION ALL
      SELECT tenant, subject AS person, deal_id, occurred_at AS at, recorded_at AS said, event_id, '' AS act
      FROM ${leadFacts}
      WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND type = 'lead-converted' AND deal_id != '' AND (tenant, subject) IN (${persons})
    )
    GROUP BY tenant, person, deal_id
  ) AS f
  INNER JOIN (
    SELECT tenant, deal_id, outcome, closed_event_id, ifNull(closed_at, ${foreverValid}) AS closed,
      if(has_sqo = 0, ${foreverValid}, entered_at[has_sqo]) AS qualified_at, if(has_sqo = 0, '', stage_event_ids[has_sqo]) AS qualified_event_id
    FROM (
      SELECT *, arrayFirstIndex(s -> has(${bind.strings(qualifyingDealStages(definitions.stageMap))}, s), stages) AS has_sqo
      FROM ${dealJourney}
      WHERE tenant = ${bind.string(tenant)} AND counted = 1
    )
  ) AS d ON d.tenant = f.tenant AND d.deal_id = f.deal_id`

/** Walks the events once: (journeys that ended, is one open, the open one). A journey: (opened_at, opened_by, ended_at, outcome, stages, entered_at, event ids, channel, campaign, owner, converted to, linked to). */
const fold = (definitions: Definitions): Sql => {
  const sqo = bind.string(definitions.stageMap.stages.find(stage => stage.deal_stages.length > 0)?.name ?? 'sqo')
  const none = sql`(${everValid}, '', ${foreverValid}, 'open', emptyArrayString(), arrayResize([${everValid}], 0), emptyArrayString(), '', '', '', '', '')`
  const entering = (stage: Sql, at: Sql): Sql => sql`(${stage} != '' AND (empty(acc.3.5) OR acc.3.5[-1] != ${stage}) AND ${at} = ${at})`
  const update = sql`(acc.3.1, acc.3.2, acc.3.3, acc.3.4,
      if(${entering(sql`e.5`, sql`e.1`)}, arrayPushBack(acc.3.5, e.5), acc.3.5),
      if(${entering(sql`e.5`, sql`e.1`)}, arrayPushBack(acc.3.6, e.1), acc.3.6),
      if(${entering(sql`e.5`, sql`e.1`)}, arrayPushBack(acc.3.7, e.3), acc.3.7),
      if(acc.3.8 = '' AND acc.3.9 = '', e.9, acc.3.8), if(acc.3.8 = '' AND acc.3.9 = '', e.10, acc.3.9), if(e.8 != '', e.8, acc.3.10), acc.3.11, acc.3.12)`
  const begin = sql`(e.1, if(e.6 = '', 'lead', e.6), ${foreverValid}, 'open',
      if(e.5 != '', [e.5], emptyArrayString()), if(e.5 != '', [e.1], arrayResize([${everValid}], 0)), if(e.5 != '', [e.3], emptyArrayString()), e.9, e.10, e.8, '', '')`
  const late = sql`(e.11 <= e.1 AND NOT has(acc.3.5, ${sqo}) AND (e.4 = 'convert' OR (acc.3.11 = '' AND acc.3.12 = '')))`
  const feed = sql`(acc.3.1, acc.3.2, acc.3.3, acc.3.4,
      if(${late}, arrayPushBack(acc.3.5, ${sqo}), acc.3.5), if(${late}, arrayPushBack(acc.3.6, e.1), acc.3.6), if(${late}, arrayPushBack(acc.3.7, e.3), acc.3.7),
      acc.3.8, acc.3.9, acc.3.10,
      if(e.4 = 'convert' AND acc.3.11 = '', e.7, acc.3.11), if(e.4 = 'link' AND acc.3.12 = '', e.7, acc.3.12))`
  const end = (outcome: Sql): Sql =>
    sql`(acc.3.1, acc.3.2, e.1, ${outcome}, acc.3.5, acc.3.6, acc.3.7, acc.3.8, acc.3.9, acc.3.10, acc.3.11, acc.3.12)`
  const endWon = sql`(acc.3.1, acc.3.2, e.1, e.6,
      if(e.5 != '', arrayPushBack(acc.3.5, e.5), acc.3.5), if(e.5 != '', arrayPushBack(acc.3.6, e.1), acc.3.6), if(e.5 != '', arrayPushBack(acc.3.7, e.3), acc.3.7),
      acc.3.8, acc.3.9, acc.3.10, acc.3.11, acc.3.12)`
  const feeds = sql`e.7 = if(acc.3.11 != '', acc.3.11, acc.3.12)`
  return sql`arrayFold((acc, e) -> multiIf(
      acc.2 = 0 AND e.4 = 'open', (acc.1, toUInt8(1), ${begin}),
      acc.2 = 0, acc,
      e.4 = 'open', (acc.1, toUInt8(1), ${update}),
      e.4 = 'end', (arrayPushBack(acc.1, ${end(sql`e.6`)}), toUInt8(0), ${none}),
      e.4 IN ('convert', 'link'), (acc.1, toUInt8(1), ${feed}),
      e.4 = 'stage' AND ${feeds} AND NOT has(acc.3.5, e.5), (acc.1, toUInt8(1), ${update}),
      e.4 = 'close' AND ${feeds}, (arrayPushBack(acc.1, ${endWon}), toUInt8(0), ${none}),
      acc
    ), events, (arrayResize([${none}], 0), toUInt8(0), ${none}))`
}
