import type { Definitions } from '../definitions/definitions.ts'
import { exitStages, flagged, qualifyingDealStages, timeoutsOf } from '../definitions/stage-map.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { campaignAliases } from './campaign-aliases.ts'
import { countedTouches, type TouchRules } from './counted-touches.ts'
import { excludedRecords } from './excluded.ts'
import { everKnown, everValid, foreverValid } from './in-force.ts'
import { channelOfTouch } from './meant-channel.ts'

export type PersonJourneyInputs = {
  readonly leadFacts: Sql
  readonly linkFacts: Sql
  readonly dealFacts: Sql
  readonly recordFacts: Sql
  readonly roots: Sql
  readonly identities: Sql
  readonly accountTouches: Sql
  readonly dealJourney: Sql
  /** (tenant, person): the persons to compute; each gets a row, if an empty one. */
  readonly persons: Sql
  readonly tenant: string
  readonly definitions: Definitions
  readonly asOf: Sql
}

const stageOn = ({ stageMap }: Definitions, on: 'created' | 'accepted' | 'won'): string =>
  stageMap.stages.find(stage => stage.on === on)?.name ?? ''

/** The company's names of lead stages as the stage map's; a stage that the map does not know keeps its name. */
const mappedStage = ({ stageMap }: Definitions): Sql => {
  const pairs = stageMap.stages.flatMap(stage => stage.lead_stages.map(lead => [lead, stage.name] as const))
  return sql`transform(toString(stage), ${bind.strings(pairs.map(([lead]) => lead))}, ${bind.strings(pairs.map(([, name]) => name))}, toString(stage))`
}

/**
 * One row per person with its journeys (metric dictionary, "Journey": one qualification cycle), arrays with one item a journey.
 *
 * What happened to the person is read in the order (occurred_at, recorded_at, event_id). An opener begins a journey while none is open: lead created,
 * assigned, a stage entered, accepted; a response only after an earlier journey ended, or every visitor would be a lead. Recycled, a definitional rejection,
 * disqualified, merged, erased end it, so does standing in a stage longer than its `timeout_days` without a sign while no deal is fed, and the closing of the deal that it feeds: the one that `lead-converted` names, else the first to which the person
 * is linked while it is open. Its stages are those of the person and of that deal that were entered while it was open.
 *
 * `excluded_because` says why they do not count, if so: the person, or all accounts that it is in, are excluded.
 */
export const personJourney = (inputs: PersonJourneyInputs): Sql => {
  const limits = timeoutsOf(inputs.definitions.stageMap)
  return sql`
  SELECT tenant, person, account, because AS excluded_because,
    arrayMap(j -> j.1, journeys) AS opened_at, arrayMap(j -> j.2, journeys) AS opened_by, arrayMap(j -> j.3, journeys) AS ended_at,
    arrayMap(j -> j.4, journeys) AS outcome,
    arrayMap(ss -> arrayMap(s -> s.1, ss), entered) AS stages, arrayMap(ss -> arrayMap(s -> s.2, ss), entered) AS entered_at,
    arrayMap(ss -> arrayMap(s -> s.3, ss), entered) AS stage_event_ids,
    arrayMap(j -> j.6, journeys) AS channel, arrayMap(j -> j.7, journeys) AS campaign, arrayMap(j -> j.8, journeys) AS owner,
    arrayMap(j -> if(j.9 != '', j.9, j.10), journeys) AS deal_id
  FROM (
    SELECT tenant, person, account, because, journeys,
      -- entering the stage that one is in is no entry
      arrayMap(said -> arrayFilter((s, i) -> i = 1 OR s.1 != said[i - 1].1, said, arrayEnumerate(said)), heard) AS entered
    FROM (
      SELECT tenant, person, account, because, journeys, arrayMap(j -> arrayFilter(s -> s.4 = '' OR s.4 = if(j.9 != '', j.9, j.10), j.5), journeys) AS heard
      FROM (
        SELECT tenant, person, account, because, if(folded.2, arrayPushBack(folded.1, folded.3), folded.1) AS journeys
        FROM (
          -- nobody's first journey begins without an opener: whoever has none is not walked
          SELECT tenant, person, account, because, if(arrayExists(e -> e.4 = 'open', happened), ${limits.length === 0 ? sql`happened` : ticked}, arraySlice(happened, 1, 0)) AS events, ${fold(limits)} AS folded
          FROM (
            SELECT w.tenant AS tenant, w.person AS person, a.account AS account, a.because AS because,
              arraySort(e -> (e.1, e.2, e.3, e.4), groupArrayIf(e.event, e.tenant != '')) AS happened
            FROM (SELECT DISTINCT tenant, person FROM (${inputs.persons}) WHERE tenant = ${bind.string(inputs.tenant)}) AS w
            LEFT JOIN (${happened(inputs)}) AS e ON e.tenant = w.tenant AND e.person = w.person
            LEFT JOIN (${placesOf(inputs)}) AS a ON a.tenant = w.tenant AND a.subject = w.person
            GROUP BY tenant, person, account, because
          )
        )
      )
    )
  )`
}

