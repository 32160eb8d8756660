import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { sql } from '../../services/domain/sql.ts'
import { excludeConflicts } from '../../services/projector/exclusions.ts'
import { newStepMemory, type StepMemory } from '../../services/projector/standing.ts'
import { projectStep } from '../../services/projector/step.ts'
import { event, subjectOf, topicOf } from '../support/event.ts'
import { landAll } from '../support/fact-rows.ts'
import { openFigureStore, type FigureStore } from '../support/figure-rows.ts'

const HISTORY = Date.UTC(2025, 0, 1) * 1000

/** History about one person, as its source knew it then. */
const past = (event_id: string): AccordEvent =>
  event('touch-recorded', { event_id, occurred_at: HISTORY, known_at: HISTORY, subject: 'person:p', touch_type: 'form' })
const turn = (type: 'backfill-opened' | 'tenant-went-live', event_id: string): AccordEvent =>
  event(type, { event_id, occurred_at: HISTORY })

describe('history that came while no backfill was open', () => {
  let figures: FigureStore
  let offset = 0
  beforeAll(async () => {
    figures = await openFigureStore()
  })
  afterAll(() => figures.close())

  /** Appends at a second, and projects up to it. */
  const append = async (second: number, said: AccordEvent): Promise<Awaited<ReturnType<typeof projectStep>>['letters']> => {
    offset += 1
    await landAll(figures.store, [
      { event: said, appended_at: second * 1000, topic: topicOf(said.type), partition: subjectOf(said).length % 3, offset },
    ])
    return (await projectStep(figures.store, (second - 1) * 1000, second * 1000)).letters
  }
  const counted = async (): Promise<readonly unknown[]> =>
    (await figures.rows(sql`SELECT touch_id FROM account_touches FINAL ORDER BY touch_id`)).map(row => row['touch_id'])

  it('is out until it is said again in the next backfill, and then counts once', async () => {
    const first = Date.UTC(2026, 0, 1) / 1000
    await append(first, turn('backfill-opened', 'o1'))
    await append(first + 1, past('early'))
    await append(first + 2, turn('tenant-went-live', 'l1'))
    expect(await counted()).toEqual(['early'])
    expect((await append(first + 3, past('late'))).map(({ code, eventId }) => [code, eventId])).toEqual([['backfill_closed', 'late']])
    expect((await append(first + 4, past('too-late'))).map(({ eventId }) => eventId)).toEqual(['too-late'])
    // said again while it is closed: still out
    await append(first + 5, past('late'))
    expect(await counted()).toEqual(['early'])

    await append(first + 6, turn('backfill-opened', 'o2'))
    await append(first + 7, past('late'))
    await append(first + 8, turn('tenant-went-live', 'l2'))
    expect(await counted()).toEqual(['early', 'late'])
    // looking at the same window again changes nothing
    const again = { from: (first + 7) * 1000, to: (first + 8) * 1000, whole: ['acme'], said: null }
    await excludeConflicts(figures.store, again, new Set(['tenant-went-live']))
    const [facts] = await figures.rows(sql`SELECT count() AS facts FROM touch_facts FINAL`)
    expect(Number(facts?.['facts'])).toBe(2)
  })
})

it.each([
  ['reads all that it stands on', newStepMemory],
  [
    'remembers what the one before stood on',
    (() => {
      const memory = newStepMemory()
      return () => memory
    })(),
  ],
])(
  'the end of a backfill that does not count, because its id was used before, ends nothing where a step %s',
  async (_, memoryOf: () => StepMemory) => {
    const figures = await openFigureStore()
    const first = Date.UTC(2026, 0, 1)
    const said = [turn('backfill-opened', 'o'), past('twice'), turn('tenant-went-live', 'twice'), past('meanwhile')]
    const steps: Awaited<ReturnType<typeof projectStep>>[] = []
    for (const [index, each] of said.entries()) {
      const to = first + (index + 1) * 1000
      await landAll(figures.store, [{ event: each, appended_at: to, topic: topicOf(each.type), partition: 0, offset: index }])
      steps.push(await projectStep(figures.store, to - 1000, to, memoryOf()))
    }
    expect(steps[2]?.letters).toMatchObject([{ code: 'id_conflict', type: 'tenant-went-live' }])
    expect(steps[3]?.projected).toBe(false)
    await figures.close()
  },
)
