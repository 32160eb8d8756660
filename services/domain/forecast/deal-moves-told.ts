import { applyMove, newDealState } from './deal-state.ts'
import { type DealMoves, knownAt } from './history.ts'

export const MOVE_KINDS = ['created', 'stage', 'amount', 'close_date', 'category', 'owner', 'closed', 'reopened'] as const
export type MoveKind = (typeof MOVE_KINDS)[number]

/** One change of a deal, before and after; amounts in minor units of the currency that was said. */
export type ToldMove = {
  readonly at: number
  readonly recorded: number
  readonly eventId: string
  readonly kind: MoveKind
  readonly from: string | number | null
  readonly to: string | number | null
  readonly currency: string
}

/** What changed of a deal, in order, as known at an instant; what was saved again as it was is no change. */
export const toldMoves = ({ moves }: DealMoves, asOf: number): readonly ToldMove[] => {
  const state = newDealState()
  const told: ToldMove[] = []
  for (const move of moves) {
    if (knownAt(move) > asOf) continue
    const before = { ...state }
    applyMove(state, move)
    const say = (kind: MoveKind, from: string | number | null, to: string | number | null, currency = ''): void => {
      told.push({ at: move.at, recorded: move.recorded, eventId: move.id, kind, from, to, currency })
    }
    if (move.type === 'deal-created') {
      say('created', null, state.stage)
      continue
    }
    if (move.type === 'deal-closed') say('closed', before.status, state.status)
    else if (move.type === 'deal-reopened') say('reopened', before.status, state.stage)
    else if (state.stage !== before.stage) say('stage', before.stage, state.stage)
    if (state.amount !== before.amount || state.currency !== before.currency)
      say('amount', before.amount, state.amount, state.currency || before.currency)
    if (state.closeDay !== before.closeDay) say('close_date', before.closeDay, state.closeDay)
    if (state.category !== before.category) say('category', before.category, state.category)
    if (state.owner !== before.owner) say('owner', before.owner, state.owner)
  }
  return told
}
