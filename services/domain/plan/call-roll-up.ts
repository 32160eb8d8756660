export type Reporting = { readonly member: string /** '' for whoever reports to nobody. */; readonly manager: string }
export type MemberCall = { readonly member: string; readonly amount: number }

export type RolledUp = {
  readonly manager: string
  /** What the manager calls; null where nothing was called. */
  readonly own: number | null
  /** Of everybody who reports to the manager: the own call, or, of a manager who called nothing, what his people call. Null where nobody called. */
  readonly reports: number | null
  readonly called: number
  readonly silent: readonly string[]
}

/** The calls of a period up the lines of reporting (metrics M80). Managers in the order of their ids; a circle of managers is gone through once. */
export const rollUp = (members: readonly Reporting[], calls: readonly MemberCall[]): readonly RolledUp[] => {
  const own = new Map(calls.map(({ member, amount }) => [member, amount]))
  const team = Map.groupBy(
    members.filter(({ manager }) => manager !== ''),
    ({ manager }) => manager,
  )
  const below = (manager: string, seen: ReadonlySet<string>): Omit<RolledUp, 'manager' | 'own'> => {
    let [sum, called]: [number | null, number] = [null, 0]
    const silent: string[] = []
    for (const { member } of team.get(manager) ?? []) {
      if (seen.has(member)) continue
      const inner = team.has(member) && !own.has(member) ? below(member, new Set([...seen, member])) : null
      const amount = own.get(member) ?? inner?.reports ?? null
      if (amount === null) silent.push(member)
      else {
        sum = (sum ?? 0) + amount
        called += inner?.called ?? 1
      }
      if (amount !== null && inner !== null) silent.push(...inner.silent)
    }
    return { reports: sum, called, silent: silent.toSorted() }
  }
  return [...team.keys()].toSorted().map(manager => ({ manager, own: own.get(manager) ?? null, ...below(manager, new Set([manager])) }))
}
