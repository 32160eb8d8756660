import type { Judged } from './judge.ts'
import type { Method } from './methods.ts'

/** `chosen`: at each origin the method that had the least error on the periods that had ended by then. */
export type Forecaster = Method | 'chosen'

export const pointOf = ({ points, chosen }: Judged, of: Forecaster): number | undefined => points[of === 'chosen' ? chosen : of]

/** What a forecaster missed a period by, forecast − actual; null where it had no point. */
export const missOf = (judged: Judged, actuals: readonly number[], of: Forecaster): number | null => {
  const point = pointOf(judged, of)
  return point === undefined ? null : Math.round(point) - (actuals[judged.n] ?? 0)
}

export type ErrorSums = {
  readonly forecasts: number
  readonly periods: number
  /** Σ|e|, Σe, ΣA: WAPE is the first over the last, bias the second (metrics M92). */
  readonly absolute: number
  readonly signed: number
  readonly actual: number
  /** Mean of |e|/A over forecasts whose period brought anything; null of none. */
  readonly mape: number | null
}

/** Forecast − actual, over forecasts whose periods have ended; without those that the method was not there for. */
export const errorSums = (judged: readonly Judged[], actuals: readonly number[], of: Forecaster): ErrorSums => {
  let [absolute, signed, actual, apes, aped, forecasts] = [0, 0, 0, 0, 0, 0]
  const periods = new Set<number>()
  for (const origin of judged) {
    const error = missOf(origin, actuals, of)
    if (error === null) continue
    const brought = actuals[origin.n] ?? 0
    forecasts += 1
    periods.add(origin.n)
    absolute += Math.abs(error)
    signed += error
    actual += brought
    if (brought > 0) {
      apes += Math.abs(error) / brought
      aped += 1
    }
  }
  return { forecasts, periods: periods.size, absolute, signed, actual, mape: aped === 0 ? null : apes / aped }
}

/** M93: 1 − WAPE / WAPE of naive, on the forecasts that both were there for; null where naive was never wrong or never there. */
export const skillOf = (
  judged: readonly Judged[],
  actuals: readonly number[],
  of: Forecaster,
): { readonly skill: number | null; readonly forecasts: number } => {
  const both = judged.filter(origin => pointOf(origin, of) !== undefined && origin.points['naive-last'] !== undefined)
  const [own, naive] = [errorSums(both, actuals, of), errorSums(both, actuals, 'naive-last')]
  return { skill: naive.absolute === 0 ? null : 1 - own.absolute / naive.absolute, forecasts: both.length }
}

const BANDS = { 50: ['p25', 'p75'], 80: ['p10', 'p90'], 95: ['p025', 'p975'] } as const
export type Level = keyof typeof BANDS

/** Forecasts that had a band to be held: without any period to learn from the widest is said. */
export const banded = <T extends Judged>(judged: readonly T[]): readonly T[] => judged.filter(({ periodsJudged }) => periodsJudged > 0)

/** Whether a past actual lay in the band, ends included. */
export const isHeld = ({ n, quantiles }: Judged, actuals: readonly number[], level: Level): boolean => {
  const [low, high] = BANDS[level]
  return (actuals[n] ?? 0) >= quantiles[low] - 0.5 && (actuals[n] ?? 0) <= quantiles[high] + 0.5
}

/** M84: how many past actuals lay in the band. */
export const heldBy = (judged: readonly Judged[], actuals: readonly number[], level: Level): number =>
  judged.filter(each => isHeld(each, actuals, level)).length

export type Reliability = {
  readonly from: number
  readonly to: number
  readonly n: number
  readonly forecast: number
  readonly happened: number
}
export type Calibration = { readonly n: number; readonly brier: number | null; readonly bins: readonly Reliability[] }

/** The tenth that a chance lies in, from 0. */
export const binOf = (chance: number): number => Math.min(9, Math.floor(chance * 10))

/** M94: mean squared distance of chances to what happened, and in bins of a tenth how often what was said happened. */
export const calibrationOf = (said: Iterable<readonly [chance: number, happened: boolean]>): Calibration => {
  const bins = Array.from({ length: 10 }, () => ({ n: 0, said: 0, happened: 0 }))
  let [n, squares] = [0, 0]
  for (const [chance, happened] of said) {
    const bin = bins[binOf(chance)]
    if (bin === undefined) continue
    n += 1
    squares += (chance - Number(happened)) ** 2
    bin.n += 1
    bin.said += chance
    bin.happened += Number(happened)
  }
  return {
    n,
    brier: n === 0 ? null : squares / n,
    bins: bins.flatMap((bin, i) =>
      bin.n === 0 ? [] : [{ from: i / 10, to: (i + 1) / 10, n: bin.n, forecast: bin.said / bin.n, happened: bin.happened / bin.n }],
    ),
  }
}
