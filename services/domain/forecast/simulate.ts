/** Numbers that a seed decides, the same on every machine (xoshiro128**); 32 bits each. */
export const bitsOf = (seed: number): (() => number) => {
  let [a, b, c, d] = stateOf(seed)
  return () => {
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
}

/** Four words of state: splitmix32 spreads the seed over them. */
const stateOf = (seed: number): readonly [number, number, number, number] => {
  let mixed = seed | 0
  const word = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0
    let t = mixed ^ (mixed >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return (t ^ (t >>> 15)) | 0
  }
  return [word(), word(), word(), word()]
}

/** What may still be won in a period: open deals one by one, and deals that are not there yet by how many of them win and what they bring. */
export type Remaining = {
  readonly chances: Float64Array
  readonly worths: Float64Array
  /** Expected wins of deals that are not created yet, and what a win brings (drawn from these; empty: nothing). */
  readonly newWins: number
  readonly newWorths: Float64Array
}

const expectedOf = ({ chances, worths, newWins, newWorths }: Remaining): number => {
  let sum = 0
  for (let i = 0; i < chances.length; i++) sum += (chances[i] ?? 0) * (worths[i] ?? 0)
  return sum + newWins * meanOf(newWorths)
}

/** Variance by the chance of the deals alone. */
export const varianceOf = ({ chances, worths, newWins, newWorths }: Remaining): number => {
  let sum = 0
  for (let i = 0; i < chances.length; i++) sum += (chances[i] ?? 0) * (1 - (chances[i] ?? 0)) * (worths[i] ?? 0) ** 2
  return sum + newWins * meanOf(newWorths.map(worth => worth ** 2))
}

export const meanOf = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

const TWO_32 = 4_294_967_296

const poisson = (mean: number, uniform: () => number): number => {
  // many are as good as normal
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(uniform)))
  const limit = Math.exp(-mean)
  let n = 0
  for (let product = uniform(); product > limit; product *= uniform()) n++
  return n
}

const normal = (uniform: () => number): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())

/** Student's t by whole degrees of freedom: few periods make long tails. */
const student = (freedom: number, uniform: () => number): number => {
  const top = normal(uniform)
  if (freedom > 30) return top
  let squares = 0
  for (let i = 0; i < freedom; i++) squares += normal(uniform) ** 2
  return top / Math.sqrt(squares / freedom)
}

/** The factor that all deals of a period share: its spread over one, and the degrees of freedom that it is known by. */
export type SharedFactor = { readonly spread: number; readonly freedom: number }

export type Simulation = {
  readonly remaining: Remaining
  /** Sure already. */
  readonly won: number
  /** Forecast of all of the period: draws are moved onto it. */
  readonly point: number
  readonly shared: SharedFactor
  readonly runs: number
  readonly seed: number
}

/**
 * What the period may bring, in ascending order: per run each open deal is won or not by its own chance, new ones by theirs, and all of it is multiplied by one factor
 * for the period. Deal-level chance alone is far too narrow, because what makes one deal slip makes others slip too (metrics M83).
 */
export const simulate = ({ remaining, won, point, shared, runs, seed }: Simulation): Float64Array => {
  const { newWins, newWorths } = remaining
  const next = bitsOf(seed)
  const uniform = (): number => (next() + 0.5) / TWO_32
  const expected = expectedOf(remaining)
  const left = Math.max(0, point - won)
  const sums = openSums(remaining, runs, seed ^ 0x5bd1e995)
  const draws = new Float64Array(runs)
  for (let run = 0; run < runs; run++) {
    let sum = sums[run] ?? 0
    const fresh = newWorths.length === 0 ? 0 : poisson(newWins, uniform)
    for (let k = 0; k < fresh; k++) sum += newWorths[next() % newWorths.length] ?? 0
    const factor = Math.max(0, 1 + shared.spread * student(shared.freedom, uniform))
    draws[run] = won + left * (expected > 0 ? sum / expected : 1) * factor
  }
  return draws.toSorted()
}

/**
 * By run what the open deals bring, each won or not by its own chance. The generator of `bitsOf` is written out: with thousands of deals and runs its state must stay in
 * registers.
 */
const openSums = ({ chances, worths }: Remaining, runs: number, seed: number): Float64Array => {
  const limits = chances.map(chance => Math.min(1, Math.max(0, chance)) * TWO_32)
  const n = limits.length
  let [a, b, c, d] = stateOf(seed)
  const sums = new Float64Array(runs)
  for (let run = 0; run < runs; run++) {
    let sum = 0
    for (let i = 0; i < n; i++) {
      const scrambled = Math.imul(b, 5)
      const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
      const t = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= t
      d = (d << 11) | (d >>> 21)
      if (result >>> 0 < (limits[i] ?? 0)) sum += worths[i] ?? 0
    }
    sums[run] = sum
  }
  return sums
}

/** ⌈p·n⌉-th smallest of sorted values (metrics C10). */
export const quantileOf = (sorted: Float64Array, p: number): number =>
  sorted[Math.min(sorted.length, Math.max(1, Math.ceil(p * sorted.length - 1e-9))) - 1] ?? 0

/** Share of the draws that reach a target. */
export const chanceOf = (sorted: Float64Array, target: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < target) low = middle + 1
    else high = middle
  }
  return sorted.length === 0 ? 0 : 1 - low / sorted.length
}
