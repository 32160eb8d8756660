import { LogError, type Follower, type LogRecord } from './port.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import { placeOf, type Wakeups } from './sqlite-subscribe.ts'
import type { SqliteTopics } from './sqlite-topics.ts'

export type SqliteFollowers = {
  readonly follow: (topics: readonly string[], onRecords: (records: readonly LogRecord[]) => void) => Promise<Follower>
  readonly close: () => Promise<void>
}

const RETRY_MS = 1000

export const sqliteFollowers = (topics: SqliteTopics, reader: SqliteReader, { onWake }: Wakeups): SqliteFollowers => {
  const open = new Set<() => Promise<void>>()

  const follow: SqliteFollowers['follow'] = async (names, onRecords) => {
    const ends = new Map(topics.positions(names, 'next').map(position => [placeOf(position), position.offset]))
    const readings = topics.positions(names, 'start').map(position => ({ ...position }))
    const { promise: caughtUp, resolve: reached, reject: broke } = Promise.withResolvers<void>()
    caughtUp.catch(() => undefined) // it is for whoever waits for it
    const closing = new AbortController()
    let woken = false
    let running: Promise<void> | null = null

    const handChunks = async (): Promise<void> => {
      while (woken && !closing.signal.aborted) {
        woken = false
        for (const reading of readings) {
          const { records, next } = reader.chunk(reading)
          reading.offset = next
          if (records.length === 0) continue
          woken = true
          onRecords(records)
          await new Promise(resolve => setImmediate(resolve))
          if (closing.signal.aborted) return
        }
        if (readings.every(reading => reading.offset >= (ends.get(placeOf(reading)) ?? 0))) reached()
      }
    }
    const run = async (): Promise<void> => {
      try {
        await handChunks()
      } catch (error) {
        if (!(error instanceof LogError && error.retriable)) {
          broke(error)
          throw error // a follower that stopped would serve old keys for ever: nobody may miss this
        }
        woken = false
        setTimeout(pump, RETRY_MS).unref()
      } finally {
        running = null
      }
      if (woken) pump() // woken after the last look, before `running` said so
    }
    const pump = (): void => {
      woken = true
      if (!closing.signal.aborted) running ??= run()
    }

    const unwake = onWake(pump)
    const close = async (): Promise<void> => {
      closing.abort()
      open.delete(close)
      unwake()
      broke(new LogError('LOG_CLOSED', 'the follower was closed'))
      await running
    }
    open.add(close)
    pump()
    return { caughtUp, close }
  }

  return {
    follow,
    close: async () => {
      await Promise.all([...open].map(close => close()))
    },
  }
}
