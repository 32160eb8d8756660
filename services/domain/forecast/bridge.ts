import type { Days } from './days.ts'
import { applyMove, type DealState, leftOut, newDealState } from './deal-state.ts'
import { type DealHistory, excludedAt, knownAt, type Move } from './history.ts'
import { rateTable } from './rate-table.ts'
import { accountsAt, type Scope, scopeTest } from './scope.ts'

/** Bars in the order in which they are read (metrics M91): what came in, what went out, what was said later of the start. */
export const BARS = [
  'start',
  'created',
  'pulled_in',
  'pushed_in',
  'reopened',
  'increased',
  'floor_in',
  'terms_in',
  'fx',
  'decreased',
  'pulled_earlier',
  'pushed_out',
  'lost',
  'won',
  'floor_out',
  'deleted',
  'terms_out',
  'restated',
  'end',
] as const
export type Bar = (typeof BARS)[number]

export type BridgeQuestion = {
  readonly scope: Scope
  readonly currency: string
  readonly days: Days
  readonly stages: readonly string[]
  /** Least place in `stages`, from 1; 0: any stage. */
  readonly floor: number
  /** Close dates [from, to) as days since the epoch; null: whatever the close date. */
  readonly due: { readonly from: number; readonly to: number } | null
  /** Business instants, ms: what happened in (from, to] is told. */
  readonly from: number
  readonly to: number
  /** Knowledge, ms. */
  readonly asOf: number
}

/** One move of one deal: what it added to the pipeline, signed. */
export type BridgeItem = {
  readonly bar: Bar
  readonly deal: string
  readonly account: string
  /** µs */
  readonly at: number
  readonly eventId: string
  readonly delta: number
}

export type Bridge = {
  readonly items: readonly BridgeItem[]
  readonly excluded: Readonly<Record<string, number>>
}

type Standing = {
  readonly inside: boolean
  readonly value: number
  readonly day: number | null
  readonly rank: number
  readonly scoped: boolean
}

/** Why a deal that was not in the pipeline before a move is in it afterwards. */
const cameBy = (move: Move, before: Standing, after: Standing, wasOut: string, wasOpen: boolean, due: BridgeQuestion['due']): Bar => {
  if (wasOut === 'not_created') return 'created'
  if (!wasOpen) return 'reopened'
  if (wasOut !== '') return 'terms_in'
  if (!before.scoped) return 'terms_in'
  if (due !== null && before.day !== after.day && move.type !== 'deal-stage-changed')
    return before.day !== null && before.day < due.from ? 'pushed_in' : 'pulled_in'
  if (before.rank !== after.rank) return 'floor_in'
  return 'terms_in'
}

const wentBy = (move: Move, state: DealState, before: Standing, after: Standing, out: string, due: BridgeQuestion['due']): Bar => {
  if (out === 'deleted') return 'deleted'
  if (out !== '') return 'terms_out'
  if (state.status !== 'open') return state.status
  if (!after.scoped) return 'terms_out'
  if (due !== null && before.day !== after.day && move.type !== 'deal-stage-changed')
    return after.day !== null && after.day < due.from ? 'pulled_earlier' : 'pushed_out'
  return before.rank === after.rank ? 'terms_out' : 'floor_out'
}

/**
 * From the open pipeline at one instant to that at another, every move in order: the items' deltas add up to the end exactly. The start is what was
 * known at `from`; `restated` is what has been said of it since; moves and the end are as known at `asOf`. Between two moves, and up to the end, money
 * that stands still is revalued (`fx`). Won and lost leave with the last open amount.
 */
