import type { Chain } from './chain.ts'

/** What a walk is asked for: sums over the walks that end after a state, and what one is worth that steps into a closed state, where it ends. */
export type Reward = { readonly atEnd: Float64Array; readonly onClosed: Float64Array }

/** What to expect of a walk, per reward: from each state, and from the start. */
export type Expected = { readonly from: readonly Float64Array[]; readonly atStart: readonly number[] }

/** Up to here a chain is solved by elimination, n³/3 steps; beyond by sweeps over its sparse steps. */
const MAX_ELIMINATED = 300
export const MAX_SWEEPS = 20_000
/** Share of walks that may still be under way when sweeping stops, and how much the start's figures may still move in a sweep. */
const UNFINISHED = 1e-12
const MOVING = 4e-15
/** After so many sweeps it looks at what is missing. */
const SWEEPS_BETWEEN = 12
const ROUNDING = 1e-14

/**
 * The expected rewards of a walk of the chain that ends as soon as it enters a closed state: x = (Σ steps·x + Σ steps into closed·onClosed + atEnd) / walks.
 * Nothing is subtracted anywhere, so that small effects are as exact as large ones. Null: not solved within `MAX_SWEEPS`.
 */
export const solve = (chain: Chain, closed: Uint8Array, rewards: readonly Reward[]): Expected | null => {
  const open: number[] = []
  for (let state = 0; state < chain.states; state += 1) if (closed[state] !== 1) open.push(state)
  const from = open.length <= MAX_ELIMINATED ? eliminated(chain, closed, open, rewards) : swept(chain, closed, open, rewards)
  if (from === null) return null
  return { from, atStart: rewards.map((reward, index) => atStart(chain, closed, from[index] ?? new Float64Array(), reward)) }
}

const atStart = ({ starts, walks }: Chain, closed: Uint8Array, from: Float64Array, { onClosed }: Reward): number => {
  let sum = 0
  for (const [state, count] of starts.entries()) if (count > 0) sum += count * ((closed[state] === 1 ? onClosed[state] : from[state]) ?? 0)
  return sum / walks
}

/** What a state passes on directly: to ends and closed states together, and the rewards for it. */
const passedOn = (chain: Chain, closed: Uint8Array, state: number, { atEnd, onClosed }: Reward): number => {
  let sum = atEnd[state] ?? 0
  for (let step = chain.offsets[state] ?? 0; step < (chain.offsets[state + 1] ?? 0); step += 1) {
    const target = chain.targets[step] ?? 0
    if (closed[target] === 1) sum += (chain.steps[step] ?? 0) * (onClosed[target] ?? 0)
  }
  return sum
}

/** A reward of 1 for every walk that ends: what it expects is 1 exactly. */
const oneEach = (chain: Chain): Reward => ({
  atEnd: chain.conversions.map((count, state) => count + (chain.nulls[state] ?? 0)),
  onClosed: new Float64Array(chain.states).fill(1),
})

/** State by state out of the chain, its walks passed on to where they go next (Grassmann, Taksar, Heyman 1985), then back. */
const eliminated = (chain: Chain, closed: Uint8Array, open: readonly number[], rewards: readonly Reward[]): readonly Float64Array[] => {
  const size = open.length
  const place = new Int32Array(chain.states).fill(-1)
  for (const [index, state] of open.entries()) place[state] = index
  const flow = new Float64Array(size * size)
  for (const [row, state] of open.entries()) {
    for (let step = chain.offsets[state] ?? 0; step < (chain.offsets[state + 1] ?? 0); step += 1) {
      const column = place[chain.targets[step] ?? 0] ?? -1
      if (column >= 0) flow[row * size + column] = chain.steps[step] ?? 0
    }
  }
  const every = oneEach(chain)
  const ends = Float64Array.from(open, state => passedOn(chain, closed, state, every))
  const sums = rewards.map(reward => Float64Array.from(open, state => passedOn(chain, closed, state, reward)))
  const leaving = new Float64Array(size)
  for (let out = size - 1; out >= 0; out -= 1) {
    let left = ends[out] ?? 0
    for (let column = 0; column < out; column += 1) left += flow[out * size + column] ?? 0
    leaving[out] = left
    for (let row = 0; row < out; row += 1) {
      const share = (flow[row * size + out] ?? 0) / left
      if (share === 0) continue
      for (let column = 0; column < out; column += 1)
        flow[row * size + column] = (flow[row * size + column] ?? 0) + share * (flow[out * size + column] ?? 0)
      ends[row] = (ends[row] ?? 0) + share * (ends[out] ?? 0)
      for (const sum of sums) sum[row] = (sum[row] ?? 0) + share * (sum[out] ?? 0)
    }
  }
  return sums.map(sum => {
    const from = new Float64Array(chain.states)
    for (const [row, state] of open.entries()) {
      let total = sum[row] ?? 0
      for (let column = 0; column < row; column += 1) total += (flow[row * size + column] ?? 0) * (from[open[column] ?? 0] ?? 0)
      from[state] = total / (leaving[row] ?? 1)
    }
    return from
  })
}

