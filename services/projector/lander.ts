import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Codec } from '../log/codec.ts'
import type { EventLog, PartitionBatch, Subscription, TopicPartition } from '../log/port.ts'
import type { Store } from '../store/port.ts'
import { untilDone } from './backoff.ts'
import { type DeadLetter, writeDeadLetters } from './dead-letters.ts'
import { addRecord, announceLate, type Batch, newBatch, partOf, type Reached, storeBatch, storeReached } from './land.ts'
import { type Landed, readLanded } from './watermark.ts'

/** What was stored: records, those of them that became letters, those that were visible too late for their step, and how long it took. */
export type LandedBatch = { readonly records: number; readonly letters: number; readonly late: number; readonly ms: number }

export type LanderOptions = {
  readonly log: EventLog
  readonly store: Store
  readonly codec: Codec
  readonly group: string
  /** Record topics and the person topic. */
  readonly topics: readonly string[]
  readonly personsTopic: string
  readonly deadLettersTopic: string
  readonly logger: Logger
  readonly now: () => number
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => void
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => void
  /** After a batch is stored. */
  readonly onLanded?: (batch: LandedBatch) => void
  readonly onFailure: (error: unknown) => void
}

export type Lander = {
  readonly start: () => Promise<void>
  /** Lands what is queued, commits it, and leaves the group. */
  readonly stop: () => Promise<void>
}

/** A batch is stored when it has this many records, or when its first record is this old. */
const BATCH_RECORDS = 50_000
const BATCH_MS = 200
/** Where the engine takes long for little its time is shared: a batch waits twice as long as a small one before it took, so that projecting gets the larger part; up to this. */
const SLOW_BATCH_MS = 800
const SMALL_BATCH = 5_000
/** Fetching pauses above this many queued records. */
const QUEUE_RECORDS = 100_000
/** How long `stop` tries to store what is queued. */
const STOP_MS = 10_000
/** Decoding gives way to sockets and timers after this many records. */
const DECODE_SLICE = 2_000
/** Below this number bad records go to dead letters whatever their share. */
const TOLERATED_LETTERS = 50

/** Too many records of a batch cannot be read: somebody has to look before more is set aside. */
export class PoisonedLogError extends Error {
  readonly retriable = false
  constructor(letters: readonly DeadLetter[], records: number) {
    const [first] = letters
    super(
      `${letters.length} of ${records} records cannot be processed (first: ${first?.code ?? ''} at ${first?.origin.topic}/${first?.origin.partition}/${first?.origin.offset}: ${first?.reason}); nothing was set aside, landing has stopped`,
    )
    this.name = 'PoisonedLogError'
  }
}

type Pending = {
  batch: Batch
  letters: DeadLetter[]
  reached: Map<string, Reached>
  /** When its first record came, ms of this process's clock; 0 while there is none. */
  since: number
}

type Head = { appendedAt: number; nextOffset: number }

const empty = (): Pending => ({ batch: newBatch(), letters: [], reached: new Map(), since: 0 })
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/**
 * Lands records of all partitions together (design D2, D3): decoded to rows as they are fetched, stored in one micro-batch, then the
 * position of each partition is written to the store, then committed to the log. Whatever is interrupted is done again; rows collapse by key.
 */
