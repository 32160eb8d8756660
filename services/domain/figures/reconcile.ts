import type { StageMap } from '../definitions/stage-map.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { closeDay, dateIn, isOfType } from './attribution.ts'
import { withMoney } from './money.ts'
import type { FigureSources } from './sources.ts'
import { qualifiedPlace } from './stage-paths.ts'

export type ReconcileQuestion = {
  readonly stageMap: StageMap
  readonly zone: string
  readonly currency: string
  /** Empty: every type. */
  readonly dealTypes: readonly string[]
}

/** (id, url, state, month, value, missing, said, said_in, because, typed, qualified, mapped, event_ids): every deal as it is known here, also those that are left out. */
export const dealsHere = (sources: FigureSources, { stageMap, zone, currency, dealTypes }: ReconcileQuestion): Sql => {
  const qualifying = stageMap.stages.slice(Math.max(0, qualifiedPlace(stageMap) - 1)).flatMap(stage => stage.deal_stages)
  const known = stageMap.stages.flatMap(stage => stage.deal_stages)
  const said = sql`
    SELECT deal_id, toString(outcome) AS state, if(outcome = 'open', close_date, ${closeDay(zone)}) AS day, amount, toString(currency) AS currency, currency AS said_in,
      toInt32(ifNull(if(outcome = 'open', ${dateIn(sql`${sources.asOf}`, zone)}, day), ${dateIn(sql`${sources.asOf}`, zone)})) AS rate_day, toString(excluded_because) AS because,
      toUInt8(${dealTypes.length === 0 ? sql`1` : isOfType(dealTypes)}) AS typed,
      toUInt8(arrayExists(s -> has(${bind.strings(qualifying)}, s), stages)) AS qualified,
      toUInt8(empty(stages) OR has(${bind.strings(known)}, stages[-1]) OR NOT hasAny(${bind.strings(known)}, stages)) AS mapped, event_ids
    FROM ${sources.dealJourney}`
  return sql`
    SELECT d.deal_id AS id, ifNull(u.url, '') AS url, d.state AS state, if(isNull(d.day), '', substring(toString(assumeNotNull(d.day)), 1, 7)) AS month,
      toString(ifNull(d.worth, toInt128(0))) AS value, toUInt8(isNull(d.worth)) AS missing, toString(d.amount) AS said, toString(d.said_in) AS said_in, d.because AS because, d.typed AS typed, d.qualified AS qualified, d.mapped AS mapped, d.event_ids AS event_ids
    FROM (${withMoney(sources, said, currency)}) AS d
    LEFT JOIN (
      SELECT subject, argMax(JSONExtractString(payload, 'external_url'), (occurred_at, recorded_at, event_id)) AS url
      FROM ${sources.events} WHERE type = 'deal-created' GROUP BY subject
    ) AS u ON u.subject = d.deal_id
    ORDER BY id`
}

export type CrmAmount = { readonly place: number; readonly amount: bigint | null; readonly currency: string; readonly day: string | null }

/** (place, value, missing): amounts of a CRM's rows in the currency asked for, by the rates that hold here. */
export const amountsThere = (sources: FigureSources, rows: readonly CrmAmount[], { zone, currency }: ReconcileQuestion): Sql => {
  const items = rows.map(({ place, amount, currency: code, day }) =>
    JSON.stringify([place, amount === null ? '' : amount.toString(), code, day ?? '']),
  )
  const said = sql`
    SELECT said.1 AS place, toInt64OrNull(said.2) AS amount, said.3 AS currency,
      toInt32(if(said.4 = '', ${dateIn(sql`${sources.asOf}`, zone)}, toDate32OrZero(said.4))) AS rate_day
    FROM (SELECT JSONExtract(arrayJoin(${bind.strings(items)}), 'Tuple(UInt32, String, String, String)') AS said)`
  return sql`
    SELECT place, toString(ifNull(r.worth, toInt128(0))) AS value, toUInt8(isNull(r.worth)) AS missing
    FROM (${withMoney(sources, said, currency)}) AS r
    ORDER BY place`
}

/** (snapshot, system, taken_ms, kept_ms, deals): what CRMs said that is kept as a whole, the latest first. */
export const crmSnapshots = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT snapshot, min(said_by) AS system, min(said_ms) AS taken_ms, max(known_ms) AS kept_ms, sum(rows) AS deals
  FROM (
    SELECT JSONExtractString(payload, 'snapshot_id') AS snapshot, JSONExtractString(payload, 'system') AS said_by, JSONExtractUInt(payload, 'parts') AS parts,
      JSONLength(payload, 'deals') AS rows, toUnixTimestamp64Milli(occurred_at) AS said_ms, toUnixTimestamp64Milli(recorded_at) AS known_ms
    FROM ${recordFacts}
    WHERE type = 'crm-snapshot-taken'
  )
  GROUP BY snapshot
  HAVING count() = max(parts)
  ORDER BY taken_ms DESC, kept_ms DESC, snapshot`

/** (deal_id, state, month, value, missing, said, said_in, deleted, event_id): the deals of a kept snapshot in their order, in the currency asked for by the rates that hold here. */
export const snapshotDeals = (sources: FigureSources, snapshot: string, { zone, currency }: ReconcileQuestion): Sql => {
  const said = sql`
    SELECT part, place, event_id, deal.1 AS deal_id, deal.2 AS state, deal.3 AS amount, if(deal.4 = '', ${bind.string(currency)}, deal.4) AS currency, deal.4 AS said_in,
      ifNull(deal.5, '') AS day, deal.6 AS deleted,
      toInt32(if(deal.2 = 'open' OR isNull(deal.5), ${dateIn(sql`${sources.asOf}`, zone)}, toDate32OrZero(assumeNotNull(deal.5)))) AS rate_day
    FROM (
      SELECT JSONExtractUInt(payload, 'part') AS part, event_id,
        arrayJoin(arrayEnumerate(deals)) AS place, deals[place] AS deal,
        JSONExtract(payload, 'deals',
          'Array(Tuple(deal_id String, state String, amount_minor Nullable(Int64), currency String, close_date Nullable(String), deleted UInt8))') AS deals
      FROM ${sources.recordFacts}
      WHERE type = 'crm-snapshot-taken' AND subject = ${bind.string(`crm-snapshot:${snapshot}`)}
    )`
  return sql`
    SELECT deal_id, state, substring(day, 1, 7) AS month, toString(ifNull(r.worth, toInt128(0))) AS value, toUInt8(isNull(r.worth)) AS missing, toString(amount) AS said, said_in, deleted, event_id
    FROM (${withMoney(sources, said, currency)}) AS r
    ORDER BY part, place`
}