export const bridgeOf = (history: DealHistory, question: BridgeQuestion): Bridge => {
  const { days, stages, floor, due, asOf } = question
  const to = Math.min(question.to, asOf)
  const inScope = scopeTest(question.scope)
  const sides = (at: number) => ({
    excluded: excludedAt(history.exclusions, at),
    accounts: accountsAt(history, at),
    convert: rateTable(history.rates, question.currency, at),
  })
  const then = sides(Math.min(question.from, asOf))
  const now = sides(asOf)
  const [startDay, endDay] = [days.of(question.from), days.of(to)]
  const rankOf = (stage: string): number => stages.indexOf(stage) + 1
  const missing = new Map<string, number>()

  const worth = (state: DealState, day: number, { convert }: typeof now): number =>
    state.amount === null ? 0 : (convert(state.amount, state.currency, day) ?? 0)
  const stands = (id: string, state: DealState, day: number, side: typeof now): Standing => {
    const scoped = inScope(state, side.accounts)
    const rank = rankOf(state.stage)
    const out = side.excluded.has(`deal:${id}`) || side.excluded.has(`account:${state.account}`)
    const dated = due === null || (state.closeDay !== null && state.closeDay >= due.from && state.closeDay < due.to)
    const inside = !out && leftOut(state, id) === '' && state.status === 'open' && scoped && dated && rank >= floor
    return { inside, value: inside ? worth(state, day, side) : 0, day: state.closeDay, rank, scoped }
  }

  const items: BridgeItem[] = []
  for (const { id, moves } of history.deals) {
    const put = (bar: Bar, state: DealState, at: number, eventId: string, delta: number, always = false): void => {
      if (delta !== 0 || always) items.push({ bar, deal: id, account: state.account, at, eventId, delta })
    }
    const state = newDealState()
    let n = 0
    let late = false
    const fromMicros = question.from * 1000
    for (let move = moves[n]; move !== undefined && move.at <= fromMicros; move = moves[++n]) {
      if (knownAt(move) > question.from) late = true
      if (knownAt(move) <= asOf) applyMove(state, move)
    }
    // what was known then: mostly the same moves
    let asKnown = state
    if (late) {
      asKnown = newDealState()
      for (let m = 0; m < n; m++) {
        const move = moves[m]
        if (move !== undefined && knownAt(move) <= question.from) applyMove(asKnown, move)
      }
    }
    const start = stands(id, asKnown, startDay, then)
    let here = stands(id, state, startDay, now)
    if (start.inside) put('start', asKnown, asKnown.movedAt, asKnown.ids.at(-1) ?? '', start.value, true)
    if (start.inside !== here.inside || start.value !== here.value)
      put('restated', state, state.movedAt, state.ids.at(-1) ?? '', here.value - start.value, start.inside !== here.inside)
    let day = startDay
    for (let move = moves[n]; move !== undefined && move.at <= to * 1000; move = moves[++n]) {
      if (knownAt(move) > asOf) continue
      const today = Math.max(day, days.of(move.at / 1000))
      if (here.inside && today !== day) {
        const revalued = worth(state, today, now)
        put('fx', state, move.at, move.id, revalued - here.value)
        here = { ...here, value: revalued }
      }
      day = today
      const wasOut = leftOut(state, id)
      const wasOpen = state.status === 'open'
      applyMove(state, move)
      const after = stands(id, state, day, now)
      if (here.inside && after.inside)
        put(after.value > here.value ? 'increased' : 'decreased', state, move.at, move.id, after.value - here.value)
      else if (after.inside) put(cameBy(move, here, after, wasOut, wasOpen, due), state, move.at, move.id, after.value, true)
      else if (here.inside) put(wentBy(move, state, here, after, leftOut(state, id), due), state, move.at, move.id, -here.value, true)
      here = after
    }
    if (here.inside) {
      const value = worth(state, endDay, now)
      if (day !== endDay) put('fx', state, to * 1000, state.ids.at(-1) ?? '', value - here.value)
      put('end', state, to * 1000, state.ids.at(-1) ?? '', value, true)
      const why =
        state.amount === null ? 'amount_missing' : now.convert(state.amount, state.currency, endDay) === null ? 'rate_missing' : ''
      if (why !== '') missing.set(why, (missing.get(why) ?? 0) + 1)
    }
  }
  return { items, excluded: Object.fromEntries([...missing].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}
