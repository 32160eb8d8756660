import type { ImportOptions } from '../events.ts'
import { csvRecords, delimiterOf } from '../csv.ts'
import { Mapping, type UnmappedValue } from '../mapping.ts'
import type { InputEvent } from '../path-journeys.ts'
import { takePatiently } from '../patient.ts'
import { type ImportResult, openCounted } from '../report.ts'
import { type CrmRecord, recordOf, type RecordStyle, WrongRow } from './record.ts'
import { byBytes } from '../../../domain/bytes.ts'
import { type CrmDeal, snapshotEvents } from '../../../domain/reconcile/snapshot.ts'
import { hashOf } from '../table.ts'

/** One table of a CRM's export: known by its columns. */
export type CrmTable = {
  readonly object: string
  readonly has: readonly string[]
  /** Columns by which it is another table. */
  readonly without?: readonly string[]
  /** What other tables have to know of its rows; asked of all rows of all files before any is read. */
  readonly learn?: (row: CrmRecord, known: Map<string, string>) => void
  /** The events that a row is. Throws `WrongRow`. */
  readonly read: (row: CrmRecord, known: ReadonlyMap<string, string>) => readonly InputEvent[]
  /** Of the table of deals: what the CRM says that the deal of a row is, and when it last said so. Throws `WrongRow`. */
  readonly stated?: (row: CrmRecord, known: ReadonlyMap<string, string>) => { readonly deal: CrmDeal; readonly at: string }
}

export type CrmFormat = {
  readonly system: string
  /** The first that a header fits is the one. */
  readonly tables: readonly CrmTable[]
  /** Fields whose values a company may give a meaning. */
  readonly fields: readonly string[]
}

export type ImportCrmOptions = ImportOptions & {
  readonly mapping?: unknown
  /** false: the export has only some of the deals, so that it is no snapshot to compare with. */
  readonly snapshot?: boolean
}
export type ImportCrmResult = ImportResult & {
  readonly unmapped: readonly UnmappedValue[]
  readonly ignoredFiles: readonly string[]
  /** What is kept of the CRM's deals, to compare with; null where the export has none. */
  readonly snapshot: { readonly id: string; readonly takenAt: string; readonly deals: number } | null
}

const BATCH_EVENTS = 1000
/** Parts of a snapshot that go in at a time: 48 KiB each. */
const MOST_PARTS = 20
const FALLBACK_CURRENCY = 'USD'

const tableOf = ({ tables }: CrmFormat, header: readonly string[]): CrmTable | null =>
  tables.find(({ has, without = [] }) => has.every(name => header.includes(name)) && !without.some(name => header.includes(name))) ?? null

const headerOf = (cells: readonly string[]): readonly string[] => cells.map(name => name.trim().toLowerCase())

/**
 * The tables of a CRM's export to events, each known by its columns, in the order in which files are given. What a company's own words mean (`values` of the mapping: lead_status, deal_stage
 * …) is told by it; what nobody gave a meaning is counted. Ids of events come from the CRM's ids, so an export that overlaps with an earlier one adds nothing that is there. Constant memory
 * but for what tables have to know of one another. Rejects with `RangeError` for a mapping that is none, the file system's error, `ImportStalled` or `LogError`.
 */
