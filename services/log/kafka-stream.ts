import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import type { KafkaConnection } from './kafka-client.ts'
import type { LogLogger } from './kafka-config.ts'
import { hasType, toLogError } from './kafka-errors.ts'
import { byLeader, fetchOnce, type Fetched, type Target } from './kafka-fetch.ts'
import { LogError } from './port.ts'

/** A partition that is read without end. While `handing`, nothing more of it is fetched. */
export type Reading = Target & { handing: boolean }

export type StreamOptions = {
  readonly connection: KafkaConnection
  readonly readings: readonly Reading[]
  /** Records in order per partition, never none. Called again for the partition only after the promise resolved. */
  readonly onRecords: (fetched: Fetched<Reading>) => Promise<void>
  /** After every answer, also an empty one. */
  readonly onMoved?: (() => void) | undefined
  /** A position that the broker doesn't have: must set `next` of the readings to one it has, or throw. */
  readonly onOutOfRange: () => Promise<void>
  /** The stream has ended by an error that waiting doesn't mend, or by one of the callbacks. */
  readonly onFailure: (error: unknown) => void
  readonly logger?: LogLogger | undefined
}

export type Stream = {
  /** After this no callback begins any more; resolves when the last request is back. Does not wait for `onRecords` that are pending. */
  readonly stop: () => Promise<void>
}

const IDLE_MS = 20
const RETRY_MS = 200
const RETRY_MOST_MS = 5000
/** This loop has its own patience. */
const ONE_ATTEMPT_MS = 0

/** Fetches from all leaders side by side, until stopped; goes on by itself after outages and when leaders move. */
export const kafkaStream = ({ connection, readings, onRecords, onMoved, onOutOfRange, onFailure, logger }: StreamOptions): Stream => {
  const topics = [...new Set(readings.map(reading => reading.topic))]
  const stopping = new AbortController()
  let pause = RETRY_MS

  const fail = (error: unknown): void => {
    if (stopping.signal.aborted) return
    stopping.abort()
    onFailure(error)
  }

  const hand = async (fetched: Fetched<Reading>): Promise<void> => {
    const { target } = fetched
    target.handing = true
    try {
      await onRecords(fetched)
    } catch (error) {
      fail(error)
    } finally {
      target.handing = false
    }
  }

  type Round = { over: boolean }

  const readFrom = async (cluster: Cluster, nodeId: string, led: readonly Reading[], round: Round): Promise<void> => {
    while (!stopping.signal.aborted && !round.over) {
      await cluster.refreshMetadataIfNecessary()
      const free = led.filter(reading => !reading.handing)
      if (free.length === 0) {
        await wait(IDLE_MS)
        continue
      }
      const { fetched, error } = await fetchOnce(cluster, nodeId, free)
      if (error === null) pause = RETRY_MS
      for (const one of fetched) {
        if (stopping.signal.aborted) return
        one.target.next = one.next
        if (one.records.length > 0) void hand(one)
      }
      onMoved?.()
      if (error !== null) throw error
      // lets handlers that are done at once free their partition before the next request is put together
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  const readAll = (): Promise<void> =>
    connection.use(
      'fetching',
      topics,
      async cluster => {
        const leaders = byLeader(cluster, readings)
        if ([...leaders.values()].flat().length < readings.length) {
          throw new LogError('LOG_UNAVAILABLE', 'some partitions have no leader at the moment')
        }
        const round: Round = { over: false }
        const reading = [...leaders].map(async ([nodeId, led]) => {
          try {
            await readFrom(cluster, nodeId, led, round)
          } finally {
            round.over = true // leaders are looked up anew by all
          }
        })
        const ended = await Promise.allSettled(reading)
        for (const one of ended) if (one.status === 'rejected') throw one.reason
      },
      ONE_ATTEMPT_MS,
    )

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await readAll()
      } catch (error) {
        if (stopping.signal.aborted) return
        try {
          if (hasType(error, ['OFFSET_OUT_OF_RANGE'])) await onOutOfRange()
          else {
            const failed = toLogError(error, 'fetching')
            if (!failed.retriable) throw failed
            logger?.warn({ code: failed.code, err: failed.message, againInMs: pause }, 'reading from Kafka failed, trying again')
          }
        } catch (final) {
          return fail(final)
        }
        await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
        pause = Math.min(pause * 2, RETRY_MOST_MS)
      }
    }
  }

  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
