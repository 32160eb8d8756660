import type { Recorded } from './recorded.ts'
import { read } from './recorded.ts'
import { byBytes, type Moment } from './order.ts'

/** What the shipped channel map knows of the systems that stories buy media in (metrics C13). */
const PLATFORMS: ReadonlyMap<string, string> = new Map([['google-ads', 'paid_search']])

/**
 * What was spent, told again from the metric dictionary (M66, C5): of each cost the last restatement, else the last recording; spread evenly over its days,
 * what is left over to the first of them; each day at the last rate on or before it, halves to the even.
 */
export type SpentDay = {
  readonly cost: string
  readonly day: string
  readonly category: string
  readonly committed: boolean
  readonly channel: string
  readonly campaign: string
  readonly match: string
  /** Minor units of the currency asked for; null without a rate. */
  readonly worth: bigint | null
}

type Cost = {
  readonly at: Moment
  readonly restated: boolean
  readonly id: string
  readonly amount: bigint
  readonly currency: string
  readonly from: string
  readonly to: string
  readonly campaign: string
  readonly channel: string
  readonly category: string
  readonly system: string
  readonly committed: boolean
}

const laterOf = (a: Moment, b: Moment): number =>
  a.occurredAt - b.occurredAt || a.recordedAt - b.recordedAt || byBytes(a.eventId, b.eventId)

/** Exponents of the currencies that the tests use. */
const EXPONENT: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, BHD: 3 }

const nextDay = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

const daysOf = (from: string, to: string): readonly string[] => {
  const days = [from]
  for (let day = nextDay(from); day <= to; day = nextDay(day)) days.push(day)
  return days
}

/** A decimal text as a whole number of 10⁻¹⁸. */
const units = (rate: string): bigint => {
  const [whole = '0', fraction = ''] = rate.split('.')
  return BigInt(whole + fraction.padEnd(18, '0'))
}

const halfEven = (numerator: bigint, denominator: bigint): bigint => {
  const [size, sign] = numerator < 0n ? [-numerator, -1n] : [numerator, 1n]
  const [whole, rest] = [size / denominator, size % denominator]
  const up = rest * 2n > denominator || (rest * 2n === denominator && whole % 2n === 1n)
  return sign * (whole + (up ? 1n : 0n))
}

type Rate = { readonly at: Moment; readonly base: string; readonly quote: string; readonly on: string; readonly rate: string }

const worthOn = (rates: readonly Rate[], amount: bigint, currency: string, day: string, target: string): bigint | null => {
  if (currency === target) return amount
  const pair = rates.filter(
    ({ base, quote, on }) => on <= day && ((base === currency && quote === target) || (base === target && quote === currency)),
  )
  const [best] = pair.toSorted(
    (a, b) => byBytes(b.on, a.on) || Number(b.quote === target) - Number(a.quote === target) || laterOf(b.at, a.at),
  )
  if (best === undefined) return null
  const one = 10n ** 18n
  const [up, down] = [10n ** BigInt(EXPONENT[target] ?? 2), 10n ** BigInt(EXPONENT[currency] ?? 2)]
  return best.quote === target ? halfEven(amount * units(best.rate) * up, one * down) : halfEven(amount * one * up, units(best.rate) * down)
}

