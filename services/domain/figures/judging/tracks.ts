import { leavesOf, type Leaf, type Predicate, type TouchSelector } from '../../definitions/predicate.ts'
import { bind, joinSql, type Sql, sql } from '../../sql.ts'
import { attributeTruth, type Chunk, chunksOf, greatestOf, isOfAttributes, leastOf } from './attributes.ts'

/**
 * What a predicate reads changes only at instants: a touch, a touch that becomes too old, something that is said. A track is a whole number, never below zero, that rises and
 * falls at such instants; a predicate is an expression over tracks. So a person is judged over all time by adding up, without looking back from every touch. Several tracks
 * share the bits of one sum, and what moves them has a number, its code, so that a person's life is one list of whole numbers.
 */
type Step = {
  /** Milliseconds after the touch. */
  readonly after: number
  readonly code: number
}

/** Whose touches move a track, and how when. */
type Pulse = { readonly selector: number; readonly onceADay: boolean; readonly steps: readonly Step[] }
/** One more channel from its first touch on, one less when its last is too old. */
type Channels = { readonly selector: number; readonly windowMs: number; readonly more: number; readonly less: number }
/** Truth of a predicate about attributes: `codes[truth after - truth before + 2]`. */
type Condition = { readonly truth: Sql; readonly codes: number }

/** All conditions of the predicates that are judged together, each once. */
export type Plan = {
  readonly selectors: readonly TouchSelector[]
  readonly chunks: readonly Chunk[]
  readonly pulses: readonly Pulse[]
  readonly channels: readonly Channels[]
  readonly conditions: readonly Condition[]
  /** For each sum what every code adds to it; the code 0 adds nothing. */
  readonly sums: readonly (readonly bigint[])[]
  /** Kleene truth as 0 false, 1 unknown, 2 true, over the lambda arguments of the sums. */
  readonly truthOf: (predicate: Predicate, of: Judged) => Sql
}

/** What was judged already where stage rules are: expressions of fit (0, 1, 2) and readiness (0 unready, 1 sales-ready, 2 hand-raiser); null inside those. */
type Judged = { readonly fit: Sql; readonly readiness: Sql } | null

const READY = ['unready', 'sales-ready', 'hand-raiser']
const DAY_MS = 86_400_000

/** Of one person at most so many touches are looked at, the latest: a track of them fits into its bits. */
export const MOST_TOUCHES_BITS = 20
/** Of a sum, which has a sign. */
const SUM_BITS = 63
const MAX_CODES = 65_535

/** Points of one touch over time: all of them, half after each so many days, none after the window. */
type Fade = { readonly after: number; readonly by: number }
type Rule = { readonly touches: TouchSelector; readonly onceADay: boolean; readonly fades: readonly Fade[] }

/** The lambda argument of a sum. */
export const sumName = (place: number): Sql => ({ parts: [`a${place}`] })

/** Where a track lies: in which sum, from which bit on, how many. */
type Place = { readonly sum: number; readonly from: number; readonly bits: number }

