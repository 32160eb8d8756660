import { describe, expect, it } from 'vitest'
import { describeProblem, readEnvironment } from '../../services/cli/environment.ts'

const read = (env: Readonly<Record<string, string>>) => readEnvironment(env)
const problemsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
  const result = read(env)
  return result.ok ? [] : result.problems.map(describeProblem)
}

describe('the environment', () => {
  it('is complete without a single variable: everything embedded, on this machine only', () => {
    const result = read({})
    expect(result.ok && result.value).toMatchObject({
      kafka: null,
      schemaRegistryUrl: null,
      store: { kind: 'chdb' },
      host: '127.0.0.1',
      port: 8080,
      oidc: null,
      noticesFile: null,
      clockSkewMs: 50,
      fitLimits: { minConversions: 100, maxChannels: 30 },
    })
  })

  it.each([
    [{ ACCORD_PORT: 'http' }, 'ACCORD_PORT: expected a port, 0 to 65535, got "http"'],
    [{ ACCORD_PORT: '65536' }, 'ACCORD_PORT: expected a port, 0 to 65535, got "65536"'],
    [{ ACCORD_ATTRIBUTION_MAX_CHANNELS: '0' }, 'ACCORD_ATTRIBUTION_MAX_CHANNELS: expected channels, 1 to 300, got "0"'],
    [{ ACCORD_CLOCK_SKEW_MS: '-1' }, 'ACCORD_CLOCK_SKEW_MS: expected milliseconds, 0 to 60000, got "-1"'],
    [{ ACCORD_LOG_LEVEL: 'loud' }, 'ACCORD_LOG_LEVEL: expected trace, debug, info, warn, error, fatal or silent, got "loud"'],
    [{ ACCORD_HOST: 'http://localhost' }, 'ACCORD_HOST: expected a host name or an address, without port, got "http://localhost"'],
    [
      { ACCORD_CLICKHOUSE_URL: 'localhost:8123' },
      'ACCORD_CLICKHOUSE_URL: expected a URL like https://clickhouse.example:8443, without user and password, got "localhost:8123"',
    ],
    [{ ACCORD_KAFKA_BROKERS: 'kafka' }, 'ACCORD_KAFKA_BROKERS: expected host:port, several with a comma between, got "kafka"'],
    [{ ACCORD_CLICKHOUSE_USER: 'x' }, 'ACCORD_CLICKHOUSE_URL: expected the server, because ACCORD_CLICKHOUSE_USER is set'],
    [
      { ACCORD_OIDC_ISSUER: 'https://login.example' },
      'ACCORD_OIDC_AUDIENCE: expected the audience of the tokens, because ACCORD_OIDC_ISSUER is set',
    ],
  ])('says of %o what was expected', (env, said) => {
    expect(problemsOf(env)).toEqual([said])
  })

  it('names every wrong value at once, and never repeats a password', () => {
    const said = problemsOf({
      ACCORD_PORT: 'x',
      ACCORD_LOG_LEVEL: 'y',
      ACCORD_KAFKA_BROKERS: 'kafka:9092',
      ACCORD_KAFKA_SASL_PASSWORD: 'hunter2',
    })
    expect(said.map(line => line.split(':')[0])).toEqual(['ACCORD_PORT', 'ACCORD_LOG_LEVEL', 'ACCORD_KAFKA_SASL_MECHANISM'])
    expect(said.join()).not.toContain('hunter2')
  })

  it('takes an empty value for an absent one, and a flag before a variable', () => {
    const result = readEnvironment({ ACCORD_PORT: '', ACCORD_DATA_DIR: '/var/lib/a' }, { dataDir: '/var/lib/b', port: '9000' })
    expect(result.ok && result.value).toMatchObject({ port: 9000, dataDir: '/var/lib/b', secretFile: '/var/lib/b/secrets.json' })
  })

  it('reaches Kafka and ClickHouse where they are named', () => {
    const result = read({ ACCORD_KAFKA_BROKERS: 'a:9092,b:9092', ACCORD_CLICKHOUSE_URL: 'http://c:8123', ACCORD_CLICKHOUSE_PASSWORD: 'p' })
    expect(result.ok && result.value).toMatchObject({
      kafka: { brokers: ['a:9092', 'b:9092'] },
      store: { kind: 'http', url: 'http://c:8123', password: 'p', database: 'accord' },
    })
  })
})
