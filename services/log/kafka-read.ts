import { kafkaConnection } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-config.ts'
import { byLeader, fetchOnce, type Target } from './kafka-fetch.ts'
import type { KafkaPositions } from './kafka-positions.ts'
import { kafkaStream, type Reading } from './kafka-stream.ts'
import { LogError, type Follower, type LogRecord, type Position, type TopicPartition } from './port.ts'

/** How long a read waits for brokers that are away before it gives up, ms. */
const READ_PATIENCE_MS = 30_000

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** Up to the ends seen at the call. Waits for brokers that are away, for half a minute without an answer. */
export const kafkaRead = async function* (
  log: KafkaLogOptions,
  positions: KafkaPositions,
  topics: readonly string[],
  from: readonly Position[],
): AsyncGenerator<readonly LogRecord[]> {
  const [starts, ends] = await Promise.all([positions.starts(topics), positions.ends(topics)])
  const begin = new Map(from.map(position => [placeOf(position), position.offset]))
  const end = new Map(ends.map(position => [placeOf(position), position.offset]))
  const endOf = (target: TopicPartition): number => end.get(placeOf(target)) ?? 0
  let unread: readonly Target[] = starts
    .map(({ topic, partition, offset }) => ({ topic, partition, next: Math.max(offset, begin.get(placeOf({ topic, partition })) ?? 0) }))
    .filter(target => target.next < endOf(target))

  const connection = kafkaConnection(log)
  try {
    while (unread.length > 0) {
      const targets = unread
      const fetched = await connection.use(
        'reading',
        topics,
        async cluster => {
          const leaders = [...byLeader(cluster, targets)]
          if (leaders.length === 0) throw new LogError('LOG_UNAVAILABLE', 'the partitions have no leader at the moment')
          const answers = await Promise.all(leaders.map(([nodeId, led]) => fetchOnce(cluster, nodeId, led)))
          for (const { error } of answers) if (error !== null) throw error
          return answers.flatMap(answer => answer.fetched)
        },
        READ_PATIENCE_MS,
      )
      for (const { target, records, next } of fetched) {
        target.next = next
        const wanted = records.filter(record => record.offset < endOf(target))
        if (wanted.length > 0) yield wanted
      }
      unread = unread.filter(target => target.next < endOf(target))
    }
  } finally {
    await connection.close()
  }
}

export const kafkaFollow = async (
  log: KafkaLogOptions,
  positions: KafkaPositions,
  topics: readonly string[],
  onRecords: (records: readonly LogRecord[]) => void,
): Promise<Follower> => {
  const [starts, ends] = await Promise.all([positions.starts(topics), positions.ends(topics)])
  const end = new Map(ends.map(position => [placeOf(position), position.offset]))
  const readings: Reading[] = starts.map(({ topic, partition, offset }) => ({ topic, partition, next: offset, handing: false }))
  const connection = kafkaConnection(log)
  const { promise: caughtUp, resolve: reached, reject: broke } = Promise.withResolvers<void>()
  caughtUp.catch(() => undefined) // it is for whoever waits for it

  const look = (): void => {
    if (readings.every(reading => reading.next >= (end.get(placeOf(reading)) ?? 0))) reached()
  }
  const stream = kafkaStream({
    connection,
    readings,
    onRecords: async ({ records }) => onRecords(records),
    onMoved: look,
    onOutOfRange: async () => {
      const earliest = new Map((await positions.starts(topics)).map(position => [placeOf(position), position.offset]))
      for (const reading of readings) reading.next = Math.max(reading.next, earliest.get(placeOf(reading)) ?? 0)
    },
    onFailure: error => {
      broke(error)
      log.logger?.error({ topics, err: error instanceof Error ? error.message : '' }, 'a follower of the log has stopped')
      // one that stopped would serve old keys for ever: nobody may miss this
      void Promise.reject(error instanceof Error ? error : new Error('a follower of the log has stopped', { cause: error }))
    },
    logger: log.logger,
  })
  look()
  return {
    caughtUp,
    close: async () => {
      broke(new LogError('LOG_CLOSED', 'the follower was closed'))
      await Promise.all([stream.stop(), connection.close()])
    },
  }
}
