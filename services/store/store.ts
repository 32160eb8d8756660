import { openChdbEngine } from './chdb.ts'
import type { StoreConfig } from './config.ts'
import { createDatabase, openHttpEngine } from './http.ts'
import { engineStore } from './engine.ts'
import type { Store } from './port.ts'

export { DEFAULT_DATABASE, type StoreConfig } from './config.ts'

/**
 * Opens the store. chDB: loads the engine (rejects with STORE_REJECTED when the optional package is not installed) and creates
 * the database. HTTP: connects on first use, so a server that is down shows in the first call, not here.
 */
export const createStore = async (config: StoreConfig): Promise<Store> =>
  engineStore(config.kind === 'chdb' ? await openChdbEngine(config) : openHttpEngine(config))

/** Before the first `createStore` on a server: creates its database. The embedded engine creates its own. */
export const ensureDatabase = async (config: StoreConfig, cluster?: string): Promise<void> => {
  if (config.kind === 'http') await createDatabase(config, cluster)
}
