import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { pathsOf } from '../../services/api/attribution/data-driven.ts'
import { type Markov, markov as fitMarkov } from '../../services/domain/attribution/markov.ts'
import type { Fitted, PathCount } from '../../services/domain/attribution/paths.ts'
import { type Shapley, shapley as fitShapley } from '../../services/domain/attribution/shapley.ts'
import { aggregatedPaths } from '../../services/domain/figures/attribution-paths.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { createStore } from '../../services/store/store.ts'
import { PATH_DATA_FOLDER } from '../support/path-data.ts'
import { type PythonPeer, pythonPeer, runPython } from './python-peer.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say, timed } from './report.ts'

const ROWS = 1_000_000
const QUICK_ROWS = 20_000
const SEED = 42
const GENERATOR = join(PATH_DATA_FOLDER, 'gen_synthetic.py')

type Found = Markov | Shapley
type Peer = { readonly name: string; readonly folder: string; readonly packages: readonly string[]; readonly program: string }

/** What a peer's program prints: CPU seconds of reading and computing, without its imports, and what each channel got. */
const Theirs = z.object({ cpu: z.number(), conversions: z.record(z.string(), z.number()) })

/**
 * Raw paths in a file → read, aggregated (SQL) and solved, CPU seconds of all threads; the peer reads the same file and computes its own. Opening the
 * engine is before the clock, as importing packages is for the peer.
 */
const measured = async (
  bench: string,
  peer: Peer,
  fit: (paths: readonly PathCount[]) => Fitted<Found>,
  { rows: wanted, quick, rounds }: BenchOptions,
): Promise<BenchResult> => {
  if (!existsSync(GENERATOR)) throw new Error(`the paths are made by gen_synthetic.py, which is not in ${PATH_DATA_FOLDER}`)
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const folder = await mkdtemp(join(tmpdir(), `accord-${bench}-`))
  const { python, missing }: PythonPeer = await pythonPeer(peer.folder, ['numpy'], peer.packages)
  const file = join(folder, 'paths.csv')
  say(`making ${rows} paths`)
  await runPython(python, ['-c', GENERATE, GENERATOR, join(PATH_DATA_FOLDER, 'markov-order1.json'), String(rows), String(SEED), file])

  const store = await createStore({ kind: 'chdb', path: join(folder, 'store') })
  const raw = sql`
    SELECT splitByString(' > ', path) AS channels, total_conversions AS conversions, toInt128(total_conversion_value) AS value, total_null AS nulls, 0 AS open_nulls
    FROM file(${bind.string(file)}, 'CSVWithNames', 'path String, total_conversions UInt64, total_conversion_value Decimal(38, 3), total_null UInt64')`
  const settings = { format_csv_delimiter: ';' }
  const ours: number[] = []
  const theirs: number[] = []
  try {
    await store.ping()
    for (let round = 1; round <= rounds; round += 1) {
      const { found, distinct, cpuSeconds, seconds } = await timed(async () => {
        const { paths } = pathsOf(await store.read(aggregatedPaths(raw, 1), { settings }))
        const fitted = fit(paths)
        if (!fitted.ok) throw new Error(`refused: ${fitted.error.code}`)
        return { found: fitted.value, distinct: paths.length }
      })
      expectExact(found, rows)
      ours.push(cpuSeconds)
      say(`round ${round} of ${rounds}: ours ${cpuSeconds.toFixed(2)} s of CPU (${seconds.toFixed(2)} s), ${distinct} distinct paths`)
      if (missing !== null) continue
      const { cpu, conversions } = Theirs.parse(await runPython(python, ['-c', peer.program, file]))
      theirs.push(cpu)
      const off =
        found.channels.reduce((sum, one) => sum + Math.abs(one.conversions - (conversions[one.channel] ?? 0)), 0) / found.totals.conversions
      say(`  ${peer.name}: ${cpu.toFixed(2)} s of CPU; its answer is ${(100 * off).toFixed(2)} % of the conversions away from ours`)
    }
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
  const [own, other] = [median(ours), theirs.length === 0 ? null : median(theirs)]
  return {
    bench,
    ours: rounded(own),
    peer: other === null ? null : peer.name,
    theirs: other === null ? null : rounded(other),
    ratio: other === null ? null : rounded(own / other),
    unit: 's of CPU',
    rows,
    rss_mb: peakRssMb(),
  }
}

/** The fitted chain gives back the rate that was observed, and credit adds up to the conversions: exactness that can be seen without a reference. */
const expectExact = ({ pConvert, totals, channels }: Found, rows: number): void => {
  const credited = channels.reduce((sum, { conversions }) => sum + conversions, 0)
  const exact = totals.conversions + totals.nulls === rows && Math.abs((pConvert * rows) / totals.conversions - 1) < 1e-12
  if (!exact || Math.abs(credited / totals.conversions - 1) > 1e-12)
    throw new Error(`not exact: ${pConvert}, ${credited} of ${totals.conversions} in ${rows}`)
}

/** Runs the generator as a program and ends with JSON, as every program here. */
const GENERATE = `
import runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
print('{}')
`

const CLOCK = `
import json, resource, sys
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
`

const CHANNEL_ATTRIBUTION: Peer = {
  name: 'ChannelAttribution 2.2.5',
  folder: 'channel-attribution',
  // it imports matplotlib without asking for it
  packages: ['ChannelAttribution==2.2.5', 'pandas', 'matplotlib'],
  program: `${CLOCK}
import pandas
import ChannelAttribution
before = cpu()
data = pandas.read_csv(sys.argv[1], sep=';')
found = ChannelAttribution.markov_model(data, 'path', 'total_conversions', var_value='total_conversion_value', var_null='total_null')
used = cpu() - before
print()
print(json.dumps({'cpu': used, 'conversions': dict(zip(found['channel_name'], map(float, found['total_conversions'])))}))
`,
}

const MARKETING_ATTRIBUTION_MODELS: Peer = {
  name: 'marketing-attribution-models 2.1.1',
  folder: 'marketing-attribution-models',
  packages: ['marketing-attribution-models==2.1.1'],
  program: `${CLOCK}
import polars
from mam import MAM
before = cpu()
data = polars.read_csv(sys.argv[1], separator=';').with_columns((polars.col('total_conversions') > 0).alias('converted'), polars.lit(1).alias('walked'))
found = MAM(df=data, format_type='grouped_journey', channels_colname='path', journey_with_conv_colname='converted', occurrences_colname='walked').run_shapley()
used = cpu() - before
table = found.to_polars()
print()
print(json.dumps({'cpu': used, 'conversions': dict(zip(table['channels'], table['attribution']))}))
`,
}

/** Markov of order 1 against the C++ package with its default settings, which simulates. */
export const markov = (options: BenchOptions): Promise<BenchResult> =>
  measured('markov', CHANNEL_ATTRIBUTION, paths => fitMarkov(paths), options)

/** Shapley over twelve channels, every coalition counted, against the package's own game with its default settings. */
export const shapley = (options: BenchOptions): Promise<BenchResult> =>
  measured('shapley', MARKETING_ATTRIBUTION_MODELS, paths => fitShapley(paths), options)
