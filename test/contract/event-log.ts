import { describe, expect, it } from 'vitest'
import type {
  EventLog,
  LogAppend,
  LogRecord,
  PartitionBatch,
  Position,
  SubscribeOptions,
  TopicPartition,
  TopicSettings,
} from '../../services/log/port.ts'
import { until } from '../support/until.ts'

export type LogHarness = {
  /** Another handle on the same log, closed after the test. */
  readonly open: () => EventLog
  /** Makes retention destroy everything before the positions. */
  readonly destroyBefore: (positions: readonly Position[]) => Promise<void>
}

let count = 0
const freshName = (kind: string): string => `${kind}-${process.pid}-${Date.now()}-${(count += 1)}`

const append = (topic: string, key: string, value: string | null): LogAppend => ({
  topic,
  key,
  value: value === null ? null : Buffer.from(value),
})
const numbered = (topic: string, key: string, from: number, to: number): readonly LogAppend[] =>
  Array.from({ length: to - from }, (_, index) => append(topic, key, `${from + index}`))
const text = (record: LogRecord): string | null => record.value?.toString() ?? null

const readAll = async (log: EventLog, topics: readonly string[], from?: readonly Position[]): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = []
  for await (const chunk of log.read(topics, from)) records.push(...chunk)
  return records
}
const byOffset = (a: LogRecord, b: LogRecord): number => a.partition - b.partition || a.offset - b.offset
const inOrder = (a: string, b: string): number => (a < b ? -1 : 1)
const sum = (positions: readonly Position[]): number => positions.reduce((total, position) => total + position.offset, 0)

/** A subscriber that keeps what it is given. */
export const collecting = (options: Partial<SubscribeOptions> & Pick<SubscribeOptions, 'group' | 'topics'>) => {
  const records: LogRecord[] = []
  const assigned: TopicPartition[] = []
  const revoked: TopicPartition[] = []
  const losses: unknown[] = []
  const failures: unknown[] = []
  const subscriber: SubscribeOptions = {
    startAt: async () => [],
    onAssigned: found => void assigned.push(...found),
    onRevoked: async found => void revoked.push(...found),
    onBatch: async (batch: PartitionBatch) => void records.push(...batch.records),
    onLoss: loss => void losses.push(loss),
    onFailure: error => void failures.push(error),
    ...options,
  }
  return { subscriber, records, assigned, revoked, losses, failures }
}

const topic = async (log: EventLog, settings: Partial<TopicSettings> = {}): Promise<string> => {
  const made: TopicSettings = { topic: freshName('topic'), partitions: 3, cleanup: 'keep', ...settings }
  await log.ensureTopics([made])
  return made.topic
}

