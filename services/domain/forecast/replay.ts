import { applyMove, type DealState, newDealState } from './deal-state.ts'
import { type DealHistory, type DealMoves, knownAt, type Move } from './history.ts'

/** The state that the moves which `counts` say, read in their order. */
export const stateOf = ({ moves }: DealMoves, counts: (move: Move) => boolean): DealState => {
  const state = newDealState()
  for (const move of moves) if (counts(move)) applyMove(state, move)
  return state
}

export type Replay = {
  /** Goes on to an instant of knowledge (ms), never back; gives the deals (places in the history) of which something became known. */
  readonly advance: (asOf: number) => ReadonlySet<number>
  /** By place in the history; deals of which nothing is known yet are not created. */
  readonly states: readonly DealState[]
}

/**
 * Plays a history in the order in which it became known. A move that is known in time is added to the state; one that comes after later
 * ones are known has its deal read again from the beginning, so that every state is what `stateOf` says of what was known.
 */
export const replayOf = ({ deals }: DealHistory): Replay => {
  let size = 0
  for (const { moves } of deals) size += moves.length
  const owner = new Uint32Array(size)
  const place = new Uint32Array(size)
  const known = new Float64Array(size)
  let i = 0
  deals.forEach(({ moves }, d) =>
    moves.forEach((move, m) => {
      owner[i] = d
      place[i] = m
      known[i++] = knownAt(move)
    }),
  )
  const order = new Uint32Array(size).map((_, n) => n).toSorted((a, b) => (known[a] ?? 0) - (known[b] ?? 0) || a - b)
  const states = deals.map(newDealState)
  const last = new Int32Array(deals.length).fill(-1)
  let next = 0
  return {
    states,
    advance: asOf => {
      const touched = new Set<number>()
      const late = new Set<number>()
      for (; next < size; next++) {
        const n = order[next] ?? 0
        if ((known[n] ?? 0) > asOf) break
        const d = owner[n] ?? 0
        const m = place[n] ?? 0
        const state = states[d]
        const move = deals[d]?.moves[m]
        if (state === undefined || move === undefined) continue
        touched.add(d)
        if (m < (last[d] ?? -1)) late.add(d)
        else {
          last[d] = m
          if (!late.has(d)) applyMove(state, move)
        }
      }
      for (const d of late) {
        const deal = deals[d]
        if (deal !== undefined) states[d] = stateOf(deal, move => knownAt(move) <= asOf)
      }
      return touched
    },
  }
}