export const importCrm = async (format: CrmFormat, options: ImportCrmOptions): Promise<ImportCrmResult> => {
  const { intake, caller, files, dryRun = false, snapshot: wantsSnapshot = true, onReject, onProgress, signal, maxWaitMs, onWait } = options
  const read = Mapping.safeParse(options.mapping ?? {})
  if (!read.success) throw new RangeError(read.error.issues.map(issue => `mapping ${issue.path.join('.')}: ${issue.message}`).join('; '))
  const { values, set, columns: renamed, ...style } = read.data
  const stranger = Object.keys(values).find(field => !format.fields.includes(field))
  if (stranger !== undefined) throw new RangeError(`there is no field ${stranger} with meanings: there are ${format.fields.join(', ')}`)
  const names = new Map(Object.entries(renamed).map(([column, name]) => [column.toLowerCase(), name]))
  const patience = { signal, ...(maxWaitMs === undefined ? {} : { maxWaitMs }), ...(onWait === undefined ? {} : { onWait }) }
  const unmapped = new Map<string, { readonly field: string; readonly value: string; rows: number }>()
  const meaning: RecordStyle['meaning'] = (field, value) => {
    const said = values[field]?.[value]
    if (said !== undefined) return said
    const key = `${field}\u001f${value}`
    const counted = unmapped.get(key) ?? { field, value, rows: 0 }
    counted.rows += 1
    unmapped.set(key, counted)
    return undefined
  }
  const full: RecordStyle = {
    ...style,
    currency: style.currency ?? FALLBACK_CURRENCY,
    baseUrl: (set['base_url'] ?? '').replace(/\/+$/, ''),
    meaning,
  }
  /** A row is asked for its meanings a second time: nothing is unmapped twice. */
  const uncounted: RecordStyle = { ...full, meaning: (field, value) => values[field]?.[value] }
  const known = new Map<string, string>()
  const ignored: string[] = []
  const total = { files: 0, lines: 0, accepted: 0, rejected: 0 }
  let position: string | null = null
  let appendedAt: number | null = null
  const stated = new Map<string, CrmDeal>()
  let statedAt = ''

  const rowsOf = async function* (chunks: AsyncIterable<Buffer>, delimiter: string) {
    let places: ReadonlyMap<string, number> | null = null
    let table: CrmTable | null = null
    for await (const { line, cells } of csvRecords(chunks, delimiter)) {
      if (places === null) {
        const header = headerOf(cells).map(name => names.get(name) ?? name)
        places = new Map(header.map((name, place) => [name, place]))
        table = tableOf(format, header)
        if (table === null) return
        continue
      }
      if (table !== null) yield { line, table, row: recordOf(places, cells, full) }
    }
  }

  for (const file of files) {
    for await (const { table, row } of rowsOf((await openCounted(file)).chunks, await delimiterOf(file))) {
      if (table.learn === undefined) break
      table.learn(row, known)
    }
  }
  // what was looked up while learning is not what rows say
  unmapped.clear()

  for (const file of files) {
    const { bytesTotal, bytesRead, chunks } = await openCounted(file)
    let batch: { readonly event: InputEvent; readonly line: number }[] = []
    let rejectedLine = 0
    let seen = false
    const reject = (line: number, column: string, code: string, reason: string): void => {
      if (line !== rejectedLine) total.rejected += 1
      rejectedLine = line
      onReject?.({ file, line, column, code, reason })
    }
    const send = async (): Promise<void> => {
      if (batch.length === 0) return
      const sent = batch
      batch = []
      const taken = await takePatiently(
        intake,
        sent.map(({ event }) => event),
        caller,
        { dryRun },
        patience,
      )
      total.accepted += taken.accepted
      position = taken.position ?? position
      appendedAt = taken.appendedAt ?? appendedAt
      for (const { index, path, code, message } of taken.rejected)
        reject(sent[index]?.line ?? 0, path.replace(/^data\./, ''), code, message)
      onProgress?.({ file, bytesRead: bytesRead(), bytesTotal, ...total })
    }
    for await (const { line, table, row } of rowsOf(chunks, await delimiterOf(file))) {
      seen = true
      total.lines += 1
      try {
        const events = table.read(row, known)
        const said = wantsSnapshot ? table.stated?.({ ...row, style: uncounted }, known) : undefined
        // a row that is refused has nothing in: neither its events nor its deal
        for (const event of events) batch.push({ line, event })
        if (said !== undefined) {
          stated.set(said.deal.deal_id, said.deal)
          if (said.at > statedAt) statedAt = said.at
        }
      } catch (error) {
        if (!(error instanceof WrongRow)) throw error
        reject(line, error.column, 'bad_value', error.message)
      }
      if (batch.length >= BATCH_EVENTS) await send()
    }
    await send()
    if (!seen) ignored.push(file)
    total.files += 1
  }
  const snapshot =
    stated.size === 0
      ? null
      : { id: `${format.system}-${hashOf([statedAt, ...stated.values()]).slice(0, 32)}`, takenAt: statedAt, deals: stated.size }
  if (snapshot !== null) {
    const events = snapshotEvents({ ...snapshot, system: format.system }, [...stated.values()])
    for (let start = 0; start < events.length; start += MOST_PARTS) {
      const sent = events.slice(start, start + MOST_PARTS).map(event => ({ ...event, source: format.system }))
      const taken = await takePatiently(intake, sent, caller, { dryRun }, patience)
      const [refused] = taken.rejected
      if (refused !== undefined) throw new RangeError(`the snapshot of the CRM's deals was refused: ${refused.path}: ${refused.message}`)
      position = taken.position ?? position
      appendedAt = taken.appendedAt ?? appendedAt
    }
  }
  return {
    ...total,
    snapshot,
    position,
    appendedAt,
    unmapped: [...unmapped].toSorted(([a], [b]) => byBytes(a, b)).map(([, counted]) => counted),
    ignoredFiles: ignored,
  }
}
