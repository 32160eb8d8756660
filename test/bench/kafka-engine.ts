import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type AvroType, isOptional } from '../../schemas/avro.ts'
import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import { type Sql, sql } from '../../services/domain/sql.ts'
import type { Store } from '../../services/store/port.ts'
import { say } from './report.ts'

const columnType = (type: AvroType): string => {
  if (isOptional(type)) return `Nullable(${columnType(type[1])})`
  if (typeof type === 'string') return { string: 'String', boolean: 'Bool', int: 'Int32', long: 'Int64', bytes: 'String' }[type]
  if ('logicalType' in type && type.logicalType === 'timestamp-micros') return "DateTime64(6, 'UTC')"
  if ('type' in type && type.type === 'array') return `Array(${columnType(type.items)})`
  if ('type' in type && type.type === 'map') return `Map(String, ${columnType(type.values)})`
  throw new RangeError(`no column for ${JSON.stringify(type)}`)
}

/** Text of the benchmark's own, never input. */
const text = (statement: string): Sql => ({ parts: [statement] })

const { fields } = catalogue['touch-recorded'].schema

/** What a touch says beyond its columns; Accord keeps it in the payload. */
const REST = [
  'participants',
  'session_id',
  'recording_url',
  'page_url',
  'form_id',
  'referrer',
  'click_id',
  'deal_id',
  'product',
  'partner',
  'attributes',
].filter(name => fields.some(field => field.name === name))

const target = `CREATE TABLE engine_touches
(
  tenant LowCardinality(String), subject String, event_id String, type LowCardinality(String), touch_id String,
  occurred_at DateTime64(6, 'UTC'), touched_at DateTime64(6, 'UTC'), recorded_at DateTime64(3, 'UTC'), appended_at DateTime64(3, 'UTC'),
  source LowCardinality(String), actor LowCardinality(String), topic LowCardinality(String), partition UInt16, offset UInt64,
  touch_type LowCardinality(String), channel LowCardinality(String), campaign LowCardinality(String), utm_source LowCardinality(String),
  utm_medium LowCardinality(String), utm_term String, content LowCardinality(String), outcome LowCardinality(String),
  direction LowCardinality(String), team LowCardinality(String), automatic UInt8, member LowCardinality(String), precision LowCardinality(String),
  payload String CODEC(ZSTD(1))
)
ENGINE = MergeTree ORDER BY (tenant, subject, event_id)`

const view = `CREATE MATERIALIZED VIEW engine_view TO engine_touches AS
SELECT tenant, subject, event_id, 'touch-recorded' AS type, event_id AS touch_id, occurred_at, occurred_at AS touched_at,
  assumeNotNull(_timestamp_ms) AS appended_at, if(known_at IS NULL, appended_at, least(toDateTime64(assumeNotNull(known_at), 3, 'UTC'), appended_at)) AS recorded_at,
  source, actor, _topic AS topic, _partition AS partition, _offset AS offset,
  touch_type, channel, campaign, utm_source, utm_medium, utm_term, if(content_id = '', utm_content, content_id) AS content, outcome, direction, team,
  automatic, member_id AS member, precision,
  toJSONString(CAST(tuple(${REST.join(', ')}), 'Tuple(${REST.map(name => `${name} ${columnType(fields.find(field => field.name === name)?.type ?? 'string')}`).join(', ')})')) AS payload
FROM engine_queue`

const Count = z.object({ rows: z.coerce.number() })

export type EngineOptions = {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly registryUrl: string
  readonly group: string
  readonly consumers: number
  readonly rows: number
}

/** Rows per second from the first that is read to the last that can be queried, by ClickHouse's own Kafka engine and a materialised view into one table; nothing is checked or deduplicated. */
export const engineRate = async (store: Store, { brokers, topic, registryUrl, group, consumers, rows }: EngineOptions): Promise<number> => {
  const columns = fields.map(({ name, type }) => `${name} ${columnType(type)}`).join(', ')
  await store.write(text(target))
  await store.write(
    text(`CREATE TABLE engine_queue (${columns}) ENGINE = Kafka SETTINGS kafka_broker_list = '${brokers.join(',')}', kafka_topic_list = '${topic}',
      kafka_group_name = '${group}', kafka_format = 'AvroConfluent', format_avro_schema_registry_url = '${registryUrl}',
      kafka_num_consumers = ${consumers}, kafka_thread_per_consumer = ${consumers > 1 ? 1 : 0}, kafka_max_block_size = 262144, kafka_poll_max_batch_size = 262144`),
  )
  await store.write(text(view))
  const deadline = performance.now() + 60_000 + rows
  const began = await firstRead(store, deadline)
  let count = 0
  const sights: string[] = []
  while (count < rows) {
    if (performance.now() > deadline) throw new Error(`the engine stood at ${count} of ${rows} rows`)
    await wait(20)
    const now = Count.parse((await store.read(sql`SELECT count() AS rows FROM engine_touches`))[0]).rows
    if (now > count) sights.push(`${now} after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    count = now
  }
  const seconds = (performance.now() - began) / 1000
  say(`    ${sights.join(', ')}`)
  for (const table of ['engine_view', 'engine_queue', 'engine_touches']) await store.write(text(`DROP TABLE ${table} SYNC`))
  return rows / seconds
}

/** When the engine has its first messages; joining the group is before. */
const firstRead = async (store: Store, deadline: number): Promise<number> => {
  for (;;) {
    const read = Count.parse((await store.read(sql`SELECT sum(num_messages_read) AS rows FROM system.kafka_consumers`))[0]).rows
    if (read > 0) return performance.now()
    if (performance.now() > deadline) throw new Error('the engine read nothing')
    await wait(5)
  }
}
