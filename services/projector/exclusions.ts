import { z } from 'zod'
import { bind, identifier, joinSql, type Sql, sql } from '../domain/sql.ts'
import type { Said, Window } from '../domain/projections/affected.ts'
import { isOneOf, type Key, rowsOfKeys } from '../domain/projections/keys.ts'
import type { Row, Store } from '../store/port.ts'
import { type FactTable, factColumns } from './facts.ts'

/** A fact that is taken out of the account, and why. */
export type Exclusion = {
  readonly code: 'id_conflict' | 'person_erased' | 'backfill_closed'
  readonly tenant: string
  readonly eventId: string
  readonly type: string
  readonly subject: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const ExclusionRow = z.object({
  code: z.enum(['id_conflict', 'person_erased', 'backfill_closed']),
  tenant: z.string(),
  event_id: z.string(),
  type: z.string(),
  subject: z.string(),
  topic: z.string(),
  partition: z.coerce.number(),
  offset: z.coerce.number(),
})

const TABLES = Object.keys(factColumns) as FactTable[]

/**
 * What the exclusions themselves write goes before every recording (`first` of these is far smaller): what came while a backfill was closed is out until it is
 * said again while one is open, everything else is out for good.
 */
const OUT_FOR_GOOD = sql`bitNot(toUInt128(0))`
const LET_IN = sql`bitNot(toUInt128(1))`
const OUT_WHILE_CLOSED = sql`bitNot(toUInt128(2))`
/** A condition on rows of facts: written by an exclusion, not by landing. */
export const writtenByExclusion = sql`first >= ${OUT_WHILE_CLOSED}`

/** (tenant, turns): when the backfills of tenants were opened and ended, in order. */
const turnsUntil = (to: number): Sql => sql`
  SELECT tenant, arraySort(groupArray((appended_at, toString(type)))) AS turns FROM record_facts FINAL
  WHERE type IN ('backfill-opened', 'tenant-went-live') AND appended_at <= ${bind.instant(to)} GROUP BY tenant`

const isClosedAt = (instant: Sql): Sql => sql`arrayFilter(turn -> turn.1 < ${instant}, turns)[-1].2 = 'tenant-went-live'`

/** (tenant, event_id): events of the tenants that were recorded, or recorded again, while a backfill was open. A redriven letter is, and a repeated import. */
const heardWhileOpen = (to: number, tenants: readonly string[]): Sql => sql`
  SELECT c.tenant AS tenant, c.event_id AS event_id
  FROM (SELECT tenant, event_id, appended_at FROM changes WHERE tenant IN (${bind.strings(tenants)}) AND appended_at <= ${bind.instant(to)}) AS c
  INNER JOIN (${turnsUntil(to)}) AS b ON b.tenant = c.tenant
  WHERE NOT ${isClosedAt(sql`c.appended_at`)}`

type ExclusionWindow = Pick<Window, 'from' | 'to' | 'whole' | 'said'>

const eventsOf = (said: readonly Said[]): readonly Key[] => said.map(({ tenant, event_id }) => ({ tenant, key: event_id }))

/** Whether any id of the window was used for more than one thing: hardly ever, and told by one look along the key. */
const anyConflict = async (store: Store, to: number, said: readonly Said[]): Promise<boolean> => {
  const rows = await store.read(
    sql`SELECT event_id FROM events WHERE appended_at <= ${bind.instant(to)} AND ${isOneOf(sql`event_id`, eventsOf(said))}
    GROUP BY tenant, event_id HAVING uniqExact(type, subject) > 1 LIMIT 1`,
    { settings: { max_threads: 1 } },
  )
  return rows.length > 0
}

/**
 * Which facts up to `to` do not count, of those that the window can have brought to light: of one event_id under several subjects or types
 * all but the first recording; what was said of a person after the erasure of its data; history that came after the tenant had gone live, which would change
 * answers given since. A function of the facts alone, in any order of arrival. Of the tenants of `whole` everything comes to light: nobody looked at
 * them while their backfill was open.
 */
const findings = ({ from, to, whole, said }: ExclusionWindow, happened: ReadonlySet<string>): Sql => {
  const inWindow = sql`appended_at <= ${bind.instant(to)} AND (appended_at > ${bind.instant(from)} ${whole.length === 0 ? sql`` : sql`OR tenant IN (${bind.strings(whole)})`})`
  const recent = said === null ? sql`SELECT tenant, event_id FROM changes WHERE ${inWindow}` : rowsOfKeys(eventsOf(said))
  const conflicts = sql`
    SELECT 'id_conflict' AS code, tenant, event_id, said.2 AS type, said.3 AS subject, said.4 AS topic, said.5 AS partition, said.6 AS offset
    FROM (
      SELECT tenant, event_id, arrayPopFront(arraySort(s -> (s.1, s.4, s.5, s.6), groupArray((appended_at, toString(type), subject, toString(topic), partition, offset)))) AS later
      FROM events FINAL
      WHERE appended_at <= ${bind.instant(to)} AND (tenant, event_id) IN (${recent})
      GROUP BY tenant, event_id
      HAVING notEmpty(later)
    )
    ARRAY JOIN later AS said`
  const erased = sql`
    SELECT 'person_erased' AS code, e.tenant AS tenant, e.event_id AS event_id, toString(e.type) AS type, e.subject AS subject, toString(e.topic) AS topic, e.partition AS partition, e.offset AS offset
    FROM (
      SELECT tenant, event_id, type, subject, topic, partition, offset, appended_at FROM events FINAL
      WHERE type != 'person-erased' AND appended_at <= ${bind.instant(to)} AND startsWith(subject, 'person:')
        AND (tenant, subject) IN (SELECT tenant, subject FROM record_facts WHERE type = 'person-erased')
        AND ((tenant, event_id) IN (${recent})
          OR (tenant, subject) IN (SELECT tenant, subject FROM record_facts WHERE type = 'person-erased' AND (tenant, event_id) IN (${recent})))
    ) AS e
    INNER JOIN (SELECT tenant, subject, min(appended_at) AS erased_at FROM record_facts WHERE type = 'person-erased' AND appended_at <= ${bind.instant(to)} GROUP BY tenant, subject) AS x
      ON x.tenant = e.tenant AND x.subject = e.subject
    WHERE e.appended_at > x.erased_at`
  const tooLate = sql`
    SELECT 'backfill_closed' AS code, e.tenant AS tenant, e.event_id AS event_id, toString(e.type) AS type, e.subject AS subject, toString(e.topic) AS topic, e.partition AS partition, e.offset AS offset
    FROM (
      SELECT tenant, event_id, type, subject, topic, partition, offset, appended_at FROM events FINAL
      WHERE recorded_at < appended_at AND appended_at <= ${bind.instant(to)}
        AND tenant IN (SELECT tenant FROM record_facts WHERE type = 'tenant-went-live') AND (tenant, event_id) IN (${recent})
    ) AS e
    INNER JOIN (${turnsUntil(to)}) AS b ON b.tenant = e.tenant
    WHERE ${isClosedAt(sql`e.appended_at`)} ${whole.length === 0 ? sql`` : sql`AND (e.tenant, e.event_id) NOT IN (${heardWhileOpen(to, whole)})`}`
  return joinSql(
    [conflicts, ...(happened.has('person-erased') ? [erased] : []), ...(happened.has('tenant-went-live') ? [tooLate] : [])],
    ' UNION ALL ',
  )
}

/** Which of the events that bar others ever happened: most installations never saw one, and need not look further. */
export const barringEvents = async (store: Store): Promise<ReadonlySet<string>> => {
  const rows = await store.read(sql`SELECT DISTINCT type FROM record_facts WHERE type IN ('person-erased', 'tenant-went-live')`)
  return new Set(rows.map(row => z.object({ type: z.string() }).parse(row).type))
}

const fromRow = (row: Row): Exclusion => {
  const { event_id, ...rest } = ExclusionRow.parse(row)
  return { ...rest, eventId: event_id }
}

/** Facts that were out because they came too late for one backfill, and that the next one has said again: they count. */
const letIn = (table: FactTable, to: number, tenants: readonly string[]): Sql => {
  const columns: Sql = { parts: [factColumns[table].join(', ')] }
  return sql`
    INSERT INTO ${identifier(table)} (${columns}, gone, first)
    SELECT ${columns}, 0 AS gone, ${LET_IN} AS first
    FROM ${identifier(table)} AS f
    WHERE tenant IN (${bind.strings(tenants)}) AND f.gone = 1 AND f.first = ${OUT_WHILE_CLOSED} AND (tenant, event_id) IN (${heardWhileOpen(to, tenants)})`
}

/**
 * The fact again, with the greatest `first` and `gone`: under FINAL the row is out, whenever the fact itself arrives. Looks at the rows that FINAL
 * leaves: where the first recording stands under the same key it has won already, and must stay.
 */
const takeOut = (table: FactTable, excluded: readonly Exclusion[], rank: Sql): Sql => {
  const columns: Sql = { parts: [factColumns[table].join(', ')] }
  const list = (pick: (exclusion: Exclusion) => string) => bind.strings(excluded.map(pick))
  return sql`
    INSERT INTO ${identifier(table)} (${columns}, gone, first)
    SELECT ${columns}, 1 AS gone, ${rank} AS first
    FROM ${identifier(table)} FINAL
    WHERE (tenant, subject, event_id, type) IN (
      SELECT arrayJoin(arrayZip(${list(e => e.tenant)}, ${list(e => e.subject)}, ${list(e => e.eventId)}, ${list(e => e.type)})) AS fact)`
}

/** Takes the window's conflicts and late records of erased persons out of the facts; says which, for the dead letters. Safe to repeat. */
export const excludeConflicts = async (
  store: Store,
  window: ExclusionWindow,
  happened: ReadonlySet<string>,
): Promise<readonly Exclusion[]> => {
  const { to, whole, said } = window
  if (said !== null && happened.size === 0 && !(await anyConflict(store, to, said))) return []
  const excluded = (await store.read(findings(window, happened), { maxSeconds: 600 })).map(fromRow)
  const tooLate = excluded.filter(({ code }) => code === 'backfill_closed')
  const others = excluded.filter(({ code }) => code !== 'backfill_closed')
  if (whole.length > 0) for (const table of TABLES) await store.write(letIn(table, to, whole))
  for (const [which, rank] of [
    [tooLate, OUT_WHILE_CLOSED],
    [others, OUT_FOR_GOOD],
  ] as const)
    for (let start = 0; start < which.length; start += 1000)
      for (const table of TABLES) await store.write(takeOut(table, which.slice(start, start + 1000), rank))
  return excluded
}
