import { DAY_MS } from '../forecast/days.ts'
import { type DealState, leftOut } from '../forecast/deal-state.ts'
import { type DealHistory, excludedAt, knownAt } from '../forecast/history.ts'
import { rateTable } from '../forecast/rate-table.ts'
import { stateOf } from '../forecast/replay.ts'
import type { Column, FeatureTable } from './encoding.ts'
import type { Samples } from './train.ts'

const NUMBERS = ['amount', 'age_days', 'days_in_stage', 'days_to_close', 'days_since_move'] as const
const COUNTS = ['stages_seen', 'pushes', 'moves'] as const
const WORDS = ['stage', 'pipeline', 'deal_type', 'product', 'team', 'forecast_category'] as const

export const DEAL_FEATURES: readonly { readonly name: string; readonly kind: Column['kind'] }[] = [
  ...NUMBERS.map(name => ({ name, kind: 'number' as const })),
  ...COUNTS.map(name => ({ name, kind: 'count' as const })),
  ...WORDS.map(name => ({ name, kind: 'category' as const })),
]

type Known = Readonly<Record<(typeof NUMBERS)[number] | (typeof COUNTS)[number], number>> & Readonly<Record<(typeof WORDS)[number], string>>

const featuresAt = (state: DealState, moment: number, worth: number | null): Known => {
  const since = (micros: number): number => (moment - micros / 1000) / DAY_MS
  return {
    amount: worth ?? Number.NaN,
    age_days: since(state.createdAt),
    days_in_stage: since(state.stints.at(-1)?.from ?? state.createdAt),
    days_to_close: state.closeDay === null ? Number.NaN : state.closeDay - moment / DAY_MS,
    days_since_move: since(state.movedAt),
    stages_seen: new Set(state.stints.map(({ stage }) => stage)).size,
    pushes: state.pushes,
    moves: state.ids.length,
    stage: state.stage,
    pipeline: state.pipeline,
    deal_type: state.dealType,
    product: state.product,
    team: state.team,
    forecast_category: state.category,
  }
}

const tableOf = (known: readonly Known[]): FeatureTable => ({
  rows: known.length,
  columns: [
    ...[...NUMBERS, ...COUNTS].map(
      (name): Column => ({
        name,
        kind: COUNTS.some(count => count === name) ? 'count' : 'number',
        values: Float64Array.from(known, each => each[name]),
      }),
    ),
    ...WORDS.map((name): Column => ({ name, kind: 'category', values: known.map(each => each[name]) })),
  ],
})

export type DealSampling = {
  readonly currency: string
  readonly horizonDays: number
  /** Days after its creation at which each deal is looked at. */
  readonly ages: readonly number[]
  /** Nothing that was known later is looked at, ms. */
  readonly until: number
}

/** Open deals, renewals apart, each at some ages, as known then; reached: won within the horizon after it. */
export const dealSamples = (history: DealHistory, { currency, horizonDays, ages, until }: DealSampling): Samples => {
  const [known, labels, at]: [Known[], number[], number[]] = [[], [], []]
  const excluded = excludedAt(history.exclusions, until)
  const horizon = horizonDays * DAY_MS
  for (const deal of history.deals) {
    const final = stateOf(deal, move => knownAt(move) <= until)
    if (leftOut(final, deal.id) !== '' || excluded.has(`deal:${deal.id}`) || excluded.has(`account:${final.account}`)) continue
    for (const age of ages) {
      const moment = final.createdAt / 1000 + age * DAY_MS
      if (moment + horizon > until) continue
      const state = stateOf(deal, move => knownAt(move) <= moment && move.at <= moment * 1000)
      if (!state.created || state.status !== 'open' || state.dealType === 'renewal') continue
      const worth =
        state.amount === null ? null : rateTable(history.rates, currency, moment)(state.amount, state.currency, Math.floor(moment / DAY_MS))
      known.push(featuresAt(state, moment, worth))
      labels.push(final.status === 'won' && final.closedAt / 1000 <= moment + horizon ? 1 : 0)
      at.push(moment)
    }
  }
  return { table: tableOf(known), labels: Uint8Array.from(labels), at: Float64Array.from(at), buckets: known.map(each => each.stage) }
}

/** One open deal as known now; null where there is none, or it is no longer open. */
export const dealNow = (history: DealHistory, id: string, currency: string, now: number): FeatureTable | null => {
  const deal = history.deals.find(each => each.id === id)
  if (deal === undefined) return null
  const state = stateOf(deal, move => knownAt(move) <= now)
  if (leftOut(state, id) !== '' || state.status !== 'open') return null
  const worth =
    state.amount === null ? null : rateTable(history.rates, currency, now)(state.amount, state.currency, Math.floor(now / DAY_MS))
  return tableOf([featuresAt(state, now, worth)])
}
