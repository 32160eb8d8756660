import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { DEFAULT_FIT_LIMITS, type FitLimits } from '../domain/attribution/paths.ts'
import { type KafkaLogOptions, kafkaOptionsFrom } from '../log/kafka-config.ts'
import { DEFAULT_TOPIC_PREFIX } from '../log/topics.ts'
import { DEFAULT_DATABASE, type StoreConfig } from '../store/store.ts'

/** Everything that Accord is told by its environment; no other file reads `process.env`. */
export type Settings = {
  /** Where everything embedded lives; absolute. */
  readonly dataDir: string
  /** null: the log is SQLite under `dataDir`. */
  readonly kafka: Omit<KafkaLogOptions, 'clientId' | 'logger'> | null
  readonly topicPrefix: string
  readonly schemaRegistryUrl: string | null
  readonly store: StoreConfig
  /** Name of a ClickHouse cluster; null: one server. */
  readonly clickhouseCluster: string | null
  readonly host: string
  readonly port: number
  readonly secretFile: string
  /** Whether `secretFile` was named; an embedded start makes its own, everything else needs one. */
  readonly secretFileGiven: boolean
  readonly clockSkewMs: number
  /** What data-driven attribution models ask of their data. */
  readonly fitLimits: FitLimits
  /** null: what suits the command. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | null
  readonly oidc: { readonly issuer: string; readonly audience: string } | null
  /** Where notices go; null: none are sent. */
  readonly noticesFile: string | null
  /** Threads of this process's pool; the embedded engine's lanes take one each. */
  readonly threads: number
}

export type EnvironmentProblem = { readonly variable: string; readonly expected: string; readonly got: string | null }
export type EnvironmentResult =
  | { readonly ok: true; readonly value: Settings }
  | { readonly ok: false; readonly problems: readonly EnvironmentProblem[] }

const httpUrl = (expected: string) => z.url({ protocol: /^https?$/, error: expected })
const wholeNumber = (from: number, to: number, unit: string) => {
  const expected = `${unit}, ${from} to ${to}`
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine(value => value >= from && value <= to, expected)
}

/** Variables other than Kafka's, which `log/` knows. An empty one counts as absent. */
const Environment = z.object({
  ACCORD_DATA_DIR: z.string().default('./data'),
  ACCORD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, 'letters, digits, dots, - and _')
    .default(DEFAULT_TOPIC_PREFIX),
  ACCORD_SCHEMA_REGISTRY_URL: httpUrl('a URL like https://registry.example:8081').optional(),
  ACCORD_CLICKHOUSE_URL: httpUrl('a URL like https://clickhouse.example:8443, without user and password')
    .refine(
      url => new URL(url).username === '' && new URL(url).password === '',
      'a URL without user and password: they have variables of their own',
    )
    .optional(),
  ACCORD_CLICKHOUSE_USER: z.string().optional(),
  ACCORD_CLICKHOUSE_PASSWORD: z.string().optional(),
  ACCORD_CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of letters, digits and _')
    .default(DEFAULT_DATABASE),
  ACCORD_CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, 'a name of letters, digits, - and _')
    .optional(),
  ACCORD_HOST: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]+|[0-9a-fA-F:]+)$/, 'a host name or an address, without port')
    .default('127.0.0.1'),
  ACCORD_PORT: wholeNumber(0, 65_535, 'a port').default(8080),
  ACCORD_SECRET_FILE: z.string().optional(),
  ACCORD_CLOCK_SKEW_MS: wholeNumber(0, 60_000, 'milliseconds').default(50),
  ACCORD_ATTRIBUTION_MIN_CONVERSIONS: wholeNumber(1, 1_000_000, 'conversions').default(DEFAULT_FIT_LIMITS.minConversions),
  ACCORD_ATTRIBUTION_MAX_CHANNELS: wholeNumber(1, 300, 'channels').default(DEFAULT_FIT_LIMITS.maxChannels),
  ACCORD_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'trace, debug, info, warn, error, fatal or silent')
    .optional(),
  ACCORD_OIDC_ISSUER: httpUrl('the URL of the issuer').optional(),
  ACCORD_OIDC_AUDIENCE: z.string().optional(),
  ACCORD_NOTICES_FILE: z.string().optional(),
})

/** Never shown back, however wrong. */
const SECRET = /PASSWORD|SECRET|SASL_USERNAME/

