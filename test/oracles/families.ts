import { type Facts, knownAt } from './facts.ts'
import { latest } from './order.ts'

/** Every account that is above a root account at a business instant (µs), as known at `asOf` (ms); nobody twice, and not itself. */
export const ancestorsAt = (
  facts: Facts,
  asOf: number,
  root: (node: string) => string,
): ((account: string, instant: number) => readonly string[]) => {
  const said = Map.groupBy(knownAt(facts.parents, asOf), fact => root(fact.account))
  const parentOf = (account: string, instant: number): string => {
    const word = latest((said.get(account) ?? []).filter(({ occurredAt }) => occurredAt <= instant))
    return word === undefined || word.parent === '' ? '' : root(word.parent)
  }
  return (account, instant) => {
    const path = [account]
    for (let above = parentOf(account, instant); above !== '' && !path.includes(above); above = parentOf(above, instant)) path.push(above)
    return path.slice(1)
  }
}
