import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sql } from '../../services/domain/sql.ts'
import type { Row, Store } from '../../services/store/port.ts'
import { createStore } from '../../services/store/store.ts'
import { tsvText } from '../../services/store/tsv.ts'

export type Cell = string | number | bigint | null | readonly Cell[]
export type TestRow = Readonly<Record<string, Cell>>

const itemText = (cell: Cell): string => {
  if (cell === null) return 'NULL'
  if (typeof cell === 'string') return `'${tsvText(cell).replaceAll("'", "\\'")}'`
  if (typeof cell === 'object') return `[${cell.map(itemText).join(',')}]`
  return String(cell)
}

const cellText = (cell: Cell): string => {
  if (cell === null || typeof cell === 'string') return tsvText(cell)
  return typeof cell === 'object' ? itemText(cell) : String(cell)
}

export type FigureStore = {
  readonly store: Store
  /** Rows of one table, all with the columns of the first. */
  readonly insert: (table: string, rows: readonly TestRow[]) => Promise<void>
  readonly rows: (statement: Sql) => Promise<readonly Row[]>
  readonly empty: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The real engine in a folder of its own, with the tables of the migrations and nothing in them. */
export const openFigureStore = async (): Promise<FigureStore> => {
  const path = await mkdtemp(join(tmpdir(), 'accord-figures-'))
  const store = await createStore({ kind: 'chdb', path })
  const migrations = new URL('../../infra/clickhouse/migrations/', import.meta.url)
  const tables: string[] = []
  for (const file of (await readdir(migrations)).filter(name => name.endsWith('.sql')).toSorted()) {
    const text = (await readFile(new URL(file, migrations), 'utf8')).replaceAll(/^--.*$/gm, '')
    for (const statement of text.split(';').filter(part => part.trim() !== '')) {
      await store.write({ parts: [statement] })
      const table = /CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1]
      if (table !== undefined) tables.push(table)
    }
  }
  return {
    store,
    insert: async (table, rows) => {
      const [first] = rows
      if (first === undefined) return
      const columns = Object.keys(first)
      await store.append(table, columns, rows.map(row => `${columns.map(column => cellText(row[column] ?? null)).join('\t')}\n`).join(''))
    },
    rows: statement => store.read(statement),
    empty: async () => {
      for (const table of tables) await store.write({ parts: [`TRUNCATE TABLE ${table}`] })
    },
    close: async () => {
      await store.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}

export const TENANT = 't_1'
export const VERSION = 1_790_000_000_000

/** A deal as `deal_journey` keeps it; won on its close date unless said otherwise. */
export const dealRow = (row: TestRow & { readonly deal_id: string }): TestRow => ({
  tenant: TENANT,
  account: 'a_1',
  pipeline: '',
  deal_type: 'new-business',
  product: '',
  owner: 'm_1',
  team: '',
  lead_source: '',
  created_at: '2026-01-05 09:00:00.000000',
  stages: [],
  entered_at: [],
  stage_event_ids: [],
  amount: 100_000,
  currency: 'EUR',
  close_date: '2026-03-10',
  outcome: 'won',
  closed_at: '2026-03-10 12:00:00.000000',
  closed_event_id: `${row.deal_id}-closed`,
  contacts: [],
  counted: 1,
  excluded_because: '',
  event_ids: [`${row.deal_id}-created`, `${row.deal_id}-closed`],
  version: VERSION,
  ...row,
})

export type TouchOf = {
  readonly id: string
  readonly at?: string
  readonly channel?: string
  readonly campaign?: string
  readonly credit: number
}

/** Credit under linear@1 as `deal_conversions` keeps it; no touches: nothing was eligible. */
export const creditRow = (deal: string, touches: readonly TouchOf[], more: TestRow = {}): TestRow => ({
  tenant: TENANT,
  deal_id: deal,
  conversion: 'won',
  window: '365 creation all',
  account: 'a_1',
  converted: 1,
  provisional: 0,
  converted_at: '2026-03-10 12:00:00.000000',
  touch_ids: touches.map(touch => touch.id),
  touched_at: touches.map(touch => touch.at ?? '2026-02-01 10:00:00.000000'),
  channels: touches.map(touch => touch.channel ?? ''),
  campaigns: touches.map(touch => touch.campaign ?? ''),
  sources: touches.map(() => ''),
  contents: touches.map(() => ''),
  teams: touches.map(() => 'marketing'),
  subjects: touches.map(() => 'person:p_1'),
  models: ['linear@1'],
  credits: [touches.map(touch => touch.credit)],
  reasons: [touches.length === 0 ? 'no_eligible_touch' : ''],
  version: VERSION,
  ...more,
})

/** A fact as `record_facts` keeps it, recorded when it happened. */
export const recordRow = (type: string, id: string, at: string, payload: unknown, more: TestRow = {}): TestRow => ({
  tenant: TENANT,
  type,
  subject: TENANT,
  event_id: id,
  occurred_at: at,
  recorded_at: at.slice(0, 23),
  appended_at: at.slice(0, 23),
  partition: 0,
  offset: 0,
  payload: JSON.stringify(payload),
  ...more,
})

export const rateRow = (id: string, base: string, quote: string, on: string, rate: string, more: TestRow = {}): TestRow =>
  recordRow('fx-rate-recorded', id, `${on} 06:00:00.000000`, { base_currency: base, quote_currency: quote, rate_on: on, rate }, more)
