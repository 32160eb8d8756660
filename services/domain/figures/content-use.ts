import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { type DealsQuestion, winRate } from './funnel-deals.ts'
import type { Facts } from './funnel-measures.ts'
import { within } from './funnel-stages.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** Of content used before there was a deal, and of content at whatever stage. */
const BEFORE_THE_DEAL = '(before the deal)'
export const ANY_STAGE = '(any)'

/** Days before a deal's creation from which on use of content is looked at. */
const DAYS_BEFORE = 365

const contentTouches = (sources: FigureSources, definitions: Definitions, where: Sql): Sql =>
  countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`content != '' AND automatic = 0 AND ${where}`,
    rules: touchRules(sources, definitions),
  })

/** The deals that are decided in the period, with their accounts as they became and their stages. */
const decidedDeals = (sources: FigureSources, question: DealsQuestion): Sql => sql`
  SELECT f.unit AS unit, f.at AS at, f.note AS note, f.num AS num, if(r.node = '', toString(j.account), substring(r.root, 9)) AS account, j.created_at AS created_at, j.stages AS stages, j.entered_at AS entered_at
  FROM (SELECT unit, at, note, num FROM (${winRate(sources, question, 'count').rows}) WHERE reason = '') AS f
  INNER JOIN ${sources.dealJourney} AS j ON j.deal_id = f.unit
  LEFT JOIN ${sources.roots} AS r ON r.node = concat('account:', j.account)`

/**
 * M38: deals that were decided, won or lost, by each piece of content that somebody of the account used until then, and the stage that the deal was in when it was used; `num` is 1 of those won. A deal counts once for a
 * piece and stage, and once for the piece at any.
 */
export const contentOfDeals = (sources: FigureSources, definitions: Definitions, question: DealsQuestion): Facts => ({
  kind: 'rate',
  labels: ['content', 'stage'],
  rows: sql`
    SELECT 'deal' AS entity, unit, account, unit AS deal_id, arraySort(groupUniqArray(touch_id)) AS event_ids, at, note, '' AS reason, toUInt8(0) AS young, content, stage, num, toUInt8(1) AS den
    FROM (
      SELECT d.unit AS unit, d.account AS account, d.at AS at, d.note AS note, d.num AS num, t.touch_id AS touch_id, t.content AS content, arrayLastIndex(e -> e <= t.used_at, d.entered_at) AS place,
        [if(place = 0, ${bind.string(BEFORE_THE_DEAL)}, d.stages[place]), ${bind.string(ANY_STAGE)}] AS either
      FROM (${decidedDeals(sources, question)}) AS d
      INNER JOIN (SELECT account, touch_id, occurred_at AS used_at, toString(content) AS content FROM ${contentTouches(sources, definitions, sql`account != ''`)}) AS t ON t.account = d.account
      WHERE t.used_at <= d.at AND t.used_at >= d.created_at - toIntervalDay(${bind.uint(DAYS_BEFORE)})
    )
    ARRAY JOIN either AS stage
    GROUP BY unit, account, at, note, num, content, stage`,
})

/** (content, touches, touch_ids, last_ms): what was used within instants (ms), `to` exclusive, and when last. */
export const usedContent = (sources: FigureSources, definitions: Definitions, from: number, to: number): Sql => sql`
  SELECT content, uniqExact(touch_id) AS touches, arraySlice(arraySort(groupUniqArray(touch_id)), 1, 100) AS touch_ids, toUnixTimestamp64Milli(max(occurred_at)) AS last_ms
  FROM (SELECT toString(content) AS content, touch_id, occurred_at FROM ${contentTouches(sources, definitions, within(sql`occurred_at`, from, to))})
  GROUP BY content
  ORDER BY content`
