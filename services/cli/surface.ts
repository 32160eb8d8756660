import { join } from 'node:path'
import { assertSafeBinding, opensLoopbackDemo } from '../access/binding.ts'
import { collectorRoutes } from '../collector/routes.ts'
import { type HttpApp, createHttpApp } from '../http/app.ts'
import { type Readiness, operationsRoutes } from '../http/operations.ts'
import { pageRoutes } from '../http/pages.ts'
import { LogError } from '../log/port.ts'
import { createOwnRegistry } from '../log/registry.ts'
import type { Projector } from '../projector/projector.ts'
import { createApi } from '../api/api.ts'
import { registerOpenApi } from '../api/openapi-plugin.ts'
import type { Metrics } from './metrics.ts'
import { type Installation, isEmbedded } from './installation.ts'
import { DEFAULT_TENANT } from './operations/operation.ts'
import { operatorOf } from './operator.ts'
import { Refused } from './control.ts'

export type Surface = {
  readonly collector: boolean
  readonly figures: boolean
  /** A process that only projects shows how it is, and takes no questions. */
  readonly projector?: Projector
  readonly metrics: Metrics
}

const DASHBOARDS = join(import.meta.dirname, '../../dashboards/dist')

/** The HTTP side of a process, with the routes of the services that run in it; not listening yet. */
export const createSurface = async (installation: Installation, { collector, figures, projector, metrics }: Surface): Promise<HttpApp> => {
  const { settings, logger } = installation
  const access = await installation.access()
  const binding = { host: settings.host, embeddedDemo: isWhollyEmbedded(installation), hasCredentials: access.hasCredentials() }
  try {
    // nothing can be read or written where only health is shown
    if (collector || figures) assertSafeBinding(binding)
  } catch (error) {
    throw error instanceof RangeError ? new Refused(error.message) : error
  }
  const app = await createHttpApp({ access, logger, loopbackDemo: opensLoopbackDemo(binding) ? { tenant: DEFAULT_TENANT } : null })
  await registerOpenApi(app)
  const intake = collector || figures ? await installation.intake({ onTaken: metrics.taken }) : null
  if (collector && intake !== null) await app.register(collectorRoutes, { intake })
  const store = figures ? await installation.store() : null
  if (store !== null)
    await app.register(
      createApi({
        store,
        registry: installation.registry ?? createOwnRegistry(),
        tokenKey: tenant => explainKey(installation, tenant),
        now: Date.now,
        fitLimits: settings.fitLimits,
        metrics: metrics.registry,
        operator: await operatorOf(installation),
        ...(intake === null ? {} : { door: intake }),
      }),
    )
  // the API brings its own; each process answers operators once
  else await app.register(operationsRoutes, { readiness: () => readinessOf(installation, projector), metrics: metrics.registry })
  if (figures) await app.register(pageRoutes, { root: DASHBOARDS })
  return app
}

/** The oldest listed key: a new one for other uses leaves the bytes of earlier answers, and their tokens, as they were. */
export const explainKey = ({ secrets }: Installation, tenant: string): Buffer => {
  const { versions, deriveKey, currentKey } = secrets()
  const oldest = versions.at(-1)
  return (oldest === undefined ? null : deriveKey(tenant, 'explain', oldest)) ?? currentKey(tenant, 'explain')
}

/** A collector works while the log answers, a projector while it runs. */
const readinessOf = async ({ log }: Installation, projector: Projector | undefined): Promise<Readiness> => {
  if (projector !== undefined) {
    const { state, failure } = projector.status()
    return { ready: state === 'running', found: failure ?? state }
  }
  try {
    await log.ping()
    return { ready: true, found: 'log' }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    return { ready: false, found: error.code }
  }
}

/** Nothing outside this machine has a part in it: only then may whoever sits here come in without a login. */
const isWhollyEmbedded = ({ settings }: Installation): boolean =>
  isEmbedded(settings) && settings.kafka === null && settings.store.kind === 'chdb'

/** Listens, and gives the address to show; `Refused` when the port is taken. */
export const listen = async (app: HttpApp, { settings }: Installation): Promise<string> => {
  try {
    return await app.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Refused(`port ${settings.port} on ${settings.host} is taken: stop what listens there, or choose another with --port`)
    throw error
  }
}
