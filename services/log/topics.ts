import type { TopicSettings } from './port.ts'

export const DEFAULT_TOPIC_PREFIX = 'accord'

const DAY_MS = 86_400_000
/** A dead letter carries its payload, which may hold personal data: it has to go (design D8). */
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS

/** Names of all topics, by what is in them. */
export type TopicNames = {
  readonly leads: string
  readonly deals: string
  readonly touches: string
  readonly campaigns: string
  readonly definitions: string
  readonly persons: string
  readonly access: string
  readonly deadLetters: string
}

/** `prefix` sets one installation apart from another on the same broker. Throws `RangeError` when it is no topic name. */
export const topicNames = (prefix: string = DEFAULT_TOPIC_PREFIX): TopicNames => {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(prefix)) throw new RangeError(`not a topic prefix: ${JSON.stringify(prefix)}`)
  return {
    leads: `${prefix}.leads.v1`,
    deals: `${prefix}.deals.v1`,
    touches: `${prefix}.touches.v1`,
    campaigns: `${prefix}.campaigns.v1`,
    definitions: `${prefix}.definitions.v1`,
    persons: `${prefix}.persons.v1`,
    access: `${prefix}.access.v1`,
    deadLetters: `${prefix}.dead-letters.v1`,
  }
}

/** The record: kept for ever, never compacted. Everything that is projected comes from these. */
export const recordTopics = (prefix: string = DEFAULT_TOPIC_PREFIX): readonly string[] => {
  const { leads, deals, touches, campaigns, definitions } = topicNames(prefix)
  return [leads, deals, touches, campaigns, definitions]
}

/**
 * What `migrate` sets and `doctor` checks. The number of partitions is for ever: a key's partition follows from it, and with it the
 * order of the key's records.
 */
export const topicSettings = (prefix: string = DEFAULT_TOPIC_PREFIX): readonly TopicSettings[] => {
  const names = topicNames(prefix)
  return [
    { topic: names.leads, partitions: 12, cleanup: 'keep' },
    { topic: names.deals, partitions: 6, cleanup: 'keep' },
    { topic: names.touches, partitions: 12, cleanup: 'keep' },
    { topic: names.campaigns, partitions: 3, cleanup: 'keep' },
    { topic: names.definitions, partitions: 3, cleanup: 'keep' },
    { topic: names.persons, partitions: 3, cleanup: 'compact' },
    { topic: names.access, partitions: 1, cleanup: 'compact' },
    { topic: names.deadLetters, partitions: 3, cleanup: 'expire', retentionMs: DEAD_LETTER_RETENTION_MS },
  ]
}
