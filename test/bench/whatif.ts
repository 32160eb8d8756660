import { z } from 'zod'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { Qualification, qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { rulingsOf } from '../../services/domain/figures/judging/rulings.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { leadWhatIf } from '../../services/domain/figures/what-if-leads.ts'
import { bind, type Sql, sql } from '../../services/domain/sql.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Store } from '../../services/store/port.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const PERSONS = 1_000_000
const QUICK_PERSONS = 100_000
const TOUCHES_EACH = 10
const TENANT = 'bench'
const AS_OF = Date.UTC(2027, 0, 1)
/** What the engine may use for the question: more, and it is refused. */
const LIMITS = { maxSeconds: 120, maxMemoryBytes: 2 * 2 ** 30 }
const FILL = { maxSeconds: 600, maxMemoryBytes: 8 * 2 ** 30 }
const PER_INSERT = 1_000_000

const Counted = z.object({ mqls: z.tuple([z.coerce.number(), z.coerce.number()]), leaving_count: z.coerce.number() })

const YEAR = sql`31536000`
const START = sql`toDateTime64('2026-01-01 00:00:00', 6, 'UTC')`
const FOREVER = sql`toDateTime64('2290-01-01 00:00:00', 6, 'UTC')`
const EVER = sql`toDateTime64('1900-01-01 00:00:00', 6, 'UTC')`
const tenant = bind.string(TENANT)
/** Two of three touches are visits and mails, as everywhere; one in forty asks for sales. */
const TYPES = [
  'web_session',
  'web_session',
  'web_session',
  'web_session',
  'email_sent',
  'email_sent',
  'email_sent',
  'email_opened',
  'ad_click_session',
  'download',
  'form',
  'webinar_attended',
  'chat',
  'impression',
  'impression',
  'reply',
]
const CHANNELS = ['paid_search', 'organic_search', 'email', 'webinars', 'events', 'direct', 'paid_social', 'partner']

const fill = async (store: Store, persons: number): Promise<void> => {
  const touches = persons * TOUCHES_EACH
  const accounts = Math.max(1, Math.floor(persons / 10))
  const write = (statement: Sql): Promise<unknown> => store.write(statement, FILL)
  const pick = (of: readonly string[], salt: number): Sql =>
    sql`${bind.strings(of)}[1 + cityHash64(number, ${bind.uint(salt)}) % ${bind.uint(of.length)}]`
  const at = (salt: number): Sql => sql`${START} + toIntervalSecond(cityHash64(number, ${bind.uint(salt)}) % ${YEAR})`
  for (let from = 0; from < touches; from += PER_INSERT) {
    await write(sql`
      INSERT INTO account_touches (tenant, account, occurred_at, touch_id, subject, persons, accounts, recorded_at, touch_type, channel, campaign, team, direction, automatic, known_from, known_to, version)
      SELECT ${tenant}, concat('a_', toString(p % ${bind.uint(accounts)})), at, concat('web-', lower(hex(cityHash64(number)))), concat('person:p_', toString(p)), [concat('person:p_', toString(p))], 1, at,
        if(cityHash64(number, 7) % 40 = 0, 'demo_request', ${pick(TYPES, 1)}), ${pick(CHANNELS, 2)}, concat('c-', toString(cityHash64(number, 3) % 60)), 'marketing', 'inbound', 0, at, ${FOREVER}, 1
      FROM (SELECT number, cityHash64(number, 5) % ${bind.uint(persons)} AS p, ${at(4)} AS at FROM numbers(${bind.uint(from)}, ${bind.uint(Math.min(PER_INSERT, touches - from))}))`)
  }
  await write(sql`
    INSERT INTO record_facts (tenant, type, subject, event_id, occurred_at, recorded_at, appended_at, partition, offset, payload)
    SELECT ${tenant}, 'person-created', concat('person:p_', toString(number)), concat('p', toString(number)), ${START}, ${START}, ${START}, 0, number,
      concat('{"person_id":"p_', toString(number), '","email_domain":"company-', toString(number % ${bind.uint(accounts)}), '.example","title":"', ${pick(['Head of operations', 'Controller', 'IT manager', 'Student'], 8)}, '","persona":"user","country":"DE"}')
    FROM numbers(${bind.uint(persons)})`)
  await write(sql`
    INSERT INTO record_facts (tenant, type, subject, event_id, occurred_at, recorded_at, appended_at, partition, offset, payload)
    SELECT ${tenant}, 'account-updated', concat('account:a_', toString(number)), concat('a', toString(number)), ${START}, ${START}, ${START}, 0, number,
      concat('{"account_id":"a_', toString(number), '","name":"Company ', toString(number), '","industry":"', ${pick(['software', 'logistics', 'education', 'healthcare', 'agency'], 9)}, '","employees":', toString(5 + cityHash64(number, 10) % 400), ',"region":"emea"}')
    FROM numbers(${bind.uint(accounts)})`)
  await write(sql`
    INSERT INTO identities (tenant, subject, persons, account, accounts, valid_from, valid_to, known_from, known_to, version)
    SELECT ${tenant}, concat('person:p_', toString(number)), [concat('person:p_', toString(number))], concat('a_', toString(number % ${bind.uint(accounts)})), 1, ${EVER}, ${FOREVER}, ${EVER}, ${FOREVER}, 1
    FROM numbers(${bind.uint(persons)})`)
  await write(sql`
    INSERT INTO person_journey (tenant, person, account, opened_at, opened_by, ended_at, outcome, stages, entered_at, stage_event_ids, channel, campaign, owner, deal_id, version, excluded_because)
    SELECT ${tenant}, concat('person:p_', toString(number)), concat('a_', toString(number % ${bind.uint(accounts)})), [at], [concat('l', toString(number))], [${FOREVER}], ['open'],
      if(number % 3 = 0, [['lead', 'mql']], [['lead']]), if(number % 3 = 0, [[at, at + toIntervalDay(9)]], [[at]]), if(number % 3 = 0, [['e1', 'e2']], [['e1']]), [${pick(CHANNELS, 2)}], [''], ['m_1'], [''], 1, ''
    FROM (SELECT number, ${at(6)} AS at FROM numbers(${bind.uint(persons)}))`)
  // as merges leave a table that has come to rest
  for (const table of ['account_touches', 'record_facts', 'identities', 'person_journey'])
    await write({ parts: [`OPTIMIZE TABLE ${table} FINAL`] })
}

/**
 * A changed MQL rule over everybody's whole past: how many computed MQLs by bucket and month under what is in force and under the proposal, who enters and who leaves. Ours is the
 * time of the one statement, held to 2 GiB by the engine; there is no peer.
 */
export const whatif = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const persons = wanted ?? (quick ? QUICK_PERSONS : PERSONS)
  const { store, close } = await openTestStore()
  await migrate(store)
  const began = performance.now()
  await fill(store, persons)
  say(`${persons} persons and ${persons * TOUCHES_EACH} touches in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const before = rulingsOf(shippedDefinitions, AS_OF)
  const proposal = Qualification.parse({ ...JSON.parse(JSON.stringify(qualificationKind.standard)), version: 2 })
  const stricter = Qualification.parse({ ...proposal, sales_ready: { ...proposal.sales_ready, at_least: 60 } })
  const statement = leadWhatIf({
    sources: figureSources({ tenant: TENANT, asOf: AS_OF, projections: keptProjections }),
    definitions: shippedDefinitions,
    question: {
      before,
      after: before.map(ruling => ({ ...ruling, qualification: stricter })),
      by: ['bucket', 'month'],
      filters: {},
      from: null,
      to: null,
      zone: 'Europe/Berlin',
      observedTo: AS_OF,
      horizonDays: 90,
      limit: 50,
    },
  })
  const found: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const started = performance.now()
    const rows = await store.read(statement, LIMITS)
    found.push((performance.now() - started) / 1000)
    const sum = (of: (row: z.output<typeof Counted>) => number): number =>
      rows.map(row => of(Counted.parse(row))).reduce((all, n) => all + n, 0)
    say(
      `round ${round}: ${found.at(-1)?.toFixed(2)} s, MQLs ${sum(row => row.mqls[0])} and ${sum(row => row.mqls[1])}, leaving ${sum(row => row.leaving_count)}`,
    )
  }
  await close()
  return {
    bench: 'whatif',
    ours: rounded(median(found)),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 's',
    rows: persons * TOUCHES_EACH,
    rss_mb: peakRssMb(),
  }
}
