import { setTimeout as wait } from 'node:timers/promises'
import { kafkaConnection } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-config.ts'
import { joinGroup } from './kafka-membership.ts'
import type { KafkaPositions } from './kafka-positions.ts'
import { kafkaStream, type Reading, type Stream } from './kafka-stream.ts'
import { LogError, type Position, type SubscribeOptions, type Subscription, type TopicPartition } from './port.ts'

const SESSION_TIMEOUT_MS = 10_000
const REBALANCE_TIMEOUT_MS = 60_000
const RETRY_MS = 1000
/** After an unclean change of leader the end may be behind for a moment; later it is another log. */
const BEYOND_END_MS = 5000

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
const offsets = (positions: readonly Position[]): ReadonlyMap<string, number> =>
  new Map(positions.map(position => [placeOf(position), position.offset]))

export const kafkaSubscribe = async (log: KafkaLogOptions, positions: KafkaPositions, options: SubscribeOptions): Promise<Subscription> => {
  const { group, topics } = options
  const { logger } = log
  await positions.starts(topics).catch((error: unknown) => {
    if (!(error instanceof LogError && error.retriable)) throw error // a broker that is away may come back, a topic won't
  })
  const groupConnection = kafkaConnection(log)
  const fetchConnection = kafkaConnection(log)
  let stream: Stream | null = null
  let assigned: readonly TopicPartition[] | null = null
  let closed = false
  let beyondSince: number | null = null

  const fail = (error: unknown): void => {
    if (closed) return
    const cause =
      error instanceof LogError
        ? error
        : new LogError('LOG_CLOSED', `the subscriber of group ${group} could not take its records`, { cause: error })
    void close().then(() => options.onFailure(cause))
  }

  /** Moves what retention has overtaken, and says so. A position beyond the end is refused when it stays there. */
  const fit = async (wanted: readonly Position[]): Promise<readonly Position[]> => {
    const [starts, ends] = await Promise.all([positions.starts(topics), positions.ends(topics)])
    const start = offsets(starts)
    const end = offsets(ends)
    const beyond = wanted.find(position => position.offset > (end.get(placeOf(position)) ?? 0))
    if (beyond !== undefined) {
      const message = `${placeOf(beyond)} ends at ${end.get(placeOf(beyond)) ?? 0}, before the position ${beyond.offset} that was asked for: is it another log?`
      beyondSince ??= Date.now()
      throw new LogError(Date.now() - beyondSince > BEYOND_END_MS ? 'LOG_MISCONFIGURED' : 'LOG_UNAVAILABLE', message)
    }
    beyondSince = null
    return wanted.map(position => {
      const earliest = start.get(placeOf(position)) ?? 0
      if (position.offset >= earliest) return position
      options.onLoss({ topic: position.topic, partition: position.partition, wanted: position.offset, earliest })
      return { ...position, offset: earliest }
    })
  }

  const startPositions = async (partitions: readonly TopicPartition[]): Promise<readonly Position[]> => {
    const named = offsets(await options.startAt(partitions))
    const missing = partitions.some(partition => !named.has(placeOf(partition)))
    const committed = missing ? offsets(await positions.committed(group, topics)) : new Map<string, number>()
    const starts = missing ? offsets(await positions.starts(topics)) : new Map<string, number>()
    return fit(
      partitions.map(partition => {
        const place = placeOf(partition)
        return { ...partition, offset: named.get(place) ?? committed.get(place) ?? starts.get(place) ?? 0 }
      }),
    )
  }

  const read = (from: readonly Position[]): Stream => {
    const readings: Reading[] = from.map(({ topic, partition, offset }) => ({ topic, partition, next: offset, handing: false }))
    return kafkaStream({
      connection: fetchConnection,
      readings,
      onRecords: ({ target, records }) => options.onBatch({ topic: target.topic, partition: target.partition, records }),
      onOutOfRange: async () => {
        const fitting = offsets(await fit(readings.map(({ topic, partition, next }) => ({ topic, partition, offset: next }))))
        for (const reading of readings) reading.next = fitting.get(placeOf(reading)) ?? reading.next
      },
      onFailure: fail,
      logger,
    })
  }

  /** Asks where to start until it is known: the store may be away for longer than the group. */
  const begin = async (partitions: readonly TopicPartition[], lost: AbortSignal): Promise<void> => {
    while (!lost.aborted) {
      try {
        const from = await startPositions(partitions)
        if (lost.aborted) return
        assigned = partitions
        options.onAssigned(partitions)
        stream = read(from)
        return
      } catch (error) {
        if (lost.aborted) return
        if (error instanceof LogError && !error.retriable) return fail(error)
        logger?.warn(
          { group, err: error instanceof Error ? error.message : '', againInMs: RETRY_MS },
          'where to start reading is not known yet',
        )
        await wait(RETRY_MS, undefined, { signal: lost }).catch(() => undefined)
      }
    }
  }

  const membership = joinGroup({
    connection: groupConnection,
    group,
    topics,
    sessionTimeoutMs: log.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
    rebalanceTimeoutMs: log.rebalanceTimeoutMs ?? REBALANCE_TIMEOUT_MS,
    onAssigned: (partitions, lost) => void begin(partitions, lost),
    onRevoked: async () => {
      const revoked = assigned
      const stopping = stream?.stop() // from here on no batch is handed over; its last request may still be on the way
      assigned = null
      stream = null
      if (revoked !== null) await options.onRevoked(revoked)
      void stopping
    },
    onFailure: fail,
    logger,
  })

  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await membership.leave()
    await Promise.all([groupConnection.close(), fetchConnection.close()])
  }

  return {
    commit: async found => {
      if (closed) throw new LogError('LOG_CLOSED', `the subscription of group ${group} is closed`)
      await membership.commit(found)
    },
    close,
  }
}
