/** The log of record, as the rest of Accord sees it. Adapters: `kafka.ts`, `sqlite.ts`; one contract suite runs on both. */

export type LogRecord = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Log append time, ms since the epoch; never set by the producer, kept on replay. */
  readonly appendedAt: number
  readonly key: string | null
  /** null is a tombstone (compacted topics). */
  readonly value: Buffer | null
}

export type LogAppend = { readonly topic: string; readonly key: string; readonly value: Buffer | null }

export type Appended = {
  readonly count: number
  /** Greatest append time among the records: what is projected to this instant shows all of them. */
  readonly appendedAt: number
}

export type TopicPartition = { readonly topic: string; readonly partition: number }
/** `offset` is the next one to read. */
export type Position = TopicPartition & { readonly offset: number }
/** Records of one partition in order of offset. */
export type PartitionBatch = TopicPartition & { readonly records: readonly LogRecord[] }

export type SubscribeOptions = {
  readonly group: string
  readonly topics: readonly string[]
  /**
   * Where to start a partition that was just assigned: the next offset, or null for the group's committed position, else the
   * earliest. The store's own record of what it has landed goes before what the log believes.
   */
  readonly startAt: (assigned: readonly TopicPartition[]) => Promise<readonly Position[]>
  readonly onAssigned: (assigned: readonly TopicPartition[]) => void
  /** Must drop what is queued of these partitions; awaited before the partitions are given up. */
  readonly onRevoked: (revoked: readonly TopicPartition[]) => Promise<void>
  /** Called with records in order per partition. While the promise is pending no more of that partition is fetched: back-pressure. */
  readonly onBatch: (batch: PartitionBatch) => Promise<void>
  /** The position asked for is no longer in the log: retention destroyed records. Never silent. */
  readonly onLoss: (loss: TopicPartition & { readonly wanted: number; readonly earliest: number }) => void
  /** The subscription can't go on (after its own retries). */
  readonly onFailure: (error: LogError) => void
}

export type Subscription = {
  readonly commit: (positions: readonly Position[]) => Promise<void>
  readonly close: () => Promise<void>
}

export type Follower = {
  /** Resolves when everything that was in the topics at the start has been handed over. */
  readonly caughtUp: Promise<void>
  readonly close: () => Promise<void>
}

export type EventLog = {
  /** Resolves only when all records are durable (Kafka: acks all, idempotent). Order per key is order of the array and of the calls. */
  readonly append: (records: readonly LogAppend[]) => Promise<Appended>
  /** Records from the positions on (a partition that is not named: from its start), up to the ends seen at the call. */
  readonly read: (topics: readonly string[], from?: readonly Position[]) => AsyncIterable<readonly LogRecord[]>
  /** Next offset to be written of every partition, idle ones included. */
  readonly ends: (topics: readonly string[]) => Promise<readonly Position[]>
  readonly starts: (topics: readonly string[]) => Promise<readonly Position[]>
  readonly committed: (group: string, topics: readonly string[]) => Promise<readonly Position[]>
  readonly subscribe: (options: SubscribeOptions) => Promise<Subscription>
  /** Reads topics whole, then follows them; no group, every caller gets all records. */
  readonly follow: (topics: readonly string[], onRecords: (records: readonly LogRecord[]) => void) => Promise<Follower>
  /** Creates what is missing, sets what differs; safe to run twice and by twenty at once. Partitions are only ever counted when a topic is created. */
  readonly ensureTopics: (topics: readonly TopicSettings[]) => Promise<void>
  /** What `ensureTopics` would change, in words; empty when all is right. */
  readonly checkTopics: (topics: readonly TopicSettings[]) => Promise<readonly string[]>
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

export type TopicSettings = {
  readonly topic: string
  readonly partitions: number
  readonly cleanup: 'keep' | 'compact' | 'expire'
  /** Only for `expire`. */
  readonly retentionMs?: number
}

export type LogErrorCode =
  | 'LOG_UNAVAILABLE' // no broker answers, or the file is locked: wait and try again
  | 'LOG_OVERLOADED' // the broker throttles or a request timed out: try again later
  | 'LOG_RECORD_TOO_LARGE' // this record never fits
  | 'LOG_MISCONFIGURED' // unknown topic, no permission, wrong credentials: somebody must act
  | 'LOG_CLOSED'

export class LogError extends Error {
  readonly code: LogErrorCode
  readonly retriable: boolean
  constructor(code: LogErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'LogError'
    this.code = code
    this.retriable = code === 'LOG_UNAVAILABLE' || code === 'LOG_OVERLOADED'
  }
}
