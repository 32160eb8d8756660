import * as fc from 'fast-check'
import type { Recorded } from '../oracles/recorded.ts'
import { CAMPAIGN_NAMES, exceptionStories } from './company-exceptions.ts'
import { familyStories } from './company-families.ts'
import {
  accountStory,
  aliasStory,
  type Cast,
  DAY,
  dealStory,
  HOUR,
  LAST_DAY,
  personStory,
  type Teller,
  type Told,
  touchStory,
} from './company-stories.ts'
import { type Dice, diceOf } from './dice.ts'
import { event, subjectOf, TENANT, topicOf } from './event.ts'

export type CompanyOptions = {
  readonly seed: number
  /** About how many recordings. */
  readonly size: number
  readonly tenant?: string
  /** No two events, and no corrected touch, at the same instant: what arrival in another order may be tested with. Default false: ties abound. */
  readonly distinctOccurredAt?: boolean
  /**
   * `live` (default): an event is appended when it becomes known. `backfill`: all are appended one millisecond after the other once
   * the last is known, and each carries `known_at`; who sends them adds `tenant-went-live`.
   */
  readonly history?: 'live' | 'backfill'
  /** Values are taken away too: cleared fields, deals of no account, owner, amount or date; default false. */
  readonly emptied?: boolean
  /** Records and touches are excluded, campaigns have several names, persons give and withdraw consent; default false. */
  readonly exceptions?: boolean
  /** Accounts stand under others, persons have personas; default false. */
  readonly families?: boolean
}

/** The first day of every generated company, µs. */
export const COMPANY_START = Date.UTC(2025, 0, 6) * 1000

/**
 * A company's whole history in the order of the log; the same options tell the same story. Events are as the log has them, so
 * `email:` nodes carry hashes: they are appended, not sent to the collector, which wants addresses there.
 */
export const generateCompany = (options: CompanyOptions): readonly Recorded[] => {
  const dice = diceOf(options.seed)
  const tenant = options.tenant ?? TENANT
  const cast = castOf(options)
  const teller = tellerOf(dice, cast, tenant, options)
  const told: Told[] = [
    {
      ...teller.tell('tenant-configured', {
        occurred_at: COMPANY_START,
        zone: dice.pick(['UTC', 'Europe/Berlin', 'America/New_York']),
        currency: 'EUR',
        lawful_basis: options.exceptions === true ? dice.pick(['', '', 'none', 'legitimate-interest']) : '',
      }),
      delayMs: 0,
    },
    ...cast.accounts.flatMap(account => accountStory(teller, account)),
    ...cast.persons.flatMap(person => personStory(teller, person)),
    ...cast.aliases.flatMap(alias => aliasStory(teller, alias)),
    ...cast.deals.flatMap(deal => dealStory(teller, deal)),
  ]
  while (told.length < options.size * 0.94) told.push(...touchStory(teller))
  if (options.exceptions === true) told.push(...exceptionStories(teller, told))
  if (options.families === true) told.push(...familyStories(teller))

  const heard = told.flatMap(one => [{ said: one, at: learnt(one) }, ...heardAgain(dice, one)]).toSorted((a, b) => a.at - b.at)
  const last = Math.max(heard.at(-1)?.at ?? 0, (COMPANY_START + (LAST_DAY + 1) * DAY) / 1000) + 1
  // a record of an erased person is refused, so erasure is the last that is heard
  const erased = cast.persons
    .filter(() => dice.chance(12))
    .map(person_id => ({ ...teller.tell('person-erased', { occurred_at: teller.day(300, LAST_DAY), person_id }), delayMs: 0 }))
  const all = [...heard, ...erased.map((said, index) => ({ said, at: last + index }))]
  if (options.history !== 'backfill') return placed(all.map(({ said, at }) => ({ event: said.event, at })))
  return placed(
    all.map(({ said, at }, index) => ({ event: { ...said.event, known_at: at * 1000 }, at: (all.at(-1)?.at ?? 0) + 1000 + index })),
  )
}

const pool = (count: number, name: string): readonly string[] =>
  Array.from({ length: Math.max(2, Math.round(count)) }, (_, i) => `${name}${i + 1}`)

const castOf = ({ size, exceptions = false }: CompanyOptions): Cast => {
  const persons = pool(size / 25, 'p')
  return {
    persons,
    accounts: pool(size / 40, 'a'),
    deals: pool(size / 50, 'd'),
    aliases: [
      ...pool(size / 25, 'anonymous:c'),
      ...pool(size / 60, 'salesforce:003'),
      ...persons.filter((_, i) => i % 3 === 0).map((_, i) => `email:${(i + 1).toString(16).padStart(64, '0')}`),
    ],
    domains: pool(size / 70 + 1, 'd').map(name => `${name}.example`),
    campaigns: exceptions ? CAMPAIGN_NAMES : pool(3, 'campaign-'),
    owners: pool(4, 'm'),
  }
}

