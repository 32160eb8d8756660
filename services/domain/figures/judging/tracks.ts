import { channelKey } from '../../definitions/channel-map.ts'
import type { Leaf, Predicate, TouchSelector } from '../../definitions/predicate.ts'
import { bind, joinSql, type Sql, sql } from '../../sql.ts'

/**
 * What a predicate reads changes only at instants: a touch, a touch that becomes too old, an attribute that is said. A track is one whole number that rises and falls at such
 * instants; a predicate is an expression over tracks. So a person is judged over all time by adding up, without looking back from every touch.
 */
type Step = {
  /** Milliseconds after the touch. */
  readonly after: number
  readonly by: number
}

/** Whose touches move a track, and by how much when. */
type Pulse = { readonly selector: number; readonly onceADay: boolean; readonly steps: readonly Step[] }

export type Track =
  | { readonly kind: 'pulses'; readonly pulses: readonly Pulse[] }
  | { readonly kind: 'channels'; readonly selector: number; readonly windowMs: number }
  /** States of conditions on attributes, two bits each: 0 unknown, 1 false, 3 true. */
  | { readonly kind: 'person' | 'account'; readonly leaves: readonly AttributeLeaf[] }

export type AttributeLeaf = Extract<Leaf, { attribute: string }>

const DAY_MS = 86_400_000
/** So that the states of one track and the number of the track fit into 64 bits. */
const LEAVES_PER_TRACK = 24
const MAX_TRACKS = 62

/** All conditions of the predicates that are judged together, each once. */
export type Plan = {
  readonly selectors: readonly TouchSelector[]
  readonly tracks: readonly Track[]
  /** Kleene truth as 0 false, 1 unknown, 2 true, over the lambda arguments `c0 …` of the tracks. */
  readonly truthOf: (predicate: Predicate, of: Judged) => Sql
}

/** What was judged already where stage rules are: expressions of fit (0, 1, 2) and readiness (0 unready, 1 sales-ready, 2 hand-raiser); null inside those. */
type Judged = { readonly fit: Sql; readonly readiness: Sql } | null

const READY = ['unready', 'sales-ready', 'hand-raiser']

/** Lays out the tracks of these predicates. Throws `RangeError` when they read more than can be judged in one go. */
export const planOf = (leaves: readonly Leaf[]): Plan => {
  const selectors: TouchSelector[] = []
  const tracks: Track[] = []
  const places = new Map<string, number>()

  const selectorOf = (selector: TouchSelector): number => {
    const key = JSON.stringify(selector)
    const found = selectors.findIndex(other => JSON.stringify(other) === key)
    return found >= 0 ? found : selectors.push(selector) - 1
  }
  const trackOf = (track: Track): number => {
    const key = JSON.stringify(track)
    const known = places.get(key)
    if (known !== undefined) return known
    const place = tracks.push(track) - 1
    places.set(key, place)
    return place
  }

  for (const owner of ['person', 'account'] as const) {
    const own = new Map(leaves.flatMap(leaf => (isOf(leaf, owner) ? [[JSON.stringify(leaf), leaf] as const] : [])))
    const all = [...own.values()]
    for (let from = 0; from < all.length; from += LEAVES_PER_TRACK) {
      const some = all.slice(from, from + LEAVES_PER_TRACK)
      const place = tracks.push({ kind: owner, leaves: some }) - 1
      some.forEach((leaf, index) => places.set(JSON.stringify(leaf), place * 100 + index))
    }
  }

  const attribute = (leaf: AttributeLeaf): Sql => {
    const place = places.get(JSON.stringify(leaf))
    if (place === undefined) throw new RangeError(`a condition that was not planned: ${JSON.stringify(leaf)}`)
    const state = sql`toUInt8(bitAnd(bitShiftRight(${track(Math.floor(place / 100))}, ${bind.uint((place % 100) * 2)}), 3))`
    return leaf.op === 'known' ? sql`bitShiftLeft(${state} = 3, 1)` : sql`bitXor(${state}, 1)`
  }

  const counted = (leaf: Exclude<Leaf, AttributeLeaf>, of: Judged): Sql => {
    switch (leaf.op) {
      case 'touches':
        return atLeast(track(trackOf(touchesTrack(leaf, selectorOf))), leaf.at_least)
      case 'channels':
        return atLeast(
          track(trackOf({ kind: 'channels', selector: selectorOf(leaf.touches), windowMs: leaf.within_days * DAY_MS })),
          leaf.at_least,
        )
      case 'points':
        return atLeast(
          joinSql(
            pointsTracks(leaf, selectorOf).map(({ limit, pulses }) => limited(track(trackOf({ kind: 'pulses', pulses })), limit)),
            ' + ',
          ),
          leaf.at_least,
        )
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
        return leaf satisfies never
    }
  }

  const truthOf = (predicate: Predicate, of: Judged): Sql => {
    switch (predicate.op) {
      case 'all':
        return predicate.of.length === 1
          ? truthOf(predicate.of[0] ?? predicate, of)
          : sql`least(${joinSql(
              predicate.of.map(part => truthOf(part, of)),
              ', ',
            )})`
      case 'any':
        return greatestOf(predicate.of.map(part => truthOf(part, of)))
      case 'not':
        return sql`toUInt8(2 - ${truthOf(predicate.of, of)})`
      default:
        return 'attribute' in predicate ? attribute(predicate) : counted(predicate, of)
    }
  }

  // every condition gets its track before anybody asks for one
  for (const leaf of leaves) if (!('attribute' in leaf)) truthOf(leaf, { fit: sql`0`, readiness: sql`0` })
  if (tracks.length > MAX_TRACKS)
    throw new RangeError(`these definitions read ${tracks.length} things of a person, at most ${MAX_TRACKS} can be judged together`)
  return { selectors, tracks, truthOf }
}

