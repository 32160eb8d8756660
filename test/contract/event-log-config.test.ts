import { describe, expect, it } from 'vitest'
import { kafkaOptionsFrom } from '../../services/log/kafka-config.ts'
import { toLogError } from '../../services/log/kafka-errors.ts'
import { appendTimes, takeFlight, type Pending } from '../../services/log/kafka-flight.ts'
import { dealOut } from '../../services/log/kafka-membership.ts'
import { LogError } from '../../services/log/port.ts'
import { recordTopics, topicNames, topicSettings } from '../../services/log/topics.ts'

const readText = (path: string): string => {
  if (path.startsWith('missing')) throw new Error('no such file')
  return `text of ${path}`
}

describe('the environment', () => {
  it('without brokers asks for no Kafka', () => {
    expect(kafkaOptionsFrom({}, readText)).toEqual({ ok: true, value: null })
    expect(kafkaOptionsFrom({ ACCORD_KAFKA_BROKERS: '' }, readText)).toEqual({ ok: true, value: null })
  })

  it('becomes the options of the client', () => {
    const env = {
      ACCORD_KAFKA_BROKERS: 'one:9092, two.example:9093',
      ACCORD_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      ACCORD_KAFKA_SASL_USERNAME: 'accord',
      ACCORD_KAFKA_SASL_PASSWORD: 'open sesame',
      ACCORD_KAFKA_TLS: 'true',
      ACCORD_KAFKA_TLS_CA_FILE: 'ca.pem',
      ACCORD_KAFKA_TLS_CERT_FILE: 'cert.pem',
      ACCORD_KAFKA_TLS_KEY_FILE: 'key.pem',
      ACCORD_KAFKA_SESSION_TIMEOUT_MS: '6000',
      ACCORD_KAFKA_REPLICATION_FACTOR: '2',
    }
    expect(kafkaOptionsFrom(env, readText)).toEqual({
      ok: true,
      value: {
        brokers: ['one:9092', 'two.example:9093'],
        sasl: { mechanism: 'scram-sha-512', username: 'accord', password: 'open sesame' },
        tls: { ca: 'text of ca.pem', cert: 'text of cert.pem', key: 'text of key.pem' },
        sessionTimeoutMs: 6000,
        replicationFactor: 2,
      },
    })
  })

  it.each([
    { variable: 'ACCORD_KAFKA_BROKERS', env: { ACCORD_KAFKA_BROKERS: 'one' } },
    { variable: 'ACCORD_KAFKA_BROKERS', env: { ACCORD_KAFKA_BROKERS: 'one:9092,two:99999' } },
    { variable: 'ACCORD_KAFKA_SASL_MECHANISM', env: { ACCORD_KAFKA_SASL_USERNAME: 'a', ACCORD_KAFKA_SASL_PASSWORD: 'b' } },
    { variable: 'ACCORD_KAFKA_SASL_MECHANISM', env: { ACCORD_KAFKA_SASL_MECHANISM: 'gssapi' } },
    { variable: 'ACCORD_KAFKA_SASL_USERNAME', env: { ACCORD_KAFKA_SASL_MECHANISM: 'plain', ACCORD_KAFKA_SASL_PASSWORD: 'b' } },
    { variable: 'ACCORD_KAFKA_SASL_PASSWORD', env: { ACCORD_KAFKA_SASL_MECHANISM: 'plain', ACCORD_KAFKA_SASL_USERNAME: 'a' } },
    { variable: 'ACCORD_KAFKA_TLS', env: { ACCORD_KAFKA_TLS: 'yes' } },
    { variable: 'ACCORD_KAFKA_TLS', env: { ACCORD_KAFKA_TLS_CA_FILE: 'ca.pem' } },
    { variable: 'ACCORD_KAFKA_TLS_CA_FILE', env: { ACCORD_KAFKA_TLS: 'true', ACCORD_KAFKA_TLS_CA_FILE: 'missing.pem' } },
    { variable: 'ACCORD_KAFKA_TLS_KEY_FILE', env: { ACCORD_KAFKA_TLS: 'true', ACCORD_KAFKA_TLS_CERT_FILE: 'cert.pem' } },
    { variable: 'ACCORD_KAFKA_SESSION_TIMEOUT_MS', env: { ACCORD_KAFKA_SESSION_TIMEOUT_MS: '6s' } },
    { variable: 'ACCORD_KAFKA_REPLICATION_FACTOR', env: { ACCORD_KAFKA_REPLICATION_FACTOR: '0' } },
  ])('is refused by the name of the variable: $variable', ({ variable, env }) => {
    expect(kafkaOptionsFrom({ ACCORD_KAFKA_BROKERS: 'one:9092', ...env }, readText)).toMatchObject({ ok: false, error: { variable } })
  })

  it('never shows a password in what it refuses', () => {
    const env = { ACCORD_KAFKA_BROKERS: 'one:9092', ACCORD_KAFKA_SASL_MECHANISM: 'x', ACCORD_KAFKA_SASL_PASSWORD: 'open sesame' }
    expect(JSON.stringify(kafkaOptionsFrom(env, readText))).not.toContain('sesame')
  })
})

