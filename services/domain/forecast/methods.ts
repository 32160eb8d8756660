import type { KnownDeal } from './known.ts'
import type { HazardModel } from './hazards.ts'
import type { PeriodDays } from './periods-of.ts'

/** By name, what a forecast of a period is made from; each a function of what was known. */
export const METHODS = [
  'naive-last',
  'seasonal-year',
  'seasonal-quarter',
  'trailing-mean',
  'stage-weighted',
  'stage-weighted-time',
  'same-point',
  'survival',
  'survival-plain',
  'category-commit',
  'category-best-case',
  'call',
  'combination',
] as const
export type Method = (typeof METHODS)[number]

/** Where a part of a forecast comes from: already won, an open deal, deals that are not there yet (told by those that were), another period. */
export type Part = 'won' | 'open' | 'new' | 'past'
/** Takes what one deal (a place in the history; −1: none) adds to a forecast. */
export type Sink = (place: number, value: number, part: Part) => void

/** An open deal as a method sees it. */
export type OpenDeal = {
  readonly deal: KnownDeal
  readonly worth: number
  /** Open with close date in the period at or above the floor (metrics M78). */
  readonly counted: boolean
  /** Where its planned close date lies: before today's period, in it, after it, nowhere. */
  readonly due: 0 | 1 | 2 | 3
  /** Chance to be won in the period by hazards alone. */
  readonly chance: number
}

/** How it stood at the same point of a period that has ended since, and what became of it, as known now. */
export type SamePoint = {
  readonly open: readonly { readonly place: number; readonly stage: string; readonly worth: number; readonly won: number }[]
  readonly outside: readonly { readonly place: number; readonly won: number }[]
}

export type Win = { readonly place: number; readonly worth: number }

export type MethodInput = {
  readonly period: PeriodDays
  readonly day: number
  readonly won: readonly Win[]
  readonly open: readonly OpenDeal[]
  /** Wins of the periods before this one, the nearest first; null where a period has not ended, or the history does not reach back to it. */
  readonly ended: readonly (readonly Win[] | null)[]
  /** Periods of this kind in a year; null where that is no whole number. */
  readonly perYear: number | null
  readonly samePoints: readonly SamePoint[]
  readonly stageRates: StageRates
  readonly hazards: HazardModel
  /** By due class: what was won of what hazards alone expected, learned at this point of earlier periods. */
  readonly dueFactors: readonly number[]
  /** Deals created lately: each stands for what is created from now on, by what it adds to the expectation of the period. */
  readonly arrivals: readonly { readonly place: number; readonly value: number }[]
  /** The latest call for all, in the question's currency. */
  readonly call: number | null
}

/** M19s by stage, drawn to all, and how long it took from first entry to won (days, ascending). */
export type StageRates = {
  readonly of: (stage: string) => number
  readonly lags: (stage: string) => Float64Array
}

const wonSoFar = ({ won }: MethodInput, sink: Sink): void => {
  for (const { place, worth } of won) sink(place, worth, 'won')
}

const pastPeriod = (wins: readonly Win[] | null | undefined, share: number, sink: Sink): boolean => {
  if (wins === null || wins === undefined) return false
  for (const { place, worth } of wins) sink(place, worth * share, 'past')
  return true
}

/** Share of sorted lags that are at most `days`. */
const shareBy = (lags: Float64Array, days: number): number => {
  let [low, high] = [0, lags.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lags[middle] ?? 0) <= days) low = middle + 1
    else high = middle
  }
  return lags.length === 0 ? 0 : low / lags.length
}

const MICROS_A_DAY = 86_400_000_000
const TRAILING = 4
const FEW = 5