/** What shows that somebody still is in a journey: what was said of the lead, and responses. A deal goes its own way. */
const isSign = (act: Sql): Sql => sql`${act} IN ('open', 'response', 'end')`

/**
 * `happened` with a tick before each event and one at the end of time, which says when the last sign before it was: by it the walk sees whether the journey had timed out by then. The last one may end
 * a journey at an instant that is still to come: whoever reads it decides by what time it is (`figureSources`), so that a row stays a function of facts alone.
 */
const ticked: Sql = (() => {
  const signs = sql`arrayFill(x -> x != ${everValid}, arrayPushFront(arrayMap(e -> if(${isSign(sql`e.4`)}, e.1, ${everValid}), happened), ${everValid}))`
  const tick = (at: Sql, sign: Sql): Sql => sql`(${at}, ${everKnown}, '', 'tick', '', '', '', '', '', '', (${sign}, ${everKnown}, ''), '')`
  return sql`arrayPushBack(arrayFlatten(arrayMap((e, sign) -> [${tick(sql`e.1`, sql`sign`)}, e], happened, arrayPopBack(${signs}))), ${tick(foreverValid, sql`${signs}[-1]`)})`
})()

const rulesOf = ({ recordFacts, roots, tenant, definitions: { exceptions }, asOf }: PersonJourneyInputs): TouchRules => {
  const own = sql`tenant = ${bind.string(tenant)}`
  return {
    excluded: exceptions.exclusions ? excludedRecords({ recordFacts, roots, asOf, tenants: own }) : null,
    campaigns: exceptions.aliases ? campaignAliases({ recordFacts, asOf, tenant: own }) : null,
  }
}

/**
 * (tenant, subject, account, because): where the persons belong now, the first by name where there are several; one that counts before those that
 * do not. `because`: why the person does not count.
 */
const placesOf = (inputs: PersonJourneyInputs): Sql => {
  const { identities, persons, tenant, asOf } = inputs
  const where = sql`
    tenant = ${bind.string(tenant)} AND (tenant, subject) IN (${persons}) AND known_from <= ${asOf} AND known_to > ${asOf} AND valid_to = ${foreverValid}`
  const { excluded } = rulesOf(inputs)
  if (excluded === null)
    return sql`SELECT tenant, subject, min(account) AS account, '' AS because FROM ${identities} WHERE ${where} GROUP BY tenant, subject`
  return sql`
    SELECT tenant, subject, place.2 AS account, if(own != '', own, place.3) AS because
    FROM (
      SELECT i.tenant AS tenant, i.subject AS subject, min((a.reason != '', i.account, a.reason)) AS place, max(p.reason) AS own
      FROM (
        SELECT tenant, subject, account FROM ${identities} WHERE ${where}
        UNION ALL
        -- a person of whom nothing else is known can be excluded too
        SELECT tenant, person AS subject, '' AS account FROM (${persons})
        WHERE tenant = ${bind.string(tenant)} AND (tenant, person) NOT IN (SELECT tenant, subject FROM ${identities} WHERE ${where})
      ) AS i
      LEFT JOIN (${excluded}) AS a ON a.record = concat('account:', i.account)
      LEFT JOIN (${excluded}) AS p ON p.record = i.subject
      GROUP BY tenant, subject
    )`
}

/** An event of a person's life that says nothing about a deal: the last three items of its tuple. */
const noDeal = sql`'', (${foreverValid}, ${everKnown}, ''), ''`

/**
 * (tenant, person, event): (at, recorded_at, event_id, act, stage, detail, owner, channel, campaign, deal, when the deal was closed, how). `act`: open (begins a
 * journey where none is open), response, end, convert, link, stage (of the deal), close (of the deal).
 */
