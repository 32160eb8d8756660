import { LogError, type LogAppend } from './port.ts'

/** Key and value of one record. Fits the brokers' default of 1 MiB per batch with its framing; the same for both adapters. */
const MAX_RECORD_BYTES = 1_000_000

export const recordBytes = (record: LogAppend): number => Buffer.byteLength(record.key, 'utf8') + (record.value?.length ?? 0)

/** Throws `LOG_RECORD_TOO_LARGE` when one of the records can never be appended; none of them may be, then. */
export const assertRecordSizes = (records: readonly LogAppend[]): void => {
  for (const record of records) {
    const bytes = recordBytes(record)
    if (bytes > MAX_RECORD_BYTES) {
      throw new LogError(
        'LOG_RECORD_TOO_LARGE',
        `a record for ${record.topic} has ${bytes} bytes; ${MAX_RECORD_BYTES} is the most that fits`,
      )
    }
  }
}
