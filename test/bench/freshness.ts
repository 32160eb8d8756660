import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { createCodec } from '../../services/log/codec.ts'
import { createKafkaLog } from '../../services/log/kafka.ts'
import type { LogAppend } from '../../services/log/port.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicSettings } from '../../services/log/topics.ts'
import { readProgress } from '../../services/projector/step.ts'
import { DEFAULT_DATABASE } from '../../services/store/config.ts'
import { migrate } from '../../services/store/migrate.ts'
import { openHttpTestStore, startClickhouse } from '../support/clickhouse.ts'
import { startKafka } from '../support/kafka.ts'
import { until } from '../support/until.ts'
import { mix } from './mix.ts'
import { startProjector } from './projector-process.ts'
import { type BenchOptions, type BenchResult, median, percentile, rounded, say } from './report.ts'
import { fill, ownPrefix, recordOf } from './topic.ts'

const PER_SECOND = 2000
const SECONDS = 60
const QUICK_SECONDS = 10
/** As a collector that gathers what comes for a moment. */
const TICK_MS = 50
/** How often the answer is asked for; an event may show this much earlier than it is seen. */
const LOOK_MS = 50

/** Events that were produced at `at` (ms) and have to be projected up to `appendedAt`. */
type Waiting = { readonly at: number; readonly events: number; readonly appendedAt: number }

/**
 * 2,000 events a second, steady; each event's time from before it is handed to the log until `projected_to` is at or after its append time, which is
 * when a live answer shows it. The projector is a process of its own on Kafka and ClickHouse over HTTP, as in production. `ours` is the p99.
 */
export const freshness = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? PER_SECOND * (quick ? QUICK_SECONDS : SECONDS)
  const kafka = await startKafka({ steady: true })
  const clickhouse = await startClickhouse()
  const codec = createCodec({ registry: createOwnRegistry() })
  const logger = pino({ level: 'warn', base: null }, pino.destination({ fd: 2, sync: true }))

  const round = async (): Promise<{ readonly p50: number; readonly p99: number; readonly rssMb: number }> => {
    const prefix = ownPrefix('freshness')
    const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-bench', logger })
    await log.ensureTopics(topicSettings(prefix))
    const { store, config, close } = await openHttpTestStore(clickhouse)
    await migrate(store)
    const projector = await startProjector({
      log,
      codec,
      brokers: kafka.brokers,
      prefix,
      clickhouseUrl: clickhouse.url,
      database: config.database ?? DEFAULT_DATABASE,
    })
    const { founding, next } = mix({ events: rows, until: Date.now() })
    const before = await fill(log, founding(), { codec, prefix })
    await Promise.race([
      until('the company is projected', async () => (await readProgress(store)).projected_to >= before.appendedAt, 120_000),
      projector.ended,
    ])
    const start = await projector.used()

    const waiting: Waiting[] = []
    const times: number[] = []
    let produced = 0
    let acknowledged = 0
    const began = performance.now()
    const produce = async (): Promise<void> => {
      const appends: Promise<void>[] = []
      while (produced < rows) {
        const due = Math.min(rows, Math.floor(((performance.now() - began) * PER_SECOND) / 1000))
        const records: LogAppend[] = []
        for (; produced < due; produced += 1) records.push(recordOf(next(), codec, prefix))
        if (records.length > 0) {
          const at = performance.now()
          appends.push(
            log.append(records).then(({ appendedAt }) => {
              acknowledged += records.length
              waiting.push({ at, events: records.length, appendedAt })
            }),
          )
        }
        await wait(TICK_MS)
      }
      await Promise.all(appends)
    }
    const watch = async (): Promise<void> => {
      while (times.length < rows) {
        const asked = performance.now()
        const { projected_to } = await readProgress(store)
        const seen = performance.now()
        for (let index = waiting.length - 1; index >= 0; index -= 1) {
          const one = waiting[index]
          if (one === undefined || one.appendedAt > projected_to) continue
          waiting.splice(index, 1)
          for (let event = 0; event < one.events; event += 1) times.push((seen - one.at) / 1000)
        }
        if (performance.now() - began > (rows / PER_SECOND) * 1000 + 120_000)
          throw new Error(`${times.length} of ${acknowledged} events show two minutes after the last`)
        await wait(Math.max(0, LOOK_MS - (seen - asked)))
      }
    }
    await Promise.race([Promise.all([produce(), watch()]), projector.ended])
    const end = await projector.used()
    const seconds = (performance.now() - began) / 1000
    const found = { p50: percentile(times, 0.5), p99: percentile(times, 0.99), rssMb: end.peakRssMb }
    say(
      `  p50 ${found.p50.toFixed(3)} s, p99 ${found.p99.toFixed(3)} s, most ${percentile(times, 1).toFixed(3)} s; the projector took ${((end.cpuSeconds - start.cpuSeconds) / seconds).toFixed(2)} cores and ${end.peakRssMb} MB`,
    )
    await projector.stop()
    await close()
    await log.close()
    return found
  }

  say(`${rows} events at ${PER_SECOND} a second, the projector as a process of its own, ClickHouse over HTTP`)
  const found: Awaited<ReturnType<typeof round>>[] = []
  for (let number = 1; number <= rounds; number += 1) {
    say(`round ${number} of ${rounds}`)
    found.push(await round())
  }
  await clickhouse.stop()
  await kafka.stop()
  say(`p50 ${median(found.map(({ p50 }) => p50)).toFixed(3)} s`)
  return {
    bench: 'freshness',
    ours: rounded(median(found.map(({ p99 }) => p99))),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 's',
    rows,
    rss_mb: Math.max(...found.map(({ rssMb }) => rssMb)),
  }
}
