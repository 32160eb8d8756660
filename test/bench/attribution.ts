import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { withParts } from '../../services/domain/figures/money.ts'
import { keptSources } from '../../services/domain/projections/chain.ts'
import { dealCredit } from '../../services/domain/projections/deal-credit.ts'
import { bind, type Sql, sql } from '../../services/domain/sql.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Row, Store } from '../../services/store/port.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const ROWS = 10_000_000
const QUICK_ROWS = 500_000
/** Touches of an account, and accounts of a won deal. */
const TOUCHES = 20
const ACCOUNTS_OF_A_DEAL = 10
export const TENANT = 'acme'
/** The year of the touches begins here (s); deals are won in its second half. */
export const BEGIN = 1_735_689_600
export const DAY = 86_400
export const LIMITS = { maxSeconds: 600, maxMemoryBytes: 2 * 2 ** 30 }

/** Touches of a year, spread over the accounts by a hash; one version each, one part after the last merge, as time leaves a kept table. */
const fillTouches = (rows: number): Sql => sql`
  INSERT INTO account_touches (tenant, account, occurred_at, touch_id, subject, persons, accounts, recorded_at, touch_type, channel, campaign, team, direction, automatic, known_from, known_to, version)
  SELECT ${bind.string(TENANT)}, concat('acct_', toString(number % accounts)), toDateTime64(${bind.uint(BEGIN)} + cityHash64(number) % 31536000, 6, 'UTC') AS at,
    concat('0189-', leftPad(toString(number), 12, '0')), concat('person:', toString(number % (accounts * 3))) AS who, [who], 1, toDateTime64(at, 3, 'UTC') + toIntervalSecond(1),
    'form', concat('channel-', toString(cityHash64(number, 1) % 12)), concat('campaign-', toString(cityHash64(number, 2) % 400)), 'marketing', 'inbound', 0,
    toDateTime64(at, 3, 'UTC') + toIntervalSecond(1), toDateTime64('2290-01-01 00:00:00', 3, 'UTC'), 1
  FROM (SELECT number, toUInt64(${bind.uint(rows / TOUCHES)}) AS accounts FROM numbers(${bind.uint(rows)}))`

const fillDeals = (deals: number): Sql => sql`
  INSERT INTO deal_journey (tenant, deal_id, account, deal_type, created_at, stages, entered_at, amount, currency, outcome, closed_at, counted, version)
  SELECT ${bind.string(TENANT)}, concat('deal_', toString(number)), concat('acct_', toString(number * ${bind.uint(ACCOUNTS_OF_A_DEAL)})), 'new-business',
    assumeNotNull(closed_at) - toIntervalDay(60), ['qualified'], [assumeNotNull(closed_at) - toIntervalDay(60)], toInt64(100000 + cityHash64(number, 3) % 9000000), 'EUR', 'won',
    toNullable(toDateTime64(${bind.uint(BEGIN + 200 * DAY)} + cityHash64(number) % ${bind.uint(165 * DAY)}, 6, 'UTC')) AS closed_at, 1, 1
  FROM numbers(${bind.uint(deals)})`

/** A lead for each deal, 90 days before it is won, of somebody in its account. */
const fillLeads = (deals: number): readonly Sql[] => [
  sql`
    INSERT INTO lead_facts (tenant, subject, event_id, type, occurred_at, recorded_at, appended_at, partition, offset)
    SELECT tenant, concat('person:', substring(account, 6)), concat('lead-', deal_id), 'lead-created', created_at - toIntervalDay(30), created_at, created_at, 0, 0 FROM deal_journey LIMIT ${bind.uint(deals)}`,
  sql`
    INSERT INTO identities (tenant, subject, persons, account, accounts, valid_from, valid_to, known_from, known_to, version)
    SELECT tenant, subject, [subject], concat('acct_', substring(subject, 8)), 1, toDateTime64('1900-01-01', 6, 'UTC'), toDateTime64('2290-01-01', 6, 'UTC'),
      toDateTime64('1900-01-01', 3, 'UTC'), toDateTime64('2290-01-01', 3, 'UTC'), 1 FROM lead_facts`,
]

