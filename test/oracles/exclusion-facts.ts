import type { Moment } from './order.ts'
import type { Readers } from './recorded.ts'

/** `record` (a node) must not be counted, or counts again (`out` = false). */
export type ExclusionFact = Moment & { readonly record: string; readonly reason: string; readonly out: boolean }

export const exclusionReaders: Readers<ExclusionFact> = {
  'record-excluded': ({ record, reason, excluded }, moment) => ({ ...moment, record, reason, out: excluded }),
}
