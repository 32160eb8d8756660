import type { Kafka, KafkaOptions } from './broker.ts'
import { dockerAnswers, startDockerKafka } from './kafka-docker.ts'
import { startLocalKafka } from './kafka-local.ts'

export type { Kafka } from './broker.ts'

const refuse = () => Promise.reject(new Error('the broker of ACCORD_TEST_KAFKA_BROKERS is not ours to stop; ask for an own one'))

const outside = (brokers: readonly string[]): Kafka => {
  return { brokers, kind: 'env', kill: refuse, restart: refuse, stop: () => Promise.resolve() }
}

const pick = async (options: KafkaOptions): Promise<Kafka> => {
  const given = process.env['ACCORD_TEST_KAFKA_BROKERS']
  if (given !== undefined && given !== '' && options.own !== true && options.secure !== true) return outside(given.split(','))
  if (options.secure !== true && (await dockerAnswers())) return startDockerKafka()
  return startLocalKafka(options)
}

/**
 * A real Kafka broker: that of `ACCORD_TEST_KAFKA_BROKERS`, else one in Docker, else one of Maven Central's jars.
 * Rejects with the missing piece named. Says on standard error which kind it picked.
 */
export const startKafka = async (options: KafkaOptions = {}): Promise<Kafka> => {
  const kafka = await pick(options)
  process.stderr.write(`Kafka for tests: ${kafka.kind}, ${kafka.brokers.join(',')}\n`)
  return kafka
}
