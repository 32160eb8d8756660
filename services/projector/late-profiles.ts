import type { EventLog } from '../log/port.ts'
import { recordKey } from '../log/record-key.ts'
import type { Exclusion } from './exclusions.ts'

/**
 * What comes about an erased person may bring its personal data again: a tombstone follows them, so that they leave the log and, by way of it, the store.
 * Resolves with the number of persons.
 */
export const eraseAgain = async (
  { log, topic }: { readonly log: EventLog; readonly topic: string },
  exclusions: readonly Exclusion[],
): Promise<number> => {
  const late = exclusions.filter(({ code }) => code === 'person_erased')
  const keys = new Set(late.map(({ tenant, subject }) => recordKey(tenant, subject.slice('person:'.length))))
  if (keys.size > 0) await log.append([...keys].map(key => ({ topic, key, value: null })))
  return keys.size
}