const judged = (of: Judged): NonNullable<Judged> => {
  if (of === null) throw new RangeError('fit and bucket are judged by what is said of them, not the other way round')
  return of
}

const isOf = (leaf: Leaf, owner: 'person' | 'account'): leaf is AttributeLeaf =>
  'attribute' in leaf && leaf.attribute.startsWith(`${owner}.`)

/** The lambda argument of a track. */
export const track = (place: number): Sql => ({ parts: [`c${place}`] })

const atLeast = (value: Sql, least: number): Sql => sql`bitShiftLeft(${value} >= ${bind.int(least)}, 1)`
const limited = (value: Sql, limit: number | undefined): Sql => (limit === undefined ? value : sql`least(${value}, ${bind.int(limit)})`)
const greatestOf = (parts: readonly Sql[]): Sql => (parts.length === 1 ? (parts[0] ?? sql`0`) : sql`greatest(${joinSql(parts, ', ')})`)

const touchesTrack = (leaf: Extract<Leaf, { op: 'touches' }>, selectorOf: (selector: TouchSelector) => number): Track => ({
  kind: 'pulses',
  pulses: [
    {
      selector: selectorOf(leaf.touches),
      onceADay: leaf.once_a_day,
      steps: [
        { after: 0, by: 1 },
        { after: leaf.within_days * DAY_MS, by: -1 },
      ],
    },
  ],
})

const pointsTracks = (
  leaf: Extract<Leaf, { op: 'points' }>,
  selectorOf: (selector: TouchSelector) => number,
): readonly { readonly limit: number | undefined; readonly pulses: readonly Pulse[] }[] =>
  leaf.groups.map(({ limit, rules }) => ({
    limit,
    pulses: rules.map(rule => ({
      selector: selectorOf(rule.touches),
      onceADay: rule.once_a_day,
      steps: fading(rule.points, rule.within_days, rule.halve_every_days),
    })),
  }))

/** Points of one touch over time: all of them, half after each so many days, none after the window. */
const fading = (points: number, withinDays: number, halveEveryDays: number | undefined): readonly Step[] => {
  const steps: Step[] = [{ after: 0, by: points }]
  let left = points
  if (halveEveryDays !== undefined) {
    for (let day = halveEveryDays; day < withinDays && left > 0; day += halveEveryDays) {
      const half = Math.floor(left / 2)
      steps.push({ after: day * DAY_MS, by: half - left })
      left = half
    }
  }
  if (left > 0) steps.push({ after: withinDays * DAY_MS, by: -left })
  return steps
}