/** Credit of every deal that is won, from touches and deals, as of an instant (ms). */
export const creditAsOf = (asOf: number): Sql =>
  dealCredit({
    ...keptSources,
    leads: keptSources,
    deals: sql`SELECT tenant, deal_id FROM deal_journey WHERE tenant = ${bind.string(TENANT)}`,
    tenant: TENANT,
    definitions: shippedDefinitions,
    asOf: sql`${bind.instant(asOf)}`,
    conversions: ['won'],
  })

/** Credit and exact money of every model by channel; `credit`: rows as of `deal_conversions`. */
export const allModels = (credit: Sql): Sql => {
  const split = withParts(sql`
    -- most touches earn nothing under most models
    SELECT model, money, arrayFilter((channel, share) -> share > 0, all_channels, all_shares) AS channels, arrayFilter(share -> share > 0, all_shares) AS shares
    FROM (
      SELECT c.channels AS all_channels, c.models AS models, c.credits AS credits, toInt128(assumeNotNull(j.amount)) AS money
      FROM (SELECT deal_id, channels, models, credits FROM (${credit})) AS c
      INNER JOIN (SELECT deal_id, amount FROM deal_journey FINAL WHERE tenant = ${bind.string(TENANT)}) AS j ON j.deal_id = c.deal_id
    )
    ARRAY JOIN models AS model, credits AS all_shares
    WHERE notEmpty(shares)`)
  return sql`
    SELECT model, channel, sum(credit) AS credit, sum(money) AS money
    FROM (SELECT model, channels, shares, parts FROM (${split}))
    ARRAY JOIN channels AS channel, shares AS credit, parts AS money
    GROUP BY model, channel ORDER BY model, channel`
}

const scan = sql`SELECT channel, count() AS touches, uniqExact(account) AS accounts FROM account_touches WHERE tenant = ${bind.string(TENANT)} GROUP BY channel ORDER BY channel`

export const fill = async (store: Store, rows: number): Promise<void> => {
  const deals = rows / TOUCHES / ACCOUNTS_OF_A_DEAL
  say(`filling ${rows} touches of ${rows / TOUCHES} accounts, ${deals} deals`)
  await store.write(fillTouches(rows), { maxSeconds: 600, maxMemoryBytes: 8 * 2 ** 30 })
  await store.write(sql`OPTIMIZE TABLE account_touches FINAL`)
  await store.write(fillDeals(deals))
  for (const statement of fillLeads(deals)) await store.write(statement)
}

export const secondsOf = async (
  work: () => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly seconds: number }> => {
  const started = performance.now()
  const rows = await work()
  return { rows, seconds: (performance.now() - started) / 1000 }
}

/** The published closed-form models at once over account-keyed touches, to the minor unit, against the plainest aggregation of the same table. */
export const attribution = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS)
  const { store, close } = await openTestStore()
  await migrate(store)
  await fill(store, rows)
  const now = Date.parse('2030-01-01T00:00:00Z')
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const plain = await secondsOf(() => store.read(scan, LIMITS))
    const models = await secondsOf(() => store.read(allModels(creditAsOf(now)), LIMITS))
    // the first round warms both
    if (round === 0) continue
    theirs.push(plain.seconds)
    ours.push(models.seconds)
    say(`round ${round}: ${models.rows.length} sums in ${models.seconds.toFixed(2)} s, the scan ${plain.seconds.toFixed(2)} s`)
  }
  await close()
  return {
    bench: 'attribution',
    ours: rounded(median(ours)),
    peer: 'SELECT channel, count(), uniqExact(account)',
    theirs: rounded(median(theirs)),
    ratio: rounded(median(ours) / median(theirs)),
    unit: 's',
    rows,
    rss_mb: peakRssMb(),
  }
}