const tellerOf = (dice: Dice, cast: Cast, tenant: string, { distinctOccurredAt = false, emptied = false }: CompanyOptions): Teller => {
  const taken = new Set<number>()
  const own = (instant: number): number => {
    if (!distinctOccurredAt) return instant
    let free = instant
    while (taken.has(free)) free += 1
    taken.add(free)
    return free
  }
  let told = 0
  return {
    dice,
    cast,
    emptied,
    // on the hour, so that instants meet
    day: (from, to) => own(COMPANY_START + dice.between(from, to) * DAY + dice.between(0, 23) * HOUR),
    after: (at, plus) => own(at + plus),
    tell: (type, telling) => {
      told += 1
      // ids in no order of time
      const event_id = `${type}-${((told * 7919) % 100_003).toString(36)}-${told}`
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the story leaves out is added here
      const whole = { ...telling, tenant, event_id } as Parameters<typeof event<typeof type>>[1]
      return { event: event(type, whole), delayMs: delay(dice) }
    },
  }
}

/** Mostly seconds, often days, sometimes months. */
const delay = (dice: Dice): number => {
  const percent = dice.between(1, 100)
  if (percent <= 60) return dice.between(0, 60) * 1000
  return percent <= 85 ? dice.between(1, 72) * 3_600_000 : dice.between(5, 200) * 86_400_000
}

const learnt = ({ event: said, delayMs }: Told): number => Math.floor(said.occurred_at / 1000) + delayMs

type Heard = { readonly said: Told; readonly at: number }

/** Sent again as it was, sent again with other words, or its id used for something else; never two of them at one instant, because the first counts. */
const heardAgain = (dice: Dice, one: Told): readonly Heard[] => {
  const at = learnt(one) + dice.between(0, 30) * 86_400_000
  const again: Heard[] = dice.chance(4) ? [{ said: one, at }] : []
  const { event: said } = one
  if (said.type === 'touch-recorded' && dice.chance(2)) again.push({ said: { ...one, event: { ...said, channel: 'event' } }, at: at + 1 })
  if (said.type === 'touch-recorded' && dice.chance(2))
    again.push({ said: { ...one, event: { ...said, subject: 'anonymous:c1' } }, at: at + 2 })
  if (said.type === 'touch-recorded' && dice.chance(1)) {
    const { event_id, tenant, occurred_at } = said
    again.push({ said: { ...one, event: event('lead-created', { event_id, tenant, occurred_at, person_id: 'p1' }) }, at: at + 3 })
  }
  return again
}

type Appended = { readonly event: Recorded['event']; readonly at: number }

/** Three partitions a topic; appended in the order given, offsets dense. */
const placed = (events: readonly Appended[]): readonly Recorded[] => {
  const ends = new Map<string, number>()
  return events.map(({ event: said, at }) => {
    const topic = topicOf(said.type)
    const partition = Buffer.from(subjectOf(said)).reduce((sum, byte) => sum + byte, 0) % 3
    const offset = ends.get(`${topic}-${partition}`) ?? 0
    ends.set(`${topic}-${partition}`, offset + 1)
    return { event: said, appended_at: at, topic, partition, offset }
  })
}

const erases = ({ event: said }: Recorded): boolean => said.type === 'person-erased'

/**
 * The same recordings, arriving in another order at the same instants. Where the order of arrival decides by law it is kept: what
 * came under an id already used comes last, and erasures after everything.
 */
export const shuffleArrival = (recorded: readonly Recorded[], seed: number): readonly Recorded[] => {
  const dice = diceOf(seed)
  const inOrder = recorded.toSorted((a, b) => a.appended_at - b.appended_at)
  const first = new Map(inOrder.toReversed().map(({ event: said }) => [JSON.stringify([said.tenant, said.event_id]), said]))
  const differs = ({ event: said }: Recorded): boolean => said !== first.get(JSON.stringify([said.tenant, said.event_id]))
  const free = inOrder.filter(one => !differs(one) && !erases(one))
  const shuffled = [...dice.shuffle(free), ...inOrder.filter(one => differs(one) && !erases(one)), ...inOrder.filter(erases)]
  return placed(shuffled.map(({ event: said }, index) => ({ event: said, at: inOrder[index]?.appended_at ?? 0 })))
}

/** Instants (ms) worth asking about: just before and at `count` appends or backfilled knowledge, and after the last. */
export const knowledgeInstants = (recorded: readonly Recorded[], count: number, seed = 1): readonly number[] => {
  const dice = diceOf(seed)
  const known = recorded.map(({ event: said, appended_at }) => (said.known_at === null ? appended_at : Math.floor(said.known_at / 1000)))
  const some = dice.shuffle([...new Set(known)]).slice(0, count)
  const end = Math.max(0, ...recorded.map(({ appended_at }) => appended_at))
  return [...new Set([...some.flatMap(at => [at - 1, at]), end])].toSorted((a, b) => a - b)
}

export type HistoryOptions = Omit<CompanyOptions, 'seed' | 'size'> & { readonly maxSize?: number }

/**
 * Histories for laws: a company, and some part of what was said about it, so that every event may be the one that is missing.
 * Shrinks by leaving events out.
 */
export const histories = ({ maxSize = 120, ...options }: HistoryOptions = {}): fc.Arbitrary<readonly Recorded[]> =>
  fc
    .noShrink(fc.tuple(fc.nat(2 ** 31 - 1), fc.integer({ min: 10, max: maxSize })))
    .chain(([seed, size]) => fc.subarray([...generateCompany({ ...options, seed, size })]))
