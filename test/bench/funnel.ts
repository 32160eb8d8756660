import { shippedStageMap } from '../../services/domain/definitions/stage-map.ts'
import { conversionCounts, type ConversionQuestion } from '../../services/domain/figures/funnel-conversion.ts'
import { type FactsQuestion, rateFigure, spanFigure } from '../../services/domain/figures/funnel-measures.ts'
import { outcomeMix } from '../../services/domain/figures/funnel-outcomes.ts'
import { stageEntries, stageVolumes } from '../../services/domain/figures/funnel-stages.ts'
import { stays, velocities, type WayQuestion } from '../../services/domain/figures/funnel-times.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { bind, type Sql, sql } from '../../services/domain/sql.ts'
import { migrate } from '../../services/store/migrate.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { BEGIN, DAY, LIMITS, secondsOf, TENANT } from './attribution.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const ROWS = 1_000_000
const QUICK_ROWS = 50_000
const CHANNELS = 12
const END = (BEGIN + 365 * DAY) * 1000

/** One journey a person over a year: six in ten stay leads, the others go on a stage at a time, some past one, some come to an end. */
const fillJourneys = (rows: number): Sql => sql`
  INSERT INTO person_journey (tenant, person, account, opened_at, opened_by, ended_at, outcome, stages, entered_at, stage_event_ids, channel, campaign, owner, deal_id, version)
  SELECT ${bind.string(TENANT)}, concat('person:', toString(number)), concat('acct_', toString(number % 100000)), [at], [concat('e-', toString(number))],
    [if(ends, at + toIntervalDay(length(way) * 9 + 3), toDateTime64('2290-01-01', 6, 'UTC'))], [if(ends, ['recycled', 'disqualified', 'rejected'][1 + cityHash64(number, 5) % 3], 'open')],
    [way], [arrayMap((s, i) -> at + toIntervalDay((i - 1) * 9) + toIntervalSecond(cityHash64(number, i) % 500000), way, arrayEnumerate(way))],
    [arrayMap(s -> concat('e-', toString(number), '-', s), way)], [concat('channel-', toString(cityHash64(number, 1) % ${bind.uint(CHANNELS)}))], [''], [''], [''], 1
  FROM (
    SELECT number, toDateTime64(${bind.uint(BEGIN)} + cityHash64(number) % ${bind.uint(330 * DAY)}, 6, 'UTC') AS at, cityHash64(number, 4) % 10 < 4 AS ends,
      arrayFilter((s, i) -> i != 3 OR cityHash64(number, 3) % 20 != 0, arraySlice(['lead', 'mql', 'sal', 'sql', 'sqo', 'won'], 1,
        multiIf(cityHash64(number, 2) % 100 < 60, 1, cityHash64(number, 2) % 100 < 78, 2, cityHash64(number, 2) % 100 < 90, 3, cityHash64(number, 2) % 100 < 95, 4, cityHash64(number, 2) % 100 < 98, 5, 6)) AS all, arrayEnumerate(all)) AS way
    FROM numbers(${bind.uint(rows)})
  )`

/** Every column of every journey, once. */
const scan = sql`
  SELECT count() AS journeys, sum(cityHash64(person, account, opened_at, opened_by, ended_at, outcome, stages, entered_at, stage_event_ids, channel, campaign, owner, deal_id)) AS hash
  FROM person_journey FINAL WHERE tenant = ${bind.string(TENANT)}`

const BY = ['month', 'channel'] as const
const MONTHS = Array.from({ length: 12 }, (_, month) => ({
  month: new Date(Date.UTC(2025, month, 1)).toISOString().slice(0, 7),
  before: Date.UTC(2025, month + 1, 1),
}))

/** M1 to M13 of journeys by month and channel, as the API asks for them. */
const statements = (): readonly (readonly [string, Sql])[] => {
  const sources = figureSources({ tenant: TENANT, asOf: END, projections: keptProjections })
  const stages = shippedStageMap.stages.map(stage => stage.name)
  const steps = stages.slice(1).map((to, i) => ({ from: stages[i] ?? '', to, horizonDays: 90 }))
  const way: WayQuestion = {
    stageMap: shippedStageMap,
    counted: 'journeys',
    by: BY,
    filters: {},
    from: null,
    to: null,
    zone: 'Europe/Berlin',
    observedTo: END,
    lean: true,
  }
  const facts: FactsQuestion = { by: BY, filters: {}, only: {} }
  const conversion = (policy: ConversionQuestion['policy'], transitions: ConversionQuestion['transitions']): Sql =>
    conversionCounts(sources, { ...way, policy, transitions })
  const fromFirst = stages.slice(1).map((to, i) => ({ from: stages[0] ?? '', to, horizonDays: 90 * (i + 1) }))
  const volumes = { ...way, currency: 'EUR', volumesAt: MONTHS }
  return [
    ['M1 M2 M3 M7', stageEntries(sources, volumes)],
    ['M4', stageVolumes(sources, volumes)],
    ['M6', conversion('implied', steps)],
    ['M8', conversion('every', fromFirst)],
    ['M9', conversion('implied', fromFirst)],
    ['M10', rateFigure(outcomeMix(sources, way), facts)],
    ['M11', spanFigure(stays(sources, way, 'latest'), facts)],
    ['M12', spanFigure(stays(sources, way, 'cumulative'), facts)],
    ['M13', spanFigure(velocities(sources, way, steps), facts)],
  ]
}

/** All of M1 to M13 by month and channel over journeys, one statement after the other, against one reading of every column of the table that they come from. */
export const funnel = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const { store, close } = await openTestStore()
  await migrate(store)
  say(`filling ${rows} journeys`)
  await store.write(fillJourneys(rows), { maxSeconds: 600, maxMemoryBytes: 8 * 2 ** 30 })
  await store.write(sql`OPTIMIZE TABLE person_journey FINAL`)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const plain = await secondsOf(() => store.read(scan, LIMITS))
    let seconds = 0
    const parts: string[] = []
    for (const [name, statement] of statements()) {
      const found = await secondsOf(() => store.read(statement, LIMITS))
      seconds += found.seconds
      parts.push(`${name} ${found.seconds.toFixed(2)} s`)
    }
    // the first round warms both
    if (round === 0) continue
    theirs.push(plain.seconds)
    ours.push(seconds)
    say(`round ${round}: ${parts.join(', ')}; ${seconds.toFixed(2)} s, the scan ${plain.seconds.toFixed(2)} s`)
  }
  await close()
  return {
    bench: 'funnel',
    ours: rounded(median(ours)),
    peer: 'one scan of the journey table',
    theirs: rounded(median(theirs)),
    ratio: rounded(median(ours) / median(theirs)),
    unit: 's',
    rows,
    rss_mb: peakRssMb(),
  }
}
