import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../services/access/caller.ts'
import { countCell, momentCell, moneyCell } from '../../services/collector/import/cells.ts'
import type { Reject } from '../../services/collector/import/report.ts'
import { spendRows } from '../../services/collector/import/spend-rows.ts'
import { importTable, type ImportTableOptions, type RowKind } from '../../services/collector/import/table.ts'
import { touchRows } from '../../services/collector/import/touch-rows.ts'
import { type CollectorParts, collectorParts, RECORD_TOPICS, TOPICS } from '../support/collector-parts.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
const parts = async (): Promise<CollectorParts> => {
  const made = await collectorParts()
  cleanups.push(made.close)
  await made.access.createTenant('acme', 'Acme', 'key:test')
  return made
}
const fileOf = async (text: string | Buffer, name = 'input.csv'): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'accord-import-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
const caller: Caller = { tenant: 'acme', actor: 'key:cli', keyName: 'import', scopes: ['ingest', 'admin'], member: null }

/** What one file becomes, with what was refused as `line column: reason`. */
const importing = async (made: CollectorParts, kind: RowKind, text: string | Buffer, more: Partial<ImportTableOptions> = {}) => {
  const rejects: Reject[] = []
  const files = [await fileOf(text)]
  const result = await importTable(kind, { intake: made.intake, caller, files, onReject: reject => rejects.push(reject), ...more })
  return { result, refused: rejects.map(({ line, column, reason }) => `${line} ${column}: ${reason}`) }
}
const costs = async (made: CollectorParts) =>
  (await made.events(TOPICS.campaigns)).flatMap(event => (event.type === 'spend-recorded' ? [event] : []))
const touches = async (made: CollectorParts) =>
  (await made.events(TOPICS.touches)).flatMap(event => (event.type === 'touch-recorded' ? [event] : []))
const ids = async (made: CollectorParts): Promise<number> =>
  new Set((await made.events(...RECORD_TOPICS)).map(event => event.event_id)).size

