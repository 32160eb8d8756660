import { fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventLog, LogRecord, TopicSettings } from '../../services/log/port.ts'
import { createSqliteLog, type SqliteLogOptions } from '../../services/log/sqlite.ts'
import { until } from '../support/until.ts'
import { eventLogContract } from './event-log.ts'

let folder = ''
const opened: EventLog[] = []
const open = (options: Partial<SqliteLogOptions> = {}): EventLog => {
  const log = createSqliteLog({ path: join(folder, 'log.db'), pollMs: 10, ...options })
  opened.push(log)
  return log
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'accord-log-'))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(log => log.close()))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const destroyBefore = async (positions: readonly { topic: string; partition: number; offset: number }[]): Promise<void> => {
  const file = new DatabaseSync(join(folder, 'log.db'))
  for (const { topic, partition, offset } of positions) {
    const of = '(SELECT topic_id FROM topics WHERE topic = ?) AND partition = ?'
    file.prepare(`DELETE FROM records WHERE topic_id = ${of} AND offset < ?`).run(topic, partition, offset)
    file.prepare(`UPDATE partitions SET start_offset = ? WHERE topic_id = ${of}`).run(offset, topic, partition)
  }
  file.close()
}

eventLogContract('SQLite', () => ({ open: () => open(), destroyBefore }))

const readAll = async (log: EventLog, topics: readonly string[]): Promise<readonly LogRecord[]> => {
  const records: LogRecord[] = []
  for await (const chunk of log.read(topics)) records.push(...chunk)
  return records
}
const record = (topic: string, key: string, value: string | null) => ({ topic, key, value: value === null ? null : Buffer.from(value) })

