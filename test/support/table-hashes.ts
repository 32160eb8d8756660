import { z } from 'zod'
import { chain } from '../../services/domain/projections/chain.ts'
import { bind, identifier, joinSql, type Sql, sql } from '../../services/domain/sql.ts'
import type { Row, Store } from '../../services/store/port.ts'

/** Table → number and hash of its rows; `<table>, known now` for the slice of a bitemporal table. Equal objects are equal tables. */
export type TableHashes = Readonly<Record<string, string>>

export type HashOptions = {
  /**
   * `all` (default): every column but the version. `content`: what is left when events arrive in another order: nothing of when and where a fact
   * was recorded, and of bitemporal tables only what is known now.
   */
  readonly columns?: 'all' | 'content'
  /** The instant of "known now", ms; default far in the future, which is the open rows. */
  readonly knownAt?: number
}

const FACTS = ['events', 'touch_facts', 'link_facts', 'lead_facts', 'deal_facts', 'consent_facts', 'spend_facts', 'record_facts'] as const
const HASHED_TABLES: readonly string[] = [...FACTS, 'persons', ...chain.map(({ table }) => table)]

/** What only says which of several rows of a key is the one. */
const VERSIONS = new Set(['version', 'first', 'gone'])
/** When and where something was recorded. */
const ARRIVAL = new Set(
  'appended_at recorded_at known_from known_to topic partition offset entered_recorded_at closed_recorded_at'.split(' '),
)
/** Open rows end in 2290. */
const OPEN = Date.UTC(2280, 0, 1)

const ColumnRow = z.object({ table: z.string(), name: z.string() })
const HashRow = z.object({ name: z.string(), rows: z.string(), hash: z.string() })

/** Placements are one row per person with the times of knowledge inside. */
const knownPlacements = (knownAt: number, columns: 'all' | 'content'): Sql => {
  const known = sql`arrayFilter(p -> p.6 <= ${bind.instant(knownAt)} AND p.7 > ${bind.instant(knownAt)}, placements)`
  return columns === 'all' ? known : sql`arraySort(arrayDistinct(arrayMap(p -> (p.1, p.2, p.3, p.4, p.5), ${known})))`
}

