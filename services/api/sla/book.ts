import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import {
  accountsOf,
  aliasesOf,
  changedKeys,
  lifeBuckets,
  lifeEvents,
  lifeJourneys,
  lifeKnowledge,
  lifeTouches,
  type LivesQuestion,
  ofAccounts,
  personsReached,
  slaRecords,
  wonDeals,
  wordyEvents,
} from '../../domain/figures/sla-lives.ts'
import type { Clock } from '../../domain/sla/clock.ts'
import { clocksOf, clocksOfWon, type Kept } from '../../domain/sla/clocks.ts'
import { excusedClocks, livesOf, type SlaRecords, slaRecordsOf, wonDealsOf } from '../../domain/sla/from-rows.ts'
import type { Life } from '../../domain/sla/lives.ts'
import { type SlaUnder, slaUnder } from '../../domain/sla/under.ts'
import { bind, type Sql } from '../../domain/sql.ts'
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

const inOrder = new WeakMap<SlaBook, readonly Clock[]>()
const byDue = (a: Clock, b: Clock): number => a.dueAt - b.dueAt || a.startAt - b.startAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** Above this many changed things everything is read anew. */
const MOST_CHANGES = 5_000
const MOST_TRAVELLED = 4
const LIMITS: ReadOptions = { maxSeconds: 120, maxMemoryBytes: 4 * 1024 ** 3 }
/** What a change reaches is little: threads and compiled expressions cost more than they save. */
const SMALL: ReadOptions = { ...LIMITS, settings: { max_threads: 1, compile_expressions: 0, compile_aggregate_expressions: 0 } }
const ChangedRow = z.object({ kind: z.string(), key: z.string() })
const PersonRow = z.object({ person: z.string() })
const PlaceRow = z.object({ root: z.string(), account: z.string() })
const SubjectRow = z.object({ subject: z.string() })
const EventRow = z.object({ event_id: z.string() })
const AccountRow = z.object({ account: z.string() })

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
  const rows = (statement: Sql, options = LIMITS) => store.read(statement, options)

  const lives = async (context: AnswerContext, persons: readonly string[] | null, { members }: SlaRecords): Promise<readonly Life[]> => {
    const { sources, definitions } = context
    const named = persons === null ? null : { persons, subjects: [], accounts: [], eventIds: [] }
    const [journeys, aliases, said] =
      named === null
        ? [null, [], []]
        : await Promise.all([
            rows(lifeJourneys({ sources, definitions, of: named }), SMALL),
            rows(aliasesOf(sources, named.persons), SMALL),
            rows(wordyEvents({ sources, of: named }), SMALL),
          ])
    const placed = (journeys ?? []).map(row => PlaceRow.parse(row))
    const of =
      named === null
        ? null
        : {
            ...named,
            subjects: [
              ...new Set([...named.persons, ...placed.map(({ root }) => root), ...aliases.map(row => SubjectRow.parse(row).subject)]),
            ],
            accounts: [...new Set(placed.map(({ account }) => account))],
            eventIds: said.map(row => EventRow.parse(row).event_id),
          }
    const question: LivesQuestion = { sources, definitions, of }
    const limits = persons === null ? LIMITS : SMALL
    const [all, events, touches, known, buckets] = await Promise.all([
      journeys ?? rows(lifeJourneys(question)),
      rows(lifeEvents(question), limits),
      rows(lifeTouches(question), limits),
      rows(lifeKnowledge(question), limits),
      rows(lifeBuckets(question), limits),
    ])
    return livesOf({ journeys: all, events, touches, known, buckets }, members, definitions)
  }

  const whole = async (context: AnswerContext, records: SlaRecords): Promise<SlaBook> => {
    const { sources, definitions } = context
    const under = slaUnder(definitions, records.members)
    const [all, won] = await Promise.all([lives(context, null, records), rows(wonDeals({ sources, definitions }, null))])
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

  /** Won deals by now: where no deal and nobody's place has changed, anew only those whose accounts were touched. */
  const wonNow = async (
    { book }: Held,
    { sources, definitions }: AnswerContext,
    { touched, isDeal }: { readonly touched: readonly string[]; readonly isDeal: boolean },
  ): Promise<SlaBook['won']> => {
    const { under, records } = book
    const accounts =
      touched.length === 0 || isDeal ? [] : (await rows(accountsOf(sources, touched), SMALL)).map(row => AccountRow.parse(row).account)
    const known = new Set([...book.won.values()].flatMap(clocks => clocks.map(({ account }) => account)))
    if (!isDeal && !accounts.some(account => known.has(account))) return book.won
    const found = wonDealsOf(
      await rows(wonDeals({ sources, definitions }, isDeal ? null : ofAccounts(accounts))),
      records.members,
      definitions,
    )
    const made = found.map(deal => [deal.dealId, clocksOfWon(deal, under)] as const)
    return new Map(isDeal ? made : [...book.won, ...made])
  }

  /** The book of an earlier watermark, with what was recorded since. */
  const forward = async (held: Held, context: AnswerContext): Promise<Held> => {
    const { tenant, watermark, sources, definitions, keptSince } = context
    if (held.key !== keyOf(definitions) || watermark < held.at) return read(context)
    if (keptSince !== null && keptSince <= held.at) return { ...held, at: watermark }
    const changed = (
      await rows(changedKeys(bind.string(tenant), bind.instant(held.at), bind.instant(watermark), bind.uint(MOST_CHANGES + 1)), SMALL)
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
    const persons = (await rows(personsReached(sources, reach), SMALL)).map(row => PersonRow.parse(row).person)
    if (persons.length > MOST_CHANGES) return read(context)
    const { under } = held.book
    const [some, won] = await Promise.all([
      lives(context, persons, records),
      wonNow(held, context, { touched, isDeal: changed.some(({ kind }) => kind === 'deal' || kind === 'link') }),
    ])
    const people = new Map(held.book.people)
    for (const person of persons) people.delete(person)
    const again = some.map(life => [life.person, clocksOf(life, under)] as const)
    for (const [person, kept] of again) people.set(person, kept)
    const book = { under, records, excused: excusedClocks(records.excuses), people, won }
    const known = inOrder.get(held.book)
    // the rest stays in its order: two sorted runs are one soon
    if (known !== undefined && won === held.book.won) {
      const reached = new Set(persons)
      const added = again.flatMap(([, { clocks }]) => clocks).toSorted(byDue)
      inOrder.set(book, [...known.filter(({ person }) => !reached.has(person)), ...added].toSorted(byDue))
    }
    return { ...held, at: watermark, book }
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

/** Every clock, in the order of due instants. */
export const clocksIn = (book: SlaBook): readonly Clock[] => {
  const known = inOrder.get(book)
  if (known !== undefined) return known
  const clocks: Clock[] = []
  for (const kept of book.people.values()) clocks.push(...kept.clocks)
  for (const won of book.won.values()) clocks.push(...won)
  clocks.sort(byDue)
  inOrder.set(book, clocks)
  return clocks
}
