import { z } from 'zod'
import type { EventLog, LogRecord, Position } from './port.ts'
import { closedError, sqliteAppender } from './sqlite-append.ts'
import { sweepExpired } from './sqlite-expiry.ts'
import { openLogFile } from './sqlite-file.ts'
import { sqliteReader } from './sqlite-reader.ts'
import { sqliteFollowers } from './sqlite-follow.ts'
import { placeOf, sqliteSubscriptions, type Wakeups } from './sqlite-subscribe.ts'
import { sqliteTopics } from './sqlite-topics.ts'

export type SqliteLogOptions = {
  /** The file; made with its folder when it is missing. Another process may read and even append at the same time. */
  readonly path: string
  /** How often to look for what other processes appended, ms. */
  readonly pollMs?: number
  /** The log's own clock, ms since the epoch. */
  readonly now?: () => number
}

const SWEEP_MS = 3_600_000

const VersionRow = z.object({ data_version: z.number() })

/** The log of record in one SQLite file: the embedded default. Throws `LogError` when the file can't be opened. */
export const createSqliteLog = ({ path, pollMs = 100, now = Date.now }: SqliteLogOptions): EventLog => {
  const file = openLogFile(path)
  const topics = sqliteTopics(file)
  const reader = sqliteReader(file, topics)
  const wakes = new Set<() => void>()
  const wakeAll = (): void => {
    for (const wake of wakes) wake()
  }

  const appender = sqliteAppender(file, topics, now, wakeAll)
  const wakeups: Wakeups = {
    onWake: wake => {
      wakes.add(wake)
      return () => void wakes.delete(wake)
    },
  }
  const subscriptions = sqliteSubscriptions(file, topics, reader, wakeups)
  const followers = sqliteFollowers(topics, reader, wakeups)

  // data_version changes when another connection has written
  const version = file.database.prepare('PRAGMA data_version')
  let seen = VersionRow.parse(version.get()).data_version
  const poll = setInterval(() => {
    if (wakes.size === 0) return
    const found = VersionRow.parse(version.get()).data_version
    if (found !== seen) wakeAll()
    seen = found
  }, pollMs).unref()
  const sweep = (): void => void sweepExpired(file, now()).catch(() => undefined) // the next one tries again
  const sweeping = setInterval(sweep, SWEEP_MS).unref()

  let closing: Promise<void> | null = null
  const whileOpen = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (closing !== null) throw closedError()
    return work()
  }

  const read = async function* (names: readonly string[], from: readonly Position[] = []): AsyncGenerator<readonly LogRecord[]> {
    const begin = new Map(from.map(position => [placeOf(position), position.offset]))
    const starts = await whileOpen(() => topics.positions(names, 'start'))
    const ends = new Map(topics.positions(names, 'next').map(position => [placeOf(position), position.offset]))
    for (const start of starts) {
      const end = ends.get(placeOf(start)) ?? 0
      let offset = Math.max(begin.get(placeOf(start)) ?? 0, start.offset)
      while (offset < end) {
        const { records, next } = await whileOpen(() => reader.chunk({ ...start, offset }, end))
        offset = next
        if (records.length > 0) yield records
        await new Promise(resolve => setImmediate(resolve))
      }
    }
  }

  return {
    append: records => whileOpen(() => appender.append(records)),
    read,
    ends: names => whileOpen(() => topics.positions(names, 'next')),
    starts: names => whileOpen(() => topics.positions(names, 'start')),
    committed: (group, names) => whileOpen(() => subscriptions.committed(group, names)),
    subscribe: options => whileOpen(() => subscriptions.subscribe(options)),
    follow: (names, onRecords) => whileOpen(() => followers.follow(names, onRecords)),
    ensureTopics: settings =>
      whileOpen(async () => {
        await topics.ensure(settings)
        sweep()
      }),
    checkTopics: settings => whileOpen(() => topics.check(settings)),
    ping: () => whileOpen(() => void file.guard(() => version.get())),
    close: () => {
      closing ??= (async () => {
        clearInterval(poll)
        clearInterval(sweeping)
        await Promise.all([subscriptions.close(), followers.close()])
        await appender.drained()
        file.database.close()
      })()
      return closing
    },
  }
}
