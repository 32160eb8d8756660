import { createHash, randomUUID } from 'node:crypto'
import { chain } from '../domain/projections/chain.ts'
import { bind, type Derived, identifier, joinSql, render, type Sql, sql } from '../domain/sql.ts'
import type { Store } from '../store/port.ts'

/** Half of the time after which the store forgets the rows. */
const HELD_MS = 30 * 60_000
const MAX_HELD = 24
/** A snapshot is a whole projection of a tenant. */
const LIMITS = { maxSeconds: 120, maxMemoryBytes: 4 * 1024 ** 3 }

type Held = { readonly id: string; readonly madeAt: number; readonly made: Promise<void> }

export type SnapshotOptions = {
  readonly store: Store
  /** Milliseconds, never going back. */
  readonly clock?: () => number
}

/**
 * The store, with journeys of the past computed once for all questions about one instant: a statement that has something `derived` in it reads the rows of a snapshot, which the first
 * of them makes. A snapshot belongs to this process; the rows are the same wherever they are made, since they follow from the facts.
 */
export const withSnapshots = ({ store, clock = () => performance.now() }: SnapshotOptions): Store => {
  const held = new Map<string, Held>()

  const make = async (id: string, { table, rows }: Derived): Promise<void> => {
    const columns = columnsOf(table)
    await store.write(
      sql`INSERT INTO ${identifier(`${table}_snapshots`)} (snapshot, ${columns}) SELECT ${bind.string(id)}, ${columns} FROM (${await resolved(rows)})`,
      LIMITS,
    )
  }

  const idOf = async (part: Derived): Promise<string> => {
    const key = keyOf(part)
    const known = held.get(key)
    if (known !== undefined && clock() - known.madeAt < HELD_MS) {
      await known.made
      return known.id
    }
    const id = randomUUID()
    const made = make(id, part)
    held.set(key, { id, madeAt: clock(), made })
    const [oldest] = held.keys()
    if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
    try {
      await made
    } catch (error) {
      if (held.get(key)?.id === id) held.delete(key)
      throw error
    }
    return id
  }

  const resolved = async ({ parts }: Sql): Promise<Sql> => ({
    parts: (
      await Promise.all(
        parts.map(async part => {
          if (typeof part === 'string' || !('rows' in part)) return [part]
          return sql`(SELECT ${columnsOf(part.table)} FROM ${identifier(`${part.table}_snapshots`)} WHERE snapshot = ${bind.string(await idOf(part))})`
            .parts
        }),
      )
    ).flat(),
  })

  return {
    ...store,
    read: async (statement, options) => store.read(await resolved(statement), options),
    stream: async (statement, format, options) => store.stream(await resolved(statement), format, options),
  }
}

const columnsOf = (table: string): Sql => {
  const projection = chain.find(each => each.table === table)
  if (projection === undefined) throw new RangeError(`no projection ${table}`)
  return joinSql(projection.columns.map(identifier), ', ')
}

const keyOf = ({ table, rows, epoch }: Derived): string => {
  const { query, params } = render(rows)
  return createHash('sha256')
    .update(JSON.stringify([table, epoch, query, params], (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
    .digest('hex')
}
