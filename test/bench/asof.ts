import { chain, insertProjection } from '../../services/domain/projections/chain.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { migrate } from '../../services/store/migrate.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { allModels, BEGIN, creditAsOf, DAY, fill, LIMITS, secondsOf, TENANT } from './attribution.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const ROWS = 2_000_000
const QUICK_ROWS = 200_000
const VERSION = 2

/**
 * The same figure, all models by channel, from the bitemporal touches as of a day in the past (`ours`) and as of now (the peer), and from what is
 * kept. The past is the last day of the touches' year: nearly everything is known, so that as much is computed.
 */
export const asof = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const { store, close } = await openTestStore()
  await migrate(store)
  await fill(store, rows)
  const now = Date.parse('2030-01-01T00:00:00Z')
  const past = (BEGIN + 364 * DAY) * 1000
  const projection = chain.find(({ table }) => table === 'deal_conversions')
  if (projection === undefined) throw new RangeError('there is no projection deal_conversions')
  await store.write(insertProjection(projection, creditAsOf(now), VERSION), { maxSeconds: 600, maxMemoryBytes: 8 * 2 ** 30 })
  const kept = sql`SELECT * FROM deal_conversions FINAL WHERE tenant = ${bind.string(TENANT)}`
  const found = { past: [] as number[], now: [] as number[], kept: [] as number[] }
  for (let round = 0; round <= rounds; round += 1) {
    const fromPast = await secondsOf(() => store.read(allModels(creditAsOf(past)), LIMITS))
    const fromNow = await secondsOf(() => store.read(allModels(creditAsOf(now)), LIMITS))
    const fromKept = await secondsOf(() => store.read(allModels(kept), LIMITS))
    // the first round warms all
    if (round === 0) continue
    found.past.push(fromPast.seconds)
    found.now.push(fromNow.seconds)
    found.kept.push(fromKept.seconds)
    say(`round ${round}: past ${fromPast.seconds.toFixed(2)} s, now ${fromNow.seconds.toFixed(2)} s, kept ${fromKept.seconds.toFixed(2)} s`)
  }
  await close()
  say(`kept tables are ${(median(found.now) / median(found.kept)).toFixed(1)} times as fast as computing it now`)
  return {
    bench: 'asof',
    ours: rounded(median(found.past)),
    peer: 'the same as of now',
    theirs: rounded(median(found.now)),
    ratio: rounded(median(found.past) / median(found.now)),
    unit: 's',
    rows,
    rss_mb: peakRssMb(),
  }
}
