import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { fetchKafka } from '../../infra/kafka/fetch.ts'
import { freePorts } from './free-port.ts'
import type { Kafka, KafkaOptions, KafkaSecurity } from './broker.ts'
import { kafkaReady } from './kafka-ready.ts'

const run = promisify(execFile)
const PASSWORD = 'accord-test'

const missing = (program: string, purpose: string) => (error: unknown) => {
  throw new Error(`${program} is needed to ${purpose}, and could not be started`, { cause: error })
}

type Ports = { readonly plain: number; readonly controller: number; readonly sasl: number; readonly tls: number }

/**
 * Where the classes of a broker are kept as the JVM has read them, for one version of Java: most of what a broker of a minute costs is
 * reading classes. The first broker that is stopped leaves it there.
 */
const classArchive = async (libs: string): Promise<string> => {
  const { stderr } = await run('java', ['-version']).catch(missing('java (17 or later)', 'run the Kafka broker'))
  return join(dirname(libs), `classes-${createHash('sha256').update(stderr).digest('hex').slice(0, 12)}.jsa`)
}

/** One node that is broker and controller; everything that would make tests wait is turned down. */
const properties = (folder: string, ports: Ports, { secure, steady }: { readonly secure: boolean; readonly steady: boolean }): string => {
  const listeners = [`PLAINTEXT://127.0.0.1:${ports.plain}`]
  if (secure) listeners.push(`SASL_PLAINTEXT://127.0.0.1:${ports.sasl}`, `SSL://127.0.0.1:${ports.tls}`)
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.backoff.ms': 200,
    'log.retention.check.interval.ms': 500,
    'log.initial.task.delay.ms': 500,
    'controlled.shutdown.enable': false,
    // a killed broker's registration has to expire before it may come back
    'broker.session.timeout.ms': steady ? 30_000 : 1000,
    'broker.heartbeat.interval.ms': 200,
    'initial.broker.registration.timeout.ms': 30_000,
    'controller.quorum.election.timeout.ms': steady ? 10_000 : 500,
    'controller.quorum.fetch.timeout.ms': steady ? 20_000 : 1000,
    ...(secure && {
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_accord="${PASSWORD}";`,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': join(folder, 'keystore.p12'),
      'ssl.keystore.password': PASSWORD,
    }),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** A key of its own for this run's listener; returns the certificate to trust. */
const makeKeystore = async (folder: string): Promise<string> => {
  const store = ['-keystore', join(folder, 'keystore.p12'), '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', 'broker']
  const subject = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1,dns:localhost', '-validity', '2']
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...store, ...subject]).catch(
    missing('keytool (part of a Java 17 runtime)', 'make a key for the TLS listener'),
  )
  return (await run('keytool', ['-exportcert', '-rfc', ...store])).stdout
}

/** A broker of Maven Central's jars, in a temporary folder that goes with it. */
export const startLocalKafka = async ({ secure = false, steady = false, heapMb = 512 }: KafkaOptions): Promise<Kafka> => {
  const libs = await fetchKafka()
  const folder = await mkdtemp(join(tmpdir(), 'accord-kafka-'))
  const [plain = 0, controller = 0, sasl = 0, tls = 0] = await freePorts(4)
  const config = join(folder, 'server.properties')
  await writeFile(config, properties(folder, { plain, controller, sasl, tls }, { secure, steady }))
  const ca = secure ? await makeKeystore(folder) : ''

  const archive = await classArchive(libs)
  const archiveIsThere = existsSync(archive)
  const archiving = `${archive}.${process.pid}`
  const classes = archiveIsThere ? [`-XX:SharedArchiveFile=${archive}`] : []
  const jvm = `-Xmx${heapMb}m -XX:+UseSerialGC ${steady ? '' : '-XX:TieredStopAtLevel=1 '}-Xshare:auto -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true`
  const java = (main: string, ...args: string[]): string[] => [...jvm.split(' '), ...classes, '-cp', join(libs, '*'), main, ...args]
  const cluster = Buffer.from('accord-test-0001').toString('base64url')
  await run('java', java('kafka.tools.StorageTool', 'format', '-t', cluster, '-c', config))
  if (!archiveIsThere) classes.push(`-XX:ArchiveClassesAtExit=${archiving}`)

  const brokers = [`127.0.0.1:${plain}`]
  const logFile = join(folder, 'broker.log')
  let broker: ChildProcess | null = null
  let exited: Promise<void> = Promise.resolve()
  const onExit = () => void broker?.kill('SIGKILL')

  const start = async (): Promise<void> => {
    const log = openSync(logFile, 'a')
    const child = spawn('java', java('kafka.Kafka', config), { stdio: ['ignore', log, log] })
    closeSync(log)
    broker = child
    exited = new Promise(resolve => child.once('exit', () => resolve()))
    await kafkaReady(brokers, { gaveUp: () => child.exitCode !== null }).catch(async cause => {
      const said = (await readFile(logFile, 'utf8')).slice(-4000)
      throw new Error(`the local Kafka broker did not start; its log ends with:\n${said}`, { cause })
    })
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    broker?.kill(signal)
    const late = setTimeout(() => broker?.kill('SIGKILL'), 30_000)
    await exited
    clearTimeout(late)
    broker = null
  }
  const stop = async (): Promise<void> => {
    process.off('exit', onExit)
    await end(archiveIsThere ? 'SIGKILL' : 'SIGTERM') // nobody needs this folder again, but the next broker the classes of the first
    if (existsSync(archiving)) await rename(archiving, archive)
    await rm(folder, { recursive: true, force: true })
  }

  process.on('exit', onExit)
  await start().catch(async error => {
    await stop()
    throw error
  })
  const security: KafkaSecurity = {
    sasl: { brokers: [`127.0.0.1:${sasl}`], username: 'accord', password: PASSWORD },
    tls: { brokers: [`127.0.0.1:${tls}`], ca },
  }
  return {
    brokers,
    kind: 'local',
    ...(secure && { security }),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM')
      await start()
    },
    stop,
  }
}