/** Every day of every cost that is known at `asOf` (ms). */
export const spentDays = (all: readonly Recorded[], asOf: number, target: string): readonly SpentDay[] => {
  const first = new Map<string, Recorded>()
  for (const recorded of all.filter(({ appended_at }) => appended_at <= asOf))
    if (!first.has(recorded.event.event_id)) first.set(recorded.event.event_id, recorded)
  const known = [...first.values()]

  const said = (event: { readonly [K in keyof Spend]: Spend[K] }, at: Moment, restated: boolean): Cost => ({
    at,
    restated,
    id: event.spend_id,
    amount: event.amount_minor,
    currency: event.currency,
    from: event.starts_on,
    to: event.ends_on ?? event.starts_on,
    campaign: event.campaign,
    channel: event.channel,
    category: event.category,
    system: event.system,
    committed: event.committed,
  })
  const costs = new Map<string, Cost>()
  for (const cost of read<Cost>(known, {
    'spend-recorded': (event, at) => said(event, at, false),
    'spend-restated': (event, at) => said(event, at, true),
  })) {
    const before = costs.get(cost.id)
    const isLater = before === undefined || (cost.restated === before.restated ? laterOf(cost.at, before.at) > 0 : cost.restated)
    if (isLater) costs.set(cost.id, cost)
  }
  const rates = read<Rate>(known, {
    'fx-rate-recorded': (event, at) => ({
      at,
      base: event.base_currency,
      quote: event.quote_currency,
      on: event.rate_on,
      rate: event.rate,
    }),
  })
  /** Campaign → its channel, as the last plan that named one has it: an empty field says nothing. */
  const planned = new Map<string, string>()
  const plans = read<{ readonly id: string; readonly at: Moment; readonly channel: string }>(known, {
    'campaign-planned': (event, at) => ({ id: event.campaign, at, channel: event.channel }),
  })
  for (const { id, channel } of plans.toSorted((a, b) => laterOf(a.at, b.at)))
    planned.set(id, channel === '' ? (planned.get(id) ?? '') : channel)
  const aliases = read<{
    readonly at: Moment
    readonly campaign: string
    readonly system: string
    readonly alias: string
    readonly on: boolean
  }>(known, {
    'campaign-alias-added': (event, at) => ({ at, campaign: event.campaign, system: event.system, alias: event.alias, on: true }),
    'campaign-alias-removed': (event, at) => ({ at, campaign: event.campaign, system: event.system, alias: event.alias, on: false }),
  })

  /** The campaign that a name means in a system; '' for none. */
  const meant = (name: string, system: string): string => {
    if (planned.has(name)) return name
    const bySystem = new Map<string, { readonly campaign: string; readonly at: Moment }>()
    const words = Map.groupBy(
      aliases.filter(({ alias }) => alias === name),
      ({ system: of, campaign }) => JSON.stringify([of, campaign]),
    )
    for (const some of words.values()) {
      const last = some.toSorted((a, b) => laterOf(b.at, a.at))[0]
      if (last === undefined || !last.on) continue
      const claim = bySystem.get(last.system)
      if (claim === undefined || laterOf(last.at, claim.at) > 0) bySystem.set(last.system, last)
    }
    const here = bySystem.get(system)
    if (here !== undefined) return here.campaign
    const everywhere = new Set([...bySystem.values()].map(({ campaign }) => campaign))
    return everywhere.size === 1 ? ([...everywhere][0] ?? '') : ''
  }

  return [...costs.values()].flatMap(cost => {
    const days = daysOf(cost.from, cost.to)
    const size = cost.amount < 0n ? -cost.amount : cost.amount
    const [even, over] = [size / BigInt(days.length), size % BigInt(days.length)]
    const campaign = cost.campaign === '' ? '' : meant(cost.campaign, cost.system)
    const ofCampaign = planned.get(campaign) ?? ''
    return days.map((day, i) => {
      const part = even + (BigInt(i) < over ? 1n : 0n)
      return {
        cost: cost.id,
        day,
        category: cost.category,
        committed: cost.committed,
        channel: cost.channel || ofCampaign || (cost.category === 'media' ? (PLATFORMS.get(cost.system) ?? '') : '') || '(none)',
        campaign: campaign || cost.campaign || '(none)',
        match: cost.campaign === '' ? '(none)' : campaign === '' ? 'unmatched' : 'matched',
        worth: worthOn(rates, cost.amount < 0n ? -part : part, cost.currency, day, target),
      }
    })
  })
}

type Spend = {
  readonly spend_id: string
  readonly amount_minor: bigint
  readonly currency: string
  readonly starts_on: string
  readonly ends_on: string | null
  readonly campaign: string
  readonly channel: string
  readonly category: string
  readonly system: string
  readonly committed: boolean
}
