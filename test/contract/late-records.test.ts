import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../services/domain/sql.ts'
import { createCodec } from '../../services/log/codec.ts'
import type { LogRecord } from '../../services/log/port.ts'
import { recordKey, subjectOf } from '../../services/log/record-key.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicNames } from '../../services/log/topics.ts'
import { addRecord, announceLate, newBatch, storeBatch } from '../../services/projector/land.ts'
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

  it('and none of what comes in time is written down twice', async () => {
    expect(await land(touch('t3'), 2, PROJECTED + 60)).toBe(0)
    const [row] = await store.read(sql`SELECT count() AS n FROM changes WHERE event_id = 't3'`)
    expect(Number(row?.['n'])).toBe(1)
  })
})
