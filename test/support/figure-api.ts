import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { Caller } from '../../services/access/caller.ts'
import { createApi } from '../../services/api/api.ts'
import type { Operator } from '../../services/api/operations/operator.ts'
import type { EventDoor } from '../../services/api/write.ts'
import { registerOpenApi } from '../../services/api/openapi-plugin.ts'
import { createHttpApp, type HttpApp } from '../../services/http/app.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { projectStep, writeProgress } from '../../services/projector/step.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Store } from '../../services/store/port.ts'
import { createStore } from '../../services/store/store.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { landAll } from './fact-rows.ts'

const callers: Readonly<Record<string, Caller>> = {
  reader: { tenant: 'acme', actor: 'key:r', keyName: 'reports', scopes: ['read'], member: null },
  stranger: { tenant: 'umbrella', actor: 'key:s', keyName: 'reports', scopes: ['read'], member: null },
  producer: { tenant: 'acme', actor: 'key:p', keyName: 'web', scopes: ['ingest'], member: null },
}

/** Where what is written goes, and further bearers. */
type WritingOptions = { readonly door?: EventDoor; readonly callerOf?: (bearer: string) => Caller | null; readonly operator?: Operator }

/** The API on the HTTP app, over any store; bearers `reader` and `producer` of the tenant acme, `stranger` of another. */
export const openApi = async (
  store: Store,
  now = () => Date.UTC(2026, 0, 1),
  { door, callerOf = () => null, operator }: WritingOptions = {},
): Promise<HttpApp> => {
  const authenticate = async (bearer: string): Promise<Caller | null> => callers[bearer] ?? callerOf(bearer)
  const app = await createHttpApp({ access: { authenticate }, logger: pino({ level: 'silent' }) })
  await registerOpenApi(app)
  const tokenKey = (tenant: string): Buffer => createHmac('sha256', 'a key of tests').update(tenant).digest()
  await app.register(
    createApi({
      store,
      registry: createOwnRegistry(),
      tokenKey,
      now,
      ...(door === undefined ? {} : { door }),
      ...(operator === undefined ? {} : { operator }),
    }),
  )
  await app.ready()
  return app
}

export type FigureApi = {
  readonly store: Store
  readonly app: HttpApp
  /** Lands what was recorded up to `to` and was not landed before, and projects it. */
  readonly projectTo: (recorded: readonly Recorded[], to: number) => Promise<void>
  readonly get: (
    url: string,
    bearer?: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Awaited<ReturnType<HttpApp['inject']>>>
  readonly close: () => Promise<void>
}

/** The API over the real engine in a folder of its own, filled through the real projector's step. */
export const openFigureApi = async (writing: WritingOptions & { readonly now?: () => number } = {}): Promise<FigureApi> => {
  const path = await mkdtemp(join(tmpdir(), 'accord-api-'))
  const store = await createStore({ kind: 'chdb', path })
  await migrate(store)
  const app = await openApi(store, writing.now, writing)
  let projected = 0
  return {
    store,
    app,
    projectTo: async (recorded, to) => {
      await landAll(
        store,
        recorded.filter(({ appended_at }) => appended_at > projected && appended_at <= to),
      )
      await projectStep(store, projected, to)
      await writeProgress(store, 'projected_to', to)
      projected = to
    },
    get: (url, bearer = 'reader', headers = {}) => app.inject({ url, headers: { authorization: `Bearer ${bearer}`, ...headers } }),
    close: async () => {
      await app.close()
      await store.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}
