import { createHash } from 'node:crypto'
import type { EventType } from '../../../schemas/events/generated/types.ts'
import { csvRecords, delimiterOf } from './csv.ts'
import type { ImportOptions } from './events.ts'
import { type Columns, columnsOf, Mapping, type UnmappedValue } from './mapping.ts'
import type { InputEvent } from './path-journeys.ts'
import { takePatiently } from './patient.ts'
import { type ImportResult, openCounted, type Reject } from './report.ts'
import { byBytes } from '../../domain/bytes.ts'

export type WrongCell = Pick<Reject, 'column' | 'code' | 'reason'> & {
  /** The field and value that would need a meaning. */
  readonly unmapped?: readonly [field: string, value: string]
}

/** One row: what it is about, what it says, and the fields of its event. */
export type GoodRow = {
  /** The source's own id; '' for none. */
  readonly id: string
  /** Hash of what sets the row apart from others where it has no id. */
  readonly key: string
  /** Hash of all that it says. */
  readonly content: string
  readonly campaign: { readonly name: string; readonly system: string }
  readonly occurredAt: string
  readonly data: Readonly<Record<string, unknown>>
}
export type RowRead = GoodRow | WrongCell

/** What the rows of a file are. */
export type RowKind = {
  readonly type: EventType
  readonly idField: string
  readonly fields: readonly string[]
  /** The field that the file has no column for and cannot do without; null when there is none. */
  readonly lacks: (columns: Columns) => string | null
  /** `now`: the instant that nothing can have happened after, ISO 8601. */
  readonly read: (columns: Columns, cells: readonly string[], now: string) => RowRead
  /** `occurrence`: the how-manieth row of the file with this key, from 0; 0 for rows with an id. */
  readonly identify: (row: GoodRow, occurrence: number, dataset: string) => { readonly eventId: string; readonly data: InputEvent['data'] }
  /** The field of `data` that names what the row is about, where a later row about the same may take back an earlier one. */
  readonly subject?: string
}

/** Ids of what was said of each subject before, in the order in which it counts. */
export type SaidBefore = (subjects: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>

export type ImportTableOptions = ImportOptions & {
  readonly dataset?: string
  readonly mapping?: unknown
  /** Milliseconds since the epoch: a cost of a later day is said now. */
  readonly now?: () => number
  /** Without it what was ever said in the same words is not said again. */
  readonly saidBefore?: SaidBefore
}

export type NamedCampaign = { readonly name: string; readonly system: string; readonly rows: number }

export type ImportTableResult = ImportResult & {
  /** Names of campaigns as the files have them, with the rows that have them. */
  readonly campaigns: readonly NamedCampaign[]
  readonly unmapped: readonly UnmappedValue[]
  readonly ignoredColumns: readonly string[]
}

const BATCH_EVENTS = 1000

/** Of anything that JSON has, as ids want it: 32 hexadecimal digits. */
export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)

type Counted = { readonly first: string; readonly second: string; rows: number }

/** Counts by two texts, in the order of their bytes. */
const counter = () => {
  const counts = new Map<string, Counted>()
  return {
    add: (first: string, second: string): void => {
      const key = `${first}\u001f${second}`
      const known = counts.get(key)
      if (known === undefined) counts.set(key, { first, second, rows: 1 })
      else known.rows += 1
    },
    all: (): readonly Counted[] => [...counts].toSorted(([a], [b]) => byBytes(a, b)).map(([, counted]) => counted),
  }
}

/**
 * The id under which something is said. What was said last in the same words has its id already, and is not said again; what was said before that, and has been
 * something else since, is said anew: 100, then 120, then 100 again.
 */
const idAmong = (eventId: string, before: readonly string[]): string => {
  const alike = before.filter(id => id === eventId || id.startsWith(`${eventId}~`))
  const last = before.at(-1)
  if (last === undefined || alike.length === 0) return eventId
  return alike.includes(last) ? last : `${eventId}~${alike.length}`
}

type Line = { readonly event: InputEvent; readonly line: number }

/** The lines under the ids that they have among what was said of their subjects. */
const reconsidered = async (
  lines: readonly Line[],
  subjectField: string,
  saidBefore: SaidBefore,
  saidNow: Map<string, readonly string[]>,
): Promise<Line[]> => {
  const subjectOf = ({ event }: Line): string => String(event.data[subjectField])
  const unknown = [...new Set(lines.map(subjectOf))].filter(subject => !saidNow.has(subject))
  const found = unknown.length === 0 ? new Map<string, readonly string[]>() : await saidBefore(unknown)
  for (const subject of unknown) saidNow.set(subject, found.get(subject) ?? [])
  return lines.map(line => {
    const before = saidNow.get(subjectOf(line)) ?? []
    const event_id = idAmong(line.event.event_id, before)
    if (before.at(-1) !== event_id) saidNow.set(subjectOf(line), [...before, event_id])
    return { ...line, event: { ...line.event, event_id } }
  })
}

