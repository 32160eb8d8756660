import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { type Access, createAccess } from '../../services/access/access.ts'
import type { Scope } from '../../services/access/caller.ts'
import { createSecrets, newSecretFile, type Secrets } from '../../services/access/secrets.ts'
import { createIntake, type Intake, type IntakeOptions } from '../../services/collector/intake.ts'
import { collectorRoutes } from '../../services/collector/routes.ts'
import { createHttpApp, type HttpApp } from '../../services/http/app.ts'
import { type Codec, createCodec } from '../../services/log/codec.ts'
import type { EventLog, LogRecord } from '../../services/log/port.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { createSqliteLog } from '../../services/log/sqlite.ts'
import { topicNames, topicSettings } from '../../services/log/topics.ts'

export type CollectorParts = {
  readonly log: EventLog
  readonly codec: Codec
  readonly secrets: Secrets
  readonly access: Access
  readonly intake: Intake
  readonly app: HttpApp
  /** A new key of a tenant that is there afterwards. */
  readonly key: (
    scopes: readonly Scope[],
    options?: { readonly tenant?: string; readonly member?: string; readonly name?: string },
  ) => Promise<string>
  /** All records of the topics, in order of each partition. */
  readonly records: (...topics: readonly string[]) => Promise<readonly LogRecord[]>
  readonly events: (...topics: readonly string[]) => Promise<readonly AccordEvent[]>
  /** A second instance of access on the same log, as another process would have. */
  readonly anotherAccess: () => Promise<Access>
  readonly close: () => Promise<void>
}

export const TOPICS = topicNames()
export const RECORD_TOPICS = [TOPICS.leads, TOPICS.deals, TOPICS.touches, TOPICS.campaigns, TOPICS.definitions]

/** The collector over a log in a folder of its own; `wrap` may stand between the intake and the log. */
export const collectorParts = async (
  options: { readonly now?: () => number; readonly wrap?: (log: EventLog) => EventLog } & Pick<IntakeOptions, 'maxBytesInFlight'> = {},
): Promise<CollectorParts> => {
  const { now = Date.now, wrap = log => log, ...limits } = options
  const folder = await mkdtemp(join(tmpdir(), 'accord-collector-'))
  const log = createSqliteLog({ path: join(folder, 'log.sqlite'), pollMs: 20 })
  await log.ensureTopics(topicSettings())
  const codec = createCodec({ registry: createOwnRegistry() })
  const secrets = createSecrets(newSecretFile())
  const makeAccess = () => createAccess({ log, codec, secrets, topics: TOPICS, now })
  const accesses = [await makeAccess()]
  const [access] = accesses
  if (access === undefined) throw new Error('no access')
  const intake = createIntake({ log: wrap(log), codec, access, secrets, topics: TOPICS, now, ...limits })
  const app = await createHttpApp({ access, logger: pino({ level: 'silent' }) })
  await app.register(collectorRoutes, { intake })

  const records = async (...topics: readonly string[]): Promise<readonly LogRecord[]> => {
    const all: LogRecord[] = []
    for await (const batch of log.read(topics)) all.push(...batch)
    return all
  }
  return {
    log,
    codec,
    secrets,
    access,
    intake,
    app,
    key: async (scopes, { tenant = 'acme', member, name = 'web' } = {}) => {
      await access.createTenant(tenant, tenant, 'key:test')
      const made = await access.createKey({ tenant, name, scopes, member: member ?? null, actor: 'key:test' })
      if (!made.ok) throw new Error(made.error.message)
      return made.value.text
    },
    records,
    events: async (...topics) => (await records(...topics)).flatMap(({ value }) => (value === null ? [] : [codec.decode(value).event])),
    anotherAccess: async () => {
      const another = await makeAccess()
      accesses.push(another)
      return another
    },
    close: async () => {
      await app.close()
      await Promise.all(accesses.map(one => one.close()))
      await log.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
