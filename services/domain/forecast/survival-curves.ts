import { incidence, type TimeToEvent } from '../figures/rates.ts'

/** One subject observed up to `time`; `event` false: still going on then (right-censored). */
export type Observed = { readonly time: number; readonly event: boolean }
export type Step = { readonly time: number; readonly atRisk: number; readonly events: number; readonly survival: number }

/** Kaplan–Meier: of those at risk at each time the share that goes on. Who is observed only up to a time is at risk in it. */
export const kaplanMeier = (observed: readonly Observed[]): readonly Step[] => {
  const byTime = Map.groupBy(observed, ({ time }) => time)
  let atRisk = observed.length
  let survival = 1
  const steps: Step[] = []
  for (const time of [...byTime.keys()].toSorted((a, b) => a - b)) {
    const here = byTime.get(time) ?? []
    const events = here.filter(({ event }) => event).length
    if (events > 0) {
      survival *= 1 - events / atRisk
      steps.push({ time, atRisk, events, survival })
    }
    atRisk -= here.length
  }
  return steps
}

/** The time at which half are through (the first at which no more than half go on); null where it is never seen. */
export const medianSurvival = (steps: readonly Step[]): number | null => steps.find(({ survival }) => survival <= 0.5 + 1e-12)?.time ?? null

/** Aalen–Johansen: the share that is won by `by`, losing competing (metrics M6). */
export const wonBy = (times: readonly TimeToEvent[], by: number): number | null =>
  incidence(times.map(each => (each.micros > by ? { ...each, what: 'censored', micros: by } : each)))
