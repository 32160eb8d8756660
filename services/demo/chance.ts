import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** All randomness of the demo comes from one of these: the same seed gives the same company, byte for byte. */
export type Chance = {
  /** Uniform in [0, 1), 32 bits of it. */
  readonly float: () => number
  /** Uniform whole number, both ends included. */
  readonly int: (from: number, to: number) => number
  readonly happens: (probability: number) => boolean
  readonly pick: <T>(items: readonly T[]) => T
  /** Mean 0, deviation 1. */
  readonly normal: () => number
  /** Positive, right-skewed: `median` × e^(deviation × normal). */
  readonly logNormal: (median: number, deviation: number) => number
  /** Waiting time with this mean. */
  readonly exponential: (mean: number) => number
  /** How many of something that is expected `mean` times. */
  readonly poisson: (mean: number) => number
}

export const createChance = (seed: number): Chance => {
  const generator = xoroshiro128plus(seed)
  const float = (): number => (generator.next() >>> 0) / 0x1_0000_0000
  const int = (from: number, to: number): number => from + Math.floor(float() * (to - from + 1))
  // Box and Muller; 1 - float() is never 0
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float())
  return {
    float,
    int,
    happens: probability => float() < probability,
    pick: items => {
      const item = items[int(0, items.length - 1)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    normal,
    logNormal: (median, deviation) => median * Math.exp(deviation * normal()),
    exponential: mean => -mean * Math.log(1 - float()),
    poisson: mean => {
      if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = float(); product > limit; product *= float()) count++
      return count
    },
  }
}

/** A weighted choice prepared once and drawn often. */
export type Weighted<T> = (chance: Chance) => T

export const weighted = <T>(entries: readonly (readonly [T, number])[]): Weighted<T> => {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  const last = entries.at(-1)
  if (last === undefined || !(total > 0)) throw new RangeError('a weighted choice needs a positive weight')
  return chance => {
    let left = chance.float() * total
    for (const [item, weight] of entries) {
      left -= weight
      if (left < 0) return item
    }
    return last[0]
  }
}

/**
 * A whole number that stays the same for (seed, index, purpose) however often and in whatever order it is asked for:
 * attributes of a hundred thousand accounts need no memory that way.
 */
export const fixedDraw = (seed: number, index: number, purpose: number): number => {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}
