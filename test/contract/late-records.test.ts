import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bind, sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import type { LogRecord } from '../../services/log/port.ts'
import { recordKey, subjectOf } from '../../services/log/record-key.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicNames } from '../../services/log/topics.ts'
import { addRecord, announceLate, newBatch, storeBatch } from '../../services/projector/land.ts'
import { endsOf, watermarkOf } from '../../services/projector/watermark.ts'
import { projectStep, writeProgress } from '../../services/projector/step.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Store } from '../../services/store/port.ts'
import type { WritableEvent } from '../../schemas/events/generated/types.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { event, topicOf } from '../support/event.ts'

const codec = createCodec({ registry: createOwnRegistry() })
const context = { codec, personsTopic: topicNames().persons }
const BEFORE = Date.parse('2026-05-01T10:00:00.000Z')
const PROJECTED = BEFORE + 200

let store: Store
let close: () => Promise<void>
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  await migrate(store)
})
afterAll(async () => close())

const recordOf = (said: WritableEvent, offset: number, appendedAt: number): LogRecord => ({
  topic: topicOf(said.type),
  partition: 0,
  offset,
  key: recordKey(said.tenant, subjectOf(said)),
  value: codec.encode(said),
  appendedAt,
})

const land = async (said: WritableEvent, offset: number, appendedAt: number): Promise<number> => {
  const batch = newBatch()
  expect(addRecord(batch, recordOf(said, offset, appendedAt), appendedAt, context)).toBeNull()
  await storeBatch(store, batch, context)
  return announceLate(store, batch, context)
}

const touch = (id: string) =>
  event('touch-recorded', { event_id: id, occurred_at: BEFORE * 1000, subject: 'anonymous:v', touch_type: 'form', channel: 'email' })
const touches = async (): Promise<readonly unknown[]> =>
  (await store.read(sql`SELECT touch_id FROM account_touches FINAL ORDER BY touch_id`)).map(row => row['touch_id'])

describe('a record that is visible only after its instant was projected', () => {
  it('is in the window of the next step', async () => {
    expect(await land(touch('t1'), 0, BEFORE)).toBe(0)
    await projectStep(store, 0, PROJECTED)
    await writeProgress(store, 'projected_to', PROJECTED)
    expect(await touches()).toEqual(['t1'])

    expect(await land(touch('t2'), 1, BEFORE + 100)).toBe(1)
    await projectStep(store, PROJECTED, PROJECTED + 50)
    expect(await touches()).toEqual(['t1', 't2'])
  })

  it('changes what is computed, when it is the approval of a definition', async () => {
    const model = { id: 'ends', version: 1, weights: { kind: 'position', shares: { first: 500_000, last: 500_000 } }, lookback_days: 365 }
    const of = { definition_id: 'ends', version: 1, occurred_at: BEFORE * 1000 }
    const deal = event('deal-created', { event_id: 'd', occurred_at: BEFORE * 1000, deal_id: 'd', account_id: 'a', stage: 'qualified' })
    expect(await land(deal, 10, PROJECTED + 51)).toBe(0)
    await land(
      event('definition-published', { ...of, event_id: 'm', kind: 'attribution-model', document: JSON.stringify(model) }),
      11,
      PROJECTED + 52,
    )
    await land(event('definition-approved', { ...of, event_id: 'm1', function: 'marketing' }), 12, PROJECTED + 53)
    await projectStep(store, PROJECTED + 50, PROJECTED + 60)
    await writeProgress(store, 'projected_to', PROJECTED + 60)
    const models = async (): Promise<unknown> =>
      (await store.read(sql`SELECT has(models, 'ends@1') AS known FROM deal_conversions FINAL LIMIT 1`))[0]?.['known']
    expect(Number(await models())).toBe(0)
    expect(await land(event('definition-approved', { ...of, event_id: 'm2', function: 'sales' }), 13, PROJECTED + 55)).toBe(1)
    await projectStep(store, PROJECTED + 60, PROJECTED + 70)
    expect(Number(await models())).toBe(1)
  })

  it('and none of what comes in time is written down twice', async () => {
    expect(await land(touch('t3'), 2, PROJECTED + 80)).toBe(0)
    const [row] = await store.read(sql`SELECT count() AS n FROM changes WHERE event_id = 't3'`)
    expect(Number(row?.['n'])).toBe(1)
  })
})

