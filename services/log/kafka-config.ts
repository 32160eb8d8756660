import type { ConnectionOptions } from 'node:tls'

type Credentials<Mechanism extends string> = { readonly mechanism: Mechanism; readonly username: string; readonly password: string }
export type KafkaSasl = Credentials<'plain'> | Credentials<'scram-sha-256'> | Credentials<'scram-sha-512'>

/** PEM texts. Without `ca` the machine's own trust store decides. */
export type KafkaTls = { readonly ca?: string; readonly cert?: string; readonly key?: string }

/** The part of a pino logger that the adapter speaks to. No record, key or credential is ever logged. */
export type LogLogger = Readonly<Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>>

export type KafkaLogOptions = {
  /** `host:port` of some brokers; the rest is found through them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly sasl?: KafkaSasl
  readonly tls?: KafkaTls
  readonly logger?: LogLogger
  /** How long a dead member of a group keeps its partitions, ms. Heartbeats don't wait for inserts, so it may be short. Default 10 s. */
  readonly sessionTimeoutMs?: number
  /** How long the group waits for a member to give up its partitions, ms: the time an insert may take to finish. Default 60 s. */
  readonly rebalanceTimeoutMs?: number
  /** How long `append` tries before it says `LOG_UNAVAILABLE`, ms. Default 10 s. */
  readonly appendTimeoutMs?: number
  /** Of topics that `ensureTopics` creates. Default: three, or as many as there are brokers. */
  readonly replicationFactor?: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/** `variable` is the name of what is wrong, `expected` what it should be. */
export type KafkaConfigProblem = { readonly variable: string; readonly expected: string }

export type KafkaConfigResult =
  | { readonly ok: true; readonly value: Omit<KafkaLogOptions, 'clientId' | 'logger'> | null }
  | { readonly ok: false; readonly error: KafkaConfigProblem }

const MECHANISMS: readonly KafkaSasl['mechanism'][] = ['plain', 'scram-sha-256', 'scram-sha-512']

const refuse = (variable: string, expected: string): KafkaConfigResult => ({ ok: false, error: { variable, expected } })

const isBroker = (text: string): boolean => {
  const port = Number(/^[A-Za-z0-9.-]+:(\d{1,5})$/.exec(text)?.[1])
  return port >= 1 && port <= 65_535
}

/**
 * `ACCORD_KAFKA_*` to the client's options; `value` is null where no brokers are named (the log is SQLite then).
 *
 * | variable | meaning |
 * | --- | --- |
 * | `ACCORD_KAFKA_BROKERS` | `host:port`, comma between |
 * | `ACCORD_KAFKA_SASL_MECHANISM`, `_USERNAME`, `_PASSWORD` | `plain`, `scram-sha-256`, `scram-sha-512`; all three or none |
 * | `ACCORD_KAFKA_TLS` | `true` or `false` |
 * | `ACCORD_KAFKA_TLS_CA_FILE`, `_CERT_FILE`, `_KEY_FILE` | PEM files: whom to trust, and who we are (both or none) |
 * | `ACCORD_KAFKA_SESSION_TIMEOUT_MS` | how long a dead instance keeps its partitions |
 * | `ACCORD_KAFKA_REPLICATION_FACTOR` | of the topics that `migrate` creates |
 *
 * `readText` reads the PEM files; when it throws, the variable is the problem.
 */
export const kafkaOptionsFrom = (env: Environment, readText: (path: string) => string): KafkaConfigResult => {
  const given = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  const list = given('ACCORD_KAFKA_BROKERS')
  if (list === undefined) return { ok: true, value: null }
  const brokers = list.split(',').map(broker => broker.trim())
  if (!brokers.every(isBroker)) return refuse('ACCORD_KAFKA_BROKERS', 'host:port, several with a comma between')

  const mechanismName = given('ACCORD_KAFKA_SASL_MECHANISM')?.toLowerCase()
  const username = given('ACCORD_KAFKA_SASL_USERNAME')
  const password = given('ACCORD_KAFKA_SASL_PASSWORD')
  const mechanism = MECHANISMS.find(name => name === mechanismName)
  const anySasl = mechanismName !== undefined || username !== undefined || password !== undefined
  if (anySasl && mechanism === undefined) return refuse('ACCORD_KAFKA_SASL_MECHANISM', MECHANISMS.join(', '))
  if (anySasl && username === undefined) return refuse('ACCORD_KAFKA_SASL_USERNAME', 'the user to log in as')
  if (anySasl && password === undefined) return refuse('ACCORD_KAFKA_SASL_PASSWORD', 'the password of that user')

  const tlsText = given('ACCORD_KAFKA_TLS') ?? 'false'
  if (tlsText !== 'true' && tlsText !== 'false') return refuse('ACCORD_KAFKA_TLS', 'true or false')
  const pem: Partial<Record<'ca' | 'cert' | 'key', string>> = {}
  for (const part of ['ca', 'cert', 'key'] as const) {
    const variable = `ACCORD_KAFKA_TLS_${part.toUpperCase()}_FILE`
    const path = given(variable)
    if (path === undefined) continue
    if (tlsText === 'false') return refuse('ACCORD_KAFKA_TLS', `true, because ${variable} is set`)
    try {
      pem[part] = readText(path)
    } catch {
      return refuse(variable, 'a readable PEM file')
    }
  }
  if (pem.cert !== undefined && pem.key === undefined) return refuse('ACCORD_KAFKA_TLS_KEY_FILE', 'the key of the certificate')
  if (pem.key !== undefined && pem.cert === undefined) return refuse('ACCORD_KAFKA_TLS_CERT_FILE', 'the certificate of the key')

  const numbers: { sessionTimeoutMs?: number; replicationFactor?: number } = {}
  const session = given('ACCORD_KAFKA_SESSION_TIMEOUT_MS')
  if (session !== undefined) {
    if (!/^\d{3,7}$/.test(session)) return refuse('ACCORD_KAFKA_SESSION_TIMEOUT_MS', 'milliseconds, 100 to 9999999')
    numbers.sessionTimeoutMs = Number(session)
  }
  const factor = given('ACCORD_KAFKA_REPLICATION_FACTOR')
  if (factor !== undefined) {
    if (!/^[1-9]$/.test(factor)) return refuse('ACCORD_KAFKA_REPLICATION_FACTOR', 'a number of brokers, 1 to 9')
    numbers.replicationFactor = Number(factor)
  }

  return {
    ok: true,
    value: {
      brokers,
      ...(mechanism !== undefined && username !== undefined && password !== undefined && { sasl: { mechanism, username, password } }),
      ...(tlsText === 'true' && { tls: pem }),
      ...numbers,
    },
  }
}

export const tlsOptions = ({ ca, cert, key }: KafkaTls): ConnectionOptions => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
})
