import type { DealHistory, DealMoves, Move } from '../../services/domain/forecast/history.ts'
import { bitsOf } from '../../services/domain/forecast/simulate.ts'

const DAY = 86_400_000

/** A company whose truth is known: what a week in a stage holds, how many deals come, and what all deals of a period share. */
export type Truth = {
  readonly seed: number
  readonly weeks: number
  /** Deals that are created in a week, on average. */
  readonly arrivals: number
  readonly stages: readonly { readonly name: string; readonly won: number; readonly lost: number; readonly moved: number }[]
  /** Standard deviation of the logarithm of the factor on the chance to win, one draw per period of so many weeks. */
  readonly shock: number
  readonly periodWeeks: number
  readonly startsAt: number
  /** Months of the calendar are periods instead, where this is set: the factor of each. */
  readonly periodOf?: (ms: number) => number
}

export type Dice = { readonly uniform: () => number; readonly normal: () => number; readonly poisson: (mean: number) => number }

export const diceFrom = (seed: number): Dice => {
  const next = bitsOf(seed)
  const uniform = (): number => (next() + 0.5) / 4_294_967_296
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  const poisson = (mean: number): number => {
    let n = 0
    for (let product = uniform(); product > Math.exp(-mean); product *= uniform()) n++
    return n
  }
  return { uniform, normal, poisson }
}

const NOTHING: Omit<Move, 'at' | 'recorded' | 'id' | 'type'> = {
  account: '',
  stage: '',
  pipeline: '',
  dealType: '',
  product: '',
  owner: '',
  team: '',
  category: '',
  amount: null,
  currency: '',
  closeDay: null,
  outcome: '',
  into: '',
  cleared: [],
}

/** Deals that go from stage to stage, week by week, by the truth. The shared factor multiplies the chance to win in every week of its period. */
export const generatedDeals = (truth: Truth): DealHistory => {
  const { seed, weeks, arrivals, stages, shock, periodWeeks, startsAt } = truth
  const dice = diceFrom(seed)
  const factors = new Map<number, number>()
  const factorAt = (ms: number): number => {
    const period = truth.periodOf?.(ms) ?? Math.floor((ms - startsAt) / (7 * DAY * periodWeeks))
    const factor = factors.get(period) ?? Math.exp(shock * dice.normal() - shock ** 2 / 2)
    factors.set(period, factor)
    return factor
  }
  // in order of time, so that the factors of periods do not depend on which deal meets them first
  for (let week = 0; week < weeks * 2; week++) factorAt(startsAt + week * 7 * DAY)
  const deals: DealMoves[] = []
  for (let week = 0; week < weeks; week++) {
    for (let k = dice.poisson(arrivals); k > 0; k--) {
      const id = `d_${deals.length}`
      const moves: Move[] = []
      const say = (at: number, type: string, said: Partial<Move>): void => {
        const ms = Math.round(at)
        moves.push({ ...NOTHING, at: ms * 1000, recorded: ms + 1000, id: `${id}-${String(moves.length).padStart(3, '0')}`, type, ...said })
      }
      let at = startsAt + (week + dice.uniform()) * 7 * DAY
      const [first] = stages
      const amount = Math.round(100_000 * Math.exp(0.6 * dice.normal()))
      const closeDay = Math.floor(at / DAY) + 30 + Math.floor(dice.uniform() * 60)
      say(at, 'deal-created', {
        stage: first?.name ?? '',
        amount,
        currency: 'EUR',
        closeDay,
        dealType: 'new-business',
        account: `a_${deals.length % 997}`,
        team: dice.uniform() < 0.5 ? 'north' : 'south',
        category: 'pipeline',
      })
      for (let s = 0; s < stages.length; ) {
        const stage = stages[s]
        if (stage === undefined) break
        at += 7 * DAY
        if (at > startsAt + weeks * 7 * DAY) break
        const u = dice.uniform()
        const won = Math.min(0.9, stage.won * factorAt(at))
        if (u < won) {
          say(at - 1, 'deal-closed', { outcome: 'won' })
          break
        }
        if (u < won + stage.lost) {
          say(at - 1, 'deal-closed', { outcome: 'lost' })
          break
        }
        if (u < won + stage.lost + stage.moved) {
          s += 1
          at -= 1 // the next week begins when the stage does
          say(at, 'deal-stage-changed', { stage: stages[s]?.name ?? '' })
        } else if (dice.uniform() < 0.03)
          say(at - 2, 'deal-close-date-changed', { closeDay: Math.floor(at / DAY) + 20 + Math.floor(dice.uniform() * 60) })
      }
      deals.push({ id, moves })
    }
  }
  return { deals, accounts: new Map(), rates: [], exclusions: [] }
}

/** Three stages as software is sold: half a year to the longest, a quarter won. */
export const USUAL_STAGES = [
  { name: 'qualified', won: 0.01, lost: 0.06, moved: 0.14 },
  { name: 'proposal', won: 0.04, lost: 0.06, moved: 0.12 },
  { name: 'negotiation', won: 0.14, lost: 0.07, moved: 0 },
] as const