export const createLander = (options: LanderOptions): Lander => {
  const { log, store, codec, logger } = options
  const aborter = new AbortController()
  const retry = {
    signal: aborter.signal,
    onWait: (error: unknown, waitMs: number) => logger.warn({ err: error, waitMs }, 'landing waits for the store or the log'),
  }
  let pending = empty()
  let lastTookMs = 0
  /** Greatest append time so far and next offset, per assigned partition. */
  const heads = new Map<string, Head>()
  let subscription: Subscription | null = null
  let flushing: Promise<void> | null = null
  let stopping = false
  /** A batch was not stored and will not be: what comes after it may not be either, or its positions would pass over it. */
  let broken = false
  let wake: (() => void) | null = null

  const take = async (batch: PartitionBatch): Promise<void> => {
    const head = heads.get(nameOf(batch))
    while (pending.batch.records.length > QUEUE_RECORDS && !stopping) await wait(5)
    await codec.prepare(batch.records.map(record => record.value))
    for (let from = 0; from < batch.records.length; from += DECODE_SLICE) {
      if (from > 0) await nextTurn()
      // revoked meanwhile, even if it was assigned again: then it is read again from where the store says
      if (stopping || broken || head === undefined || heads.get(nameOf(batch)) !== head) return
      queue(batch, head, from, Math.min(from + DECODE_SLICE, batch.records.length))
    }
    wake?.()
  }

  /** Decodes records of a partition into the pending batch, all at one go. */
  const queue = ({ topic, partition, records }: PartitionBatch, head: Head, from: number, to: number): void => {
    if (pending.since === 0) pending.since = performance.now()
    for (let index = from; index < to; index += 1) {
      const record = records[index]
      // handed over before and stored already
      if (record === undefined || record.offset < head.nextOffset) continue
      head.appendedAt = Math.max(head.appendedAt, record.appendedAt)
      head.nextOffset = record.offset + 1
      const letter = addRecord(pending.batch, record, head.appendedAt, options)
      if (letter !== null) pending.letters.push(letter)
    }
    pending.reached.set(nameOf({ topic, partition }), { topic, partition, nextOffset: head.nextOffset, appendedAt: head.appendedAt })
  }

  const flush = async (): Promise<void> => {
    const { batch, letters: unreadable, reached: positions } = pending
    pending = empty()
    if (positions.size === 0) return
    const started = performance.now()
    const records = batch.records.length + unreadable.length
    const refused = await untilDone(() => storeBatch(store, batch, options), retry)
    const letters = [...unreadable, ...refused]
    if (letters.length > TOLERATED_LETTERS && letters.length > records / 2) throw new PoisonedLogError(letters, records)
    const late = await untilDone(() => announceLate(store, batch, options), retry)
    if (late > 0) logger.warn({ records: late }, 'records were visible only after their instant was projected: they are projected now')
    await untilDone(() => writeDeadLetters({ log, codec, topic: options.deadLettersTopic, now: options.now }, letters), retry)
    const reached = [...positions.values()]
    await untilDone(() => storeReached(store, reached), retry)
    lastTookMs = records < SMALL_BATCH ? performance.now() - started : 0
    options.onLanded?.({ records, letters: letters.length, late, ms: performance.now() - started })
    await subscription
      ?.commit(reached.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset })))
      // the store knows; the log's own position only shows lag
      .catch((error: unknown) => logger.warn({ err: error }, 'positions not committed'))
  }

  const flushSoon = async (): Promise<void> => {
    flushing ??= flush().finally(() => {
      flushing = null
    })
    await flushing
  }

  const run = async (): Promise<void> => {
    while (!stopping) {
      const age = pending.since === 0 ? 0 : performance.now() - pending.since
      if (
        pending.reached.size > 0 &&
        (age >= Math.max(BATCH_MS, Math.min(2 * lastTookMs, SLOW_BATCH_MS)) || pending.batch.records.length >= BATCH_RECORDS)
      )
        await flushSoon()
      else await Promise.race([wait(10), new Promise<void>(resolve => (wake = resolve))])
    }
  }

  const startAt = async (assigned: readonly TopicPartition[]): Promise<{ topic: string; partition: number; offset: number }[]> => {
    const landed = await untilDone(() => readLanded(store), retry)
    const known = new Map<string, Landed>(landed.map(row => [nameOf(row), row]))
    return assigned.map(partition => {
      const row = known.get(nameOf(partition))
      heads.set(nameOf(partition), { appendedAt: row?.appendedAt ?? 0, nextOffset: row?.nextOffset ?? 0 })
      return { topic: partition.topic, partition: partition.partition, offset: row?.nextOffset ?? 0 }
    })
  }

  let loop: Promise<void> = Promise.resolve()
  return {
    start: async () => {
      subscription = await log.subscribe({
        group: options.group,
        topics: options.topics,
        startAt,
        onAssigned: assigned => options.onAssigned?.(assigned),
        onRevoked: async revoked => {
          options.onRevoked?.(revoked)
          const names = new Set(revoked.map(nameOf))
          for (const name of names) heads.delete(name)
          // the next owner reads them again from where the store says
          await flushing?.catch(() => undefined)
          pending.batch = partOf(pending.batch, record => !names.has(nameOf(record)), options)
          pending.letters = pending.letters.filter(letter => !names.has(nameOf(letter.origin)))
          for (const name of names) pending.reached.delete(name)
        },
        onBatch: take,
        onLoss: loss => logger.error(loss, 'the log no longer has records that were never landed: retention destroyed them'),
        onFailure: options.onFailure,
      })
      loop = run().catch((error: unknown) => {
        broken = true
        if (!stopping) options.onFailure(error)
      })
    },
    stop: async () => {
      stopping = true
      wake?.()
      // one last try for what is queued; an outage now is left to the next start
      const deadline = setTimeout(() => aborter.abort(new Error('stopped while the store was away')), STOP_MS)
      await loop
      if (!broken)
        await flushSoon().catch((error: unknown) => logger.warn({ err: error }, 'stopped with records that the next start lands again'))
      clearTimeout(deadline)
      aborter.abort(new Error('stopped'))
      await subscription?.close()
    },
  }
}
