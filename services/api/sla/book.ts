import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import {
  changedKeys,
  dealsReached,
  lifeBuckets,
  lifeEvents,
  lifeJourneys,
  lifeKnowledge,
  lifeTouches,
  type LivesQuestion,
  personsReached,
  slaRecords,
  wonDeals,
} from '../../domain/figures/sla-lives.ts'
import { type Clock, clocksOf, clocksOfWon, type Kept } from '../../domain/sla/clocks.ts'
import { excusedClocks, livesOf, type SlaRecords, slaRecordsOf, wonDealsOf } from '../../domain/sla/from-rows.ts'
import { type SlaUnder, slaUnder } from '../../domain/sla/under.ts'
import { bind, type Sql, sql } from '../../domain/sql.ts'
import type { ReadOptions, Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

/** All clocks of a tenant as known at an instant, with what was said about them. */
export type SlaBook = {
  readonly under: SlaUnder
  readonly records: SlaRecords
  readonly excused: ReadonlySet<string>
  /** In the order of their persons, then their deals. */
  readonly people: ReadonlyMap<string, Kept>
  readonly won: ReadonlyMap<string, readonly Clock[]>
}

export type SlaBooks = { readonly of: (context: AnswerContext) => Promise<SlaBook> }

type Held = { readonly book: SlaBook; readonly at: number; readonly key: string; readonly membersKey: string }

/** Above this many changed things everything is read anew. */
const MOST_CHANGES = 5_000
const MOST_TRAVELLED = 4
const LIMITS: ReadOptions = { maxSeconds: 120, maxMemoryBytes: 4 * 1024 ** 3 }
const ChangedRow = z.object({ kind: z.string(), key: z.string() })
const PersonRow = z.object({ person: z.string() })

/** Records that touch nobody's clock but that of the persons whom they are about. */
const isOfOne = (key: string): boolean => key.startsWith('person:') || key.startsWith('account:')
/** Kinds of changes that reach persons by the tables; of everything else (exclusions, names of campaigns, consents) anybody can be reached. */
const REACHING = new Set(['touch', 'lead', 'deal', 'link', 'record'])

/**
 * Holds the clocks of each tenant between answers. A clock keeps instants, so that nothing is computed because time passes; after a change only the persons whom it
 * can reach are read again. Nothing is held that others would need: a process without it reads everything.
 */
export const createSlaBooks = ({ store }: { readonly store: Store }): SlaBooks => {
  const live = new Map<string, Promise<Held>>()
  const travelled = new Map<string, Promise<SlaBook>>()
  const texts = new WeakMap<Definitions, string>()

  const keyOf = (definitions: Definitions): string => {
    const text = texts.get(definitions) ?? createHash('sha256').update(JSON.stringify(definitions)).digest('hex')
    texts.set(definitions, text)
    return text
  }
  const rows = (statement: Sql) => store.read(statement, LIMITS)

  const lives = async (question: LivesQuestion, { members }: SlaRecords) => {
    const [journeys, events, touches, known, buckets] = await Promise.all([
      rows(lifeJourneys(question)),
      rows(lifeEvents(question)),
      rows(lifeTouches(question)),
      rows(lifeKnowledge(question)),
      rows(lifeBuckets(question)),
    ])
    return livesOf({ journeys, events, touches, known, buckets }, members, question.definitions)
  }

  const whole = async ({ sources, definitions }: AnswerContext, records: SlaRecords): Promise<SlaBook> => {
    const question: LivesQuestion = { sources, definitions, persons: null, deals: null }
    const under = slaUnder(definitions, records.members)
    const [all, won] = await Promise.all([lives(question, records), rows(wonDeals(question))])
    return {
      under,
      records,
      excused: excusedClocks(records.excuses),
      people: new Map(all.map(life => [life.person, clocksOf(life, under)])),
      won: new Map(wonDealsOf(won, records.members, definitions).map(deal => [deal.dealId, clocksOfWon(deal, under)])),
    }
  }

  const read = async (context: AnswerContext): Promise<Held> => {
    const records = slaRecordsOf(await rows(slaRecords(context.sources)))
    return { book: await whole(context, records), at: context.watermark, key: keyOf(context.definitions), membersKey: textOf(records) }
  }

  const textOf = ({ members }: SlaRecords): string => JSON.stringify([...members])

  /** The book of an earlier watermark, with what was recorded since. */
  const forward = async (held: Held, context: AnswerContext): Promise<Held> => {
    const { tenant, watermark, sources, definitions, keptSince } = context
    if (held.key !== keyOf(definitions) || watermark < held.at) return read(context)
    if (keptSince !== null && keptSince <= held.at) return { ...held, at: watermark }
    const changed = (
      await rows(changedKeys(bind.string(tenant), bind.instant(held.at), bind.instant(watermark), bind.uint(MOST_CHANGES + 1)))
    ).map(row => ChangedRow.parse(row))
    if (changed.length === 0) return { ...held, at: watermark }
    if (changed.length > MOST_CHANGES || changed.some(({ kind }) => !REACHING.has(kind))) return read(context)
    const records = changed.some(({ kind, key }) => kind === 'record' && !isOfOne(key))
      ? slaRecordsOf(await rows(slaRecords(sources)))
      : held.book.records
    if (textOf(records) !== held.membersKey) return read(context)
    const keys = (of: (change: z.output<typeof ChangedRow>) => boolean): readonly string[] => changed.filter(of).map(({ key }) => key)
    const touched = keys(({ kind }) => kind === 'touch' || kind === 'lead' || kind === 'link')
    const reach = { after: held.at, touched, records: keys(({ kind, key }) => kind === 'record' && isOfOne(key)) }
    const persons = (await rows(personsReached(sources, reach))).map(row => PersonRow.parse(row).person)
    if (persons.length > MOST_CHANGES) return read(context)
    const question: LivesQuestion = {
      sources,
      definitions,
      persons: sql`SELECT arrayJoin(${bind.strings(persons)}) AS subject`,
      deals: dealsReached(sources, reach),
    }
    const { under } = held.book
    const [some, won] = await Promise.all([lives(question, records), rows(wonDeals(question))])
    const people = new Map(held.book.people)
    for (const person of persons) people.delete(person)
    for (const life of some) people.set(life.person, clocksOf(life, under))
    const deals = new Map(held.book.won)
    for (const deal of wonDealsOf(won, records.members, definitions)) deals.set(deal.dealId, clocksOfWon(deal, under))
    return { ...held, at: watermark, book: { under, records, excused: excusedClocks(records.excuses), people, won: deals } }
  }

  const ofLive = async (context: AnswerContext): Promise<SlaBook> => {
    const { tenant } = context
    const before = live.get(tenant)
    // one after the other: each starts from what the one before it has read
    const next =
      before === undefined ? read(context) : before.catch(() => null).then(held => (held === null ? read(context) : forward(held, context)))
    live.set(tenant, next)
    next.catch(() => (live.get(tenant) === next ? live.delete(tenant) : false))
    return (await next).book
  }

  const ofPast = (context: AnswerContext): Promise<SlaBook> => {
    const key = `${context.tenant} ${context.observedTo} ${keyOf(context.definitions)}`
    const known = travelled.get(key) ?? read(context).then(({ book }) => book)
    travelled.delete(key)
    travelled.set(key, known)
    known.catch(() => travelled.delete(key))
    const [oldest] = travelled.keys()
    if (travelled.size > MOST_TRAVELLED && oldest !== undefined) travelled.delete(oldest)
    return known
  }

  return { of: context => (context.keptSince === null ? ofPast(context) : ofLive(context)) }
}

const inOrder = new WeakMap<SlaBook, readonly Clock[]>()

/** Every clock, in the order of due instants. */
export const clocksIn = (book: SlaBook): readonly Clock[] => {
  const known = inOrder.get(book)
  if (known !== undefined) return known
  const clocks: Clock[] = []
  for (const kept of book.people.values()) clocks.push(...kept.clocks)
  for (const won of book.won.values()) clocks.push(...won)
  clocks.sort((a, b) => a.dueAt - b.dueAt || a.startAt - b.startAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  inOrder.set(book, clocks)
  return clocks
}
