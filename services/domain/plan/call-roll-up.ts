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

type Below = { readonly counted: readonly MemberCall[]; readonly silent: readonly string[] }

/** Of each member, whose calls count for whoever reports to him; a circle of managers is gone through once. */
const belowOf = (members: readonly Reporting[], calls: readonly MemberCall[]) => {
  const own = new Map(calls.map(call => [call.member, call]))
  const team = Map.groupBy(
    members.filter(({ manager }) => manager !== ''),
    ({ manager }) => manager,
  )
  const below = (manager: string, seen: ReadonlySet<string>): Below => {
    const counted: MemberCall[] = []
    const silent: string[] = []
    for (const { member } of team.get(manager) ?? []) {
      if (seen.has(member)) continue
      const said = own.get(member)
      const inner = said === undefined && team.has(member) ? below(member, new Set([...seen, member])) : null
      if (said !== undefined) counted.push(said)
      else if (inner === null || inner.counted.length === 0) silent.push(member)
      else {
        counted.push(...inner.counted)
        silent.push(...inner.silent)
      }
    }
    return { counted, silent: silent.toSorted() }
  }
  return { managers: [...team.keys()].toSorted(), own, below: (manager: string): Below => below(manager, new Set([manager])) }
}

/** The calls that a manager's roll-up adds. */
export const callsBelow = (members: readonly Reporting[], calls: readonly MemberCall[], manager: string): readonly MemberCall[] =>
  belowOf(members, calls).below(manager).counted

/** The calls of a period up the lines of reporting (metrics M80). Managers in the order of their ids. */
export const rollUp = (members: readonly Reporting[], calls: readonly MemberCall[]): readonly RolledUp[] => {
  const { managers, own, below } = belowOf(members, calls)
  return managers.map(manager => {
    const { counted, silent } = below(manager)
    const reports = counted.length === 0 ? null : counted.reduce((sum, { amount }) => sum + amount, 0)
    return { manager, own: own.get(manager)?.amount ?? null, reports, called: counted.length, silent }
  })
}
