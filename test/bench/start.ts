import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { peakRssBelow } from './process-memory.ts'
import { type BenchOptions, type BenchResult, median, rounded, say } from './report.ts'

const ROOT = join(import.meta.dirname, '../..')
const READY = /Figures are ready/
const DEADLINE_MS = 300_000

/** Seconds until a started Accord says that figures are there, and its greatest memory by then. */
const started = async (dataDir: string): Promise<{ readonly seconds: number; readonly rssMb: number }> => {
  const [port = 0] = await freePorts(1)
  const began = performance.now()
  const child: ChildProcess = spawn('npm', ['start', '--silent', '--', '--data-dir', dataDir, '--port', String(port)], {
    cwd: ROOT,
    env: { ...process.env, ACCORD_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm and what it starts are ended together
    detached: true,
  })
  const exited = once(child, 'exit')
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  }
  const atExit = (): void => kill('SIGKILL')
  process.once('exit', atExit)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  await until(
    'figures are ready',
    () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}, having said:\n${said.slice(-2000)}`)
      return READY.test(said)
    },
    DEADLINE_MS,
  )
  const seconds = (performance.now() - began) / 1000
  const rssMb = await peakRssBelow(child.pid ?? 0)
  process.off('exit', atExit)
  kill('SIGTERM')
  await exited
  return { seconds, rssMb }
}

/** `npm start` on an empty directory until figures are there (`ours`), and once more on the same directory. */
export const start = async ({ rounds }: BenchOptions): Promise<BenchResult> => {
  const first: number[] = []
  const second: number[] = []
  const rssMb: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const dataDir = await mkdtemp(join(tmpdir(), 'accord-bench-start-'))
    const empty = await started(dataDir)
    const again = await started(dataDir)
    await rm(dataDir, { recursive: true, force: true })
    say(`round ${round} of ${rounds}: empty ${empty.seconds.toFixed(1)} s, again ${again.seconds.toFixed(1)} s`)
    first.push(empty.seconds)
    second.push(again.seconds)
    rssMb.push(empty.rssMb)
  }
  say(`first start ${median(first).toFixed(1)} s, second ${median(second).toFixed(1)} s`)
  return {
    bench: 'start',
    ours: rounded(median(first), 3),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 's',
    rows: 0,
    rss_mb: median(rssMb),
  }
}
