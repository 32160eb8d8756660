/** Whole numbers that add up to `total` and are as near to `values` as that allows: floors, then one more for the largest remainders, ties to the first. */
export const apportion = (values: readonly number[], total: number): readonly number[] => {
  const floors = values.map(Math.floor)
  const missing = total - floors.reduce((sum, value) => sum + value, 0)
  const byRemainder = values.map((value, i) => ({ i, rest: value - Math.floor(value) })).toSorted((a, b) => b.rest - a.rest || a.i - b.i)
  // what rounding of floats leaves beyond one each goes round once more
  for (let k = 0; k < Math.abs(missing) && byRemainder.length > 0; k++) {
    const at = byRemainder[missing > 0 ? k % byRemainder.length : byRemainder.length - 1 - (k % byRemainder.length)]?.i ?? 0
    floors[at] = (floors[at] ?? 0) + Math.sign(missing)
  }
  return floors
}
