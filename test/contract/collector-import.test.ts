import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../services/access/caller.ts'
import { importEvents } from '../../services/collector/import/events.ts'
import { journeysOf } from '../../services/collector/import/path-journeys.ts'
import { bookValue, contentOf, valuesOf } from '../../services/collector/import/path-row.ts'
import { importPaths } from '../../services/collector/import/paths.ts'
import { createRejectsFile, type Reject } from '../../services/collector/import/report.ts'
import { ensureTenant } from '../../services/collector/import/tenant.ts'
import { ImportStalled } from '../../services/collector/import/patient.ts'
import { type LogAppend, LogError } from '../../services/log/port.ts'
import { type CollectorParts, collectorParts, RECORD_TOPICS, TOPICS } from '../support/collector-parts.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
const parts = async (options: Parameters<typeof collectorParts>[0] = {}): Promise<CollectorParts> => {
  const made = await collectorParts(options)
  cleanups.push(made.close)
  await made.access.createTenant('acme', 'Acme', 'key:test')
  return made
}
const fileOf = async (text: string, name = 'input'): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'accord-import-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
const caller: Caller = { tenant: 'acme', actor: 'key:cli', keyName: 'import', scopes: ['ingest', 'admin'], member: null }
const HEADER = 'path;total_conversions;total_conversion_value;total_null\n'
const distinctIds = async (made: CollectorParts): Promise<number> =>
  new Set((await made.events(...RECORD_TOPICS)).map(({ event_id }) => event_id)).size

