import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import { sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import { writeHeader } from '../../services/log/framing.ts'
import type { LogAppend } from '../../services/log/port.ts'
import { recordKey } from '../../services/log/record-key.ts'
import { createOwnRegistry, type SchemaRegistry } from '../../services/log/registry.ts'
import { PoisonedLogError } from '../../services/projector/lander.ts'
import { readDeadLetters, redrive, type StoredLetter } from '../../services/projector/redrive.ts'
import type { Store } from '../../services/store/port.ts'
import { type Clickhouse, startClickhouse } from '../support/clickhouse.ts'
import { event } from '../support/event.ts'
import { type Kafka, startKafka } from '../support/kafka.ts'
import { createPipeline, type Pipeline } from '../support/pipeline.ts'
import { tableDifferences } from '../support/table-hashes.ts'

const GOOD = 40_000
const POISON = 1000
const BATCH = 2000
/** Written by a version of the catalogue that this build does not know, until it does. */
const FOREIGN_SCHEMA = 4711

let kafka: Kafka
let clickhouse: Clickhouse
let pipeline: Pipeline

beforeAll(async () => {
  kafka = await startKafka()
  clickhouse = await startClickhouse()
})
afterEach(async () => pipeline.close())
afterAll(async () => {
  await clickhouse.stop()
  await kafka.stop()
})

const START = Date.UTC(2026, 0, 1) * 1000
const touch = (id: string, subject = `anonymous:c${Number(id.slice(1)) % 997}`): WritableEvent =>
  event('touch-recorded', { event_id: id, occurred_at: START + Number(id.slice(1)) * 1_000_000, subject, touch_type: 'web_session' })

type Kind = { readonly code: string; readonly make: (good: Buffer, id: string) => Buffer | null }

const framedAs = (good: Buffer, schema: number): Buffer => {
  const value = Buffer.from(good)
  writeHeader(value, schema)
  return value
}

/** What can be wrong with bytes, by the reason that the letter gives. */
const kinds: readonly Kind[] = [
  { code: 'CODEC_NOT_FRAMED', make: (_, id) => Buffer.from(`{"event_id":"${id}"}`) },
  { code: 'CODEC_NOT_FRAMED', make: () => null },
  { code: 'CODEC_UNKNOWN_SCHEMA_ID', make: good => framedAs(good, FOREIGN_SCHEMA) },
  { code: 'CODEC_TRUNCATED', make: good => good.subarray(0, good.length >> 1) },
  { code: 'CODEC_TRAILING_BYTES', make: good => Buffer.concat([good, Buffer.from('and more')]) },
  { code: 'EVENT_WITHOUT_SUBJECT', make: (_, id) => pipeline.codec.encode(touch(id, '')) },
]

const counted = async (store: Store): Promise<number> => {
  const [row] = await store.read(sql`SELECT count() AS events, uniqExact(event_id) AS ids FROM touch_facts FINAL`)
  const { events, ids } = z.object({ events: z.coerce.number(), ids: z.coerce.number() }).parse(row)
  expect(ids).toBe(events)
  return events
}

const countBy = (letters: readonly StoredLetter[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { reason_code: code } of letters) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

describe('poison in the log', () => {
  it(`${POISON} bad among ${GOOD} good: all good counted, all bad in dead letters, redriven after a fix and counted once`, async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'poison')
    const { codec, log, topics } = pipeline
    const sent: LogAppend[] = []
    const poison = new Map<string, number>()
    for (let index = 0; index < GOOD + POISON; index += 1) {
      const id = `t${index}`
      const key = recordKey('acme', `anonymous:c${index % 997}`)
      const good = codec.encode(touch(id))
      const kind = index % Math.floor((GOOD + POISON) / POISON) === 20 ? kinds[poison.size % kinds.length] : undefined
      if (kind !== undefined) poison.set(id, kinds.indexOf(kind))
      sent.push({ topic: topics.touches, key, value: kind === undefined ? good : kind.make(good, id) })
    }
    expect(poison.size).toBe(POISON)

    // what the projector's codec knows can be learnt while it runs, as from a registry
    const own = createOwnRegistry()
    let learnt = false
    const registry: SchemaRegistry = {
      ...own,
      schemaOf: id => own.schemaOf(id === FOREIGN_SCHEMA && learnt ? own.writerId('touch-recorded') : id),
    }
    const { store } = await pipeline.openStore()
    const projector = await pipeline.project(store, 'live', { codec: createCodec({ registry }) })
    for (let start = 0; start < sent.length; start += BATCH) await log.append(sent.slice(start, start + BATCH))
    await pipeline.quiet([store])
    expect(await counted(store)).toBe(GOOD)

    const read = (): Promise<readonly StoredLetter[]> => readDeadLetters(log, codec, topics.deadLetters)
    const letters = await read()
    const wanted: Record<string, number> = {}
    for (const kind of poison.values()) wanted[kinds[kind]?.code ?? ''] = (wanted[kinds[kind]?.code ?? ''] ?? 0) + 1
    expect(countBy(letters)).toEqual(wanted)
    const inLog = new Map(
      (await pipeline.records([topics.touches])).map(record => [`${record.topic}/${record.partition}/${record.offset}`, record]),
    )
    const unlike = letters.filter(letter => {
      const record = inLog.get(`${letter.origin_topic}/${letter.origin_partition}/${letter.origin_offset}`)
      return (
        record === undefined ||
        letter.reason === '' ||
        record.key !== letter.origin_key ||
        !(record.value ?? Buffer.alloc(0)).equals(Buffer.from(letter.payload))
      )
    })
    expect(unlike).toEqual([])

    // nothing was repaired: what cannot be read stays where it is, and nobody stops
    const withCodec = (used = codec) => ({ log, codec: used, topics, now: Date.now })
    expect(await redrive(withCodec(), letters)).toEqual({ redriven: 0, unreadable: POISON, waiting: 0 })

    // the schema becomes known, and trailing bytes are cut off
    learnt = true
    const withCode = (code: string): readonly StoredLetter[] => letters.filter(letter => letter.reason_code === code)
    const repaired = [
      ...withCode('CODEC_UNKNOWN_SCHEMA_ID'),
      ...withCode('CODEC_TRAILING_BYTES').map(letter => ({ ...letter, payload: letter.payload.subarray(0, letter.payload.length - 8) })),
    ]
    const informed = withCodec(createCodec({ registry }))
    expect(await redrive(informed, repaired)).toEqual({ redriven: repaired.length, unreadable: 0, waiting: 0 })
    await pipeline.quiet([store])
    expect(await counted(store)).toBe(GOOD + repaired.length)
    expect((await read()).filter(({ redriven_at: at }) => at !== null)).toHaveLength(repaired.length)

    // a second time
    expect(await redrive(informed, repaired)).toEqual({ redriven: repaired.length, unreadable: 0, waiting: 0 })
    await pipeline.quiet([store])
    expect(await counted(store)).toBe(GOOD + repaired.length)
    expect(await read()).toHaveLength(POISON)
    expect(projector.status().state).toBe('running')

    const replayed = await pipeline.openStore()
    const replaying = await pipeline.project(replayed.store, 'replay', { codec: createCodec({ registry }) })
    await pipeline.quiet([replayed.store])
    await replaying.stop()
    // who knows the schema from the start knows those events since they came first
    expect(await tableDifferences(replayed.store, store, { columns: 'content' })).toBe('')
  })

  it('more bad than good in a batch: the projector stops, says where, and sets nothing aside', async () => {
    pipeline = await createPipeline({ kafka, clickhouse }, 'poisoned')
    const { codec, log, topics } = pipeline
    const key = recordKey('acme', 'anonymous:c1')
    const good = Array.from({ length: 100 }, (_, index) => ({
      topic: topics.touches,
      key,
      value: codec.encode(touch(`t${index}`, 'anonymous:c1')),
    }))
    const bad = Array.from({ length: 200 }, () => ({ topic: topics.touches, key, value: Buffer.from('not an event') }))
    await log.append([...good, ...bad])
    const { store } = await pipeline.openStore()
    const projector = await pipeline.project(store, 'live')
    await expect(projector.failed).rejects.toThrow(PoisonedLogError)
    expect(projector.status()).toMatchObject({ state: 'failed' })
    expect(projector.status().failure).toMatch(/200 of 300 records cannot be processed \(first: CODEC_NOT_FRAMED at poisoned-.*\/100: /)
    // what comes after it is not landed either, at the end least of all: its positions would pass over the batch
    await log.append(good)
    await wait(1000)
    await projector.stop()
    expect(await readDeadLetters(log, codec, topics.deadLetters)).toEqual([])
    expect(await store.read(sql`SELECT topic FROM landed WHERE next_offset > 0`)).toEqual([])
  })
})
