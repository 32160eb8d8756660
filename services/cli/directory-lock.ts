import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type DirectoryLock = { readonly release: () => void }

/**
 * Takes the data directory for this process, making it when it is missing; null when another process has it. The engine allows one process
 * a directory. The lock is the operating system's, through SQLite, so that a killed process leaves none behind.
 */
export const lockDirectory = (dataDir: string): DirectoryLock | null => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(dataDir, 'accord.lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6)) return null // SQLITE_BUSY, SQLITE_LOCKED
    throw error
  }
  return { release: () => database.close() }
}
