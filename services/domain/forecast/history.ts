/**
 * What was ever said of deals, in memory, so that any past day can be asked what it knew (design D4). Read once (deal-moves.ts), replayed
 * as often as a backtest has origins. Instants of business are microseconds, of knowledge milliseconds, since the epoch; days are days since it.
 */

/** One event of a deal. Empty text and null say nothing, unless the type or `cleared` says that something became empty. */
export type Move = {
  readonly at: number
  readonly recorded: number
  readonly id: string
  readonly type: string
  readonly account: string
  readonly stage: string
  readonly pipeline: string
  readonly dealType: string
  readonly product: string
  readonly owner: string
  readonly team: string
  readonly category: string
  /** Minor units of `currency`. */
  readonly amount: number | null
  readonly currency: string
  readonly closeDay: number | null
  readonly outcome: string
  readonly into: string
  readonly cleared: readonly string[]
}

/** Moves in order of (at, recorded, id). */
export type DealMoves = { readonly id: string; readonly moves: readonly Move[] }

/** What was said, when it holds from (µs) and when it was known (ms); in order of (at, recorded, event id). */
type Said = { readonly at: number; readonly recorded: number }
export type AccountSaid = Said & { readonly region: string; readonly segment: string; readonly cleared: readonly string[] }
export type RateSaid = Said & { readonly base: string; readonly quote: string; readonly day: number; readonly rate: string }
/** `record` is `deal:<id>` or `account:<id>`; with `excluded` false the exclusion is taken back. */
export type ExclusionSaid = Said & { readonly record: string; readonly excluded: boolean; readonly reason: string }

export type DealHistory = {
  readonly deals: readonly DealMoves[]
  readonly accounts: ReadonlyMap<string, readonly AccountSaid[]>
  readonly rates: readonly RateSaid[]
  readonly exclusions: readonly ExclusionSaid[]
}

/** From when on (ms) something counts: when it was known, and not before it happened. */
export const knownAt = ({ at, recorded }: Said): number => Math.max(recorded, Math.ceil(at / 1000))

/** The same history with nothing in it that was not known at `asOf` (ms). */
export const knownBy = (history: DealHistory, asOf: number): DealHistory => ({
  deals: history.deals
    .map(({ id, moves }) => ({ id, moves: moves.filter(move => knownAt(move) <= asOf) }))
    .filter(({ moves }) => moves.length > 0),
  accounts: new Map(
    [...history.accounts]
      .map(([id, said]): [string, readonly AccountSaid[]] => [id, said.filter(each => knownAt(each) <= asOf)])
      .filter(([, said]) => said.length > 0),
  ),
  rates: history.rates.filter(each => knownAt(each) <= asOf),
  exclusions: history.exclusions.filter(each => knownAt(each) <= asOf),
})

/** (region, segment) of an account as said by what holds at an instant. */
export const accountAt = (
  said: readonly AccountSaid[] | undefined,
  asOf: number,
): { readonly region: string; readonly segment: string } => {
  let region = ''
  let segment = ''
  for (const each of said ?? []) {
    if (knownAt(each) > asOf) continue
    if (each.region !== '' || each.cleared.includes('region')) region = each.region
    if (each.segment !== '' || each.cleared.includes('segment')) segment = each.segment
  }
  return { region, segment }
}

/** Record → reason of what does not count as known at an instant: the last word on each decides. */
export const excludedAt = (exclusions: readonly ExclusionSaid[], asOf: number): ReadonlyMap<string, string> => {
  const excluded = new Map<string, string>()
  for (const { record, excluded: out, reason, ...said } of exclusions) {
    if (knownAt(said) > asOf) continue
    if (out) excluded.set(record, reason === '' ? 'excluded' : reason)
    else excluded.delete(record)
  }
  return excluded
}
