import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readOrCreateSecretFile } from '../../services/access/secrets.ts'
import { sql } from '../../services/domain/sql.ts'
import type { HttpConfig } from '../../services/store/config.ts'
import { type Clickhouse, startClickhouse, type TestStore } from '../support/clickhouse.ts'
import { openApi } from '../support/figure-api.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { PATH_DATA_FILE, PATH_DATA_FOLDER, PATH_DATA_IS_THERE, readMarkovReference } from '../support/path-data.ts'
import { createPipeline, type Pipeline } from '../support/pipeline.ts'

const SCRIPT = join(import.meta.dirname, '../../services/cli/accord.ts')

const ROWS = 10_000
const CONVERSIONS = 19_785
const NULLS = 68_602
/** Credit is kept in millionths of a conversion. */
const PER_CONVERSION = 1e-6

const Expected = z.object({ channel: z.string() }).catchall(z.coerce.number())
const Answer = z.object({ rows: z.array(z.object({ channel: z.string(), metric: z.string(), value: z.number() })) })
const Fitted = Answer.extend({
  fit: z.object({
    paths: z.object({ conversions: z.number(), nulls: z.number() }),
    open_null_share: z.number(),
    p_convert: z.number(),
    value_per_path: z.number().nullable(),
    channels: z.array(
      z.object({ channel: z.string(), removal_effect: z.number().nullable(), removal_effect_value: z.number().nullable() }),
    ),
  }),
})
const Imported = z.object({ accepted: z.number(), rejected: z.number(), lines: z.number() })

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline
let store: TestStore<HttpConfig>
let folder: string

describe('10,000 rows of aggregated journeys, from the file to the figures', () => {
  beforeAll(async () => {
    if (!PATH_DATA_IS_THERE) return
    folder = await mkdtemp(join(tmpdir(), 'accord-paths-'))
    kafka = await startKafka()
    clickhouse = await startClickhouse()
    pipeline = await createPipeline({ kafka, clickhouse }, 'paths')
    store = await pipeline.openStore()
    await pipeline.project(store.store, 'live')
  })
  afterAll(async () => {
    if (!PATH_DATA_IS_THERE) return
    await pipeline.close()
    await clickhouse.stop()
    await kafka.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it.skipIf(!PATH_DATA_IS_THERE)(
    'first, last, linear and Markov credit by channel equal the reference (skipped where ../shared/data/pathdata is not beside the checkout)',
    async () => {
      readOrCreateSecretFile(join(folder, 'secrets.json'))
      const began = performance.now()
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [SCRIPT, 'import', 'paths', PATH_DATA_FILE, '--tenant', 'acme', '--json'],
        {
          env: {
            ...process.env,
            ACCORD_DATA_DIR: folder,
            ACCORD_KAFKA_BROKERS: kafka.brokers.join(','),
            ACCORD_TOPIC_PREFIX: pipeline.prefix,
            ACCORD_CLICKHOUSE_URL: clickhouse.url,
            ACCORD_CLICKHOUSE_DATABASE: store.config.database ?? '',
            ACCORD_SECRET_FILE: join(folder, 'secrets.json'),
          },
        },
      )
      const imported = Imported.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
      process.stderr.write(`pathdata: ${imported.accepted} events in the figures after ${Math.round(performance.now() - began)} ms\n`)
      expect(imported).toMatchObject({ rejected: 0, lines: ROWS })

      const [counts] = await store.store.read(sql`
        SELECT (SELECT count() FROM deal_journey FINAL WHERE outcome = 'won') AS won, (SELECT uniqExact(account) FROM account_touches FINAL WHERE account != '' AND known_to > now()) AS journeys`)
      expect(counts).toEqual({ won: String(CONVERSIONS), journeys: String(CONVERSIONS + NULLS) })

      const reference = z.array(Expected).parse(parse(readFileSync(join(PATH_DATA_FOLDER, 'heuristics.csv')), { columns: true }))
      const app = await openApi(store.store, Date.now)
      const valueTotal = reference.reduce((sum, row) => sum + Number(row['first_touch_value']), 0)
      for (const model of ['first', 'last', 'linear']) {
        for (const [basis, column, unit, tolerance] of [
          ['conversions', `${model}_touch_conversions`, 1, CONVERSIONS * PER_CONVERSION],
          ['revenue', `${model}_touch_value`, 1e9, valueTotal * PER_CONVERSION],
        ] as const) {
          const answer = await app.inject({
            url: `/v1/attribution?by=channel&model=${model}&basis=${basis}`,
            headers: { authorization: 'Bearer reader' },
          })
          expect(answer.statusCode, `answer: ${answer.body.slice(0, 500)}`).toBe(200)
          const found = new Map(Answer.parse(answer.json()).rows.map(({ channel, value }) => [channel, value / unit]))
          const off = reference
            .map(row => ({ channel: row.channel, expected: Number(row[column]), found: found.get(row.channel) ?? 0 }))
            .filter(one => Math.abs(one.expected - one.found) > tolerance)
          expect(off, `${model}, ${basis}`).toEqual([])
          expect([...found.keys()].toSorted()).toEqual(reference.map(({ channel }) => channel).toSorted())
        }
      }

      const asked = async (query: string) => {
        const answer = await app.inject({ url: `/v1/attribution?by=channel&${query}`, headers: { authorization: 'Bearer reader' } })
        expect(answer.statusCode, `answer: ${answer.body.slice(0, 500)}`).toBe(200)
        return Fitted.parse(answer.json())
      }
      const relative = (found: number | null | undefined, expected: number): void =>
        expect(Math.abs((found ?? Number.NaN) / expected - 1), `${found} instead of ${expected}`).toBeLessThan(1e-9)
      const published = readMarkovReference()
      for (const order of [1, 2, 3, 4]) {
        const sent = performance.now()
        const { rows, fit } = await asked(`model=markov&order=${order}&basis=revenue`)
        process.stderr.write(`pathdata: markov of order ${order} answered after ${Math.round(performance.now() - sent)} ms\n`)
        expect(fit.paths).toMatchObject({ conversions: CONVERSIONS, nulls: NULLS })
        expect(fit.open_null_share).toBe(1)
        relative(fit.p_convert, published.p_conversion_from_start)
        relative((fit.value_per_path ?? Number.NaN) / 1e9, published.expected_value_from_start)
        relative(rows.reduce((sum, { value }) => sum + value, 0) / 1e9, valueTotal)
      }
      const [conversions, revenue] = [await asked('model=markov'), await asked('model=markov&basis=revenue')]
      for (const [channel, expected] of Object.entries(published.result)) {
        const effect = revenue.fit.channels.find(one => one.channel === channel)
        relative(effect?.removal_effect, expected.removal_effect_conversion)
        relative(effect?.removal_effect_value, expected.removal_effect_value)
        relative((revenue.rows.find(row => row.channel === channel)?.value ?? Number.NaN) / 1e9, expected.total_conversion_value)
        const credited = conversions.rows.find(row => row.channel === channel)?.value ?? Number.NaN
        expect(Math.abs(credited - expected.total_conversions), `${channel}: ${credited}`).toBeLessThan(PER_CONVERSION)
      }
      const shapley = new Map((await asked('model=shapley')).rows.map(({ channel, value }) => [channel, value]))
      expect(shapley.get('mi')?.toFixed(1)).toBe('1.9')
      expect([...shapley.values()].reduce((sum, value) => sum + value, 0)).toBeCloseTo(CONVERSIONS, 6)
      await app.close()
    },
    600_000,
  )
})
