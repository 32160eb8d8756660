import { bind, identifier, joinSql, type Sql, sql } from '../sql.ts'
import { whereAll } from './funnel-stages.ts'

/**
 * What a figure counts, one row a unit and label: (entity, unit, account, deal_id, event_ids, at, note, …labels, …dimensions) and
 * `num`, `den`, `young` of a rate (0 or 1 each, or money), or `micros`, `done` of a span of time (`done` = 0: it still runs), and `reason`: why the row is not in the figure, ''
 * for those that are.
 */
export type Facts = {
  readonly kind: 'rate' | 'span' | 'mix'
  /** Columns that say what is measured, such as the stage. */
  readonly labels: readonly string[]
  readonly rows: Sql
}

export type FactsQuestion = {
  readonly by: readonly string[]
  readonly filters: Readonly<Record<string, readonly string[] | undefined>>
  /** Labels that are asked for; none: all. */
  readonly only: Readonly<Record<string, readonly string[] | undefined>>
}

const kept = ({ rows }: Facts, { filters, only }: FactsQuestion): Sql =>
  sql`SELECT * FROM (${rows}) WHERE ${whereAll(filters)} AND ${whereAll(only)}`

const keysOf = ({ labels }: Facts, { by }: FactsQuestion): { readonly keys: Sql; readonly sets: Sql; readonly total: Sql } => {
  const dims = by.map(identifier)
  const names = labels.map(identifier)
  const all = joinSql([...names, ...dims], ', ')
  const keys = all.parts.length === 0 ? sql`1` : all
  const [first] = dims
  return {
    keys,
    sets: first === undefined ? sql`((${keys}))` : sql`((${keys}), (${joinSql(names, ', ')}))`,
    total: first === undefined ? sql`toUInt8(0)` : sql`toUInt8(grouping(${first}))`,
  }
}

/** (…labels, …by, is_total, num, den, young, units): rates as sums; of a mix `num` alone. */
export const rateFigure = (facts: Facts, question: FactsQuestion): Sql => {
  const { keys, sets, total } = keysOf(facts, question)
  return sql`
    SELECT ${keys}, ${total} AS is_total, sum(f.num) AS num, sum(f.den) AS den, sum(f.young) AS young, count() AS units
    FROM (${kept(facts, question)}) AS f
    WHERE reason = ''
    GROUP BY GROUPING SETS ${sets}
    ORDER BY is_total, ${keys}`
}

export const PERCENTILES = [50, 75, 90] as const

/** (…labels, …by, is_total, done, running, p50, p75, p90): percentiles of the spans that are over (metrics C10), in microseconds. */
export const spanFigure = (facts: Facts, question: FactsQuestion): Sql => {
  const { keys, sets, total } = keysOf(facts, question)
  return sql`
    SELECT ${keys}, is_total, length(spans) AS done, running, ${joinSql(
      PERCENTILES.map(p => sql`spans[intDiv(${bind.int(p)} * length(spans) + 99, 100)] AS ${identifier(`p${p}`)}`),
      ', ',
    )}
    FROM (
      SELECT ${keys}, ${total} AS is_total, arraySort(groupArrayIf(f.micros, f.done = 1)) AS spans, countIf(f.done = 0) AS running
      FROM (${kept(facts, question)}) AS f
      WHERE reason = ''
      GROUP BY GROUPING SETS ${sets}
    )
    ORDER BY is_total, ${keys}`
}

/** (…labels, …by, micros, done, units) of groups in which something still runs: what a Kaplan–Meier median is read from. */
export const spanTimes = (facts: Facts, question: FactsQuestion, atMost: number): Sql => {
  const { keys } = keysOf(facts, question)
  return sql`
    SELECT ${keys}, micros, done, count() AS units
    FROM (${kept(facts, question)})
    WHERE reason = ''
    GROUP BY ${keys}, micros, done
    ORDER BY ${keys}, micros, done
    LIMIT ${bind.uint(atMost)}`
}

/** (reason, units) of what is not in the figure. */
export const factsExcluded = (facts: Facts, question: FactsQuestion): Sql => sql`
  SELECT reason, count() AS units FROM (${kept(facts, question)}) WHERE reason != '' GROUP BY reason ORDER BY reason`

const shared = sql`entity, unit AS id, account, deal_id, arraySort(arrayDistinct(arrayFilter(id -> id != '', event_ids))) AS event_ids`

/** The units behind a rate; of a mix all units are its base. */
export const rateProof = (facts: Facts, question: FactsQuestion): Sql => sql`
  SELECT ${shared}, note, toString(at) AS at, toString(num) AS contribution, toString(den) AS base
  FROM (${kept(facts, question)})
  WHERE reason = ''
  ORDER BY at, unit`

/** Which span is the number: the one in a percentile's place, or, of a median that counts the running ones, one that took just so long. */
export type Picked = { readonly percentile: number } | { readonly micros: number | null }

const chosen = (picked: Picked): Sql => {
  if ('percentile' in picked) return sql`intDiv(${bind.int(picked.percentile)} * sum(done) OVER () + 99, 100)`
  return picked.micros === null ? sql`toUInt64(0)` : sql`1 + sum(done = 1 AND micros < ${bind.int(picked.micros)}) OVER ()`
}

/** The units behind a percentile, each with its span in the note. */
export const spanProof = (facts: Facts, question: FactsQuestion, picked: Picked): Sql => sql`
  SELECT ${shared}, concat(toString(intDiv(micros, 1000000)), ' s', if(done = 0, ', running', '')) AS note, toString(at) AS at,
    toString(if(done = 1 AND nth = chosen, micros, 0)) AS contribution, '0' AS base
  FROM (
    SELECT *, row_number() OVER (ORDER BY done DESC, micros, at, unit) AS nth, ${chosen(picked)} AS chosen
    FROM (${kept(facts, question)})
    WHERE reason = ''
  )
  ORDER BY done DESC, micros, at, unit`

/** A mix with one outcome as what is counted, over all of its cohort. */
export const onlyOutcome = (facts: Facts, outcome: string): Facts => ({
  ...facts,
  rows: sql`SELECT * REPLACE (toUInt8(outcome = ${bind.string(outcome)}) AS num) FROM (${facts.rows})`,
})
