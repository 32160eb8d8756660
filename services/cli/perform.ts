import type { Logger } from 'pino'
import { type Projector, createProjector } from '../projector/projector.ts'
import { Refused, askRunning } from './control.ts'
import { lockDirectory } from './directory-lock.ts'
import type { Settings } from './environment.ts'
import { type Installation, isEmbedded, openInstallation, prepareInstallation } from './installation.ts'
import type { Metrics } from './metrics.ts'
import type { Operation } from './operations/operation.ts'

export type PerformOptions = {
  readonly settings: Settings
  readonly logger: Logger
  readonly progress: (text: string) => void
  readonly signal: AbortSignal
}

/** The projecting side of this process. */
export const projectorOf = async ({ log, store, codec, topics, logger, settings }: Installation, metrics?: Metrics): Promise<Projector> =>
  createProjector({
    log,
    store: await store(),
    codec,
    topics,
    logger,
    clockSkewMs: settings.clockSkewMs,
    ...(metrics === undefined ? {} : { metrics: metrics.projector }),
  })

/**
 * Carries out an operation: in the process that has the data directory when one runs, else here, with the directory opened for as long as it
 * takes. In production (Kafka and a ClickHouse server) the parts are reached from anywhere, and nothing is projected here.
 */
export const perform = async (
  operation: Operation,
  input: unknown,
  { settings, logger, progress, signal }: PerformOptions,
): Promise<unknown> => {
  const asked = await askRunning(settings.dataDir, operation.name, input, progress)
  if (asked.running) return asked.result

  const embedded = isEmbedded(settings)
  const lock = embedded ? lockDirectory(settings.dataDir) : null
  if (embedded && lock === null) throw new Refused(`another process is starting or stopping in ${settings.dataDir}: try again in a moment`)
  let installation: Installation | null = null
  let projector: Projector | null = null
  try {
    installation = await openInstallation(settings, logger)
    if (embedded) await prepareInstallation(installation)
    if (embedded && operation.needs !== 'log') {
      projector = await projectorOf(installation)
      await projector.start()
    }
    return await operation.run(input, { installation, projector, progress, signal })
  } finally {
    await projector?.stop()
    await installation?.close()
    lock?.release()
  }
}
