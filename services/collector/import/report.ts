import { createReadStream, type WriteStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'

/** Something in a file that was not taken. */
export type Reject = {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** Name of the column, or the path in the event. */
  readonly column: string
  readonly code: string
  readonly reason: string
}

export type ImportProgress = {
  readonly file: string
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly lines: number
  readonly accepted: number
  readonly rejected: number
}

export type ImportResult = {
  readonly files: number
  readonly lines: number
  /** Events that the log has; in a dry run: that it would have. */
  readonly accepted: number
  /** Lines (rows) that were refused, wholly or in part. */
  readonly rejected: number
  /** Shows everything that was imported when projected to it; null when nothing was written. */
  readonly position: string | null
  /** The same as ms since the epoch. */
  readonly appendedAt: number | null
}

type RejectsFile = {
  readonly write: (reject: Reject) => void /** Number of rejects; the file is there when it is above 0. */
  readonly close: () => Promise<number>
}

/** CSV, created with its first line: `file,line,column,code,reason`. */
export const createRejectsFile = (path: string): RejectsFile => {
  let stream: WriteStream | null = null
  let count = 0
  return {
    write: ({ file, line, column, code, reason }) => {
      if (stream === null) {
        stream = createWriteStream(path, { mode: 0o600 })
        stream.write('file,line,column,code,reason\n')
      }
      count += 1
      stream.write(`${[file, String(line), column, code, reason].map(cell).join(',')}\n`)
    },
    close: async () => {
      if (stream !== null) {
        stream.end()
        await once(stream, 'finish')
      }
      return count
    },
  }
}

/** Quoted where CSV needs it; a leading sign of a formula is kept from being one in a spreadsheet. */
const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A file's bytes, with how many were read so far. */
export const openCounted = async (
  path: string,
): Promise<{ readonly bytesTotal: number; readonly bytesRead: () => number; readonly chunks: AsyncIterable<Buffer> }> => {
  const { size } = await stat(path)
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 })
  return { bytesTotal: size, bytesRead: () => stream.bytesRead, chunks: stream }
}
