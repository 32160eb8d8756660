import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { LogError, type LogErrorCode } from './port.ts'

/** Offsets are per partition and never used twice: `partitions.next_offset` outlives the records that compaction and expiry take away. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS topics (
    topic_id     INTEGER PRIMARY KEY,
    topic        TEXT NOT NULL UNIQUE,
    partitions   INTEGER NOT NULL,
    cleanup      TEXT NOT NULL,
    retention_ms INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS partitions (
    topic_id     INTEGER NOT NULL,
    partition    INTEGER NOT NULL,
    start_offset INTEGER NOT NULL,
    next_offset  INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records (
    topic_id    INTEGER NOT NULL,
    partition   INTEGER NOT NULL,
    offset      INTEGER NOT NULL,
    appended_at INTEGER NOT NULL,
    key         TEXT NOT NULL,
    value       BLOB,
    PRIMARY KEY (topic_id, partition, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tombstones ON records (topic_id, appended_at) WHERE value IS NULL;
  -- compacted topics: where the one record of a key is
  CREATE TABLE IF NOT EXISTS latest (
    topic_id  INTEGER NOT NULL,
    key       TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    PRIMARY KEY (topic_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS positions (
    consumer_group TEXT NOT NULL,
    topic          TEXT NOT NULL,
    partition      INTEGER NOT NULL,
    offset         INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS clock (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    appended_at INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO clock VALUES (1, 0);`

// primary result codes of SQLite, https://sqlite.org/rescode.html
const BUSY = 5
const LOCKED = 6
const UNAVAILABLE: ReadonlySet<number> = new Set([BUSY, LOCKED, /* IOERR */ 10, /* FULL */ 13])

const resultCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null

const isBusy = (error: unknown): boolean => [BUSY, LOCKED].includes(resultCode(error) ?? -1)

/** Any failure of the file as a `LogError`. A `TypeError` and the like is a bug and stays what it is. */
const sqliteError = (error: unknown, path: string): unknown => {
  const code = resultCode(error)
  if (code === null) return error
  const meaning: LogErrorCode = UNAVAILABLE.has(code) ? 'LOG_UNAVAILABLE' : 'LOG_MISCONFIGURED'
  return new LogError(meaning, `the log file ${path}: ${error instanceof Error ? error.message : 'unknown error'}`, { cause: error })
}

export type LogFile = {
  readonly database: DatabaseSync
  /**
   * Runs `work` in one transaction that holds the file's write lock. While another process holds it, waits without blocking the event
   * loop, for at most ten seconds; then `LOG_UNAVAILABLE`.
   */
  readonly transact: <T>(work: () => T) => Promise<T>
  /** Runs `work` and turns what the file refuses into a `LogError`. */
  readonly guard: <T>(work: () => T) => T
}

const LOCK_DEADLINE_MS = 10_000

/** Opens or creates the file. Throws `LogError`. */
export const openLogFile = (path: string): LogFile => {
  const guard = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw sqliteError(error, path)
    }
  }
  const database = guard(() => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    const opened = new DatabaseSync(path, { timeout: 5000 })
    // FULL: an acknowledged record survives the loss of power. secure_delete: an erased person's bytes are overwritten.
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768;')
    opened.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`)
    opened.exec('PRAGMA busy_timeout = 20') // from here on waiting is done by timers
    return opened
  })

  const transact = async <T>(work: () => T): Promise<T> => {
    const deadline = Date.now() + LOCK_DEADLINE_MS
    for (;;) {
      try {
        database.exec('BEGIN IMMEDIATE')
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw sqliteError(error, path)
        await wait(10)
        continue
      }
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw sqliteError(error, path)
      }
    }
  }
  return { database, transact, guard }
}
