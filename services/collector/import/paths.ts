import { csvRecords, delimiterOf } from './csv.ts'
import type { ImportOptions } from './events.ts'
import { contentOf, type PathHeader, PATH_COLUMNS, type PathRow, readPathHeader, readPathRow } from './path-row.ts'
import { type InputEvent, journeysOf } from './path-journeys.ts'
import { takePatiently } from './patient.ts'
import { type ImportResult, openCounted } from './report.ts'

type ImportPathsOptions = ImportOptions & {
  /** Names the export. Another export with other journeys needs another name, or rows that say the same count as the same; default `paths`. */
  readonly dataset?: string
}

type ImportPathsResult = ImportResult & {
  readonly rows: number
  readonly conversions: number
  readonly nulls: number
  /** Book value of the conversions, in minor units of XXX (10⁻⁹). */
  readonly valueMinor: bigint
}

const BATCH_EVENTS = 1000

/**
 * `accord import paths`: aggregated journeys, `path;total_conversions;total_conversion_value;total_null`, as attribution packages write them; any of `;`, `,` and tab
 * between the cells. Constant memory but for twenty characters for each different row. Importing a file again, or one that shares rows with
 * it, adds only the rows that are new. Rejects with the file system's error, `ImportStalled` or `LogError`.
 */
export const importPaths = async (options: ImportPathsOptions): Promise<ImportPathsResult> => {
  const { intake, caller, files, dryRun = false, onReject, onProgress, dataset = 'paths', signal, maxWaitMs, onWait } = options
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(dataset))
    throw new RangeError(`expected a dataset of lower case letters, digits, - and _, got ${JSON.stringify(dataset)}`)
  const patience = { signal, ...(maxWaitMs === undefined ? {} : { maxWaitMs }), ...(onWait === undefined ? {} : { onWait }) }
  const total = { files: 0, lines: 0, accepted: 0, rejected: 0, rows: 0, conversions: 0, nulls: 0, valueMinor: 0n }
  let position: string | null = null
  let appendedAt: number | null = null

  for (const file of files) {
    // Per file: a row that stands in two files is the same row, one that stands twice in one file is two.
    const occurrences = new Map<string, number>()
    const { bytesTotal, bytesRead, chunks } = await openCounted(file)
    let batch: InputEvent[] = []
    let lines: number[] = []
    let rejectedLine = 0
    const reject = (line: number, column: string, code: string, reason: string): void => {
      if (line !== rejectedLine) total.rejected += 1
      rejectedLine = line
      onReject?.({ file, line, column, code, reason })
    }
    const send = async (): Promise<void> => {
      if (batch.length === 0) return
      const taken = await takePatiently(intake, batch, caller, { dryRun }, patience)
      total.accepted += taken.accepted
      position = taken.position ?? position
      appendedAt = taken.appendedAt ?? appendedAt
      for (const { index, path, code, message } of taken.rejected) reject(lines[index] ?? 0, columnOf(path), code, message)
      batch = []
      lines = []
      onProgress?.({ file, bytesRead: bytesRead(), bytesTotal, lines: total.lines, accepted: total.accepted, rejected: total.rejected })
    }

    for await (const { line, row } of pathRows(chunks, await delimiterOf(file))) {
      total.lines += 1
      if ('column' in row) {
        reject(line, row.column, row.code, row.reason)
        if (row.code === 'bad_header') break
        continue
      }
      const content = contentOf(row)
      const occurrence = occurrences.get(content) ?? 0
      occurrences.set(content, occurrence + 1)
      total.rows += 1
      total.conversions += row.conversions
      total.nulls += row.nulls
      total.valueMinor += row.valueMinor
      for (const event of journeysOf(row, content, occurrence, dataset)) {
        batch.push(event)
        lines.push(line)
        if (batch.length >= BATCH_EVENTS) await send()
      }
    }
    await send()
    total.files += 1
  }
  return { ...total, position, appendedAt }
}

type ReadRow = PathRow | Exclude<ReturnType<typeof readPathRow>, PathRow>

async function* pathRows(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
): AsyncGenerator<{ readonly line: number; readonly row: ReadRow }> {
  let header: PathHeader | null = null
  for await (const { line, cells } of csvRecords(chunks, delimiter)) {
    if (header !== null) {
      yield { line, row: readPathRow(cells, header) }
      continue
    }
    header = readPathHeader(cells)
    if (header === null) {
      yield { line, row: { column: '', code: 'bad_header', reason: `expected a first line with the columns ${PATH_COLUMNS.join(', ')}` } }
      return
    }
  }
}

/** What the check calls `data.channel` is part of the path; money is the value. */
const columnOf = (path: string): string => (path === 'data.amount_minor' ? 'total_conversion_value' : 'path')