const happened = (inputs: PersonJourneyInputs): Sql => {
  const { leadFacts, linkFacts, roots, dealFacts, accountTouches, dealJourney, persons, tenant, definitions, asOf } = inputs
  // who has no opener has no journey, whatever the touches are: a visitor's are not even read
  const walked = sql`
    SELECT tenant, subject AS person FROM ${leadFacts}
    WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND type IN ('lead-created', 'lead-stage-changed', 'lead-assigned', 'lead-accepted') AND (tenant, subject) IN (${persons})`
  const ofTheirs = sql`tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)})
      -- whose touches they can be: their own, those of everybody merged into them, and those of the aliases of all of them
      AND (tenant, subject) IN (
        ${walked}
        UNION DISTINCT SELECT tenant, node FROM ${roots} WHERE tenant = ${bind.string(tenant)} AND (tenant, root) IN (${walked})
        UNION DISTINCT SELECT tenant, subject FROM ${linkFacts} WHERE tenant = ${bind.string(tenant)} AND relation = 'link' AND (
          (tenant, target) IN (${walked}) OR (tenant, target) IN (SELECT tenant, node FROM ${roots} WHERE tenant = ${bind.string(tenant)} AND (tenant, root) IN (${walked}))))
      AND hasAny(persons, (SELECT groupUniqArray(person) FROM (${walked})))`
  // lead stages by which the company says that a journey ends
  const ends = exitStages(definitions.stageMap)
  const isExit = sql`type = 'lead-stage-changed' AND stage IN (${bind.strings(ends.map(([stage]) => stage))})`
  const exits =
    ends.length === 0
      ? null
      : sql`transform(toString(stage), ${bind.strings(ends.map(([stage]) => stage))}, ${bind.strings(ends.map(([, outcome]) => outcome))}, '')`
  return sql`
  SELECT tenant, subject AS person, (occurred_at, recorded_at, event_id,
      if(type IN ('lead-created', 'lead-stage-changed', 'lead-assigned', 'lead-accepted')${exits === null ? sql`` : sql` AND NOT (${isExit})`}, 'open', 'end'),
      multiIf(type = 'lead-created', ${bind.string(stageOn(definitions, 'created'))}, type = 'lead-accepted', ${bind.string(stageOn(definitions, 'accepted'))},
        type = 'lead-stage-changed'${exits === null ? sql`` : sql` AND NOT (${isExit})`}, ${mappedStage(definitions)}, ''),
      multiIf(type = 'lead-recycled', 'recycled', type = 'lead-rejected', 'rejected', type = 'lead-disqualified', 'disqualified', type = 'person-erased', 'erased', ${exits === null ? sql`` : sql`${isExit}, ${exits}, `}toString(type)),
      toString(owner), '', '', ${noDeal}) AS event
  FROM ${leadFacts}
  WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND (tenant, subject) IN (${persons})
    AND (type IN ('lead-created', 'lead-stage-changed', 'lead-assigned', 'lead-accepted', 'lead-recycled', 'lead-disqualified', 'person-erased')
      OR (type = 'lead-rejected' AND reason_class = 'definitional'))
  UNION ALL
  -- the merge in force, if it leads anywhere (the last said of a circle does not): the last said of those that are on
  SELECT tenant, person, (said.3, said.1, said.2, 'end', '', 'merged', '', '', '', ${noDeal}) AS event
  FROM (
    SELECT tenant, subject AS person, arraySort(f -> (f.3, f.1, f.2), arrayFilter(
        f -> f.4 = 1 AND f.5 != subject AND NOT arrayExists(g -> g.5 = f.5 AND (g.3, g.1, g.2) > (f.3, f.1, f.2), facts), facts))[-1] AS said
    FROM (
      SELECT tenant, subject, arraySort(groupArray((recorded_at, event_id, occurred_at, linked, target))) AS facts
      FROM ${linkFacts}
      WHERE tenant = ${bind.string(tenant)} AND relation = 'merge' AND recorded_at <= ${asOf} AND (tenant, subject) IN (${persons})
      GROUP BY tenant, subject
    )
  )
  WHERE said.2 != '' AND (tenant, person) IN (
    SELECT tenant, node FROM ${roots} WHERE tenant = ${bind.string(tenant)} AND known_from <= ${asOf} AND known_to > ${asOf} AND root != node)
  UNION ALL
  SELECT tenant, arrayJoin(persons) AS person, (occurred_at, recorded_at, touch_id, 'response', '', '', '', meant, toString(campaign), ${noDeal}) AS event
  FROM (
    SELECT DISTINCT tenant, persons, occurred_at, recorded_at, touch_id, ${channelOfTouch(definitions)} AS meant, campaign
    FROM ${countedTouches({ accountTouches, where: ofTheirs, rules: rulesOf(inputs) })}
  )
  UNION ALL
  SELECT f.tenant AS tenant, f.person AS person, arrayJoin(arrayFilter(x -> x.4 != '', arrayConcat(
      -- only one who still is a contact of the deal counts as linked
      arrayMap(w -> (w.1, w.2, w.3, if(w.4 = 'convert' OR has(d.contacts, f.person), w.4, ''), '', '', '', '', '', f.deal_id, d.closing, toString(d.outcome)), f.ways),
      [
        (d.qualified_at, d.qualified_recorded_at, d.qualified_event_id, if(d.qualified_event_id = '', '', 'stage'), ${sqoStage(definitions)}, '', '', '', '', f.deal_id, d.closing, ''),
        (d.closing.1, d.closing.2, d.closing.3, if(d.outcome = 'open', '', 'close'), if(d.outcome = 'won', ${bind.string(stageOn(definitions, 'won'))}, ''), toString(d.outcome), '', '', '', f.deal_id, d.closing, toString(d.outcome))
      ]))) AS event
  FROM (
    SELECT tenant, person, deal_id, arraySort(groupArray((at, said, event_id, act))) AS ways
    FROM (
      SELECT tenant, person, subject AS deal_id, occurred_at AS at, recorded_at AS said, event_id, 'link' AS act
      FROM ${dealFacts}
      WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND type = 'deal-contact-linked' AND (tenant, person) IN (${persons})
      UNION ALL
      SELECT tenant, subject AS person, deal_id, occurred_at AS at, recorded_at AS said, event_id, 'convert' AS act
      FROM ${leadFacts}
      WHERE tenant = ${bind.string(tenant)} AND recorded_at <= ${asOf} AND type = 'lead-converted' AND deal_id != '' AND (tenant, subject) IN (${persons})
    )
    GROUP BY tenant, person, deal_id
  ) AS f
  INNER JOIN (
    SELECT tenant, deal_id, outcome, contacts, (ifNull(closed_at, ${foreverValid}), closed_recorded_at, closed_event_id) AS closing,
      if(has_sqo = 0, ${foreverValid}, entered_at[has_sqo]) AS qualified_at, if(has_sqo = 0, ${everKnown}, entered_recorded_at[has_sqo]) AS qualified_recorded_at,
      if(has_sqo = 0, '', stage_event_ids[has_sqo]) AS qualified_event_id
    FROM (
      SELECT *, arrayFirstIndex(s -> has(${bind.strings(qualifyingDealStages(definitions.stageMap))}, s), stages) AS has_sqo
      FROM ${dealJourney}
      WHERE tenant = ${bind.string(tenant)} AND counted = 1
    )
  ) AS d ON d.tenant = f.tenant AND d.deal_id = f.deal_id`
}

