import type { Days } from './days.ts'
import { type DealState, leftOut } from './deal-state.ts'
import { type DealHistory, excludedAt } from './history.ts'
import { type Convert, rateTable } from './rate-table.ts'
import { replayOf } from './replay.ts'
import { type AccountsAt, accountsAt, type Scope, scopeTest } from './scope.ts'

/** What stays the same over all origins of one question. */
export type Terms = {
  readonly scope: Scope
  readonly currency: string
  readonly days: Days
  /** Deal stages that qualify, in order: the first makes an SQO (metrics, Terms). A stage that is none of them is below all. */
  readonly stages: readonly string[]
}

/** A deal as known at an origin. Instants in ms, days since the epoch, money in minor units of the question's currency. */
export type KnownDeal = {
  /** Place in the history. */
  readonly place: number
  readonly id: string
  readonly state: DealState
  /** Open: the amount in force at the rate of the origin's day; closed: at that of the close date; null without an amount or a rate. */
  readonly worth: number | null
  readonly missing: '' | 'amount_missing' | 'rate_missing'
  readonly createdDay: number
  /** Of an open deal the planned close date, of a closed one the date that dates it. */
  readonly closeDay: number | null
  /** Place of its stage among the qualifying ones, from 1; 0: below. */
  readonly rank: number
  /** Ever was in a qualifying stage, or was won. */
  readonly qualified: boolean
}

/** Everything that is known of the deals in scope at an instant, and nothing that became known later. */
export type Known = {
  readonly asOf: number
  readonly day: number
  readonly open: readonly KnownDeal[]
  readonly won: readonly KnownDeal[]
  readonly lost: readonly KnownDeal[]
  readonly accounts: AccountsAt
  readonly convert: Convert
  /** Deals left out, by reason. */
  readonly excluded: Readonly<Record<string, number>>
}

/** Lost amounts are the last that were not zero before the close; of open and won deals what is in force. */
const pricedOf = (state: DealState): { readonly amount: number | null; readonly currency: string } =>
  state.status === 'lost' && state.openAmount !== null && state.openAmount !== 0
    ? { amount: state.openAmount, currency: state.openCurrency }
    : state

const knownDeal = (place: number, id: string, state: DealState, day: number, convert: Convert, terms: Terms): KnownDeal => {
  const { days, stages } = terms
  const closed = state.status !== 'open'
  const closeDay = closed ? (state.closedDay ?? days.of(state.closedAt / 1000)) : state.closeDay
  const { amount, currency } = pricedOf(state)
  const worth = amount === null ? null : convert(amount, currency, closed && closeDay !== null ? closeDay : day)
  return {
    place,
    id,
    state,
    worth,
    missing: amount === null ? 'amount_missing' : worth === null ? 'rate_missing' : '',
    createdDay: days.of(state.createdAt / 1000),
    closeDay,
    rank: stages.indexOf(state.stage) + 1,
    qualified: state.status === 'won' || state.stints.some(({ stage }) => stages.includes(stage)),
  }
}

/** Goes through a history origin by origin, each later than the one before; `now` is the instant by which ages are told, if not that of knowledge. */
export const knowledgeOf = (
  history: DealHistory,
  terms: Terms,
): ((asOf: number, now?: number) => Known & { readonly touched: ReadonlySet<number> }) => {
  const replay = replayOf(history)
  const inScope = scopeTest(terms.scope)
  return (asOf, now = asOf) => {
    const touched = replay.advance(asOf)
    const excluded = excludedAt(history.exclusions, asOf)
    const accounts = accountsAt(history, asOf)
    const convert = rateTable(history.rates, terms.currency, asOf)
    const day = terms.days.of(now)
    const out: Record<string, number> = {}
    const lists = { open: [] as KnownDeal[], won: [] as KnownDeal[], lost: [] as KnownDeal[] }
    replay.states.forEach((state, place) => {
      if (state.ids.length === 0) return
      const id = history.deals[place]?.id ?? ''
      const why = leftOut(state, id) || (excluded.get(`deal:${id}`) ?? excluded.get(`account:${state.account}`) ?? '')
      if (why !== '') {
        out[why] = (out[why] ?? 0) + 1
        return
      }
      if (!inScope(state, accounts)) return
      lists[state.status].push(knownDeal(place, id, state, day, convert, terms))
    })
    return { asOf: now, day, ...lists, accounts, convert, excluded: out, touched }
  }
}

/** What was known at one instant. */
export const knownAtInstant = (history: DealHistory, terms: Terms, asOf: number): Known => knowledgeOf(history, terms)(asOf)