describe('importing paths', () => {
  it('makes of each conversion a won deal of an account of its own, of each null a journey without', async () => {
    const made = await parts()
    const result = await importPaths({
      intake: made.intake,
      caller,
      files: [await fileOf(`${HEADER}eta > iota > alpha;2;0.000000003;1\n`)],
    })
    expect(result).toMatchObject({ rows: 1, conversions: 2, nulls: 1, valueMinor: 3n, accepted: 3 * 4 + 2 * 2, rejected: 0 })
    const events = await made.events(TOPICS.touches, TOPICS.deals, TOPICS.leads)
    const touches = events.flatMap(event => (event.type === 'touch-recorded' ? [event] : []))
    const [first] = touches
    const ofOne = touches.filter(({ subject }) => subject === first?.subject)
    expect(ofOne.map(({ channel }) => channel)).toEqual(['eta', 'iota', 'alpha'])
    expect(ofOne.map(({ occurred_at }) => (occurred_at - (first?.occurred_at ?? 0)) / 3_600_000_000)).toEqual([0, 1, 2])
    const won = events.flatMap(event => (event.type === 'deal-closed' ? [event] : []))
    expect(won.map(({ amount_minor }) => amount_minor).toSorted((a, b) => Number((a ?? 0n) - (b ?? 0n)))).toEqual([1n, 2n])
    expect(new Set(won.map(({ deal_id }) => deal_id)).size).toBe(2)
    expect(
      won.every(
        ({ currency, outcome, occurred_at }) => currency === 'XXX' && outcome === 'won' && occurred_at === ofOne.at(-1)?.occurred_at,
      ),
    ).toBe(true)
    const created = events.flatMap(event => (event.type === 'deal-created' ? [event] : []))
    expect(created.every(({ occurred_at }) => occurred_at === first?.occurred_at)).toBe(true)
    const links = events.flatMap(event => (event.type === 'identity-linked' ? [`${event.identity} ${event.target}`] : []))
    expect(new Set(links).size).toBe(3)
    expect(links).toContain(`${first?.subject} account:${first?.subject.slice('anonymous:'.length)}`)
  })

  it('counts a row that is there twice as two, and adds nothing when the file, a part of it or more of it comes again', async () => {
    const made = await parts()
    const rows = ['a > b;1;1;0', 'a > b;1;1;0', 'a;0;0;2', 'b;1;0.5;1']
    await importPaths({ intake: made.intake, caller, files: [await fileOf(HEADER + rows.slice(2).join('\n'))] })
    await importPaths({ intake: made.intake, caller, files: [await fileOf(HEADER + rows.join('\n'))] })
    const whole = await distinctIds(made)
    expect(whole).toBe(2 * 5 + 2 * 2 + (4 + 2))
    await importPaths({ intake: made.intake, caller, files: [await fileOf(HEADER + rows.toReversed().join('\n'))] })
    expect(await distinctIds(made)).toBe(whole)
    await importPaths({ intake: made.intake, caller, files: [await fileOf(`${HEADER}b;1;0.50;1\n`)], dataset: 'another' })
    expect(await distinctIds(made)).toBe(whole + 6)
  })

  it('names line, column and reason of what it does not take, and takes the rest', async () => {
    const made = await parts()
    const rejects: Reject[] = []
    const file = await fileOf(`${HEADER}a > > b;1;1;0\na;x;1;0\na;0;5;0\na;1;-1;0\na;1;1;1.5\n\na;1;1\nada@example.com;0;0;1\n`)
    const result = await importPaths({ intake: made.intake, caller, files: [file], onReject: reject => rejects.push(reject) })
    expect(rejects.map(({ line, column, reason }) => `${line} ${column}: ${reason}`)).toEqual([
      '2 path: expected channels with > between them',
      '3 total_conversions: expected a whole number, 0 or more',
      '4 total_conversion_value: expected no value where there are no conversions',
      '5 total_conversion_value: expected a decimal number, 0 or more',
      '6 total_null: expected a whole number, 0 or more',
      '8 total_null: expected a whole number, 0 or more',
    ])
    expect(result).toMatchObject({ rows: 1, nulls: 1, rejected: 6 })
    expect((await made.events(TOPICS.touches)).flatMap(event => (event.type === 'touch-recorded' ? [event.channel] : []))).toEqual([
      expect.stringMatching(/^email:/),
    ])
  })

  it('reads commas and tabs as well, columns in any order, and refuses a file without the header', async () => {
    const made = await parts()
    const comma = await fileOf('total_conversions,path\n1,"a > b"\n')
    expect(await importPaths({ intake: made.intake, caller, files: [comma], dryRun: true })).toMatchObject({
      rows: 1,
      conversions: 1,
      accepted: 5,
      position: null,
    })
    const rejects: Reject[] = []
    const none = await fileOf('a;1;1;1\n')
    expect(await importPaths({ intake: made.intake, caller, files: [none], onReject: reject => rejects.push(reject) })).toMatchObject({
      rows: 0,
      rejected: 1,
    })
    expect(rejects).toMatchObject([{ line: 1, code: 'bad_header' }])
    expect(await made.records(...RECORD_TOPICS)).toHaveLength(0)
    await expect(importPaths({ intake: made.intake, caller, files: [`${none}.absent`] })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('splits the value of a row over its conversions without losing a unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.integer({ min: 1, max: 50 }), (valueMinor, conversions) => {
        const row = { channels: ['a'], conversions, valueMinor, nulls: 0 }
        const values = valuesOf(row)
        expect(values.reduce((sum, value) => sum + value, 0n)).toBe(valueMinor)
        expect(Number((values[0] ?? 0n) - (values.at(-1) ?? 0n))).toBeLessThanOrEqual(1)
        expect(new Set([...journeysOf(row, contentOf(row), 0, 'paths')].map(({ event_id }) => event_id)).size).toBe(conversions * 4)
      }),
    )
  })

  it.each([
    ['0.244', 244_000_000n],
    ['0.30000000000000004', 300_000_000n],
    ['1e-05', 10_000n],
    ['12', 12_000_000_000n],
    ['.5', 500_000_000n],
    ['0.0000000005', 1n],
    ['1e99', null],
    ['', null],
    ['.', null],
    ['NaN', null],
  ])('reads %s as %s units of 10⁻⁹', (text, minor) => {
    expect(bookValue(text)).toBe(minor)
  })

  it('creates a missing tenant with what its figures need, once', async () => {
    const made = await parts()
    const ensure = (tenant: string) =>
      ensureTenant({ access: made.access, intake: made.intake, tenant, actor: 'key:cli', currency: 'XXX', zone: 'UTC' })
    expect([await ensure('paths'), await ensure('paths'), await ensure('acme')]).toEqual([
      { ok: true, created: true },
      { ok: true, created: false },
      { ok: true, created: false },
    ])
    expect(await ensure('Not A Name')).toMatchObject({ ok: false })
    expect(await made.events(TOPICS.definitions)).toMatchObject([
      { type: 'tenant-configured', tenant: 'paths', currency: 'XXX', zone: 'UTC' },
    ])
  })
})

const PATHDATA = join(import.meta.dirname, '../../../shared/data/pathdata')

const zero = () => ({ first: 0, firstValue: 0, last: 0, lastValue: 0, linear: 0, linearValue: 0 })

