import type { Caller } from '../access/caller.ts'
import type { Intake, NotTaken, TakeOptions } from './intake.ts'
import { type LineBatch, lineBatches, NDJSON_BATCH } from './lines.ts'
import type { Rejection } from './problem.ts'

type StreamProgress = {
  /** Lines that are dealt with: written, or refused for good. */
  readonly lines: number
  readonly accepted: number
  readonly rejectedCount: number
  readonly position: string | null
  readonly appendedAt: number | null
}

type StreamTaken = StreamProgress & {
  /** null: to the end. Otherwise the lines from `lines` on were not taken and have to be sent again. */
  readonly stopped: NotTaken | null
}

export type StreamOptions = Pick<TakeOptions, 'dryRun'> & {
  /** What was refused in one batch. */
  readonly onRejected: (rejected: readonly Rejection[]) => void
  readonly onProgress?: (progress: StreamProgress) => void
}

/** NDJSON, one event a line, empty lines allowed, in constant memory: 1,000 lines are read, written, and only then the next are read. */
export const takeLines = async (
  chunks: AsyncIterable<Buffer>,
  intake: Intake,
  caller: Caller,
  options: StreamOptions,
): Promise<StreamTaken> => {
  let progress: StreamProgress = { lines: 0, accepted: 0, rejectedCount: 0, position: null, appendedAt: null }
  for await (const batch of lineBatches(chunks, NDJSON_BATCH)) {
    const { events, indexes, rejected } = parseBatch(batch)
    const taken = events.length === 0 ? null : await intake.take(events, caller, options)
    if (taken !== null && taken.outcome !== 'taken') return { ...progress, stopped: taken }
    if (taken !== null) for (const { index, ...problem } of taken.rejected) rejected.push({ index: indexes[index] ?? index, ...problem })
    progress = {
      lines: batch.first + batch.lines.length,
      accepted: progress.accepted + (taken?.accepted ?? 0),
      rejectedCount: progress.rejectedCount + (taken?.rejectedCount ?? 0) + (batch.lines.length - events.length - emptyLines(batch)),
      position: taken?.position ?? progress.position,
      appendedAt: taken?.appendedAt ?? progress.appendedAt,
    }
    if (rejected.length > 0) options.onRejected(rejected.toSorted((a, b) => a.index - b.index))
    options.onProgress?.(progress)
  }
  return { ...progress, stopped: null }
}

type Parsed = { readonly events: readonly unknown[]; readonly indexes: readonly number[]; readonly rejected: Rejection[] }

const parseBatch = ({ first, lines }: LineBatch): Parsed => {
  const events: unknown[] = []
  const indexes: number[] = []
  const rejected: Rejection[] = []
  for (const [at, line] of lines.entries()) {
    const index = first + at
    if (!line.ok) {
      rejected.push(
        line.reason === 'too_long'
          ? { index, code: 'too_large', path: '', message: 'expected a line of at most 1 MiB' }
          : { index, code: 'not_an_event', path: '', message: 'expected UTF-8' },
      )
    } else if (line.text.trim() !== '') {
      try {
        events.push(JSON.parse(line.text))
        indexes.push(index)
      } catch {
        rejected.push({ index, code: 'not_an_event', path: '', message: 'expected one JSON object on the line' })
      }
    }
  }
  return { events, indexes, rejected }
}

const emptyLines = ({ lines }: LineBatch): number => lines.filter(line => line.ok && line.text.trim() === '').length
