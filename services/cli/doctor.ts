import { statfs } from 'node:fs/promises'
import type { Logger } from 'pino'
import { recordTopics, topicSettings } from '../log/topics.ts'
import { readProgress } from '../projector/step.ts'
import { checkMigrations } from '../store/migrate.ts'
import { askRunning } from './control.ts'
import { lockDirectory } from './directory-lock.ts'
import type { Settings } from './environment.ts'
import { type Installation, isEmbedded, openInstallation } from './installation.ts'
import { projectorGroup } from '../projector/projector.ts'
import { type Workplace, operation } from './operations/operation.ts'
import { z } from 'zod'

export type Check = { readonly check: string; readonly ok: boolean; readonly detail: string; readonly advice: string }

const fine = (check: string, detail: string): Check => ({ check, ok: true, detail, advice: '' })
const wrong = (check: string, detail: string, advice: string): Check => ({ check, ok: false, detail, advice })

const attempt = async (check: string, advice: string, look: () => Promise<Check>): Promise<Check> => {
  try {
    return await look()
  } catch (error) {
    return wrong(check, error instanceof Error ? error.message : String(error), advice)
  }
}

/** What is wrong with an installation and what to do about it: reachability, topics, tables, clock, lag. */
export const examine = operation({
  name: 'doctor',
  needs: 'log',
  input: z.null().optional(),
  run: async (_input, { installation, projector }: Workplace): Promise<readonly Check[]> => {
    const checks: Check[] = [
      await attempt('log', 'see that the brokers run and that ACCORD_KAFKA_* fit them', async () => {
        await installation.log.ping()
        return fine('log', installation.settings.kafka === null ? 'SQLite answers' : 'Kafka answers')
      }),
      await topicsCheck(installation),
      await attempt('store', 'see that ClickHouse runs and that ACCORD_CLICKHOUSE_* fit it', async () => {
        const { version } = await (await installation.store()).ping()
        return fine('store', `ClickHouse ${version} answers`)
      }),
      await attempt('tables', 'run accord migrate', async () => {
        const missing = await checkMigrations(await installation.store())
        return missing.length === 0
          ? fine('tables', 'all migrations are applied')
          : wrong('tables', missing.join('; '), 'run accord migrate')
      }),
      await lagCheck(installation),
    ]
    const status = projector?.status()
    if (status !== undefined)
      checks.push(
        status.state === 'failed'
          ? wrong('projector', status.failure ?? 'failed', 'read the log, then start again')
          : fine('projector', `${status.state}, projected to ${new Date(status.projectedTo).toISOString()}`),
      )
    return checks
  },
})

const topicsCheck = ({ log, settings }: Installation): Promise<Check> =>
  attempt('topics', 'run accord migrate', async () => {
    const differences = await log.checkTopics(topicSettings(settings.topicPrefix))
    return differences.length === 0
      ? fine('topics', 'all topics are there and keep their records')
      : wrong('topics', differences.join('; '), 'run accord migrate: a topic with retention would lose the record')
  })

const lagCheck = ({ log, settings, store }: Installation): Promise<Check> =>
  attempt('lag', 'see that a projector runs', async () => {
    const topics = recordTopics(settings.topicPrefix)
    const committed = new Map(
      (await log.committed(projectorGroup, topics)).map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
    )
    const behind = (await log.ends(topics)).reduce(
      (sum, { topic, partition, offset }) => sum + Math.max(0, offset - (committed.get(`${topic}/${partition}`) ?? 0)),
      0,
    )
    const { projected_to: to } = await readProgress(await store())
    const shown = to === 0 ? 'nothing is projected yet' : `projected to ${new Date(to).toISOString()}`
    return behind === 0
      ? fine('lag', `everything has landed, ${shown}`)
      : wrong('lag', `${behind} records have not landed, ${shown}`, 'see that a projector runs; a running one catches up')
  })

const LOW_DISK_BYTES = 2 * 1024 ** 3

/** The checks of this machine, then of the installation where it runs. */
export const doctor = async (settings: Settings, logger: Logger, signal: AbortSignal): Promise<readonly Check[]> => {
  const checks: Check[] = [fine('node', process.versions.node)]
  const pool = settings.threads
  if (settings.store.kind === 'chdb')
    checks.push(
      pool >= 8
        ? fine('threads', `${pool} threads for the engine's lanes`)
        : wrong('threads', `UV_THREADPOOL_SIZE is ${pool}`, 'start through the accord command, which sets 16'),
    )
  checks.push(
    await attempt('disk', 'make room or name another ACCORD_DATA_DIR', async () => {
      const { bavail, bsize } = await statfs(settings.dataDir).catch(() => statfs('.'))
      const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`
      return bavail * bsize > LOW_DISK_BYTES ? fine('disk', free) : wrong('disk', free, 'make room or name another ACCORD_DATA_DIR')
    }),
  )
  const asked = await askRunning(settings.dataDir, examine.name, null, () => undefined)
  if (asked.running)
    return [
      ...checks,
      fine('process', 'Accord runs here'),
      ...z.array(z.object({ check: z.string(), ok: z.boolean(), detail: z.string(), advice: z.string() })).parse(asked.result),
    ]
  const lock = isEmbedded(settings) ? lockDirectory(settings.dataDir) : null
  if (isEmbedded(settings) && lock === null)
    return [...checks, wrong('process', 'another process is starting or stopping here', 'try again in a moment')]
  try {
    const installation = await openInstallation(settings, logger)
    try {
      return [...checks, ...(await examine.run(null, { installation, projector: null, progress: () => undefined, signal }))]
    } finally {
      await installation.close()
    }
  } catch (error) {
    return [
      ...checks,
      wrong('log', error instanceof Error ? error.message : String(error), 'see that the brokers run and that ACCORD_KAFKA_* fit them'),
    ]
  } finally {
    lock?.release()
  }
}
