import type { Stint } from './deal-state.ts'

/** Weeks in a stage at which a class of ages begins: early weeks one by one, later ones together. */
const AGE_FROM = [0, 1, 2, 3, 4, 6, 9, 13, 21, 35] as const
const AGES = AGE_FROM.length
const MAX_AGE = 60
export const WEEK_MICROS = 7 * 86_400_000_000

const AGE_CLASS = Uint8Array.from({ length: MAX_AGE + 1 }, (_, week) => AGE_FROM.findLastIndex(from => from <= week))
const ageClass = (weeks: number): number => AGE_CLASS[Math.min(weeks, MAX_AGE)] ?? AGES - 1

/** Deal weeks by stage and class of age, and how many of them ended in what. Open stays are at risk in their whole weeks and then leave (right-censored). */
export type HazardCounts = {
  readonly exposed: Map<string, Float64Array>
  readonly won: Map<string, Float64Array>
  readonly lost: Map<string, Float64Array>
  readonly moved: Map<string, Float64Array>
  /** stage → stage → moves */
  readonly into: Map<string, Map<string, number>>
}

export const newHazardCounts = (): HazardCounts => ({
  exposed: new Map(),
  won: new Map(),
  lost: new Map(),
  moved: new Map(),
  into: new Map(),
})

const row = (of: Map<string, Float64Array>, stage: string): Float64Array => {
  const found = of.get(stage)
  if (found !== undefined) return found
  const made = new Float64Array(AGES)
  of.set(stage, made)
  return made
}

const bump = (cells: Float64Array, at: number, by: number): void => {
  cells[at] = (cells[at] ?? 0) + by
}

/** Adds (`sign` 1) or takes back (−1) a stay that was observed to `until` (µs), where it is still going on. */
export const countStint = (counts: HazardCounts, { stage, from, to, exit, next }: Stint, until: number, sign: 1 | -1): void => {
  const end = to ?? until
  const weeks = Math.max(0, Math.floor((end - from) / WEEK_MICROS))
  const exposed = row(counts.exposed, stage)
  const whole = exit === null ? weeks : weeks + 1
  // the last class takes what is left in one addition
  for (let week = 0; week < whole; ) {
    const at = ageClass(week)
    const after = at + 1 < AGES ? Math.min(whole, AGE_FROM[at + 1] ?? whole) : whole
    bump(exposed, at, sign * (after - week))
    week = after
  }
  if (exit === null) return
  bump(row(exit === 'won' ? counts.won : exit === 'lost' ? counts.lost : counts.moved, stage), ageClass(weeks), sign)
  if (exit === 'moved') {
    const into = counts.into.get(stage) ?? new Map<string, number>()
    counts.into.set(stage, into)
    into.set(next, (into.get(next) ?? 0) + sign)
  }
}

export type Hazard = { readonly won: number; readonly lost: number; readonly moved: number }

export type HazardModel = {
  /** Chances of one week by stage and age in weeks. */
  readonly hazard: (stage: string, age: number) => Hazard
  /** Chance that a deal which has been in a stage for `age` weeks is won within `weeks` (a fraction is interpolated). */
  readonly wonWithin: (stage: string, age: number, weeks: number) => number
}

/** Weeks of a prior that pull a cell to its stage, and a stage to all. */
const PRIOR_WEEKS = 20

/**
 * Discrete-time hazards by stage and weeks in it, with won, lost and moving on competing, and what they make of a deal that goes on from stage to stage.
 * Thin cells are drawn to their stage, thin stages to all. `within` is the longest horizon in weeks that will be asked for.
 */
