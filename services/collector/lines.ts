import { isUtf8 } from 'node:buffer'

/** One line: its text, or why it has none. Line ends are not part of it. */
type Line = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: 'too_long' | 'not_utf8' }

export type LineBatch = {
  /** Number of the first line, from 0. */
  readonly first: number
  readonly lines: readonly Line[]
}

type LineOptions = {
  readonly maxLines: number
  /** A longer line is passed over without being held. */
  readonly maxLineBytes: number
  /** A batch ends early when it holds more than this. */
  readonly maxBatchBytes: number
}

export const NDJSON_BATCH: LineOptions = { maxLines: 1000, maxLineBytes: 1024 * 1024, maxBatchBytes: 5 * 1024 * 1024 }

const NEWLINE = 10

/** Splits bytes into batches of lines in constant memory; the last line needs no line end. */
export async function* lineBatches(
  chunks: AsyncIterable<Buffer>,
  { maxLines, maxLineBytes, maxBatchBytes }: LineOptions,
): AsyncGenerator<LineBatch> {
  let first = 0
  let lines: Line[] = []
  let bytes = 0
  let parts: Buffer[] = []
  let length = 0
  const add = (part: Buffer): void => {
    length += part.length
    if (length <= maxLineBytes) parts.push(part)
    else parts = []
  }
  const end = (): void => {
    lines.push(length > maxLineBytes ? { ok: false, reason: 'too_long' } : lineOf(parts, first === 0 && lines.length === 0))
    bytes += Math.min(length, maxLineBytes)
    parts = []
    length = 0
  }
  const batch = (): LineBatch => {
    const full = { first, lines }
    first += lines.length
    lines = []
    bytes = 0
    return full
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at))
      end()
      from = at + 1
      if (lines.length >= maxLines || bytes >= maxBatchBytes) yield batch()
    }
    if (from < chunk.length) add(chunk.subarray(from))
  }
  if (length > 0) end()
  if (lines.length > 0) yield batch()
}

const lineOf = (parts: readonly Buffer[], isFirst: boolean): Line => {
  const [only] = parts
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
  if (!isUtf8(bytes)) return { ok: false, reason: 'not_utf8' }
  const text = bytes.toString('utf8')
  return { ok: true, text: isFirst && text.startsWith('\ufeff') ? text.slice(1) : text }
}