/** Lays out the tracks of these predicates. Throws `RangeError` when they read more than can be judged in one go. */
export const planOf = (predicates: readonly Predicate[]): Plan => {
  const selectors: TouchSelector[] = []
  const pulses: Pulse[] = []
  const channels: Channels[] = []
  const conditions: Condition[] = []
  const added: { readonly sum: number; readonly by: bigint }[] = [{ sum: 0, by: 0n }]
  const filled: number[] = []
  const places = new Map<string, Place>()
  const chunks = chunksOf(predicates.flatMap(leavesOf))

  const selectorOf = (selector: TouchSelector): number => {
    const key = JSON.stringify(selector)
    const found = selectors.findIndex(other => JSON.stringify(other) === key)
    return found >= 0 ? found : selectors.push(selector) - 1
  }
  const codeOf = ({ sum, from }: Place, by: number): number => added.push({ sum, by: BigInt(by) * 2n ** BigInt(from) }) - 1
  const newPlace = (bits: number): Place => {
    const found = filled.findIndex(used => used + bits <= SUM_BITS)
    const sum = found >= 0 ? found : filled.push(0) - 1
    const from = filled[sum] ?? 0
    filled[sum] = from + bits
    return { sum, from, bits }
  }
  /** The value of a track, which is laid out when it is asked for the first time. */
  const valueOf = (key: string, most: number, layOut: (place: Place) => void): Sql => {
    let place = places.get(key)
    if (place === undefined) {
      place = newPlace(Math.ceil(Math.log2(most + 1)))
      places.set(key, place)
      layOut(place)
    }
    const { sum, from, bits } = place
    return sql`bitAnd(bitShiftRight(${sumName(sum)}, ${bind.uint(from)}), ${bind.int(2n ** BigInt(bits) - 1n)})`
  }

  const pulsesValue = (rules: readonly Rule[]): Sql =>
    valueOf(JSON.stringify(rules), 2 ** MOST_TOUCHES_BITS * rules.reduce((all, { fades }) => all + (fades[0]?.by ?? 0), 0), place => {
      for (const { touches, onceADay, fades } of rules)
        pulses.push({ selector: selectorOf(touches), onceADay, steps: fades.map(({ after, by }) => ({ after, code: codeOf(place, by) })) })
    })
  const channelsValue = (touches: TouchSelector, windowMs: number): Sql =>
    valueOf(JSON.stringify([touches, windowMs]), 2 ** MOST_TOUCHES_BITS, place => {
      channels.push({ selector: selectorOf(touches), windowMs, more: codeOf(place, 1), less: codeOf(place, -1) })
    })
  const conditionValue = (predicate: Predicate): Sql => {
    const value = valueOf(JSON.stringify(predicate), 3, place => {
      const [codes = 0] = [-2, -1, 0, 1, 2].map(by => codeOf(place, by))
      conditions.push({ truth: attributeTruth(chunks, predicate), codes })
    })
    return sql`toUInt8(${value})`
  }

  const counted = (leaf: Leaf, of: Judged): Sql => {
    switch (leaf.op) {
      case 'touches': {
        const fades = [
          { after: 0, by: 1 },
          { after: leaf.within_days * DAY_MS, by: -1 },
        ]
        return atLeast(pulsesValue([{ touches: leaf.touches, onceADay: leaf.once_a_day, fades }]), leaf.at_least)
      }
      case 'channels':
        return atLeast(channelsValue(leaf.touches, leaf.within_days * DAY_MS), leaf.at_least)
      case 'points': {
        const groups = leaf.groups.map(({ limit, rules }) =>
          limited(
            pulsesValue(
              rules.map(rule => ({
                touches: rule.touches,
                onceADay: rule.once_a_day,
                fades: fading(rule.points, rule.within_days, rule.halve_every_days),
              })),
            ),
            limit,
          ),
        )
        return atLeast(joinSql(groups, ' + '), leaf.at_least)
      }
      case 'fit': {
        const fit = judged(of).fit
        return leaf.is === 'good' ? fit : sql`toUInt8(2 - ${fit})`
      }
      case 'bucket': {
        const { fit, readiness } = judged(of)
        const any = leaf.values.map(bucket => {
          const [good, ready = ''] = bucket.split('/')
          return sql`bitShiftLeft(bitAnd(${fit} ${good === 'good' ? sql`=` : sql`!=`} 2, ${readiness} = ${bind.uint(READY.indexOf(ready))}), 1)`
        })
        return greatestOf(any)
      }
      default:
        return conditionValue(leaf)
    }
  }

  const truthOf = (predicate: Predicate, of: Judged): Sql => {
    if (isOfAttributes(predicate)) return conditionValue(predicate)
    switch (predicate.op) {
      case 'all':
        return leastOf(predicate.of.map(part => truthOf(part, of)))
      case 'any':
        return greatestOf(predicate.of.map(part => truthOf(part, of)))
      case 'not':
        return sql`toUInt8(2 - ${truthOf(predicate.of, of)})`
      default:
        return counted(predicate, of)
    }
  }

  // every condition gets its track before anybody asks for one
  for (const predicate of predicates) truthOf(predicate, { fit: sql`0`, readiness: sql`0` })
  if (added.length > MAX_CODES)
    throw new RangeError(`these definitions read ${added.length} things of a person, at most ${MAX_CODES} can be judged together`)
  const sums = filled.map((_, place) => added.map(({ sum, by }) => (sum === place ? by : 0n)))
  return { selectors, chunks, pulses, channels, conditions, sums, truthOf }
}

const judged = (of: Judged): NonNullable<Judged> => {
  if (of === null) throw new RangeError('fit and bucket are judged by what is said of them, not the other way round')
  return of
}

const atLeast = (value: Sql, least: number): Sql => sql`bitShiftLeft(${value} >= ${bind.int(least)}, 1)`
const limited = (value: Sql, limit: number | undefined): Sql => (limit === undefined ? value : sql`least(${value}, ${bind.int(limit)})`)

const fading = (points: number, withinDays: number, halveEveryDays: number | undefined): readonly Fade[] => {
  const fades: Fade[] = [{ after: 0, by: points }]
  let left = points
  if (halveEveryDays !== undefined) {
    for (let day = halveEveryDays; day < withinDays && left > 0; day += halveEveryDays) {
      const half = Math.floor(left / 2)
      fades.push({ after: day * DAY_MS, by: half - left })
      left = half
    }
  }
  if (left > 0) fades.push({ after: withinDays * DAY_MS, by: -left })
  return fades
}

/** What condition a touch fulfils. */
export const selectorSql = ({ types, channels, outcomes, teams, direction }: TouchSelector): Sql => {
  const among = (column: Sql, values: readonly string[] | undefined): Sql =>
    values === undefined ? sql`` : sql` AND ${column} IN (${bind.strings(values)})`
  return sql`(touch_type IN (${bind.strings(types)})${among(sql`channel`, channels)}${among(sql`outcome`, outcomes)}${among(sql`team`, teams)}${direction === undefined ? sql`` : sql` AND direction = ${bind.string(direction)}`})`
}