describe('how far everything has landed', () => {
  const topic = 'accord.deals.v1'
  const ends = (at: number, ...offsets: readonly number[]) =>
    endsOf(
      at,
      offsets.map((offset, partition) => ({ topic, partition, offset })),
    )
  const landed = (partition: number, nextOffset: number, appendedAt: number) => ({ topic, partition, nextOffset, appendedAt })
  const clockSkewMs = 50

  it('is the last moment whose end landing has reached, though more has come since', () => {
    const asked = [ends(1000, 5), ends(1100, 5), ends(1200, 6)]
    expect(watermarkOf({ asked, landed: [landed(0, 5, 400)], clockSkewMs })).toBe(1050)
    expect(watermarkOf({ asked, landed: [landed(0, 6, 1150)], clockSkewMs })).toBe(1150)
  })

  it('is just before the last landed append time where no such moment is remembered', () => {
    expect(watermarkOf({ asked: [ends(1200, 9)], landed: [landed(0, 5, 400)], clockSkewMs })).toBe(399)
  })

  it('is the least of the partitions, and nothing while one with records has landed none', () => {
    const asked = [ends(1000, 5, 1), ends(1200, 6, 1)]
    expect(watermarkOf({ asked, landed: [landed(0, 5, 400), landed(1, 1, 10)], clockSkewMs })).toBe(950)
    expect(watermarkOf({ asked, landed: [landed(0, 6, 1150)], clockSkewMs })).toBe(0)
  })
})

describe('a touch of an account', () => {
  const AT = BEFORE + 10_000
  const versionOf = async (deal: string): Promise<number> =>
    Number(
      (await store.read(sql`SELECT max(version) AS version FROM deal_conversions WHERE deal_id = ${bind.string(deal)}`))[0]?.['version'],
    )

  it('computes the deals that are open or were open when it happened, and no other', async () => {
    const at = { occurred_at: (BEFORE + 1000) * 1000 }
    const deal = (id: string) => event('deal-created', { ...at, event_id: `made-${id}`, deal_id: id, account_id: 'b', stage: 'qualified' })
    const closed = (id: string, hours: number) =>
      event('deal-closed', {
        event_id: `closed-${id}`,
        occurred_at: (BEFORE + hours * 3_600_000) * 1000,
        deal_id: id,
        outcome: 'won',
        stage: 'won',
      })
    const said = [deal('open'), deal('early'), closed('early', 1), deal('late'), closed('late', 3)]
    for (const [index, each] of said.entries()) await land(each, 100 + index, AT + index)
    await projectStep(store, PROJECTED + 70, AT + 10)
    expect(await Promise.all(['open', 'early', 'late'].map(versionOf))).toEqual([AT + 10, AT + 10, AT + 10])

    const click = event('touch-recorded', {
      event_id: 'b1',
      occurred_at: (BEFORE + 2 * 3_600_000) * 1000,
      subject: 'account:b',
      touch_type: 'form',
      channel: 'email',
    })
    await land(click, 110, AT + 20)
    await projectStep(store, AT + 10, AT + 30)
    expect(await Promise.all(['open', 'early', 'late'].map(versionOf))).toEqual([AT + 30, AT + 10, AT + 30])

    // what is no response earns nothing
    await land({ ...click, event_id: 'b2', touch_type: 'impression' }, 111, AT + 40)
    await projectStep(store, AT + 30, AT + 50)
    expect(await Promise.all(['open', 'early', 'late'].map(versionOf))).toEqual([AT + 30, AT + 10, AT + 30])
  })
})
