import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { keptSources } from '../../services/domain/projections/chain.ts'
import { dealCredit } from '../../services/domain/projections/deal-credit.ts'
import { bind, type Sql, sql } from '../../services/domain/sql.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Store } from '../../services/store/port.ts'
import { fill, TENANT } from '../bench/attribution.ts'
import { openTestStore } from '../support/clickhouse.ts'

/** 24 granules of touches of 10,000 accounts, 1,000 of which have a deal. */
const ROWS = 200_000

let store: Store
let close: () => Promise<void>
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  await migrate(store)
  await fill(store, ROWS)
})
afterAll(async () => close())

const creditOf = (deals: Sql): Sql =>
  dealCredit({
    ...keptSources,
    leads: keptSources,
    deals,
    tenant: TENANT,
    definitions: shippedDefinitions,
    asOf: sql`${bind.instant(Date.parse('2030-01-01T00:00:00Z'))}`,
  })
const explained = async (statement: Sql): Promise<string> =>
  // without the lines that the plan is drawn with
  (await store.read(sql`EXPLAIN indexes = 1, pretty = 0 ${statement}`))
    .map(row => String(row['explain']).replaceAll(/[│├└─]/g, ' '))
    .join('\n')

/** What is read of a table: the columns of the key that are used, and granules of all. */
const reading = (plan: string, table: string): { readonly keys: string; readonly granules: readonly [number, number] } => {
  const part = plan.slice(plan.indexOf(`${table})`))
  const [, keys = ''] = /PrimaryKey\s+Keys:\s+([\s\S]*?)\s+Condition/.exec(part) ?? []
  const [, read = '0', all = '0'] = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/.exec(part) ?? []
  return { keys: keys.replaceAll(/\s+/g, ' ').trim(), granules: [Number(read), Number(all)] }
}

describe('the plan of credit', () => {
  it('reads of the touches the ranges of the deal’s account', async () => {
    const plan = await explained(creditOf(sql`SELECT ${bind.string(TENANT)}, 'deal_7'`))
    const { keys, granules } = reading(plan, 'account_touches')
    expect(keys.split(' ')).toEqual(expect.arrayContaining(['tenant', 'account']))
    expect(granules[1]).toBeGreaterThanOrEqual(ROWS / 8192)
    expect(granules[0]).toBeLessThanOrEqual(2)
  })

  it('joins what lies on one shard: nothing is read from elsewhere', async () => {
    const plan = await explained(creditOf(sql`SELECT tenant, deal_id FROM deal_journey`))
    expect(plan).not.toMatch(/Remote|Distributed|GLOBAL/i)
    expect(plan).toMatch(/Join/)
  })
})
