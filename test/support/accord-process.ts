import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

export type AccordProcess = {
  /** Starts it; resolves when it says that it is ready. */
  readonly start: () => Promise<void>
  /** Starts it without waiting. */
  readonly launch: () => void
  /** `kill -9`. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves with the exit code, null when it had to be killed after `deadlineMs`. */
  readonly terminate: (deadlineMs?: number) => Promise<number | null>
  readonly isRunning: () => boolean
  /** The end of what it has said on standard error, all lives together. */
  readonly said: () => string
  /** Kills it and removes its data directory. */
  readonly stop: () => Promise<void>
}

export type AccordProcessOptions = {
  /** `collect`, `project`, `serve`, with flags. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What it says when it is ready. */
  readonly ready: RegExp
}

const SCRIPT = join(import.meta.dirname, '../../services/cli/accord.ts')
const KEPT = 64 * 1024

/** The real `accord` command as a process of its own, with a data directory of its own, to be ended at any moment. */
export const accordProcess = async ({ args, env, ready }: AccordProcessOptions): Promise<AccordProcess> => {
  const folder = await mkdtemp(join(tmpdir(), 'accord-process-'))
  let child: ChildProcess | null = null
  let exited: Promise<void> = Promise.resolve()
  let said = ''
  let saidNow = ''
  const onExit = (): void => void child?.kill('SIGKILL')
  process.on('exit', onExit)

  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null
  const launch = (): void => {
    if (isRunning()) throw new Error('it runs already')
    saidNow = ''
    const started = spawn(process.execPath, [SCRIPT, ...args], {
      env: { ...process.env, ACCORD_DATA_DIR: folder, ACCORD_PORT: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = started
    exited = new Promise(resolve => started.once('exit', () => resolve()))
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT)
      saidNow = (saidNow + text).slice(-KEPT)
    })
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isRunning()) child?.kill(signal)
    await exited
  }
  return {
    launch,
    start: async () => {
      launch()
      await until(
        `accord ${args.join(' ')} says ${ready.source}`,
        () => {
          if (!isRunning()) throw new Error(`accord ${args.join(' ')} ended before it was ready; it said:\n${saidNow}`)
          return ready.test(saidNow)
        },
        60_000,
      )
    },
    kill: () => end('SIGKILL'),
    terminate: async (deadlineMs = 30_000) => {
      const late = setTimeout(() => child?.kill('SIGKILL'), deadlineMs)
      await end('SIGTERM')
      clearTimeout(late)
      return child?.exitCode ?? null
    },
    isRunning,
    said: () => said,
    stop: async () => {
      await end('SIGKILL')
      process.off('exit', onExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
