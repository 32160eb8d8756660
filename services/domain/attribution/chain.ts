import type { PathCount } from './paths.ts'

/**
 * Walks over channels as an absorbing Markov chain: from a state the walk goes on to another, to the conversion, or to null. A state of order k
 * is the last k touches; a path begins in its first k (all of them, if it is shorter), and entering the state that one is in is no step.
 */
export type Chain = {
  readonly order: number
  readonly channels: readonly string[]
  readonly states: number
  /** Per channel the states that have it among their touches. */
  readonly statesWith: readonly (readonly number[])[]
  /** Walks that begin in each state, and all of them. */
  readonly starts: Float64Array
  readonly walks: number
  /** Steps out of state s are at `offsets[s]` up to `offsets[s + 1]`: where to, and how many walks. */
  readonly offsets: Int32Array
  readonly targets: Int32Array
  readonly steps: Float64Array
  /** Walks that end in a conversion after each state, what these were worth, and walks that end without. */
  readonly conversions: Float64Array
  readonly values: Float64Array
  readonly nulls: Float64Array
}

type StateCounts = {
  readonly touches: readonly number[]
  starts: number
  conversions: number
  value: number
  nulls: number
  readonly to: Map<number, number>
}

/** The chain of `order` (1 to 4) that walks `paths`, over the channels given. Null as soon as it has more than `maxStates`. */
export const chainOf = (paths: readonly PathCount[], channels: readonly string[], order: number, maxStates: number): Chain | null => {
  if (!Number.isInteger(order) || order < 1 || order > 4) throw new RangeError(`order must be 1, 2, 3 or 4, got ${order}`)
  const numbers = new Map(channels.map((channel, index) => [channel, index]))
  const base = channels.length + 1
  const indexOf = new Map<number, number>()
  const states: StateCounts[] = []

  /** The state of the last `order` touches up to the one at `end`: found by its touches as digits of a number, 0 standing for none. */
  const stateAt = (touches: readonly number[], end: number): number => {
    const from = Math.max(0, end - order + 1)
    let key = 0
    for (let at = from; at <= end; at += 1) key = key * base + (touches[at] ?? 0) + 1
    const known = indexOf.get(key)
    if (known !== undefined) return known
    indexOf.set(key, states.length)
    states.push({ touches: touches.slice(from, end + 1), starts: 0, conversions: 0, value: 0, nulls: 0, to: new Map() })
    return states.length - 1
  }

  for (const path of paths) {
    const walked = path.conversions + path.nulls
    if (walked === 0) continue
    const touches = path.channels.map(channel => numbers.get(channel) ?? 0)
    let state = stateAt(touches, Math.min(order, touches.length) - 1)
    const first = states[state]
    if (first !== undefined) first.starts += walked
    for (let end = order; end < touches.length; end += 1) {
      const next = stateAt(touches, end)
      if (next === state) continue
      const to = states[state]?.to
      to?.set(next, (to.get(next) ?? 0) + walked)
      state = next
    }
    const last = states[state]
    if (last === undefined) continue
    last.conversions += path.conversions
    last.value += path.value
    last.nulls += path.nulls
    if (states.length > maxStates) return null
  }
  return { order, channels, ...tablesOf(states, channels.length) }
}

const tablesOf = (states: readonly StateCounts[], channels: number): Omit<Chain, 'order' | 'channels'> => {
  const offsets = new Int32Array(states.length + 1)
  for (const [index, { to }] of states.entries()) offsets[index + 1] = (offsets[index] ?? 0) + to.size
  const statesWith: number[][] = Array.from({ length: channels }, () => [])
  for (const [index, { touches }] of states.entries()) for (const channel of new Set(touches)) statesWith[channel]?.push(index)
  return {
    states: states.length,
    statesWith,
    starts: Float64Array.from(states, state => state.starts),
    walks: states.reduce((sum, state) => sum + state.starts, 0),
    offsets,
    targets: Int32Array.from(states.flatMap(({ to }) => [...to.keys()])),
    steps: Float64Array.from(states.flatMap(({ to }) => [...to.values()])),
    conversions: Float64Array.from(states, state => state.conversions),
    values: Float64Array.from(states, state => state.value),
    nulls: Float64Array.from(states, state => state.nulls),
  }
}
