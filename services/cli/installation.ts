import { type Logger, pino } from 'pino'
import { type Access, createAccess } from '../access/access.ts'
import { createOidcVerifier } from '../access/oidc.ts'
import { type Secrets, readOrCreateSecretFile, readSecretFile } from '../access/secrets.ts'
import { type Intake, type IntakeOptions, createIntake } from '../collector/intake.ts'
import { type Codec, createCodec } from '../log/codec.ts'
import { createConfluentRegistry } from '../log/confluent-registry.ts'
import type { EventLog } from '../log/port.ts'
import { type OwnRegistry, createOwnRegistry } from '../log/registry.ts'
import { type TopicNames, topicNames, topicSettings } from '../log/topics.ts'
import { type MigrationReport, migrate } from '../store/migrate.ts'
import type { Store } from '../store/port.ts'
import { createStore, DEFAULT_DATABASE, ensureDatabase } from '../store/store.ts'
import { join } from 'node:path'
import type { Settings } from './environment.ts'

/** The parts that every service is put together from, opened once for a process. */
export type Installation = {
  readonly settings: Settings
  readonly logger: Logger
  readonly topics: TopicNames
  readonly log: EventLog
  readonly codec: Codec
  /** Answers the registry's read paths; null where an outside registry does. */
  readonly registry: OwnRegistry | null
  /** Opened on first use: a collector needs none. */
  readonly store: () => Promise<Store>
  readonly secrets: () => Secrets
  readonly access: () => Promise<Access>
  readonly intake: (options?: Pick<IntakeOptions, 'onTaken'>) => Promise<Intake>
  /** In the reverse order of opening. */
  readonly close: () => Promise<void>
}

/** SQLite log or chDB store: the data directory belongs to one process. */
export const isEmbedded = ({ kafka, store }: Settings): boolean => kafka === null || store.kind === 'chdb'

export const createLogger = (level: NonNullable<Settings['logLevel']>): Logger =>
  pino({ level, timestamp: pino.stdTimeFunctions.isoTime, base: null }, pino.destination({ fd: 2, sync: true }))

/** What cannot be opened now is tried again by who asks next. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => {
    const { value } = (made ??= { value: make() })
    if (value instanceof Promise)
      value.catch(() => {
        made = null
      })
    return value
  }
}

/** Opens log, schemas and, when they are asked for, store, secrets and access. Rejects with the adapters' own errors. */
export const openInstallation = async (settings: Settings, logger: Logger): Promise<Installation> => {
  const topics = topicNames(settings.topicPrefix)
  const log = await openLog(settings, logger)
  const own = settings.schemaRegistryUrl === null ? createOwnRegistry() : null
  const codec = createCodec({ registry: own ?? (await createConfluentRegistry({ url: settings.schemaRegistryUrl ?? '' })) })
  const opened: (() => Promise<void>)[] = [() => log.close()]

  const store = once(async () => {
    const made = await createStore(settings.store)
    opened.push(() => made.close())
    return made
  })
  const secrets = once(() =>
    isEmbedded(settings) && !settings.secretFileGiven ? readOrCreateSecretFile(settings.secretFile) : readSecretFile(settings.secretFile),
  )
  const access = once(async () => {
    const made = await createAccess({
      log,
      codec,
      secrets: secrets(),
      topics,
      oidc: settings.oidc === null ? null : createOidcVerifier(settings.oidc),
      now: Date.now,
      onUnreadable: (record, cause) =>
        logger.error({ ...record, err: cause }, 'a record of the access topic cannot be read and was passed over'),
    })
    opened.push(() => made.close())
    return made
  })
  return {
    settings,
    logger,
    topics,
    log,
    codec,
    registry: own,
    store,
    secrets,
    access,
    intake: async options => createIntake({ log, codec, access: await access(), secrets: secrets(), topics, now: Date.now, ...options }),
    close: async () => {
      for (const close of opened.splice(0).toReversed()) await close()
    },
  }
}

const openLog = async (settings: Settings, logger: Logger): Promise<EventLog> => {
  // each adapter is loaded only where it is used: an image for production may lack the other one's package
  if (settings.kafka === null) {
    const { createSqliteLog } = await import('../log/sqlite.ts')
    return createSqliteLog({ path: join(settings.dataDir, 'log.sqlite') })
  }
  const { createKafkaLog } = await import('../log/kafka.ts')
  return createKafkaLog({ ...settings.kafka, clientId: 'accord', logger })
}

/** Topics and tables as this version wants them; safe to run twice and by many at once. */
export const prepareInstallation = async ({ settings, log, store }: Installation): Promise<MigrationReport> => {
  await log.ensureTopics(topicSettings(settings.topicPrefix))
  const cluster = settings.clickhouseCluster
  await ensureDatabase(settings.store, cluster ?? undefined)
  return migrate(
    await store(),
    cluster === null ? {} : { variant: { kind: 'cluster', cluster, database: settings.store.database ?? DEFAULT_DATABASE } },
  )
}
