import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { LogError, type LogRecord, type Position, type SubscribeOptions, type Subscription, type TopicPartition } from './port.ts'
import type { LogFile } from './sqlite-file.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import type { SqliteTopics } from './sqlite-topics.ts'

export type Wakeups = {
  /** Calls `wake` whenever something may have been appended; returns how to end that. */
  readonly onWake: (wake: () => void) => () => void
}

const PositionRow = z.object({ topic: z.string(), partition: z.number(), offset: z.number() })

export const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export type SqliteSubscriptions = {
  readonly committed: (group: string, topics: readonly string[]) => readonly Position[]
  readonly subscribe: (options: SubscribeOptions) => Promise<Subscription>
  readonly close: () => Promise<void>
}

const START_RETRY_MS = 1000

/** Only one member of a group reads at a time; the others of this process stand by and take over when it closes. */
type Member = { readonly start: () => void }

export const sqliteSubscriptions = (
  file: LogFile,
  topics: SqliteTopics,
  reader: SqliteReader,
  { onWake }: Wakeups,
): SqliteSubscriptions => {
  const { database, transact, guard } = file
  const select = database.prepare('SELECT topic, partition, offset FROM positions WHERE consumer_group = ?')
  const store = database.prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)')
  const groups = new Map<string, Member[]>()
  const open = new Set<() => Promise<void>>()

  const committed = (group: string, wanted: readonly string[]): readonly Position[] =>
    guard(() => z.array(PositionRow).parse(select.all(group))).filter(position => wanted.includes(position.topic))

  const subscribe = async (options: SubscribeOptions): Promise<Subscription> => {
    const { group } = options
    const assigned = topics.positions(options.topics, 'start')
    const partitions = assigned.map(({ topic, partition }) => ({ topic, partition }))
    type Reading = TopicPartition & { next: number; handing: boolean }
    const readings: Reading[] = []
    let state: 'standby' | 'starting' | 'reading' | 'closed' = 'standby'
    const leaving = new AbortController()
    let working: Promise<void> = Promise.resolve()
    let unwake: (() => void) | null = null
    let pumping = false
    let woken = false

    const fail = (error: unknown): void => {
      if (state === 'closed') return
      const cause =
        error instanceof LogError
          ? error
          : new LogError('LOG_CLOSED', `a subscriber of group ${group} could not take its records`, { cause: error })
      void close().then(() => options.onFailure(cause))
    }

    const hand = async (reading: Reading, records: readonly LogRecord[]): Promise<void> => {
      reading.handing = true
      try {
        await options.onBatch({ topic: reading.topic, partition: reading.partition, records })
      } catch (error) {
        fail(error)
      } finally {
        reading.handing = false
        pump()
      }
    }

    const round = (): boolean => {
      let found = false
      for (const reading of readings) {
        if (reading.handing || state !== 'reading') continue
        const { records, next } = reader.chunk({ topic: reading.topic, partition: reading.partition, offset: reading.next })
        reading.next = next
        if (records.length === 0) continue
        found = true
        void hand(reading, records)
      }
      return found
    }

    const pump = (): void => {
      woken = true
      if (pumping) return
      pumping = true
      void (async () => {
        try {
          while (woken && !leaving.signal.aborted) {
            woken = false
            if (round()) woken = true
            await new Promise(resolve => setImmediate(resolve))
          }
        } catch (error) {
          fail(error)
        } finally {
          pumping = false
        }
      })()
    }

    /** Until it is known: the store may be away for a while. */
    const askWhereToStart = async (): Promise<readonly Position[]> => {
      for (;;) {
        try {
          return await options.startAt(partitions)
        } catch (error) {
          if (error instanceof LogError && !error.retriable) throw error
          if (leaving.signal.aborted) return []
        }
        await wait(START_RETRY_MS, undefined, { signal: leaving.signal }).catch(() => undefined)
      }
    }

    const startReading = async (): Promise<void> => {
      const wanted = new Map((await askWhereToStart()).map(position => [placeOf(position), position.offset]))
      const stored = new Map(committed(group, options.topics).map(position => [placeOf(position), position.offset]))
      if (state !== 'starting') return
      for (const { topic, partition, start, next } of options.topics.flatMap(name =>
        topics.bounds(name).map(bounds => ({ topic: name, ...bounds })),
      )) {
        const place = placeOf({ topic, partition })
        const asked = wanted.get(place) ?? stored.get(place) ?? start
        if (asked > next)
          throw new LogError(
            'LOG_MISCONFIGURED',
            `${place} ends at ${next}, before the position ${asked} that was asked for: is it another log?`,
          )
        if (asked < start) options.onLoss({ topic, partition, wanted: asked, earliest: start })
        readings.push({ topic, partition, next: Math.max(asked, start), handing: false })
      }
      state = 'reading'
      options.onAssigned(partitions)
      unwake = onWake(pump)
      pump()
    }

    const member: Member = {
      start: () => {
        state = 'starting'
        working = startReading().catch(fail)
      },
    }
    const members = groups.get(group) ?? []
    groups.set(group, members)
    members.push(member)

    const close = async (): Promise<void> => {
      if (state === 'closed') return
      const was = state
      state = 'closed'
      leaving.abort()
      open.delete(close)
      unwake?.()
      if (was === 'starting') await working
      if (was === 'reading') await options.onRevoked(partitions)
      const first = members[0] === member
      members.splice(members.indexOf(member), 1)
      if (first) members[0]?.start()
    }
    open.add(close)
    if (members[0] === member) member.start()

    return {
      commit: positions =>
        state === 'closed'
          ? Promise.reject(new LogError('LOG_CLOSED', `the subscription of group ${group} is closed`))
          : transact(() => {
              for (const { topic, partition, offset } of positions) store.run(group, topic, partition, offset)
            }),
      close,
    }
  }

  return {
    committed,
    subscribe,
    close: async () => {
      await Promise.all([...open].map(close => close()))
    },
  }
}
