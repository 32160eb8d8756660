import type { Move } from './history.ts'

/** A stay in a stage: how it ended, or that it has not. */
export type Stint = {
  readonly stage: string
  readonly from: number
  to: number | null
  exit: 'moved' | 'won' | 'lost' | null
  next: string
}

/** A deal as its moves so far say it; the same rules as the projection deal_journey. Instants in µs. */
export type DealState = {
  created: boolean
  createdAt: number
  account: string
  pipeline: string
  dealType: string
  product: string
  owner: string
  team: string
  category: string
  amount: number | null
  currency: string
  stage: string
  stints: Stint[]
  /** Planned close, the last that was said. */
  closeDay: number | null
  /** Said with the closing or after it. */
  closedDay: number | null
  status: 'open' | 'won' | 'lost'
  closedAt: number
  closingId: string
  /** Amount in force before the closing: what leaves the open pipeline with it. */
  openAmount: number | null
  openCurrency: string
  deleted: boolean
  into: string
  /** Later close dates so far (metrics M89). */
  pushes: number
  /** Last change of stage, amount or date (metrics M90). */
  movedAt: number
  /** Events that were read, for whoever explains it. */
  readonly ids: string[]
}

export const newDealState = (): DealState => ({
  created: false,
  createdAt: 0,
  account: '',
  pipeline: '',
  dealType: '',
  product: '',
  owner: '',
  team: '',
  category: '',
  amount: null,
  currency: '',
  stage: '',
  stints: [],
  closeDay: null,
  closedDay: null,
  status: 'open',
  closedAt: 0,
  closingId: '',
  openAmount: null,
  openCurrency: '',
  deleted: false,
  into: '',
  pushes: 0,
  movedAt: 0,
  ids: [],
})

const enter = (state: DealState, stage: string, at: number): void => {
  const last = state.stints.at(-1)
  state.stage = stage
  if (state.status !== 'open') return
  if (last !== undefined && last.to === null) {
    if (last.stage === stage) return // some CRMs save a deal again in the stage it is in
    last.to = at
    last.exit = 'moved'
    last.next = stage
  }
  state.stints.push({ stage, from: at, to: null, exit: null, next: '' })
}

/** Takes the next move, in order of (at, recorded, id), into the state. */
export const applyMove = (state: DealState, move: Move): void => {
  const { type, cleared, at } = move
  state.ids.push(move.id)
  const speaks = (value: string, name: string): boolean => value !== '' || cleared.includes(name)
  if (move.account !== '' || type === 'deal-account-changed') state.account = move.account
  if (speaks(move.pipeline, 'pipeline')) state.pipeline = move.pipeline
  if (speaks(move.dealType, 'deal_type')) state.dealType = move.dealType
  if (speaks(move.product, 'product')) state.product = move.product
  if (move.owner !== '' || type === 'deal-owner-changed') state.owner = move.owner
  if (move.team !== '') state.team = move.team
  if (move.category !== '') state.category = move.category
  if (type === 'deal-closed') {
    if (state.status === 'open') {
      state.openAmount = state.amount
      state.openCurrency = state.currency
    }
    const last = state.stints.at(-1)
    if (last !== undefined && last.to === null) {
      last.to = at
      last.exit = move.outcome === 'won' ? 'won' : 'lost'
    }
    state.status = move.outcome === 'won' ? 'won' : 'lost'
    state.closedAt = at
    state.closingId = move.id
    state.closedDay = null
  } else if (type === 'deal-reopened') {
    state.status = 'open'
    const stage = move.stage === '' ? state.stage : move.stage
    state.stage = stage
    const last = state.stints.at(-1)
    if (last === undefined || last.to !== null || last.stage !== stage) enter(state, stage, at)
    state.movedAt = at
  } else if (move.stage !== '') {
    if (move.stage !== state.stage) state.movedAt = at
    enter(state, move.stage, at)
  }
  if (move.amount !== null || type === 'deal-amount-changed') {
    if (move.amount !== state.amount || move.currency !== state.currency) state.movedAt = at
    state.amount = move.amount
    state.currency = move.amount === null ? '' : move.currency
  }
  if (move.closeDay !== null || type === 'deal-close-date-changed') {
    if (state.status === 'open') {
      if (move.closeDay !== state.closeDay) state.movedAt = at
      if (state.closeDay !== null && move.closeDay !== null && move.closeDay > state.closeDay) state.pushes += 1
    } else state.closedDay = move.closeDay
    state.closeDay = move.closeDay
  }
  if (type === 'deal-created') {
    state.createdAt = state.created ? Math.min(state.createdAt, at) : at
    state.created = true
    state.movedAt = Math.max(state.movedAt, at)
  } else if (type === 'deal-deleted')
    state.deleted = true // nothing takes it back
  else if (type === 'deal-merged') state.into = move.into
}

/** Why a deal does not count by what it says itself; '' where it does. A merge into itself takes a merge back. */
export const leftOut = (state: DealState, id: string): string =>
  !state.created ? 'not_created' : state.deleted ? 'deleted' : state.into !== '' && state.into !== id ? 'merged' : ''
