import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LAUNCHER = join(import.meta.dirname, '../../bin/accord.mjs')

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }
export type Running = {
  readonly child: ChildProcess
  readonly output: () => Ran
  /** Resolves with the output once it contains `text`; rejects when the process ends before, or after `withinMs`. */
  readonly says: (text: string, withinMs?: number) => Promise<string>
  /** The same for what is said on the side: progress and errors. */
  readonly reports: (pattern: RegExp, withinMs?: number) => Promise<string>
  readonly ended: Promise<Ran>
}

/** The command as a person starts it, with nothing of this machine's `ACCORD_*`. */
export const startAccord = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Running => {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('ACCORD_') && name !== 'UV_THREADPOOL_SIZE'),
  )
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  let code: number | null = null
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  child.stdout.on('data', chunk => {
    stdout += String(chunk)
    wake()
  })
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
    wake()
  })
  const output = (): Ran => ({ code, stdout, stderr })
  let over = false
  const ended = new Promise<Ran>(resolve => {
    child.on('close', exit => {
      code = exit
      over = true
      wake()
      resolve(output())
    })
  })
  const until = (found: () => string | null, what: string, withinMs: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        waiting.delete(look)
        settle()
      }
      const look = (): void => {
        const text = found()
        if (text !== null) done(() => resolve(text))
        else if (over) done(() => reject(new Error(`ended with ${code} before it said ${what}: ${stdout}${stderr}`)))
      }
      const timer = setTimeout(
        () => done(() => reject(new Error(`did not say ${what} within ${withinMs} ms: ${stdout}${stderr}`))),
        withinMs,
      )
      waiting.add(look)
      look()
    })
  return {
    child,
    output,
    ended,
    says: (text, withinMs = 30_000) => until(() => (stdout.includes(text) ? stdout : null), JSON.stringify(text), withinMs),
    reports: (pattern, withinMs = 30_000) => until(() => (pattern.test(stderr) ? stderr : null), String(pattern), withinMs),
  }
}

export const runAccord = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> => startAccord(args, env).ended

/** An own data directory; `remove` at the end. */
export const dataDirectory = async (): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'accord-cli-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