const sqoStage = ({ stageMap }: Definitions): Sql =>
  sql`${bind.string((flagged(stageMap, 'qualified')[0] ?? stageMap.stages.find(stage => stage.deal_stages.length > 0))?.name ?? 'sqo')}`

/** Nobody's journey yet: (opened_at, opened_by, ended_at, outcome, stages said, channel, campaign, owner, converted to, linked to). */
const none = sql`(${everValid}, '', ${foreverValid}, 'open', arrayResize([('', ${everValid}, '', '')], 0), '', '', '', '', '')`

/** CRMs stamp a lead seconds to minutes after the form that made it. */
const SAME_MOMENT_MINUTES = 60

/** Walks the events once: (journeys that ended, is one open, the open one, channel and campaign of the last response). */
const fold = (limits: readonly (readonly [stage: string, days: number])[]): Sql => {
  const entry = sql`arrayPushBack(acc.3.5, (e.5, e.1, e.3, e.10))`
  const begin = sql`(e.1, e.3, ${foreverValid}, 'open', if(e.5 != '', [(e.5, e.1, e.3, '')], arrayResize([('', ${everValid}, '', '')], 0)),
      if(e.4 = 'response', e.8, acc.4.1), if(e.4 = 'response', e.9, acc.4.2), e.7, '', '')`
  const entering = sql`(acc.3.1, acc.3.2, acc.3.3, acc.3.4, if(e.5 != '' AND e.6 != 'lead-created', ${entry}, acc.3.5), acc.3.6, acc.3.7, if(e.7 != '', e.7, acc.3.8), acc.3.9, acc.3.10)`
  const responding = sql`(acc.3.1, acc.3.2, acc.3.3, acc.3.4, acc.3.5,
      if(acc.3.6 = '' AND acc.3.7 = '' AND e.1 <= acc.3.1 + toIntervalMinute(${bind.uint(SAME_MOMENT_MINUTES)}), e.8, acc.3.6),
      if(acc.3.6 = '' AND acc.3.7 = '' AND e.1 <= acc.3.1 + toIntervalMinute(${bind.uint(SAME_MOMENT_MINUTES)}), e.9, acc.3.7), acc.3.8, acc.3.9, acc.3.10)`
  const ending = sql`(acc.3.1, acc.3.2, e.1, e.6, if(e.5 != '', ${entry}, acc.3.5), acc.3.6, acc.3.7, acc.3.8, acc.3.9, acc.3.10)`
  const feeding = (endedAt: Sql, outcome: Sql): Sql => sql`(acc.3.1, acc.3.2, ${endedAt}, ${outcome}, acc.3.5, acc.3.6, acc.3.7, acc.3.8,
      if(e.4 = 'convert' AND acc.3.9 = '', e.10, acc.3.9), if(e.4 = 'link' AND acc.3.10 = '', e.10, acc.3.10))`
  // after this event, is it this deal that the journey feeds?
  const fedByThis = sql`if(acc.3.9 != '', acc.3.9 = e.10, e.4 = 'convert' OR acc.3.10 = '' OR acc.3.10 = e.10)`
  const feeds = sql`e.10 = if(acc.3.9 != '', acc.3.9, acc.3.10)`
  const known = sql`if(e.4 = 'response', (e.8, e.9), acc.4)`
  const days = sql`transform(arrayLast(s -> s.4 = '', acc.3.5).1, ${bind.strings(limits.map(([stage]) => stage))}, ${bind.ints(limits.map(([, days_]) => days_))}, toInt64(0))`
  const due = sql`(e.11.1 + toIntervalDay(${days}))`
  const timedOut = sql`(acc.3.1, acc.3.2, ${due}, 'timed_out', acc.3.5, acc.3.6, acc.3.7, acc.3.8, acc.3.9, acc.3.10)`
  const ticks = sql`
      e.4 = 'tick' AND acc.2 = 1 AND acc.3.9 = '' AND acc.3.10 = '' AND ${days} > 0 AND ${due} < e.1, (arrayPushBack(acc.1, ${timedOut}), toUInt8(0), ${none}, acc.4),
      e.4 = 'tick', acc,`
  return sql`arrayFold((acc, e) -> multiIf(${limits.length === 0 ? sql`` : ticks}
      acc.2 = 0 AND (e.4 = 'open' OR (e.4 = 'response' AND notEmpty(acc.1))), (acc.1, toUInt8(1), ${begin}, ${known}),
      acc.2 = 0, (acc.1, acc.2, acc.3, ${known}),
      e.4 = 'response', (acc.1, toUInt8(1), ${responding}, ${known}),
      e.4 IN ('open', 'stage'), (acc.1, toUInt8(1), ${entering}, acc.4),
      e.4 = 'end', (arrayPushBack(acc.1, ${ending}), toUInt8(0), ${none}, acc.4),
      -- a deal that is closed already ends the journey as soon as it feeds it
      e.4 IN ('convert', 'link') AND ${fedByThis} AND e.12 != 'open' AND e.11 <= (e.1, e.2, e.3), (arrayPushBack(acc.1, ${feeding(sql`e.1`, sql`e.12`)}), toUInt8(0), ${none}, acc.4),
      e.4 IN ('convert', 'link'), (acc.1, toUInt8(1), ${feeding(sql`acc.3.3`, sql`acc.3.4`)}, acc.4),
      e.4 = 'close' AND ${feeds}, (arrayPushBack(acc.1, ${ending}), toUInt8(0), ${none}, acc.4),
      e.4 = 'close', (acc.1, toUInt8(1), ${entering}, acc.4),
      acc
    ), events, (arrayResize([${none}], 0), toUInt8(0), ${none}, ('', '')))`
}
