import type { Readable } from 'node:stream'
import { type Rendered, render } from '../domain/sql.ts'
import { type Operation, toStoreError } from './errors.ts'
import { type LanePool, lanePool } from './lanes.ts'
import { type Row, type Store, StoreError, type StreamFormat } from './port.ts'
import { type Limits, limitsOf, READ_LIMITS, WRITE_LIMITS, withLimits } from './statement.ts'

/** One connection of either kind; what it does fails with whatever the client throws. */
export type Lane = {
  /** The rows as text, one JSON object a line. */
  readonly query: (statement: Rendered, limits: Limits) => Promise<string>
  readonly stream: (statement: Rendered, format: StreamFormat, limits: Limits) => Promise<Readable>
  readonly command: (statement: Rendered, limits: Limits) => Promise<void>
  readonly insert: (table: string, columns: readonly string[], rows: Buffer) => Promise<void>
}

export type Engine = {
  readonly land: readonly Lane[]
  readonly project: readonly Lane[]
  readonly read: readonly Lane[]
  readonly close: () => Promise<void>
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const EXCEPTION_IN_BODY = /Code: \d+\. DB::Exception/

const parseRows = (text: string): readonly Row[] => {
  const rows: Row[] = []
  let from = 0
  while (from < text.length) {
    const found = text.indexOf('\n', from)
    const to = found === -1 ? text.length : found
    const line = text.slice(from, to)
    from = to + 1
    if (line === '') continue
    // an exception that arrived in the body of a good answer, after rows perhaps: never half an answer
    if (!line.startsWith('{'))
      throw new Error(EXCEPTION_IN_BODY.test(text) ? text.slice(text.search(EXCEPTION_IN_BODY)) : 'the answer is not rows of JSON')
    rows.push(JSON.parse(line))
  }
  return rows
}

/** Refuses names that are not plain before they reach a statement's text. */
const assertPlain = (names: readonly string[]): void => {
  for (const name of names)
    if (!PLAIN_NAME.test(name)) throw new StoreError('STORE_REJECTED', `not a plain identifier: ${JSON.stringify(name)}`)
}

const guarded = async <Result>(operation: Operation, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    throw toStoreError(error, operation)
  }
}

/** The port on three pools of lanes. */
export const engineStore = (engine: Engine): Store => {
  const land: LanePool<Lane> = lanePool(engine.land)
  const project: LanePool<Lane> = lanePool(engine.project)
  const read: LanePool<Lane> = lanePool(engine.read)
  let closing: Promise<void> | undefined

  return {
    read: (statement, options) =>
      guarded('read', async () => {
        const limits = limitsOf(options, READ_LIMITS)
        const rendered = render(statement)
        const limited = { ...rendered, query: withLimits(rendered.query, 'read', limits, options?.settings) }
        // a question that waited as long as it might have run is no longer of interest to anybody
        const text = await read.use(lane => lane.query(limited, limits), limits.maxSeconds * 1000)
        return parseRows(text)
      }),
    stream: (statement, format, options) =>
      guarded('read', async () => {
        const limits = limitsOf(options, READ_LIMITS)
        const rendered = render(statement)
        const limited = { ...rendered, query: withLimits(rendered.query, 'read', limits, options?.settings) }
        return await read.use(lane => lane.stream(limited, format, limits), limits.maxSeconds * 1000)
      }),
    write: (statement, options) =>
      guarded('write', async () => {
        const limits = limitsOf(options, WRITE_LIMITS)
        const rendered = render(statement)
        const limited = { ...rendered, query: withLimits(rendered.query, 'write', limits, options?.settings) }
        await project.use(lane => lane.command(limited, limits))
      }),
    append: (table, columns, tsv) =>
      guarded('append', async () => {
        assertPlain([table, ...columns])
        const rows = typeof tsv === 'string' ? Buffer.from(tsv) : tsv
        if (rows.length === 0) return
        await land.use(lane => lane.insert(table, columns, rows))
      }),
    ping: () =>
      guarded('read', async () => {
        const limits = { ...READ_LIMITS, maxSeconds: 5 }
        const text = await read.use(lane => lane.query({ query: 'SELECT version() AS version', params: {} }, limits), 5000)
        const version = parseRows(text)[0]?.['version']
        if (typeof version !== 'string') throw new Error('the server did not say its version')
        return { version }
      }),
    close: () => {
      closing ??= guarded('write', async () => {
        await Promise.all([land.close(), project.close(), read.close()])
        await engine.close()
      })
      return closing
    },
  }
}
