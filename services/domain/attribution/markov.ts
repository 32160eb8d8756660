import { type Chain, chainOf } from './chain.ts'
import { checkPaths, DEFAULT_FIT_LIMITS, type FitLimits, type Fitted, type PathCount, type PathTotals, refused, totalsOf } from './paths.ts'
import { MAX_SWEEPS, type Reward, solve } from './solve.ts'

/** More states than this take minutes to solve: a lower order says nearly the same. */
export const MAX_STATES = 100_000

export type MarkovOptions = {
  /** Touches in a state, 1 to 4. */
  readonly order?: number
  readonly limits?: FitLimits
}

/** Shares 0..1 of what would be lost without the channel; attributed = effect / sum of effects × total. */
export type ChannelEffect = {
  readonly channel: string
  /** 1 − P(convert without ever entering a state with the channel) / P(convert). */
  readonly removalEffect: number
  /** The same of the expected value of a path. 0 where paths have no value. */
  readonly removalEffectValue: number
  readonly conversions: number
  readonly value: number
}

export type Markov = {
  readonly order: number
  readonly states: number
  readonly totals: PathTotals
  /** From the start; equals conversions / journeys at every order. */
  readonly pConvert: number
  /** Expected value of a path, in the unit of the paths. */
  readonly valuePerPath: number
  /** In the order of the channels' bytes. */
  readonly channels: readonly ChannelEffect[]
}

/**
 * Markov attribution in closed form (metrics, "Attribution models" and M64; after Anderl et al. 2016): the absorbing chain of the paths, null paths
 * included, is solved as it is and once without each channel. `fitMarkov` steps once a channel, for callers who have other things to do between.
 */
export function* fitMarkov(
  paths: readonly PathCount[],
  { order = 1, limits = DEFAULT_FIT_LIMITS }: MarkovOptions = {},
): Generator<void, Fitted<Markov>> {
  const checked = checkPaths(paths, limits)
  if (!checked.ok) return checked
  const chain = chainOf(paths, checked.value, order, MAX_STATES)
  if (chain === null) return refused('too_many_states', MAX_STATES + 1, MAX_STATES)
  const none = new Float64Array(chain.states)
  const whole = solve(chain, new Uint8Array(chain.states), [
    { atEnd: chain.conversions, onClosed: none },
    { atEnd: chain.values, onClosed: none },
  ])
  if (whole === null) return refused('too_many_sweeps', MAX_SWEEPS, MAX_SWEEPS)
  const [toConvert = none, toEarn = none] = whole.from
  const [pConvert = 0, valuePerPath = 0] = whole.atStart

  // What is lost is summed directly, as what the walks through the channel would have brought: the small effects keep all their digits.
  const lost: { channel: string; removalEffect: number; removalEffectValue: number }[] = []
  for (const [index, channel] of chain.channels.entries()) {
    yield
    const through = solve(chain, statesOf(chain, index), lostThrough(none, toConvert, toEarn))
    if (through === null) return refused('too_many_sweeps', MAX_SWEEPS, MAX_SWEEPS)
    const [conversions = 0, value = 0] = through.atStart
    lost.push({ channel, removalEffect: conversions / pConvert, removalEffectValue: valuePerPath === 0 ? 0 : value / valuePerPath })
  }
  const totals = totalsOf(paths)
  const [effects, valueEffects] = [sum(lost.map(one => one.removalEffect)), sum(lost.map(one => one.removalEffectValue))]
  const channels = lost.map(one => ({
    ...one,
    conversions: (one.removalEffect / effects) * totals.conversions,
    value: valueEffects === 0 ? 0 : (one.removalEffectValue / valueEffects) * totals.value,
  }))
  return { ok: true, value: { order, states: chain.states, totals, pConvert, valuePerPath, channels } }
}

/** `fitMarkov` in one go. */
export const markov = (paths: readonly PathCount[], options: MarkovOptions = {}): Fitted<Markov> => {
  const steps = fitMarkov(paths, options)
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}

const statesOf = ({ states, statesWith }: Chain, channel: number): Uint8Array => {
  const closed = new Uint8Array(states)
  for (const state of statesWith[channel] ?? []) closed[state] = 1
  return closed
}

/** Walks count with what they would have brought from the first state on that is closed, and with nothing else. */
const lostThrough = (none: Float64Array, toConvert: Float64Array, toEarn: Float64Array): readonly Reward[] => [
  { atEnd: none, onClosed: toConvert },
  { atEnd: none, onClosed: toEarn },
]

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
