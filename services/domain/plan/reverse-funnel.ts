import { ratio, wilson } from '../figures/rates.ts'

/** From a stage to the next: of `denominator` units `numerator` went on within the horizon; or a rate that somebody wants to see. */
export type PlanStep = {
  readonly from: string
  readonly to: string
  /** `rate`: the same unit goes on. `yield`: distinct deals for each journey, at the crossing from persons to deals. */
  readonly kind: 'rate' | 'yield'
  readonly numerator: number
  readonly denominator: number
  /** In place of what was observed; it has no interval. */
  readonly override: number | null
  /** Of what the next stage needs, the part that has to come this way; 1 where it is not said. */
  readonly share?: number
}

export type ReverseFunnelQuestion = {
  /** Money that deals not yet open have to bring, minor units. */
  readonly remaining: number
  /** Mean value of a won deal, minor units; null where none was won. */
  readonly meanWonValue: number | null
  /** From the first stage to won. */
  readonly steps: readonly PlanStep[]
}

export type StageNeed = {
  readonly stage: string
  /** What has to enter the stage; null where a rate on the way is zero or unknown. */
  readonly needed: number | null
  /** From the rates' 95 % intervals, as independent errors; null where nothing has an interval. */
  readonly interval: readonly [number, number] | null
  /** To the next stage; null for won. */
  readonly rate: number | null
}

/** Whole units: nobody wins three quarters of a deal. A float's last digit does not make one more. */
export const wholeUnits = (units: number): number => Math.ceil(units - 1e-9 * Math.max(1, units))

const rateOfStep = ({ override, numerator, denominator }: PlanStep): number | null => override ?? ratio(numerator, denominator)

/**
 * Reverse funnel (metrics M96): from the money that is missing to deals, and up the funnel, each stage divided by its rate and the crossing from persons to
 * deals by the deal yield. In the order from won up to the first stage.
 *
 * The range of a stage is that of a product of independent rates: the distances of the bounds, as logarithms, add up by their squares. Multiplying all
 * lower bounds would be a far rarer coincidence than 95 %.
 *
 * Ex 1,200,000 / 40,000 = 30 deals / .25 = 120 SQO / .04 = 3,000 MQL.
 */
export const reverseFunnel = ({ remaining, meanWonValue, steps }: ReverseFunnelQuestion): readonly StageNeed[] => {
  const won = steps.at(-1)?.to ?? 'won'
  const deals = remaining <= 0 ? 0 : meanWonValue === null || meanWonValue <= 0 ? null : remaining / meanWonValue
  const needs: StageNeed[] = [{ stage: won, needed: deals, interval: null, rate: null }]
  let needed = deals
  let [under, over] = [0, 0]
  let ranged = false
  for (const step of steps.toReversed()) {
    const rate = rateOfStep(step)
    needed = needed === 0 ? 0 : needed === null || rate === null || rate <= 0 ? null : (needed * (step.share ?? 1)) / rate
    const bounds = step.override === null && step.numerator <= step.denominator ? wilson(step.numerator, step.denominator) : null
    if (bounds !== null && rate !== null && rate > 0) {
      ranged = true
      under += Math.log(bounds[1] / rate) ** 2
      over = bounds[0] <= 0 ? Number.POSITIVE_INFINITY : over + Math.log(rate / bounds[0]) ** 2
    }
    const finite = needed !== null && ranged && Number.isFinite(over)
    needs.push({
      stage: step.from,
      needed,
      interval: finite && needed !== null ? [needed * Math.exp(-Math.sqrt(under)), needed * Math.exp(Math.sqrt(over))] : null,
      rate,
    })
  }
  return needs
}

export type ChannelHistory = { readonly channel: string; readonly leads: number; readonly spend: number }
export type ChannelNeed = {
  readonly channel: string
  readonly leads: number
  readonly spend: number | null
  readonly costPerLead: number | null
}

/** The leads that are needed, shared out as channels brought them so far, and what they cost then; spend null where a channel brought none. */
export const perChannel = (leads: number, history: readonly ChannelHistory[]): readonly ChannelNeed[] => {
  const all = history.reduce((sum, channel) => sum + channel.leads, 0)
  return history
    .filter(channel => channel.leads > 0)
    .map(channel => {
      const wanted = (leads * channel.leads) / all
      const costPerLead = ratio(channel.spend, channel.leads)
      return { channel: channel.channel, leads: wanted, costPerLead, spend: costPerLead === null ? null : wanted * costPerLead }
    })
}
