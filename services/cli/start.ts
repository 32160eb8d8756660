import type { Logger } from 'pino'
import { type ControlServer, Refused, askRunning, serveControl } from './control.ts'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import type { Settings } from './environment.ts'
import { type Installation, openInstallation, prepareInstallation } from './installation.ts'
import { createMetrics } from './metrics.ts'
import { carryOut } from './operations/all.ts'
import { fillDemo, readBegun } from './operations/fill-demo.ts'
import { DEFAULT_TENANT, type Workplace } from './operations/operation.ts'
import { readAddresses, runNotices } from './notices.ts'
import { projectorOf } from './perform.ts'
import { createSurface, listen } from './surface.ts'

export type StartOptions = {
  readonly settings: Settings
  readonly logger: Logger
  /** Fill an empty data directory with the demo company. */
  readonly demo: boolean
  readonly progress: (text: string) => void
  /** What a person should read even when lines are rewritten: the address, and when figures are there. */
  readonly announce: (text: string) => void
  /** Ends it, letting running work finish. */
  readonly signal: AbortSignal
}

/** Everything in one process until `signal`: log, store, collector, projector, API and dashboards. Rejects with `Refused` for what a person can put right. */
export const start = async (options: StartOptions): Promise<void> => {
  const { settings, signal } = options
  const began = performance.now()
  const lock = await takeDirectory(settings)
  const closing: (() => Promise<unknown>)[] = [async () => lock.release()]
  try {
    await run(options, began, close => closing.push(close))
    await untilAborted(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

const run = async (
  { settings, logger, demo, progress, announce, signal }: StartOptions,
  began: number,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<void> => {
  progress('opening the log and the store')
  const installation = await openInstallation(settings, logger)
  onClose(installation.close)
  await prepareInstallation(installation)
  const addresses = settings.noticesFile === null ? null : readAddresses(settings.noticesFile)
  const metrics = createMetrics()
  const projector = await projectorOf(installation, metrics)
  const workplace: Workplace = { installation, projector, progress, signal }
  // an embedded tenant exists from the start, so that imports and questions need no ceremony
  await (await installation.access()).createTenant(DEFAULT_TENANT, 'Demo company', 'key:start')
  const app = await createSurface(installation, { collector: true, figures: true, metrics })
  onClose(() => app.close())
  const address = await listen(app, installation)
  onClose(await controlled(workplace, address))
  await projector.start()
  onClose(projector.stop)
  projector.failed.catch((error: unknown) => logger.fatal({ err: error }, 'the projector cannot go on'))

  const seconds = (): string => ((performance.now() - began) / 1_000).toFixed(1)
  announce(`Accord listens on ${address}`)
  if (demo && (await wantsDemo(installation))) {
    const begun = readBegun(settings.dataDir)
    await fillDemo.run({ ...begun }, workplace)
    announce(`Figures are ready: ${address} (the demo company, ${seconds()} s)`)
  } else announce(`Figures are ready: ${address} (${seconds()} s)`)
  if (addresses !== null) {
    const ending = new AbortController()
    const telling = runNotices(installation, addresses, AbortSignal.any([signal, ending.signal]))
    telling.catch((error: unknown) => logger.error({ err: error }, 'notices cannot be sent'))
    onClose(async () => {
      ending.abort()
      await telling.catch(() => undefined)
    })
  }
}

/** An empty directory, or one where filling was cut off. */
const wantsDemo = async ({ access, log, topics, settings }: Installation): Promise<boolean> => {
  const backfill = (await access()).backfillOf(DEFAULT_TENANT)
  if (backfill === 'open') return readBegun(settings.dataDir) !== null
  if (backfill === 'live') return false
  const ends = await log.ends([topics.leads, topics.deals, topics.touches, topics.campaigns])
  return ends.every(end => end.offset === 0)
}

const takeDirectory = async (settings: Settings): Promise<DirectoryLock> => {
  const lock = lockDirectory(settings.dataDir)
  if (lock !== null) return lock
  const asked = await askRunning(settings.dataDir, 'status', null, () => undefined).catch(() => null)
  const where =
    asked !== null && asked.running && typeof asked.result === 'object' && asked.result !== null && 'address' in asked.result
      ? String(asked.result.address)
      : null
  throw new Refused(
    where === null
      ? `another process is starting or stopping in ${settings.dataDir}: try again in a moment`
      : `Accord already runs on ${settings.dataDir}: see ${where}, or name another directory with --data-dir`,
  )
}

const controlled = async (workplace: Workplace, address: string): Promise<() => Promise<void>> => {
  const { dataDir } = workplace.installation.settings
  const server: ControlServer = await serveControl(dataDir, (name, input, progress) =>
    name === 'status'
      ? Promise.resolve({ address, pid: process.pid, projector: workplace.projector?.status() ?? null })
      : carryOut(name, input, { ...workplace, progress }),
  )
  return server.close
}

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
