import type { Definitions } from '../definitions/definitions.ts'
import { MQL } from '../definitions/qualification.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Bound, joinSql, type Sql, sql } from '../sql.ts'
import { bucketOf, codeAt, fitOf, satisfiedAt } from './judging/codes.ts'
import { judgedJourneys } from './judging/judged-journeys.ts'
import { type Ruling, ruledStages } from './judging/rulings.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

export const LEAD_STATES = ['open', 'ended', 'all'] as const
/** What leads are picked by; values as they are shown, `(none)` for those without. */
export const LEAD_FILTERS = ['bucket', 'stage', 'owner', 'channel', 'campaign', 'account', 'outcome', 'person'] as const
type LeadFilter = (typeof LEAD_FILTERS)[number]

export type LeadListQuestion = {
  readonly rulings: readonly Ruling[]
  readonly state: (typeof LEAD_STATES)[number]
  readonly filters: Readonly<Partial<Record<LeadFilter, readonly string[]>>>
  /** Opened within these instants (ms), `to` exclusive. */
  readonly from: number | null
  readonly to: number | null
  readonly observedTo: number
  readonly limit: number
  readonly offset: number
}

type Inputs = { readonly sources: FigureSources; readonly definitions: Definitions; readonly question: LeadListQuestion }

/**
 * One row per lead, that is journey, the last opened first: (person, root, n, account, opened_ms, ended_ms, outcome, stage, stage_ms, mql_ms, satisfied_ms, bucket, fit, owner, channel,
 * campaign, deal_id, all_rows). Bucket and fit are those of now, or of the end of a journey that ended; fit is 0 bad, 1 unknown, 2 good.
 */
export const leadList = ({ sources, definitions, question }: Inputs): Sql => {
  const { rulings, state, filters, from, to, observedTo, limit, offset } = question
  const observed = bind.int(observedTo)
  const none = (column: Sql): Sql => sql`if(${column} = '', '(none)', ${column})`
  const wanted = Object.entries(filters).map(([name, values]) => sql` AND ${none({ parts: [name] })} IN (${bind.strings(values)})`)
  return sql`
    SELECT *, count() OVER () AS all_rows
    FROM (
      SELECT substring(person, 8) AS person, root, n, account, opened_ms, ended_ms, if(ended_ms <= ${observed}, outcome, 'open') AS outcome, channel, campaign, deal_id, owner,
        arrayLastIndex(x -> x <= ${observed}, entered_ms) AS place, stages[place] AS stage, entered_ms[place] AS stage_ms, entered_ms[indexOf(stages, ${bind.string(MQL)})] AS mql_ms,
        ${satisfiedAt(ruledStages(rulings).indexOf(MQL), observedTo)} AS satisfied_ms, ${codeAt(sql`least(ended_ms - 1, toInt64(${observed}))`)} AS code, ${bucketOf(sql`code`)} AS bucket, ${fitOf(sql`code`)} AS fit
      FROM (${judgedJourneys({ sources, definitions, sides: [rulings] })})
      WHERE opened_ms <= ${observed} AND ${state === 'all' ? sql`1` : state === 'open' ? sql`ended_ms > ${observed}` : sql`ended_ms <= ${observed}`}
        ${from === null ? sql`` : sql`AND opened_ms >= ${bind.int(from)}`} ${to === null ? sql`` : sql`AND opened_ms < ${bind.int(to)}`}
    )
    WHERE 1${joinSql(wanted, '')}
    ORDER BY opened_ms DESC, person, n
    LIMIT ${bind.uint(limit)} OFFSET ${bind.uint(offset)}`
}

/** (root, inbound, outbound, two_way, recent): touches of these people: how many, and the last of them [(at, id, type, channel, direction, outcome, member)]. */
export const lastTouches = (sources: FigureSources, definitions: Definitions, roots: Bound, each: number): Sql => {
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`automatic = 0 AND hasAny(persons, ${roots})`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT root, countIf(direction = 'inbound') AS inbound, countIf(direction = 'outbound') AS outbound,
      arraySlice(arrayReverseSort(groupArray((toString(occurred_at), touch_id, touch_type, channel, direction, outcome, member))), 1, ${bind.uint(each)}) AS recent
    FROM (
      SELECT DISTINCT arrayJoin(persons) AS root, occurred_at, touch_id, toString(touch_type) AS touch_type, toString(channel) AS channel, toString(direction) AS direction,
        toString(outcome) AS outcome, toString(member) AS member
      FROM (SELECT * FROM ${touches})
    )
    WHERE root IN (${roots})
    GROUP BY root`
}

/** (subject, type, payload) of these people and accounts, in order. */
export const saidOf = ({ recordFacts }: FigureSources, subjects: Bound): Sql => sql`
  SELECT subject, toString(type) AS type, payload
  FROM ${recordFacts}
  WHERE type IN ('person-created', 'person-updated', 'account-updated', 'score-recorded') AND subject IN (${subjects})
  ORDER BY subject, occurred_at, recorded_at, event_id`