/**
 * Plain CSV, one event a row, its columns laid over the fields by `mapping`. Constant memory but for a few characters a row, by which a file that
 * comes again, or overlaps with one that was imported, adds nothing that is there. Rejects with `RangeError` for a mapping that is none, the file system's error,
 * `ImportStalled` or `LogError`.
 */
export const importTable = async (kind: RowKind, options: ImportTableOptions): Promise<ImportTableResult> => {
  const {
    intake,
    caller,
    files,
    dryRun = false,
    onReject,
    onProgress,
    dataset = 'csv',
    signal,
    maxWaitMs,
    onWait,
    now = Date.now,
    saidBefore,
  } = options
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(dataset))
    throw new RangeError(`expected a dataset of lower case letters, digits, - and _, got ${JSON.stringify(dataset)}`)
  const read = Mapping.safeParse(options.mapping ?? {})
  if (!read.success) throw new RangeError(read.error.issues.map(issue => `mapping ${issue.path.join('.')}: ${issue.message}`).join('; '))
  const patience = { signal, ...(maxWaitMs === undefined ? {} : { maxWaitMs }), ...(onWait === undefined ? {} : { onWait }) }
  const total = { files: 0, lines: 0, accepted: 0, rejected: 0 }
  const [campaigns, unmapped] = [counter(), counter()]
  const ignored = new Set<string>()
  /** What this import has said so far, which no store shows yet. */
  const saidNow = new Map<string, readonly string[]>()
  let position: string | null = null
  let appendedAt: number | null = null

  for (const file of files) {
    // per file: what stands in two files is the same, what stands twice in one is two
    const occurrences = new Map<string, number>()
    const contents = new Map<string, string>()
    const { bytesTotal, bytesRead, chunks } = await openCounted(file)
    let batch: Line[] = []
    let columns: Columns | null = null
    let rejectedLine = 0
    const reject = (line: number, { column, code, reason }: WrongCell): void => {
      if (line !== rejectedLine) total.rejected += 1
      rejectedLine = line
      onReject?.({ file, line, column, code, reason })
    }
    const send = async (of: Columns | null): Promise<void> => {
      if (batch.length === 0) return
      const sent =
        saidBefore === undefined || kind.subject === undefined ? batch : await reconsidered(batch, kind.subject, saidBefore, saidNow)
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
      for (const { index, path, code, message } of taken.rejected) {
        const field = path.replace(/^data\./, '')
        reject(sent[index]?.line ?? 0, { column: of?.nameOf(field) ?? field, code, reason: message })
      }
      onProgress?.({ file, bytesRead: bytesRead(), bytesTotal, ...total })
    }
    for await (const { line, cells } of csvRecords(chunks, await delimiterOf(file))) {
      if (columns === null) {
        const header = columnsOf(cells, read.data, kind.fields, unmapped.add)
        const lacking = header.ok ? kind.lacks(header.value) : null
        if (!header.ok || lacking !== null) {
          const reason = header.ok
            ? `no column for ${lacking}: name one with --map <column>=${lacking}, or set it with --set ${lacking}=<value>`
            : header.reason
          reject(line, { column: '', code: 'bad_header', reason })
          break
        }
        columns = header.value
        for (const name of columns.ignored) ignored.add(name)
        continue
      }
      total.lines += 1
      const row = kind.read(columns, cells, new Date(now()).toISOString())
      if ('reason' in row) {
        if (row.unmapped !== undefined) unmapped.add(...row.unmapped)
        reject(line, row)
        continue
      }
      if (row.id !== '' && (contents.get(row.id) ?? row.content) !== row.content) {
        reject(line, {
          column: columns.nameOf(kind.idField),
          code: 'bad_value',
          reason: `another row has the id ${row.id} and says something else`,
        })
        continue
      }
      if (row.id !== '') contents.set(row.id, row.content)
      if (row.campaign.name !== '') campaigns.add(row.campaign.name, row.campaign.system)
      const occurrence = row.id === '' ? (occurrences.get(row.key) ?? 0) : 0
      if (row.id === '') occurrences.set(row.key, occurrence + 1)
      const { eventId, data } = kind.identify(row, occurrence, dataset)
      batch.push({
        line,
        event: { type: kind.type, event_id: eventId, occurred_at: row.occurredAt, source: dataset, data: { ...row.data, ...data } },
      })
      if (batch.length >= BATCH_EVENTS) await send(columns)
    }
    await send(columns)
    total.files += 1
  }
  return {
    ...total,
    position,
    appendedAt,
    campaigns: campaigns.all().map(({ first, second, rows }) => ({ name: first, system: second, rows })),
    unmapped: unmapped.all().map(({ first, second, rows }) => ({ field: first, value: second, rows })),
    ignoredColumns: [...ignored],
  }
}