/** Hashes of all facts and projections (design D11): `(count(), sum(cityHash64(tuple(columns without version))))` over FINAL. */
const tableHashes = async (store: Store, { columns = 'all', knownAt = OPEN }: HashOptions = {}): Promise<TableHashes> => {
  const described = (
    await store.read(
      sql`SELECT table, name FROM system.columns WHERE database = currentDatabase() AND table IN (${bind.strings(HASHED_TABLES)}) ORDER BY table, position`,
    )
  ).map(row => ColumnRow.parse(row))
  const queries = HASHED_TABLES.flatMap(table => {
    const all = described.filter(column => column.table === table).map(({ name }) => name)
    const kept = all.filter(name => !VERSIONS.has(name) && (columns === 'all' || !ARRIVAL.has(name)))
    const isBitemporal = all.includes('known_from')
    const whole = hashOf(table, table, list(kept), sql`1`)
    if (table === 'placements') {
      const slice = joinSql([list(kept.filter(name => name !== 'placements')), knownPlacements(knownAt, columns)], ', ')
      const known = hashOf(`${table}, known now`, table, slice, sql`notEmpty(${knownPlacements(knownAt, columns)})`)
      return columns === 'all' ? [whole, known] : [known]
    }
    if (!isBitemporal) return [whole]
    if (table === 'identities' && columns === 'content') return [knownIdentities(knownAt)]
    const known = sql`known_from <= ${bind.instant(knownAt)} AND known_to > ${bind.instant(knownAt)}`
    const slice = hashOf(`${table}, known now`, table, list(kept), known)
    return columns === 'all' ? [whole, slice] : [slice]
  })
  const rows = await store.read(joinSql(queries, ' UNION ALL '), { maxSeconds: 120 })
  const hashes = rows.map(row => HashRow.parse(row)).map(({ name, rows: count, hash }) => [name, `${count} rows, ${hash}`] as const)
  return Object.fromEntries(hashes.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const list = (names: readonly string[]): Sql => joinSql(names.map(identifier), ', ')

const hashOf = (name: string, table: string, columns: Sql, where: Sql): Sql =>
  sql`SELECT ${bind.string(name)} AS name, toString(count()) AS rows, toString(sum(cityHash64(tuple(${columns})))) AS hash FROM ${identifier(table)} FINAL WHERE ${where}`

/**
 * A cut in business time stays where evidence that was taken back had put it, and a subject that stood for somebody once keeps its rows: neighbours
 * that mean the same are put together, and who stands for nobody is left out. One hash per subject over what it stands for from when.
 */
const knownIdentities = (knownAt: number): Sql => sql`
  SELECT 'identities, known now' AS name, toString(count()) AS rows, toString(sum(cityHash64(tuple(tenant, subject, stretches)))) AS hash
  FROM (
    SELECT tenant, subject, arrayFilter((s, i) -> i = 1 OR s.2 != slabs[i - 1].2, slabs, arrayEnumerate(slabs)) AS stretches
    FROM (
      SELECT tenant, subject, arraySort(groupArray((valid_from, meant))) AS slabs
      FROM (
        SELECT tenant, subject, valid_from, arraySort(groupArray((persons, account, accounts))) AS meant
        FROM identities FINAL
        WHERE known_from <= ${bind.instant(knownAt)} AND known_to > ${bind.instant(knownAt)}
        GROUP BY tenant, subject, valid_from
      )
      GROUP BY tenant, subject
    )
    WHERE arrayExists(s -> notEmpty(s.2[1].1) OR s.2[1].2 != '', stretches)
  )`

/** Which tables of two stores differ, with their first differing rows; '' when they are the same. */
export const tableDifferences = async (store: Store, expected: Store, options: HashOptions = {}): Promise<string> => {
  const [found, wanted] = await Promise.all([tableHashes(store, options), tableHashes(expected, options)])
  const names = Object.keys(wanted).filter(name => found[name] !== wanted[name])
  const said = names.map(name => `${name}: ${found[name] ?? 'no such table'} instead of ${wanted[name] ?? ''}`)
  const [first] = names
  return first === undefined ? '' : `${said.join('\n')}\n${JSON.stringify(await differingRows(store, expected, first, options), null, 1)}`
}

/** Rows that only one of the stores has, of a table or slice as `tableHashes` names them: to see what differs. At most `limit` of each. */
const differingRows = async (
  one: Store,
  other: Store,
  name: string,
  { columns = 'all', knownAt = OPEN }: HashOptions = {},
  limit = 5,
): Promise<{ readonly onlyInOne: readonly string[]; readonly onlyInOther: readonly string[] }> => {
  const table = name.split(',')[0] ?? name
  const isSlice = name !== table && table !== 'placements'
  const where = isSlice ? sql`known_from <= ${bind.instant(knownAt)} AND known_to > ${bind.instant(knownAt)}` : sql`1`
  const textOf = (row: Row): string =>
    JSON.stringify(
      Object.fromEntries(Object.entries(row).filter(([column]) => !VERSIONS.has(column) && (columns === 'all' || !ARRIVAL.has(column)))),
    )
  const rowsOf = async (store: Store): Promise<readonly string[]> =>
    (await store.read(sql`SELECT * FROM ${identifier(table)} FINAL WHERE ${where}`, { maxSeconds: 120 })).map(textOf)
  const [left, right] = await Promise.all([rowsOf(one), rowsOf(other)])
  const only = (rows: readonly string[], others: readonly string[]): readonly string[] => {
    const known = new Set(others)
    return rows
      .filter(row => !known.has(row))
      .toSorted()
      .slice(0, limit)
  }
  return { onlyInOne: only(left, right), onlyInOther: only(right, left) }
}
