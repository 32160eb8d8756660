import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'

/** Events that move a deal, or say what it is. */
const MOVES = [
  'deal-created',
  'deal-stage-changed',
  'deal-amount-changed',
  'deal-close-date-changed',
  'deal-forecast-category-changed',
  'deal-account-changed',
  'deal-owner-changed',
  'deal-attributes-changed',
  'deal-closed',
  'deal-reopened',
  'deal-merged',
  'deal-deleted',
] as const

/** (deal_id, moves): everything that was said of each deal, with when it happened (µs) and when it was known (ms), in order of (occurred_at, recorded_at, event_id). */
export const dealMoves = ({ dealFacts }: FigureSources): Sql => sql`
  SELECT subject AS deal_id, arraySort(m -> (m.1, m.2, m.3), groupArray((
    toUnixTimestamp64Micro(occurred_at), toUnixTimestamp64Milli(recorded_at), event_id, toString(type), toString(account), toString(stage), toString(pipeline),
    toString(deal_type), toString(product), toString(owner), toString(team), toString(forecast_category), amount, toString(currency), toInt32(close_date),
    toString(outcome), into_deal, cleared))) AS moves
  FROM ${dealFacts}
  WHERE type IN (${bind.strings(MOVES)})
  GROUP BY subject
  ORDER BY subject`

/** (account, said): region and segment of accounts, each time something was said of them. */
export const accountAttributes = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT substring(subject, 9) AS account, arraySort(s -> (s.1, s.2, s.3), groupArray((
    toUnixTimestamp64Micro(occurred_at), toUnixTimestamp64Milli(recorded_at), event_id, JSONExtractString(payload, 'region'), JSONExtractString(payload, 'segment'),
    JSONExtract(payload, 'cleared', 'Array(String)')))) AS said
  FROM ${recordFacts}
  WHERE type = 'account-updated'
  GROUP BY subject
  ORDER BY subject`

/** Rates, exclusions of deals and accounts, targets and calls as they were said, in order. */
export const forecastRecords = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT toString(type) AS type, subject, event_id, toUnixTimestamp64Micro(occurred_at) AS at, toUnixTimestamp64Milli(recorded_at) AS recorded, payload
  FROM ${recordFacts}
  WHERE type IN ('fx-rate-recorded', 'target-set', 'forecast-call-submitted')
    OR (type = 'record-excluded' AND (startsWith(subject, 'deal:') OR startsWith(subject, 'account:')))
  ORDER BY occurred_at, recorded_at, event_id`
