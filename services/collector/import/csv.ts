import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { z } from 'zod'

/** With `info`, csv-parse gives each record its line. */
const Parsed = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) })

export type CsvRecord = { readonly line: number; readonly cells: readonly string[] }

/**
 * Records of a CSV file as they are read: quotes, line ends of any system, a byte order mark, records of any width. `line` is the one that a record
 * ends on, from 1. Rejects with the file system's error.
 */
export async function* csvRecords(chunks: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    delimiter,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    info: true,
    max_record_size: 1_000_000,
  })
  // An error of the file destroys the parser with it, so it is thrown below.
  pipeline(Readable.from(chunks), parser).catch(() => undefined)
  for await (const parsed of parser) {
    const { record, info } = Parsed.parse(parsed)
    yield { line: info.lines, cells: record }
  }
}

/** The separator that the first line has most of: `;`, `,` or a tab. */
export const delimiterOf = async (file: string): Promise<string> => {
  const stream = createReadStream(file, { end: 65_535 })
  const reader = createInterface({ input: stream })
  try {
    for await (const line of reader) {
      const counted = [';', ',', '\t'].map(delimiter => ({ delimiter, count: line.split(delimiter).length }))
      return counted.reduce((best, one) => (one.count > best.count ? one : best)).delimiter
    }
    return ';'
  } finally {
    reader.close()
    stream.destroy()
  }
}