/**
 * Gauss–Seidel from 0, the last met states first. What is still missing after many sweeps shrinks alike in all states, so now and then it is added at
 * once (Aitken). Beside the rewards it counts the walks that have ended, and it stops when these are all of them and the start's figures stand still.
 */
const swept = (chain: Chain, closed: Uint8Array, open: readonly number[], rewards: readonly Reward[]): readonly Float64Array[] | null => {
  const every = oneEach(chain)
  const leaving = every.atEnd.map((ends, state) => {
    let sum = ends
    for (let step = chain.offsets[state] ?? 0; step < (chain.offsets[state + 1] ?? 0); step += 1) sum += chain.steps[step] ?? 0
    return sum
  })
  const columns = [...rewards, every].map(reward => {
    const given = Float64Array.from({ length: chain.states }, (_, state) =>
      closed[state] === 1 ? 0 : passedOn(chain, closed, state, reward),
    )
    return { reward, given, found: new Float64Array(chain.states), idle: given.every(value => value === 0) }
  })
  /** Closed states stay at 0: what stepping into them is worth is given. */
  const sweep = (found: Float64Array, given: Float64Array): void => {
    for (let at = open.length - 1; at >= 0; at -= 1) {
      const state = open[at] ?? 0
      let sum = given[state] ?? 0
      const end = chain.offsets[state + 1] ?? 0
      for (let step = chain.offsets[state] ?? 0; step < end; step += 1)
        sum += (chain.steps[step] ?? 0) * (found[chain.targets[step] ?? 0] ?? 0)
      found[state] = sum / (leaving[state] ?? 1)
    }
  }
  let before: readonly number[] = []
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps += SWEEPS_BETWEEN) {
    for (const { found, given, idle } of columns) {
      if (idle) continue
      for (let more = 2; more < SWEEPS_BETWEEN; more += 1) sweep(found, given)
      const earlier = found.slice()
      sweep(found, given)
      const latest = found.slice()
      sweep(found, given)
      addWhatIsMissing(found, latest, earlier)
    }
    const now = columns.map(({ reward, found }) => atStart(chain, closed, found, reward))
    const finished = Math.abs(1 - (now.at(-1) ?? 0)) <= UNFINISHED
    const still = now.every((value, index) => Math.abs(value - (before[index] ?? 0)) <= MOVING * Math.abs(value))
    if (finished && sweeps > 0 && still) return columns.slice(0, -1).map(({ found }) => found)
    before = now
  }
  return null
}

const addWhatIsMissing = (found: Float64Array, latest: Float64Array, earlier: Float64Array): void => {
  let [moved, movedBefore, whole] = [0, 0, 0]
  for (let state = 0; state < found.length; state += 1) {
    const [now, last, former] = [found[state] ?? 0, latest[state] ?? 0, earlier[state] ?? 0]
    moved += Math.abs(now - last)
    movedBefore += Math.abs(last - former)
    whole += Math.abs(now)
  }
  const rate = moved / movedBefore
  // what moves by the last digits alone has no rate
  if (!(rate < 1) || moved <= ROUNDING * whole) return
  for (let state = 0; state < found.length; state += 1) {
    const now = found[state] ?? 0
    found[state] = now + ((now - (latest[state] ?? 0)) * rate) / (1 - rate)
  }
}
