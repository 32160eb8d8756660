import { percentileOf } from '../figures/rates.ts'
import type { Known, KnownDeal } from './known.ts'
import type { StageRates } from './methods.ts'

const MICROS_A_DAY = 86_400_000_000
/** Deals of a prior that draw a stage's rate to that of all (metrics M79). */
const PRIOR_DEALS = 20

/** Sales cycle in days, creation to close date (metrics M20). */
const cycleOf = ({ closeDay, createdDay }: KnownDeal): number => Math.max(0, (closeDay ?? createdDay) - createdDay)

export type StageRate = { readonly stage: string; readonly won: number; readonly entered: number; readonly rate: number }
export type StageWinRates = StageRates & {
  /** Horizon in days: p90 of the sales cycle. */
  readonly horizon: number
  readonly all: { readonly won: number; readonly created: number; readonly rate: number }
  readonly stages: readonly StageRate[]
}

/**
 * M19s: of the first entries to each stage that are a whole horizon old, the share won within it; drawn to the cohort rate of all deals (M79). Deals that were won are
 * counted at every stage that they were in.
 */
export const stageWinRates = ({ open, won, lost, asOf }: Known): StageWinRates => {
  const horizon = Math.max(
    1,
    percentileOf(
      won.map(cycleOf).toSorted((a, b) => a - b),
      0.9,
    ) ?? 90,
  )
  const within = horizon * MICROS_A_DAY
  const now = asOf * 1000
  const entered = new Map<string, { n: number; won: number; lags: number[] }>()
  const all = { n: 0, won: 0 }
  const count = ({ state }: KnownDeal): void => {
    const isWon = state.status === 'won'
    if (now - state.createdAt >= within) {
      all.n += 1
      if (isWon && state.closedAt - state.createdAt <= within) all.won += 1
    }
    const seen = new Set<string>()
    for (const { stage, from } of state.stints) {
      if (seen.has(stage)) continue
      seen.add(stage)
      const found = entered.get(stage) ?? { n: 0, won: 0, lags: [] }
      entered.set(stage, found)
      if (isWon) found.lags.push(Math.max(0, (state.closedAt - from) / MICROS_A_DAY))
      if (now - from < within) continue
      found.n += 1
      if (isWon && state.closedAt - from <= within) found.won += 1
    }
  }
  for (const deals of [open, won, lost]) for (const deal of deals) count(deal)
  // before a whole horizon has passed, what is closed is all there is to go by
  const overall = all.n > 0 ? all.won / all.n : won.length + lost.length > 0 ? won.length / (won.length + lost.length) : 0
  const stages = [...entered]
    .map(([stage, { n, won: wins }]) => ({ stage, won: wins, entered: n, rate: (wins + PRIOR_DEALS * overall) / (n + PRIOR_DEALS) }))
    .toSorted((a, b) => (a.stage < b.stage ? -1 : 1))
  const rates = new Map(stages.map(({ stage, rate }) => [stage, rate]))
  const lags = new Map([...entered].map(([stage, { lags: days }]) => [stage, Float64Array.from(days).toSorted()]))
  const none = new Float64Array(0)
  return {
    horizon,
    all: { won: all.won, created: all.n, rate: overall },
    stages,
    of: stage => rates.get(stage) ?? overall,
    lags: stage => lags.get(stage) ?? none,
  }
}

/** The first entries to a stage that its rate is of, each won within the horizon or not. */
export const stageEntries = (
  { open, won, lost, asOf }: Known,
  stage: string,
  horizon: number,
): readonly { readonly deal: KnownDeal; readonly isWon: boolean }[] => {
  const within = horizon * MICROS_A_DAY
  return [...open, ...won, ...lost].flatMap(deal => {
    const { state } = deal
    const entered = state.stints.find(stint => stint.stage === stage)
    if (entered === undefined || asOf * 1000 - entered.from < within) return []
    return [{ deal, isWon: state.status === 'won' && state.closedAt - entered.from <= within }]
  })
}
