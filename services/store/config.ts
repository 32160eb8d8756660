/** What a store is opened with. Nothing here is read from the environment. */

export const DEFAULT_DATABASE = 'accord'

/** The engine in this process. One data directory per process: a second path is refused until the first store is closed. */
export type ChdbConfig = {
  readonly kind: 'chdb'
  readonly path: string
  /** Default `accord`; created when missing. */
  readonly database?: string
  /** Read lanes; default 4, fewer when UV_THREADPOOL_SIZE leaves no room for them. */
  readonly readers?: number
}

/** A ClickHouse server or cluster. */
export type HttpConfig = {
  readonly kind: 'http'
  /** `http(s)://host:port`, without credentials. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** Default `accord`; `ensureDatabase` creates it. */
  readonly database?: string
  /** Questions at one time; default 8. */
  readonly readers?: number
  /** PEM texts. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string }
  /** How long the server keeps an idle connection, less one second; default 2000 ms fits ClickHouse Cloud (3 s) and everything slower. */
  readonly idleSocketMs?: number
  /** gzip of what is landed: for a server that is far away; costs more time than it saves nearby. Default false. */
  readonly compressRequests?: boolean
  /**
   * Further settings of every request, for a cluster: `insert_quorum`, `select_sequential_consistency`,
   * `distributed_product_mode` (see README).
   */
  readonly settings?: Readonly<Record<string, string | number>>
  /** How much longer than its own limit an answer may take to arrive; default 10 s. */
  readonly graceSeconds?: number
}

export type StoreConfig = ChdbConfig | HttpConfig
