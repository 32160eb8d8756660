import { setTimeout as wait } from 'node:timers/promises'
import { Kafka, logLevel, PartitionAssigners, type Cluster } from 'kafkajs'
import { tlsOptions, type KafkaLogOptions } from './kafka-config.ts'
import { hasType, toLogError, wasAnswered } from './kafka-errors.ts'
import { quietKafkaTimers } from './kafka-timers.ts'
import { LogError } from './port.ts'

const CONNECTION_TIMEOUT_MS = 3000
const REQUEST_TIMEOUT_MS = 15_000

/** A client of its own for every use: kafkajs shares state between the consumers of one. */
export const kafkaClient = ({ brokers, clientId, sasl, tls, logger }: KafkaLogOptions): Kafka => {
  quietKafkaTimers()
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // enough to try every broker once; patience is the adapter's own
    retry: { retries: Math.max(2, brokers.length), initialRetryTime: 50, maxRetryTime: 500 },
    logLevel: logger === undefined ? logLevel.NOTHING : logLevel.WARN,
    // what the client calls an error is mostly a request that it will repeat
    logCreator: () => entry => logger?.debug({ kafkajs: entry.namespace, said: entry.log.message }, 'kafka client'),
    ...(sasl !== undefined && { sasl: { ...sasl } }), // a copy: the client keeps its state in it
    ...(tls !== undefined && { ssl: tlsOptions(tls) }),
  })
}

/**
 * The client's protocol layer: what a partition assigner is given. Requests go out and errors come back as Kafka says them, which the
 * consumer that kafkajs builds on it would hide (see README.md, decisions).
 */
const newCluster = (options: KafkaLogOptions): Cluster => {
  const found: Cluster[] = []
  kafkaClient(options).consumer({
    groupId: options.clientId, // names nothing: this consumer never joins
    allowAutoTopicCreation: false,
    partitionAssigners: [
      given => {
        found.push(given.cluster)
        return PartitionAssigners.roundRobin(given)
      },
    ],
  })
  const [cluster] = found
  if (cluster === undefined) throw new LogError('LOG_MISCONFIGURED', 'this kafkajs gives its assigners no cluster; Accord needs 2.2.4')
  return cluster
}

/** Errors after which asking again, with fresh metadata, is right: a leader or coordinator moved, or a topic was just created. */
const MOVED = [
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_CONTROLLER',
]

export type KafkaConnection = {
  /**
   * Runs `work` on a connected cluster that knows `topics`; again, on fresh metadata or a fresh connection, while it fails retriably and
   * the time allowed lasts. Rejects with `LogError`.
   */
  readonly use: <T>(doing: string, topics: readonly string[], work: (cluster: Cluster) => Promise<T>, patienceMs?: number) => Promise<T>
  readonly close: () => Promise<void>
}

/** Longer than the client's own timeout: only what the client has lost track of runs into it. */
export const LOST_REQUEST_MS = REQUEST_TIMEOUT_MS + 5000

class NoAnswer extends LogError {
  constructor(doing: string, ms: number) {
    super('LOG_UNAVAILABLE', `Kafka: ${doing}: no answer within ${ms} ms`)
  }
}

/** The client can lose a request when its connection breaks at the wrong moment; then nobody would ever answer. */
export const within = async <T>(ms: number, doing: string, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new NoAnswer(doing, ms)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

const RETRY_MS = 100
const RETRY_MOST_MS = 1000
/** How long a close waits for what is on the way, and for the client to disconnect. */
const CLOSE_MS = 3000
/** A topic that was created a moment ago may not be known to every broker yet. */
const NEW_TOPIC_MS = 1500

/** Said by the adapter itself about what it found, not about the connection. */
const isRefusal = (error: unknown): boolean => error instanceof LogError && !(error instanceof NoAnswer)

export const kafkaConnection = (options: KafkaLogOptions): KafkaConnection => {
  let connecting: Promise<Cluster> | null = null
  let closed = false

  const connect = async (): Promise<Cluster> => {
    const cluster = newCluster(options)
    try {
      await cluster.connect()
      return cluster
    } catch (error) {
      await cluster.disconnect().catch(() => undefined)
      throw error
    }
  }
  const drop = async (): Promise<void> => {
    const dropped = connecting
    connecting = null
    await dropped?.then(cluster => cluster.disconnect()).catch(() => undefined)
  }
  const busy = new Set<Promise<unknown>>()
  const whileBusy = async <T>(work: Promise<T>): Promise<T> => {
    busy.add(work)
    try {
      return await work
    } finally {
      busy.delete(work)
    }
  }
  const once = async <T>(topics: readonly string[], work: (cluster: Cluster) => Promise<T>): Promise<T> => {
    connecting ??= connect()
    const mine = connecting
    const cluster = await mine.catch((error: unknown) => {
      if (connecting === mine) connecting = null
      throw error
    })
    try {
      if (topics.length > 0) await cluster.addMultipleTargetTopics([...topics])
      await cluster.refreshMetadataIfNecessary()
      return await work(cluster)
    } catch (error) {
      if (hasType(error, MOVED)) await cluster.refreshMetadata().catch(() => (connecting === mine ? drop() : undefined))
      else if (connecting === mine && !wasAnswered(error) && !isRefusal(error)) void drop() // the client keeps half-broken state: a new connection is cheaper than guessing
      throw error
    } finally {
      // asked after it was given up, the client has connected again, and nobody else would ever close that
      if (connecting !== mine) void cluster.disconnect().catch(() => undefined)
    }
  }

  return {
    use: async (doing, topics, work, patienceMs = 5000) => {
      const began = Date.now()
      for (let pause = RETRY_MS; ; pause = Math.min(pause * 2, RETRY_MOST_MS)) {
        if (closed) throw new LogError('LOG_CLOSED', 'the log is closed')
        try {
          return await whileBusy(once(topics, work))
        } catch (error) {
          const failed = toLogError(error, doing)
          const spent = Date.now() - began
          const unknownTopic = hasType(error, ['UNKNOWN_TOPIC_OR_PARTITION']) && spent < NEW_TOPIC_MS
          if (!(unknownTopic || failed.retriable) || spent + pause > patienceMs) throw failed
        }
        await wait(pause)
      }
    },
    close: async () => {
      closed = true
      await Promise.race([Promise.allSettled(busy), wait(CLOSE_MS, undefined, { ref: false })])
      await Promise.race([drop(), wait(CLOSE_MS, undefined, { ref: false })])
    },
  }
}

/** Partition numbers of a topic that the cluster knows; throws `LOG_MISCONFIGURED` when there is no such topic. */
export const partitionsOf = (cluster: Cluster, topic: string): readonly number[] => {
  const partitions = cluster.findTopicPartitionMetadata(topic).map(found => found.partitionId)
  if (partitions.length === 0) throw new LogError('LOG_MISCONFIGURED', `there is no topic ${topic}; run \`accord migrate\``)
  return partitions.toSorted((a, b) => a - b)
}
