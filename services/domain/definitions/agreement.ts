/** Who has to approve a document before it is in force (design D5). */
export const APPROVING = ['marketing', 'sales'] as const
export type ApprovingFunction = (typeof APPROVING)[number]

/** An approval or a refusal, as it was said. */
export type Statement = {
  readonly approves: boolean
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The member who acted, and the function spoken for; empty where history does not say. */
  readonly by: string
  readonly function: string
  /** The approver whose delegate acted. */
  readonly onBehalfOf: string
  readonly tieBreak: boolean
  readonly reason: string
  readonly eventId: string
}

/**
 * Why a statement does not count:
 * - `own-proposal`: nobody approves what they proposed, nor has a delegate approve it in their name, nor approves it in somebody else's
 * - `same-member`: one member spoke for both functions
 * - `not-asked`: the function is neither marketing nor sales
 * - `already-decided`: the version was in force, or decided by the tie-break role: a change is a new version
 * - `no-reason`, `not-neutral`, `no-tie`: a tie-break gives a reason, comes from a function that is no party, and needs a refusal that stands
 */
export type Disregard = 'own-proposal' | 'same-member' | 'not-asked' | 'already-decided' | 'no-reason' | 'not-neutral' | 'no-tie'

/** With why it does not count; null: it does. */
export type JudgedStatement = Statement & { readonly disregarded: Disregard | null }

export type Agreement = {
  readonly statements: readonly JudgedStatement[]
  /** When the last approval that was needed came, or the tie-break; null: not yet. */
  readonly decidedAt: number | null
  /** When the refusal that stands came; null: none does. */
  readonly refusedAt: number | null
  readonly agreedByBoth: boolean
  /** Functions whose approval is still needed. */
  readonly missing: readonly ApprovingFunction[]
}

type Stand = { readonly approves: boolean; readonly at: number; readonly by: string }

const isApproving = (name: string): name is ApprovingFunction => APPROVING.some(one => one === name)

/**
 * What the statements about one version, in the order in which they were made, come to. Each function's last word counts, until the version is decided; an approval
 * that was known before the proposal counts from the proposal on.
 */
export const agreementOf = (proposed: { readonly at: number; readonly by: string }, said: readonly Statement[]): Agreement => {
  const stands = new Map<ApprovingFunction, Stand>()
  const statements: JudgedStatement[] = []
  let [decidedAt, refusedByTie, agreedByBoth]: [number | null, number | null, boolean] = [null, null, false]
  for (const statement of said) {
    const at = Math.max(statement.at, proposed.at)
    const disregarded = decidedAt !== null || refusedByTie !== null ? 'already-decided' : whyNot(statement, proposed.by, stands)
    statements.push({ ...statement, disregarded })
    if (disregarded !== null) continue
    if (statement.tieBreak) {
      if (statement.approves) decidedAt = at
      else refusedByTie = at
    } else if (isApproving(statement.function)) {
      stands.set(statement.function, { approves: statement.approves, at, by: statement.by })
      agreedByBoth = APPROVING.every(name => stands.get(name)?.approves === true)
      if (agreedByBoth) decidedAt = at
    }
  }
  const refusals = [...stands.values()].filter(({ approves }) => !approves).map(({ at }) => at)
  return {
    statements,
    decidedAt,
    refusedAt: decidedAt === null ? (refusedByTie ?? (refusals.length === 0 ? null : Math.max(...refusals))) : null,
    agreedByBoth,
    missing: decidedAt === null && refusedByTie === null ? APPROVING.filter(name => stands.get(name)?.approves !== true) : [],
  }
}

const whyNot = (statement: Statement, proposer: string, stands: ReadonlyMap<ApprovingFunction, Stand>): Disregard | null => {
  const { approves, by, onBehalfOf, tieBreak, reason } = statement
  const own = proposer !== '' && (by === proposer || onBehalfOf === proposer)
  if (approves && own) return 'own-proposal'
  if (tieBreak) {
    if (reason.trim() === '') return 'no-reason'
    if (isApproving(statement.function)) return 'not-neutral'
    return [...stands.values()].some(stand => !stand.approves) ? null : 'no-tie'
  }
  if (!isApproving(statement.function)) return 'not-asked'
  const otherIsSame = [...stands].some(([name, stand]) => name !== statement.function && stand.approves && by !== '' && stand.by === by)
  return approves && otherIsSame ? 'same-member' : null
}
