import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Chance that a number decides: the same seed throws the same dice on every machine. */
export type Dice = {
  /** A whole number from `from` to `to`, both included. */
  readonly between: (from: number, to: number) => number
  /** True in `percent` of 100 throws. */
  readonly chance: (percent: number) => boolean
  /** One of the items; of none throws `RangeError`. */
  readonly pick: <T>(items: readonly T[]) => T
  readonly shuffle: <T>(items: readonly T[]) => readonly T[]
}

export const diceOf = (seed: number): Dice => {
  const generator = xoroshiro128plus(seed)
  const between = (from: number, to: number): number => uniformInt(generator, from, to)
  const pick = <T>(items: readonly T[]): T => {
    const [item] = items.slice(between(0, Math.max(0, items.length - 1)))
    if (item === undefined) throw new RangeError(`nothing to pick from ${items.length} items`)
    return item
  }
  const shuffle = <T>(items: readonly T[]): readonly T[] => {
    const left = [...items]
    return items.flatMap(() => left.splice(between(0, left.length - 1), 1))
  }
  return { between, chance: percent => between(1, 100) <= percent, pick, shuffle }
}
