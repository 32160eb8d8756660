import type { Logger } from 'pino'
import { type Retry, untilDone } from '../projector/backoff.ts'
import { Refused, serveControl } from './control.ts'
import { lockDirectory } from './directory-lock.ts'
import type { Settings } from './environment.ts'
import { openInstallation, prepareInstallation } from './installation.ts'
import { createMetrics } from './metrics.ts'
import { carryOut } from './operations/all.ts'
import { readAddresses, runNotices } from './notices.ts'
import { projectorOf } from './perform.ts'
import { untilAborted } from './start.ts'
import { createSurface, listen } from './surface.ts'

export type ServiceName = 'collect' | 'project' | 'serve' | 'notify'
export type ServiceOptions = {
  readonly settings: Settings
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly announce: (text: string) => void
}

/**
 * One service on Kafka and a ClickHouse server, until `signal`: `collect` takes events, `project` lands and projects them, `serve` answers, `notify` sends notices. Each
 * but the last may run many times: two that notify would tell things twice, under one id. Rejects with `Refused` for what a person can put right.
 */
export const runService = async (name: ServiceName, { settings, logger, signal, announce }: ServiceOptions): Promise<void> => {
  if (settings.kafka === null)
    throw new Refused(`ACCORD_KAFKA_BROKERS: expected the brokers, because ${name} runs beside other services (accord start needs none)`)
  if (name !== 'collect' && settings.store.kind === 'chdb')
    throw new Refused(`ACCORD_CLICKHOUSE_URL: expected the server, because ${name} runs beside other services (accord start needs none)`)
  const closing: (() => Promise<unknown>)[] = []
  // started while the log or the store is away, a service waits like one that was there before: ending would be a loop of crashes
  const patience: Retry = {
    signal,
    onWait: (error, waitMs) => logger.warn({ err: error, waitMs }, `${name}: waits for the log or the store to start`),
  }
  try {
    const installation = await openInstallation(settings, logger)
    closing.push(installation.close)
    if (name === 'notify') {
      if (settings.noticesFile === null) throw new Refused('ACCORD_NOTICES_FILE: expected the file that says where notices go')
      const addresses = readAddresses(settings.noticesFile)
      announce('notify: looks every half minute what there is to tell')
      await untilDone(() => runNotices(installation, addresses, signal), patience)
      return
    }
    const metrics = createMetrics()
    if (name !== 'project') {
      const routes = { collector: name === 'collect', figures: name === 'serve', metrics }
      const app = await untilDone(() => createSurface(installation, routes), patience)
      closing.push(() => app.close())
      announce(`${name}: listens on ${await listen(app, installation)}`)
      await untilAborted(signal)
      return
    }
    await untilDone(() => prepareInstallation(installation), patience)
    const projector = await projectorOf(installation, metrics)
    const app = await untilDone(() => createSurface(installation, { collector: false, figures: false, projector, metrics }), patience)
    closing.push(() => app.close())
    announce(`project: its health is on ${await listen(app, installation)}`)
    await untilDone(projector.start, patience)
    closing.push(projector.stop)
    // commands that only the projecting side can carry out come in here; a second instance on the same directory goes without
    const lock = lockDirectory(settings.dataDir)
    if (lock !== null) {
      closing.push(async () => lock.release())
      const control = await serveControl(settings.dataDir, (operation, input, progress) =>
        carryOut(operation, input, { installation, projector, progress, signal }),
      )
      closing.push(control.close)
    }
    announce('project: lands and projects')
    await Promise.race([untilAborted(signal), projector.failed])
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}
