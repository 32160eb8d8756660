import { parseArgs } from 'node:util'
import type { Bench } from './report.ts'

/**
 * `npm run bench -- <name> [--rows N] [--rounds N] [--quick]`: says what it does on standard error and ends with one line of JSON on standard
 * output. See README.md.
 */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ingest: async () => (await import('./ingest.ts')).ingest,
  collect: async () => (await import('./collect.ts')).collect,
  freshness: async () => (await import('./freshness.ts')).freshness,
  replay: async () => (await import('./replay.ts')).replay,
  attribution: async () => (await import('./attribution.ts')).attribution,
  asof: async () => (await import('./asof.ts')).asof,
  markov: async () => (await import('./paths.ts')).markov,
  shapley: async () => (await import('./paths.ts')).shapley,
  roi: async () => (await import('./roi.ts')).roi,
  score: async () => (await import('./score.ts')).score,
  funnel: async () => (await import('./funnel.ts')).funnel,
  forecast: async () => (await import('./forecast.ts')).forecast,
  backtest: async () => (await import('./forecast.ts')).backtest,
  bridge: async () => (await import('./forecast.ts')).bridge,
  clocks: async () => (await import('./clocks.ts')).clocks,
  start: async () => (await import('./start.ts')).start,
  pages: async () => (await import('./pages.ts')).pages,
  whatif: async () => (await import('./whatif.ts')).whatif,
}

const usage = (problem: string): never => {
  process.stderr.write(`${problem}\nusage: npm run bench -- ${Object.keys(benches).join('|')} [--rows N] [--rounds N] [--quick]\n`)
  process.exit(2)
}

const wholeNumber = (name: string, text: string): number => {
  const value = Number(text)
  return /^\d{1,9}$/.test(text) && value > 0 ? value : usage(`--${name} must be a whole number above 0, got ${text}`)
}

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: 'string' }, rounds: { type: 'string' }, quick: { type: 'boolean', default: false } },
  })
  const [name = ''] = positionals
  const load = benches[name]
  if (load === undefined || positionals.length > 1) return usage(`no benchmark ${JSON.stringify(positionals.join(' '))}`)
  const bench = await load()
  const result = await bench({
    rows: values.rows === undefined ? null : wholeNumber('rows', values.rows),
    rounds: values.rounds === undefined ? (values.quick ? 1 : 3) : wholeNumber('rounds', values.rounds),
    quick: values.quick,
  })
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

// the embedded engine's lanes take a thread of libuv's pool each, and its size is read once, before the first line of a program
if (process.env['UV_THREADPOOL_SIZE'] === undefined && process.execve !== undefined) {
  const env = Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
  process.removeAllListeners('warning')
  process.on('warning', () => undefined)
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], { ...env, UV_THREADPOOL_SIZE: '16' })
}
try {
  await main()
  process.exit(0) // whatever of a client or an engine still holds the process
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}
