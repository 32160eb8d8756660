import { kafkaConnection } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-config.ts'
import { kafkaPositions } from './kafka-positions.ts'
import { kafkaAppender } from './kafka-producer.ts'
import { kafkaFollow, kafkaRead } from './kafka-read.ts'
import { kafkaSubscribe } from './kafka-subscribe.ts'
import { kafkaTopics } from './kafka-topics.ts'
import { LogError, type EventLog } from './port.ts'

/** The log of record on a Kafka cluster, 3.x or 4.x. Connects when it is first used; every method rejects with `LogError` only. */
export const createKafkaLog = (options: KafkaLogOptions): EventLog => {
  if (options.brokers.length === 0) throw new RangeError('brokers must name at least one broker')
  const connection = kafkaConnection(options)
  const positions = kafkaPositions(connection)
  const appender = kafkaAppender(options, connection)
  const topics = kafkaTopics(options)
  const open = new Set<{ readonly close: () => Promise<void> }>()
  let closing: Promise<void> | null = null

  const whileOpen = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (closing !== null) throw new LogError('LOG_CLOSED', 'the log is closed')
    return work()
  }
  const opened = async <T extends { readonly close: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const found = await starting
    open.add(found)
    return {
      ...found,
      close: async () => {
        open.delete(found)
        await found.close()
      },
    }
  }

  return {
    append: records => whileOpen(() => appender.append(records)),
    read: async function* (names, from = []) {
      yield* await whileOpen(() => kafkaRead(options, positions, names, from))
    },
    ends: names => whileOpen(() => positions.ends(names)),
    starts: names => whileOpen(() => positions.starts(names)),
    committed: (group, names) => whileOpen(() => positions.committed(group, names)),
    subscribe: wanted => whileOpen(() => opened(kafkaSubscribe(options, positions, wanted))),
    follow: (names, onRecords) => whileOpen(() => opened(kafkaFollow(options, positions, names, onRecords))),
    ensureTopics: settings => whileOpen(() => topics.ensure(settings)),
    checkTopics: settings => whileOpen(() => topics.check(settings)),
    ping: () => whileOpen(() => connection.use('ping', [], cluster => cluster.refreshMetadata())),
    close: () => {
      closing ??= (async () => {
        await Promise.all([...open].map(one => one.close()))
        await appender.close()
        await connection.close()
      })()
      return closing
    },
  }
}
