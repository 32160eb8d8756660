import { LogError, type LogErrorCode } from './port.ts'

// Kafka's own error names, https://kafka.apache.org/protocol#protocol_error_codes, as kafkajs spells them in `type`
const TYPES: Readonly<Record<string, LogErrorCode>> = {
  MESSAGE_TOO_LARGE: 'LOG_RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'LOG_RECORD_TOO_LARGE',
  UNKNOWN_TOPIC_OR_PARTITION: 'LOG_MISCONFIGURED',
  INVALID_TOPIC_EXCEPTION: 'LOG_MISCONFIGURED',
  TOPIC_AUTHORIZATION_FAILED: 'LOG_MISCONFIGURED',
  GROUP_AUTHORIZATION_FAILED: 'LOG_MISCONFIGURED',
  CLUSTER_AUTHORIZATION_FAILED: 'LOG_MISCONFIGURED',
  SASL_AUTHENTICATION_FAILED: 'LOG_MISCONFIGURED',
  UNSUPPORTED_SASL_MECHANISM: 'LOG_MISCONFIGURED',
  UNSUPPORTED_VERSION: 'LOG_MISCONFIGURED',
  INVALID_SESSION_TIMEOUT: 'LOG_MISCONFIGURED',
  INVALID_GROUP_ID: 'LOG_MISCONFIGURED',
  INCONSISTENT_GROUP_PROTOCOL: 'LOG_MISCONFIGURED',
  INVALID_REPLICATION_FACTOR: 'LOG_MISCONFIGURED',
  INVALID_PARTITIONS: 'LOG_MISCONFIGURED',
  INVALID_CONFIG: 'LOG_MISCONFIGURED',
  POLICY_VIOLATION: 'LOG_MISCONFIGURED',
  SECURITY_DISABLED: 'LOG_MISCONFIGURED',
  REQUEST_TIMED_OUT: 'LOG_OVERLOADED',
  THROTTLING_QUOTA_EXCEEDED: 'LOG_OVERLOADED',
}

const NAMES: Readonly<Record<string, LogErrorCode>> = {
  KafkaJSSASLAuthenticationError: 'LOG_MISCONFIGURED',
  KafkaJSServerDoesNotSupportApiKey: 'LOG_MISCONFIGURED',
  KafkaJSNotImplemented: 'LOG_MISCONFIGURED',
  KafkaJSRequestTimeoutError: 'LOG_OVERLOADED',
  KafkaJSTimeout: 'LOG_OVERLOADED',
  KafkaJSLockTimeout: 'LOG_OVERLOADED',
}

/** Node's codes where a TLS connection fails because somebody has to change something. */
const CODES: Readonly<Record<string, LogErrorCode>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'LOG_MISCONFIGURED',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'LOG_MISCONFIGURED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'LOG_MISCONFIGURED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'LOG_MISCONFIGURED',
  CERT_HAS_EXPIRED: 'LOG_MISCONFIGURED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'LOG_MISCONFIGURED',
  ERR_SSL_WRONG_VERSION_NUMBER: 'LOG_MISCONFIGURED',
  EPROTO: 'LOG_MISCONFIGURED',
}

const text = (error: object, field: string): string => {
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : ''
}

/** The error, what it wraps, and so on: kafkajs wraps what it gave up on. Errors of several topics come as a list. */
function* chain(error: unknown): Generator<object> {
  for (let at = error; typeof at === 'object' && at !== null; at = Reflect.get(at, 'cause')) {
    yield at
    const errors: unknown = Reflect.get(at, 'errors')
    if (Array.isArray(errors)) for (const one of errors) yield* chain(one)
  }
}

/** True when Kafka answered with one of these error names. */
export const hasType = (error: unknown, types: readonly string[]): boolean =>
  [...chain(error)].some(one => types.includes(text(one, 'type')))

/** True when a broker answered, and its answer was an error: the connection is as good as before. */
export const wasAnswered = (error: unknown): boolean => [...chain(error)].some(one => text(one, 'type') !== '')

/** Any failure of the client as a `LogError`, by the error's type, name or code; what is not known counts as the broker being away. */
export const toLogError = (error: unknown, doing: string): LogError => {
  let code: LogErrorCode | undefined
  for (const one of chain(error)) {
    if (one instanceof LogError) return one
    code ??= TYPES[text(one, 'type')] ?? NAMES[text(one, 'name')] ?? CODES[text(one, 'code')]
  }
  const said = error instanceof Error ? error.message : 'unknown error'
  return new LogError(code ?? 'LOG_UNAVAILABLE', `Kafka: ${doing}: ${said}`, { cause: error })
}
