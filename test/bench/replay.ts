import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { z } from 'zod'
import { sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createKafkaLog } from '../../services/log/kafka.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicSettings } from '../../services/log/topics.ts'
import { readProgress } from '../../services/projector/step.ts'
import { DEFAULT_DATABASE } from '../../services/store/config.ts'
import { openHttpTestStore, startClickhouse } from '../support/clickhouse.ts'
import { startKafka } from '../support/kafka.ts'
import { mixed } from './mix.ts'
import { startProjector } from './projector-process.ts'
import { type BenchOptions, type BenchResult, median, rounded, say } from './report.ts'
import { fill, ownPrefix } from './topic.ts'

const ROWS = 1_000_000
const QUICK_ROWS = 20_000
const TIMES = 5
const DEADLINE_MS_A_ROW = 1

const Count = z.object({ rows: z.coerce.number() })

type Replayed = { readonly seconds: number; readonly rssMb: number }

/**
 * A log of N and one of 5 N events, each replayed into an empty database until everything is projected. `ours` is the greater time, `ratio`
 * how many times as long it takes as the smaller. The projector is a process of its own, so its memory is only its own.
 */
export const replay = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const small = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const sizes = [small, small * TIMES]
  const kafka = await startKafka({ steady: true, heapMb: 768 })
  const clickhouse = await startClickhouse()
  const codec = createCodec({ registry: createOwnRegistry() })
  const logger = pino({ level: 'warn', base: null }, pino.destination({ fd: 2, sync: true }))
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'accord-bench', logger })
  const logs: { readonly rows: number; readonly prefix: string; readonly appendedAt: number }[] = []
  for (const rows of sizes) {
    const prefix = ownPrefix('replay')
    await log.ensureTopics(topicSettings(prefix))
    say(`writing ${rows} events`)
    const { appendedAt } = await fill(log, mixed({ events: rows, until: Date.now() }), { codec, prefix })
    logs.push({ rows, prefix, appendedAt })
  }

  const run = async ({ rows, prefix, appendedAt }: (typeof logs)[number]): Promise<Replayed> => {
    const { store, config, close } = await openHttpTestStore(clickhouse)
    const database = config.database ?? DEFAULT_DATABASE
    const began = performance.now()
    const projector = await startProjector({ log, codec, brokers: kafka.brokers, prefix, clickhouseUrl: clickhouse.url, database })
    const done = async (): Promise<void> => {
      while (performance.now() - began < 120_000 + rows * DEADLINE_MS_A_ROW) {
        // until the projector has made the tables there is nothing to read
        const projectedTo = await readProgress(store).then(
          progress => progress.projected_to,
          () => 0,
        )
        if (projectedTo >= appendedAt) return
        await wait(50)
      }
      throw new Error(`${rows} events were not projected in time`)
    }
    await Promise.race([done(), projector.ended])
    const seconds = (performance.now() - began) / 1000
    const { peakRssMb, cpuSeconds } = await projector.used()
    const events = Count.parse((await store.read(sql`SELECT count() AS rows FROM events FINAL`, { maxSeconds: 300 }))[0]).rows
    await projector.stop()
    await store.write({ parts: [`DROP DATABASE ${database} SYNC`] })
    await close()
    say(
      `  ${rows} records (${events} events) in ${seconds.toFixed(1)} s, the projector: ${peakRssMb} MB, ${((cpuSeconds / rows) * 1e6).toFixed(1)} µs of CPU a record`,
    )
    return { seconds, rssMb: peakRssMb }
  }

  const found: Replayed[][] = logs.map(() => [])
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`)
    for (const [index, one] of logs.entries()) found[index]?.push(await run(one))
  }
  await log.close()
  await clickhouse.stop()
  await kafka.stop()
  const [few = [], many = []] = found
  const seconds = [few, many].map(runs => median(runs.map(each => each.seconds)))
  const memory = [few, many].map(runs => median(runs.map(each => each.rssMb)))
  const [fewSeconds = 0, manySeconds = 0] = seconds
  const [fewMb = 0, manyMb = 0] = memory
  say(
    `${rounded(manySeconds / fewSeconds, 3)} times the time for ${TIMES} times the events; memory ${fewMb} MB and ${manyMb} MB (${rounded(manyMb / fewMb, 3)} times)`,
  )
  return {
    bench: 'replay',
    ours: rounded(manySeconds),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 's',
    rows: small * TIMES,
    rss_mb: manyMb,
  }
}
