import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccess } from '../../services/access/access.ts'
import { readOrCreateSecretFile, type Secrets } from '../../services/access/secrets.ts'
import type { Codec } from '../../services/log/codec.ts'
import type { EventLog } from '../../services/log/port.ts'
import { topicNames } from '../../services/log/topics.ts'
import { TENANT } from '../support/event.ts'
import { peakRssOf } from './process-memory.ts'

const PROGRAM = join(import.meta.dirname, '../../services/cli/accord.ts')

export type ProjectorProcess = {
  /** Greatest memory so far and CPU time used, from the kernel. */
  readonly used: () => Promise<{ readonly peakRssMb: number; readonly cpuSeconds: number }>
  /** Rejects when it ends before `stop`. */
  readonly ended: Promise<never>
  readonly stop: () => Promise<void>
}

export type ProjectorProcessOptions = {
  /** Its topics are there. */
  readonly log: EventLog
  readonly codec: Codec
  readonly brokers: readonly string[]
  readonly prefix: string
  readonly clickhouseUrl: string
  readonly database: string
}

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Outside of the embedded demo no service starts before somebody could log in. */
const makeKey = async ({
  log,
  codec,
  prefix,
  secrets,
}: Pick<ProjectorProcessOptions, 'log' | 'codec' | 'prefix'> & { readonly secrets: Secrets }) => {
  const access = await createAccess({ log, codec, secrets, topics: topicNames(prefix), now: Date.now })
  await access.createTenant(TENANT, TENANT, 'key:bench')
  const made = await access.createKey({ tenant: TENANT, name: 'bench', scopes: ['read'], actor: 'key:bench' })
  await access.close()
  if (!made.ok) throw new Error(made.error.message)
}

/** `accord project` as production runs it: a process of its own, on Kafka and ClickHouse over HTTP. */
export const startProjector = async ({
  log,
  codec,
  brokers,
  prefix,
  clickhouseUrl,
  database,
}: ProjectorProcessOptions): Promise<ProjectorProcess> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'accord-bench-'))
  const secretFile = join(dataDir, 'secret')
  await makeKey({ log, codec, prefix, secrets: readOrCreateSecretFile(secretFile) })
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, 'project'], {
    env: {
      ...process.env,
      ACCORD_DATA_DIR: dataDir,
      ACCORD_SECRET_FILE: secretFile,
      ACCORD_PORT: '0',
      ACCORD_KAFKA_BROKERS: brokers.join(','),
      ACCORD_TOPIC_PREFIX: prefix,
      ACCORD_CLICKHOUSE_URL: clickhouseUrl,
      ACCORD_CLICKHOUSE_DATABASE: database,
      ACCORD_LOG_LEVEL: 'warn',
      ACCORD_KAFKA_SESSION_TIMEOUT_MS: '6000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let stopping = false
  const ended = once(child, 'exit').then(([code]: unknown[]): never => {
    throw new Error(`the projector ended with ${String(code)}`)
  })
  const end = ended.catch(() => undefined)
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    ended: ended.catch(async (error: unknown): Promise<never> => {
      if (stopping) return new Promise<never>(() => undefined)
      throw error
    }),
    used: async () => {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
      // after the command in brackets; utime and stime are the 14th and 15th of all
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return {
        peakRssMb: await peakRssOf(child.pid ?? 0),
        cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      }
    },
    stop: async () => {
      stopping = true
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await end
      clearTimeout(late)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