export const hazardModel = (counts: HazardCounts, within: number): HazardModel => {
  const horizon = Math.ceil(within) + 1
  const stages = [...counts.exposed.keys()].toSorted()
  const sum = (cells: Float64Array | undefined): number => cells?.reduce((a, b) => a + b, 0) ?? 0
  const all = { exposed: 0, won: 0, lost: 0, moved: 0 }
  for (const stage of stages) {
    all.exposed += sum(counts.exposed.get(stage))
    all.won += sum(counts.won.get(stage))
    all.lost += sum(counts.lost.get(stage))
    all.moved += sum(counts.moved.get(stage))
  }
  const drawn = (events: number, exposed: number, to: number): number =>
    exposed + PRIOR_WEEKS === 0 ? 0 : (events + PRIOR_WEEKS * to) / (exposed + PRIOR_WEEKS)
  const overall = (events: number): number => (all.exposed === 0 ? 0 : events / all.exposed)
  const cells = new Map<string, readonly Hazard[]>()
  const stageHazard = new Map<string, Hazard>()
  for (const stage of stages) {
    const exposed = counts.exposed.get(stage)
    const n = sum(exposed)
    const own = {
      won: drawn(sum(counts.won.get(stage)), n, overall(all.won)),
      lost: drawn(sum(counts.lost.get(stage)), n, overall(all.lost)),
      moved: drawn(sum(counts.moved.get(stage)), n, overall(all.moved)),
    }
    stageHazard.set(stage, own)
    cells.set(
      stage,
      AGE_FROM.map((_, age) => ({
        won: drawn(counts.won.get(stage)?.[age] ?? 0, exposed?.[age] ?? 0, own.won),
        lost: drawn(counts.lost.get(stage)?.[age] ?? 0, exposed?.[age] ?? 0, own.lost),
        moved: drawn(counts.moved.get(stage)?.[age] ?? 0, exposed?.[age] ?? 0, own.moved),
      })),
    )
  }
  const whole: Hazard = { won: overall(all.won), lost: overall(all.lost), moved: 0 }
  const hazard = (stage: string, age: number): Hazard => cells.get(stage)?.[ageClass(age)] ?? whole
  const places = new Map(stages.map((stage, s) => [stage, s]))
  const shares = stages.map(stage => {
    const into = [...(counts.into.get(stage) ?? [])].filter(([, n]) => n > 0)
    const moves = into.reduce((total, [, n]) => total + n, 0)
    return into.map(([next, n]) => ({ next: places.get(next) ?? -1, share: n / moves }))
  })
  // chances[h] by stage × age: each week from those of one week less
  const width = MAX_AGE + 1
  const chances: Float64Array[] = [new Float64Array(stages.length * width)]
  for (let h = 1; h <= horizon; h++) {
    const before = chances[h - 1] ?? new Float64Array(0)
    const next = new Float64Array(stages.length * width)
    stages.forEach((stage, s) => {
      const onward = (shares[s] ?? []).reduce((total, { next: to, share }) => total + share * (to < 0 ? 0 : (before[to * width] ?? 0)), 0)
      for (let age = 0; age <= MAX_AGE; age++) {
        const { won, lost, moved } = hazard(stage, age)
        const stays = Math.max(0, 1 - won - lost - moved)
        next[s * width + age] = won + moved * onward + stays * (before[s * width + Math.min(age + 1, MAX_AGE)] ?? 0)
      }
    })
    chances.push(next)
  }
  return {
    hazard,
    wonWithin: (stage, age, weeks) => {
      if (weeks <= 0) return 0
      const s = places.get(stage)
      const at = Math.min(weeks, horizon)
      const low = Math.floor(at)
      if (s === undefined) return 1 - (1 - whole.won) ** at
      const cell = s * width + Math.min(age, MAX_AGE)
      const floor = chances[low]?.[cell] ?? 0
      return floor + (at - low) * ((chances[Math.min(low + 1, horizon)]?.[cell] ?? floor) - floor)
    },
  }
}

export type HazardLedger = {
  /** Brings the ended stays of the deals that were touched up to date. */
  readonly update: (touched: ReadonlySet<number>, stintsOf: (place: number) => readonly Stint[]) => void
  /** The model as of now, with the stays that still go on. */
  readonly model: (open: Iterable<Stint>, until: number, within: number) => HazardModel
}

/** Keeps the counts of ended stays while knowledge goes on; a deal that is told anew has its old stays taken back. */
export const hazardLedger = (): HazardLedger => {
  const ended = newHazardCounts()
  const counted = new Map<number, readonly Stint[]>()
  return {
    update: (touched, stintsOf) => {
      for (const place of touched) {
        for (const stint of counted.get(place) ?? []) countStint(ended, stint, 0, -1)
        const stints = stintsOf(place)
          .filter(({ exit }) => exit !== null)
          .map(stint => ({ ...stint }))
        for (const stint of stints) countStint(ended, stint, 0, 1)
        counted.set(place, stints)
      }
    },
    model: (open, until, within) => {
      const going: Stint[] = []
      for (const stint of open) {
        going.push(stint)
        countStint(ended, stint, until, 1)
      }
      const model = hazardModel(ended, within)
      for (const stint of going) countStint(ended, stint, until, -1)
      return model
    },
  }
}