/**
 * `ACCORD_*` checked, with defaults; every wrong value by its name and what was expected. Flags of the command line go before.
 */
export const readEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  flags: { readonly dataDir?: string; readonly port?: string } = {},
): EnvironmentResult => {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('ACCORD_') && value !== undefined && value !== '') given[name] = value
  if (flags.dataDir !== undefined) given['ACCORD_DATA_DIR'] = flags.dataDir
  if (flags.port !== undefined) given['ACCORD_PORT'] = flags.port

  const problems: EnvironmentProblem[] = []
  const wrong = (variable: string, expected: string): void => {
    problems.push({ variable, expected, got: SECRET.test(variable) ? null : (given[variable] ?? null) })
  }
  const parsed = Environment.safeParse(given)
  for (const issue of parsed.error?.issues ?? []) wrong(String(issue.path[0]), issue.message)
  const kafka = kafkaOptionsFrom(given, path => readFileSync(path, 'utf8'))
  if (!kafka.ok) wrong(kafka.error.variable, kafka.error.expected)
  if (!kafka.ok || !parsed.success) return { ok: false, problems }

  const values = parsed.data
  const { ACCORD_OIDC_ISSUER: issuer, ACCORD_OIDC_AUDIENCE: audience, ACCORD_CLICKHOUSE_URL: url } = values
  if (issuer !== undefined && audience === undefined)
    wrong('ACCORD_OIDC_AUDIENCE', 'the audience of the tokens, because ACCORD_OIDC_ISSUER is set')
  if (issuer === undefined && audience !== undefined)
    wrong('ACCORD_OIDC_ISSUER', 'the URL of the issuer, because ACCORD_OIDC_AUDIENCE is set')
  if (url === undefined && values.ACCORD_CLICKHOUSE_USER !== undefined)
    wrong('ACCORD_CLICKHOUSE_URL', 'the server, because ACCORD_CLICKHOUSE_USER is set')
  if (problems.length > 0) return { ok: false, problems }

  const dataDir = resolve(values.ACCORD_DATA_DIR)
  const database = values.ACCORD_CLICKHOUSE_DATABASE
  const store: StoreConfig =
    url === undefined
      ? { kind: 'chdb', path: join(dataDir, 'chdb'), database }
      : {
          kind: 'http',
          url,
          database,
          ...(values.ACCORD_CLICKHOUSE_USER === undefined ? {} : { username: values.ACCORD_CLICKHOUSE_USER }),
          ...(values.ACCORD_CLICKHOUSE_PASSWORD === undefined ? {} : { password: values.ACCORD_CLICKHOUSE_PASSWORD }),
        }
  return {
    ok: true,
    value: {
      dataDir,
      kafka: kafka.value,
      topicPrefix: values.ACCORD_TOPIC_PREFIX,
      schemaRegistryUrl: values.ACCORD_SCHEMA_REGISTRY_URL ?? null,
      store,
      clickhouseCluster: values.ACCORD_CLICKHOUSE_CLUSTER ?? null,
      host: values.ACCORD_HOST,
      port: values.ACCORD_PORT,
      secretFile: values.ACCORD_SECRET_FILE === undefined ? join(dataDir, 'secrets.json') : resolve(values.ACCORD_SECRET_FILE),
      secretFileGiven: values.ACCORD_SECRET_FILE !== undefined,
      clockSkewMs: values.ACCORD_CLOCK_SKEW_MS,
      fitLimits: { minConversions: values.ACCORD_ATTRIBUTION_MIN_CONVERSIONS, maxChannels: values.ACCORD_ATTRIBUTION_MAX_CHANNELS },
      logLevel: values.ACCORD_LOG_LEVEL ?? null,
      threads: Number(env['UV_THREADPOOL_SIZE'] ?? 4),
      oidc: issuer === undefined || audience === undefined ? null : { issuer, audience },
      noticesFile: values.ACCORD_NOTICES_FILE === undefined ? null : resolve(values.ACCORD_NOTICES_FILE),
    },
  }
}

/** `ACCORD_PORT: expected a port, 0 to 65535, got "http"`. */
export const describeProblem = ({ variable, expected, got }: EnvironmentProblem): string =>
  `${variable}: expected ${expected}${got === null ? '' : `, got ${JSON.stringify(got)}`}`
