import { type Chance, createChance } from './chance.ts'
import { DAY, MINUTE } from './calendar.ts'
import { type Market, createMarket } from './market.ts'
import { type Staff, createStaff } from './staff.ts'
import { type Campaign, createCampaigns } from './campaigns.ts'
import type { Story } from './story.ts'

export type EventData = Readonly<Record<string, unknown>>

/** An event that will be told on the day it becomes known. */
type Pending = {
  readonly type: string
  readonly id: string
  readonly occurred: number
  readonly known: number
  readonly source: string
  readonly data: EventData
}

/** One event as `POST /v1/events` takes it from a backfill credential. */
export type InputEvent = {
  readonly type: string
  readonly event_id: string
  readonly occurred_at: string
  readonly known_at: string
  readonly source: string
  readonly data: EventData
}

/** With an `id` of its own an event leaves the numbers of all others as they are. */
export type Emit = (type: string, occurred: number, known: number, source: string, data: EventData, id?: string) => string

export type World = {
  readonly seed: number
  readonly scale: number
  readonly story: Story
  readonly chance: Chance
  readonly market: Market
  readonly staff: Staff
  readonly campaigns: readonly Campaign[]
  /** Tells an event, now or later; what becomes known after the end is never told. Returns its id. */
  readonly emit: Emit
  /** Does something on a later day with what is true then; after the end it never happens. */
  readonly onDay: (instant: number, task: (day: number) => void) => void
  /** The next number of a kind of thing, from 1. */
  readonly count: (kind: string) => number
  /** Touches handed over so far. */
  readonly touchesTold: () => number
  /** How many touches this day has so far, told before it began. */
  readonly touchesOn: (day: number) => number
  /** Runs the tasks of a day, then hands over what becomes known on it, in order. */
  readonly runTasks: (day: number) => void
  readonly take: (day: number) => readonly InputEvent[]
}

export const createWorld = (seed: number, scale: number, story: Story): World => {
  const chance = createChance(seed)
  // ids say which demo they are of, so that two demos in one log never claim the same event id
  const prefix = `demo${seed.toString(36)}.${(story.end / DAY).toString(36)}`
  const days = Math.round((story.end - story.start) / DAY)
  const pending: (Pending[] | undefined)[] = Array.from({ length: days }, () => undefined)
  const tasks: (((day: number) => void)[] | undefined)[] = Array.from({ length: days }, () => undefined)
  const counts = new Map<string, number>()
  let told = 0
  let touches = 0

  const index = (instant: number): number => Math.floor((instant - story.start) / DAY)

  const emit: Emit = (type, occurred, known, source, data, own) => {
    if (own === undefined) told++
    const id = `${prefix}-${own ?? told.toString(36)}`
    // what is older than the story comes with the first day's import of the old systems
    const knownAt = known < story.start ? story.start + 2 * MINUTE + told : Math.round(known)
    if (knownAt >= story.end) return id
    const day = index(knownAt)
    let bucket = pending[day]
    if (bucket === undefined) pending[day] = bucket = []
    bucket.push({ type, id, occurred: Math.round(occurred), known: knownAt, source, data })
    return id
  }

  return {
    seed,
    scale,
    story,
    chance,
    market: createMarket(seed, scale, story),
    staff: createStaff(scale, story),
    campaigns: createCampaigns(story),
    emit,
    onDay: (instant, task) => {
      const day = Math.max(0, index(instant))
      if (day >= days) return
      let bucket = tasks[day]
      if (bucket === undefined) tasks[day] = bucket = []
      bucket.push(task)
    },
    count: kind => {
      const next = (counts.get(kind) ?? 0) + 1
      counts.set(kind, next)
      return next
    },
    touchesTold: () => touches,
    touchesOn: day => {
      let count = 0
      for (const event of pending[index(day)] ?? []) if (event.type === 'touch-recorded') count++
      return count
    },
    runTasks: day => {
      const bucket = tasks[index(day)]
      if (bucket === undefined) return
      // a task may add another one for the same day
      for (let i = 0; i < bucket.length; i++) bucket[i]?.(day)
      tasks[index(day)] = undefined
    },
    take: day => {
      const bucket = pending[index(day)] ?? []
      pending[index(day)] = undefined
      bucket.sort((a, b) => a.known - b.known) // stable: equal instants keep the order of telling
      for (const event of bucket) if (event.type === 'touch-recorded') touches++
      return bucket.map(event => ({
        type: event.type,
        event_id: event.id,
        occurred_at: new Date(event.occurred).toISOString(),
        known_at: new Date(event.known).toISOString(),
        source: event.source,
        data: event.data,
      }))
    },
  }
}

/**
 * Draws that stay close to what is expected: the more a kind of thing has happened too rarely, the likelier it gets. So a company has
 * its 1,500 deals under every seed, and still no two weeks are alike.
 */
export type Quota = (probability: number) => boolean

export const createQuota = (chance: Chance): Quota => {
  let owed = 0
  return probability => {
    const adjusted = Math.min(1, Math.max(0, probability + 0.08 * owed))
    const happened = probability > 0 && chance.float() < adjusted
    owed += probability - (happened ? 1 : 0)
    return happened
  }
}