describe('the topics', () => {
  it('have the numbers of partitions that a key’s order depends on for ever', () => {
    const partitions = Object.fromEntries(topicSettings().map(({ topic, partitions: count, cleanup }) => [topic, `${count} ${cleanup}`]))
    expect(partitions).toEqual({
      'accord.leads.v1': '12 keep',
      'accord.deals.v1': '6 keep',
      'accord.touches.v1': '12 keep',
      'accord.campaigns.v1': '3 keep',
      'accord.definitions.v1': '3 keep',
      'accord.persons.v1': '3 compact',
      'accord.access.v1': '1 compact',
      'accord.dead-letters.v1': '3 expire',
    })
  })

  it('of the record are those that are kept for ever', () => {
    const kept = topicSettings('other').filter(({ cleanup }) => cleanup === 'keep')
    expect(recordTopics('other')).toEqual(kept.map(({ topic }) => topic))
    expect(Object.values(topicNames('other')).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      topicSettings('other')
        .map(({ topic }) => topic)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    )
  })

  it('refuse a prefix that Kafka would not take', () => {
    expect(() => topicNames('no spaces')).toThrow(RangeError)
  })
})

const error = (fields: object): Error => Object.assign(new Error('whatever it says'), fields)

describe('errors of the Kafka client', () => {
  const wrapped = (cause: Error): Error => error({ name: 'KafkaJSNumberOfRetriesExceeded', cause })

  it.each([
    { code: 'LOG_UNAVAILABLE', cause: error({ name: 'KafkaJSConnectionError', code: 'ECONNREFUSED' }) },
    { code: 'LOG_UNAVAILABLE', cause: error({ name: 'KafkaJSProtocolError', type: 'NOT_ENOUGH_REPLICAS' }) },
    { code: 'LOG_OVERLOADED', cause: error({ name: 'KafkaJSProtocolError', type: 'REQUEST_TIMED_OUT' }) },
    { code: 'LOG_OVERLOADED', cause: error({ name: 'KafkaJSRequestTimeoutError' }) },
    { code: 'LOG_RECORD_TOO_LARGE', cause: error({ name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' }) },
    { code: 'LOG_MISCONFIGURED', cause: error({ name: 'KafkaJSSASLAuthenticationError' }) },
    { code: 'LOG_MISCONFIGURED', cause: error({ name: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED' }) },
    { code: 'LOG_MISCONFIGURED', cause: error({ name: 'KafkaJSConnectionError', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }) },
    { code: 'LOG_MISCONFIGURED', cause: error({ name: 'KafkaJSAggregateError', errors: [error({ type: 'INVALID_REPLICATION_FACTOR' })] }) },
  ])('become $code by name and type, also when the client has wrapped them', ({ code, cause }) => {
    expect(toLogError(cause, 'testing')).toMatchObject({ name: 'LogError', code })
    expect(toLogError(wrapped(cause), 'testing')).toMatchObject({ code, cause: { name: 'KafkaJSNumberOfRetriesExceeded' } })
  })

  it('leaves an error of the log as it is', () => {
    const refused = new LogError('LOG_CLOSED', 'closed')
    expect(toLogError(refused, 'testing')).toBe(refused)
  })
})

describe('what travels together to Kafka', () => {
  const waiting = (sizes: readonly number[], partition = 0): Pending => ({
    records: sizes.map((bytes, index) => ({ topic: 't', key: `${index}`, value: null, bytes, partition: partition + (index % 2) })),
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    deadline: 0,
    resolve: () => undefined,
    reject: () => undefined,
    placed: true,
    sent: 0,
    appendedAt: 0,
  })
  const answer = (partition: number, logAppendTime: string) => ({ topicName: 't', partition, errorCode: 0, logAppendTime })

  it('is the longest run from the front that fits, so that no record overtakes another', () => {
    const [first, second, third] = [waiting([600_000, 100]), waiting([300_000, 100, 300_000, 100]), waiting([100])]
    const flight = takeFlight([first, second, third])
    expect(flight.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [0, 2],
    ])
    second.sent = 2
    expect(takeFlight([second, third]).map(({ from, to }) => [from, to])).toEqual([
      [2, 4],
      [0, 1],
    ])
  })

  it('has one record of a partition when that alone is as large as a batch may be, and nothing of what is not placed yet', () => {
    expect(takeFlight([waiting([1_500_000, 10, 10])]).map(({ from, to }) => [from, to])).toEqual([[0, 2]])
    expect(takeFlight([{ ...waiting([10]), placed: false }, waiting([10])])).toEqual([])
  })

  it('is acknowledged only when every partition is: the client forgets one whose leader moved to a broker that had answered', () => {
    const flight = takeFlight([waiting([10, 10])])
    expect(appendTimes(flight, [answer(0, '5'), answer(1, '6')])).toEqual(
      new Map([
        ['t/0', 5],
        ['t/1', 6],
      ]),
    )
    expect(() => appendTimes(flight, [answer(0, '5')])).toThrow(expect.objectContaining({ code: 'LOG_UNAVAILABLE', retriable: true }))
  })

  it('is refused by a topic that keeps the producer’s time', () => {
    expect(() => appendTimes(takeFlight([waiting([10])]), [answer(0, '-1')])).toThrow(
      expect.objectContaining({ code: 'LOG_MISCONFIGURED' }),
    )
  })
})

describe('dealing out partitions', () => {
  const partitions = Array.from({ length: 7 }, (_, partition) => ({ topic: 'touches', partition }))

  it('gives every partition to one member, and no member more than one more than another, whatever the order of the members', () => {
    const dealt = dealOut(['b', 'c', 'a'], partitions)
    expect(Object.fromEntries(dealt)).toEqual({ a: { touches: [0, 3, 6] }, b: { touches: [1, 4] }, c: { touches: [2, 5] } })
    expect(Object.fromEntries(dealOut(['a', 'b', 'c'], partitions))).toEqual(Object.fromEntries(dealt))
  })

  it('leaves members without partitions when there are more members than partitions', () => {
    expect(dealOut(['a', 'b'], partitions.slice(0, 1)).get('b')).toEqual({})
  })
})
