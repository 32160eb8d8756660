import { type Chain, chainOf } from './chain.ts'
import { MAX_STATES } from './markov.ts'
import { checkPaths, DEFAULT_FIT_LIMITS, type FitLimits, type Fitted, type PathCount, type PathTotals, refused, totalsOf } from './paths.ts'
import { MAX_SWEEPS, solve } from './solve.ts'

/** Coalitions are counted one by one up to so many channels (metrics, "Attribution models"); above, orders of arrival are sampled. */
const MAX_EXACT_CHANNELS = 12
const SAMPLED_PAIRS = 500

export type ShapleyOptions = {
  readonly limits?: FitLimits
  /** Of the sample, where there is one: the same seed samples the same. */
  readonly seed?: number
  /** Pairs of an order of arrival and its reverse. */
  readonly pairs?: number
}

export type ChannelShare = {
  readonly channel: string
  /** φ / v(all): shares add up to 1. */
  readonly share: number
  /** Of `share`; null where coalitions were all counted. */
  readonly standardError: number | null
  readonly conversions: number
}

export type Shapley = {
  readonly states: number
  readonly totals: PathTotals
  /** v(all) = P(convert). */
  readonly pConvert: number
  /** Orders of arrival that were sampled, and by which seed; null where coalitions were all counted. */
  readonly sampled: { readonly orders: number; readonly seed: number } | null
  readonly channels: readonly ChannelShare[]
}

/**
 * Shapley value of every channel in the game v(S) = P(convert) on the chain of order 1, where every step into a channel outside S goes to null. More
 * channels never convert less there, so no channel gets less than 0. Steps now and then, for callers who have other things to do between.
 */
export function* fitShapley(
  paths: readonly PathCount[],
  { limits = DEFAULT_FIT_LIMITS, seed = 1, pairs = SAMPLED_PAIRS }: ShapleyOptions = {},
): Generator<void, Fitted<Shapley>> {
  const checked = checkPaths(paths, limits)
  if (!checked.ok) return checked
  if (pairs < 2) throw new RangeError(`a standard error needs two pairs or more, got ${pairs}`)
  const chain = chainOf(paths, checked.value, 1, MAX_STATES)
  if (chain === null) return refused('too_many_states', MAX_STATES + 1, MAX_STATES)
  const worth = gameOf(chain)
  const pConvert = worth(chain.channels.map(() => true))
  if (pConvert === null) return refused('too_many_sweeps', MAX_SWEEPS, MAX_SWEEPS)
  const exact = chain.channels.length <= MAX_EXACT_CHANNELS
  const values = exact ? yield* counted(chain.channels.length, worth) : yield* sampled(chain.channels.length, worth, seed, pairs)
  const totals = totalsOf(paths)
  return {
    ok: true,
    value: {
      states: chain.states,
      totals,
      pConvert,
      sampled: exact ? null : { orders: 2 * pairs, seed },
      channels: chain.channels.map((channel, index) => {
        const { value, standardError } = values[index] ?? { value: 0, standardError: null }
        const share = value / pConvert
        return {
          channel,
          share,
          standardError: standardError === null ? null : standardError / pConvert,
          conversions: share * totals.conversions,
        }
      }),
    },
  }
}

/** `fitShapley` in one go. */
export const shapley = (paths: readonly PathCount[], options: ShapleyOptions = {}): Fitted<Shapley> => {
  const steps = fitShapley(paths, options)
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}

/** P(convert) when only the channels marked are open; null: not solved, which of a part of a chain that is solved cannot be, for it ends sooner. */
type Game = (isOpen: readonly boolean[]) => number | null
type Value = { readonly value: number; readonly standardError: number | null }

const gameOf = (chain: Chain): Game => {
  const reward = { atEnd: chain.conversions, onClosed: new Float64Array(chain.states) }
  return isOpen => {
    const closed = new Uint8Array(chain.states)
    for (const [channel, open] of isOpen.entries()) if (!open) for (const state of chain.statesWith[channel] ?? []) closed[state] = 1
    return solve(chain, closed, [reward])?.atStart[0] ?? null
  }
}

/** Σ over coalitions S without the channel: |S|! (n − |S| − 1)! / n! × (v(S ∪ channel) − v(S)). */
function* counted(channels: number, worth: Game): Generator<void, readonly Value[]> {
  const values = new Float64Array(2 ** channels)
  for (let coalition = 1; coalition < values.length; coalition += 1) {
    if (coalition % 256 === 0) yield
    values[coalition] = worth(Array.from({ length: channels }, (_, channel) => ((coalition >> channel) & 1) === 1)) ?? 0
  }
  // 1 / (n · C(n − 1, size))
  const weights = [1 / channels]
  for (let size = 1; size < channels; size += 1) weights[size] = ((weights[size - 1] ?? 0) * size) / (channels - size)
  const sizes = new Uint8Array(values.length)
  for (let coalition = 1; coalition < sizes.length; coalition += 1) sizes[coalition] = (sizes[coalition >> 1] ?? 0) + (coalition & 1)
  return Array.from({ length: channels }, (_, channel) => {
    let value = 0
    for (let coalition = 0; coalition < values.length; coalition += 1) {
      if (((coalition >> channel) & 1) === 1) continue
      value += (weights[sizes[coalition] ?? 0] ?? 0) * ((values[coalition | (1 << channel)] ?? 0) - (values[coalition] ?? 0))
    }
    return { value, standardError: null }
  })
}

/** Mean of what a channel adds when it comes, over sampled orders of arrival, each with its reverse: an unbiased estimate, its error from the pairs. */
function* sampled(channels: number, worth: Game, seed: number, pairs: number): Generator<void, readonly Value[]> {
  const sums = new Float64Array(channels)
  const squares = new Float64Array(channels)
  const next = randomOf(seed)
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 8 === 0) yield
    const order = shuffled(channels, next)
    const added = new Float64Array(channels)
    for (const arriving of [order, order.toReversed()]) {
      const isOpen = Array.from({ length: channels }, () => false)
      let before = 0
      for (const channel of arriving) {
        isOpen[channel] = true
        const now = worth(isOpen) ?? 0
        added[channel] = (added[channel] ?? 0) + (now - before) / 2
        before = now
      }
    }
    for (const [channel, value] of added.entries()) {
      sums[channel] = (sums[channel] ?? 0) + value
      squares[channel] = (squares[channel] ?? 0) + value * value
    }
  }
  return Array.from(sums, (sum, channel) => {
    const mean = sum / pairs
    const variance = Math.max(0, ((squares[channel] ?? 0) - pairs * mean * mean) / (pairs - 1))
    return { value: mean, standardError: Math.sqrt(variance / pairs) }
  })
}

const shuffled = (count: number, next: () => number): readonly number[] => {
  const items = Array.from({ length: count }, (_, index) => index)
  for (let at = count - 1; at > 0; at -= 1) {
    const other = Math.floor(next() * (at + 1))
    const [a = 0, b = 0] = [items[at], items[other]]
    items[at] = b
    items[other] = a
  }
  return items
}

/** Mulberry32: numbers in [0, 1) that the seed decides, the same on every machine. */
const randomOf = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