describe('SQLite: the file', () => {
  const keep: TopicSettings = { topic: 'keep', partitions: 2, cleanup: 'keep' }

  it('has every acknowledged record after kill -9 of the process that appended it', async () => {
    const path = join(folder, 'killed.db')
    const child = fork(fileURLToPath(new URL('../support/append-for-ever.ts', import.meta.url)), [path], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    let acknowledged = -1
    child.on('message', message => (acknowledged = Number(message)))
    await until('a few hundred are acknowledged', () => acknowledged > 300)
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone

    const values = (await readAll(open({ path }), ['keep'])).map(found => Number(found.value)).toSorted((a, b) => a - b)
    expect(values.slice(0, acknowledged + 1)).toEqual(Array.from({ length: acknowledged + 1 }, (_, index) => index))
  })

  it('gives append times that rise strictly from append to append, also when the clock falls back', async () => {
    const path = join(folder, 'clock.db')
    let clock = 1_700_000_000_000
    const log = open({ path, now: () => clock })
    await log.ensureTopics([keep])
    const times: number[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      times.push((await log.append([record('keep', `${turn}`, 'x')])).appendedAt)
      clock -= 60_000
    }
    await log.close()
    const reopened = open({ path, now: () => clock })
    times.push((await reopened.append([record('keep', 'a', 'x')])).appendedAt)
    expect(times).toEqual(times.map((_, index) => 1_700_000_000_000 + index))
  })

  it('lets another process append, and its followers hear of it', async () => {
    const path = join(folder, 'shared.db')
    const [mine, other] = [open({ path }), open({ path })]
    await mine.ensureTopics([keep])
    const heard: LogRecord[] = []
    const follower = await mine.follow(['keep'], found => heard.push(...found))
    await follower.caughtUp
    await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? mine : other).append([record('keep', `${index}`, 'x')])))
    await until('all are heard', () => heard.length === 50)
    const ordered = heard.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
    for (const [index, found] of ordered.entries())
      expect(found.offset).toBe(ordered[index - 1]?.partition === found.partition ? (ordered[index - 1]?.offset ?? 0) + 1 : 0)
    await follower.close()
  })

  it('waits for a lock without blocking, then says that the file is not available', async () => {
    const path = join(folder, 'locked.db')
    const log = open({ path })
    await log.ensureTopics([keep])
    const holder = new DatabaseSync(path)
    holder.exec('BEGIN IMMEDIATE')
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 10)
    const waiting = log.append([record('keep', 'a', 'x')])
    await until('other work goes on meanwhile', () => ticks > 20)
    holder.exec('ROLLBACK')
    await expect(waiting).resolves.toMatchObject({ count: 1 })

    holder.exec('BEGIN IMMEDIATE')
    await expect(log.append([record('keep', 'a', 'x')])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retriable: true })
    holder.exec('ROLLBACK')
    holder.close()
    clearInterval(ticking)
    expect(await readAll(log, ['keep'])).toHaveLength(1)
  })

  it('keeps the last record of each key of a compacted topic, and reads over the holes', async () => {
    const log = open({ path: join(folder, 'compacted.db') })
    await log.ensureTopics([{ topic: 'persons', partitions: 1, cleanup: 'compact' }])
    for (let turn = 0; turn < 5; turn += 1) await log.append(['a', 'b', 'c'].map(key => record('persons', key, `${key}${turn}`)))
    await log.append([record('persons', 'b', null)])
    const left = (await readAll(log, ['persons'])).map(found => [found.offset, found.value?.toString() ?? null])
    expect(left).toEqual([
      [12, 'a4'],
      [14, 'c4'],
      [15, null],
    ])
    expect(await log.ends(['persons'])).toEqual([{ topic: 'persons', partition: 0, offset: 16 }])
  })

  it('has no byte of an erased person left in the file', async () => {
    const path = join(folder, 'erased.db')
    const log = open({ path })
    await log.ensureTopics([{ topic: 'persons', partitions: 1, cleanup: 'compact' }])
    await log.append([record('persons', 'p_1', 'Somebody Recognisable')])
    await log.append([record('persons', 'p_1', null)])
    await log.close()
    expect((await readFile(path)).includes('Recognisable')).toBe(false)
  })

  it('forgets expired records and old tombstones, and never uses an offset twice', async () => {
    const path = join(folder, 'expired.db')
    let clock = 1_700_000_000_000
    const settings: TopicSettings[] = [
      { topic: 'letters', partitions: 1, cleanup: 'expire', retentionMs: 1000 },
      { topic: 'persons', partitions: 1, cleanup: 'compact' },
    ]
    const log = open({ path, now: () => clock })
    await log.ensureTopics(settings)
    await log.append([record('letters', 'a', 'old'), record('persons', 'a', null)])
    clock += 2 * 86_400_000
    await log.append([record('letters', 'a', 'new')])
    await log.ensureTopics(settings)
    await until('the old are gone', async () => (await readAll(log, ['letters', 'persons'])).length === 1)
    expect(await log.starts(['letters'])).toEqual([{ topic: 'letters', partition: 0, offset: 1 }])
    expect(await log.ends(['persons'])).toEqual([{ topic: 'persons', partition: 0, offset: 1 }])
    await log.append([record('persons', 'a', 'again')])
    expect((await readAll(log, ['letters', 'persons'])).map(found => [found.topic, found.offset])).toEqual([
      ['letters', 1],
      ['persons', 1],
    ])
  })

  it('lets the second member of a group stand by until the first one closes', async () => {
    const log = open({ path: join(folder, 'standby.db') })
    await log.ensureTopics([keep])
    const assigned: string[] = []
    const member = (who: string) =>
      log.subscribe({
        group: 'g',
        topics: ['keep'],
        startAt: async () => [],
        onAssigned: () => void assigned.push(who),
        onRevoked: async () => undefined,
        onBatch: async () => undefined,
        onLoss: () => undefined,
        onFailure: () => undefined,
      })
    const [first, second] = [await member('first'), await member('second')]
    expect(assigned).toEqual(['first'])
    await first.close()
    await until('the second takes over', () => assigned.length === 2)
    expect(assigned).toEqual(['first', 'second'])
    await second.close()
  })
})
