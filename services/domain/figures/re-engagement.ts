import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { NONE } from './attribution.ts'
import type { Facts } from './funnel-measures.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** What brought somebody back: the campaign of the first response, and what it was. */
export const RETURN_DIMENSIONS = ['campaign', 'touch_type'] as const
export type ReturnDimension = (typeof RETURN_DIMENSIONS)[number]

export type ReEngagementQuestion = {
  /** Instants (ms), `to` exclusive: the period in which somebody may come back. */
  readonly from: number
  readonly to: number
  /** Days before the period in which nothing may have happened. */
  readonly dormantDays: number
}

const DAY_MS = 86_400_000

/** (root, account, since, keys): everybody who ever was a lead, as whom they became: of which account, since when, and the deals that are theirs. */
const leads = ({ personJourney, roots }: FigureSources): Sql => sql`
  SELECT root, argMax(employer, (latest, employer)) AS account, min(earliest) AS since, arraySort(groupUniqArrayArray(arrayPushFront(fed, concat('account:', employer)))) AS keys
  FROM (
    SELECT if(r.node = '', j.person, r.root) AS root, if(a.node = '', toString(j.account), substring(a.root, 9)) AS employer, arrayMin(j.opened_at) AS earliest, arrayMax(j.opened_at) AS latest,
      arrayMap(deal -> concat('deal:', deal), arrayFilter(deal -> deal != '', j.deal_id)) AS fed
    FROM (SELECT * FROM ${personJourney} WHERE excluded_because = '' AND notEmpty(opened_at)) AS j
    LEFT JOIN ${roots} AS r ON r.node = j.person
    LEFT JOIN ${roots} AS a ON a.node = concat('account:', j.account)
  )
  GROUP BY root`

/** (key, open_then, bought): accounts and deals with whether a deal was open in the quiet days, and whether one had been won before the period. */
const dealsThen = ({ dealJourney, roots }: FigureSources, quiet: Sql, start: Sql): Sql => sql`
  SELECT key, max(is_open) AS open_then, max(is_won) AS bought
  FROM (
    SELECT [concat('deal:', d.deal_id), if(r.node = '', concat('account:', d.account), r.root)] AS keys, d.created_at < ${start} AND ifNull(d.closed_at >= ${quiet}, 1) AS is_open,
      d.outcome = 'won' AND ifNull(d.closed_at < ${start}, 0) AS is_won
    FROM (SELECT * FROM ${dealJourney} WHERE counted = 1) AS d
    LEFT JOIN ${roots} AS r ON r.node = concat('account:', d.account)
  )
  ARRAY JOIN keys AS key
  WHERE key != 'account:'
  GROUP BY key`

/**
 * M35: of the leads that were known before and to whom nothing happened in the days before the period (no response, no open deal of theirs or of their account) those that responded in it. Customers, and
 * who had refused mail or marketing by then, are left out by `reason`. `campaign` and `touch_type` are those of the first response; '(none)' of who did not come back.
 */
export const reEngagement = (sources: FigureSources, definitions: Definitions, { from, to, dormantDays }: ReEngagementQuestion): Facts => {
  const start = sql`${bind.businessInstant(from)}`
  const end = sql`${bind.businessInstant(to)}`
  const quiet = sql`${bind.businessInstant(from - dormantDays * DAY_MS)}`
  const responses = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`notEmpty(persons) AND automatic = 0 AND touch_type IN (${bind.strings(definitions.responses.touch_types)}) AND occurred_at >= ${quiet} AND occurred_at < ${end}`,
    rules: touchRules(sources, definitions),
  })
  return {
    kind: 'rate',
    labels: [],
    rows: sql`
      SELECT 'person' AS entity, p.root AS unit, p.account AS account, '' AS deal_id, arrayFilter(id -> id != '', [t.back.1]) AS event_ids, if(t.back.1 = '', ${start}, t.back.2) AS at,
        if(t.back.1 = '', '', 'came back') AS note, multiIf(w.bought = 1, 'customer', c.refused = 1, 'unsubscribed', '') AS reason, toUInt8(0) AS young, toUInt8(t.back.1 != '') AS num, toUInt8(1) AS den,
        if(t.back.3 = '', ${bind.string(NONE)}, t.back.3) AS campaign, if(t.back.4 = '', ${bind.string(NONE)}, t.back.4) AS touch_type
      FROM (SELECT * FROM (${leads(sources)}) WHERE since < ${quiet}) AS p
      LEFT JOIN (
        SELECT person, countIf(at < ${start}) AS before, argMinIf((touch_id, at, campaign, touch_type), (at, recorded_at, touch_id), at >= ${start}) AS back
        FROM (SELECT arrayJoin(persons) AS person, occurred_at AS at, recorded_at, touch_id, toString(campaign) AS campaign, toString(touch_type) AS touch_type FROM ${responses})
        GROUP BY person
      ) AS t ON t.person = p.root
      LEFT JOIN (
        SELECT root, max(open_then) AS open_then, max(bought) AS bought
        FROM (SELECT root, key FROM (${leads(sources)}) ARRAY JOIN keys AS key) AS l
        INNER JOIN (${dealsThen(sources, quiet, start)}) AS d ON d.key = l.key
        GROUP BY root
      ) AS w ON w.root = p.root
      LEFT JOIN (
        SELECT if(r.node = '', f.subject, r.root) AS person, toUInt8(argMax(f.granted, (f.occurred_at, f.recorded_at, f.event_id)) = 0) AS refused
        FROM (SELECT * FROM ${sources.consentFacts} WHERE purpose = 'marketing' AND channel IN ('', 'email') AND occurred_at < ${start}) AS f
        LEFT JOIN ${sources.roots} AS r ON r.node = f.subject
        GROUP BY person
      ) AS c ON c.person = p.root
      WHERE t.before = 0 AND w.open_then = 0`,
  }
}

/** The same with only who came back by what is asked for as counted, over all who were dormant. */
export const cameBackBy = (facts: Facts, filters: Readonly<Partial<Record<ReturnDimension, string>>>): Facts => {
  const { campaign, touch_type: touchType } = filters
  return {
    ...facts,
    rows: sql`SELECT * REPLACE (toUInt8(num = 1${campaign === undefined ? sql`` : sql` AND campaign = ${bind.string(campaign)}`}${
      touchType === undefined ? sql`` : sql` AND touch_type = ${bind.string(touchType)}`
    }) AS num) FROM (${facts.rows})`,
  }
}
