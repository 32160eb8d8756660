import { dockerAnswers, startDockerKafka } from './kafka-docker.ts'
import { startLocalKafka } from './kafka-local.ts'

export type KafkaSecurity = {
  /** PLAIN over an unencrypted listener. */
  readonly sasl: { readonly brokers: readonly string[]; readonly username: string; readonly password: string }
  /** A listener with a certificate of its own; `ca` is what to trust, PEM. */
  readonly tls: { readonly brokers: readonly string[]; readonly ca: string }
}

export type Kafka = {
  readonly brokers: readonly string[]
  readonly kind: 'env' | 'docker' | 'local'
  /** Only where `secure` was asked for. */
  readonly security?: KafkaSecurity
  /** `kill -9`; the data stay. */
  readonly kill: () => Promise<void>
  /** Stops it when it runs, starts it with its data, resolves when it is ready. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type KafkaOptions = {
  /** A broker that nobody else uses and that may be killed: never the one of the environment. */
  readonly own?: boolean
  /** Also SASL and TLS listeners. Implies a local broker, which needs `keytool`. */
  readonly secure?: boolean
  readonly heapMb?: number
}

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
