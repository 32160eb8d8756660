import { GenericContainer, getContainerRuntimeClient } from 'testcontainers'
import { freePorts } from './free-port.ts'
import type { Kafka } from './broker.ts'
import { kafkaReady } from './kafka-ready.ts'

const IMAGE = 'apache/kafka:4.1.1'

/** True when a container engine answers within five seconds. */
export const dockerAnswers = async (): Promise<boolean> => {
  const late = new Promise<boolean>(resolve => setTimeout(resolve, 5000, false).unref())
  return Promise.race([
    getContainerRuntimeClient().then(
      () => true,
      () => false,
    ),
    late,
  ])
}

/** The same broker as the local one, in a container. The port is fixed, so that it can be killed and started again. */
export const startDockerKafka = async (): Promise<Kafka> => {
  const [port = 0] = await freePorts(1)
  const started = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: '1',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '500',
      KAFKA_LOG_CLEANER_BACKOFF_MS: '200',
      KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS: '500',
      KAFKA_LOG_INITIAL_TASK_DELAY_MS: '500',
      KAFKA_BROKER_SESSION_TIMEOUT_MS: '1000',
      KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '200',
      KAFKA_HEAP_OPTS: '-Xmx512m',
    })
    .start()
  const brokers = [`127.0.0.1:${port}`]
  const container = (await getContainerRuntimeClient()).container.getById(started.getId())
  await kafkaReady(brokers)
  const kill = async (): Promise<void> => {
    await container.kill({ signal: 'SIGKILL' })
    await container.wait()
  }
  return {
    brokers,
    kind: 'docker',
    kill,
    restart: async () => {
      if ((await container.inspect()).State.Running) await container.stop()
      await container.start()
      await kafkaReady(brokers)
    },
    stop: async () => {
      await started.stop()
    },
  }
}
