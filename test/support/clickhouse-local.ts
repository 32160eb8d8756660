import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

export type ClickhouseProcess = {
  readonly url: string
  readonly kill: () => Promise<void>
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

const Listening = z.object({ port: z.int().positive(), pid: z.int().positive() })
const SCRIPT = join(import.meta.dirname, 'clickhouse-server.ts')

type Started = { readonly child: ChildProcess; readonly port: number }

const launch = async (path: string, port: number): Promise<Started> => {
  const child = spawn(process.execPath, [SCRIPT, '--path', path, '--port', String(port), '--with-parent'], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const line = once(lines, 'line').then(([text]: unknown[]) => Listening.parse(JSON.parse(String(text))))
  const ended = once(child, 'exit').then(([code]: unknown[]) => {
    throw new Error(
      `the local ClickHouse test server ended with ${String(code)} before it listened: is the optional package chdb installed?`,
    )
  })
  ended.catch(() => undefined) // an exit later on is somebody's wish
  const listening = await Promise.race([line, ended])
  return { child, port: listening.port }
}

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  // a statement that runs can't be stopped, and the process would wait for it
  const late = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(late)
}

/** The chDB test server as a child process with a data directory of its own, on one port for all its lives. */
export const startLocalClickhouse = async (): Promise<ClickhouseProcess> => {
  const path = await mkdtemp(join(tmpdir(), 'accord-clickhouse-'))
  let { child, port } = await launch(path, 0)
  const kill = (): Promise<void> => end(child, 'SIGKILL')
  return {
    url: `http://127.0.0.1:${port}`,
    kill,
    restart: async () => {
      await end(child, 'SIGTERM')
      ;({ child, port } = await launch(path, port))
    },
    stop: async () => {
      await kill()
      await rm(path, { recursive: true, force: true })
    },
  }
}