const samePoint = (input: MethodInput, sink: Sink): boolean => {
  const { samePoints } = input
  if (samePoints.length === 0) return false
  wonSoFar(input, sink)
  const yields = new Map<string, { open: number; won: number; deals: number }>()
  const all = { open: 0, won: 0 }
  for (const { open } of samePoints)
    for (const { stage, worth, won } of open) {
      const found = yields.get(stage) ?? { open: 0, won: 0, deals: 0 }
      yields.set(stage, found)
      found.open += worth
      found.won += won
      found.deals += 1
      all.open += worth
      all.won += won
    }
  for (const { deal, worth, counted } of input.open) {
    if (!counted) continue
    const own = yields.get(deal.state.stage)
    // of a stage with hardly any deals nothing is known: then that of all
    const of = own === undefined || own.deals < FEW || own.open <= 0 ? all : own
    if (of.open > 0) sink(deal.place, (worth * of.won) / of.open, 'open')
  }
  for (const { outside } of samePoints) for (const { place, won } of outside) sink(place, won / samePoints.length, 'new')
  return true
}

const survival = (input: MethodInput, sink: Sink, learned: boolean): boolean => {
  wonSoFar(input, sink)
  for (const { deal, worth, chance, due } of input.open) {
    const p = Math.min(1, chance * (learned ? (input.dueFactors[due] ?? 1) : 1))
    if (p > 0) sink(deal.place, worth * p, 'open')
  }
  for (const { place, value } of input.arrivals) sink(place, value, 'new')
  return true
}

const stageWeighted = (input: MethodInput, sink: Sink, timed: boolean): boolean => {
  wonSoFar(input, sink)
  const { stageRates, period, day } = input
  for (const { deal, worth, counted } of input.open) {
    if (timed) {
      const entered = deal.state.stints.at(-1)?.from ?? deal.state.createdAt
      const age = day - entered / MICROS_A_DAY
      const lags = stageRates.lags(deal.state.stage)
      const before = shareBy(lags, age + Math.max(0, period.from - day))
      const left = 1 - shareBy(lags, age)
      const inPeriod = left <= 0 ? 0 : (shareBy(lags, age + period.to - day) - before) / left
      sink(deal.place, worth * stageRates.of(deal.state.stage) * inPeriod, 'open')
    } else if (counted) sink(deal.place, worth * stageRates.of(deal.state.stage), 'open')
  }
  return true
}

/** M80: what is won, and open deals of the period whose owners call them so. */
const CALLED: Readonly<Record<'category-commit' | 'category-best-case', ReadonlySet<string>>> = {
  'category-commit': new Set(['commit', 'closed']),
  'category-best-case': new Set(['commit', 'closed', 'best-case', 'best_case', 'best case', 'upside']),
}
export const isCalled = (category: string, upTo: keyof typeof CALLED): boolean => CALLED[upTo].has(category.toLowerCase())

const categories = (input: MethodInput, sink: Sink, upTo: keyof typeof CALLED): boolean => {
  wonSoFar(input, sink)
  for (const { deal, worth, due } of input.open) if (due === 1 && isCalled(deal.state.category, upTo)) sink(deal.place, worth, 'open')
  return true
}

/** Runs one method; false where what it needs is not there. Combinations are made from the others' results. */
export const runMethod = (method: Exclude<Method, 'combination'>, input: MethodInput, sink: Sink): boolean => {
  const { ended, perYear } = input
  switch (method) {
    case 'naive-last':
      return pastPeriod(
        ended.find(wins => wins !== null),
        1,
        sink,
      )
    case 'seasonal-year':
      return perYear !== null && pastPeriod(ended[perYear - 1], 1, sink)
    case 'seasonal-quarter':
      return perYear === 12 && pastPeriod(ended[2], 1, sink)
    case 'trailing-mean': {
      const known = ended.filter(wins => wins !== null).slice(0, TRAILING)
      for (const wins of known) pastPeriod(wins, 1 / known.length, sink)
      return known.length > 0
    }
    case 'stage-weighted':
      return stageWeighted(input, sink, false)
    case 'stage-weighted-time':
      return stageWeighted(input, sink, true)
    case 'same-point':
      return samePoint(input, sink)
    case 'survival':
      return survival(input, sink, true)
    case 'survival-plain':
      return survival(input, sink, false)
    case 'category-commit':
    case 'category-best-case':
      return categories(input, sink, method)
    case 'call':
      if (input.call === null) return false
      sink(-1, input.call, 'past')
      return true
    default:
      return method satisfies never
  }
}
