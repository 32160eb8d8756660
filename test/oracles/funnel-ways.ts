/** Figures about units on their way, by plain arithmetic over lists: nothing of it is shared with the SQL that it checks. Times are numbers on one scale. */

export type Unit = {
  readonly id: string
  readonly channel: string
  /** Moves as (place from 1, at) in order, no two in a row in the same place. */
  readonly moves: readonly (readonly [place: number, at: number])[]
  readonly endedAt: number | null
  readonly outcome: string
}

const isOver = (unit: Unit, now: number): boolean => unit.endedAt !== null && unit.endedAt <= now

/** M10: [stage, mix, outcome] → units. */
export const outcomesOf = (units: readonly Unit[], won: number, now: number): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  const add = (place: number, mix: string, outcome: string): void => {
    const key = `${place} ${mix} ${outcome}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const unit of units) {
    for (let place = 1; place < won; place++) {
      const first = unit.moves.findIndex(([at]) => at === place)
      if (first < 0) continue
      const standing = unit.moves.at(-1)?.[0] ?? 0
      const beyond = unit.moves.slice(first + 1).some(([at]) => at > place)
      const ended = isOver(unit, now) ? unit.outcome : null
      add(place, 'advanced', beyond ? 'advanced' : (ended ?? (standing < place ? 'regressed' : 'open')))
      add(place, 'final', ended ?? 'open')
    }
  }
  return counts
}

/** M14 and M15: place → [those that did, all]. */
export const skipsOf = (units: readonly Unit[], won: number): ReadonlyMap<number, readonly [number, number]> =>
  tally(units, won, (unit, place) => {
    const reached = unit.moves.find(([at]) => at >= place)
    return reached === undefined ? null : reached[0] > place
  })

export const regressionsOf = (units: readonly Unit[], won: number): ReadonlyMap<number, readonly [number, number]> =>
  tally(units, won, (unit, place) => {
    const first = unit.moves.findIndex(([at]) => at === place)
    return first < 0 ? null : unit.moves.slice(first).some(([at]) => at < place)
  })

const tally = (units: readonly Unit[], won: number, did: (unit: Unit, place: number) => boolean | null) => {
  const found = new Map<number, readonly [number, number]>()
  for (const unit of units) {
    for (let place = 1; place < won; place++) {
      const answer = did(unit, place)
      if (answer === null) continue
      const [some, all] = found.get(place) ?? [0, 0]
      found.set(place, [some + (answer ? 1 : 0), all + 1])
    }
  }
  return found
}

type Stay = { readonly time: number; readonly done: boolean }

/** M11 (`latest`) and M12: place → stays. */
export const staysOf = (
  units: readonly Unit[],
  won: number,
  now: number,
  which: 'latest' | 'all',
): ReadonlyMap<number, readonly Stay[]> => {
  const found = new Map<number, Stay[]>()
  for (const unit of units) {
    for (let place = 1; place < won; place++) {
      const mine = unit.moves.flatMap(([at, since], index) =>
        at === place ? [{ since, until: unit.moves[index + 1]?.[1] ?? unit.endedAt ?? Number.POSITIVE_INFINITY }] : [],
      )
      const counted = which === 'latest' ? mine.slice(-1) : mine
      const last = counted.at(-1)
      if (last === undefined) continue
      const time = counted.reduce((sum, { since, until }) => sum + Math.max(0, Math.min(until, now) - since), 0)
      found.set(place, [...(found.get(place) ?? []), { time, done: last.until <= now }])
    }
  }
  return found
}

/** The ⌈p·n⌉-th smallest (metrics C10). */
export const percentileOf = (times: readonly number[], percent: number): number | null =>
  times.toSorted((a, b) => a - b)[Math.ceil((percent * times.length) / 100) - 1] ?? null

/** Kaplan–Meier median as products of fractions. */
export const survivalMedianOf = (stays: readonly Stay[]): number | null => {
  let share = 1
  for (const time of [...new Set(stays.map(stay => stay.time))].toSorted((a, b) => a - b)) {
    const atRisk = stays.filter(stay => stay.time >= time).length
    share *= 1 - stays.filter(stay => stay.time === time && stay.done).length / atRisk
    if (share <= 0.5 + 1e-12) return time
  }
  return null
}