/** What condition a touch fulfils. */
export const selectorSql = ({ types, channels, outcomes, teams, direction }: TouchSelector): Sql => {
  const among = (column: Sql, values: readonly string[] | undefined): Sql =>
    values === undefined ? sql`` : sql` AND ${column} IN (${bind.strings(values)})`
  return sql`(touch_type IN (${bind.strings(types)})${among(sql`channel`, channels)}${among(sql`outcome`, outcomes)}${among(sql`team`, teams)}${direction === undefined ? sql`` : sql` AND direction = ${bind.string(direction)}`})`
}

const keyed = (text: Sql): Sql => sql`replaceRegexpAll(lowerUTF8(trimBoth(${text})), ${bind.string('[\\s-]+')}, '_')`

/**
 * What an event of a person or an account says of a condition: 0 that the attribute is unknown now, 1 that it is false, 2 nothing, 3 that it is true. `payload` is the event's; a field that is
 * empty says nothing unless it is named among `cleared`.
 */
export const saidSql = (leaf: AttributeLeaf): Sql => {
  const name = leaf.attribute.slice(leaf.attribute.indexOf('.') + 1)
  const own = name.startsWith('attributes.')
  const field = bind.string(own ? name.slice('attributes.'.length) : name === 'revenue' ? 'revenue_minor' : name)
  const at = own ? sql`payload, 'attributes', ${field}` : sql`payload, ${field}`
  const cleared = sql`hasAny(JSONExtract(payload, 'cleared', 'Array(String)'), ${bind.strings(own ? ['attributes', name] : [name === 'revenue' ? 'revenue_minor' : name])})`
  const said = (known: Sql, holds: Sql): Sql => sql`multiIf(${known}, ${holds}, ${cleared}, 0, 2)`
  const truth = (condition: Sql): Sql => sql`if(${condition}, 3, 1)`
  if (name === 'employees' || name === 'revenue') {
    const number = sql`JSONExtract(${at}, 'Nullable(Int64)')`
    if (leaf.op !== 'compare') return said(sql`isNotNull(${number})`, sql`3`)
    const holds = truth(sql`assumeNotNull(${number}) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)
    return said(
      sql`isNotNull(${number})`,
      leaf.currency === undefined ? holds : sql`if(JSONExtractString(payload, 'currency') = ${bind.string(leaf.currency)}, ${holds}, 0)`,
    )
  }
  if (leaf.op === 'compare') {
    const number = sql`toInt64OrNull(JSONExtractString(${at}))`
    return said(
      sql`JSONExtractString(${at}) != ''`,
      sql`if(isNull(${number}), 0, ${truth(sql`assumeNotNull(${number}) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)})`,
    )
  }
  if (name === 'locations') {
    const list = sql`JSONExtract(${at}, 'Array(String)')`
    return said(sql`notEmpty(${list})`, leaf.op === 'known' ? sql`3` : truth(sql`arrayExists(x -> ${holdsText(leaf, sql`x`)}, ${list})`))
  }
  const text = sql`JSONExtractString(${at})`
  return said(sql`${text} != ''`, leaf.op === 'known' ? sql`3` : truth(holdsText(leaf, text)))
}

export const COMPARE: Readonly<Record<'<' | '<=' | '=' | '>=' | '>', Sql>> = {
  '<': sql`<`,
  '<=': sql`<=`,
  '=': sql`=`,
  '>=': sql`>=`,
  '>': sql`>`,
}

/** Whether a text is one of, begins with one of, or has one of the values as words in it. */
export const holdsText = (leaf: Extract<AttributeLeaf, { op: 'in' | 'starts' | 'contains' }>, text: Sql): Sql => {
  const keys = leaf.values.map(channelKey)
  if (leaf.op === 'in') return sql`${keyed(text)} IN (${bind.strings(keys)})`
  if (leaf.op === 'starts') return sql`arrayExists(key -> startsWith(${keyed(text)}, key), ${bind.strings(keys)})`
  return sql`arrayExists(key -> position(concat('_', ${keyed(text)}, '_'), concat('_', key, '_')) > 0, ${bind.strings(keys)})`
}
