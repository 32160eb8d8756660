import { setTimeout as wait } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { quietKafkaTimers } from '../../services/log/kafka-timers.ts'

type Patience = { readonly deadlineMs?: number; readonly gaveUp?: () => boolean }

/** Resolves when the broker has registered itself and leads a partition; rejects at the deadline with what it last said. */
export const kafkaReady = async (
  brokers: readonly string[],
  { deadlineMs = 60_000, gaveUp = () => false }: Patience = {},
): Promise<void> => {
  const deadline = Date.now() + deadlineMs
  let last: unknown
  quietKafkaTimers()
  while (Date.now() < deadline && !gaveUp()) {
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, connectionTimeout: 1000, retry: { retries: 0 } })
    const admin = kafka.admin()
    try {
      await admin.connect()
      const cluster = await admin.describeCluster()
      if (cluster.brokers.length === 0) throw new Error('no broker has registered yet')
      await admin.createTopics({ topics: [{ topic: 'accord-test-ready', numPartitions: 1, replicationFactor: 1 }] })
      await admin.fetchTopicOffsets('accord-test-ready')
      return
    } catch (error) {
      last = error
      await wait(100)
    } finally {
      await admin.disconnect().catch(() => undefined)
    }
  }
  throw new Error(`the Kafka broker at ${brokers.join(', ')} was not ready in time`, { cause: last })
}
