export type KafkaSecurity = {
  /** PLAIN over an unencrypted listener. */
  readonly sasl: { readonly brokers: readonly string[]; readonly username: string; readonly password: string }
  /** A listener with a certificate of its own; `ca` is what to trust, PEM. */
  readonly tls: { readonly brokers: readonly string[]; readonly ca: string }
}

export type Kafka = {
  readonly brokers: readonly string[]
  readonly kind: 'env' | 'docker' | 'local'
  /** Only where `secure` was asked for. */
  readonly security?: KafkaSecurity
  /** `kill -9`; the data stay. */
  readonly kill: () => Promise<void>
  /** Stops it when it runs, starts it with its data, resolves when it is ready. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type KafkaOptions = {
  /** A broker that nobody else uses and that may be killed: never the one of the environment. */
  readonly own?: boolean
  /** Also SASL and TLS listeners. Implies a local broker, which needs `keytool`. */
  readonly secure?: boolean
  /** Sessions and elections as patient as in production, for measuring on a busy machine; else a killed broker is back in a second. */
  readonly steady?: boolean
  readonly heapMb?: number
}
