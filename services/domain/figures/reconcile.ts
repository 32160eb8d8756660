import type { StageMap } from '../definitions/stage-map.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { closeDay, dateIn } from './attribution.ts'
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

/** (id, url, state, month, value, missing, said, said_in, because, typed, qualified, mapped): every deal as it is known here, also those that are left out. */
export const dealsHere = (sources: FigureSources, { stageMap, zone, currency, dealTypes }: ReconcileQuestion): Sql => {
  const qualifying = stageMap.stages.slice(Math.max(0, qualifiedPlace(stageMap) - 1)).flatMap(stage => stage.deal_stages)
  const known = stageMap.stages.flatMap(stage => stage.deal_stages)
  const said = sql`
    SELECT deal_id, toString(outcome) AS state, if(outcome = 'open', close_date, ${closeDay(zone)}) AS day, amount, toString(currency) AS currency, currency AS said_in,
      toInt32(ifNull(if(outcome = 'open', ${dateIn(sql`${sources.asOf}`, zone)}, day), ${dateIn(sql`${sources.asOf}`, zone)})) AS rate_day, toString(excluded_because) AS because,
      toUInt8(${dealTypes.length === 0 ? sql`1` : sql`if(deal_type = '', '(none)', toString(deal_type)) IN (${bind.strings(dealTypes)})`}) AS typed,
      toUInt8(arrayExists(s -> has(${bind.strings(qualifying)}, s), stages)) AS qualified,
      toUInt8(empty(stages) OR has(${bind.strings(known)}, stages[-1]) OR NOT hasAny(${bind.strings(known)}, stages)) AS mapped
    FROM ${sources.dealJourney}`
  return sql`
    SELECT d.deal_id AS id, ifNull(u.url, '') AS url, d.state AS state, if(isNull(d.day), '', substring(toString(assumeNotNull(d.day)), 1, 7)) AS month,
      toString(ifNull(d.worth, toInt128(0))) AS value, toUInt8(isNull(d.worth)) AS missing, toString(d.amount) AS said, toString(d.said_in) AS said_in, d.because AS because, d.typed AS typed, d.qualified AS qualified, d.mapped AS mapped
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