describe('importing spend', () => {
  it('lays the columns of an ad platform over the fields of a cost', async () => {
    const made = await parts()
    const file =
      '\ufeff"Day","Campaign ID","Cost","Currency code","Impr.","Clicks","Note"\r\n"31.03.2026","7,000,131","€1.234,565","EUR","12.000","340","a ""quoted"" one"\r\n\r\n'
    const { result, refused } = await importing(made, spendRows, file, {
      mapping: {
        columns: { Day: 'date', 'Campaign ID': 'campaign', Cost: 'amount', 'Currency code': 'currency', 'Impr.': 'impressions' },
        set: { category: 'media', system: 'google-ads', team: 'marketing' },
        dates: 'dmy',
        decimal: ',',
      },
    })
    expect([result.accepted, refused, result.ignoredColumns]).toEqual([1, [], ['Note']])
    expect(result.campaigns).toEqual([{ name: '7,000,131', system: 'google-ads', rows: 1 }])
    expect(await costs(made)).toMatchObject([
      {
        amount_minor: 123_456n,
        currency: 'EUR',
        starts_on: '2026-03-31',
        ends_on: '2026-03-31',
        campaign: '7,000,131',
        category: 'media',
        system: 'google-ads',
        team: 'marketing',
        impressions: 12_000n,
        clicks: 340n,
        source: 'csv',
      },
    ])
  })

  const HEADER = 'date,campaign,amount,currency,category\n'

  it('adds nothing when a file comes again or overlaps with one that was imported, in any order of rows', async () => {
    const made = await parts()
    const rows = ['2026-03-01,a,10.00,EUR,media', '2026-03-01,b,10.00,EUR,media', '2026-03-02,a,7,USD,media', '2026-03-02,a,7,USD,media']
    await importing(made, spendRows, HEADER + rows.slice(0, 2).join('\n'))
    expect(await ids(made)).toBe(2)
    await importing(made, spendRows, HEADER + rows.join('\n'))
    expect(await ids(made)).toBe(4)
    await importing(made, spendRows, HEADER + rows.toReversed().join('\n'))
    expect(await ids(made)).toBe(4)
    // two costs that the file tells apart by nothing are two
    expect(new Set((await costs(made)).map(({ spend_id }) => spend_id)).size).toBe(4)
  })

  it('says a cost that has another amount by now as the same cost', async () => {
    const made = await parts()
    await importing(made, spendRows, `${HEADER}2026-03-01,a,10.00,EUR,media\n`)
    await importing(made, spendRows, `${HEADER}2026-03-01,a,9.50,EUR,media\n`)
    const said = await costs(made)
    expect(new Set(said.map(({ spend_id }) => spend_id)).size).toBe(1)
    expect(said.map(({ amount_minor }) => amount_minor)).toEqual([1000n, 950n])
    await importing(made, spendRows, `spend_id,${HEADER}bill-1,2026-03-01,a,10.00,EUR,media\n`)
    expect((await costs(made)).at(-1)?.spend_id).toBe('bill-1')
  })

  it('says a cost anew that is again what it was before; the same file again adds nothing', async () => {
    const made = await parts()
    const saidBefore = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
      const bySubject = Map.groupBy(await costs(made), ({ spend_id }) => spend_id)
      return new Map([...bySubject].map(([id, events]) => [id, [...new Set(events.map(({ event_id }) => event_id))]]))
    }
    const said = (amount: string) => importing(made, spendRows, `${HEADER}2026-03-01,a,${amount},EUR,media\n`, { saidBefore })
    for (const amount of ['100', '120', '120', '100', '100', '120', '100']) await said(amount)
    // the log has a recording again where the same was said again; by their ids there are five
    const distinct = new Map((await costs(made)).map(cost => [cost.event_id, cost.amount_minor]))
    expect([...distinct.values()]).toEqual([10_000n, 12_000n, 10_000n, 12_000n, 10_000n])
  })

  it('names line, column and reason of what it does not take, counts values without a meaning, and takes the rest', async () => {
    const made = await parts()
    const { result, refused } = await importing(
      made,
      spendRows,
      `spend_id,${HEADER}1,2026-02-30,a,1,EUR,media\n2,2026-03-01,a,1.2.3,EUR,media\n3,2026-03-01,a,1,EURO,media\n4,2026-03-01,a,1,EUR,Ads\n5,2026-03-01,a,1,EUR,Werbung\n6,2026-03-01,b,-0.5,EUR,Werbung\n6,2026-03-02,b,1,EUR,Werbung\nTotal,,,3,EUR,Werbung\n`,
      { mapping: { values: { category: { Werbung: 'media' } } } },
    )
    expect(refused).toEqual([
      '2 date: expected a date (iso)',
      '3 amount: expected an amount such as 1234.50',
      '4 currency: expected an ISO 4217 code such as EUR',
      '5 category: expected one of media, event, content, agency, partner, tools, payroll, commission',
      '8 spend_id: another row has the id 6 and says something else',
      '9 date: expected a date (iso)',
    ])
    expect([result.accepted, result.rejected, result.lines]).toEqual([2, 6, 8])
    expect(result.unmapped).toContainEqual({ field: 'category', value: 'Ads', rows: 2 })
  })

  it('writes nothing in a dry run and says which field it has no column for', async () => {
    const made = await parts()
    expect((await importing(made, spendRows, `${HEADER}2026-03-01,a,1,EUR,media\n`, { dryRun: true })).result).toMatchObject({
      accepted: 1,
      position: null,
      campaigns: [{ name: 'a', system: '', rows: 1 }],
    })
    expect(await made.records(...RECORD_TOPICS)).toHaveLength(0)
    expect((await importing(made, spendRows, 'date,amount\n')).refused).toEqual([
      '1 : no column for currency: name one with --map <column>=currency, or set it with --set currency=<value>',
    ])
    expect((await importing(made, spendRows, HEADER, { mapping: { columns: { Cost: 'amount' } } })).refused).toEqual([
      '1 : there is no column Cost: there are date, campaign, amount, currency, category',
    ])
    expect((await importing(made, spendRows, HEADER, { mapping: { set: { chanel: 'x' } } })).refused[0]).toMatch(/there is no field chanel/)
    await expect(importing(made, spendRows, HEADER, { mapping: { dates: 'us' } })).rejects.toThrow(RangeError)
  })

  it('takes a lump for days to come as said now', async () => {
    const made = await parts()
    const { result } = await importing(
      made,
      spendRows,
      `starts_on,ends_on,amount,currency,category,committed\n2199-01-01,2199-01-31,310,EUR,event,yes\n`,
      { now: () => Date.UTC(2026, 2, 1) },
    )
    expect([result.accepted, (await costs(made))[0]]).toMatchObject([
      1,
      { occurred_at: Date.UTC(2026, 2, 1) * 1000, starts_on: '2199-01-01', ends_on: '2199-01-31', committed: true },
    ])
  })
})