describe.skipIf(!existsSync(PATHDATA))('the published path data (skipped where ../shared is absent)', () => {
  it('gives first, last and linear conversions and value by channel as published', { timeout: 180_000 }, async () => {
    // In memory: half a million records are about the import here, not about the log.
    const records: LogAppend[] = []
    const made = await parts({
      wrap: log => ({
        ...log,
        append: async appended => {
          for (const record of appended) records.push(record)
          return { count: appended.length, appendedAt: Date.now() }
        },
      }),
    })
    const eventsOf = (topic: string) =>
      records.flatMap(record => (record.topic === topic && record.value !== null ? [made.codec.decode(record.value).event] : []))
    const result = await importPaths({ intake: made.intake, caller, files: [join(PATHDATA, 'PathData.csv')] })
    expect(result).toMatchObject({ rows: 10_000, conversions: 19_785, nulls: 68_602, valueMinor: 74_802_971_587_208n, rejected: 0 })

    const journeys = new Map<string, string[]>()
    for (const event of eventsOf(TOPICS.touches)) {
      if (event.type !== 'touch-recorded') continue
      const channels = journeys.get(event.subject) ?? []
      channels.push(event.channel)
      journeys.set(event.subject, channels)
    }
    expect(journeys.size).toBe(19_785 + 68_602)
    const byChannel = new Map<string, ReturnType<typeof zero>>()
    const of = (channel: string | undefined) => {
      const known = byChannel.get(channel ?? '') ?? zero()
      byChannel.set(channel ?? '', known)
      return known
    }
    for (const event of eventsOf(TOPICS.deals)) {
      if (event.type !== 'deal-closed') continue
      const channels = journeys.get(`anonymous:${event.deal_id}`) ?? []
      const value = Number(event.amount_minor ?? 0n) / 1e9
      of(channels[0]).first += 1
      of(channels[0]).firstValue += value
      of(channels.at(-1)).last += 1
      of(channels.at(-1)).lastValue += value
      for (const channel of channels) {
        of(channel).linear += 1 / channels.length
        of(channel).linearValue += value / channels.length
      }
    }
    const [, ...published] = (await readFile(join(PATHDATA, 'heuristics.csv'), 'utf8')).trim().split('\n')
    expect(published).toHaveLength(12)
    for (const line of published) {
      const [channel, ...figures] = line.split(',')
      const { first, firstValue, last, lastValue, linear, linearValue } = of(channel)
      for (const [index, ours] of [first, firstValue, last, lastValue, linear, linearValue].entries()) {
        expect(Math.abs(ours - Number(figures[index]))).toBeLessThan(1e-4)
      }
    }
  })
})

const line = (id: number, data: object = {}) =>
  JSON.stringify({
    type: 'touch-recorded',
    event_id: `t-${id}`,
    occurred_at: '2026-01-01T00:00:00Z',
    data: { subject: `anonymous:${id % 5}`, touch_type: 'web_session', ...data },
  })

describe('importing events', () => {
  it('takes files through the same checks, reports its progress and writes what it refused to a file', async () => {
    const made = await parts()
    const good = Array.from({ length: 2500 }, (_, id) => line(id))
    const file = await fileOf([...good, 'no json', line(1, { direction: '=up' }), ''].join('\n'), 'events.ndjson')
    const rejectsPath = `${file}.rejects.csv`
    const rejects = createRejectsFile(rejectsPath)
    const seen: number[] = []
    const result = await importEvents({
      intake: made.intake,
      caller,
      files: [file],
      onReject: rejects.write,
      onProgress: ({ lines }) => seen.push(lines),
    })
    expect(result).toMatchObject({ files: 1, lines: 2502, accepted: 2500, rejected: 2, position: expect.any(String) })
    expect(seen).toEqual([1000, 2000, 2502])
    expect(await rejects.close()).toBe(2)
    expect(await readFile(rejectsPath, 'utf8')).toBe(
      `file,line,column,code,reason\n${file},2501,,not_an_event,expected one JSON object on the line\n${file},2502,data.direction,bad_value,"expected one of inbound, outbound"\n`,
    )
    await importEvents({ intake: made.intake, caller, files: [file] })
    expect(await distinctIds(made)).toBe(2500)
  })

  it('writes nothing in a dry run, and no rejects file without rejects', async () => {
    const made = await parts()
    const file = await fileOf(line(1))
    expect(await importEvents({ intake: made.intake, caller, files: [file], dryRun: true })).toMatchObject({ accepted: 1, position: null })
    expect(await made.records(...RECORD_TOPICS)).toHaveLength(0)
    expect(await createRejectsFile(`${file}.rejects`).close()).toBe(0)
    expect(existsSync(`${file}.rejects`)).toBe(false)
  })

  it('waits while the log is away, and gives up when it stays away', async () => {
    let away = 1
    const made = await parts({
      wrap: log => ({
        ...log,
        append: async records => {
          away -= 1
          if (away >= 0) throw new LogError('LOG_OVERLOADED', 'slow down')
          return log.append(records)
        },
      }),
    })
    const file = await fileOf(line(1))
    const waits: string[] = []
    expect(await importEvents({ intake: made.intake, caller, files: [file], onWait: ({ outcome }) => waits.push(outcome) })).toMatchObject({
      accepted: 1,
    })
    expect(waits).toEqual(['overloaded'])
    away = 100
    await expect(importEvents({ intake: made.intake, caller, files: [file], maxWaitMs: 0 })).rejects.toBeInstanceOf(ImportStalled)
  })
})
