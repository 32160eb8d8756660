/** What every benchmark is asked. */
export type BenchOptions = {
  /** Null: the size that the benchmark is specified at. */
  readonly rows: number | null
  /** Small sizes and one round: to see that it works, not what it measures. */
  readonly quick: boolean
  /** Of each side; the median counts. */
  readonly rounds: number
}

/** Without a peer `peer`, `theirs` and `ratio` are null. Times are in seconds (smaller is better), throughputs per second (larger is better). */
export type BenchResult = {
  readonly bench: string
  readonly ours: number
  readonly peer: string | null
  readonly theirs: number | null
  readonly ratio: number | null
  readonly unit: string
  readonly rows: number
  readonly rss_mb: number
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>

/** Progress goes to standard error: standard output has the result alone. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** The middle one; of an even count the lower of the two. Throws `RangeError` when there is none. */
export const median = (values: readonly number[]): number => {
  const middle = values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
  if (middle === undefined) throw new RangeError('no values, no median')
  return middle
}

/** The value that `share` (0..1) of the values do not exceed. */
export const percentile = (values: readonly number[], share: number): number => {
  const found = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]
  if (found === undefined) throw new RangeError('no values, no percentile')
  return found
}

/** `value` to `digits` significant digits, so that the line says no more than was measured. */
export const rounded = (value: number, digits = 4): number => Number(value.toPrecision(digits))

/** Greatest memory of this process so far, MB. */
export const peakRssMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

export type Cpu = { readonly seconds: number; readonly cpuSeconds: number }

/** Wall time and the CPU time of this process, all threads, while `work` runs. */
export const timed = async <T>(work: () => Promise<T>): Promise<T & Cpu> => {
  const before = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { ...result, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 }
}