describe('importing touches', () => {
  it('reads instants and days, whose zone the file does not say, and ids of people', async () => {
    const made = await parts()
    const { result, refused } = await importing(
      made,
      touchRows,
      'email,When,Type,campaign,automatic\nada@example.com,2026-03-29 03:30,form,c1,no\nada@example.com,2026-03-29,event_attended,c1,\nbob@example.com,2026-03-29T03:30:00Z,form,,yes\n,2026-03-29,form,,\nbob@example.com,soon,form,,\nbob@example.com,2026-03-29,form,,maybe\n',
      { mapping: { columns: { When: 'occurred_at', Type: 'touch_type' }, zone: 'Europe/Berlin' } },
    )
    expect(refused).toEqual([
      '5 subject: expected a subject, or one of person_id, account_id, anonymous_id, email',
      '6 When: expected a date (iso) or a time in it',
      '7 automatic: expected yes or no',
    ])
    expect(result.campaigns).toEqual([{ name: 'c1', system: '', rows: 2 }])
    expect(
      (await touches(made)).map(({ occurred_at, precision, automatic }) => [
        new Date(occurred_at / 1000).toISOString(),
        precision,
        automatic,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['2026-03-29T01:30:00.000Z', 'instant', false],
        ['2026-03-28T23:00:00.000Z', 'day', false],
        ['2026-03-29T03:30:00.000Z', 'instant', true],
      ]),
    )
    expect((await touches(made)).every(({ subject }) => subject.startsWith('email:') && !subject.includes('@'))).toBe(true)
  })

  it('adds nothing when the file comes again, and counts a row that is there twice as two', async () => {
    const made = await parts()
    const file = 'person_id,occurred_at,touch_type\np1,2026-03-01,form\np1,2026-03-01,form\np2,2026-03-01,form\n'
    await importing(made, touchRows, file)
    await importing(made, touchRows, file)
    expect(await ids(made)).toBe(3)
    await importing(made, touchRows, file, { dataset: 'fair-2026' })
    expect(await ids(made)).toBe(6)
  })
})

describe('cells', () => {
  it.each([
    ['1,234.565', '.', 2, 123_456n],
    ['1.234,575', ',', 2, 123_458n],
    ['1.234', '.', 2, 123n],
    ['1.235', '.', 2, 124n],
    ['1.2351', '.', 2, 124n],
    ['(12.50)', '.', 2, -1250n],
    ['12.50-', '.', 2, -1250n],
    ['$ 1 234', '.', 2, 123_400n],
    ['.5', '.', 0, 0n],
    ['1.5', '.', 0, 2n],
    ['1500', '.', 0, 1500n],
    ['12,34.5', '.', 2, null],
    ['', '.', 2, null],
    ['1e5', '.', 2, null],
    ['--', '.', 2, null],
  ] as const)('reads the amount %s with %s as %s', (text, decimal, exponent, minor) => {
    expect(moneyCell(text, exponent, { decimal })).toBe(minor)
  })

  it.each([
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z', 'the first of two'],
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z', 'an hour that is skipped, by the clock before'],
    ['2026-07-01 11:05 PM', '2026-07-01T21:05:00.000Z', 'an afternoon'],
    ['2026-07-01T10:00:00.123456+05:30', '2026-07-01T04:30:00.123456Z', 'a zone of its own'],
  ])('reads %s in Berlin as %s: %s', (text, instant) => {
    expect(momentCell(text, { dates: 'iso', decimal: '.', zone: 'Europe/Berlin' })?.occurredAt).toBe(instant)
  })

  it('reads counts with groups and without a fraction', () => {
    expect([countCell('1,234', { decimal: '.' }), countCell('1234.0', { decimal: '.' }), countCell('-3', { decimal: '.' })]).toEqual([
      1234n,
      1234n,
      null,
    ])
  })
})