/** What every adapter of `EventLog` promises. */
export const eventLogContract = (name: string, harness: () => LogHarness): void => {
  describe(`${name}: appending and reading`, () => {
    it('keeps the order of one key over many appends that run at the same time', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
      const appends = Array.from({ length: 30 }, (_, turn) =>
        log.append(keys.flatMap(key => numbered(touches, key, turn * 5, turn * 5 + 5))),
      )
      const results = await Promise.all(appends)

      expect(results.every(result => result.count === 100)).toBe(true)
      const records = (await readAll(log, [touches])).toSorted(byOffset)
      for (const key of keys) {
        const values = records.filter(record => record.key === key)
        expect(values.map(text)).toEqual(Array.from({ length: 150 }, (_, index) => `${index}`))
        expect(new Set(values.map(record => record.partition)).size).toBe(1)
      }
    })

    it('keeps what one append writes to several topics, tombstones and empty values included', async () => {
      const log = harness().open()
      const [first, second] = [await topic(log), await topic(log)]
      await log.append([append(first, 'ä\u001f€', 'x'), append(second, 'b', null), append(first, 'c', '')])

      const found = await readAll(log, [first, second])
      expect(found.map(record => `${record.topic} ${record.key} ${text(record) ?? 'tombstone'}`).toSorted(inOrder)).toEqual(
        [`${first} c `, `${first} ä\u001f€ x`, `${second} b tombstone`].toSorted(inOrder),
      )
    })

    it('gives append times that never fall within a partition, are kept on replay, and of which append returns the greatest', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const before = Date.now()
      const returned: number[] = []
      for (let turn = 0; turn < 10; turn += 1) {
        returned.push((await log.append(Array.from({ length: 20 }, (_, index) => append(touches, `${index}`, `${turn}`)))).appendedAt)
      }

      const records = (await readAll(log, [touches])).toSorted(byOffset)
      const falls = records.filter((record, index) => {
        const previous = records[index - 1]
        return previous?.partition === record.partition && record.appendedAt < previous.appendedAt
      })
      expect(falls).toEqual([])
      for (const [turn, appendedAt] of returned.entries()) {
        expect(Math.max(...records.filter(record => text(record) === `${turn}`).map(record => record.appendedAt))).toBe(appendedAt)
      }
      expect(Math.min(...returned)).toBeGreaterThanOrEqual(before - 1000)
      expect(Math.max(...returned)).toBeLessThanOrEqual(Date.now() + 1000)
      expect((await readAll(harness().open(), [touches])).toSorted(byOffset)).toEqual(records)
    })

    it('reads a named partition from its position and the others from their start', async () => {
      const log = harness().open()
      const touches = await topic(log)
      await log.append(Array.from({ length: 60 }, (_, index) => append(touches, `${index}`, `${index}`)))
      const all = (await readAll(log, [touches])).toSorted(byOffset)

      const found = await readAll(log, [touches], [{ topic: touches, partition: 1, offset: 7 }])
      expect(found.toSorted(byOffset)).toEqual(all.filter(record => record.partition !== 1 || record.offset >= 7))
    })

    it('reads to the ends seen at the call, not to what is appended meanwhile', async () => {
      const log = harness().open()
      const touches = await topic(log)
      await log.append(numbered(touches, 'a', 0, 100))
      const values: (string | null)[] = []
      for await (const chunk of log.read([touches])) {
        if (values.length === 0) await log.append(numbered(touches, 'a', 100, 200))
        values.push(...chunk.map(text))
      }
      expect(values).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`))
    })

    it('reads a large topic whole, in order per partition', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const body = 'x'.repeat(500)
      const appends = Array.from({ length: 20 }, (_, turn) =>
        log.append(Array.from({ length: 500 }, (__, index) => append(touches, `${turn * 500 + index}`, body))),
      )
      await Promise.all(appends)
      const next = new Map<number, number>()
      let read = 0
      for await (const chunk of log.read([touches])) {
        for (const record of chunk) {
          expect(record.offset).toBe(next.get(record.partition) ?? 0)
          next.set(record.partition, record.offset + 1)
          read += 1
        }
      }
      expect(read).toBe(10_000)
    })

    it('refuses a record that is too large, and keeps nothing of its append', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const refused = log.append([append(touches, 'a', 'small'), { topic: touches, key: 'b', value: Buffer.alloc(1_100_000) }])
      await expect(refused).rejects.toMatchObject({ name: 'LogError', code: 'LOG_RECORD_TOO_LARGE', retriable: false })
      await log.append([{ topic: touches, key: 'c', value: Buffer.alloc(900_000, 1) }])
      expect((await readAll(log, [touches])).map(record => record.key)).toEqual(['c'])
    })

    it('refuses a topic that does not exist', async () => {
      const log = harness().open()
      const refusal = { name: 'LogError', code: 'LOG_MISCONFIGURED', retriable: false }
      const unknown = freshName('unknown')
      await expect(log.append([append(unknown, 'a', 'x')])).rejects.toMatchObject(refusal)
      await expect(log.ends([unknown])).rejects.toMatchObject(refusal)
      await expect(readAll(log, [unknown])).rejects.toMatchObject(refusal)
      await expect(log.subscribe(collecting({ group: freshName('group'), topics: [unknown] }).subscriber)).rejects.toMatchObject(refusal)
    })

    it('refuses everything once it is closed', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const appending = log.append([append(touches, 'a', 'x')])
      await log.close()
      await expect(appending).resolves.toMatchObject({ count: 1 })
      await expect(log.append([append(touches, 'a', 'x')])).rejects.toMatchObject({ code: 'LOG_CLOSED' })
      await expect(log.ends([touches])).rejects.toMatchObject({ code: 'LOG_CLOSED' })
    })
  })

  describe(`${name}: topics and positions`, () => {
    it('tells start and end of every partition, idle ones included', async () => {
      const log = harness().open()
      const touches = await topic(log, { partitions: 5 })
      const zero = Array.from({ length: 5 }, (_, partition) => ({ topic: touches, partition, offset: 0 }))
      expect(await log.ends([touches])).toEqual(zero)

      await log.append(numbered(touches, 'a', 0, 12))
      const [written] = await readAll(log, [touches])
      expect(await log.starts([touches])).toEqual(zero)
      expect(await log.ends([touches])).toEqual(zero.map(end => (end.partition === written?.partition ? { ...end, offset: 12 } : end)))
    })

    it('sets up topics twice and by twenty at once, and names what is missing or differs', async () => {
      const logs = Array.from({ length: 20 }, () => harness().open())
      const [log] = logs
      if (log === undefined) throw new Error('no log')
      const settings: TopicSettings[] = [
        { topic: freshName('keep'), partitions: 4, cleanup: 'keep' },
        { topic: freshName('compact'), partitions: 1, cleanup: 'compact' },
        { topic: freshName('expire'), partitions: 2, cleanup: 'expire', retentionMs: 86_400_000 },
      ]
      expect(await log.checkTopics(settings)).toEqual(settings.map(({ topic: missing }) => `${missing} is missing`))

      await Promise.all(logs.map(one => one.ensureTopics(settings)))
      await log.ensureTopics(settings)
      expect(await log.checkTopics(settings)).toEqual([])

      const [keep, compact, expire] = settings
      if (keep === undefined || compact === undefined || expire === undefined) throw new Error('no settings')
      const other: TopicSettings[] = [
        { ...keep, partitions: 9 },
        { ...compact, cleanup: 'keep' },
        { ...expire, retentionMs: 1000 },
      ]
      const said = await log.checkTopics(other)
      expect(said.some(words => words.includes(keep.topic) && words.includes('4 partitions instead of 9'))).toBe(true)
      expect(said.some(words => words.includes(compact.topic) && words.includes('compact'))).toBe(true)
      expect(said.some(words => words.includes(expire.topic) && words.includes('86400000'))).toBe(true)

      await log.ensureTopics(other)
      expect(await log.checkTopics(other)).toEqual([`${keep.topic} has 4 partitions instead of 9`])
    })

    it('keeps committed positions per group, for whoever asks', async () => {
      const log = harness().open()
      const touches = await topic(log)
      await log.append(numbered(touches, 'a', 0, 9))
      const group = freshName('group')
      expect(await log.committed(group, [touches])).toEqual([])

      const { subscriber, assigned } = collecting({ group, topics: [touches] })
      const subscription = await log.subscribe(subscriber)
      await until('partitions are assigned', () => assigned.length === 3)
      await subscription.commit([
        { topic: touches, partition: 0, offset: 4 },
        { topic: touches, partition: 2, offset: 1 },
      ])
      await subscription.commit([{ topic: touches, partition: 0, offset: 5 }])
      const expected = [
        { topic: touches, partition: 0, offset: 5 },
        { topic: touches, partition: 2, offset: 1 },
      ]
      expect(await log.committed(group, [touches])).toEqual(expected)
      await subscription.close()
      expect(await harness().open().committed(group, [touches])).toEqual(expected)
      expect(await log.committed(freshName('other'), [touches])).toEqual([])
    })
  })

  describe(`${name}: subscribing`, () => {
    it('hands over what is there and what comes, in order per partition, each record once', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`)
      await log.append(keys.flatMap(key => numbered(touches, key, 0, 50)))
      const { subscriber, records, failures } = collecting({ group: freshName('group'), topics: [touches] })
      const subscription = await log.subscribe(subscriber)
      await until('the first half is there', () => records.length >= 600)
      for (let turn = 50; turn < 60; turn += 1) await log.append(keys.flatMap(key => numbered(touches, key, turn, turn + 1)))
      await until('all are there', () => records.length >= 720)

      for (const key of keys) {
        expect(records.filter(record => record.key === key).map(text)).toEqual(Array.from({ length: 60 }, (_, index) => `${index}`))
      }
      expect(failures).toEqual([])
      await subscription.close()
    })

    it('starts where the store says, not where the group had committed; elsewhere at the committed position, else at the start', async () => {
      const log = harness().open()
      const touches = await topic(log)
      await log.append(Array.from({ length: 90 }, (_, index) => append(touches, `${index}`, `${index}`)))
      const group = freshName('group')
      const first = collecting({ group, topics: [touches] })
      const subscription = await log.subscribe(first.subscriber)
      await until('partitions are assigned', () => first.assigned.length === 3)
      await subscription.commit([
        { topic: touches, partition: 0, offset: 20 },
        { topic: touches, partition: 1, offset: 10 },
      ])
      await subscription.close()

      const second = collecting({ group, topics: [touches], startAt: async () => [{ topic: touches, partition: 0, offset: 3 }] })
      const again = await log.subscribe(second.subscriber)
      const total = sum(await log.ends([touches])) - 3 - 10
      await until('the rest is there', () => second.records.length >= total)
      const least = [0, 1, 2].map(partition =>
        Math.min(...second.records.filter(record => record.partition === partition).map(record => record.offset)),
      )
      expect(least).toEqual([3, 10, 0])
      expect(second.records).toHaveLength(total)
      await again.close()
    })

    it('fetches no more of a partition while its batch is not taken, and goes on with the others', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`)
      await log.append(keys.flatMap(key => numbered(touches, key, 0, 10)))
      const [sample] = await readAll(log, [touches])
      const slow = sample?.partition ?? 0
      const taken = Promise.withResolvers<void>()
      const batches: PartitionBatch[] = []
      const { subscriber } = collecting({
        group: freshName('group'),
        topics: [touches],
        onBatch: async batch => {
          batches.push(batch)
          if (batch.partition === slow) await taken.promise
        },
      })
      const subscription = await log.subscribe(subscriber)
      await until('the slow partition has its first batch', () => batches.some(batch => batch.partition === slow))
      const others = () => batches.filter(batch => batch.partition !== slow).flatMap(batch => batch.records).length
      for (let turn = 0; turn < 5; turn += 1) {
        const before = others()
        await log.append(keys.flatMap(key => numbered(touches, key, 10, 20)))
        await until('the other partitions go on', () => others() > before)
      }
      expect(batches.filter(batch => batch.partition === slow)).toHaveLength(1)

      taken.resolve()
      const end = (await log.ends([touches])).find(position => position.partition === slow)?.offset
      await until(
        'the slow partition catches up',
        () =>
          batches
            .filter(batch => batch.partition === slow)
            .at(-1)
            ?.records.at(-1)?.offset ===
          (end ?? 0) - 1,
      )
      const offsets = batches.filter(batch => batch.partition === slow).flatMap(batch => batch.records.map(record => record.offset))
      expect(offsets).toEqual(Array.from({ length: end ?? 0 }, (_, index) => index))
      await subscription.close()
    })

    it('asks where to start again and again while the store is away', async () => {
      const log = harness().open()
      const touches = await topic(log, { partitions: 1 })
      await log.append(numbered(touches, 'a', 0, 1))
      let asked = 0
      const found = collecting({
        group: freshName('group'),
        topics: [touches],
        startAt: async () => {
          asked += 1
          if (asked < 4) throw new Error('the store is away')
          return []
        },
      })
      const subscription = await log.subscribe(found.subscriber)
      await until('it starts at last', () => found.records.length === 1)
      expect(asked).toBe(4)
      expect(found.failures).toEqual([])
      await subscription.close()
    })

    it('says which records retention destroyed before they were read, and goes on behind them', async () => {
      const log = harness().open()
      const touches = await topic(log, { partitions: 1 })
      await log.append(numbered(touches, 'a', 0, 10))
      await harness().destroyBefore([{ topic: touches, partition: 0, offset: 6 }])
      expect(await log.starts([touches])).toEqual([{ topic: touches, partition: 0, offset: 6 }])

      const found = collecting({
        group: freshName('group'),
        topics: [touches],
        startAt: async () => [{ topic: touches, partition: 0, offset: 2 }],
      })
      const subscription = await log.subscribe(found.subscriber)
      await until('the rest is there', () => found.records.length >= 4)
      expect(found.losses).toEqual([{ topic: touches, partition: 0, wanted: 2, earliest: 6 }])
      expect(found.records.map(text)).toEqual(['6', '7', '8', '9'])
      await subscription.close()
    })

    it('fails on a position beyond the end, because that is another log', async () => {
      const log = harness().open()
      const touches = await topic(log, { partitions: 1 })
      await log.append(numbered(touches, 'a', 0, 3))
      const found = collecting({
        group: freshName('group'),
        topics: [touches],
        startAt: async () => [{ topic: touches, partition: 0, offset: 50 }],
      })
      await log.subscribe(found.subscriber)
      await until('it fails', () => found.failures.length > 0)
      expect(found.failures).toMatchObject([{ code: 'LOG_MISCONFIGURED' }])
      expect(found.records).toEqual([])
    })

    it('fails, and hands over nothing more, when the subscriber throws', async () => {
      const log = harness().open()
      const touches = await topic(log, { partitions: 1 })
      await log.append(numbered(touches, 'a', 0, 3))
      let batches = 0
      const found = collecting({
        group: freshName('group'),
        topics: [touches],
        onBatch: async () => {
          batches += 1
          throw new Error('this batch is more than I can take')
        },
      })
      await log.subscribe(found.subscriber)
      await until('it fails', () => found.failures.length > 0)
      await log.append(numbered(touches, 'a', 3, 6))
      expect(found.failures).toMatchObject([{ name: 'LogError', code: 'LOG_CLOSED' }])
      expect(batches).toBe(1)
      expect(found.revoked).toHaveLength(1)
    })

    it('lets another member of the group go on where the first one stopped, after it has given up its partitions', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const group = freshName('group')
      const landed = new Map<number, number>()
      const seen: string[] = []
      const order: string[] = []
      const member = (who: string) =>
        collecting({
          group,
          topics: [touches],
          startAt: async assigned =>
            assigned.flatMap(({ partition }) => ({ topic: touches, partition, offset: landed.get(partition) ?? 0 })),
          onAssigned: () => void order.push(`${who} assigned`),
          onRevoked: async () => {
            await new Promise(resolve => setTimeout(resolve, 50))
            order.push(`${who} revoked`)
          },
          onBatch: async ({ partition, records }) => {
            for (const record of records) {
              seen.push(text(record) ?? '')
              landed.set(partition, record.offset + 1)
            }
          },
        })
      await log.append(Array.from({ length: 100 }, (_, index) => append(touches, `${index}`, `${index}`)))
      const first = await log.subscribe(member('first').subscriber)
      await until('the first has read', () => seen.length >= 100)
      await first.close()
      const second = await harness().open().subscribe(member('second').subscriber)
      await log.append(Array.from({ length: 100 }, (_, index) => append(touches, `${index}`, `${100 + index}`)))
      await until('the second has read', () => seen.length >= 200)
      expect(order).toEqual(['first assigned', 'first revoked', 'second assigned'])
      expect(new Set(seen).size).toBe(200)
      expect(seen).toHaveLength(200)
      await second.close()
    })
  })

  describe(`${name}: following`, () => {
    it('reads topics whole, empty ones included, then goes on, for every follower', async () => {
      const log = harness().open()
      const [persons, access, empty] = [await topic(log), await topic(log), await topic(log, { cleanup: 'compact' })]
      await log.append([...numbered(persons, 'a', 0, 500), ...numbered(access, 'b', 0, 3)])
      const followers = await Promise.all(
        [log, harness().open()].map(async one => {
          const records: LogRecord[] = []
          const follower = await one.follow([persons, access, empty], found => records.push(...found))
          return { records, follower }
        }),
      )
      await Promise.all(followers.map(({ follower }) => follower.caughtUp))
      for (const { records } of followers) expect(records).toHaveLength(503)

      await log.append([append(empty, 'c', 'first'), append(persons, 'a', null)])
      for (const { records } of followers) {
        await until('what came later is there', () => records.length >= 505)
        expect(records.filter(record => record.topic === persons).map(text)).toEqual([
          ...Array.from({ length: 500 }, (_, index) => `${index}`),
          null,
        ])
      }
      await Promise.all(followers.map(({ follower }) => follower.close()))
    })

    it('has caught up at once when there is nothing to read', async () => {
      const log = harness().open()
      const follower = await log.follow([await topic(log)], () => undefined)
      await expect(follower.caughtUp).resolves.toBeUndefined()
      await follower.close()
    })

    it('hands over nothing after it was closed', async () => {
      const log = harness().open()
      const touches = await topic(log)
      const records: LogRecord[] = []
      const follower = await log.follow([touches], found => records.push(...found))
      await follower.caughtUp
      await follower.close()
      await log.append([append(touches, 'a', 'late')])
      const other: LogRecord[] = []
      const watching = await log.follow([touches], found => other.push(...found))
      await until('another follower has it', () => other.length === 1)
      expect(records).toEqual([])
      await watching.close()
    })
  })
}
