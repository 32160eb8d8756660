import { channelKey } from '../../definitions/channel-map.ts'
import type { Leaf, Predicate } from '../../definitions/predicate.ts'
import { bind, joinSql, type Sql, sql } from '../../sql.ts'

export type AttributeLeaf = Extract<Leaf, { attribute: string }>

/** Conditions on attributes of one owner that are followed together: two bits each: 0 unknown, 1 false, 3 true. */
export type Chunk = { readonly owner: 'person' | 'account'; readonly leaves: readonly AttributeLeaf[] }

/** So that the states of one chunk and its number fit into 64 bits. */
const LEAVES_PER_CHUNK = 24

/** Everything that is read of attributes, each once. */
export const chunksOf = (leaves: readonly Leaf[]): readonly Chunk[] =>
  (['person', 'account'] as const).flatMap(owner => {
    const own = new Map(leaves.flatMap(leaf => (isOf(leaf, owner) ? [[JSON.stringify(leaf), leaf] as const] : [])))
    const all = [...own.values()]
    const chunks: Chunk[] = []
    for (let from = 0; from < all.length; from += LEAVES_PER_CHUNK) chunks.push({ owner, leaves: all.slice(from, from + LEAVES_PER_CHUNK) })
    return chunks
  })

const isOf = (leaf: Leaf, owner: 'person' | 'account'): leaf is AttributeLeaf =>
  'attribute' in leaf && leaf.attribute.startsWith(`${owner}.`)

/** The lambda argument of a chunk. */
export const chunkName = (place: number): Sql => ({ parts: [`c${place}`] })

/** Whether a predicate is about attributes alone: its truth changes only when something is said. */
export const isOfAttributes = (predicate: Predicate): boolean =>
  predicate.op === 'all' || predicate.op === 'any'
    ? predicate.of.every(isOfAttributes)
    : predicate.op === 'not'
      ? isOfAttributes(predicate.of)
      : 'attribute' in predicate

/** Kleene truth as 0 false, 1 unknown, 2 true of a predicate about attributes, over the lambda arguments of the chunks. */
export const attributeTruth = (chunks: readonly Chunk[], predicate: Predicate): Sql =>
  truthOver(predicate, leaf => {
    const key = JSON.stringify(leaf)
    const place = chunks.findIndex(({ leaves }) => leaves.some(other => JSON.stringify(other) === key))
    const index = chunks[place]?.leaves.findIndex(other => JSON.stringify(other) === key) ?? -1
    if (index < 0 || !('attribute' in leaf)) throw new RangeError(`a condition that was not planned: ${key}`)
    const state = sql`toUInt8(bitAnd(bitShiftRight(${chunkName(place)}, ${bind.uint(index * 2)}), 3))`
    return leaf.op === 'known' ? sql`bitShiftLeft(${state} = 3, 1)` : sql`bitXor(${state}, 1)`
  })

/** Truth of a predicate from that of its conditions. */
const truthOver = (predicate: Predicate, ofLeaf: (leaf: Leaf) => Sql): Sql => {
  switch (predicate.op) {
    case 'all':
      return leastOf(predicate.of.map(part => truthOver(part, ofLeaf)))
    case 'any':
      return greatestOf(predicate.of.map(part => truthOver(part, ofLeaf)))
    case 'not':
      return sql`toUInt8(2 - ${truthOver(predicate.of, ofLeaf)})`
    default:
      return ofLeaf(predicate)
  }
}

export const leastOf = (parts: readonly Sql[]): Sql => (parts.length === 1 ? (parts[0] ?? sql`2`) : sql`least(${joinSql(parts, ', ')})`)
export const greatestOf = (parts: readonly Sql[]): Sql =>
  parts.length === 1 ? (parts[0] ?? sql`0`) : sql`greatest(${joinSql(parts, ', ')})`

const keyed = (text: Sql): Sql => sql`replaceRegexpAll(lowerUTF8(trimBoth(${text})), ${bind.string('[\\s-]+')}, '_')`

/** The name of an attribute without its owner. */
const nameOf = (attribute: string): string => attribute.slice(attribute.indexOf('.') + 1)
const isNumber = (name: string): boolean => name === 'employees' || name === 'revenue'

/**
 * An attribute in the `payload` of an event of its owner: its value, whether the event says it, and whether the event makes it unknown: a field that is empty says nothing unless
 * it is named among `cleared`.
 */
export const saidOf = (attribute: string): { readonly value: Sql; readonly isSaid: Sql; readonly isCleared: Sql } => {
  const name = nameOf(attribute)
  const own = name.startsWith('attributes.')
  const field = own ? name.slice('attributes.'.length) : name === 'revenue' ? 'revenue_minor' : name
  const at = own ? sql`payload, 'attributes', ${bind.string(field)}` : sql`payload, ${bind.string(field)}`
  const isCleared = sql`hasAny(JSONExtract(payload, 'cleared', 'Array(String)'), ${bind.strings(own ? ['attributes', name] : [field])})`
  if (isNumber(name)) {
    const value = sql`JSONExtract(${at}, 'Nullable(Int64)')`
    return { value, isSaid: sql`isNotNull(${value})`, isCleared }
  }
  if (name === 'locations') {
    const value = sql`JSONExtract(${at}, 'Array(String)')`
    return { value, isSaid: sql`notEmpty(${value})`, isCleared }
  }
  const value = sql`JSONExtractString(${at})`
  return { value, isSaid: sql`${value} != ''`, isCleared }
}

/** What an event of a person or an account says of a condition: 0 that the attribute is unknown now, 1 that it is false, 2 nothing, 3 that it is true. */
export const saidSql = (leaf: AttributeLeaf): Sql => {
  const name = nameOf(leaf.attribute)
  const { value, isSaid, isCleared } = saidOf(leaf.attribute)
  const said = (holds: Sql): Sql => sql`multiIf(${isSaid}, ${holds}, ${isCleared}, 0, 2)`
  const truth = (condition: Sql): Sql => sql`if(${condition}, 3, 1)`
  if (leaf.op === 'known') return said(sql`3`)
  if (leaf.op === 'compare') {
    const compared = (number: Sql): Sql => truth(sql`assumeNotNull(${number}) ${COMPARE[leaf.is]} ${bind.int(leaf.value)}`)
    if (!isNumber(name)) {
      const number = sql`toInt64OrNull(${value})`
      return said(sql`if(isNull(${number}), 0, ${compared(number)})`)
    }
    if (leaf.currency === undefined) return said(compared(value))
    return said(sql`if(JSONExtractString(payload, 'currency') = ${bind.string(leaf.currency)}, ${compared(value)}, 0)`)
  }
  return said(truth(name === 'locations' ? sql`arrayExists(x -> ${holdsText(leaf, sql`x`)}, ${value})` : holdsText(leaf, value)))
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
